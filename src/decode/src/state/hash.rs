//! A cheap hash for small integer keys.
//!
//! The standard hash costs more than the look-up it serves. This one has a seed, which
//! the caller may choose at random; no result depends on it.

use std::hash::{BuildHasher, Hasher};

const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// Builds hashers from a seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seed(pub(crate) u64);

impl BuildHasher for Seed {
    type Hasher = Mixer;

    fn build_hasher(&self) -> Mixer {
        Mixer(self.0)
    }
}

/// Folds the two halves of a 128-bit product, so that every bit of the key reaches
/// every bit of the hash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mixer(u64);

impl Mixer {
    #[expect(clippy::cast_possible_truncation, reason = "the halves of a product")]
    fn mix(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * u128::from(MULTIPLIER);
        self.0 = ((product >> 64) as u64 ^ product as u64).rotate_left(23);
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.mix(u64::from(byte));
        }
    }

    fn write_u16(&mut self, word: u16) {
        self.mix(u64::from(word));
    }

    fn write_u32(&mut self, word: u32) {
        self.mix(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.mix(word);
    }

    #[expect(clippy::cast_possible_truncation, reason = "the halves of the word")]
    fn write_u128(&mut self, word: u128) {
        self.mix((word >> 64) as u64);
        self.mix(word as u64);
    }

    fn finish(&self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 29)).wrapping_mul(MULTIPLIER);
        mixed ^ (mixed >> 32)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn neighbouring_keys_spread_over_low_and_high_bits() {
        let hashes: Vec<u64> = (0..4_096_u128).map(|key| Seed(7).hash_one(key)).collect();
        let low: HashSet<u64> = hashes.iter().map(|hash| hash % 4_096).collect();
        let high: HashSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
        assert!(low.len() > 2_400, "{}", low.len());
        assert_eq!(high.len(), 128);
    }

    #[test]
    fn another_seed_gives_another_hash() {
        assert_ne!(Seed(1).hash_one(5_u64), Seed(2).hash_one(5_u64));
    }
}
