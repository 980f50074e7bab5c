//! Values as numbers of 64 bits: equal ones are equal, and others differ but for one chance
//! in 2^64. They stand for values where these would take too much memory.

use std::hash::{BuildHasherDefault, Hasher};
use std::net::IpAddr;

use flow::Value;

/// The number of a null.
pub(super) const NULL: u64 = 0x6E75_6C6C_6E75_6C6C;

/// Makes numbers of values; another seed makes others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hash {
    seed: u64,
}

/// A finalizer of 64 bits in which each bit of the input moves half of those of the output
/// (that of SplitMix64). It is one to one.
const fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

impl Hash {
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed: mix(seed) }
    }

    /// The number of a row of words.
    pub(super) fn words(self, words: impl IntoIterator<Item = u64>) -> u64 {
        let words = words.into_iter();
        words.fold(self.seed, |state, word| {
            mix(state.wrapping_add(0x9E37_79B9_7F4A_7C15) ^ mix(word))
        })
    }

    /// The number of a value. Numbers of different types may be equal: they are of
    /// different fields.
    pub(super) fn value(self, value: Value<'_>) -> u64 {
        match value {
            Value::Null => NULL,
            Value::Unsigned(number) => self.words([number]),
            Value::Signed(number) => self.words([number.cast_unsigned()]),
            Value::Float(number) => self.words([number.to_bits()]),
            Value::Bool(is) => self.words([is.into()]),
            Value::Addr(addr) => self.addr(addr),
            Value::Text(text) => self.text(text),
        }
    }

    /// The number of an address. An IPv4 address and the IPv6 one that maps it differ.
    pub(super) fn addr(self, addr: IpAddr) -> u64 {
        match addr {
            IpAddr::V4(addr) => self.words([4, addr.to_bits().into()]),
            IpAddr::V6(addr) => {
                let bits = addr.to_bits();
                self.words([6, half(bits >> 64), half(bits)])
            }
        }
    }

    fn text(self, text: &str) -> u64 {
        let (eights, rest) = text.as_bytes().as_chunks::<8>();
        let eights = eights.iter().map(|eight| u64::from_le_bytes(*eight));
        let rest = rest.iter().map(|octet| u64::from(*octet));
        self.words(std::iter::once(text.len() as u64).chain(eights).chain(rest))
    }
}

/// The lower 64 bits.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the lower half is what is asked for"
)]
const fn half(bits: u128) -> u64 {
    bits as u64
}

/// For maps whose keys are such numbers: they are as good as any hash of them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Passed(u64);

impl Hasher for Passed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn write(&mut self, octets: &[u8]) {
        for octet in octets {
            self.0 = mix(self.0 ^ u64::from(*octet));
        }
    }
}

/// A map by such numbers.
pub(super) type Map<V> = std::collections::HashMap<u64, V, BuildHasherDefault<Passed>>;
/// A set of such numbers.
pub(super) type Set = std::collections::HashSet<u64, BuildHasherDefault<Passed>>;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn values_that_differ_have_numbers_that_do() {
        let hash = Hash::new(1);
        let texts = [
            "",
            "a",
            "b",
            "ab",
            "\0",
            "\0\0",
            "12345678",
            "12345678\0",
            "123456789",
        ];
        let addrs = [
            "0.0.0.0",
            "::",
            "::ffff:0.0.0.0",
            "1.2.3.4",
            "::102:304",
            "1:2:3:4::",
        ];
        let mut numbers: BTreeSet<u64> = texts.iter().map(|t| hash.value(Value::Text(t))).collect();
        numbers.extend(addrs.iter().map(|addr| hash.addr(addr.parse().unwrap())));
        numbers.insert(hash.value(Value::Null));
        assert_eq!(numbers.len(), texts.len() + addrs.len() + 1);
    }

    #[test]
    fn the_order_of_words_counts_and_so_does_the_seed() {
        let hash = Hash::new(1);
        assert_ne!(hash.words([1, 2]), hash.words([2, 1]));
        assert_ne!(hash.words([0]), hash.words([0, 0]));
        assert_ne!(hash.words([1]), Hash::new(2).words([1]));
        // Never another: a report with the same seed is the same.
        assert_eq!(hash.words([1, 2]), Hash::new(1).words([1, 2]));
    }
}
