//! Flows rolled up, release by release.
//!
//! A group leaves once every flow of its tick has been taken in: when the releases have
//! come to a later tick. So what leaves rests on the releases alone, and not on how many
//! of them became complete at once.

use flow::Tick;
use mediation::anonymize::AnonymizedFlow;
use mediation::rollup::{Counters, RollUp};

use super::merge::Pending;
use crate::accounting::Accounting;
use crate::each::sort_out;
use crate::message::Release;
use crate::supervision::Fault;
use crate::terms::Terms;

/// Most flows that are planned at once.
const PLAN_MAX: usize = 4_096;

/// Sums in the making, all of flows of one run that leave under the same terms.
pub(super) struct Sums {
    core: RollUp,
    run: u32,
    /// The tick up to which everything due has left.
    tick: Tick,
    /// None before the first flows.
    terms: Option<Terms>,
    /// What the accounting was last told.
    told: Counters,
    held_told: u64,
}

/// Sums that leave together, in order.
#[derive(Debug)]
pub(super) struct Leaving {
    pub(super) tick: Tick,
    pub(super) sums: Vec<AnonymizedFlow>,
    pub(super) terms: Terms,
}

impl Sums {
    pub(super) fn new(core: RollUp) -> Self {
        Self {
            core,
            run: 0,
            tick: Tick::default(),
            terms: None,
            told: Counters::default(),
            held_told: 0,
        }
    }

    /// Takes the flows of the next release in; gives what leaves before them and for them.
    /// Flows that make it panic go to `poison`.
    pub(super) fn take_in(
        &mut self,
        release: Release,
        pending: Pending,
        mut poison: impl FnMut(Fault, AnonymizedFlow),
    ) -> Vec<Leaving> {
        let mut leaving = self.advance(release);
        let agree = |terms: &Terms| terms.agree_with(&pending.terms);
        if !self.terms.as_ref().is_some_and(agree) {
            // Each sum is of one edition of the databases and one key.
            leaving.extend(self.drain());
            self.terms = Some(pending.terms.clone());
        }
        for flows in pending.in_order().chunks(PLAN_MAX) {
            let core = &self.core;
            let sorted = sort_out(flows, |flows| core.plan(flows));
            for (fault, flow) in sorted.poison {
                poison(fault, flow);
            }
            self.core.apply(sorted.done, release.tick);
        }
        let early = self.core.take_early();
        leaving.extend(self.leaving(release.tick, early));
        leaving
    }

    /// What leaves once all releases before this one have been taken in: what is due at an
    /// earlier tick, each tick for itself; and everything, where another run begins.
    pub(super) fn advance(&mut self, until: Release) -> Vec<Leaving> {
        let mut leaving = Vec::new();
        if until.run != self.run {
            leaving = self.drain();
            (self.run, self.tick) = (until.run, until.tick);
        }
        while let Some(due) = self.core.next_due().filter(|due| *due < until.tick) {
            let sums = self.core.leave(due);
            leaving.extend(self.leaving(due, sums));
        }
        self.tick = self.tick.max(until.tick);
        leaving
    }

    /// Everything.
    pub(super) fn drain(&mut self) -> Vec<Leaving> {
        let sums = self.core.drain();
        self.leaving(self.tick, sums).into_iter().collect()
    }

    fn leaving(&self, tick: Tick, sums: Vec<AnonymizedFlow>) -> Option<Leaving> {
        let terms = self.terms.clone().filter(|_| !sums.is_empty())?;
        Some(Leaving { tick, sums, terms })
    }

