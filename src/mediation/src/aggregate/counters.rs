//! What the aggregation took in and let out.

use flow::AggregatedFlow;

/// Totals since the start. At every moment
/// `records = merged + released + (records that begin flows not yet released)`, and the
/// packets and octets that went in are those that came out and those still held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Original Flows taken in.
    pub records: u64,
    /// Of these, merged into a flow that an earlier one had begun.
    pub merged: u64,
    /// Aggregated Flows released.
    pub released: u64,
    /// Of these, records that left alone because there was no room for another flow.
    pub no_room: u64,
    /// Scaled packets taken in.
    pub packets_in: u64,
    /// Scaled octets taken in.
    pub bytes_in: u64,
    /// Scaled packets released.
    pub packets_out: u64,
    /// Scaled octets released.
    pub bytes_out: u64,
}

impl Counters {
    /// Counts a record, as the flow of its own that it would be.
    pub(super) const fn take_in(&mut self, piece: &AggregatedFlow) {
        self.records += 1;
        self.packets_in = self.packets_in.wrapping_add(piece.packets);
        self.bytes_in = self.bytes_in.wrapping_add(piece.bytes);
    }

    pub(super) const fn let_out(&mut self, flow: &AggregatedFlow) {
        self.released += 1;
        self.packets_out = self.packets_out.wrapping_add(flow.packets);
        self.bytes_out = self.bytes_out.wrapping_add(flow.bytes);
    }
}
