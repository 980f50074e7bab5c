//! What a message changes, seen by the rest of the message before it is applied.

use std::collections::HashMap;

use super::Seed;

/// Changes in order; a later one of a key replaces the earlier. Allocates nothing
/// until there is a change.
#[derive(Debug)]
pub(crate) struct Overlay<V> {
    changes: Vec<(u128, V)>,
    index: HashMap<u128, usize, Seed>,
}

impl<V> Overlay<V> {
    pub(crate) fn new(seed: Seed) -> Self {
        Self {
            changes: Vec::new(),
            index: HashMap::with_hasher(seed),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The change of a key, if there is one.
    pub(crate) fn get(&self, key: u128) -> Option<&V> {
        if self.changes.is_empty() {
            return None;
        }
        let &at = self.index.get(&key)?;
        self.changes.get(at).map(|(_, value)| value)
    }

    /// The change of a key, to be changed itself.
    pub(crate) fn get_mut(&mut self, key: u128) -> Option<&mut V> {
        if self.changes.is_empty() {
            return None;
        }
        let &at = self.index.get(&key)?;
        self.changes.get_mut(at).map(|(_, value)| value)
    }

    /// Records a change. A replaced one keeps its place in the order.
    pub(crate) fn set(&mut self, key: u128, value: V) {
        let at = *self.index.entry(key).or_insert(self.changes.len());
        match self.changes.get_mut(at) {
            Some(change) => change.1 = value,
            None => self.changes.push((key, value)),
        }
    }

    /// The changes, in the order in which their keys first came.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(u128, V)> {
        self.changes.iter()
    }

    /// Takes the changes out, in the order in which their keys first came.
    pub(crate) fn take(&mut self) -> Vec<(u128, V)> {
        self.index.clear();
        std::mem::take(&mut self.changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_change_of_a_key_is_the_one_seen() {
        let mut overlay = Overlay::new(Seed(1));
        assert_eq!(overlay.get(1), None);
        for (key, value) in [(1, 'a'), (2, 'b'), (1, 'c')] {
            overlay.set(key, value);
        }
        assert_eq!((overlay.get(1), overlay.get(2)), (Some(&'c'), Some(&'b')));
        assert_eq!(overlay.take(), [(1, 'c'), (2, 'b')]);
    }
}
