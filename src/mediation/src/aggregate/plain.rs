//! How a batch is taken in: almost all of its records in the short way.

use super::live::{Live, known};
use super::observers::Observer;
use super::plan::{AHEAD, Plan, Run};
use super::wheel::Second;
use super::{Aggregator, Cuts};

/// When a batch was received.
#[derive(Debug, Clone, Copy)]
pub(super) struct Received {
    tick_ms: i64,
    /// When the next second begins.
    pub(super) next_ms: i64,
    /// The first second in which what it changes can come up.
    pub(super) next: Second,
}

/// An Observation Point whose records are being taken in.
#[derive(Debug, Clone, Copy)]
struct Reporter {
    observer: Observer,
    /// How long after its last packet a flow of it may still get a record.
    waiting_ms: i64,
    /// The least delay of a record that tells anything by itself.
    telling_ms: i64,
}

impl Aggregator {
    /// Takes the records in, and gives the plan back to be used again. Moves values only:
    /// nothing in it depends on their content being sane.
    pub fn apply(&mut self, mut plan: Plan) -> Plan {
        self.counters.add(&plan.counters);
        let next = plan.received.next();
        let received = Received {
            tick_ms: plan.received.millis(),
            next_ms: next.millis(),
            next: self.wheel.second(next),
        };
        let mut begin = 0;
        for run in &plan.runs {
            let reporter = self.reporter(run);
            let records = begin..begin + run.records;
            begin = records.end;
            let tags = plan.tags.get(records.clone()).unwrap_or_default();
            let hints = plan.hints.get(records.start..).unwrap_or_default();
            let ahead = hints.iter().skip(AHEAD);
            let pieces = plan.pieces.get_mut(records).unwrap_or_default();
            let records = tags.iter().zip(hints).zip(pieces).zip(ahead);
            for (((&tag, &hint), piece), &ahead) in records {
                self.table.prefetch(ahead);
                piece.observer = reporter.observer;
                self.note_delay(piece, reporter, received);
                if !self.join_plainly(hint, piece, reporter, received) {
                    self.take_in((tag, hint), piece, run.exporter, received);
                }
            }
        }
        plan
    }

    fn reporter(&mut self, run: &Run) -> Reporter {
        let (exporter, observed) = (run.exporter, run.observed);
        let observer = self.observers.number(exporter, observed, &self.heard);
        let timeouts = &self.rules.timeouts;
        let waiting_ms = timeouts.waiting_ms(self.active_ms(observer));
        Reporter {
            observer,
            waiting_ms,
            telling_ms: timeouts.quiet_ms().min(waiting_ms),
        }
    }

    /// Works out what the delay of a record tells: whether no piece of its flow can come
    /// any more, and whether it is late.
    ///
    /// An exporter that reports a flow has seen no packet of it since the last one that
    /// it reports. If that was longer ago than the idle timeout, and the slack for
    /// records that waited at the exporter until a datagram was full, the flow is over;
    /// so it is if the exporter ended it as idle, and is known to wait for no less.
    #[inline(always)]
    fn note_delay(&mut self, piece: &mut Live, reporter: Reporter, received: Received) {
        let delay_ms = received.tick_ms.saturating_sub(piece.seen_ms);
        if delay_ms >= reporter.telling_ms || piece.is(known::IDLE) {
            self.note_telling_delay(piece, reporter, delay_ms);
        }
    }

    #[inline(never)]
    fn note_telling_delay(&mut self, piece: &mut Live, reporter: Reporter, delay_ms: i64) {
        let timeouts = &self.rules.timeouts;
        let was_idle =
            piece.is(known::IDLE) && self.quiet_ms(reporter.observer, delay_ms) >= timeouts.idle_ms;
        let quiet = was_idle || delay_ms >= timeouts.quiet_ms();
        if quiet && !self.rules.biflow {
            piece.known |= known::IDLE;
        } else {
            piece.known &= !known::IDLE;
        }
        if delay_ms > reporter.waiting_ms {
            self.counters.late += 1;
        }
    }

    /// For how long at least an exporter saw nothing of a flow that it ended as idle.
    fn quiet_ms(&self, observer: Observer, delay_ms: i64) -> i64 {
        let cuts = self.observers.cuts(observer);
        let cuts = cuts.unwrap_or_else(|| self.rules.timeouts.cuts_of_all());
        Cuts::quiet_ms(cuts.idle, delay_ms)
    }

    /// Takes in a record as almost all are: the next piece of a flow of which one Observation
    /// Point reports one direction. Says whether it was one.
    ///
    /// It does what [`Self::take_in`] does with such a record, in fewer steps.
    #[inline(always)]
    fn join_plainly(
        &mut self,
        hint: u32,
        piece: &Live,
        reporter: Reporter,
        received: Received,
    ) -> bool {
        const OTHERWISE: u16 = known::SIDE | known::LEFT | known::VACANT;
        let Some(live) = self.table.any_mut(hint) else {
            return false;
        };
        let is_plain = live.known & OTHERWISE == 0 && !(live.far | piece.far) && self.by_key_alone;
        if !is_plain || live.observer != piece.observer || live.key != piece.key {
            return false;
        }
        let timeouts = &self.rules.timeouts;
        // Neither has a far time, so that every sum fits.
        let is_before = live.start_ms - piece.end_ms > timeouts.idle_ms;
        let is_after = piece.start_ms - live.end_ms > timeouts.idle_ms;
        let is_next = live.is(known::OVER) && piece.is(known::OPENED);
        if is_before || is_after || is_next {
            return false;
        }
        live.join_near(piece);
        live.add_forward(piece);
        live.known |= known::TOUCHED;
        self.counters.merged += 1;
        let (has_ended, waiting_ms) = (live.is(known::OVER), reporter.waiting_ms);
        let deadline_ms = timeouts.deadline_ms(live, has_ended, waiting_ms, received.next_ms);
        live.deadline = self.wheel.second_at(deadline_ms).max(received.next);
        if !self.wheel.is_in_time(live) {
            let deadline = live.deadline;
            self.arm(hint, deadline);
        }
        true
    }
}
