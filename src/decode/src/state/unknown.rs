//! Elements that templates name and nobody knows, each told of once.

use std::collections::HashSet;

use super::Seed;

/// An enterprise and the number of an element; 0 is IANA.
pub(crate) type ElementKey = (u32, u16);

/// The elements that are not known. Beyond a capacity, further ones are not told of;
/// they are counted all the same.
#[derive(Debug)]
pub(crate) struct Unknown {
    seen: HashSet<ElementKey, Seed>,
    untold: Vec<ElementKey>,
    capacity: usize,
}

impl Unknown {
    pub(crate) fn new(capacity: usize, seed: Seed) -> Self {
        Self {
            seen: HashSet::with_hasher(seed),
            untold: Vec::new(),
            capacity,
        }
    }

    /// Takes note of elements.
    pub(crate) fn add(&mut self, elements: &[ElementKey]) {
        for &element in elements {
            if self.seen.len() < self.capacity && self.seen.insert(element) {
                self.untold.push(element);
            }
        }
    }

    /// How many were not told of yet.
    pub(crate) const fn untold(&self) -> usize {
        self.untold.len()
    }

    /// Those that were not told of yet, in the order in which they came.
    pub(crate) fn take(&mut self) -> Vec<ElementKey> {
        std::mem::take(&mut self.untold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_element_is_told_of_once_and_no_more_than_there_is_room_for() {
        let mut unknown = Unknown::new(2, Seed(1));
        unknown.add(&[(9, 1), (9, 1), (0, 600)]);
        assert_eq!(unknown.take(), [(9, 1), (0, 600)]);
        unknown.add(&[(9, 1), (9, 2)]);
        assert_eq!(unknown.untold(), 0);
    }
}
