//! Live flows in numbered places, found by a hash table of places, and listed by
//! partition.

use std::hash::{BuildHasher, Hasher};

use flow::PARTITIONS;
use foldhash::fast::FixedState;
use prefetch_index::prefetch_index;

use super::index::Index;
use super::live::{Live, Side, known};
use super::packed::{PackedKey, hash_words};
use crate::slab::{Sidecars, Slab};

/// No place.
pub(super) const NONE: u32 = u32::MAX;

/// The hash of a flow's identity; what the index keeps of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag(u32);

/// Which direction of a live flow a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// That of the first record.
    Forward,
    /// The opposite one.
    Reverse,
}

/// First and last of the flows of a partition, the longest untouched first.
#[derive(Debug, Clone, Copy)]
struct List {
    first: u32,
    last: u32,
    len: usize,
}

#[derive(Debug)]
pub(super) struct Table {
    hasher: FixedState,
    index: Index,
    flows: Slab<Live>,
    sides: Sidecars<Side>,
    lists: [List; PARTITIONS],
    free: u32,
}

impl Table {
    pub(super) fn new(seed: u64) -> Self {
        let empty = List {
            first: NONE,
            last: NONE,
            len: 0,
        };
        Self {
            hasher: FixedState::with_seed(seed),
            index: Index::default(),
            flows: Slab::default(),
            sides: Sidecars::default(),
            lists: [empty; PARTITIONS],
            free: NONE,
        }
    }

    /// The tag of five words and of what tells flows apart besides.
    #[inline(always)]
    pub(super) fn tag(&self, words: [u64; 5], apart: u64) -> Tag {
        let mut hasher = self.hasher.build_hasher();
        hash_words(words, &mut hasher);
        if apart != 0 {
            hasher.write_u64(apart);
        }
        let hash = hasher.finish();
        let [a, b, c, d, ..] = (hash ^ hash.rotate_left(32)).to_be_bytes();
        Tag(u32::from_be_bytes([a, b, c, d]))
    }

    /// Has it read where the place of a tag stands, so that it is near when it is looked for.
    pub(super) fn prefetch_index(&self, tag: Tag) {
        self.index.prefetch(tag.0);
    }

    /// The place of a flow of this tag, most likely the one that is looked for.
    pub(super) fn look(&self, tag: Tag) -> u32 {
        self.index.look(tag.0)
    }

    /// Has both cache lines of the flow in a place read, the one with its key and the one
    /// with what is known of it, so that they are near when they are used.
    pub(super) fn prefetch(&self, place: u32) {
        if let Some(live) = self.flows.get(place) {
            prefetch_index(std::slice::from_ref(live), 0);
            prefetch_index(std::slice::from_ref(&live.known), 0);
        }
    }

    /// The place of a flow of this key for which `is_it` holds, and the direction.
    pub(super) fn find(
        &self,
        tag: Tag,
        key: &PackedKey,
        mirrored: Option<&PackedKey>,
        is_it: impl Fn(&Live, Way) -> bool,
    ) -> Option<(u32, Way)> {
        let mut way = Way::Forward;
        let found = self.index.find(tag.0, |place| {
            let Some(live) = self.flows.get(place) else {
                return false;
            };
            if live.key == *key {
                way = Way::Forward;
            } else if mirrored == Some(&live.key) {
                way = Way::Reverse;
            } else {
                return false;
            }
            is_it(live, way)
        });
        found.map(|place| (place, way))
    }

    pub(super) fn get(&self, place: u32) -> Option<&Live> {
        self.flows.get(place).filter(|live| !live.is(known::VACANT))
    }

    /// What is in a place: a flow, or what says that it is vacant.
    pub(super) fn any_mut(&mut self, place: u32) -> Option<&mut Live> {
        self.flows.get_mut(place)
    }

    pub(super) fn get_mut(&mut self, place: u32) -> Option<&mut Live> {
        let live = self.flows.get_mut(place)?;
        (!live.is(known::VACANT)).then_some(live)
    }

    /// The sidecar of a flow that has one.
    pub(super) fn side(&self, place: u32) -> Option<&Side> {
        self.get(place).filter(|live| live.is(known::SIDE))?;
        self.sides.get(place)
    }

    /// The flow and its sidecar, which is made as `new` says if there is none.
    pub(super) fn with_side(
        &mut self,
        place: u32,
        new: impl FnOnce(&Live) -> Side,
    ) -> Option<(&mut Live, &mut Side)> {
        let live = self.flows.get_mut(place)?;
        let side = self.sides.make(place)?;
        if !live.is(known::SIDE) {
            *side = new(live);
            live.known |= known::SIDE;
        }
        Some((live, side))
    }

    /// Adds a flow that is not there yet.
    pub(super) fn insert(&mut self, tag: Tag, partition: usize, mut live: Live) -> u32 {
        let last = self.lists.get(partition).map_or(NONE, |list| list.last);
        (live.before, live.after) = (last, NONE);
        let place = self.place(live);
        if let Some(last) = self.flows.get_mut(last) {
            last.after = place;
        }
        if let Some(list) = self.lists.get_mut(partition) {
            if list.first == NONE {
                list.first = place;
            }
            list.last = place;
            list.len += 1;
        }
        self.index.insert(tag.0, place);
        place
    }

    /// Puts a flow in a free place.
    fn place(&mut self, live: Live) -> u32 {
        let place = self.free;
        let Some(vacant) = self.flows.get_mut(place) else {
            return self.flows.push(live);
        };
        self.free = vacant.after;
        *vacant = live;
        place
    }

    /// Removes a flow.
    pub(super) fn remove(&mut self, tag: Tag, partition: usize, place: u32) {
        self.unlink(partition, place);
        self.index.remove(tag.0, place);
        let free = self.free;
        if let Some(live) = self.flows.get_mut(place) {
            live.known = known::VACANT;
            live.after = free;
            self.free = place;
        }
    }

    fn unlink(&mut self, partition: usize, place: u32) {
        let Some(live) = self.flows.get(place) else {
            return;
        };
        let (before, after) = (live.before, live.after);
        if let Some(live) = self.flows.get_mut(before) {
            live.after = after;
        }
        if let Some(live) = self.flows.get_mut(after) {
            live.before = before;
        }
        if let Some(list) = self.lists.get_mut(partition) {
            if list.first == place {
                list.first = after;
            }
            if list.last == place {
                list.last = before;
            }
            list.len -= 1;
        }
    }

    /// The first of a partition's list.
    pub(super) fn first(&self, partition: usize) -> Option<u32> {
        let list = self.lists.get(partition)?;
        (list.first != NONE).then_some(list.first)
    }

    /// Moves a flow to the end of its partition's list.
    pub(super) fn move_back(&mut self, partition: usize, place: u32) {
        self.unlink(partition, place);
        let Some(list) = self.lists.get_mut(partition) else {
            return;
        };
        let last = list.last;
        (list.last, list.len) = (place, list.len + 1);
        if list.first == NONE {
            list.first = place;
        }
        if let Some(live) = self.flows.get_mut(last) {
            live.after = place;
        }
        if let Some(live) = self.flows.get_mut(place) {
            (live.before, live.after) = (last, NONE);
        }
    }

    /// Flows of a partition.
    pub(super) fn len_of(&self, partition: usize) -> usize {
        self.lists.get(partition).map_or(0, |list| list.len)
    }

    pub(super) fn len(&self) -> usize {
        self.index.len()
    }
}
