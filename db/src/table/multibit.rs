//! The look-up of IPv4: which of many ranges an address lies in.
//!
//! A trie that is cut by several bits a step. The root is cut by so many that most
//! addresses are told apart one step below it; what is more specific lies deeper. A node
//! has a bit for each part that has another value than the part before it, and the values
//! lie in one list, so that the bits up to a part count the way to its value (Eatherton,
//! Varghese and Dittia 2004; Asai and Ohara 2015). To take a step is the same whatever
//! lies there. So a processor need not guess, and reads for many addresses at once.

use prefetch_index::prefetch_index;

use super::ranges::Ranges;

/// Bits by which a node is cut.
const BITS: u32 = 5;
/// Bits of a key: an address, and zeros behind it that make whole steps of it.
const KEY_BITS: u32 = 34;
const ZEROS: u32 = KEY_BITS - u32::BITS;
/// Bits by which the root may be cut; the rest of a key is whole steps.
const ROOT_BITS: [u32; 4] = [19, 14, 9, 4];
/// The bit of a value that leads to another node, whose number is the rest.
const DEEPER: u32 = 1 << 31;

/// Ranges of IPv4 addresses and their values, ready to be searched.
#[derive(Debug, Clone, Default)]
pub(super) struct Multibit {
    /// How many low bits of a key the parts of the root share out.
    below_root: u32,
    /// Those that the root is cut into, then those that lie deeper.
    nodes: Vec<Node>,
    values: Vec<u32>,
}

/// Some neighbouring keys, cut by the next bits of them.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(8))]
struct Node {
    /// A bit for each part that has another value than the part before it. The lowest,
    /// which is that of the first part, is never set.
    changes: u32,
    /// Where the value of the first part is.
    first: u32,
}

impl Node {
    /// Where the value is of the part that these low bits say.
    #[inline]
    fn value_at(self, bits: u64) -> usize {
        let [low, ..] = bits.to_le_bytes();
        let part = u32::from(low) % (1 << BITS);
        let changed = (self.changes & (u32::MAX >> (31 - part))).count_ones();
        number(self.first + changed)
    }
}

/// The ranges that begin within some keys, and the value before them.
#[derive(Clone, Copy)]
struct Within<'a> {
    before: u32,
    ranges: &'a [(u32, u32)],
}

impl Within<'_> {
    /// Takes the ranges away that begin before a key, those from `first` on.
    fn split_off(&mut self, first: u64, end: u64) -> Self {
        if let Some(((start, value), rest)) = self.ranges.split_first()
            && key(*start) == first
        {
            (self.before, self.ranges) = (*value, rest);
        }
        let begun = self.ranges.iter();
        let begun = begun.take_while(|(start, _)| key(*start) < end).count();
        let (ranges, rest) = self.ranges.split_at(begun);
        let taken = Self { ranges, ..*self };
        self.before = ranges.last().map_or(self.before, |(_, value)| *value);
        self.ranges = rest;
        taken
    }
}

impl Multibit {
    /// A search of ranges that begin with the first address.
    pub(super) fn new(ranges: &Ranges<u32>) -> Self {
        let mut made = Self::default();
        let all = ranges.len();
        let root_bits = ROOT_BITS.into_iter().find(|bits| all >> bits != 0);
        let root_bits = root_bits.unwrap_or(ROOT_BITS[ROOT_BITS.len() - 1]);
        if all == 0 {
            return made;
        }
        made.below_root = KEY_BITS - root_bits;
        made.nodes.resize(1 << root_bits, Node::default());
        let mut rest = Within { before: 0, ranges };
        let mut first = 0;
        for at in 0..1 << root_bits {
            let end = first + (1 << made.below_root);
            let within = rest.split_off(first, end);
            made.nodes[at] = made.node(first, made.below_root, within);
            first = end;
        }
        made.nodes.shrink_to_fit();
        made.values.shrink_to_fit();
        made
    }

