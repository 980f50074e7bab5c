//! Counters (RFC 6235, 4.4): fewer digits, bins, noise.

use flow::{AggregatedFlow, Field};

use super::Random;
use super::random::below;

/// How many leading decimal digits are kept, at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digits(u8);

impl Digits {
    /// So many; `None` for 0 and beyond 20, which are all that a counter has.
    #[must_use]
    pub const fn new(digits: u8) -> Option<Self> {
        if matches!(digits, 1..=20) {
            Some(Self(digits))
        } else {
            None
        }
    }

    /// How many.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The number with its leading digits alone, the others 0 (4.4.1).
    fn keep(self, count: u64) -> u64 {
        let has = count.checked_ilog10().unwrap_or(0) + 1;
        let unit = 10_u64.pow(has.saturating_sub(self.0.into()));
        count - count % unit
    }
}

/// The most that is added to or taken from a counter, as a share of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoisePercent(u8);

impl NoisePercent {
    /// So many hundredths, from 1 to 100.
    #[must_use]
    pub const fn new(percent: u8) -> Option<Self> {
        if matches!(percent, 1..=100) {
            Some(Self(percent))
        } else {
            None
        }
    }

    /// How many hundredths.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The most that a counter is off by: its share, and 1 at least.
    fn most(self, count: u64) -> u64 {
        let share = u128::from(count) * u128::from(self.0) / 100;
        u64::try_from(share).unwrap_or(u64::MAX).max(1)
    }

    /// The counter and its noise; 0 stays 0, and nothing else becomes 0.
    fn noisy(self, count: u64, random: u128) -> u64 {
        if count == 0 {
            return 0;
        }
        let most = self.most(count);
        let places = most.saturating_mul(2).saturating_add(1);
        let lowest = count.saturating_sub(most);
        // What would be below 1 or beyond all numbers is cut off there.
        let short = most - (count - lowest);
        let up = below(places, random).saturating_sub(short);
        lowest.saturating_add(up).max(1)
    }
}

/// What noise depends on besides the key: the whole flow as it was. So one flow has the same
/// noise whenever and wherever it is anonymized, and asking again tells nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowTag([u128; 6]);

impl FlowTag {
    /// The tag of a flow.
    #[must_use]
    pub fn of(flow: &AggregatedFlow) -> Self {
        let key = &flow.key;
        let bits = |addr| match addr {
            std::net::IpAddr::V4(v4) => u128::from(v4.to_bits()),
            std::net::IpAddr::V6(v6) => v6.to_bits(),
        };
        let times = pair(flow.start_ms.cast_unsigned(), flow.end_ms.cast_unsigned());
        let ports = u64::from(key.src_port) << 16 | u64::from(key.dst_port);
        // The family matters: an IPv4 address is no IPv6 address of the same number.
        let families = u64::from(key.src_addr.is_ipv4()) << 1 | u64::from(key.dst_addr.is_ipv4());
        let kind = u64::from(key.protocol) << 8 | families;
        let reverse = flow.reverse.map_or(0, |r| pair(r.packets, r.bytes));
        Self([
            bits(key.src_addr),
            bits(key.dst_addr),
            times,
            pair(ports, kind),
            pair(flow.packets, flow.bytes),
            reverse,
        ])
    }

    /// A random value for one counter of the flow.
    #[must_use]
    pub fn random(self, random: &Random, counter: Field) -> u128 {
        let [a, b, c, d, e, f] = self.0;
        random.of([u128::from(counter as u8), a, b, c, d, e, f])
    }
}

fn pair(high: u64, low: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// What becomes of a counter. Under each, 0 stays 0 and nothing else becomes 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CounterMethod {
    /// As it is.
    Clear,
    /// Its leading digits (4.4.1). Order is kept, and it is less than one unit of the last
    /// digit too low.
    PrecisionDegradation(Digits),
    /// The lowest number of its bin; each begins at a power of two (4.4.2). Order is kept.
    Binning,
    /// With noise (4.4.3): off by its share at most, or by 1.
    Noise(NoisePercent),
}

