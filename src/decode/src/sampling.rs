//! Sampling rates: one in how many packets was taken.

use std::num::NonZeroU32;

use flow::SamplingRate;

/// The rate of a number of a field; 0 is unknown.
///
/// # Errors
///
/// The number itself if it is above the largest that is believed.
pub(crate) fn believed(rate: u64, largest: u32) -> Result<Option<SamplingRate>, u64> {
    match u32::try_from(rate) {
        Ok(rate) if rate <= largest => Ok(NonZeroU32::new(rate)),
        _ => Err(rate),
    }
}

/// The rate of taking `interval` packets and leaving out `space` (elements 305, 306),
/// rounded to the nearest; 0 if no packet is taken.
pub(crate) fn from_interval_and_space(interval: u64, space: u64) -> u64 {
    round_div(interval.saturating_add(space), interval)
}

/// The rate of taking `size` out of each `population` (elements 309, 310), rounded to
/// the nearest; 0 if no packet is taken.
pub(crate) fn from_size_and_population(size: u64, population: u64) -> u64 {
    round_div(population, size)
}

const fn round_div(dividend: u64, divisor: u64) -> u64 {
    if divisor == 0 {
        return 0;
    }
    let (whole, rest) = (dividend / divisor, dividend % divisor);
    whole + (rest >= divisor - rest) as u64
}

/// The rate of a NetFlow v5 header's field: the mode in 2 bits, the interval in 14.
pub(crate) fn from_v5_header(field: u16) -> Option<SamplingRate> {
    NonZeroU32::new(u32::from(field & 0x3FFF))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_of_a_v5_header_is_no_part_of_the_rate() {
        for (field, rate) in [(0, 0), (0x4000, 0), (0x43E8, 1_000), (0x03E8, 1_000)] {
            assert_eq!(from_v5_header(field).map_or(0, NonZeroU32::get), rate);
        }
    }

    #[test]
    fn interval_and_space_make_a_rate() {
        for (interval, space, rate) in [(1, 999, 1_000), (100, 900, 10), (1, 0, 1), (0, 9, 0)] {
            assert_eq!(from_interval_and_space(interval, space), rate);
        }
        assert_eq!(from_interval_and_space(3, 7), 3);
        assert_eq!(from_interval_and_space(2, 3), 3);
        assert_eq!(from_interval_and_space(u64::MAX, u64::MAX), 1);
        assert_eq!(from_size_and_population(1, 512), 512);
        assert_eq!(from_size_and_population(0, 512), 0);
    }

    #[test]
    fn an_absurd_rate_is_not_believed() {
        assert_eq!(believed(0, 100), Ok(None));
        assert_eq!(believed(100, 100), Ok(NonZeroU32::new(100)));
        assert_eq!(believed(101, 100), Err(101));
        assert_eq!(believed(u64::MAX, u32::MAX), Err(u64::MAX));
    }
}
