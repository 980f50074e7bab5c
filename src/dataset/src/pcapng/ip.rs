//! Made-up IP packets around what was received, with correct lengths and checksums.

use std::net::IpAddr;

use flow::protocol::{TCP, UDP};

use super::write::u16_of;
use crate::Datagram;

const UDP_HEADER: usize = 8;
const TCP_HEADER: usize = 20;
/// Time to live, hop limit.
const HOPS: u8 = 64;

/// Source and destination address, of one family.
pub(super) type Ends = (IpAddr, IpAddr);

/// Appends the IP packet of a datagram.
pub(super) fn put_udp(out: &mut Vec<u8>, ends: Ends, datagram: &Datagram<'_>) {
    let udp_len = u16_of(UDP_HEADER + datagram.payload.len());
    let pseudo = put_ip(out, ends, UDP, udp_len);
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

/// A TCP segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment<'a> {
    /// Source and destination port.
    pub(super) ports: (u16, u16),
    pub(super) sequence: u32,
    /// Control bits (RFC 9293, 3.1).
    pub(super) flags: u8,
    pub(super) octets: &'a [u8],
}

/// Appends the IP packet of a segment.
pub(super) fn put_tcp(out: &mut Vec<u8>, ends: Ends, segment: &Segment<'_>) {
    let len = u16_of(TCP_HEADER + segment.octets.len());
    let pseudo = put_ip(out, ends, TCP, len);
    let header_at = out.len();
    out.extend_from_slice(&segment.ports.0.to_be_bytes());
    out.extend_from_slice(&segment.ports.1.to_be_bytes());
    out.extend_from_slice(&segment.sequence.to_be_bytes());
    // Nothing of the other direction is known but that it acknowledged.
    out.extend_from_slice(&1_u32.to_be_bytes());
    // Header of five words, flags, the widest window; no checksum yet, nothing urgent.
    out.extend_from_slice(&[0x50, segment.flags, 0xFF, 0xFF, 0, 0, 0, 0]);
    out.extend_from_slice(segment.octets);
    let sum = checksum(pseudo + sum(&out[header_at..])).to_be_bytes();
    out[header_at + 16..header_at + 18].copy_from_slice(&sum);
}

/// Appends the IP header before `len` octets of a protocol; gives the sum of the
/// pseudo-header.
fn put_ip(out: &mut Vec<u8>, ends: Ends, protocol: u8, len: u16) -> u32 {
    match ends {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            put_v4(out, protocol, len, source.octets(), destination.octets())
        }
        (source, destination) => put_v6(out, protocol, len, octets(source), octets(destination)),
    }
}

fn octets(addr: IpAddr) -> [u8; 16] {
    match addr {
        IpAddr::V4(addr) => addr.to_ipv6_mapped().octets(),
        IpAddr::V6(addr) => addr.octets(),
    }
}

/// Appends an IPv4 header (RFC 791, 3.1); gives the sum of the pseudo-header.
fn put_v4(out: &mut Vec<u8>, protocol: u8, len: u16, source: [u8; 4], destination: [u8; 4]) -> u32 {
    let header_at = out.len();
    let total = len.saturating_add(20).to_be_bytes();
    // Version and length, service; identification 0 with "don't fragment" (RFC 6864).
    out.extend_from_slice(&[0x45, 0, total[0], total[1], 0, 0, 0x40, 0]);
    out.extend_from_slice(&[HOPS, protocol, 0, 0]);
    out.extend_from_slice(&source);
    out.extend_from_slice(&destination);
    let header_sum = checksum(sum(&out[header_at..])).to_be_bytes();
    out[header_at + 10..header_at + 12].copy_from_slice(&header_sum);
    sum(&source) + sum(&destination) + u32::from(protocol) + u32::from(len)
}

/// Appends an IPv6 header (RFC 8200, 3); gives the sum of the pseudo-header (8.1).
fn put_v6(
    out: &mut Vec<u8>,
    protocol: u8,
    len: u16,
    source: [u8; 16],
    destination: [u8; 16],
) -> u32 {
    let octets = len.to_be_bytes();
    out.extend_from_slice(&[0x60, 0, 0, 0, octets[0], octets[1], protocol, HOPS]);
    out.extend_from_slice(&source);
    out.extend_from_slice(&destination);
    sum(&source) + sum(&destination) + u32::from(protocol) + u32::from(len)
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
