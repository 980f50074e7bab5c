//! When a flow leaves, and how.

use flow::{AggregatedFlow, EndReason, PARTITIONS, Tick};

use super::live::{Live, known};
use super::plain::Received;
use super::wheel::{Second, Wheel};
use super::{Aggregator, Incomplete, Observers, Timeouts, biflow};

impl Aggregator {
    /// Sets when the flow is looked at again.
    ///
    /// A deadline that moves out is left in the wheel where it is and moved when it
    /// comes up; so an update costs nothing there.
    pub(super) fn schedule(&mut self, place: u32, received: Received) {
        let Some(live) = self.table.get(place) else {
            return;
        };
        let active_ms = self.active_ms(live.observer);
        let has_ended = live.has_ended(self.has_both(place));
        let timeouts = &self.rules.timeouts;
        let waiting_ms = timeouts.waiting_ms(active_ms);
        let deadline_ms = timeouts.deadline_ms(live, has_ended, waiting_ms, received.next_ms);
        let deadline = self.wheel.second_at(deadline_ms).max(received.next);
        let Some(live) = self.table.get_mut(place) else {
            return;
        };
        live.deadline = deadline;
        if !self.wheel.is_in_time(live) {
            self.arm(place, deadline);
        }
    }

    pub(super) fn arm(&mut self, place: u32, second: Second) {
        let at = self.wheel.add(second, place);
        if let Some(live) = self.table.get_mut(place) {
            live.wake = at.low();
            live.known |= known::ARMED;
        }
    }

    pub(super) fn has_both(&self, place: u32) -> bool {
        let side = self.table.side(place);
        side.is_some_and(|side| side.reverse_observer.is_some())
    }

    /// Releases what is over at `tick`, in no particular order.
    pub fn tick(&mut self, tick: Tick) -> Vec<AggregatedFlow> {
        let until = self.wheel.second(tick);
        while let Some((at, places)) = self.wheel.turn(until) {
            for place in places {
                self.wake(place, at, until);
            }
        }
        self.take_due()
    }

    /// Looks at a flow whose turn has come. An entry of the wheel that an earlier one has
    /// overtaken, or whose place holds another flow by now, is not the armed one.
    pub(super) fn wake(&mut self, place: u32, at: Second, until: Second) {
        let Some(live) = self.table.get(place) else {
            return;
        };
        if !live.is(known::ARMED) || live.wake != at.low() {
            return;
        }
        if live.deadline > until {
            return self.arm(place, live.deadline);
        }
        if live.is(known::LEFT) {
            return self.forget(place);
        }
        // More may be known of its exporter than when its last record came.
        if let Some(later_ms) = self.waits_until_ms(place, live) {
            let later = self.wheel.second_at(later_ms);
            if later > until {
                return self.put_off(place, later);
            }
        }
        self.let_go(place, self.reason_at_deadline(place, live));
        if self.remembers() {
            self.remember(place);
        } else {
            self.forget(place);
        }
    }

    /// Until when a piece of a flow may still come, by what is known now; `None` if it is
    /// over for another reason.
    fn waits_until_ms(&self, place: u32, live: &Live) -> Option<i64> {
        let timeouts = &self.rules.timeouts;
        let is_over = live.lifetime_ms() >= timeouts.longest_lifetime_ms
            || live.is(known::IDLE)
            || live.has_ended(self.has_both(place));
        let waiting_ms = timeouts.waiting_ms(self.active_ms(live.observer));
        (!is_over).then(|| live.seen_ms.saturating_add(waiting_ms))
    }

    fn put_off(&mut self, place: u32, deadline: Second) {
        if let Some(live) = self.table.get_mut(place) {
            live.deadline = deadline;
        }
        self.arm(place, deadline);
    }

    pub(super) fn reason_at_deadline(&self, place: u32, live: &Live) -> EndReason {
        if live.has_ended(self.has_both(place)) {
            EndReason::End
        } else if live.lifetime_ms() >= self.rules.timeouts.longest_lifetime_ms {
            EndReason::Active
        } else {
            EndReason::Idle
        }
    }

    /// Whether flows that have left are kept for what others report of them.
    pub(super) fn remembers(&self) -> bool {
        self.heard.several && self.rules.observers == Observers::First
    }

