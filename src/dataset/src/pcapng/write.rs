//! Writing blocks: each function appends whole blocks to a buffer.

use std::net::IpAddr;

use flow::ReceiveTime;
use flow::protocol::UDP;

use super::section::Statistics;
use super::{
    BYTE_ORDER_MAGIC, LINKTYPE_RAW, NANOSECONDS, PAYLOAD_V4_MAX, PAYLOAD_V6_MAX, kind, option,
};
use crate::datagram::same_family;
use crate::error::within;
use crate::{Datagram, DatasetError, Result};

const UDP_HEADER: usize = 8;
/// Time to live, hop limit.
const HOPS: u8 = 64;

/// Appends a section header and its one interface: raw IP, nanoseconds.
pub fn write_section(out: &mut Vec<u8>) {
    block(out, kind::SECTION, |out| {
        out.extend_from_slice(&BYTE_ORDER_MAGIC.to_le_bytes());
        out.extend_from_slice(&1_u16.to_le_bytes());
        out.extend_from_slice(&0_u16.to_le_bytes());
        // The length of the section is not known yet.
        out.extend_from_slice(&u64::MAX.to_le_bytes());
    });
    block(out, kind::INTERFACE, |out| {
        out.extend_from_slice(&LINKTYPE_RAW.to_le_bytes());
        out.extend_from_slice(&0_u16.to_le_bytes());
        // Packets are stored whole, whatever their length.
        out.extend_from_slice(&0_u32.to_le_bytes());
        put_option(out, option::IF_TSRESOL, &[NANOSECONDS]);
        put_option(out, option::END, &[]);
    });
}

/// Appends a datagram as one enhanced packet block.
///
/// An IPv4-mapped IPv6 address is written as the IPv4 address it is. If only one of the
/// two is IPv4, the packet is IPv6 and that one is mapped. Scope and flow label of an
/// IPv6 address are not kept.
///
/// # Errors
///
/// [`DatasetError::Limit`] for a payload that does not fit a packet,
/// [`DatasetError::Format`] for a time before 1970; nothing is appended then. The offset
/// is that in `out`.
pub fn write_datagram(out: &mut Vec<u8>, datagram: &Datagram<'_>) -> Result<()> {
    let offset = out.len() as u64;
    let time = time(datagram.received, offset)?;
    let ends = same_family(datagram.source.ip(), datagram.destination.ip());
    let limit = match ends.0 {
        IpAddr::V4(_) => PAYLOAD_V4_MAX,
        IpAddr::V6(_) => PAYLOAD_V6_MAX,
    };
    let payload = datagram.payload.len() as u64;
    within(offset, "payload of the datagram", payload, limit as u64)?;
    block(out, kind::PACKET, |out| {
        out.extend_from_slice(&0_u32.to_le_bytes());
        out.extend_from_slice(&time);
        let lengths_at = out.len();
        out.extend_from_slice(&[0; 8]);
        let packet_at = out.len();
        put_packet(out, ends, datagram);
        let len = u32_of(out.len() - packet_at).to_le_bytes();
        out[lengths_at..lengths_at + 4].copy_from_slice(&len);
        out[lengths_at + 4..packet_at].copy_from_slice(&len);
    });
    Ok(())
}

/// Appends an interface statistics block.
///
/// # Errors
///
/// [`DatasetError::Format`] for a time before 1970; nothing is appended then.
pub fn write_statistics(out: &mut Vec<u8>, statistics: &Statistics) -> Result<()> {
    let time = time(statistics.end, out.len() as u64)?;
    let counters = [
        (option::ISB_IFRECV, statistics.received),
        (option::ISB_IFDROP, statistics.dropped),
        (option::ISB_OSDROP, statistics.dropped_by_system),
    ];
    block(out, kind::STATISTICS, |out| {
        out.extend_from_slice(&0_u32.to_le_bytes());
        out.extend_from_slice(&time);
        put_option(out, option::ISB_ENDTIME, &time);
        for (code, counter) in counters {
            if let Some(counter) = counter {
                put_option(out, code, &counter.to_le_bytes());
            }
        }
        put_option(out, option::END, &[]);
    });
    Ok(())
}

/// A block around what `body` appends, padded to 32 bits.
fn block(out: &mut Vec<u8>, kind: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    body(out);
    pad(out, start);
    let len = u32_of(out.len() - start + 4).to_le_bytes();
    out.extend_from_slice(&len);
    out[start + 4..start + 8].copy_from_slice(&len);
}

/// Zeros up to a multiple of 4 octets from `start`.
fn pad(out: &mut Vec<u8>, start: usize) {
    let padded = (out.len() - start).next_multiple_of(4);
    out.resize(start + padded, 0);
}

