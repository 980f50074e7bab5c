//! What a roll-up took in and let out.

use super::share::Part;

/// Packets and octets of both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Volume {
    /// Packets.
    pub packets: u64,
    /// Octets of the IP layer.
    pub bytes: u64,
}

impl Volume {
    pub(super) const fn add(&mut self, part: &Part) {
        let [packets, bytes, _, reverse_packets, reverse_bytes] = part.counts;
        self.packets = self
            .packets
            .wrapping_add(packets)
            .wrapping_add(reverse_packets);
        self.bytes = self.bytes.wrapping_add(bytes).wrapping_add(reverse_bytes);
    }
}

/// Totals since the start. At every moment `begun = released + (groups held)`, and the
/// volume taken in is that let out and that still held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Flows taken in.
    pub flows: u64,
    /// Of these, with a part for an interval that had left, or would have.
    pub late: u64,
    /// Groups begun.
    pub begun: u64,
    /// Groups released.
    pub released: u64,
    /// Of these, early because there was no room for another.
    pub no_room: u64,
    /// Taken in.
    pub taken_in: Volume,
    /// Released.
    pub let_out: Volume,
}