    pub(super) fn remember(&mut self, place: u32) {
        let waiting_ms = self.rules.timeouts.waiting_ms(self.longest_active_ms);
        let Some(live) = self.table.get_mut(place) else {
            return;
        };
        live.known |= known::LEFT;
        live.known &= !known::TOUCHED;
        let deadline_ms = live.seen_ms.saturating_add(waiting_ms);
        self.remembered += 1;
        let deadline = self.wheel.second_at(deadline_ms);
        if let Some(live) = self.table.get_mut(place) {
            live.deadline = deadline;
        }
        self.arm(place, deadline);
    }

    /// Lets the flow in a place go; the place is still taken.
    pub(super) fn let_go(&mut self, place: u32, reason: EndReason) {
        let Some(live) = self.table.get(place) else {
            return;
        };
        let ended = live.has_ended(self.has_both(place));
        let Some(exporter) = self.observers.exporter(live.observer) else {
            return;
        };
        let mut flow = live.release(exporter, reason, ended);
        if self.rules.biflow {
            flow = biflow::orient(flow, live, self.table.side(place));
        }
        self.put_out(flow);
    }

    /// A record leaves as a flow of its own.
    pub(super) fn pass(&mut self, piece: &Live, reason: EndReason) {
        let Some(exporter) = self.observers.exporter(piece.observer) else {
            return;
        };
        let mut flow = piece.release(exporter, reason, piece.has_ended(false));
        if self.rules.biflow {
            flow = biflow::orient(flow, piece, None);
        }
        self.put_out(flow);
    }

    pub(super) fn put_out(&mut self, flow: AggregatedFlow) {
        if self.rules.incomplete == Incomplete::Drop && flow.complete == Some(false) {
            self.counters.leave_out(&flow);
        } else {
            self.due.push(flow);
        }
    }

    /// Frees a place. Whatever was in it has left.
    pub(super) fn forget(&mut self, place: u32) {
        let Some(live) = self.table.get(place) else {
            return;
        };
        let (observer, partition) = (live.observer, live.key.key().partition().index());
        let Some(exporter) = self.observers.exporter(observer) else {
            return;
        };
        self.remembered -= usize::from(live.is(known::LEFT));
        let tag = self.tag(live, exporter);
        self.count_observers(place);
        self.table.remove(tag, partition, place);
        self.observers.release(observer);
    }

    /// Counts by how many a flow was reported, now that no more will; and lets go of who
    /// reported the opposite direction.
    pub(super) fn count_observers(&mut self, place: u32) {
        let side = self.table.side(place);
        let others = side.map_or(0, |side| usize::from(side.other_count));
        let reverse = side.and_then(|side| side.reverse_observer);
        if let Some(count) = self.counters.observed_by.get_mut(others) {
            *count += 1;
        }
        if let Some(reverse) = reverse {
            self.observers.release(reverse);
        }
    }

    pub(super) fn take_due(&mut self) -> Vec<AggregatedFlow> {
        let due = std::mem::take(&mut self.due);
        for flow in &due {
            self.counters.let_out(flow);
        }
        due
    }

    /// Releases everything, by partition: flows cut short say so with `flowEndReason`
    /// forced. The parts let whoever comes next work on one while others still wait.
    pub fn drain(&mut self) -> Vec<Vec<AggregatedFlow>> {
        for partition in 0..PARTITIONS {
            while let Some(place) = self.table.first(partition) {
                self.cut(place);
            }
        }
        self.wheel = Wheel::default();
        let mut parts = vec![Vec::new(); PARTITIONS];
        for flow in self.take_due() {
            if let Some(part) = parts.get_mut(flow.key.partition().index()) {
                part.push(flow);
            }
        }
        parts
    }

    pub(super) fn cut(&mut self, place: u32) {
        let Some(live) = self.table.get(place) else {
            return;
        };
        let ended = live.has_ended(self.has_both(place));
        let reason = if ended {
            EndReason::End
        } else {
            EndReason::Forced
        };
        if !live.is(known::LEFT) {
            self.let_go(place, reason);
        }
        self.forget(place);
    }
}

impl Timeouts {
    /// When a flow is over, if no further record comes: a linger after the end of the
    /// second in which the record came that told its end, at `next_ms`; else when no piece
    /// can come, `waiting_ms` after its last packet.
    pub(super) const fn deadline_ms(
        &self,
        live: &Live,
        has_ended: bool,
        waiting_ms: i64,
        next_ms: i64,
    ) -> i64 {
        if live.lifetime_ms() >= self.longest_lifetime_ms {
            return next_ms;
        }
        if live.is(known::IDLE) || has_ended {
            return next_ms.saturating_add(self.linger_ms);
        }
        live.seen_ms.saturating_add(waiting_ms)
    }
}
