//! The look-up of first halves of IPv6: which of many ranges a number lies in.
//!
//! A B+ tree that never changes and needs no pointers: each node is one cache line of
//! keys, and where its children are follows from its own place (Khuong and Morin 2017 on
//! such layouts). It is as deep everywhere, however dense prefixes are. So a processor
//! need not guess, and reads for many numbers at once.

use prefetch_index::prefetch_index;

use super::ranges::Ranges;

/// Keys of a node: a cache line.
const KEYS: usize = 8;
/// Children of a node: one before its first key, and one from each on.
const CHILDREN: usize = KEYS + 1;

/// Ranges of numbers and their values, ready to be searched.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    /// From the root down; the last has the starts of all ranges.
    levels: Vec<Vec<Node>>,
    values: Vec<u32>,
}

/// Keys in ascending order; what there is no key for repeats the last number.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Node([u64; KEYS]);

impl Node {
    fn new(keys: impl Iterator<Item = u64>) -> Self {
        let mut node = Self([u64::MAX; KEYS]);
        for (to, key) in node.0.iter_mut().zip(keys) {
            *to = key;
        }
        node
    }

    /// How many of the keys are not beyond a number.
    #[inline]
    fn begun(&self, number: u64) -> usize {
        // Halved three times, without a branch: after the fourth key, two more, one more.
        let is_begun = |key: usize| usize::from(self.0[key % KEYS] <= number);
        let mut begun = 4 * is_begun(3);
        begun += 2 * is_begun(begun + 1);
        begun += is_begun(begun);
        begun + is_begun(begun)
    }
}

impl Tree {
    /// A search of ranges that begin with 0.
    pub(super) fn new(ranges: &Ranges<u64>) -> Self {
        let starts = ranges.chunks(KEYS);
        let leaves = starts.map(|chunk| Node::new(chunk.iter().map(|(start, _)| *start)));
        let mut levels: Vec<Vec<Node>> = vec![leaves.collect()];
        // The first start below each node of the level above.
        let mut firsts: Vec<u64> = ranges.iter().step_by(KEYS).map(|range| range.0).collect();
        while firsts.len() > 1 {
            let children = firsts.chunks(CHILDREN);
            let nodes = children.map(|chunk| Node::new(chunk.iter().copied().skip(1)));
            levels.push(nodes.collect());
            firsts = firsts.into_iter().step_by(CHILDREN).collect();
        }
        levels.reverse();
        Self {
            levels,
            values: ranges.iter().map(|(_, value)| *value).collect(),
        }
    }

    /// The value of a number; `None` where there are no ranges.
    #[inline]
    pub(super) fn find(&self, number: u64) -> Option<u32> {
        let (leaves, above) = self.levels.split_last()?;
        let mut node = 0;
        for level in above {
            node = node * CHILDREN + at(level, node)?.begun(number);
        }
        self.value(leaves, node, number)
    }

    /// The values of as many numbers; those beyond the places that there are get none.
    /// Where there are no ranges, the places are left as they are.
    ///
    /// Each loop reads one cache line for each number, and none waits for another.
    #[inline]
    pub(super) fn find_all<const N: usize>(&self, numbers: &[u64], values: &mut [u32; N]) {
        let Some((leaves, above)) = self.levels.split_last() else {
            return;
        };
        let mut nodes = [0; N];
        for (level, below) in above.iter().zip(self.levels.iter().skip(1)) {
            for (node, number) in nodes.iter_mut().zip(numbers) {
                let begun = at(level, *node).map_or(0, |node| node.begun(*number));
                *node = *node * CHILDREN + begun;
                prefetch_index(below, *node);
            }
        }
        // First where each value is, so that all of them are on their way together.
        for (node, number) in nodes.iter_mut().zip(numbers) {
            *node = self.place(leaves, *node, *number);
            prefetch_index(&self.values, *node);
        }
        for ((value, place), _) in values.iter_mut().zip(nodes).zip(numbers) {
            *value = self.values.get(place).copied().unwrap_or(*value);
        }
    }

    /// The value of a number that lies in or behind a leaf.
    #[inline]
    fn value(&self, leaves: &[Node], leaf: usize, number: u64) -> Option<u32> {
        self.values.get(self.place(leaves, leaf, number)).copied()
    }

    /// Where the value is of a number that lies in or behind a leaf.
    #[inline]
    fn place(&self, leaves: &[Node], leaf: usize, number: u64) -> usize {
        let leaf = leaf.min(leaves.len().saturating_sub(1));
        let begun = at(leaves, leaf).map_or(0, |leaf| leaf.begun(number));
        let last = self.values.len().saturating_sub(1);
        (leaf * KEYS + begun).saturating_sub(1).min(last)
    }

    /// The ranges that it was made of.
    pub(super) fn ranges(&self) -> impl Iterator<Item = (u64, u32)> {
        let leaves = self.levels.last().into_iter().flatten();
        let starts = leaves.flat_map(|leaf| leaf.0);
        starts.zip(self.values.iter().copied())
    }
}

/// A node of a level. The last number may lead beyond the last node, which has it too.
#[inline]
fn at(level: &[Node], node: usize) -> Option<&Node> {
    level.get(node.min(level.len().saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table::ranges::begin;

    #[test]
    fn a_node_is_a_cache_line() {
        assert_eq!(size_of::<Node>(), 64);
    }

    prop_compose! {
        /// Ranges that cover all numbers, many of them side by side.
        fn any_ranges()(
            first in 0..5_u32,
            starts in prop::collection::btree_map(
                (any::<bool>(), any::<u64>(), 0..=64_u32).prop_map(|(at_end, bits, low)| {
                    let low = bits.checked_shr(low).unwrap_or(0);
                    if at_end { !low } else { low }
                }),
                0..5_u32,
                0..600,
            ),
        ) -> Ranges<u64> {
            let mut ranges = vec![(0, first)];
            for (start, value) in starts {
                begin(&mut ranges, start, value);
            }
            ranges
        }
    }

    proptest! {
        #[test]
        fn numbers_have_the_value_of_their_range(
            ranges in any_ranges(),
            others in prop::collection::vec(any::<u64>(), 64),
        ) {
            let tree = Tree::new(&ranges);
            prop_assert_eq!(tree.ranges().collect::<Ranges<u64>>(), ranges.clone());
            let edges = ranges.iter().flat_map(|(start, _)| [*start, start.wrapping_sub(1)]);
            let numbers: Vec<u64> = edges.chain(others).collect();
            for numbers in numbers.chunks(64) {
                let mut found = [9; 64];
                tree.find_all(numbers, &mut found);
                for (number, found) in numbers.iter().zip(found) {
                    let begun = ranges.partition_point(|(start, _)| start <= number);
                    prop_assert_eq!(tree.find(*number), Some(ranges[begun - 1].1));
                    prop_assert_eq!(found, ranges[begun - 1].1);
                }
            }
        }
    }
}
