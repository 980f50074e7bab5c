//! What becomes of a record that arrives.

use flow::{EndReason, Exporter, Tick};

use super::join::{Meeting, Verdict, side_of};
use super::live::{Live, known};
use super::observers::Observer;
use super::table::{Tag, Way};
use super::{Aggregator, Cuts, Observers, Received, Step};

impl Aggregator {
    /// Takes in a record as almost all are: the next piece of a flow of which one Observation
    /// Point reports one direction. Says whether it was one.
    ///
    /// It does what [`Self::take_in`] does with such a record, and finds its flow once.
    pub(super) fn join_plainly(
        &mut self,
        step: &Step,
        piece: &Live,
        active_ms: i64,
        received: Received,
    ) -> bool {
        let flow = self.table.get_mut(step.hint).filter(|live| {
            live.observer == piece.observer
                && live.known & (known::SIDE | known::LEFT) == 0
                && live.key == piece.key
        });
        let Some(live) = flow.filter(|_| self.by_key_alone) else {
            return false;
        };
        let meeting = Meeting {
            live,
            side: None,
            piece,
            way: Way::Forward,
            active_ms,
        };
        if meeting.verdict(&self.rules) != Verdict::Merge {
            return false;
        }
        live.join(piece, piece.start_ms, piece.end_ms);
        live.add_forward(piece);
        live.known |= known::TOUCHED;
        self.counters.merged += 1;
        let deadline = self
            .rules
            .timeouts
            .deadline(live, false, active_ms, received.tick);
        live.deadline = self.wheel.second(deadline).max(received.next);
        if !self.wheel.is_in_time(live) {
            let deadline = live.deadline;
            self.arm(step.hint, deadline);
        }
        true
    }

    /// Takes in a record of any kind.
    pub(super) fn take_in(&mut self, step: &Step, piece: &Live, received: Received) {
        let Some((place, way)) = self.find(step, piece) else {
            return self.begin(step.tag, piece, received);
        };
        let Some(meeting) = self.meeting(place, way, piece) else {
            return;
        };
        if meeting.live.is(known::LEFT) {
            let duplicate = meeting.is_of_the_past(&self.rules);
            return if duplicate {
                self.count_duplicate(place, piece);
            } else {
                self.begin_anew(place, piece, received);
            };
        }
        let (start_ms, end_ms) = meeting.times();
        match meeting.verdict(&self.rules) {
            Verdict::Merge => self.merge(place, way, piece, (start_ms, end_ms), received),
            Verdict::TakeOver => {
                self.take_over(place, way, piece.observer);
                self.merge(place, way, piece, (start_ms, end_ms), received);
            }
            Verdict::Duplicate => {
                self.count_duplicate(place, piece);
                self.schedule(place, received);
            }
            Verdict::Succeed(reason) => {
                self.let_go(place, reason);
                self.begin_anew(place, piece, received);
            }
            Verdict::Precede => self.pass(piece, EndReason::Idle),
        }
    }

    /// The live flow that a record may belong to.
    pub(super) fn find(&self, step: &Step, piece: &Live) -> Option<(u32, Way)> {
        let is_it = |live: &Live, way: Way| self.is_it(live, way, piece, step.exporter);
        let hinted = self.table.get(step.hint);
        if hinted.is_some_and(|live| live.key == piece.key && is_it(live, Way::Forward)) {
            return Some((step.hint, Way::Forward));
        }
        let mirrored = self.rules.biflow.then(|| piece.key.mirrored());
        self.table
            .find(step.tag, &piece.key, mirrored.as_ref(), is_it)
    }

    /// Whether a live flow of a record's key is apart from it in nothing else.
    pub(super) fn is_it(&self, live: &Live, way: Way, piece: &Live, exporter: Exporter) -> bool {
        if self.rules.is_by_key_alone() {
            return true;
        }
        if self.rules.observers == Observers::Apart && live.observer != piece.observer {
            return false;
        }
        let known = self.observers.exporter(live.observer).unwrap_or(exporter);
        self.rules
            .are_together((live, known), (piece, exporter), way)
    }

