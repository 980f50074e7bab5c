//! Groups in numbered places, found by key and interval, in the order in which they were
//! touched and in that in which they are due.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::hash::BuildHasher;

use flow::Tick;
use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::share::Part;
use crate::anonymize::Reduced;
use crate::slab::Slab;

/// No place.
const NONE: u32 = u32::MAX;

/// What flows of one key have in one interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) key: Reduced,
    pub(super) part: Part,
    /// When it leaves.
    due: Tick,
}

impl Group {
    pub(super) const fn new(key: Reduced, part: Part, due: Tick) -> Self {
        Self { key, part, due }
    }

    /// Adds a part, if the sums still fit their fields; whether they do.
    pub(super) fn add(&mut self, part: &Part) -> bool {
        let Some(counts) = self.part.sum(part) else {
            return false;
        };
        self.part.counts = counts;
        self.part.has_reverse |= part.has_reverse;
        true
    }

    /// The order in which groups leave that leave together.
    pub(super) fn in_order(&self, other: &Self) -> Ordering {
        let intervals = self.part.interval.cmp(&other.part.interval);
        intervals.then_with(|| self.key.cmp(&other.key))
    }
}

/// A place, with a group or free.
#[derive(Debug)]
struct Place {
    group: Option<Group>,
    hash: u64,
    /// Neighbours in the order of touching; the next free place where there is no group.
    before: u32,
    after: u32,
}

/// All groups.
#[derive(Debug)]
pub(super) struct Groups {
    hasher: FixedState,
    index: HashTable<(u64, u32)>,
    places: Slab<Place>,
    /// By when they are due.
    due: BTreeSet<(Tick, u32)>,
    /// The one untouched for longest, and the one touched last.
    oldest: u32,
    newest: u32,
    free: u32,
}

impl Groups {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            hasher: FixedState::with_seed(seed),
            index: HashTable::new(),
            places: Slab::default(),
            due: BTreeSet::new(),
            oldest: NONE,
            newest: NONE,
            free: NONE,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    /// The group of a key and an interval, by its place; it is the one touched last from
    /// now on.
    pub(super) fn touch(&mut self, key: &Reduced, interval: i64) -> Option<u32> {
        let hash = self.hasher.hash_one((interval, key));
        let places = &self.places;
        let is_it = |&(other, place): &(u64, u32)| {
            let group = places.get(place).and_then(|place| place.group.as_ref());
            other == hash
                && group.is_some_and(|group| group.part.interval == interval && group.key == *key)
        };
        let (_, place) = *self.index.find(hash, is_it)?;
        if place != self.newest {
            self.unlink(place);
            self.link(place);
        }
        Some(place)
    }

    pub(super) fn get_mut(&mut self, place: u32) -> Option<&mut Group> {
        self.places.get_mut(place)?.group.as_mut()
    }

    /// Adds a group that is not there.
    pub(super) fn insert(&mut self, group: Group) {
        let hash = self.hasher.hash_one((group.part.interval, &group.key));
        let due = group.due;
        let new = Place {
            group: Some(group),
            hash,
            before: NONE,
            after: NONE,
        };
        let place = match self.places.get_mut(self.free) {
            Some(free) => {
                let next = free.after;
                *free = new;
                std::mem::replace(&mut self.free, next)
            }
            None => self.places.push(new),
        };
        self.index
            .insert_unique(hash, (hash, place), |&(hash, _)| hash);
        self.due.insert((due, place));
        self.link(place);
    }

    /// When the next is due.
    pub(super) fn next_due(&self) -> Option<Tick> {
        self.due.first().map(|&(due, _)| due)
    }

    /// Takes a group out that is due first.
    pub(super) fn take_due(&mut self) -> Option<Group> {
        let &(_, place) = self.due.first()?;
        self.take(place)
    }

    /// Takes the group out that was touched longest ago.
    pub(super) fn take_oldest(&mut self) -> Option<Group> {
        self.take(self.oldest)
    }

    /// Takes the group out of a place.
    pub(super) fn take(&mut self, place: u32) -> Option<Group> {
        self.unlink(place);
        let free = self.free;
        let found = self.places.get_mut(place)?;
        let group = found.group.take()?;
        found.after = free;
        self.free = place;
        self.due.remove(&(group.due, place));
        let entry = self
            .index
            .find_entry(found.hash, |&(_, other)| other == place);
        if let Ok(entry) = entry {
            entry.remove();
        }
        Some(group)
    }

    /// Puts a place at the end of the order of touching.
    fn link(&mut self, place: u32) {
        let last = std::mem::replace(&mut self.newest, place);
        if let Some(linked) = self.places.get_mut(place) {
            (linked.before, linked.after) = (last, NONE);
        }
        match self.places.get_mut(last) {
            Some(last) => last.after = place,
            None => self.oldest = place,
        }
    }

    fn unlink(&mut self, place: u32) {
        let Some(linked) = self.places.get(place) else {
            return;
        };
        let (before, after) = (linked.before, linked.after);
        match self.places.get_mut(before) {
            Some(before) => before.after = after,
            None => self.oldest = after,
        }
        match self.places.get_mut(after) {
            Some(after) => after.before = before,
            None => self.newest = before,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_takes_so_much_memory_and_no_more() {
        let beside = size_of::<(u64, u32)>() * 2 + size_of::<(Tick, u32)>() * 2;
        assert!(size_of::<Place>() + beside <= 400, "{}", size_of::<Place>());
    }
}
