//! A map of exporters from which those that are new leave first.
//!
//! Over UDP a source address can be forged, a million of them as well as one. A flood of
//! them must not displace the exporters that were there before: one is settled once it
//! was heard of over a while, and while new ones have more than their share of the
//! places, new ones make room for each other.

use super::{LruMap, Seed};
use crate::Transport;

/// Over what time an exporter is heard of until it is settled, in milliseconds of
/// receive time. Exporters that are alive send at least once in it.
const SETTLED_MS: i64 = 60_000;
/// The share of the places that new exporters may take from settled ones: one in so many.
const SHARE: usize = 4;

#[derive(Debug)]
struct New<V> {
    since_ms: i64,
    value: V,
}

/// Values by exporter, within a capacity.
#[derive(Debug)]
pub(crate) struct Exporters<V> {
    settled: LruMap<u128, V>,
    new: LruMap<u128, New<V>>,
    capacity: usize,
}

impl<V> Exporters<V> {
    /// None, and room for so many; for 1 if that is 0.
    pub(crate) fn new(capacity: usize, seed: Seed) -> Self {
        Self {
            settled: LruMap::new(capacity, seed),
            new: LruMap::new(capacity, seed),
            capacity: capacity.max(1),
        }
    }

    /// The value of an exporter, without counting as a use.
    pub(crate) fn peek(&self, key: &u128) -> Option<&V> {
        let settled = self.settled.peek(key);
        settled.or_else(|| self.new.peek(key).map(|new| &new.value))
    }

    /// The value of an exporter, which is now the most recently used of its kind.
    pub(crate) fn touch(&mut self, key: &u128) -> Option<&mut V> {
        let settled = self.settled.touch(key);
        settled.or_else(|| self.new.touch(key).map(|new| &mut new.value))
    }

    /// Whether an exporter is settled.
    pub(crate) fn is_settled(&self, key: &u128) -> bool {
        self.settled.peek(key).is_some()
    }

