//! Numbers that look random and follow from a seed.

/// A generator of such numbers: SplitMix64 (Steele, Lea and Flood 2014).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 128 bits.
    pub fn wide(&mut self) -> u128 {
        u128::from(self.bits()) << 64 | u128::from(self.bits())
    }

    /// A number below a limit that is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.bits() % limit).unwrap_or(0)
    }

    /// A number from 0 on below 1.
    pub fn unit(&mut self) -> f64 {
        let high = u32::try_from(self.bits() >> 32).unwrap_or(0);
        f64::from(high) / 4_294_967_296.0
    }

    /// One of some values, each as often as the weight beside it says.
    pub fn pick<T: Copy>(&mut self, weighted: &[(T, u32)]) -> Option<T> {
        let all: usize = weighted.iter().map(|(_, weight)| *weight as usize).sum();
        let mut at = self.below(all);
        let found = weighted.iter().find(|(_, weight)| {
            let here = at < *weight as usize;
            at = at.saturating_sub(*weight as usize);
            here
        });
        found.map(|(value, _)| *value)
    }
}

/// Ranks, of which the one at `n` comes as often as 1 / (n + 1): Zipf's law.
#[derive(Debug)]
pub struct Zipf(Vec<f64>);

impl Zipf {
    /// So many ranks.
    #[must_use]
    pub fn new(ranks: usize) -> Self {
        let mut sum = 0.0;
        let harmonic = (1..=u32::try_from(ranks).unwrap_or(u32::MAX)).map(|rank| {
            sum += 1.0 / f64::from(rank);
            sum
        });
        Self(harmonic.collect())
    }

    /// One of them.
    pub fn draw(&self, random: &mut Random) -> usize {
        let at = random.unit() * self.0.last().copied().unwrap_or(0.0);
        let rank = self.0.partition_point(|sum| *sum <= at);
        rank.min(self.0.len().saturating_sub(1))
    }
}
