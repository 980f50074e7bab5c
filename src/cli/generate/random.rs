//! Pseudo-random numbers: the same on every machine for the same seed.
//!
//! Only whole numbers are drawn, except for shares, so that no library's idea of a
//! logarithm can change the traffic of a seed.

/// The generator SplitMix64 (Steele, Lea, Flood 2014): a counter and a mixer.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// A generator whose whole sequence follows from the seed.
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 even bits.
    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// An even number below `limit`; 0 if that is 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        let product = u128::from(self.next()) * u128::from(limit);
        u64::try_from(product >> 64).unwrap_or_default()
    }

    /// An even number from `low` to `high`, both included; `low` if they are reversed.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low).saturating_add(1))
    }

    /// As [`Random::between`], for milliseconds.
    pub(super) fn millis(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low)).unwrap_or(0);
        low.saturating_add_unsigned(self.below(span.saturating_add(1)))
    }

    /// True with the probability `share`; never for 0, always for 1.
    #[expect(
        clippy::cast_precision_loss,
        reason = "53 bits are what a double holds exactly"
    )]
    pub(super) fn chance(&mut self, share: f64) -> bool {
        ((self.next() >> 11) as f64) < share * (1_u64 << 53) as f64
    }

    /// A heavy-tailed number from 1 below 2^(`doublings` + 1): `x` or more comes
    /// up about once in `x` draws.
    pub(super) fn heavy(&mut self, doublings: u32) -> u64 {
        let scale = 1_u64 << self.next().leading_zeros().min(doublings).min(62);
        scale + self.below(scale)
    }

    /// A rank below `limit` where low ranks are far more frequent than high ones.
    pub(super) fn skewed(&mut self, limit: u64) -> u64 {
        let once = self.below(1 << 20);
        let cubed = u128::from(once) * u128::from(once) * u128::from(once);
        u64::try_from((cubed * u128::from(limit)) >> 60).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_of_a_seed_never_changes() {
        let mut random = Random::new(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn draws_stay_in_their_range_and_reach_its_ends() {
        let mut random = Random::new(7);
        let draws: Vec<u64> = (0..2_000).map(|_| random.between(3, 6)).collect();
        assert_eq!(draws.iter().min(), Some(&3));
        assert_eq!(draws.iter().max(), Some(&6));
        assert_eq!((random.below(0), random.between(9, 2)), (0, 9));
        assert!((0..2_000).all(|_| (-5..=5).contains(&random.millis(-5, 5))));
    }

    #[test]
    fn shares_of_nothing_and_of_all_are_exact() {
        let mut random = Random::new(8);
        assert!(!(0..10_000).any(|_| random.chance(0.0)));
        assert!((0..10_000).all(|_| random.chance(1.0)));
        let tenth = (0..10_000).filter(|_| random.chance(0.1)).count();
        assert!((850..1_150).contains(&tenth), "{tenth}");
    }

    #[test]
    fn heavy_draws_halve_in_frequency_when_they_double() {
        let mut random = Random::new(9);
        let draws: Vec<u64> = (0..64_000).map(|_| random.heavy(10)).collect();
        assert!(draws.iter().all(|&draw| (1..2_048).contains(&draw)));
        let large = draws.iter().filter(|&&draw| draw >= 64).count();
        assert!((850..1_150).contains(&large), "{large}");
    }

    #[test]
    fn low_ranks_are_the_frequent_ones() {
        let mut random = Random::new(10);
        let draws: Vec<u64> = (0..10_000).map(|_| random.skewed(1_000)).collect();
        assert!(draws.iter().all(|&draw| draw < 1_000));
        let first = draws.iter().filter(|&&draw| draw == 0).count();
        assert!((850..1_150).contains(&first), "{first}");
    }
}
