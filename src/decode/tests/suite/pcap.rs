//! UDP datagrams out of capture files: Ethernet, IPv4 or IPv6, without fragments.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// One UDP datagram of a capture.
#[derive(Debug)]
pub(crate) struct Captured {
    pub(crate) source: SocketAddr,
    pub(crate) seen_nanos: i64,
    pub(crate) payload: Vec<u8>,
}

/// All UDP datagrams of a capture file; `None` if it is not one.
pub(crate) fn datagrams(file: &[u8]) -> Option<Vec<Captured>> {
    let (little, nanos) = match file.first_chunk()? {
        [0xD4, 0xC3, 0xB2, 0xA1] => (true, 1_000),
        [0xA1, 0xB2, 0xC3, 0xD4] => (false, 1_000),
        [0x4D, 0x3C, 0xB2, 0xA1] => (true, 1),
        [0xA1, 0xB2, 0x3C, 0x4D] => (false, 1),
        _ => return None,
    };
    let word = |at: usize| {
        let bytes = *file.get(at..)?.first_chunk()?;
        Some(if little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    };
    let mut found = Vec::new();
    let mut at = 24;
    while let (Some(secs), Some(fraction), Some(octets)) = (word(at), word(at + 4), word(at + 8)) {
        let frame = file.get(at + 16..at + 16 + octets as usize)?;
        let seen_nanos = i64::from(secs) * 1_000_000_000 + i64::from(fraction) * nanos;
        if let Some((source, payload)) = udp(frame) {
            found.push(Captured {
                source,
                seen_nanos,
                payload: payload.to_vec(),
            });
        }
        at += 16 + octets as usize;
    }
    Some(found)
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn udp(frame: &[u8]) -> Option<(SocketAddr, &[u8])> {
    let mut at = 12;
    while half(frame, at)? == 0x8100 {
        at += 4;
    }
    let packet = frame.get(at + 2..)?;
    let (addr, segment) = match half(frame, at)? {
        0x0800 if packet.get(9) == Some(&17) => {
            let header = usize::from(packet.first()? & 0xF) * 4;
            let addr = Ipv4Addr::from(*packet.get(12..)?.first_chunk::<4>()?);
            (IpAddr::from(addr), packet.get(header..)?)
        }
        0x86DD if packet.get(6) == Some(&17) => {
            let addr = Ipv6Addr::from(*packet.get(8..)?.first_chunk::<16>()?);
            (IpAddr::from(addr), packet.get(40..)?)
        }
        _ => return None,
    };
    let payload = segment.get(8..usize::from(half(segment, 4)?))?;
    Some((SocketAddr::new(addr, half(segment, 0)?), payload))
}
