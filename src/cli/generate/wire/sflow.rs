//! sFlow version 5: flow samples, each of a packet as it was on the wire, and counters
//! of interfaces now and then.
//!
//! One sample stands for one record: a packet of the flow's size, cut off behind its
//! headers. Its frame has a VLAN tag, as on a trunk.

use std::collections::BTreeMap;
use std::net::IpAddr;

use flow::{protocol, tcp_flag};

use super::super::record::Record;
use super::{Header, put_u16, put_u32, uptime};

/// One in so many packets is sampled.
pub(in super::super) const SAMPLING_RATE: u32 = 100;
/// Octets of a header with an agent over IPv4.
pub(super) const HEADER_LEN: usize = 28;
/// Octets of the longest flow sample: of a TCP segment over IPv6.
pub(in super::super) const LONGEST_SAMPLE: usize = 8 + 32 + 8 + 16 + 80;
/// Octets of a counter sample.
pub(in super::super) const COUNTER_SAMPLE_LEN: usize = 8 + 12 + 8 + 88;

/// Octets of an Ethernet header with a VLAN tag, and of the checksum at a frame's end,
/// which is never sampled.
const ETHERNET: usize = 18;
const CHECKSUM: usize = 4;
/// The longest packet.
const MTU: u64 = 1_500;

/// The positions of a data source, which is an interface.
#[derive(Debug, Clone, Copy, Default)]
struct Source {
    samples: u32,
    pool: u32,
    counters: u32,
    octets: u64,
    packets: u32,
}

/// The data sources of an agent.
#[derive(Debug, Default)]
pub(in super::super) struct Sources {
    sources: BTreeMap<u32, Source>,
    /// The source whose counters went out last.
    told: u32,
}

/// A record as sFlow reports it: one packet of about the flow's average size.
pub(in super::super) fn sampled(record: &Record) -> Record {
    let least = (ip_len(record) + transport_len(record)) as u64;
    let flags = match record.tcp_flags {
        flags if flags & tcp_flag::RST != 0 => tcp_flag::RST | tcp_flag::ACK,
        flags if flags & tcp_flag::FIN != 0 => tcp_flag::FIN | tcp_flag::ACK,
        flags => flags,
    };
    Record {
        packets: 1,
        bytes: (record.bytes / record.packets.max(1)).clamp(least, MTU),
        start_ms: record.end_ms,
        tcp_flags: flags,
        ..*record
    }
}

/// Appends the header of a datagram. Its agent is this machine.
pub(super) fn header(out: &mut Vec<u8>, header: &Header) {
    put_u32(out, 5);
    put_u32(out, 1);
    out.extend_from_slice(&[127, 0, 0, 1]);
    put_u32(out, header.domain);
    put_u32(out, header.sequence);
    put_u32(out, uptime(header.export_ms, header.boot_ms));
    put_u32(out, header.records.into());
}

impl Sources {
    /// Appends a flow sample of the packet that a record is.
    pub(in super::super) fn sample(&mut self, out: &mut Vec<u8>, record: &Record) {
        let source = self.sources.entry(record.in_if).or_default();
        source.pool = source.pool.wrapping_add(SAMPLING_RATE);
        source.packets = source.packets.wrapping_add(SAMPLING_RATE);
        source.octets = source
            .octets
            .wrapping_add(record.bytes * u64::from(SAMPLING_RATE));
        let packet = packet(record);
        let padded = packet.len().next_multiple_of(4);
        let frame = ETHERNET + CHECKSUM + usize::try_from(record.bytes).unwrap_or(0);
        let of = [
            1,
            word(32 + 8 + 16 + padded),
            source.samples,
            record.in_if,
            SAMPLING_RATE,
            source.pool,
            0,
            record.in_if,
            record.out_if,
            1,
            1,
            word(16 + padded),
            1,
            word(frame),
            word(CHECKSUM),
            word(packet.len()),
        ];
        of.iter().for_each(|&word| put_u32(out, word));
        out.extend_from_slice(&packet);
        out.resize(out.len() + padded - packet.len(), 0);
        source.samples = source.samples.wrapping_add(1);
    }

    /// Appends the counters of the next interface in turn.
    pub(in super::super) fn counters(&mut self, out: &mut Vec<u8>) {
        let next = self.sources.range(self.told + 1..).next();
        let next = next.or(self.sources.iter().next());
        let index = next.map_or(0, |(&index, _)| index);
        let source = self.sources.entry(index).or_default();
        self.told = index;
        for word in [2, word(12 + 8 + 88), source.counters, index, 1, 1, 88] {
            put_u32(out, word);
        }
        source.counters = source.counters.wrapping_add(1);
        interface(out, index, source);
    }
}

/// Appends the generic counters of an interface: a full-duplex Ethernet at 10 Gbit/s,
/// of which only what comes in is known.
fn interface(out: &mut Vec<u8>, index: u32, source: &Source) {
    const UNKNOWN: u32 = u32::MAX;
    put_u32(out, index);
    put_u32(out, 6);
    out.extend_from_slice(&10_000_000_000_u64.to_be_bytes());
    put_u32(out, 1);
    put_u32(out, 3);
    out.extend_from_slice(&source.octets.to_be_bytes());
    for count in [source.packets, 0, 0, 0, 0, 0] {
        put_u32(out, count);
    }
    out.extend_from_slice(&u64::MAX.to_be_bytes());
    for count in [UNKNOWN; 5] {
        put_u32(out, count);
    }
    put_u32(out, 0);
}

