//! Packets and captures made by hand, octet by octet.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use dataset::capture::{Capture, Counts};

pub(crate) const V4: &str = "192.0.2.1:5000";
pub(crate) const V4_TO: &str = "198.51.100.2:2055";
pub(crate) const V6: &str = "[2001:db8::1]:5000";
pub(crate) const V6_TO: &str = "[2001:db8::2]:2055";
pub(crate) const NANOS: i64 = 1_575_297_360_123_456_000;

pub(crate) fn udp(payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len() + 8).unwrap();
    let parts = [5_000_u16, 2_055, len, 0].map(u16::to_be_bytes);
    [parts.as_flattened(), payload].concat()
}

/// An IPv4 packet with options, so that its header is longer than most.
pub(crate) fn v4(fragment: u16, protocol: u8, segment: &[u8]) -> Vec<u8> {
    let total = u16::try_from(24 + segment.len()).unwrap().to_be_bytes();
    let fragment = fragment.to_be_bytes();
    let mut packet = vec![0x46, 0, total[0], total[1], 0, 0, fragment[0], fragment[1]];
    packet.extend_from_slice(&[64, protocol, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]);
    packet.extend_from_slice(&[1, 1, 1, 0]);
    packet.extend_from_slice(segment);
    packet
}

pub(crate) fn v6(next: u8, segment: &[u8]) -> Vec<u8> {
    let len = u16::try_from(segment.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x60, 0, 0, 0, len[0], len[1], next, 64];
    for last in [1, 2] {
        packet.extend_from_slice(&[
            0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last,
        ]);
    }
    packet.extend_from_slice(segment);
    packet
}

pub(crate) fn ethernet(ethertypes: &[u16], packet: &[u8]) -> Vec<u8> {
    let mut frame = vec![2; 12];
    for (nth, ethertype) in ethertypes.iter().enumerate() {
        if nth > 0 {
            frame.extend_from_slice(&[0, 7]);
        }
        frame.extend_from_slice(&ethertype.to_be_bytes());
    }
    frame.extend_from_slice(packet);
    frame
}

/// Octets in the order of a file.
#[derive(Clone, Copy)]
pub(crate) struct Order {
    big: bool,
}

impl Order {
    pub(crate) fn two(self, value: u16) -> [u8; 2] {
        if self.big {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    pub(crate) fn four(self, value: u32) -> [u8; 4] {
        if self.big {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    pub(crate) fn words(self, words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|&word| self.four(word)).collect()
    }
}

pub(crate) const LITTLE: Order = Order { big: false };
pub(crate) const BIG: Order = Order { big: true };

/// A pcap file of some packets, all of one time.
pub(crate) fn pcap(order: Order, nanos: bool, link: u32, packets: &[Vec<u8>]) -> Vec<u8> {
    let (magic, fraction) = match nanos {
        true => (0xA1B2_3C4D, 123_456_000),
        false => (0xA1B2_C3D4, 123_456),
    };
    let mut file = order.words(&[magic]);
    file.extend(order.two(2));
    file.extend(order.two(4));
    file.extend(order.words(&[0, 0, 65_535, link]));
    for packet in packets {
        let len = u32::try_from(packet.len()).unwrap();
        file.extend(order.words(&[1_575_297_360, fraction, len, len]));
        file.extend(packet);
    }
    file
}

pub(crate) fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let len = u32::try_from(padded + 12).unwrap();
    let mut block = order.words(&[kind, len]);
    block.extend_from_slice(body);
    block.resize(padded + 8, 0);
    block.extend(order.four(len));
    block
}

pub(crate) fn section(order: Order) -> Vec<u8> {
    let mut body = order.four(0x1A2B_3C4D).to_vec();
    body.extend(order.two(1));
    body.extend(order.two(0));
    body.extend([0xFF; 8]);
    block(order, 0x0A0D_0D0A, &body)
}

pub(crate) fn interface(order: Order, link: u16, options: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = order.two(link).to_vec();
    body.extend([0; 6]);
    for (code, value) in options {
        body.extend(order.two(*code));
        body.extend(order.two(u16::try_from(value.len()).unwrap()));
        body.extend_from_slice(value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    block(order, 1, &body)
}

pub(crate) fn packet_block(order: Order, interface: u32, units: u64, packet: &[u8]) -> Vec<u8> {
    let len = u32::try_from(packet.len()).unwrap();
    let (upper, lower) = (u32::try_from(units >> 32).unwrap(), units & 0xFFFF_FFFF);
    let mut body = order.words(&[interface, upper, u32::try_from(lower).unwrap(), len, len]);
    body.extend_from_slice(packet);
    block(order, 6, &body)
}

pub(crate) type Read = (i64, SocketAddr, SocketAddr, Vec<u8>);

pub(crate) fn read(file: &[u8]) -> (Vec<Read>, Counts, dataset::Result<()>) {
    let mut capture = Capture::open(file).unwrap();
    let mut datagrams = Vec::new();
    let end = loop {
        match capture.next_datagram() {
            Ok(Some(found)) => datagrams.push((
                found.received.nanos(),
                found.source,
                found.destination,
                found.payload.to_vec(),
            )),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    (datagrams, *capture.counts(), end)
}

/// The one datagram there is in a file.
pub(crate) fn only(file: &[u8]) -> Read {
    let (mut datagrams, counts, end) = read(file);
    end.unwrap();
    assert_eq!((datagrams.len(), counts.datagrams), (1, 1), "{counts:?}");
    datagrams.remove(0)
}

/// The counts of a pcap file of one raw packet that gives no datagram.
pub(crate) fn skipped(link: u32, packet: Vec<u8>) -> Counts {
    let (datagrams, counts, end) = read(&pcap(LITTLE, false, link, &[packet]));
    end.unwrap();
    assert_eq!((datagrams.len(), counts.datagrams), (0, 0));
    counts
}

pub(crate) fn is_v4(found: &Read) {
    let expected = (
        NANOS,
        V4.parse().unwrap(),
        V4_TO.parse().unwrap(),
        b"flows".to_vec(),
    );
    assert_eq!(*found, expected);
}

pub(crate) fn is_v6(found: &Read) {
    let expected = (
        NANOS,
        V6.parse().unwrap(),
        V6_TO.parse().unwrap(),
        b"flows".to_vec(),
    );
    assert_eq!(*found, expected);
}

pub(crate) fn plain_v4() -> Vec<u8> {
    v4(0, 17, &udp(b"flows"))
}

pub(crate) fn plain_v6() -> Vec<u8> {
    v6(17, &udp(b"flows"))
}
