//! The classic pcap format (draft-ietf-opsawg-pcap).

use flow::ReceiveTime;

use crate::packet::Link;
use crate::pcapng::block::Order;
use crate::{DatasetError, Result};

/// Octets of the file header.
pub(super) const FILE_HEADER: usize = 24;
/// Octets of the header of a packet.
pub(super) const PACKET_HEADER: usize = 16;

/// What the packets of a file have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pcap {
    order: Order,
    /// Nanoseconds of one unit of the fraction.
    unit: i64,
    pub(super) link: Link,
}

/// The header of one packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct PacketHeader {
    pub(super) received: ReceiveTime,
    /// Octets that were captured.
    pub(super) len: u32,
}

/// Order and unit, if the first octets are those of a pcap file.
fn by_magic(octets: [u8; 4]) -> Option<(Order, i64)> {
    [Order::Little, Order::Big]
        .into_iter()
        .find_map(|order| match order.four(octets) {
            0xA1B2_C3D4 => Some((order, 1_000)),
            0xA1B2_3C4D => Some((order, 1)),
            _ => None,
        })
}

/// Whether a file that begins so is a pcap file.
pub(super) fn is_pcap(octets: [u8; 4]) -> bool {
    by_magic(octets).is_some()
}

impl Pcap {
    pub(super) fn read(header: &[u8; FILE_HEADER]) -> Result<Self> {
        let [a, b, c, d, .., w, x, y, z] = *header;
        let (order, unit) = by_magic([a, b, c, d]).ok_or_else(|| not_a_capture([a, b, c, d]))?;
        // The upper bits tell the length of a frame check sequence.
        let number = order.four([w, x, y, z]) & 0x03FF_FFFF;
        let link = Link::from_number(number).ok_or_else(|| {
            DatasetError::format(20, "link type", number.to_string(), Link::KNOWN)
        })?;
        Ok(Self { order, unit, link })
    }

    pub(super) const fn packet(&self, header: &[u8; PACKET_HEADER]) -> PacketHeader {
        let [a, b, c, d, e, f, g, h, i, j, k, l, ..] = *header;
        let seconds = self.order.four([a, b, c, d]) as i64;
        let fraction = self.order.four([e, f, g, h]) as i64;
        PacketHeader {
            received: ReceiveTime::from_nanos(seconds * 1_000_000_000 + fraction * self.unit),
            len: self.order.four([i, j, k, l]),
        }
    }
}

pub(super) fn not_a_capture(octets: [u8; 4]) -> DatasetError {
    DatasetError::format(
        0,
        "magic number",
        format!("{:#010x}", u32::from_be_bytes(octets)),
        "a pcap or pcapng file",
    )
}
