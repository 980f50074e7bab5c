//! Random numbers that a seed repeats (SplitMix64).

/// A small generator: the same seed, the same numbers.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit`, which is above 0.
    pub(crate) const fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// The same, as an index.
    pub(crate) fn index(&mut self, limit: usize) -> usize {
        usize::try_from(self.below(limit as u64)).unwrap()
    }

    /// True so many times in a hundred.
    pub(crate) const fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A number of milliseconds below `limit`.
    pub(crate) fn millis(&mut self, limit: u64) -> i64 {
        i64::try_from(self.below(limit)).unwrap()
    }
}

/// How many seeds the longest of the tests runs.
pub(crate) const USUAL: u64 = 300;

/// The seeds to run: `FLOWSTREAM_SEED` alone, or `usual`. Where `FLOWSTREAM_SEEDS` says
/// how many the longest test is to run, the others run more or fewer in proportion.
pub(crate) fn seeds(usual: u64) -> std::ops::Range<u64> {
    let number = |name| {
        let value = std::env::var(name).ok()?;
        let number = value.parse::<u64>();
        Some(number.unwrap_or_else(|_| panic!("{name}={value} is no number")))
    };
    let all = number("FLOWSTREAM_SEEDS").unwrap_or(USUAL);
    number("FLOWSTREAM_SEED").map_or_else(
        || 0..all.saturating_mul(usual).div_ceil(USUAL),
        |seed| seed..seed + 1,
    )
}

/// Runs `test` for each seed; the seed that fails is named.
pub(crate) fn for_each_seed(usual: u64, mut test: impl FnMut(u64) -> Result<(), String>) {
    for seed in seeds(usual) {
        if let Err(what) = test(seed) {
            panic!("seed {seed}: {what}\n(alone: FLOWSTREAM_SEED={seed} cargo test -p actors)");
        }
    }
}
