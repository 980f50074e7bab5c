//! What is searched for: addresses of IPv4, and halves of those of IPv6.

use super::address::Address;
use super::index::{FewRanges, Leaf};

/// A number that an index is searched for.
pub(super) trait Key: Address {
    /// The bits of a key.
    const BITS: u32;
    /// The last key.
    const MAX: Self;

    /// The ranges of a cache line.
    type Leaf: FewRanges<Self> + Clone + std::fmt::Debug;

    /// The number that the low `bits` bits are, once moved to the right by `shift`, which
    /// is less than the bits of a key.
    fn part(self, shift: u8, bits: u8) -> usize;
}

impl Key for u32 {
    const BITS: u32 = Self::BITS;
    const MAX: Self = Self::MAX;

    type Leaf = Leaf<Self, 7, 8>;

    #[inline]
    fn part(self, shift: u8, bits: u8) -> usize {
        ((self >> shift) & !(Self::MAX << bits)) as usize
    }
}

impl Key for u64 {
    const BITS: u32 = Self::BITS;
    const MAX: Self = Self::MAX;

    type Leaf = Leaf<Self, 5, 6>;

    #[inline]
    fn part(self, shift: u8, bits: u8) -> usize {
        let part = (self >> shift) & !(Self::MAX << bits);
        usize::try_from(part).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_is_a_cache_line() {
        assert_eq!(size_of::<<u32 as Key>::Leaf>(), 64);
        assert_eq!(size_of::<<u64 as Key>::Leaf>(), 64);
    }
}
