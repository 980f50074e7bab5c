//! What the aggregation took in and let out.

use flow::{AggregatedFlow, OriginalFlow};

use super::live::Live;

/// Packets and octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Volume {
    /// Packets.
    pub packets: u64,
    /// Octets of the IP layer.
    pub bytes: u64,
}

impl Volume {
    pub(super) const fn add(&mut self, packets: u64, bytes: u64) {
        self.packets = self.packets.wrapping_add(packets);
        self.bytes = self.bytes.wrapping_add(bytes);
    }
}

/// Totals since the start. At every moment
/// `records = merged + duplicates + incomplete + released + (records that begin flows not
/// yet released)`, and the volume taken in is that released, that left out by name, and
/// that still held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Original Flows taken in.
    pub records: u64,
    /// Of these, merged into a flow that an earlier one had begun.
    pub merged: u64,
    /// Of these, left out because another Observation Point reports the flow.
    pub duplicates: u64,
    /// Of these, without a known sampling rate: their counters are taken as they are.
    pub rate_unknown: u64,
    /// Of these, received later than their exporter's timeouts explain.
    pub late: u64,
    /// Aggregated Flows released.
    pub released: u64,
    /// Flows left out because their opening or closing was not seen.
    pub incomplete: u64,
    /// Flows that left early because there was no room for another.
    pub no_room: u64,
    /// Flows by how many Observation Points reported them: 1, 2, 3, and 4 or more.
    pub observed_by: [u64; 4],
    /// Taken in, as exported.
    pub exported: Volume,
    /// Taken in, scaled by the sampling rate.
    pub taken_in: Volume,
    /// Left out as duplicates, scaled.
    pub duplicate: Volume,
    /// Left out as parts of incomplete flows, scaled, both directions.
    pub left_out: Volume,
    /// Released, scaled, both directions.
    pub let_out: Volume,
}

impl Counters {
    /// Counts a record, as the flow of its own that it would be.
    pub(super) fn take_in(&mut self, record: &OriginalFlow, piece: &Live) {
        self.records += 1;
        self.rate_unknown += u64::from(record.sampling_rate.is_none());
        self.exported.add(record.packets, record.bytes);
        self.taken_in.add(piece.packets, piece.bytes);
    }

    /// Adds what a batch came to.
    pub(super) fn add(&mut self, batch: &Self) {
        self.records += batch.records;
        self.rate_unknown += batch.rate_unknown;
        self.exported
            .add(batch.exported.packets, batch.exported.bytes);
        self.taken_in
            .add(batch.taken_in.packets, batch.taken_in.bytes);
    }

    /// Counts a flow that is left out because it is incomplete.
    pub(super) fn leave_out(&mut self, flow: &AggregatedFlow) {
        self.incomplete += 1;
        self.left_out.add(flow.packets, flow.bytes);
        if let Some(reverse) = flow.reverse {
            self.left_out.add(reverse.packets, reverse.bytes);
        }
    }

    pub(super) fn let_out(&mut self, flow: &AggregatedFlow) {
        self.released += 1;
        self.let_out.add(flow.packets, flow.bytes);
        if let Some(reverse) = flow.reverse {
            self.let_out.add(reverse.packets, reverse.bytes);
        }
    }
}
