//! One flow in the making: how records join it and when it is over.

use flow::{AggregatedFlow, EndReason, OriginalFlow, Tick, protocol, tcp_flag};

use super::Timeouts;

/// How a record relates to the live flow of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joins {
    /// It is a piece of the flow.
    Merge,
    /// It begins the next flow; the live one is over for this reason.
    Succeed(EndReason),
    /// It is older than the flow by more than the idle timeout: a flow of its own.
    Precede,
}

/// A flow in the making. A record alone is one, too.
#[derive(Debug, Clone)]
pub(super) struct FlowState {
    flow: AggregatedFlow,
    /// Its last packet on the pipeline's clock.
    end_seen_ms: i64,
    /// The tick at which it is over, unless a record moves it.
    deadline: Tick,
    /// The tick at which the wheel brings it up.
    wake_at: Option<Tick>,
    opened: bool,
    ended: bool,
}

impl FlowState {
    /// The flow that one record is, its counters scaled by its sampling rate.
    pub(super) fn new(record: &OriginalFlow) -> Self {
        let scale = record.sampling_rate.map_or(1, |rate| u64::from(rate.get()));
        let end_ms = record.end_ms.max(record.start_ms);
        let flags = record
            .tcp_flags
            .filter(|_| record.key.protocol == protocol::TCP)
            .unwrap_or(0);
        let closed = flags & (tcp_flag::FIN | tcp_flag::RST) != 0;
        Self {
            flow: AggregatedFlow {
                key: record.key,
                exporter: record.exporter,
                start_ms: record.start_ms,
                end_ms,
                active_ms: span(record.start_ms, end_ms),
                packets: record.packets.saturating_mul(scale),
                bytes: record.bytes.saturating_mul(scale),
                reverse: None,
                sampling_rate: record.sampling_rate,
                records: 1,
                in_if: record.in_if,
                out_if: record.out_if,
                tcp_flags: record.tcp_flags,
                tos: record.tos,
                icmp: record.icmp,
                end_reason: EndReason::Idle,
                complete: None,
            },
            end_seen_ms: record.end_seen_ms,
            deadline: Tick::default(),
            wake_at: None,
            opened: flags & tcp_flag::SYN != 0,
            ended: closed || record.end_reason == Some(EndReason::End),
        }
    }

    pub(super) const fn flow(&self) -> &AggregatedFlow {
        &self.flow
    }

    pub(super) const fn ended(&self) -> bool {
        self.ended
    }

    pub(super) const fn deadline(&self) -> Tick {
        self.deadline
    }

    pub(super) const fn wake_at(&self) -> Option<Tick> {
        self.wake_at
    }

    pub(super) const fn set_wake_at(&mut self, tick: Tick) {
        self.wake_at = Some(tick);
    }

    /// Whether `piece` belongs to this flow.
    pub(super) fn joins(&self, piece: &Self, idle_ms: i64) -> Joins {
        let after = piece.flow.start_ms.saturating_sub(self.flow.end_ms);
        let before = self.flow.start_ms.saturating_sub(piece.flow.end_ms);
        if before > idle_ms {
            Joins::Precede
        } else if self.ended && piece.opened && after >= 0 {
            // The same ports, opened anew after the end: the next connection.
            Joins::Succeed(EndReason::End)
        } else if after > idle_ms {
            Joins::Succeed(if self.ended {
                EndReason::End
            } else {
                EndReason::Idle
            })
        } else {
            Joins::Merge
        }
    }

    /// Adds a piece of this flow.
    ///
    /// Time that a piece adds beyond either end is active; so is the length of a piece
    /// that came late and lies within the flow, since it fills a gap.
    pub(super) fn merge(&mut self, piece: &Self) {
        let (flow, other) = (&mut self.flow, &piece.flow);
        let (start, end) = (flow.start_ms, flow.end_ms);
        let added = if other.start_ms >= start && other.end_ms <= end {
            span(other.start_ms, other.end_ms)
        } else {
            span(other.start_ms, start.min(other.end_ms))
                .saturating_add(span(other.start_ms.max(end), other.end_ms))
        };
        flow.start_ms = start.min(other.start_ms);
        flow.end_ms = end.max(other.end_ms);
        let active = flow.active_ms.saturating_add(added);
        flow.active_ms = active.min(span(flow.start_ms, flow.end_ms));
        flow.packets = flow.packets.saturating_add(other.packets);
        flow.bytes = flow.bytes.saturating_add(other.bytes);
        flow.records = flow.records.saturating_add(other.records);
        flow.tcp_flags = or(flow.tcp_flags, other.tcp_flags);
        if flow.sampling_rate != other.sampling_rate {
            flow.sampling_rate = None;
        }
        self.end_seen_ms = self.end_seen_ms.max(piece.end_seen_ms);
        self.opened |= piece.opened;
        self.ended |= piece.ended;
    }

    fn outlived(&self, timeouts: &Timeouts) -> bool {
        let lifetime = self.flow.end_ms.saturating_sub(self.flow.start_ms);
        lifetime >= timeouts.longest_lifetime_ms
    }

    /// Works out when the flow is over, if no further record comes.
    ///
    /// A flow whose end was seen waits a linger from the end of the second in which the
    /// record came; others until no piece can come any more.
    pub(super) fn set_deadline(
        &mut self,
        timeouts: &Timeouts,
        waiting_ms: i64,
        received: Tick,
    ) -> Tick {
        let next = received.next();
        let lingered = next.millis().saturating_add(timeouts.linger_ms);
        let waited = self.end_seen_ms.saturating_add(waiting_ms);
        let deadline_ms = if self.ended { lingered } else { waited };
        let deadline = if self.outlived(timeouts) {
            next
        } else {
            tick_from(deadline_ms)
        };
        self.deadline = deadline.max(next);
        self.deadline
    }

    /// Why the flow is over when its deadline has passed.
    pub(super) fn reason_at_deadline(&self, timeouts: &Timeouts) -> EndReason {
        if self.ended {
            EndReason::End
        } else if self.outlived(timeouts) {
            EndReason::Active
        } else {
            EndReason::Idle
        }
    }

    /// The flow as it leaves.
    pub(super) fn release(self, reason: EndReason) -> AggregatedFlow {
        let complete =
            (self.flow.key.protocol == protocol::TCP).then_some(self.opened && self.ended);
        AggregatedFlow {
            end_reason: reason,
            complete,
            ..self.flow
        }
    }
}

/// Milliseconds from `start` to `end`; 0 if `end` comes first.
fn span(start: i64, end: i64) -> u64 {
    end.saturating_sub(start).max(0).unsigned_abs()
}

/// The first tick at or after a time in milliseconds.
fn tick_from(millis: i64) -> Tick {
    Tick::from_secs(millis.saturating_add(999).div_euclid(1_000))
}

fn or(a: Option<u16>, b: Option<u16>) -> Option<u16> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a | b),
        (one, other) => one.or(other),
    }
}
