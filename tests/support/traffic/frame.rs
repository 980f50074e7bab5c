//! Frames: Ethernet, IPv4 and IPv6, TCP, UDP and ICMP, and the file around them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) const ICMP: u8 = 1;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;
pub(super) const ICMPV6: u8 = 58;

/// Octets of the Ethernet header.
pub(super) const ETHERNET: usize = 14;

/// A classic pcap file of frames with their times in Unix microseconds.
pub(super) fn capture(frames: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    for (time_us, frame) in frames {
        let len = u32::try_from(frame.len()).expect("fits");
        let secs = u32::try_from(time_us / 1_000_000).expect("fits");
        let micros = u32::try_from(time_us % 1_000_000).expect("fits");
        for word in [secs, micros, len, len] {
            file.extend_from_slice(&word.to_le_bytes());
        }
        file.extend_from_slice(frame);
    }
    file
}

/// A frame around a packet of the upper layer, whose checksum is filled in.
pub(super) fn ethernet(src: IpAddr, dst: IpAddr, protocol: u8, mut upper: Vec<u8>) -> Vec<u8> {
    fill_checksum(src, dst, protocol, &mut upper);
    // Two locally administered addresses.
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    match (src, dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            frame.extend_from_slice(&[0x08, 0x00]);
            frame.extend_from_slice(&ipv4(src, dst, protocol, upper.len()));
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            frame.extend_from_slice(&[0x86, 0xdd]);
            frame.extend_from_slice(&ipv6(src, dst, protocol, upper.len()));
        }
        mixed => unreachable!("{mixed:?} are not of one family"),
    }
    frame.append(&mut upper);
    frame
}

fn ipv4(src: Ipv4Addr, dst: Ipv4Addr, protocol: u8, payload: usize) -> Vec<u8> {
    let len = u16::try_from(20 + payload).expect("fits");
    let mut header = vec![0x45, 0];
    header.extend_from_slice(&len.to_be_bytes());
    header.extend_from_slice(&[0, 0, 0x40, 0, 64, protocol, 0, 0]);
    header.extend_from_slice(&src.octets());
    header.extend_from_slice(&dst.octets());
    let sum = !sum(&header);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    header
}

fn ipv6(src: Ipv6Addr, dst: Ipv6Addr, protocol: u8, payload: usize) -> Vec<u8> {
    let len = u16::try_from(payload).expect("fits");
    let mut header = vec![0x60, 0, 0, 0];
    header.extend_from_slice(&len.to_be_bytes());
    header.extend_from_slice(&[protocol, 64]);
    header.extend_from_slice(&src.octets());
    header.extend_from_slice(&dst.octets());
    header
}

/// A TCP segment, its checksum still 0.
pub(super) fn tcp(ports: (u16, u16), (seq, ack): (u32, u32), flags: u8, data: usize) -> Vec<u8> {
    let mut segment = Vec::with_capacity(20 + data);
    segment.extend_from_slice(&ports.0.to_be_bytes());
    segment.extend_from_slice(&ports.1.to_be_bytes());
    segment.extend_from_slice(&seq.to_be_bytes());
    segment.extend_from_slice(&ack.to_be_bytes());
    segment.extend_from_slice(&[0x50, flags, 0xfa, 0xf0, 0, 0, 0, 0]);
    segment.resize(20 + data, 0x2e);
    segment
}

/// A UDP datagram, its checksum still 0.
pub(super) fn udp(ports: (u16, u16), data: usize) -> Vec<u8> {
    let mut datagram = Vec::with_capacity(8 + data);
    datagram.extend_from_slice(&ports.0.to_be_bytes());
    datagram.extend_from_slice(&ports.1.to_be_bytes());
    let len = u16::try_from(8 + data).expect("fits");
    datagram.extend_from_slice(&len.to_be_bytes());
    datagram.extend_from_slice(&[0, 0]);
    datagram.resize(8 + data, 0x2e);
    datagram
}

/// An echo request or reply, its checksum still 0.
pub(super) fn echo(kind: u8, (id, number): (u16, u16), data: usize) -> Vec<u8> {
    let mut message = vec![kind, 0, 0, 0];
    message.extend_from_slice(&id.to_be_bytes());
    message.extend_from_slice(&number.to_be_bytes());
    message.resize(8 + data, 0x2e);
    message
}

fn fill_checksum(src: IpAddr, dst: IpAddr, protocol: u8, upper: &mut [u8]) {
    let at = match protocol {
        TCP => 16,
        UDP => 6,
        _ => 2,
    };
    let sum = match !covered(src, dst, protocol, upper) {
        // 0 would say that there is no checksum.
        0 if protocol == UDP => u16::MAX,
        sum => sum,
    };
    upper[at..at + 2].copy_from_slice(&sum.to_be_bytes());
}

/// The sum over a packet of the upper layer and the pseudo-header before it, which
/// ICMP alone has not.
pub(super) fn covered(src: IpAddr, dst: IpAddr, protocol: u8, upper: &[u8]) -> u16 {
    let mut octets = Vec::new();
    if protocol != ICMP {
        for addr in [src, dst] {
            match addr {
                IpAddr::V4(addr) => octets.extend_from_slice(&addr.octets()),
                IpAddr::V6(addr) => octets.extend_from_slice(&addr.octets()),
            }
        }
        let len = u16::try_from(upper.len()).expect("fits");
        octets.extend_from_slice(&[0, protocol]);
        octets.extend_from_slice(&len.to_be_bytes());
    }
    octets.extend_from_slice(upper);
    sum(&octets)
}

/// The ones' complement sum of 16-bit words (RFC 1071).
pub(super) fn sum(octets: &[u8]) -> u16 {
    let words = octets.chunks(2).map(|word| match word {
        [high, low] => u32::from(u16::from_be_bytes([*high, *low])),
        [high] => u32::from(*high) << 8,
        _ => 0,
    });
    let sum: u32 = words.sum();
    let folded = (sum >> 16) + (sum & 0xffff);
    u16::try_from((folded >> 16) + (folded & 0xffff)).expect("fits")
}