    /// Brings the shared counters up to date.
    pub(super) fn account(&mut self, accounting: &Accounting) {
        let (now, held) = (*self.core.counters(), self.core.held());
        accounting.rolled_up(&now, &self.told);
        accounting.groups_held.shift(self.held_told, held);
        (self.told, self.held_told) = (now, held);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::sync::Arc;

    use flow::KeyField;
    use mediation::anonymize::{Epochs, Key, KeyRing, Scheme};
    use mediation::rollup::Rules;
    use serde_json::json;

    use super::*;
    use crate::sample;

    /// Sums by source port and minute that wait for 10 s.
    fn sums() -> Sums {
        let rules = Rules {
            key: [KeyField::SrcPort].into_iter().collect(),
            interval_secs: NonZeroU32::new(60).unwrap(),
            lateness_ms: 10_000,
            longest_ms: 0,
            groups_max: 7,
        };
        Sums::new(RollUp::new(rules, 1))
    }

    /// Ticks after the flows of the sample, and how many flows they release.
    const RELEASES: [(i64, usize); 6] = [(2, 3), (3, 1), (60, 5), (61, 9), (140, 2), (141, 4)];

    fn release(run: u32, tick: i64) -> Release {
        Release {
            run,
            ..Release::of(Tick::from_secs(sample::EPOCH + tick))
        }
    }

    fn pending(count: usize, edition: &str) -> Pending {
        let mut pending = Pending::new(sample::terms(json!(edition)));
        pending.flows = sample::anonymized(count);
        pending
    }

    /// Tick, sums and edition of what leaves.
    fn told(leaving: Vec<Leaving>) -> Vec<(i64, Vec<AnonymizedFlow>, serde_json::Value)> {
        let of = |leaving: Leaving| {
            let tick = leaving.tick.secs() - sample::EPOCH;
            (tick, leaving.sums, leaving.terms.edition.made_of().clone())
        };
        leaving.into_iter().map(of).collect()
    }

    fn take_in(
        sums: &mut Sums,
        (run, tick): (u32, i64),
        count: usize,
        edition: &str,
    ) -> Vec<Leaving> {
        let pending = pending(count, edition);
        sums.take_in(release(run, tick), pending, |fault, _| panic!("{fault}"))
    }

    #[test]
    fn what_leaves_does_not_depend_on_how_many_releases_are_complete_at_once() {
        let (mut by_tick, mut at_once) = (sums(), sums());
        let (mut each, mut all) = (Vec::new(), Vec::new());
        for tick in 0..300 {
            for (_, count) in RELEASES.iter().filter(|(at, _)| *at == tick) {
                each.extend(take_in(&mut by_tick, (0, tick), *count, "one"));
            }
            each.extend(by_tick.advance(release(0, tick)));
        }
        for (tick, count) in RELEASES {
            all.extend(take_in(&mut at_once, (0, tick), count, "one"));
        }
        all.extend(at_once.advance(release(0, 299)));
        let (each, all) = (told(each), told(all));
        assert_eq!(each, all);
        let ticks: Vec<i64> = each.iter().map(|(tick, ..)| *tick).collect();
        assert!(ticks.is_sorted() && ticks.len() > 3, "{ticks:?}");
        let packets = each.iter().flat_map(|(_, sums, _)| sums);
        let packets = packets.map(|sum| sum.flow().packets).sum::<u64>();
        let released = RELEASES.iter().map(|(_, count)| *count as u64).sum::<u64>();
        assert_eq!((packets, by_tick.core.held()), (released, 0));
    }

    #[test]
    fn each_sum_is_of_one_key() {
        let key = || Key::from_octets(&[7; Key::LEN]).unwrap();
        let mut keys = KeyRing::new(Scheme::STANDARD, Epochs::Hourly, key());
        let mut sums = sums();
        let mut leaving = Vec::new();
        // Half an hour apart, from 22:13:20 on.
        for half_hour in 0..4 {
            let release = release(0, half_hour * 1_800);
            let mut pending = pending(2, "one");
            pending.terms.anonymization = Arc::clone(keys.at(release.tick));
            leaving.extend(sums.take_in(release, pending, |fault, _| panic!("{fault}")));
        }
        leaving.extend(sums.drain());
        let sums_of = |hour: &str| -> usize {
            let of = |leaving: &&Leaving| {
                let epoch = leaving.terms.anonymization.key().unwrap().epoch;
                epoch.unwrap().to_string() == hour
            };
            leaving.iter().filter(of).map(|left| left.sums.len()).sum()
        };
        // By the key of the flows, and not of when they leave.
        assert_eq!(sums_of("2023-11-14T22"), 4, "{leaving:?}");
        assert_eq!(sums_of("2023-11-14T23"), 4, "{leaving:?}");
    }

    #[test]
    fn each_sum_is_of_one_edition_and_one_run() {
        let mut sums = sums();
        assert!(take_in(&mut sums, (0, 2), 2, "one").is_empty());
        assert!(take_in(&mut sums, (0, 3), 3, "one").is_empty());
        let before = told(take_in(&mut sums, (0, 4), 2, "two"));
        let [(tick, left, edition)] = &before[..] else {
            panic!("{before:?}");
        };
        assert_eq!((*tick, left.len(), edition), (4, 3, &json!("one")));
        let before = told(take_in(&mut sums, (1, 0), 1, "two"));
        let [(tick, left, edition)] = &before[..] else {
            panic!("{before:?}");
        };
        assert_eq!((*tick, left.len(), edition), (4, 2, &json!("two")));
        let accounting = Accounting::default();
        sums.account(&accounting);
        let totals = accounting.totals();
        assert_eq!((totals.flows_rolled_up, totals.groups_held), (8, 1));
        assert_eq!((totals.groups_begun, totals.groups_released), (6, 5));
        assert_eq!(told(sums.drain()).len(), 1);
        sums.account(&accounting);
        let totals = accounting.totals();
        assert_eq!(totals.packets_rolled_up, totals.packets_in_groups);
    }
}