/// The packet of a record from its Ethernet header to the end of its transport header.
fn packet(record: &Record) -> Vec<u8> {
    let mut out = Vec::with_capacity(80);
    out.extend_from_slice(&mac(record.out_if));
    out.extend_from_slice(&mac(record.in_if));
    // The VLAN of the campus network, which is behind the lower of the two interfaces.
    let vlan = record.in_if.min(record.out_if) & 0xFFF;
    put_u16(&mut out, 0x8100);
    put_u16(&mut out, low16(vlan));
    let transport = transport(record);
    match (record.key.src_addr, record.key.dst_addr) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            put_u16(&mut out, 0x0800);
            let ip = ipv4(record, [src.octets(), dst.octets()]);
            out.extend_from_slice(&ip);
        }
        (src, dst) => {
            put_u16(&mut out, 0x86DD);
            out.extend_from_slice(&[0x60 | record.tos >> 4, record.tos << 4, 0, 0]);
            put_u16(&mut out, low16(word(payload_len(record))));
            out.extend_from_slice(&[record.key.protocol, 64]);
            out.extend_from_slice(&[octets(src), octets(dst)].concat());
        }
    }
    out.extend_from_slice(&transport);
    out
}

/// A locally administered address for an interface.
const fn mac(index: u32) -> [u8; 6] {
    let [a, b, c, d] = index.to_be_bytes();
    [2, 0, a, b, c, d]
}

fn ipv4(record: &Record, addrs: [[u8; 4]; 2]) -> Vec<u8> {
    let mut out = vec![0x45, record.tos];
    put_u16(&mut out, low16(word(20 + payload_len(record))));
    out.extend_from_slice(&[0, 0, 0x40, 0, 64, record.key.protocol, 0, 0]);
    out.extend_from_slice(&addrs.concat());
    let sum = checksum([&out[..]]);
    set16(&mut out, 10, sum);
    out
}

/// The header of the transport. What follows it is zeros, which add nothing to its
/// checksum.
fn transport(record: &Record) -> Vec<u8> {
    let mut out = Vec::with_capacity(20);
    let key = &record.key;
    if let Some(icmp) = record.icmp {
        out.extend_from_slice(&[icmp.kind, icmp.code, 0, 0, 0, 1, 0, 1]);
        let pseudo = pseudo(record);
        let is_v6 = key.protocol == protocol::ICMPV6;
        let sum = checksum([if is_v6 { &pseudo[..] } else { &[] }, &out]);
        set16(&mut out, 2, sum);
        return out;
    }
    put_u16(&mut out, key.src_port);
    put_u16(&mut out, key.dst_port);
    if key.protocol == protocol::TCP {
        put_u32(&mut out, 1);
        put_u32(&mut out, u32::from(record.tcp_flags & tcp_flag::ACK != 0));
        put_u16(&mut out, 0x5000 | record.tcp_flags & 0x0FFF);
        out.extend_from_slice(&[0xFF, 0xFF, 0, 0, 0, 0]);
        let sum = checksum([&pseudo(record)[..], &out]);
        set16(&mut out, 16, sum);
    } else {
        put_u16(&mut out, low16(word(payload_len(record))));
        put_u16(&mut out, 0);
        let sum = checksum([&pseudo(record)[..], &out]);
        // 0 would say that there is none (RFC 768).
        set16(&mut out, 6, if sum == 0 { u16::MAX } else { sum });
    }
    out
}

/// What the checksums of transports cover of the IP header (RFC 9293, 3.1; RFC 8200, 8.1).
fn pseudo(record: &Record) -> Vec<u8> {
    let key = &record.key;
    let mut out = [octets(key.src_addr), octets(key.dst_addr)].concat();
    put_u32(&mut out, word(payload_len(record)));
    put_u32(&mut out, key.protocol.into());
    out
}

fn octets(addr: IpAddr) -> Vec<u8> {
    match addr {
        IpAddr::V4(addr) => addr.octets().to_vec(),
        IpAddr::V6(addr) => addr.octets().to_vec(),
    }
}

/// The Internet checksum (RFC 1071) over parts of even length.
fn checksum<const PARTS: usize>(parts: [&[u8]; PARTS]) -> u16 {
    let pairs = parts.into_iter().flat_map(|part| part.as_chunks::<2>().0);
    let mut sum: u32 = pairs.map(|&pair| u32::from(u16::from_be_bytes(pair))).sum();
    while sum > 0xFFFF {
        sum = (sum >> 16) + (sum & 0xFFFF);
    }
    !low16(sum)
}

const fn ip_len(record: &Record) -> usize {
    if record.key.src_addr.is_ipv4() {
        20
    } else {
        40
    }
}

const fn transport_len(record: &Record) -> usize {
    if record.key.protocol == protocol::TCP {
        20
    } else {
        8
    }
}

/// Octets behind the IP header.
fn payload_len(record: &Record) -> usize {
    let whole = usize::try_from(record.bytes).unwrap_or(0);
    whole.saturating_sub(ip_len(record))
}

fn set16(out: &mut [u8], at: usize, number: u16) {
    if let Some(place) = out.get_mut(at..at + 2) {
        place.copy_from_slice(&number.to_be_bytes());
    }
}

fn word(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The low half of a number that has no more.
fn low16(number: u32) -> u16 {
    u16::try_from(number & 0xFFFF).unwrap_or(0)
}
