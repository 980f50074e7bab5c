//! How many rows have the same value: k-anonymity of a quasi-identifier.

use std::collections::hash_map::Entry;

use serde::Serialize;

use super::hash::{Map, Set};
use super::sample::Share;

/// Sizes of groups that a report has: rows in groups smaller than these. The first is for
/// rows that are alone.
const BELOW: [u64; 4] = [2, 5, 10, 100];

/// Rows counted by the number of their value, in memory that does not grow beyond a limit.
#[derive(Debug)]
pub(super) struct Groups {
    limit: usize,
    share: Share,
    rows: u64,
    counts: Map<u64>,
}

/// How many rows are alone with their value, or in small groups.
///
/// Where one group in `one_in` was counted, the numbers of groups and rows are those of the
/// groups that were counted times `one_in`; else they are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Anonymity {
    /// All that was counted: rows, or hosts.
    pub total: u64,
    /// Different values.
    pub groups: u64,
    /// One in how many values was counted; 1: all.
    pub one_in: u64,
    /// Rows whose value no other row has: k = 1.
    pub unique: u64,
    /// Rows in groups of fewer than 5.
    pub below_5: u64,
    /// Rows in groups of fewer than 10.
    pub below_10: u64,
    /// Rows in groups of fewer than 100.
    pub below_100: u64,
}

impl Groups {
    /// At most so many different values are counted at a time.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            share: Share::default(),
            rows: 0,
            counts: Map::default(),
        }
    }

    /// Counts a row.
    pub(super) fn add(&mut self, value: u64) {
        self.rows += 1;
        if !self.share.keeps(value) {
            return;
        }
        match self.counts.entry(value) {
            Entry::Occupied(mut count) => *count.get_mut() += 1,
            Entry::Vacant(place) => {
                place.insert(1);
                self.shrink();
            }
        }
    }

    fn shrink(&mut self) {
        while self.counts.len() > self.limit {
            self.share.halve();
            let share = self.share;
            self.counts.retain(|value, _| share.keeps(*value));
        }
    }

    /// How many rows have a value; `None` if it is none of those that are counted.
    pub(super) fn count(&self, value: u64) -> Option<u64> {
        let count = self.counts.get(&value).copied().unwrap_or(0);
        self.share.keeps(value).then_some(count)
    }

    /// One in how many values is counted.
    pub(super) const fn one_in(&self) -> u64 {
        self.share.one_in()
    }

    pub(super) fn anonymity(&self) -> Anonymity {
        Anonymity::of(
            self.rows,
            self.share.one_in(),
            self.counts.values().copied(),
        )
    }
}

impl Anonymity {
    /// Of the sizes of groups of which one in `one_in` is there.
    pub(super) fn of(total: u64, one_in: u64, sizes: impl Iterator<Item = u64>) -> Self {
        let mut groups = 0;
        let mut below = [0_u64; BELOW.len()];
        for size in sizes {
            groups += 1;
            for (rows, limit) in below.iter_mut().zip(BELOW) {
                if size < limit {
                    *rows += size;
                }
            }
        }
        // What is estimated may come out beyond what there is.
        let [unique, below_5, below_10, below_100] =
            below.map(|rows| rows.saturating_mul(one_in).min(total));
        Self {
            total,
            groups: u64::saturating_mul(groups, one_in).min(total),
            one_in,
            unique,
            below_5,
            below_10,
            below_100,
        }
    }

    /// The share of rows that are alone, 0 to 1.
    #[must_use]
    pub fn unique_share(&self) -> f64 {
        share(self.unique, self.total)
    }
}

/// A part of a whole, 0 to 1; 0 of nothing.
#[expect(
    clippy::cast_precision_loss,
    reason = "a share needs no more than 53 bits"
)]
#[must_use]
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// How many different values there are, in memory that does not grow beyond a limit.
#[derive(Debug)]
pub(super) struct Distinct {
    limit: usize,
    share: Share,
    values: Set,
}

