//! What the aggregation within blocks took in, let out, and left out.

use std::ops::AddAssign;

use flow::{AggregatedFlow, OriginalFlow};

use super::Rules;

/// Why records are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum LeftOut {
    /// Another exporter had reported an earlier record of the key.
    OtherExporter,
    /// TCP: the flow began without a SYN.
    WithoutOpening,
    /// TCP: neither FIN nor RST came before the end of the block.
    WithoutClosing,
    /// The run ended before the block was full.
    LastPart,
    /// The block held as many records as it may, and its end had not come.
    NoRoom,
}

impl LeftOut {
    /// How many reasons there are.
    pub const COUNT: usize = 5;

    /// All reasons, in order.
    pub const ALL: [Self; Self::COUNT] = [
        Self::OtherExporter,
        Self::WithoutOpening,
        Self::WithoutClosing,
        Self::LastPart,
        Self::NoRoom,
    ];

    /// The name as logs carry it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OtherExporter => "other_exporter",
            Self::WithoutOpening => "without_opening",
            Self::WithoutClosing => "without_closing",
            Self::LastPart => "last_part",
            Self::NoRoom => "no_room",
        }
    }

    /// What happened, for people.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::OtherExporter => "another exporter had reported an earlier record of the key",
            Self::WithoutOpening => "the TCP flow began without a SYN",
            Self::WithoutClosing => "no FIN or RST came before the end of the block",
            Self::LastPart => "the run ended before the block was full",
            Self::NoRoom => "the block was full and did not end",
        }
    }
}

/// Original Flows, and what they counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    /// Original Flows.
    pub records: u64,
    /// Their packets; scaled by the sampling rate unless the rules ignore it.
    pub packets: u64,
    /// Their octets; likewise.
    pub bytes: u64,
}

impl Amount {
    /// A record as it is counted: by the rules, its sampling rate may be ignored.
    pub(super) fn of_record(record: &OriginalFlow, rules: &Rules) -> Self {
        let exported = Self::exported(record);
        let rate = record.sampling_rate.filter(|_| !rules.sampling_ignored);
        let scale = rate.map_or(1, |rate| u64::from(rate.get()));
        Self {
            packets: exported.packets.saturating_mul(scale),
            bytes: exported.bytes.saturating_mul(scale),
            ..exported
        }
    }

    const fn exported(record: &OriginalFlow) -> Self {
        Self {
            records: 1,
            packets: record.packets,
            bytes: record.bytes,
        }
    }

    /// What was merged into `flow`.
    pub(super) fn of(flow: &AggregatedFlow) -> Self {
        Self {
            records: flow.records.into(),
            packets: flow.packets,
            bytes: flow.bytes,
        }
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.records += other.records;
        self.packets = self.packets.wrapping_add(other.packets);
        self.bytes = self.bytes.wrapping_add(other.bytes);
    }
}

/// Totals of the blocks that ended, and of what found no room. At every moment
/// `taken.records = merged + flows + left out, over all reasons`; packets and octets that
/// were taken are those that were passed on and left out. Totals wrap at 2^64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Original Flows of these blocks, and those that found no room.
    pub taken: Amount,
    /// The same as exported: not scaled by the sampling rate.
    pub exported: Amount,
    /// Of these, without a known sampling rate.
    pub rate_unknown: u64,
    /// Of these, merged into a flow that an earlier one had begun.
    pub merged: u64,
    /// Aggregated Flows passed on.
    pub flows: u64,
    /// What these are made of: their Original Flows, merged or beginning one.
    pub passed: Amount,
    left_out: [Amount; LeftOut::COUNT],
}

impl Counters {
    /// What was left out for this reason.
    #[must_use]
    pub fn left_out(&self, reason: LeftOut) -> Amount {
        self.left_out[reason as usize]
    }

    /// Counts a record as exported.
    pub(super) fn see(&mut self, record: &OriginalFlow) {
        self.exported += Amount::exported(record);
        self.rate_unknown += u64::from(record.sampling_rate.is_none());
    }

    /// Counts a record that is left out by itself.
    pub(super) fn leave_out_record(
        &mut self,
        record: &OriginalFlow,
        rules: &Rules,
        reason: LeftOut,
    ) {
        self.see(record);
        self.leave_out(Amount::of_record(record, rules), reason);
    }

    /// Counts a flow that is passed on.
    pub(super) fn pass_on(&mut self, flow: &AggregatedFlow) {
        let amount = Amount::of(flow);
        self.taken += amount;
        self.passed += amount;
        self.merged += amount.records.saturating_sub(1);
        self.flows += 1;
    }

    /// Counts what is left out.
    pub(super) fn leave_out(&mut self, amount: Amount, reason: LeftOut) {
        self.taken += amount;
        self.left_out[reason as usize] += amount;
    }
}

impl AddAssign<&Self> for Counters {
    fn add_assign(&mut self, other: &Self) {
        self.taken += other.taken;
        self.exported += other.exported;
        self.rate_unknown += other.rate_unknown;
        self.merged += other.merged;
        self.flows += other.flows;
        self.passed += other.passed;
        for (sum, amount) in self.left_out.iter_mut().zip(other.left_out) {
            *sum += amount;
        }
    }
}
