//! A map of bounded size from which the least recently used entry leaves first.

use std::collections::HashMap;
use std::hash::Hash;

use super::Seed;

/// No node.
const NONE: u32 = u32::MAX;

#[derive(Debug)]
struct Node<K, V> {
    key: K,
    value: V,
    newer: u32,
    older: u32,
}

/// A map with a capacity; its nodes form a list in the order of their last use.
#[derive(Debug)]
pub(crate) struct LruMap<K, V> {
    index: HashMap<K, u32, Seed>,
    nodes: Vec<Node<K, V>>,
    newest: u32,
    oldest: u32,
    capacity: usize,
}

impl<K: Copy + Eq + Hash, V> LruMap<K, V> {
    /// An empty map of at most so many entries, and of 1 if that is 0.
    pub(crate) fn new(capacity: usize, seed: Seed) -> Self {
        Self {
            index: HashMap::with_hasher(seed),
            nodes: Vec::new(),
            newest: NONE,
            oldest: NONE,
            capacity: capacity.clamp(1, NONE as usize - 1),
        }
    }

    /// How many entries it has.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether it has none.
    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The value of a key, without counting as a use.
    pub(crate) fn peek(&self, key: &K) -> Option<&V> {
        let at = self.find(key)?;
        self.nodes.get(at as usize).map(|node| &node.value)
    }

    /// The value of a key, which is now the most recently used.
    pub(crate) fn touch(&mut self, key: &K) -> Option<&mut V> {
        let at = self.find(key)?;
        self.renew(at);
        self.nodes.get_mut(at as usize).map(|node| &mut node.value)
    }

    /// The place of a key. A message asks for the same one several times in a row.
    #[inline]
    fn find(&self, key: &K) -> Option<u32> {
        let newest = self.nodes.get(self.newest as usize);
        if newest.is_some_and(|node| node.key == *key) {
            return Some(self.newest);
        }
        self.index.get(key).copied()
    }

    /// Puts an entry in as the most recently used. What had to leave for it comes
    /// back: the old value of its key or the least recently used entry.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<(K, V)> {
        if let Some(held) = self.touch(&key) {
            return Some((key, std::mem::replace(held, value)));
        }
        let displaced = (self.len() >= self.capacity).then(|| self.pop_oldest());
        let at = u32::try_from(self.nodes.len()).unwrap_or(NONE);
        self.nodes.push(Node {
            key,
            value,
            newer: NONE,
            older: NONE,
        });
        self.index.insert(key, at);
        self.link_newest(at);
        displaced.flatten()
    }

    /// Takes an entry out.
    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.index.remove(key)?;
        self.unlink(at);
        self.take(at).map(|(_, value)| value)
    }

    /// The key of the least recently used entry.
    pub(crate) fn oldest(&self) -> Option<&K> {
        self.nodes.get(self.oldest as usize).map(|node| &node.key)
    }

    /// Takes the least recently used entry out.
    pub(crate) fn pop_oldest(&mut self) -> Option<(K, V)> {
        let key = self.nodes.get(self.oldest as usize)?.key;
        self.remove(&key).map(|value| (key, value))
    }

    /// All entries, in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.nodes.iter().map(|node| (&node.key, &node.value))
    }

    /// All entries, the least recently used first.
    pub(crate) fn oldest_first(&self) -> impl Iterator<Item = (&K, &V)> {
        let mut at = self.oldest;
        std::iter::from_fn(move || {
            let node = self.nodes.get(at as usize)?;
            at = node.newer;
            Some((&node.key, &node.value))
        })
    }

    /// All entries, the most recently used first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = (&K, &V)> {
        let mut at = self.newest;
        std::iter::from_fn(move || {
            let node = self.nodes.get(at as usize)?;
            at = node.older;
            Some((&node.key, &node.value))
        })
    }

    fn renew(&mut self, at: u32) {
        if self.newest != at {
            self.unlink(at);
            self.link_newest(at);
        }
    }

    fn link_newest(&mut self, at: u32) {
        let older = std::mem::replace(&mut self.newest, at);
        if let Some(node) = self.nodes.get_mut(at as usize) {
            (node.newer, node.older) = (NONE, older);
        }
        self.point_newer(older, at);
    }

    fn unlink(&mut self, at: u32) {
        let Some(node) = self.nodes.get(at as usize) else {
            return;
        };
        let (newer, older) = (node.newer, node.older);
        self.point_older(newer, older);
        self.point_newer(older, newer);
    }

    /// Makes `older` the neighbour of `at` on the older side, or the newest of all.
    fn point_older(&mut self, at: u32, older: u32) {
        match self.nodes.get_mut(at as usize) {
            Some(node) => node.older = older,
            None => self.newest = older,
        }
    }

    /// Makes `newer` the neighbour of `at` on the newer side, or the oldest of all.
    fn point_newer(&mut self, at: u32, newer: u32) {
        match self.nodes.get_mut(at as usize) {
            Some(node) => node.newer = newer,
            None => self.oldest = newer,
        }
    }

    /// Removes an unlinked node; the last one moves to its place.
    fn take(&mut self, at: u32) -> Option<(K, V)> {
        let taken =
            ((at as usize) < self.nodes.len()).then(|| self.nodes.swap_remove(at as usize))?;
        if let Some(moved) = self.nodes.get(at as usize) {
            let (key, newer, older) = (moved.key, moved.newer, moved.older);
            self.index.insert(key, at);
            self.point_older(newer, at);
            self.point_newer(older, at);
        }
        Some((taken.key, taken.value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Keys from oldest to newest by the list, checked in both directions.
    fn order(map: &LruMap<u64, u32>) -> Vec<u64> {
        let mut keys = Vec::new();
        let mut at = map.oldest;
        while let Some(node) = map.nodes.get(at as usize) {
            keys.push(node.key);
            at = node.newer;
        }
        let mut backwards = Vec::new();
        let mut at = map.newest;
        while let Some(node) = map.nodes.get(at as usize) {
            backwards.insert(0, node.key);
            at = node.older;
        }
        assert_eq!(keys, backwards);
        keys
    }

    proptest! {
        #[test]
        fn it_does_what_a_list_in_order_of_use_does(
            capacity in 1_usize..6,
            steps in prop::collection::vec((0_u8..4, 0_u64..8), 0..200),
        ) {
            let mut map = LruMap::new(capacity, Seed(1));
            let mut model: Vec<u64> = Vec::new();
            for (stamp, (what, key)) in (0_u32..).zip(steps) {
                let held = model.iter().position(|&k| k == key);
                match what {
                    0 | 1 => {
                        let displaced = map.insert(key, stamp).map(|(k, _)| k);
                        let expected = match held {
                            Some(at) => Some(model.remove(at)),
                            None => (model.len() == capacity).then(|| model.remove(0)),
                        };
                        prop_assert_eq!(displaced, expected);
                        model.push(key);
                    }
                    2 => {
                        prop_assert_eq!(map.touch(&key).is_some(), held.is_some());
                        if let Some(at) = held {
                            let key = model.remove(at);
                            model.push(key);
                        }
                    }
                    _ => {
                        prop_assert_eq!(map.remove(&key).is_some(), held.is_some());
                        model.retain(|&k| k != key);
                    }
                }
                prop_assert_eq!(order(&map), model.clone());
                prop_assert_eq!(map.len(), model.len());
                prop_assert!(model.iter().all(|key| map.peek(key).is_some()));
            }
        }
    }
}
