//! How many hosts share a value: k-anonymity of hosts instead of rows.

use std::hash::BuildHasherDefault;

use super::groups::{Anonymity, Distinct};
use super::hash::{Hash, Map, Passed};
use super::sample::Share;

/// A value that so many hosts have is common, and no more of them are counted.
const HOSTS_MAX: u64 = 100;

/// Different hosts by the number of a value, in memory that does not grow beyond a limit. A
/// host that has several values is counted under each.
#[derive(Debug)]
pub(super) struct Members {
    limit: usize,
    share: Share,
    members: std::collections::HashSet<(u64, u64), BuildHasherDefault<Pair>>,
    hosts: Map<u64>,
    /// All pairs of value and host there are.
    pairs: Distinct,
}

/// The hasher of a pair of numbers that are hashes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pair(Passed);

impl Pair {
    /// One number for both: as good as theirs, since hosts have the same under each value.
    fn of(value: u64, host: u64) -> u64 {
        Hash::new(0).words([value, host])
    }
}

impl std::hash::Hasher for Pair {
    fn finish(&self) -> u64 {
        self.0.finish()
    }

    fn write_u64(&mut self, number: u64) {
        let turned = self.0.finish().rotate_left(21);
        self.0.write_u64(turned ^ number);
    }

    fn write(&mut self, octets: &[u8]) {
        self.0.write(octets);
    }
}

impl Members {
    /// At most so many pairs of value and host are kept at a time.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            share: Share::default(),
            members: std::collections::HashSet::default(),
            hosts: Map::default(),
            pairs: Distinct::new(limit),
        }
    }

    /// A host has a value.
    pub(super) fn add(&mut self, value: u64, host: u64) {
        self.pairs.add(Pair::of(value, host));
        if !self.share.keeps(value) || self.hosts.get(&value).is_some_and(|n| *n >= HOSTS_MAX) {
            return;
        }
        if self.members.insert((value, host)) {
            *self.hosts.entry(value).or_insert(0) += 1;
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        while self.members.len() > self.limit {
            self.share.halve();
            let share = self.share;
            self.members.retain(|(value, _)| share.keeps(*value));
            self.hosts.retain(|value, _| share.keeps(*value));
        }
    }

    /// Pairs of value and host instead of rows. Their total is an estimate where there are
    /// more of them than the limit.
    pub(super) fn anonymity(&self) -> Anonymity {
        let sizes = self.hosts.values().copied();
        Anonymity::of(self.pairs.count(), self.share.one_in(), sizes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::hash::Hash;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_common_value_takes_no_more_room_than_it_needs() {
        let mut members = Members::new(1_000);
        for host in 0..100_000 {
            members.add(Hash::new(1).words([0]), Hash::new(1).words([host]));
        }
        assert_eq!(members.members.len(), 100);
        let found = members.anonymity();
        assert_eq!((found.unique, found.below_100, found.groups), (0, 0, 1));
    }

    proptest! {
        #[test]
        fn hosts_that_share_a_value_are_those_of_brute_force(
            pairs in prop::collection::vec((0_u64..20, 0_u64..150), 0..400),
        ) {
            let mut members = Members::new(10_000);
            for (value, host) in &pairs {
                members.add(Hash::new(1).words([*value]), Hash::new(1).words([9, *host]));
            }
            let different: BTreeSet<_> = pairs.iter().copied().collect();
            let below = |limit: usize| {
                let of = |value| different.iter().filter(|(other, _)| *other == value).count();
                different.iter().filter(|(value, _)| of(*value) < limit).count() as u64
            };
            let found = members.anonymity();
            prop_assert_eq!(found.total, different.len() as u64);
            prop_assert_eq!(found.unique, below(2));
            prop_assert_eq!(found.below_5, below(5));
            prop_assert_eq!(found.below_10, below(10));
            prop_assert_eq!(found.below_100, below(100));
        }

        #[test]
        fn the_limit_holds(
            pairs in prop::collection::vec((0_u64..200, 0_u64..20), 0..600), limit in 1_usize..60,
        ) {
            let mut members = Members::new(limit);
            for (value, host) in &pairs {
                members.add(Hash::new(1).words([*value]), Hash::new(1).words([9, *host]));
            }
            prop_assert!(members.members.len() <= limit);
            prop_assert_eq!(members.members.len() as u64, members.hosts.values().sum::<u64>());
        }
    }
}