    pub(super) fn meeting<'a>(
        &'a self,
        place: u32,
        way: Way,
        piece: &'a Live,
    ) -> Option<Meeting<'a>> {
        let live = self.table.get(place)?;
        Some(Meeting {
            live,
            side: self.table.side(place),
            piece,
            way,
            active_ms: self.active_ms(live.observer),
        })
    }

    pub(super) fn active_ms(&self, observer: Observer) -> i64 {
        let cuts = self.observers.cuts(observer);
        cuts.map_or(self.rules.timeouts.exporter_active_ms, |cuts| {
            cuts.active.ms
        })
    }

    /// For how long at least an exporter saw nothing of a flow that it ended as idle.
    fn quiet_ms(&self, observer: Observer, delay_ms: i64) -> i64 {
        let cuts = self.observers.cuts(observer);
        let cuts = cuts.unwrap_or_else(|| self.rules.timeouts.cuts_of_all());
        Cuts::quiet_ms(cuts.idle, delay_ms)
    }

    /// Works out what the delay of a record tells: whether no piece of its flow can come
    /// any more, and whether it is late.
    ///
    /// An exporter that reports a flow has seen no packet of it since the last one that
    /// it reports. If that was longer ago than the idle timeout, and the slack for
    /// records that waited at the exporter until a datagram was full, the flow is over;
    /// so it is if the exporter ended it as idle, and is known to wait for no less.
    ///
    /// Gives the exporter's active timeout.
    pub(super) fn note_delay(&mut self, piece: &mut Live, received: Tick) -> i64 {
        let timeouts = &self.rules.timeouts;
        let delay_ms = received.millis().saturating_sub(piece.seen_ms);
        let was_idle =
            piece.is(known::IDLE) && self.quiet_ms(piece.observer, delay_ms) >= timeouts.idle_ms;
        let quiet = was_idle || delay_ms >= timeouts.idle_ms.saturating_add(timeouts.slack_ms);
        if quiet && !self.rules.biflow {
            piece.known |= known::IDLE;
        } else {
            piece.known &= !known::IDLE;
        }
        let active_ms = self.active_ms(piece.observer);
        if delay_ms > timeouts.waiting_ms(active_ms) {
            self.counters.late += 1;
        }
        active_ms
    }

    /// A record without a live flow begins one. Where there is no room, the flow that was
    /// touched longest ago leaves early.
    pub(super) fn begin(&mut self, tag: Tag, piece: &Live, received: Received) {
        let partition = piece.key.key().partition().index();
        while self.table.len_of(partition) >= self.live_max && self.evict(partition) {}
        let place = self.table.insert(tag, partition, piece.clone());
        self.observers.hold(piece.observer);
        self.schedule(place, received);
    }

    /// A record begins the next flow in the place of one that has left.
    pub(super) fn begin_anew(&mut self, place: u32, piece: &Live, received: Received) {
        self.count_observers(place);
        let Some(live) = self.table.get_mut(place) else {
            return;
        };
        let (before, after, wake, was) = (live.before, live.after, live.wake, live.observer);
        self.remembered -= usize::from(live.is(known::LEFT));
        *live = Live {
            before,
            after,
            wake,
            ..piece.clone()
        };
        live.known |= known::ARMED;
        self.observers.hold(piece.observer);
        self.observers.release(was);
        self.schedule(place, received);
    }

    /// Lets the flow go of a partition that was touched longest ago, or nearly: those
    /// touched since they were last looked at go to the end of the list.
    pub(super) fn evict(&mut self, partition: usize) -> bool {
        while let Some(place) = self.table.first(partition) {
            let Some(live) = self.table.get_mut(place) else {
                return false;
            };
            if live.is(known::TOUCHED) {
                live.known &= !known::TOUCHED;
                self.table.move_back(partition, place);
                continue;
            }
            if !live.is(known::LEFT) {
                self.counters.no_room += 1;
                self.let_go(place, EndReason::Resources);
            }
            self.forget(place);
            return true;
        }
        false
    }

    /// Adds a record to its flow. The sidecar holds what tells directions and Observation
    /// Points apart.
    pub(super) fn merge(
        &mut self,
        place: u32,
        way: Way,
        piece: &Live,
        (start_ms, end_ms): (i64, i64),
        received: Received,
    ) {
        let Some(live) = self.table.get_mut(place) else {
            return;
        };
        let is_other = live.observer != piece.observer;
        if live.is(known::SIDE) || is_other || way == Way::Reverse {
            self.note_aside(place, way, piece, start_ms);
        }
        let Some(live) = self.table.get_mut(place) else {
            return;
        };
        live.join(piece, start_ms, end_ms);
        match way {
            Way::Forward => live.add_forward(piece),
            Way::Reverse => live.add_reverse(piece),
        }
        live.known |= known::TOUCHED;
        self.counters.merged += 1;
        self.schedule(place, received);
    }

    pub(super) fn note_aside(&mut self, place: u32, way: Way, piece: &Live, start_ms: i64) {
        let fingerprint = self.observers.fingerprint(piece.observer);
        let Some((live, side)) = self.table.with_side(place, side_of) else {
            return;
        };
        match way {
            Way::Forward => {
                side.start_ms = side.start_ms.min(start_ms);
                if live.observer == piece.observer {
                    side.observer_seen_ms = side.observer_seen_ms.max(piece.seen_ms);
                } else {
                    side.note_other(fingerprint);
                }
            }
            Way::Reverse => {
                let reporter = *side.reverse_observer.get_or_insert(piece.observer);
                if side.reverse_seen_ms == i64::MIN {
                    self.observers.hold(reporter);
                }
                side.reverse_packets = side.reverse_packets.saturating_add(piece.packets);
                side.reverse_bytes = side.reverse_bytes.saturating_add(piece.bytes);
                side.reverse_start_ms = side.reverse_start_ms.min(start_ms);
                side.reverse_seen_ms = side.reverse_seen_ms.max(piece.seen_ms);
                if reporter != piece.observer {
                    side.note_other(fingerprint);
                }
            }
        }
    }

    /// Another Observation Point reports a direction of a flow from now on.
    pub(super) fn take_over(&mut self, place: u32, way: Way, observer: Observer) {
        let Some((live, side)) = self.table.with_side(place, side_of) else {
            return;
        };
        let was = match way {
            Way::Forward => Some(std::mem::replace(&mut live.observer, observer)),
            Way::Reverse => side.reverse_observer.replace(observer),
        };
        self.observers.hold(observer);
        if let Some(was) = was {
            self.observers.release(was);
        }
    }

    /// Counts a record that is left out, and notes who sent it.
    pub(super) fn count_duplicate(&mut self, place: u32, piece: &Live) {
        self.counters.duplicates += 1;
        self.counters.duplicate.add(piece.packets, piece.bytes);
        let fingerprint = self.observers.fingerprint(piece.observer);
        let Some((live, side)) = self.table.with_side(place, side_of) else {
            return;
        };
        side.note_other(fingerprint);
        if !live.is(known::LEFT) {
            live.seen_ms = live.seen_ms.max(piece.seen_ms);
            live.known |= known::TOUCHED;
        }
    }
}
