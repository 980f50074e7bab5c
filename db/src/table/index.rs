//! The look-up: which of many ranges an address lies in.
//!
//! Ranges are found by a trie that is as fine as they are dense. A node is of one value, or
//! of few ranges that lie in one cache line, or is cut into equal parts by the next bits
//! of the address, as many as the ranges in it deserve. So the densest parts of the
//! address space are two or three cache lines away, and empty ones take no room. What
//! takes one bit a step, or cuts everywhere alike, is slower or larger (Gupta, Lin and
//! McKeown 1998; Asai and Ohara 2015).

use super::key::Key;

/// Bits by which the first node is cut at most: a number for each /18 of IPv4.
const ROOT_BITS_MAX: u32 = 18;
/// Bits by which another node is cut at most.
const BITS_MAX: u32 = 12;

/// Ranges of keys and their values, ready to be searched: of one space or of several,
/// each of which has a root.
#[derive(Debug, Clone)]
pub(super) struct Index<K: Key> {
    /// The parts of a node lie side by side.
    nodes: Vec<Node>,
    leaves: Vec<K::Leaf>,
}

/// A part of the space: as many keys as fit into some bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    /// All keys have this value.
    One(u32),
    /// The number of the leaf that tells the ranges apart.
    Few(u32),
    /// Cut by bits of the key.
    Parts {
        /// The number of the first part.
        first: u32,
        /// How far to the right those bits are moved,
        shift: u8,
        /// and how many they are.
        bits: u8,
    },
}

/// A few ranges, in one cache line. It has room for one value more than for starts; what
/// it does not need of either repeats the last key and the last value.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Leaf<K, const STARTS: usize, const VALUES: usize> {
    starts: [K; STARTS],
    values: [u32; VALUES],
}

/// What an index asks of its leaves.
pub(super) trait FewRanges<K>: Copy {
    /// How many ranges may begin within a leaf.
    const STARTS: usize;

    /// A leaf of the value before the first start, and of starts and values from there on.
    fn new(before: u32, ranges: &[(K, u32)]) -> Self;

    /// The value of a key.
    fn value(&self, key: K) -> u32;

    /// The value before the first start, and starts and values from there on.
    fn ranges(&self) -> (u32, impl Iterator<Item = (K, u32)>);
}

impl<K: Key, const STARTS: usize, const VALUES: usize> FewRanges<K> for Leaf<K, STARTS, VALUES> {
    const STARTS: usize = STARTS;

    fn new(before: u32, ranges: &[(K, u32)]) -> Self {
        let last = ranges.last().map_or(before, |(_, value)| *value);
        let mut leaf = Self {
            starts: [K::MAX; STARTS],
            values: [last; VALUES],
        };
        leaf.values[0] = before;
        for (start, (found, _)) in leaf.starts.iter_mut().zip(ranges) {
            *start = *found;
        }
        for (value, (_, found)) in leaf.values[1..].iter_mut().zip(ranges) {
            *value = *found;
        }
        leaf
    }

    #[inline]
    fn value(&self, key: K) -> u32 {
        // All of them, without a branch.
        let begun = self.starts.iter().filter(|start| **start <= key).count();
        self.values[begun.min(VALUES - 1)]
    }

    fn ranges(&self) -> (u32, impl Iterator<Item = (K, u32)>) {
        let values = self.values[1..].iter().copied();
        (self.values[0], self.starts.iter().copied().zip(values))
    }
}

impl<K: Key> Index<K> {
    /// Adds ranges that cover a space, in ascending order from the first key on; gives
    /// the root to find them by.
    pub(super) fn add(&mut self, ranges: &[(K, u32)]) -> Node {
        let Some(((_, value), within)) = ranges.split_first() else {
            return Node::One(0);
        };
        let all = Part {
            first: K::ZERO,
            width: K::BITS,
            before: *value,
            within,
        };
        self.node(all, ROOT_BITS_MAX)
    }

