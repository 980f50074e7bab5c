//! Random values that are the same for the same key and input.

use std::fmt;

use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Block};
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use crate::anonymize::Key;

/// What random values are for. Each purpose has a key of its own, so that what one tells
/// says nothing about another, nor about addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The offset of each epoch.
    Shift,
    /// How times are numbered.
    Enumeration,
    /// What is added to counters.
    Noise,
    /// The permutation of ports.
    Ports,
}

impl Purpose {
    /// Never changed: what is stored depends on it.
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Shift => b"flowstream anonymization: shift\n",
            Self::Enumeration => b"flowstream anonymization: enumeration\n",
            Self::Noise => b"flowstream anonymization: noise\n",
            Self::Ports => b"flowstream anonymization: ports\n",
        }
    }
}

/// A keyed pseudorandom function: AES-128 of whole blocks, chained (CBC-MAC), over inputs
/// of one length for each purpose, where that is sound.
pub struct Random(Aes128);

impl Random {
    /// The function of a purpose: its key is cut from the SHA-256 digest of the purpose's
    /// label and the key, which has one length.
    #[must_use]
    pub fn new(key: &Key, purpose: Purpose) -> Self {
        let digest = Sha256::new()
            .chain_update(purpose.label())
            .chain_update(key.octets());
        let mut digest = digest.finalize();
        let mut own = Block::default();
        for (to, from) in own.iter_mut().zip(digest.iter()) {
            *to = *from;
        }
        let cipher = Aes128::new(&own);
        own.zeroize();
        digest.as_mut_slice().zeroize();
        Self(cipher)
    }

    /// A random value of 128 bits for `N` words. One purpose uses one `N`.
    #[must_use]
    pub fn of<const N: usize>(&self, words: [u128; N]) -> u128 {
        words.into_iter().fold(0, |chained, word| {
            let mut block: Block = Array((chained ^ word).to_be_bytes());
            self.0.encrypt_block(&mut block);
            u128::from_be_bytes(block.0)
        })
    }
}

/// A number below `bound`, evenly out of 64 random bits; 0 if `bound` is 0. It is off an
/// even choice by less than `bound` in 2^64.
#[expect(
    clippy::cast_possible_truncation,
    reason = "64 of the 128 bits are what is wanted"
)]
pub(super) const fn below(bound: u64, random: u128) -> u64 {
    (((random as u64) as u128 * bound as u128) >> 64) as u64
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(octet: u8) -> Key {
        Key::from_octets(&[octet; 32]).unwrap()
    }

    #[test]
    fn each_key_and_each_purpose_has_values_of_its_own_and_always_the_same() {
        let value = |octet, purpose| Random::new(&key(octet), purpose).of([1, 2]);
        let shift = value(7, Purpose::Shift);
        assert_eq!(value(7, Purpose::Shift), shift);
        assert_ne!(value(8, Purpose::Shift), shift);
        assert_ne!(value(7, Purpose::Noise), shift);
        // Replays of what is stored depend on it.
        assert_eq!(shift, FIXED);
    }

    /// By other means: `K` is the first half of the SHA-256 digest of the label and of 32
    /// octets 7, and the value is AES(K, AES(K, 1) xor 2), from OpenSSL.
    const FIXED: u128 = 282_647_615_231_291_522_629_457_246_543_822_352_878;

    #[test]
    fn nothing_of_the_key_is_printed() {
        let random = Random::new(&key(1), Purpose::Ports);
        assert_eq!(format!("{random:?}"), "Random(..)");
    }

    proptest! {
        #[test]
        fn a_number_is_below_its_bound(bound in 1_u64.., random: u128) {
            prop_assert!(below(bound, random) < bound);
            prop_assert_eq!(below(0, random), 0);
        }

        #[test]
        fn values_differ_where_any_word_does(words: [u128; 3], at in 0_usize..3, flip in 1_u128..) {
            let random = Random::new(&key(3), Purpose::Noise);
            let mut other = words;
            other[at] ^= flip;
            prop_assert_ne!(random.of(words), random.of(other));
        }
    }
}
