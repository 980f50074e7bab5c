//! How a record relates to the live flow of its key.

use flow::EndReason;

use super::Rules;
use super::live::{Live, Side, known};
use super::observers::Observer;
use super::rules::Observers as Rule;
use super::table::Way;

/// How exactly the pipeline's clock tells when an exporter saw a packet: IPFIX states
/// its export time in whole seconds (RFC 7011, 3.1).
const CLOCK_MS: i64 = 1_000;

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is a piece of the flow.
    Merge,
    /// It is a piece of the flow, whose reporter has fallen silent: this one takes over.
    TakeOver,
    /// It reports once more what another Observation Point reports.
    Duplicate,
    /// It begins the next flow; the live one is over for this reason.
    Succeed(EndReason),
    /// It is older than the flow by more than the idle timeout: a flow of its own.
    Precede,
}

/// A record that meets a flow of its key.
#[derive(Debug)]
pub(super) struct Meeting<'a> {
    pub(super) live: &'a Live,
    pub(super) side: Option<&'a Side>,
    pub(super) piece: &'a Live,
    pub(super) way: Way,
    /// After how long the flow's exporter cuts flows.
    pub(super) active_ms: i64,
}

impl Meeting<'_> {
    /// Who reports the direction of the record, if anyone has.
    fn reporter(&self) -> Option<Observer> {
        match self.way {
            Way::Forward => Some(self.live.observer),
            Way::Reverse => self.side?.reverse_observer,
        }
    }

    /// When the reporter of that direction saw its last packet.
    fn reporter_seen_ms(&self) -> i64 {
        let seen = self.side.map(|side| match self.way {
            Way::Forward => side.observer_seen_ms,
            Way::Reverse => side.reverse_seen_ms,
        });
        seen.unwrap_or(self.live.seen_ms)
    }

    fn has_both(&self) -> bool {
        self.way == Way::Reverse
            || self
                .side
                .is_some_and(|side| side.reverse_observer.is_some())
    }

    /// First and last packet of the record on the clock of the flow. The clocks of two
    /// exporters are compared by way of the pipeline's.
    pub(super) fn times(&self) -> (i64, i64) {
        let piece = self.piece;
        if piece.observer.shares_clock(self.live.observer) {
            return (piece.start_ms, piece.end_ms);
        }
        let seen_ms = self
            .side
            .map_or(self.live.seen_ms, |side| side.observer_seen_ms);
        let own = self.live.end_ms.saturating_sub(seen_ms);
        let other = piece.end_ms.saturating_sub(piece.seen_ms);
        let shift = own.saturating_sub(other);
        (
            piece.start_ms.saturating_add(shift),
            piece.end_ms.saturating_add(shift),
        )
    }

    /// First packet of the record on the pipeline's clock.
    fn start_seen_ms(&self) -> i64 {
        let length = self.piece.end_ms.saturating_sub(self.piece.start_ms);
        self.piece.seen_ms.saturating_sub(length)
    }

    /// What becomes of the record by the rules.
    ///
    /// It is inlined since almost every record is of a flow without a sidecar, for which
    /// little of it remains.
    #[inline(always)]
    pub(super) fn verdict(&self, rules: &Rules) -> Verdict {
        let idle_ms = rules.timeouts.idle_ms;
        let (start_ms, end_ms) = self.times();
        let before = self.live.start_ms.saturating_sub(end_ms);
        if before > idle_ms {
            return Verdict::Precede;
        }
        let after = start_ms.saturating_sub(self.live.end_ms);
        let reporter = self.reporter();
        let other = reporter.is_some_and(|reporter| reporter != self.piece.observer);
        let ended = self.live.has_ended(self.has_both());
        let margin = if other { CLOCK_MS } else { 0 };
        if ended && self.piece.is(known::OPENED) && self.way == Way::Forward && after >= margin {
            // The same ports, opened anew after the end: the next connection.
            return Verdict::Succeed(EndReason::End);
        }
        if self.gap_ms(after) > idle_ms {
            return Verdict::Succeed(if ended {
                EndReason::End
            } else {
                EndReason::Idle
            });
        }
        if !other || rules.observers != Rule::First {
            return Verdict::Merge;
        }
        if self.is_reporter_gone(rules) {
            Verdict::TakeOver
        } else {
            Verdict::Duplicate
        }
    }

    /// The time before the record in which nobody saw a packet. What others have seen
    /// fills the gap that a lost record of the reporter leaves.
    fn gap_ms(&self, after: i64) -> i64 {
        let others = self.side.is_some_and(|side| side.other_count > 0);
        if others {
            after.min(self.start_seen_ms().saturating_sub(self.live.seen_ms))
        } else {
            after
        }
    }

    /// Whether the reporter has been silent for so long that not even one record more
    /// could be on its way, had the last been lost.
    fn is_reporter_gone(&self, rules: &Rules) -> bool {
        let wait = rules.timeouts.waiting_ms(self.active_ms.saturating_mul(2));
        let silent = self.start_seen_ms().saturating_sub(self.reporter_seen_ms());
        silent > wait
    }

    /// Whether a flow that has left is what the record reports, too.
    pub(super) fn is_of_the_past(&self, rules: &Rules) -> bool {
        if rules.observers != Rule::First || self.reporter() == Some(self.piece.observer) {
            return false;
        }
        let behind = self.start_seen_ms().saturating_sub(self.live.seen_ms);
        let reopened = self.live.is(known::OPENED | known::CLOSED | known::ENDED)
            && self.piece.is(known::OPENED)
            && behind >= CLOCK_MS;
        behind <= rules.timeouts.idle_ms && !reopened
    }
}

/// The sidecar of a flow that had none.
pub(super) const fn side_of(live: &Live) -> Side {
    Side {
        reverse_observer: None,
        reverse_packets: 0,
        reverse_bytes: 0,
        start_ms: live.start_ms,
        reverse_start_ms: i64::MAX,
        observer_seen_ms: live.seen_ms,
        reverse_seen_ms: i64::MIN,
        others: [0; 3],
        other_count: 0,
    }
}

impl Side {
    /// Notes that another Observation Point reports the flow, too.
    pub(super) fn note_other(&mut self, fingerprint: u16) {
        let kept = usize::from(self.other_count).min(self.others.len());
        let is_known = self
            .others
            .iter()
            .take(kept)
            .any(|&other| other == fingerprint);
        if is_known {
            return;
        }
        if let Some(free) = self.others.get_mut(kept) {
            *free = fingerprint;
            self.other_count += 1;
        }
    }
}