fn put_option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    out.extend_from_slice(&code.to_le_bytes());
    out.extend_from_slice(&u16_of(value.len()).to_le_bytes());
    let start = out.len();
    out.extend_from_slice(value);
    pad(out, start);
}

/// A time as blocks have it: upper half, then lower half.
fn time(time: ReceiveTime, offset: u64) -> Result<[u8; 8]> {
    let nanos = u64::try_from(time.nanos()).map_err(|_| {
        let found = format!("{} ns", time.nanos());
        DatasetError::format(offset, "receive time", found, "1970 or later")
    })?;
    Ok(nanos.rotate_left(32).to_le_bytes())
}

/// Lengths have been checked against limits far below.
fn u32_of(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// Lengths have been checked against limits far below.
fn u16_of(len: usize) -> u16 {
    u16::try_from(len).unwrap_or(u16::MAX)
}

/// Appends the IP packet of a datagram; both addresses are of one family.
fn put_packet(out: &mut Vec<u8>, ends: (IpAddr, IpAddr), datagram: &Datagram<'_>) {
    let udp_len = u16_of(UDP_HEADER + datagram.payload.len());
    let pseudo = match ends {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            put_v4(out, udp_len, source.octets(), destination.octets())
        }
        (source, destination) => put_v6(out, udp_len, octets(source), octets(destination)),
    };
    let header_at = out.len();
    for part in [
        datagram.source.port(),
        datagram.destination.port(),
        udp_len,
        0,
    ] {
        out.extend_from_slice(&part.to_be_bytes());
    }
    out.extend_from_slice(datagram.payload);
    let sum = checksum(pseudo + sum(&out[header_at..]));
    // 0 would mean that there is no checksum (RFC 768).
    let sum = if sum == 0 { 0xFFFF } else { sum };
    out[header_at + 6..header_at + UDP_HEADER].copy_from_slice(&sum.to_be_bytes());
}

fn octets(addr: IpAddr) -> [u8; 16] {
    match addr {
        IpAddr::V4(addr) => addr.to_ipv6_mapped().octets(),
        IpAddr::V6(addr) => addr.octets(),
    }
}

/// Appends an IPv4 header (RFC 791, 3.1); gives the sum of the pseudo-header.
fn put_v4(out: &mut Vec<u8>, udp_len: u16, source: [u8; 4], destination: [u8; 4]) -> u32 {
    let header_at = out.len();
    let total = udp_len.saturating_add(20).to_be_bytes();
    // Version and length, service; identification 0 with "don't fragment" (RFC 6864).
    out.extend_from_slice(&[0x45, 0, total[0], total[1], 0, 0, 0x40, 0]);
    out.extend_from_slice(&[HOPS, UDP, 0, 0]);
    out.extend_from_slice(&source);
    out.extend_from_slice(&destination);
    let header_sum = checksum(sum(&out[header_at..])).to_be_bytes();
    out[header_at + 10..header_at + 12].copy_from_slice(&header_sum);
    sum(&source) + sum(&destination) + u32::from(UDP) + u32::from(udp_len)
}

/// Appends an IPv6 header (RFC 8200, 3); gives the sum of the pseudo-header (8.1).
fn put_v6(out: &mut Vec<u8>, udp_len: u16, source: [u8; 16], destination: [u8; 16]) -> u32 {
    let len = udp_len.to_be_bytes();
    out.extend_from_slice(&[0x60, 0, 0, 0, len[0], len[1], UDP, HOPS]);
    out.extend_from_slice(&source);
    out.extend_from_slice(&destination);
    sum(&source) + sum(&destination) + u32::from(UDP) + u32::from(udp_len)
}

/// The one's complement sum of 16-bit words, folded to 16 bits.
///
/// It is taken over little-endian words of 32 bits and its octets swapped once at the
/// end, which gives the same (RFC 1071, 2).
fn sum(bytes: &[u8]) -> u32 {
    let (words, rest) = bytes.as_chunks::<4>();
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    let whole: u64 = words.iter().map(|word| little(*word)).sum();
    u32::from(fold(whole + little(last)).swap_bytes())
}

fn little(word: [u8; 4]) -> u64 {
    u32::from_le_bytes(word).into()
}

/// The sum of the 16-bit words of a sum, until it is one.
fn fold(sum: u64) -> u16 {
    let mut sum = sum;
    loop {
        match u16::try_from(sum) {
            Ok(folded) => return folded,
            Err(_) => sum = (sum & 0xFFFF) + (sum >> 16),
        }
    }
}

/// The Internet checksum (RFC 1071) of a sum of words.
fn checksum(sum: u32) -> u16 {
    !fold(sum.into())
}
