//! Enumeration of times (RFC 6235, 4.3.2): numbers that keep their order and not their
//! distances.
//!
//! A stream has no end from which its times could be numbered one by one, and a number
//! must not depend on lanes or on flows that were filtered. So it is a function of time
//! and key alone: all times there are have their numbers from the start, with gaps of
//! random size between them. Order is that of all times of all flows under one key,
//! start and end alike: equal times have equal numbers, and a later time a higher one.
//!
//! The range of times is halved again and again until the time is found. With each halving
//! what room the range of numbers has beyond its need is shared out between both halves by
//! the key, one half getting between a quarter and three quarters of it.

use super::random::below;
use super::{Purpose, Random};
use crate::anonymize::Key;

/// Times that are numbered: 2^44 ms, from 1691 to 2248. Those before or after have the
/// number of the first or the last.
const TIME_BITS: u32 = 44;

/// Numbers, from 0: as many as an IEEE double has whole ones.
const NUMBER_BITS: u32 = 53;

/// The numbers of times under one key.
#[derive(Debug)]
pub struct Enumeration(Random);

impl Enumeration {
    /// The numbers under a key.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        Self(Random::new(key, Purpose::Enumeration))
    }

    /// The number of a time in Unix milliseconds, from 0 to 2^53 - 1.
    #[must_use]
    pub fn number(&self, time_ms: i64) -> i64 {
        const HALF: i64 = 1 << (TIME_BITS - 1);
        let time = time_ms.clamp(-HALF, HALF - 1).saturating_add(HALF);
        let time = time.unsigned_abs();
        let (mut first, mut room) = (0_u64, 1_u64 << NUMBER_BITS);
        for bits in (0..TIME_BITS).rev() {
            // How each half divides is a question of its own: which bits led there.
            let path = u128::from(time >> bits >> 1);
            let random = self.0.of([path << 8 | u128::from(bits)]);
            // Each half needs one number for each of its times.
            let need = 1_u64 << bits;
            let spare = room.saturating_sub(need << 1);
            let lower = need + spare / 4 + below(spare / 2 + 1, random);
            if time >> bits & 1 == 0 {
                room = lower;
            } else {
                first += lower;
                room -= lower;
            }
        }
        i64::try_from(first).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers(octet: u8) -> Enumeration {
        Enumeration::new(&Key::from_octets(&[octet; 32]).unwrap())
    }

    #[test]
    fn times_beyond_the_range_have_the_numbers_of_its_ends() {
        let numbers = numbers(1);
        let edge = 1_i64 << (TIME_BITS - 1);
        assert_eq!(numbers.number(i64::MIN), 0);
        assert_eq!(numbers.number(-edge), 0);
        assert!(numbers.number(-edge + 1) > 0);
        assert_eq!(numbers.number(i64::MAX), numbers.number(edge - 1));
        assert!(numbers.number(edge - 2) < numbers.number(edge - 1));
        assert!(numbers.number(i64::MAX) < 1 << NUMBER_BITS);
    }

    #[test]
    fn equal_distances_become_different_ones() {
        let numbers = numbers(1);
        let at = |second: i64| numbers.number(1_700_000_000_000 + second * 1_000);
        let mut gaps: Vec<i64> = (0..200).map(|s| at(s + 1) - at(s)).collect();
        gaps.sort_unstable();
        assert!(gaps[199] > gaps[0] * 2, "{gaps:?}");
        gaps.dedup();
        assert!(gaps.len() > 100, "{gaps:?}");
    }

    proptest! {
        #[test]
        fn order_is_kept_and_equal_times_alone_have_equal_numbers(
            a in -8_000_000_000_000_i64..8_000_000_000_000, by in 0_u32..44, b: i64, octet: u8,
        ) {
            let b = (a + b.wrapping_shr(by + 20)).clamp(-8_000_000_000_000, 8_000_000_000_000);
            let numbers = numbers(octet);
            prop_assert_eq!(numbers.number(a).cmp(&numbers.number(b)), a.cmp(&b));
            prop_assert_eq!(numbers.number(a).cmp(&numbers.number(a + 1)), a.cmp(&(a + 1)));
        }

        #[test]
        fn another_key_gives_other_numbers(a in 0_i64..4_000_000_000_000) {
            prop_assert_ne!(numbers(1).number(a), numbers(2).number(a));
        }
    }
}