    /// Makes the node of the keys from `first` on that differ in so many low bits, and what
    /// is below it.
    fn node(&mut self, mut first: u64, low: u32, mut rest: Within<'_>) -> Node {
        let below = low - BITS;
        let mut changes = 0;
        let mut values = Vec::with_capacity(1 << BITS);
        for part in 0..1 << BITS {
            let end = first + (1 << below);
            let within = rest.split_off(first, end);
            let value = if within.ranges.is_empty() {
                within.before
            } else {
                let node = self.node(first, below, within);
                self.nodes.push(node);
                DEEPER | short(self.nodes.len() - 1)
            };
            if values.last() != Some(&value) {
                changes |= u32::from(part != 0) << part;
                values.push(value);
            }
            first = end;
        }
        // Neighbours share a value that goes on.
        if self.values.last() == values.first() {
            self.values.pop();
        }
        let first = short(self.values.len());
        self.values.extend(values);
        Node { changes, first }
    }

    /// The value of an address; `None` where there are no ranges.
    #[inline]
    pub(super) fn find(&self, addr: u32) -> Option<u32> {
        let node = number(u32::try_from(key(addr) >> self.below_root).ok()?);
        let low = self.below_root.saturating_sub(BITS);
        let at = self.nodes.get(node)?.value_at(key(addr) >> low);
        let value = *self.values.get(at)?;
        if value & DEEPER == 0 {
            return Some(value);
        }
        self.find_deeper(addr, value)
    }

    /// The value of an address, from a value on that leads deeper.
    fn find_deeper(&self, addr: u32, mut value: u32) -> Option<u32> {
        let mut low = self.below_root.saturating_sub(BITS);
        while value & DEEPER != 0 {
            low = low.checked_sub(BITS)?;
            let at = self.nodes.get(number(value & !DEEPER))?;
            value = *self.values.get(at.value_at(key(addr) >> low))?;
        }
        Some(value)
    }

    /// The values of as many addresses; those beyond the places that there are get none.
    /// Where there are no ranges, the places are left as they are.
    ///
    /// Each loop reads one cache line for each address, and none waits for another.
    #[inline]
    pub(super) fn find_all<const N: usize>(&self, addrs: &[u32], values: &mut [u32; N]) {
        let low = self.below_root.saturating_sub(BITS);
        let Some(last) = self.nodes.len().checked_sub(1) else {
            return;
        };
        let mut at = [0; N];
        for (at, addr) in at.iter_mut().zip(addrs) {
            let node = usize::try_from(key(*addr) >> self.below_root).unwrap_or(0);
            *at = node.min(last);
            prefetch_index(&self.nodes, *at);
        }
        for (at, addr) in at.iter_mut().zip(addrs) {
            *at = self.nodes[*at].value_at(key(*addr) >> low);
            prefetch_index(&self.values, *at);
        }
        for ((value, at), _) in values.iter_mut().zip(at).zip(addrs) {
            *value = self.values.get(at).copied().unwrap_or(0);
        }
        self.go_deeper(addrs, values);
    }

    /// Goes on, a level at a time, where values lead deeper.
    #[inline]
    fn go_deeper<const N: usize>(&self, addrs: &[u32], values: &mut [u32; N]) {
        let mut places = [0; N];
        let mut left = 0;
        for (place, (value, _)) in values.iter().zip(addrs).enumerate() {
            places[left] = place;
            left += usize::from(value & DEEPER != 0);
        }
        let mut low = self.below_root.saturating_sub(BITS);
        while left != 0 && low >= BITS {
            low -= BITS;
            let among = &mut places[..left.min(N)];
            left = self.one_deeper(low, addrs, values, among);
        }
    }
    /// Takes one step for the addresses at some places, and tells how many of these, now
    /// at the front, have yet to go deeper.
    fn one_deeper<const N: usize>(
        &self,
        low: u32,
        addrs: &[u32],
        values: &mut [u32; N],
        places: &mut [usize],
    ) -> usize {
        for place in &*places {
            prefetch_index(&self.nodes, number(values[*place] & !DEEPER));
        }
        let mut at = [0; N];
        for (at, place) in at.iter_mut().zip(&*places) {
            let node = self.nodes.get(number(values[*place] & !DEEPER));
            *at = node.map_or(0, |node| node.value_at(key(addrs[*place]) >> low));
            prefetch_index(&self.values, *at);
        }
        let mut left = 0;
        for (of, at) in (0..places.len()).zip(at) {
            let place = places[of];
            values[place] = self.values.get(at).copied().unwrap_or(0);
            places[left] = place;
            left += usize::from(values[place] & DEEPER != 0);
        }
        left
    }

