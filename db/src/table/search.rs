//! Ranges of both families, ready to be searched.

use std::net::IpAddr;

use super::multibit::Multibit;
use super::ranges::{Ranges, begin};
use super::tree::Tree;

/// Where the value of an address of either family is found.
#[derive(Debug, Clone, Default)]
pub(super) struct Search {
    v4: Multibit,
    /// The first halves of IPv6 addresses: hardly any prefix is longer than /64, so that
    /// they nearly always decide.
    v6: Tree,
    /// For first halves that do not: where the ranges of their second halves end. They
    /// begin where those before end.
    halves: Vec<u32>,
    seconds: Ranges<u64>,
}

/// The bit of a first half's value by which its second half decides; the rest is the
/// number of its second halves' ranges. Values are numbers of rows, of which there are far fewer.
const HALVES: u32 = 1 << 31;

impl Search {
    /// A search of ranges that begin with the first address.
    pub(super) fn new(v4: &Ranges<u32>, v6: &Ranges<u128>) -> Self {
        let mut search = Self {
            v4: Multibit::new(v4),
            ..Self::default()
        };
        let firsts = search.firsts(v6);
        search.v6 = Tree::new(&firsts);
        search.seconds.shrink_to_fit();
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
                if half(start) != 0 {
                    self.seconds.push((0, before));
                }
                let seconds = same.iter().map(|(start, value)| (half(*start), *value));
                self.seconds.extend(seconds);
                firsts.push((first, HALVES | short(self.halves.len())));
                self.halves.push(short(self.seconds.len()));
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
        self.v4
            .walk(&mut |start, value| begin(&mut ranges, start, value));
        ranges
    }

    /// The ranges of IPv6 that it was made of.
    pub(super) fn ranges_v6(&self) -> Ranges<u128> {
        let mut ranges = Ranges::new();
        for (first, value) in self.v6.ranges() {
            let first = u128::from(first) << 64;
            match self.seconds_of(value) {
                Some(seconds) => {
                    for (second, value) in seconds {
                        begin(&mut ranges, first | u128::from(*second), *value);
                    }
                }
                None => begin(&mut ranges, first, value),
            }
        }
        ranges
    }

    /// The ranges of second halves, if they decide.
    #[inline]
    fn seconds_of(&self, value: u32) -> Option<&[(u64, u32)]> {
        if value & HALVES == 0 {
            return None;
        }
        let at = number(value & !HALVES);
        let end = number(*self.halves.get(at)?);
        let before = at.checked_sub(1).and_then(|before| self.halves.get(before));
        self.seconds.get(before.map_or(0, |end| number(*end))..end)
    }

    /// The value of an address whose first half has this one.
    #[inline]
    fn decide(&self, value: u32, second: u64) -> u32 {
        let Some(seconds) = self.seconds_of(value) else {
            return value;
        };
        let begun = seconds.partition_point(|(start, _)| *start <= second);
        let range = seconds.get(begun.saturating_sub(1));
        range.map_or(NOTHING, |(_, value)| *value)
    }

    /// The value of an address; `None` where there are no ranges.
    #[inline]
    pub(super) fn find(&self, addr: IpAddr) -> Option<u32> {
        match addr {
            IpAddr::V4(addr) => self.v4.find(addr.to_bits()),
            IpAddr::V6(addr) => {
                let bits = addr.to_bits();
                let value = self.v6.find(half(bits >> 64))?;
                Some(self.decide(value, half(bits)))
            }
        }
    }

    /// The values of as many addresses as there are places, in their order; those of
    /// places that are left over are left as they are.
    #[inline]
    pub(super) fn find_all(&self, addrs: &[IpAddr], values: &mut [u32; BATCH]) {
        let mut v4 = [0; BATCH];
        let mut count = 0;
        for (bits, addr) in v4.iter_mut().zip(addrs) {
            if let IpAddr::V4(addr) = addr {
                *bits = addr.to_bits();
                count += 1;
            }
        }
        if count == addrs.len() {
            return self.v4.find_all(&v4[..count.min(BATCH)], values);
        }
        self.find_others(addrs, values);
    }

    /// [`find_all`](Self::find_all) of addresses that are not all of IPv4.
    fn find_others(&self, addrs: &[IpAddr], values: &mut [u32; BATCH]) {
        let mut v4 = Asked::new(0);
        let mut v6 = Asked::new(0);
        let mut seconds = [0; BATCH];
        for ((place, addr), second) in (0..).zip(addrs).zip(&mut seconds) {
            match addr {
                IpAddr::V4(addr) => v4.push(place, addr.to_bits()),
                IpAddr::V6(addr) => {
                    let bits = addr.to_bits();
                    v6.push(place, half(bits >> 64));
                    *second = half(bits);
                }
            }
        }
        let mut found = [NOTHING; BATCH];
        if !v4.asked().is_empty() {
            self.v4.find_all(v4.asked(), &mut found);
            v4.put(&found, |place, value| values[place] = value);
            found = [NOTHING; BATCH];
        }
        self.v6.find_all(v6.asked(), &mut found);
        v6.put(&found, |place, value| {
            values[place] = self.decide(value, seconds[place]);
        });
    }
}

/// Addresses that are looked up at once: enough for all reads that a processor has on the
/// way at a time, and few enough for what is read to stay in the nearest cache.
pub(super) const BATCH: usize = 64;

/// No value.
pub(super) const NOTHING: u32 = HALVES - 1;

/// Addresses of one family, and their places among all that are asked for.
struct Asked<A> {
    addrs: [A; BATCH],
    places: [u8; BATCH],
    count: usize,
}

impl<A: Copy> Asked<A> {
    const fn new(zero: A) -> Self {
        Self {
            addrs: [zero; BATCH],
            places: [0; BATCH],
            count: 0,
        }
    }

    #[inline]
    fn push(&mut self, place: u8, addr: A) {
        if let (Some(at), Some(to)) = (
            self.addrs.get_mut(self.count),
            self.places.get_mut(self.count),
        ) {
            (*at, *to) = (addr, place);
            self.count += 1;
        }
    }

    #[inline]
    fn asked(&self) -> &[A] {
        &self.addrs[..self.count.min(BATCH)]
    }

    /// Tells the place of each, and what was found.
    #[inline]
    fn put(&self, found: &[u32; BATCH], mut tell: impl FnMut(usize, u32)) {
        let places = &self.places[..self.count.min(BATCH)];
        for (place, found) in places.iter().zip(found) {
            tell(usize::from(*place) % BATCH, *found);
        }
    }
}

/// The low 64 bits.
#[inline]
fn half(bits: u128) -> u64 {
    u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(0)
}

/// A number that was made of a `usize`.
#[inline]
const fn number(short: u32) -> usize {
    short as usize
}

/// A number of ranges. There are fewer than 2^31: a builder takes 2^26 statements.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
