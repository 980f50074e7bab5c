//! Roll-ups: flows that leave are summed by a key and interval of time (RFC 7015, 5), say
//! by pair of prefixes and minute.
//!
//! Flows of one key are on several lanes, so this stands where lanes have been merged. It
//! takes anonymized flows and gives anonymized flows: sums of them, by values that may
//! leave ([`Reduced`]).
//!
//! # By which rule
//!
//! * **Intervals** begin at multiples of their length since the Unix epoch, on the
//!   exporter's clock, as the times of flows.
//! * **A flow that touches several** is spread over them in proportion to the time it has
//!   in each: the proportional uniform distribution of RFC 7015, 5.1.1. What it has until
//!   the end of an interval is rounded down, so that its parts add up to it exactly; an
//!   interval in which nothing of it remains is left out.
//! * **An interval leaves** once no flow can come any more that touches it: when the
//!   pipeline's clock has passed its end by the lateness. What comes later all the same
//!   is counted, and leaves as a further part one interval later. So whoever adds up what
//!   is equal in key and interval has everything.
//! * **A clock that is wrong** makes its exporter's intervals late, or early; nothing stays
//!   longer than its lateness and an interval after it began.
//! * **Where there is no room**, the group that was touched longest ago leaves early; so
//!   does one whose sums no longer fit their fields. What follows is a further part.
//!
//! Groups leave at ticks and at nothing else. What leaves depends on the flows of each
//! tick and, only where there is no room, on their order.
//!
//! | file | what it knows |
//! |---|---|
//! | `rules` | what the operator decides |
//! | `share` | how a flow is spread over intervals |
//! | `groups` | where groups are kept, found, and which leaves next |
//! | `counters` | what went in and out |

mod counters;
mod groups;
mod rules;
mod share;

use flow::{EndReason, Tick};

use crate::anonymize::{AnonymizedFlow, Reduced};
pub use counters::{Counters, Volume};
use groups::{Group, Groups};
pub use rules::Rules;
use share::{Part, Shares};

/// What one flow asks for, worked out before anything is changed.
#[derive(Debug)]
pub struct Step {
    key: Reduced,
    first: Part,
    /// Of a flow that touches several intervals.
    more: Vec<Part>,
}

/// Sums in the making.
#[derive(Debug)]
pub struct RollUp {
    rules: Rules,
    groups: Groups,
    /// Out of their places, and not yet asked for.
    early: Vec<Group>,
    counters: Counters,
}

impl RollUp {
    /// No sums. `seed` is for the hash table alone: nothing that leaves depends on it.
    #[must_use]
    pub fn new(rules: Rules, seed: u64) -> Self {
        Self {
            rules,
            groups: Groups::new(seed),
            early: Vec::new(),
            counters: Counters::default(),
        }
    }

    /// What flows ask for, each for itself.
    #[must_use]
    pub fn plan(&self, flows: &[AnonymizedFlow]) -> Vec<Step> {
        let step = |flow: &AnonymizedFlow| {
            let mut shares = Shares::of(flow.flow(), &self.rules);
            Step {
                key: Reduced::of(flow, self.rules.key),
                first: shares.next().unwrap_or_default(),
                more: shares.collect(),
            }
        };
        flows.iter().map(step).collect()
    }

    /// Takes flows in that a tick released. Moves values only: nothing in it depends on
    /// their content being sane.
    pub fn apply(&mut self, steps: Vec<Step>, tick: Tick) {
        for Step { key, first, more } in steps {
            self.counters.flows += 1;
            let mut is_late = false;
            for part in more {
                is_late |= self.add(key.clone(), part, tick);
            }
            is_late |= self.add(key, first, tick);
            self.counters.late += u64::from(is_late);
        }
    }

    /// Adds a part of a flow to its group; whether it is late.
    fn add(&mut self, key: Reduced, part: Part, tick: Tick) -> bool {
        self.counters.taken_in.add(&part);
        let (due, is_late) = self.rules.due(part.interval, tick);
        if let Some(place) = self.groups.touch(&key, part.interval) {
            let group = self.groups.get_mut(place);
            if group.is_some_and(|group| group.add(&part)) {
                return is_late;
            }
            // The sums no longer fit: they leave, and others begin.
            self.early.extend(self.groups.take(place));
        }
        while self.groups.len() >= self.rules.groups_max.max(1) {
            let Some(group) = self.groups.take_oldest() else {
                break;
            };
            self.counters.no_room += 1;
            self.early.push(group);
        }
        self.counters.begun += 1;
        self.groups.insert(Group::new(key, part, due));
        is_late
    }

    /// When the next group is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Tick> {
        self.groups.next_due()
    }

    /// What had to leave early since this was last asked for, in the order of intervals and
    /// keys.
    pub fn take_early(&mut self) -> Vec<AnonymizedFlow> {
        let early = std::mem::take(&mut self.early);
        self.let_out(&early, EndReason::Resources)
    }

    /// What is due by a tick, in the same order.
    pub fn leave(&mut self, tick: Tick) -> Vec<AnonymizedFlow> {
        let mut due = Vec::new();
        while self.next_due().is_some_and(|next| next <= tick) {
            due.extend(self.groups.take_due());
        }
        self.let_out(&due, EndReason::Active)
    }

    /// Everything that is left, in the same order: nothing follows.
    pub fn drain(&mut self) -> Vec<AnonymizedFlow> {
        let mut sums = self.take_early();
        let rest: Vec<Group> = std::iter::from_fn(|| self.groups.take_due()).collect();
        sums.extend(self.let_out(&rest, EndReason::Forced));
        sums
    }

    fn let_out(&mut self, groups: &[Group], reason: EndReason) -> Vec<AnonymizedFlow> {
        // Groups are large: what is sorted is where they are.
        let mut sorted: Vec<&Group> = groups.iter().collect();
        sorted.sort_unstable_by(|one, other| one.in_order(other));
        let sum = |group: &Group| {
            self.counters.let_out.add(&group.part);
            self.counters.released += 1;
            let totals = self.rules.totals(&group.part, reason);
            group.key.sum(&totals)
        };
        sorted.into_iter().map(sum).collect()
    }

    /// Groups that have not left.
    #[must_use]
    pub fn held(&self) -> u64 {
        (self.groups.len() + self.early.len()) as u64
    }

    /// What went in and out so far.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }
}

#[cfg(test)]
mod tests;