    /// The value of a key, from a root on.
    #[inline]
    pub(super) fn find(&self, root: Node, key: K) -> Option<u32> {
        let mut node = root;
        loop {
            match node {
                Node::One(value) => return Some(value),
                Node::Few(leaf) => return Some(self.leaves.get(number(leaf))?.value(key)),
                Node::Parts { first, shift, bits } => {
                    node = *self.nodes.get(number(first) + key.part(shift, bits))?;
                }
            }
        }
    }

    /// Tells all ranges that are found from a root on, in order. Neighbours may be of one
    /// value.
    pub(super) fn walk(&self, root: Node, tell: &mut impl FnMut(K, u32)) {
        self.walk_from(root, K::ZERO, tell);
    }

    fn walk_from(&self, node: Node, start: K, tell: &mut impl FnMut(K, u32)) {
        match node {
            Node::One(value) => tell(start, value),
            Node::Few(leaf) => {
                let Some(leaf) = self.leaves.get(number(leaf)) else {
                    return;
                };
                let (before, ranges) = leaf.ranges();
                tell(start, before);
                for (start, value) in ranges {
                    tell(start, value);
                }
            }
            Node::Parts { first, shift, bits } => {
                let mut start = Some(start);
                for node in self.nodes.iter().skip(number(first)).take(1 << bits) {
                    let Some(at) = start else { return };
                    self.walk_from(*node, at, tell);
                    start = at.last(K::BITS - u32::from(shift)).next();
                }
            }
        }
    }

    /// Decides what a node is, and makes what is below it.
    fn node(&mut self, part: Part<'_, K>, bits_max: u32) -> Node {
        let count = part.within.len();
        if count == 0 {
            return Node::One(part.before);
        }
        if count <= K::Leaf::STARTS {
            let leaf = Node::Few(short(self.leaves.len()));
            self.leaves.push(K::Leaf::new(part.before, part.within));
            return leaf;
        }
        // About half as many parts as ranges.
        let bits = (count.ilog2() - 1).clamp(1, bits_max).min(part.width);
        let first = self.nodes.len();
        let width = part.width - bits;
        self.nodes.resize(first + (1 << bits), Node::One(0));
        let mut rest = part;
        for number in 0..1 << bits {
            let below = rest.split_off(width);
            self.nodes[first + number] = self.node(below, BITS_MAX);
        }
        Node::Parts {
            first: short(first),
            shift: small(width),
            bits: small(bits),
        }
    }

    /// Lets go of room that is not needed.
    pub(super) fn shrink(&mut self) {
        self.nodes.shrink_to_fit();
        self.leaves.shrink_to_fit();
    }
}

impl<K: Key> Default for Index<K> {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            leaves: Vec::new(),
        }
    }
}

/// The keys of a node that is yet to be made.
#[derive(Clone, Copy)]
struct Part<'a, K> {
    first: K,
    /// How many low bits of them differ.
    width: u32,
    /// The value of the first key.
    before: u32,
    /// The ranges that begin after it.
    within: &'a [(K, u32)],
}

impl<K: Key> Part<'_, K> {
    /// Takes the first keys away: those of the low `width` bits.
    fn split_off(&mut self, width: u32) -> Self {
        let last = self.first.last(K::BITS - width);
        let beyond = self.within.partition_point(|(start, _)| *start <= last);
        let (within, mut rest) = self.within.split_at(beyond);
        let taken = Self { within, ..*self };
        let taken = Self { width, ..taken };
        if let Some((_, value)) = within.last() {
            self.before = *value;
        }
        if let Some(next) = last.next() {
            self.first = next;
            if let Some(((_, value), after)) = rest.split_first().filter(|(it, _)| it.0 == next) {
                self.before = *value;
                rest = after;
            }
        }
        self.within = rest;
        taken
    }
}

/// A number that was made of a `usize`.
#[inline]
const fn number(short: u32) -> usize {
    short as usize
}

/// A number of a leaf or a node. There are fewer than 2^32: a builder takes 2^26
/// statements, each of which begins and ends a range.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A number of bits.
fn small(bits: u32) -> u8 {
    u8::try_from(bits).unwrap_or(u8::MAX)
}