impl Distinct {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            share: Share::default(),
            values: Set::default(),
        }
    }

    pub(super) fn add(&mut self, value: u64) {
        if !self.share.keeps(value) || !self.values.insert(value) {
            return;
        }
        while self.values.len() > self.limit {
            self.share.halve();
            let share = self.share;
            self.values.retain(|value| share.keeps(*value));
        }
    }

    pub(super) fn count(&self) -> u64 {
        (self.values.len() as u64).saturating_mul(self.share.one_in())
    }

    /// Whether the count is exact.
    pub(super) const fn is_exact(&self) -> bool {
        self.share.one_in() == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::hash::Hash;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn counted(limit: usize, values: &[u64]) -> (Groups, Distinct) {
        let (mut groups, mut distinct) = (Groups::new(limit), Distinct::new(limit));
        for value in values {
            let number = Hash::new(3).words([*value]);
            groups.add(number);
            distinct.add(number);
        }
        (groups, distinct)
    }

    #[test]
    fn rows_are_alone_or_in_groups() {
        let mut values = vec![1, 2];
        values.extend([3; 4]);
        values.extend([4; 5]);
        values.extend([5; 99]);
        values.extend([6; 100]);
        let found = counted(100, &values).0.anonymity();
        let expected = Anonymity {
            total: 210,
            groups: 6,
            one_in: 1,
            unique: 2,
            below_5: 6,
            below_10: 11,
            below_100: 110,
        };
        assert_eq!(found, expected);
        assert!((found.unique_share() - 2.0 / 210.0).abs() < 1e-12);
        let nothing = Groups::new(1).anonymity();
        assert!(nothing.unique_share().abs() < f64::EPSILON && nothing.groups == 0);
    }

    #[test]
    fn beyond_the_limit_values_are_sampled_and_the_estimate_is_near() {
        // Half of the rows are alone, the others in groups of three.
        let values: Vec<u64> = (0..60_000_u64)
            .map(|n| {
                if n % 2 == 0 {
                    n
                } else {
                    1_000_001 + 2 * (n / 6)
                }
            })
            .collect();
        let (groups, distinct) = counted(4_096, &values);
        let found = groups.anonymity();
        assert!(groups.counts.len() <= 4_096 && distinct.values.len() <= 4_096);
        assert!(found.one_in > 1 && !distinct.is_exact());
        assert_eq!(found.total, 60_000);
        let near = |found: u64, expected: u64| found.abs_diff(expected) < expected / 20;
        assert!(near(found.unique, 30_000), "{found:?}");
        assert!(near(found.groups, 40_000), "{found:?}");
        assert!(near(distinct.count(), 40_000), "{}", distinct.count());
        assert!(near(found.below_5, 60_000), "{found:?}");
    }

    proptest! {
        /// Up to the limit, it is what is found by looking through all rows.
        #[test]
        fn uniqueness_is_that_of_brute_force(
            values in prop::collection::vec(0_u64..40, 0..300),
        ) {
            let (groups, distinct) = counted(64, &values);
            let mut sizes = BTreeMap::new();
            for value in &values {
                *sizes.entry(value).or_insert(0_u64) += 1;
            }
            let below = |limit| {
                let alike = |value: &u64| values.iter().filter(|other| *other == value).count();
                values.iter().filter(|value| alike(value) < limit).count() as u64
            };
            let found = groups.anonymity();
            prop_assert_eq!(found.groups, sizes.len() as u64);
            prop_assert_eq!(distinct.count(), sizes.len() as u64);
            prop_assert_eq!(found.unique, below(2));
            prop_assert_eq!(found.below_5, below(5));
            prop_assert_eq!(found.below_10, below(10));
            prop_assert_eq!(found.below_100, below(100));
            for value in 0..40 {
                let expected = sizes.get(&value).copied().unwrap_or(0);
                prop_assert_eq!(groups.count(Hash::new(3).words([value])), Some(expected));
            }
        }

        /// What is counted of a value that is kept is exact, whatever was dropped.
        #[test]
        fn counts_of_kept_values_are_exact(
            values in prop::collection::vec(0_u64..200, 0..600), limit in 1_usize..50,
        ) {
            let (groups, _) = counted(limit, &values);
            prop_assert!(groups.counts.len() <= limit);
            for value in 0..200 {
                if let Some(count) = groups.count(Hash::new(3).words([value])) {
                    let expected = values.iter().filter(|other| **other == value).count();
                    prop_assert_eq!(count, expected as u64);
                }
            }
        }
    }
}
