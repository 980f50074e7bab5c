//! Live flows in slots, found by a hash table of slot numbers.

use std::hash::BuildHasher;

use flow::{Exporter, FlowKey, Icmp};
use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::state::FlowState;

/// What tells one live flow from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct FlowId {
    pub(super) key: FlowKey,
    pub(super) exporter: Exporter,
    /// ICMP has no ports: its messages of another type or code are other flows.
    pub(super) icmp: Option<Icmp>,
}

/// Where a live flow is kept. A slot may be used again by a later flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot(u32);

#[derive(Debug)]
struct Entry {
    id: FlowId,
    hash: u64,
    state: FlowState,
}

#[derive(Debug)]
pub(super) struct Table {
    hasher: FixedState,
    index: HashTable<u32>,
    entries: Vec<Option<Entry>>,
    free: Vec<u32>,
}

fn entry(entries: &[Option<Entry>], slot: u32) -> Option<&Entry> {
    entries.get(slot as usize)?.as_ref()
}

impl Table {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            hasher: FixedState::with_seed(seed),
            index: HashTable::new(),
            entries: Vec::new(),
            free: Vec::new(),
        }
    }

    pub(super) fn hash(&self, id: &FlowId) -> u64 {
        self.hasher.hash_one(id)
    }

    pub(super) fn find(&self, hash: u64, id: &FlowId) -> Option<Slot> {
        let is_it = |&slot: &u32| entry(&self.entries, slot).is_some_and(|entry| entry.id == *id);
        self.index.find(hash, is_it).copied().map(Slot)
    }

    pub(super) fn state_mut(&mut self, Slot(slot): Slot) -> Option<&mut FlowState> {
        self.entries
            .get_mut(slot as usize)?
            .as_mut()
            .map(|entry| &mut entry.state)
    }

    /// Adds a flow that is not there yet.
    pub(super) fn insert(&mut self, hash: u64, id: FlowId, state: FlowState) -> Slot {
        let new = Some(Entry { id, hash, state });
        let slot = if let Some(slot) = self.free.pop() {
            if let Some(place) = self.entries.get_mut(slot as usize) {
                *place = new;
            }
            slot
        } else {
            self.entries.push(new);
            // Live flows are bounded far below 2^32.
            u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
        };
        let entries = &self.entries;
        let rehash = |&slot: &u32| entry(entries, slot).map_or(0, |entry| entry.hash);
        self.index.insert_unique(hash, slot, rehash);
        Slot(slot)
    }

    pub(super) fn remove(&mut self, Slot(slot): Slot) -> Option<(FlowId, FlowState)> {
        let Entry { id, hash, state } = self.entries.get_mut(slot as usize)?.take()?;
        if let Ok(found) = self.index.find_entry(hash, |&other| other == slot) {
            found.remove();
        }
        self.free.push(slot);
        Some((id, state))
    }

    /// The slots in use.
    pub(super) fn slots(&self) -> Vec<Slot> {
        self.index.iter().copied().map(Slot).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.index.len()
    }
}
