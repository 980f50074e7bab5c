//! Which segments are not to be kept any longer.

use std::time::Duration;

use dataset::manifest::Removal;
use dataset::name::SegmentName;

/// What of a dataset is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// Segments whose last row is older are not.
    pub age: Option<Duration>,
    /// The oldest are not while all are so many octets or more.
    pub octets: Option<u64>,
    /// The oldest are not while fewer octets of the disk are free.
    pub free_min: u64,
}

/// A sealed segment, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) name: SegmentName,
    /// The position after its last row.
    pub(super) next_seq: u64,
    /// When its last frame was written, in Unix milliseconds.
    pub(super) to_ms: i64,
    pub(super) octets: u64,
}

impl Retention {
    /// Whether anything is ever removed.
    pub(super) const fn removes(&self) -> bool {
        self.age.is_some() || self.octets.is_some() || self.free_min > 0
    }

    /// The segments to be removed now, and why: the oldest, without a gap between them.
    /// `sealed` is in the order of positions; `free` is what is free on the disk, where that
    /// is known. A segment that is removed frees what it holds.
    pub(super) fn surplus(
        &self,
        sealed: &[Sealed],
        now_ms: i64,
        free: Option<u64>,
    ) -> Vec<(Sealed, Removal)> {
        let mut octets: u64 = sealed.iter().map(|segment| segment.octets).sum();
        let mut free = free;
        let mut surplus = Vec::new();
        for segment in sealed {
            let Some(reason) = self.reason(segment, octets, now_ms, free) else {
                break;
            };
            octets -= segment.octets;
            free = free.map(|free| free.saturating_add(segment.octets));
            surplus.push((*segment, reason));
        }
        surplus
    }

    fn reason(
        &self,
        oldest: &Sealed,
        octets: u64,
        now_ms: i64,
        free: Option<u64>,
    ) -> Option<Removal> {
        let age = u128::try_from(now_ms.saturating_sub(oldest.to_ms)).unwrap_or(0);
        if self.age.is_some_and(|max| age > max.as_millis()) {
            Some(Removal::Age)
        } else if self.octets.is_some_and(|max| octets > max) {
            Some(Removal::Size)
        } else if free.is_some_and(|free| free < self.free_min) {
            Some(Removal::Space)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use dataset::name::Content;
    use proptest::prelude::*;

    use super::*;

    fn sealed(octets: &[u64]) -> Vec<Sealed> {
        let segment = |(number, octets): (u64, &u64)| Sealed {
            name: SegmentName::open(10 * number, Content::Csv).sealed(),
            next_seq: 10 * number + 10,
            to_ms: 1_000 * i64::try_from(number).unwrap(),
            octets: *octets,
        };
        (0..).zip(octets).map(segment).collect()
    }

    proptest! {
        #[test]
        fn what_is_kept_is_within_the_rules_and_no_more_is_removed_than_that_takes(
            octets in prop::collection::vec(1..100_u64, 0..20),
            age in prop::option::of(0..30_u64),
            max in prop::option::of(0..1_500_u64),
            free_min in 0..300_u64,
            free in prop::option::of(0..300_u64),
            now in 0..30_i64,
        ) {
            let (sealed, now_ms) = (sealed(&octets), 1_000 * now);
            let rules = Retention { age: age.map(Duration::from_secs), octets: max, free_min };
            let surplus = rules.surplus(&sealed, now_ms, free);
            let removed: Vec<Sealed> = surplus.iter().map(|(segment, _)| *segment).collect();
            prop_assert_eq!(&removed[..], &sealed[..removed.len()]);
            let kept = |from: usize| {
                let octets: u64 = sealed[from..].iter().map(|segment| segment.octets).sum();
                let freed: u64 = sealed[..from].iter().map(|segment| segment.octets).sum();
                let young = sealed.get(from).is_none_or(|oldest| {
                    age.is_none_or(|age| now_ms - oldest.to_ms <= 1_000 * age.cast_signed())
                });
                let free = free.is_none_or(|free| free + freed >= free_min);
                young && max.is_none_or(|max| octets <= max) && free
            };
            let count = removed.len();
            prop_assert!(kept(count) || count == sealed.len());
            for fewer in 0..count {
                prop_assert!(!kept(fewer));
            }
        }
    }

    #[test]
    fn everything_is_kept_unless_something_is_said() {
        let all = sealed(&[5, 5]);
        assert!(!Retention::default().removes());
        assert_eq!(Retention::default().surplus(&all, i64::MAX, Some(0)), []);
    }
}