impl CounterMethod {
    /// What stands for a counter; `random` gives 128 random bits for it.
    #[must_use]
    pub fn count(self, count: u64, random: impl FnOnce() -> u128) -> u64 {
        match self {
            Self::Clear => count,
            Self::PrecisionDegradation(digits) => digits.keep(count),
            Self::Binning => count.checked_ilog2().map_or(0, |bits| 1 << bits),
            Self::Noise(percent) => percent.noisy(count, random()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts() -> impl Strategy<Value = u64> {
        (any::<u64>(), 0_u32..64).prop_map(|(count, shift)| count >> shift)
    }

    fn methods(digits: u8, percent: u8) -> [CounterMethod; 4] {
        [
            CounterMethod::Clear,
            CounterMethod::PrecisionDegradation(Digits::new(digits).unwrap()),
            CounterMethod::Binning,
            CounterMethod::Noise(NoisePercent::new(percent).unwrap()),
        ]
    }

    #[test]
    fn counters_become_what_the_methods_say() {
        let two = CounterMethod::PrecisionDegradation(Digits::new(2).unwrap());
        for (count, digits, bin) in [
            (0, 0, 0),
            (1, 1, 1),
            (99, 99, 64),
            (1_239, 1_200, 1_024),
            (u64::MAX, 18_000_000_000_000_000_000, 1 << 63),
        ] {
            assert_eq!(two.count(count, || 0), digits);
            assert_eq!(CounterMethod::Binning.count(count, || 0), bin);
        }
        let noise = CounterMethod::Noise(NoisePercent::new(10).unwrap());
        assert_eq!(noise.count(1_000, || 0), 900);
        assert_eq!(noise.count(1_000, || u128::MAX), 1_100);
        assert_eq!(noise.count(1_000, || 1 << 63), 1_000);
        assert_eq!(noise.count(1, || 0), 1);
        assert_eq!(noise.count(1, || u128::MAX), 2);
    }

    #[test]
    fn no_digits_and_no_noise_are_none() {
        assert_eq!((Digits::new(0), Digits::new(21)), (None, None));
        assert_eq!((NoisePercent::new(0), NoisePercent::new(101)), (None, None));
    }

    proptest! {
        #[test]
        fn zero_stays_zero_and_nothing_else_becomes_it(
            count in counts(), digits in 1_u8..=20, percent in 1_u8..=100, random: u128,
        ) {
            for method in methods(digits, percent) {
                prop_assert_eq!(method.count(0, || random), 0);
                prop_assert_eq!(method.count(count, || random) == 0, count == 0);
            }
        }

        #[test]
        fn digits_and_bins_keep_order_and_doing_it_twice_changes_nothing(
            a in counts(), b in counts(), digits in 1_u8..=20,
        ) {
            for method in &methods(digits, 1)[..3] {
                let of = |count| method.count(count, || 0);
                prop_assert!(of(a.min(b)) <= of(a.max(b)));
                prop_assert_eq!(of(of(a)), of(a));
                prop_assert!(of(a) <= a);
            }
        }

        #[test]
        fn digits_lose_less_than_a_unit_of_the_last_and_bins_less_than_half(
            count in 1_u64.., shift in 0_u32..63, digits in 1_u8..=19,
        ) {
            let count = (count >> shift).max(1);
            let kept = CounterMethod::PrecisionDegradation(Digits::new(digits).unwrap()).count(count, || 0);
            let lost = u128::from(count - kept) * 10_u128.pow(u32::from(digits) - 1);
            prop_assert!(lost < u128::from(count));
            prop_assert!(CounterMethod::Binning.count(count, || 0) > count / 2);
        }

        #[test]
        fn noise_stays_within_its_share(count in counts(), percent in 1_u8..=100, random: u128) {
            let percent = NoisePercent::new(percent).unwrap();
            let told = CounterMethod::Noise(percent).count(count, || random);
            prop_assert!(told.abs_diff(count) <= percent.most(count));
        }
    }
}
