//! What aggregations have counted, added up.

use mediation::aggregate::Counters;
use mediation::blocks::{self, Amount, LeftOut};

use super::{Accounting, Counter};

impl Accounting {
    /// Adds what an aggregation has counted since it was last told.
    pub(crate) fn aggregated(&self, now: &Counters, told: &Counters) {
        self.records_aggregated.add(now.records - told.records);
        self.records_merged.add(now.merged - told.merged);
        self.records_duplicate.add(now.duplicates - told.duplicates);
        self.records_rate_unknown
            .add(now.rate_unknown - told.rate_unknown);
        self.records_late.add(now.late - told.late);
        self.flows_released.add(now.released - told.released);
        self.flows_without_room.add(now.no_room - told.no_room);
        self.flows_incomplete.add(now.incomplete - told.incomplete);
        let several = |counters: &Counters| counters.observed_by.iter().skip(1).sum::<u64>();
        self.flows_observed_twice.add(several(now) - several(told));
        for (packets, bytes, now, told) in [
            (
                &self.packets_exported,
                &self.bytes_exported,
                now.exported,
                told.exported,
            ),
            (
                &self.packets_aggregated,
                &self.bytes_aggregated,
                now.taken_in,
                told.taken_in,
            ),
            (
                &self.packets_duplicate,
                &self.bytes_duplicate,
                now.duplicate,
                told.duplicate,
            ),
            (
                &self.packets_incomplete,
                &self.bytes_incomplete,
                now.left_out,
                told.left_out,
            ),
            (
                &self.packets_released,
                &self.bytes_released,
                now.let_out,
                told.let_out,
            ),
        ] {
            packets.shift(told.packets, now.packets);
            bytes.shift(told.bytes, now.bytes);
        }
    }

    /// Adds what an aggregation within blocks has counted since it was last told.
    pub(crate) fn aggregated_in_blocks(&self, now: &blocks::Counters, told: &blocks::Counters) {
        let taken = now.taken.records - told.taken.records;
        self.records_aggregated.add(taken);
        self.records_merged.add(now.merged - told.merged);
        self.records_rate_unknown
            .add(now.rate_unknown - told.rate_unknown);
        self.flows_released.add(now.flows - told.flows);
        let volumes = |packets: &Counter, bytes: &Counter, now: Amount, told: Amount| {
            packets.shift(told.packets, now.packets);
            bytes.shift(told.bytes, now.bytes);
        };
        let (packets, bytes) = (&self.packets_exported, &self.bytes_exported);
        volumes(packets, bytes, now.exported, told.exported);
        let (packets, bytes) = (&self.packets_aggregated, &self.bytes_aggregated);
        volumes(packets, bytes, now.taken, told.taken);
        let (packets, bytes) = (&self.packets_released, &self.bytes_released);
        volumes(packets, bytes, now.passed, told.passed);
        for reason in LeftOut::ALL {
            let (now, told) = (now.left_out(reason), told.left_out(reason));
            self.left_out(reason).add(now.records - told.records);
            let (packets, bytes) = match reason {
                LeftOut::OtherExporter => (&self.packets_duplicate, &self.bytes_duplicate),
                _ => (&self.packets_left_out, &self.bytes_left_out),
            };
            volumes(packets, bytes, now, told);
        }
    }

    /// The counter of records that are left out within blocks for a reason.
    pub(crate) const fn left_out(&self, reason: LeftOut) -> &Counter {
        match reason {
            LeftOut::OtherExporter => &self.records_duplicate,
            LeftOut::WithoutOpening => &self.records_without_opening,
            LeftOut::WithoutClosing => &self.records_without_closing,
            LeftOut::LastPart => &self.records_in_last_part,
            LeftOut::NoRoom => &self.records_beyond_block,
        }
    }
}
