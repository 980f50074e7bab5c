//! Ranges of both families, ready to be searched.

use std::net::IpAddr;

use super::index::{Index, Node};
use super::key::Key;
use super::ranges::{Ranges, begin};

/// Where the value of an address of either family is found.
#[derive(Debug, Clone)]
pub(super) struct Search {
    root_v4: Node,
    v4: Index<u32>,
    root_v6: Node,
    /// Both halves of IPv6 addresses: hardly any prefix is longer than /64, so that the
    /// first half nearly always decides.
    v6: Index<u64>,
    /// For first halves that do not: the roots for their second halves.
    halves: Vec<Node>,
}

/// The bit of a first half's value by which its second half decides; the rest is the
/// number of its root. Values are numbers of rows, of which there are far fewer.
const HALVES: u32 = 1 << 31;

impl Search {
    /// A search of ranges that begin with the first address.
    pub(super) fn new(v4: &Ranges<u32>, v6: &Ranges<u128>) -> Self {
        let mut search = Self::default();
        search.root_v4 = search.v4.add(v4);
        search.v4.shrink();
        let firsts = search.firsts(v6);
        search.root_v6 = search.v6.add(&firsts);
        search.v6.shrink();
        search
    }

    /// The ranges of first halves; those of second halves are added where they count.
    fn firsts(&mut self, ranges: &Ranges<u128>) -> Ranges<u64> {
        let mut firsts = Ranges::new();
        let mut before = 0;
        for same in ranges.chunk_by(|one, other| half(one.0 >> 64) == half(other.0 >> 64)) {
            let Some((start, value)) = same.first().copied() else {
                continue;
            };
            let first = half(start >> 64);
            // What reaches into it from before ends where it begins, or the next half.
            if let ([_], 0) = (same, half(start)) {
                firsts.push((first, value));
            } else {
                let mut seconds: Ranges<u64> = Ranges::new();
                if half(start) != 0 {
                    seconds.push((0, before));
                }
                seconds.extend(same.iter().map(|(start, value)| (half(*start), *value)));
                let root = u32::try_from(self.halves.len()).unwrap_or(0);
                let node = self.v6.add(&seconds);
                self.halves.push(node);
                firsts.push((first, HALVES | root));
                let after = same.last().map_or(value, |(_, value)| *value);
                firsts.extend(first.checked_add(1).map(|next| (next, after)));
            }
            before = same.last().map_or(before, |(_, value)| *value);
        }
        // Of two that begin together the first was empty.
        firsts.reverse();
        firsts.dedup_by_key(|(start, _)| *start);
        firsts.reverse();
        firsts
    }

    /// The ranges of IPv4 that it was made of.
    pub(super) fn ranges_v4(&self) -> Ranges<u32> {
        let mut ranges = Ranges::new();
        self.v4.walk(self.root_v4, &mut |start, value| {
            begin(&mut ranges, start, value);
        });
        ranges
    }

    /// The ranges of IPv6 that it was made of.
    pub(super) fn ranges_v6(&self) -> Ranges<u128> {
        let mut ranges = Ranges::new();
        self.v6.walk(self.root_v6, &mut |first, value| {
            let first = u128::from(first) << 64;
            let mut tell = |second, value| begin(&mut ranges, first | u128::from(second), value);
            match self.halves(value) {
                Some(root) => self.v6.walk(root, &mut tell),
                None => tell(0, value),
            }
        });
        ranges
    }

    /// The root for second halves, if they decide.
    #[inline]
    fn halves(&self, value: u32) -> Option<Node> {
        if value & HALVES == 0 {
            return None;
        }
        let root = usize::try_from(value & !HALVES).ok()?;
        self.halves.get(root).copied()
    }

    /// The value of an address; 0 where there are no ranges.
    #[inline]
    pub(super) fn find(&self, addr: IpAddr) -> Option<u32> {
        match addr {
            IpAddr::V4(addr) => self.v4.find(self.root_v4, addr.to_bits()),
            IpAddr::V6(addr) => {
                let bits = addr.to_bits();
                let value = self.v6.find(self.root_v6, half(bits >> 64))?;
                match self.halves(value) {
                    Some(root) => self.v6.find(root, half(bits)),
                    None => Some(value),
                }
            }
        }
    }
}

/// The low 64 bits.
#[inline]
fn half(bits: u128) -> u64 {
    u64::try_from(bits & u128::from(<u64 as Key>::MAX)).unwrap_or(0)
}

impl Default for Search {
    fn default() -> Self {
        Self {
            root_v4: Node::One(0),
            v4: Index::default(),
            root_v6: Node::One(0),
            v6: Index::default(),
            halves: Vec::new(),
        }
    }
}