    /// Tells all ranges in order. Neighbours may be of one value.
    pub(super) fn walk(&self, tell: &mut impl FnMut(u32, u32)) {
        if self.nodes.is_empty() {
            return;
        }
        let mut first = 0;
        for node in self.nodes.iter().take(1 << (KEY_BITS - self.below_root)) {
            self.walk_from(*node, first, self.below_root, tell);
            first += 1 << self.below_root;
        }
    }

    fn walk_from(&self, node: Node, first: u64, low: u32, tell: &mut impl FnMut(u32, u32)) {
        let below = low - BITS;
        let mut parts = node.changes | 1;
        while parts != 0 {
            let part = u64::from(parts.trailing_zeros());
            parts &= parts - 1;
            let first = first + (part << below);
            let Some(value) = self.values.get(node.value_at(part)) else {
                return;
            };
            match self.nodes.get(number(*value & !DEEPER)) {
                Some(deeper) if value & DEEPER != 0 => {
                    self.walk_from(*deeper, first, below, tell);
                }
                _ => tell(u32::try_from(first >> ZEROS).unwrap_or(u32::MAX), *value),
            }
        }
    }
}

#[inline]
fn key(addr: u32) -> u64 {
    u64::from(addr) << ZEROS
}

/// A number that was made of a `usize`.
#[inline]
const fn number(short: u32) -> usize {
    short as usize
}

/// A number of a node or a value. There are fewer than 2^31: a builder takes 2^26
/// statements.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::table::ranges::begin;

    /// Ranges that cover all addresses, many of them side by side.
    fn any_ranges() -> impl Strategy<Value = Ranges<u32>> {
        let start = (
            prop::sample::select(vec![0_u32, 0x0800_0000, 0xffff_ff00]),
            any::<u32>(),
            0..=32_u32,
        );
        let start = start.prop_map(|(place, bits, low)| place ^ bits.checked_shr(low).unwrap_or(0));
        let starts = prop::collection::btree_map(start, 0..5_u32, 0..600);
        (0..5_u32, starts).prop_map(|(first, mut starts): (_, BTreeMap<u32, u32>)| {
            starts.insert(0, first);
            let mut ranges = Ranges::new();
            for (start, value) in starts {
                begin(&mut ranges, start, value);
            }
            ranges
        })
    }

    #[test]
    fn however_many_ranges_there_are_each_is_found_by_its_first_and_last_address() {
        for bits in [0, 5, 10, 15, 19] {
            let width = u32::MAX >> bits;
            let starts =
                (0..1_u32 << bits).map(|number| number.checked_shl(32 - bits).unwrap_or(0));
            let ranges: Ranges<u32> = starts.zip((0..7).cycle()).collect();
            let made = Multibit::new(&ranges);
            for (start, value) in ranges {
                assert_eq!(made.find(start), Some(value), "{bits} bits");
                assert_eq!(made.find(start | width), Some(value), "{bits} bits");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_told_is_what_it_was_made_of(ranges in any_ranges()) {
            let mut told = Ranges::new();
            Multibit::new(&ranges).walk(&mut |start, value| begin(&mut told, start, value));
            prop_assert_eq!(told, ranges);
        }

        #[test]
        fn addresses_have_the_value_of_their_range(
            ranges in any_ranges(),
            others in prop::collection::vec(any::<u32>(), 64),
        ) {
            let made = Multibit::new(&ranges);
            let edges = ranges.iter().flat_map(|(start, _)| [*start, start.wrapping_sub(1)]);
            let addrs: Vec<u32> = edges.chain(others).collect();
            for addrs in addrs.chunks(64) {
                let mut found = [9; 64];
                made.find_all(addrs, &mut found);
                for (addr, found) in addrs.iter().zip(found) {
                    let begun = ranges.partition_point(|(start, _)| start <= addr);
                    prop_assert_eq!(made.find(*addr), Some(ranges[begun - 1].1));
                    prop_assert_eq!(found, ranges[begun - 1].1);
                }
            }
        }
    }
}
