//! Records of one key that become one flow.

use flow::{AggregatedFlow, EndReason, OriginalFlow, protocol, tcp_flag};

use super::counters::Amount;
use super::{BlockFlow, Placed, Rank, Rules};

/// A flow in the making; a record alone is one, too. Records are added in the order of
/// their starts.
#[derive(Debug)]
pub(super) struct Run {
    flow: AggregatedFlow,
    /// The place of the first record.
    place: u32,
    /// The end of the record before.
    before_ms: i64,
    gaps_ms: u64,
    opened: bool,
    closed: bool,
}

impl Run {
    /// The run that one record is.
    pub(super) fn begin(placed: &Placed, rules: &Rules) -> Self {
        let record = &placed.record;
        let Amount { packets, bytes, .. } = Amount::of_record(record, rules);
        let end_ms = record.end_ms.max(record.start_ms);
        Self {
            flow: AggregatedFlow {
                key: record.key,
                exporter: record.exporter,
                start_ms: record.start_ms,
                end_ms,
                active_ms: span(record.start_ms, end_ms),
                packets,
                bytes,
                reverse: None,
                sampling_rate: record.sampling_rate.filter(|_| !rules.sampling_ignored),
                records: 1,
                in_if: record.in_if,
                out_if: record.out_if,
                vlan: record.vlan,
                tcp_flags: record.tcp_flags,
                tos: record.tos,
                icmp: record.icmp,
                // An exporter's word, until the rules know better; what the end of the
                // block cuts was cut by an outside event.
                end_reason: record.end_reason.unwrap_or(EndReason::Forced),
                complete: None,
                block_place: Some(placed.place),
            },
            place: placed.place,
            before_ms: end_ms,
            gaps_ms: 0,
            opened: flags(record) & tcp_flag::SYN != 0,
            closed: flags(record) & (tcp_flag::FIN | tcp_flag::RST) != 0,
        }
    }

    /// Whether the first record has a SYN.
    pub(super) const fn opened(&self) -> bool {
        self.opened
    }

    /// Whether a record has FIN or RST.
    pub(super) const fn closed(&self) -> bool {
        self.closed
    }

    /// The time from the run to the start of its next record; 0 if they overlap.
    pub(super) fn gap_ms(&self, next: &Placed, rules: &Rules) -> u64 {
        let from = if rules.gaps_from_the_record_before {
            self.before_ms
        } else {
            self.flow.end_ms
        };
        span(from, next.record.start_ms)
    }

    /// Adds the next record; `gap_ms` before it was no active time.
    pub(super) fn add(&mut self, next: &Placed, gap_ms: u64, rules: &Rules) {
        let other = Self::begin(next, rules);
        self.gaps_ms = self.gaps_ms.saturating_add(gap_ms);
        self.before_ms = other.before_ms;
        self.closed |= other.closed;
        let (flow, other) = (&mut self.flow, other.flow);
        flow.end_ms = flow.end_ms.max(other.end_ms);
        flow.active_ms = span(flow.start_ms, flow.end_ms).saturating_sub(self.gaps_ms);
        flow.packets = flow.packets.saturating_add(other.packets);
        flow.bytes = flow.bytes.saturating_add(other.bytes);
        flow.records = flow.records.saturating_add(1);
        flow.end_reason = other.end_reason;
        if flow.sampling_rate != other.sampling_rate {
            flow.sampling_rate = None;
        }
        // Other protocols have no flags that could be joined.
        if let (Some(all), Some(more)) = (&mut flow.tcp_flags, other.tcp_flags) {
            *all |= more;
        }
    }

    /// What was merged.
    pub(super) fn amount(&self) -> Amount {
        Amount::of(&self.flow)
    }

    /// The flow as it leaves; `over` if the rules know why.
    pub(super) fn release(self, over: Option<EndReason>, key: (i64, u32)) -> BlockFlow {
        let is_tcp = self.flow.key.protocol == protocol::TCP;
        let opened = self.flow.tcp_flags.unwrap_or(0) & tcp_flag::SYN != 0;
        let flow = AggregatedFlow {
            end_reason: over.unwrap_or(self.flow.end_reason),
            complete: is_tcp.then_some(opened && self.closed),
            ..self.flow
        };
        BlockFlow {
            rank: Rank {
                key,
                own: (flow.start_ms, self.place),
            },
            flow,
        }
    }
}

fn flags(record: &OriginalFlow) -> u16 {
    record.tcp_flags.unwrap_or(0)
}

/// Milliseconds from `from` to `to`; 0 if `to` comes first, and never more than an
/// `i64` holds, as durations are.
fn span(from: i64, to: i64) -> u64 {
    to.saturating_sub(from).max(0).unsigned_abs()
}
