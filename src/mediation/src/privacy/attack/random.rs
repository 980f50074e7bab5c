//! Random numbers of a simulation: the same for the same seed.

use crate::privacy::hash::Hash;

/// A row of random numbers.
#[derive(Debug)]
pub(crate) struct Random {
    hash: Hash,
    next: u64,
}

impl Random {
    /// Another row for another seed, and for another purpose.
    pub(crate) fn new(seed: u64, purpose: u64) -> Self {
        Self {
            hash: Hash::new(seed ^ purpose.rotate_left(32)),
            next: 0,
        }
    }

    /// A number below a bound; 0 if that is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next += 1;
        let random = u128::from(self.hash.words([self.next]));
        u64::try_from((random * u128::from(bound)) >> 64).unwrap_or(0)
    }

    /// So many different numbers below a bound, in the order of their choice; all of them
    /// if there are not so many.
    pub(crate) fn choose(&mut self, many: usize, bound: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..bound).collect();
        let many = many.min(bound);
        for at in 0..many {
            let left = (bound - at) as u64;
            let other = at + usize::try_from(self.below(left)).unwrap_or(0);
            all.swap(at, other);
        }
        all.truncate(many);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn choices_are_different_within_bounds_and_repeat_with_their_seed() {
        let chosen = Random::new(1, 2).choose(50, 80);
        let different: BTreeSet<usize> = chosen.iter().copied().collect();
        assert_eq!(different.len(), 50);
        assert!(different.iter().all(|at| *at < 80));
        assert_eq!(Random::new(1, 2).choose(50, 80), chosen);
        assert_ne!(Random::new(2, 2).choose(50, 80), chosen);
        assert_ne!(Random::new(1, 3).choose(50, 80), chosen);
        assert_eq!(Random::new(1, 2).choose(9, 3).len(), 3);
        assert_eq!(Random::new(1, 2).below(0), 0);
    }
}
