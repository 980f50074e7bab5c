//! Times (RFC 6235, 4.3): coarser ones, and an offset for each epoch.

use std::num::NonZeroU64;

use super::random::below;
use super::{Enumeration, Purpose, Random};
use crate::anonymize::Key;

/// The unit to which times are cut, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeUnit(NonZeroU64);

impl TimeUnit {
    /// A unit of so many milliseconds; `None` for 0 and for what no time has room for.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Option<Self> {
        match NonZeroU64::new(millis) {
            Some(unit) if millis <= i64::MAX.unsigned_abs() => Some(Self(unit)),
            _ => None,
        }
    }

    /// Its length in milliseconds.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0.get()
    }

    /// The last whole unit since the Unix epoch that is not after a time: precision
    /// degradation (4.3.1). Order is kept, but for times of one unit, which become equal.
    #[must_use]
    pub fn floor(self, time_ms: i64) -> i64 {
        let unit = i64::try_from(self.0.get()).unwrap_or(i64::MAX);
        // No time before the first whole unit that there is.
        time_ms.saturating_sub(time_ms.rem_euclid(unit))
    }

    /// The whole units of a length of time.
    #[must_use]
    pub const fn floor_length(self, length_ms: u64) -> u64 {
        length_ms - length_ms % self.0.get()
    }
}

/// Random time shift (4.3.3): one offset for all flows that began in one epoch, evenly
/// between its largest forwards and back. Within an epoch all lengths and gaps are kept, and
/// across its border they are not.
#[derive(Debug)]
pub struct Shift {
    random: Random,
    most_ms: u64,
    epoch: TimeUnit,
}

impl Shift {
    /// Offsets of at most `most_ms` milliseconds; 2^52 at most count. `epoch` is the length of
    /// an epoch, and the first one begins at the Unix epoch.
    #[must_use]
    pub fn new(key: &Key, most_ms: u64, epoch: TimeUnit) -> Self {
        const MOST_MS: u64 = 1 << 52;
        Self {
            random: Random::new(key, Purpose::Shift),
            most_ms: most_ms.min(MOST_MS),
            epoch,
        }
    }

    /// The offset of all times of a flow that began at `start_ms`.
    #[must_use]
    pub fn offset_ms(&self, start_ms: i64) -> i64 {
        let epoch = i128::from(self.epoch.floor(start_ms));
        let random = self.random.of([epoch.cast_unsigned()]);
        // At most 2^53, so that both numbers are exact.
        let places = self.most_ms.saturating_mul(2).saturating_add(1);
        let offset = i64::try_from(below(places, random)).unwrap_or(0);
        offset.saturating_sub(i64::try_from(self.most_ms).unwrap_or(0))
    }
}

/// What becomes of a time.
#[derive(Debug)]
pub enum TimeMethod {
    /// As it is.
    Clear,
    /// Whole units.
    PrecisionDegradation(TimeUnit),
    /// Another time, all of an epoch alike.
    RandomShift(Shift),
    /// A number in its order.
    Enumeration(Enumeration),
}

impl TimeMethod {
    /// What stands for a time of a flow that began at `start_ms`.
    #[must_use]
    pub fn time(&self, time_ms: i64, start_ms: i64) -> i64 {
        match self {
            Self::Clear => time_ms,
            Self::PrecisionDegradation(unit) => unit.floor(time_ms),
            Self::RandomShift(shift) => time_ms.saturating_add(shift.offset_ms(start_ms)),
            Self::Enumeration(numbers) => numbers.number(time_ms),
        }
    }

    /// Whether what stands for a time is one, so that dates and lengths can be worked out.
    #[must_use]
    pub const fn gives_times(&self) -> bool {
        !matches!(self, Self::Enumeration(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY_MS: i64 = 86_400_000;

    fn unit(millis: u64) -> TimeUnit {
        TimeUnit::from_millis(millis).unwrap()
    }

    fn shift(most_ms: u64) -> Shift {
        let key = Key::from_octets(&[5; 32]).unwrap();
        Shift::new(&key, most_ms, unit(86_400_000))
    }

    #[test]
    fn a_time_is_cut_to_the_whole_unit_before_it() {
        assert_eq!(unit(1_000).floor(1_575_297_360_123), 1_575_297_360_000);
        assert_eq!(unit(60_000).floor(-1), -60_000, "also before 1970");
        assert_eq!(unit(60_000).floor_length(59_999), 0);
        assert_eq!(TimeUnit::from_millis(0), None);
        assert_eq!(TimeUnit::from_millis(u64::MAX), None);
    }

    #[test]
    fn another_epoch_has_another_offset() {
        let shift = shift(3_600_000);
        let offsets: Vec<i64> = (0..50).map(|day| shift.offset_ms(day * DAY_MS)).collect();
        let mut distinct = offsets.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert!(distinct.len() >= 49, "{offsets:?}");
        assert!(offsets.iter().any(|&offset| offset < 0) && offsets.iter().any(|&o| o > 0));
    }

    #[test]
    fn times_at_the_ends_of_their_range_do_not_wrap() {
        for time in [i64::MIN, i64::MAX] {
            for most in [0, 1, u64::MAX] {
                let method = TimeMethod::RandomShift(shift(most));
                let told = method.time(time, time);
                assert!((told < 0) == (time < 0), "{told}");
            }
            let told = unit(u64::MAX / 2).floor(time);
            assert!(told <= time.max(0), "{told}");
        }
    }

    proptest! {
        #[test]
        fn coarser_times_keep_their_order_and_are_less_than_a_unit_earlier(
            a in -10_000_000_000_000_i64..10_000_000_000_000, b: i32, millis in 1_u64..100_000_000,
        ) {
            let unit = unit(millis);
            let b = a + i64::from(b);
            prop_assert_eq!(unit.floor(a).cmp(&unit.floor(b)).is_gt() && a <= b, false);
            let lost = a - unit.floor(a);
            prop_assert!(lost >= 0 && lost < i64::try_from(millis).unwrap());
            prop_assert_eq!(unit.floor(unit.floor(a)), unit.floor(a));
        }

        #[test]
        fn a_coarser_length_is_not_above_that_between_coarser_times(
            start in -10_000_000_000_000_i64..10_000_000_000_000, length: u32, millis in 1_u64..100_000_000,
        ) {
            let unit = unit(millis);
            let end = start + i64::from(length);
            let between = (unit.floor(end) - unit.floor(start)).unsigned_abs();
            prop_assert!(unit.floor_length(length.into()) <= between);
        }

        #[test]
        fn within_an_epoch_a_shift_keeps_lengths_and_gaps_and_its_bound(
            day in -20_000_i64..40_000, a in 0..DAY_MS, b in 0..DAY_MS, length: u32, most in 0_u64..10_000_000_000,
        ) {
            let method = TimeMethod::RandomShift(shift(most));
            let (a, b) = (day * DAY_MS + a, day * DAY_MS + b);
            let (told_a, told_b) = (method.time(a, a), method.time(b, b));
            prop_assert_eq!(told_a - told_b, a - b);
            prop_assert!((told_a - a).unsigned_abs() <= most);
            let end = a + i64::from(length);
            prop_assert_eq!(method.time(end, a) - told_a, end - a);
        }
    }
}