    /// All values, in no particular order.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        let new = self.new.iter().map(|(_, new)| &new.value);
        self.settled.iter().map(|(_, value)| value).chain(new)
    }

    /// Takes note that an exporter was heard of, and makes its value if it has none. One
    /// that was heard of over a stream is settled at once: its address is its own, and
    /// what it has told there it does not repeat. The value that had to leave comes back.
    pub(crate) fn hear(
        &mut self,
        key: u128,
        (now_ms, transport): (i64, Transport),
        make: impl FnOnce() -> V,
    ) -> Option<V> {
        if self.settled.touch(&key).is_some() {
            return None;
        }
        let mut left = None;
        if self.new.touch(&key).is_none() {
            left = self.make_place();
            let (since_ms, value) = (now_ms, make());
            self.new.insert(key, New { since_ms, value });
        }
        let since_ms = self.new.peek(&key).map_or(now_ms, |new| new.since_ms);
        let over = now_ms.saturating_sub(since_ms) >= SETTLED_MS;
        if over || transport == Transport::Stream {
            self.settle(key);
        }
        left
    }

    /// Makes a place for a new one; the value that had to leave comes back.
    fn make_place(&mut self) -> Option<V> {
        if self.settled.len() + self.new.len() < self.capacity {
            return None;
        }
        if self.new.len() > self.capacity / SHARE || self.settled.is_empty() {
            self.new.pop_oldest().map(|(_, new)| new.value)
        } else {
            self.settled.pop_oldest().map(|(_, value)| value)
        }
    }

    /// Takes out the value used longest ago that is not of this exporter, of a new one if
    /// there is any.
    pub(crate) fn pop_for(&mut self, key: u128) -> Option<V> {
        if self.new.oldest().is_some_and(|&oldest| oldest != key) {
            return self.new.pop_oldest().map(|(_, new)| new.value);
        }
        let other = self.settled.oldest().is_some_and(|&oldest| oldest != key);
        let (_, value) = other.then(|| self.settled.pop_oldest())??;
        Some(value)
    }

    /// All values and whether they are settled: these first, the most recently used first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = (&V, bool)> {
        let settled = self.settled.newest_first().map(|(_, value)| (value, true));
        let new = self.new.newest_first();
        settled.chain(new.map(|(_, new)| (&new.value, false)))
    }

    /// Settles an exporter at once.
    pub(crate) fn settle(&mut self, key: u128) {
        if let Some(New { value, .. }) = self.new.remove(&key) {
            self.settled.insert(key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    /// Exporters 1 to 3 that are settled, in a map with room for eight.
    fn settled() -> Exporters<u128> {
        let mut map = Exporters::new(8, Seed(1));
        for now_ms in [0, MINUTE] {
            for key in 1..=3 {
                assert_eq!(map.hear(key, (now_ms, Transport::Udp), || key), None);
            }
        }
        map
    }

    fn known(map: &Exporters<u128>) -> Vec<u128> {
        let mut known: Vec<u128> = map.values().copied().collect();
        known.sort_unstable();
        known
    }

    #[test]
    fn a_flood_of_new_ones_displaces_new_ones() {
        let mut map = settled();
        for key in 100..1_100 {
            let left = map.hear(key, (MINUTE, Transport::Udp), || key);
            assert_eq!(left, (key >= 105).then(|| key - 5));
        }
        assert_eq!(known(&map)[..3], [1, 2, 3]);
        assert_eq!(known(&map).len(), 8);
    }

    #[test]
    fn new_ones_have_their_share_of_places_that_are_all_taken() {
        let mut map = Exporters::new(8, Seed(1));
        for now_ms in [0, MINUTE] {
            for key in 1..=8 {
                map.hear(key, (now_ms, Transport::Udp), || key);
            }
        }
        let left: Vec<_> = (11..=15)
            .map(|key| map.hear(key, (MINUTE, Transport::Udp), || key))
            .collect();
        assert_eq!(left, [1, 2, 3, 11, 12].map(Some));
        assert_eq!(known(&map), [4, 5, 6, 7, 8, 13, 14, 15]);
    }

    #[test]
    fn one_is_settled_once_it_was_heard_of_over_a_minute() {
        for (last_ms, stays) in [(MINUTE - 1, false), (MINUTE, true)] {
            let mut map = Exporters::new(4, Seed(1));
            map.hear(1, (0, Transport::Udp), || 1);
            map.hear(1, (last_ms, Transport::Udp), || 1);
            for key in 10..20 {
                map.hear(key, (last_ms, Transport::Udp), || key);
            }
            assert_eq!(map.peek(&1).is_some(), stays, "{last_ms}");
        }
    }

    #[test]
    fn one_of_a_stream_is_settled_at_once() {
        let mut map = Exporters::new(4, Seed(1));
        map.hear(1, (0, Transport::Stream), || 1);
        map.hear(2, (0, Transport::Udp), || 2);
        map.hear(2, (1, Transport::Stream), || 2);
        for key in 10..20 {
            map.hear(key, (1, Transport::Udp), || key);
        }
        assert_eq!(known(&map), [1, 2, 18, 19]);
    }

    #[test]
    fn of_equals_the_one_used_longest_ago_leaves() {
        let mut map = Exporters::new(2, Seed(1));
        map.hear(1, (0, Transport::Udp), || 1);
        map.hear(2, (0, Transport::Udp), || 2);
        map.hear(1, (0, Transport::Udp), || 1);
        assert_eq!(map.hear(3, (0, Transport::Udp), || 3), Some(2));
        assert_eq!(
            Exporters::new(0, Seed(1)).hear(1, (0, Transport::Udp), || 1),
            None
        );
    }

    #[test]
    fn room_is_made_by_new_ones_first_and_never_by_the_one_that_needs_it() {
        let mut map = settled();
        map.hear(9, (MINUTE, Transport::Udp), || 9);
        map.hear(10, (MINUTE, Transport::Udp), || 10);
        let left: Vec<_> = (0..5).map(|_| map.pop_for(10)).collect();
        assert_eq!(left, [Some(9), Some(1), Some(2), Some(3), None]);
        let mut map = settled();
        assert_eq!(map.touch(&1), Some(&mut 1));
        let left: Vec<_> = (0..3).map(|_| map.pop_for(1)).collect();
        assert_eq!(left, [Some(2), Some(3), None]);
    }
}
