//! Which of many values are kept: all of them up to a limit, and then a share that is
//! halved again whenever the limit is reached.
//!
//! A value is kept or not by its number alone. So one that is kept was kept from its first
//! row on, and what is counted of it is exact; and what is kept is an even choice of all
//! values, whatever order they come in.

/// The share that is kept: one value in 2^`halvings`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Share {
    halvings: u32,
}

/// The lowest of the bits that decide. Maps look at those below, and at the highest.
const LOWEST_BIT: u32 = 24;
/// More halvings than that no number of rows asks for.
const HALVINGS_MAX: u32 = 32;

impl Share {
    /// Whether a value of that number is kept.
    pub(super) const fn keeps(self, number: u64) -> bool {
        (number >> LOWEST_BIT) & ((1 << self.halvings) - 1) == 0
    }

    /// Keeps half of what is kept so far.
    pub(super) const fn halve(&mut self) {
        if self.halvings < HALVINGS_MAX {
            self.halvings += 1;
        }
    }

    /// One in how many values is kept.
    pub(super) const fn one_in(self) -> u64 {
        1 << self.halvings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::hash::Hash;

    #[test]
    fn each_halving_keeps_about_half_of_what_was_kept() {
        let numbers: Vec<u64> = (0..100_000).map(|n| Hash::new(7).words([n])).collect();
        let mut share = Share::default();
        let mut kept = numbers.clone();
        assert!(kept.iter().all(|number| share.keeps(*number)));
        for halvings in 1..=5_u32 {
            share.halve();
            let before = kept.clone();
            kept.retain(|number| share.keeps(*number));
            assert_eq!(share.one_in(), 1 << halvings);
            let half = before.len() / 2;
            assert!(kept.len().abs_diff(half) < half / 10, "{}", kept.len());
        }
        // Nothing that was dropped comes back.
        let again: Vec<u64> = numbers.into_iter().filter(|n| share.keeps(*n)).collect();
        assert_eq!(again, kept);
    }

    #[test]
    fn the_share_ends_somewhere() {
        let mut share = Share::default();
        (0..100).for_each(|_| share.halve());
        assert_eq!(share.one_in(), 1 << 32);
    }
}
