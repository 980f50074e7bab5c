//! What becomes of a record that arrives.

use flow::{EndReason, Exporter};

use super::join::{Meeting, Verdict, side_of};
use super::live::{Live, known};
use super::observers::Observer;
use super::plain::Received;
use super::table::{Tag, Way};
use super::{Aggregator, Observers};

impl Aggregator {
    /// Takes in a record of any kind.
    ///
    /// `hint` is where its flow most likely is.
    pub(super) fn take_in(
        &mut self,
        (tag, hint): (Tag, u32),
        piece: &Live,
        exporter: Exporter,
        received: Received,
    ) {
        let Some((place, way)) = self.find((tag, hint), piece, exporter) else {
            return self.begin(tag, piece, received);
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
    fn find(
        &self,
        (tag, hint): (Tag, u32),
        piece: &Live,
        exporter: Exporter,
    ) -> Option<(u32, Way)> {
        let is_it = |live: &Live, way: Way| self.is_it(live, way, piece, exporter);
        let hinted = self.table.get(hint);
        if hinted.is_some_and(|live| live.key == piece.key && is_it(live, Way::Forward)) {
            return Some((hint, Way::Forward));
        }
        let mirrored = self.rules.biflow.then(|| piece.key.mirrored());
        self.table.find(tag, &piece.key, mirrored.as_ref(), is_it)
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
