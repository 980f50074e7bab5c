//! Addresses seen before: traffic repeats them, and the cipher costs far more than a look.

use std::hash::{BuildHasher, Hash};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use foldhash::fast::FixedState;
use zeroize::Zeroize;

use super::flips::Flips;
use super::prefix_preserving::PrefixPreserving;

/// Sets of IPv4 addresses; a power of two, as the next two are.
const V4_SETS: usize = 1 << 15;
/// Sets of IPv6 addresses.
const V6_SETS: usize = 1 << 13;
/// Sets of the first halves of IPv6 addresses.
const PREFIX_SETS: usize = 1 << 12;
/// Addresses whose images are found at a time.
const WANTED: usize = 16;
/// IPv6 addresses whose last halves are mapped at a time.
const V6_WANTED: usize = 4;
/// Keys in a set.
const WAYS: usize = 4;

/// The permutation with a memory that is nobody else's meanwhile, for one batch. A batch
/// that panics takes its memory with it, so none has anything half done.
pub(super) struct Remembered<'a, F> {
    pan: &'a PrefixPreserving<F>,
    memory: Memory,
    /// IPv6 addresses whose images are to be found.
    missed: Vec<u128>,
}

/// Octets of one memory.
pub(super) const MEMORY: usize = V4_SETS * size_of::<Set<u32, u32>>()
    + V6_SETS * size_of::<Set<u128, u128>>()
    + PREFIX_SETS * size_of::<Set<u64, u64>>();

/// Addresses to learn at a time: few beside the sets, so that hardly any has been pushed out
/// when it is asked for.
pub(super) const CHUNK: usize = 256;

impl<'a, F: Flips> Remembered<'a, F> {
    pub(super) fn new(pan: &'a PrefixPreserving<F>) -> Self {
        Self {
            pan,
            memory: pan.pool.take(),
            missed: Vec::new(),
        }
    }

    /// Looks up addresses that will be asked for next, and finds the images of those that
    /// are not known, several at a time.
    pub(super) fn learn(&mut self, addrs: impl IntoIterator<Item = IpAddr>) {
        let mut v4 = Wanted::default();
        let mut prefixes = Wanted::default();
        let mut missed = std::mem::take(&mut self.missed);
        for addr in addrs {
            match addr {
                IpAddr::V4(addr) => {
                    let addr = addr.to_bits();
                    if !self.memory.v4(self.pan).meet(addr) {
                        v4.push(addr, |addrs| self.find_v4(addrs));
                    }
                }
                IpAddr::V6(addr) => {
                    let addr = addr.to_bits();
                    let known = self.memory.v6(self.pan);
                    if known.addrs.meet(addr) {
                        continue;
                    }
                    missed.push(addr);
                    if !known.prefixes.meet(prefix_of(addr)) {
                        prefixes.push(addr, |addrs| self.find_prefixes(addrs));
                    }
                }
            }
        }
        v4.finish(|addrs| self.find_v4(addrs));
        prefixes.finish(|addrs| self.find_prefixes(addrs));
        let (missed_each, rest) = missed.as_chunks();
        for addrs in missed_each {
            self.find_v6(*addrs);
        }
        for addr in rest {
            self.v6(*addr);
        }
        missed.zeroize();
        missed.clear();
        self.missed = missed;
    }

    fn find_v4(&mut self, addrs: [u32; WANTED]) {
        let known = self.memory.v4(self.pan);
        for (addr, image) in addrs.into_iter().zip(self.pan.v4_each(addrs)) {
            known.put(addr, image);
        }
    }

    fn find_prefixes(&mut self, addrs: [u128; WANTED]) {
        let known = self.memory.v6(self.pan);
        for (addr, flips) in addrs.into_iter().zip(self.pan.v6_prefixes(addrs)) {
            known.prefixes.put(prefix_of(addr), flips);
        }
    }

    fn find_v6(&mut self, addrs: [u128; V6_WANTED]) {
        let pan = self.pan;
        let known = self.memory.v6(pan);
        for (addr, rest) in addrs.into_iter().zip(pan.v6_rests(addrs)) {
            let image = known.image(pan, addr, rest);
            known.addrs.put(addr, image);
        }
    }

    /// The address that stands for `addr`.
    pub(super) fn anonymize(&mut self, addr: IpAddr) -> IpAddr {
        match addr {
            IpAddr::V4(v4) => Ipv4Addr::from_bits(self.v4(v4.to_bits())).into(),
            IpAddr::V6(v6) => Ipv6Addr::from_bits(self.v6(v6.to_bits())).into(),
        }
    }

    #[inline]
    fn v4(&mut self, addr: u32) -> u32 {
        let known = self.memory.v4(self.pan);
        if let Some(image) = known.get(addr) {
            return image;
        }
        let image = self.pan.v4(addr);
        known.put(addr, image);
        image
    }

    #[inline]
    fn v6(&mut self, addr: u128) -> u128 {
        let pan = self.pan;
        let known = self.memory.v6(pan);
        if let Some(image) = known.addrs.get(addr) {
            return image;
        }
        let [rest] = pan.v6_rests([addr]);
        let image = known.image(pan, addr, rest);
        known.addrs.put(addr, image);
        image
    }
}

/// The first half of an IPv6 address.
fn prefix_of(addr: u128) -> u64 {
    (addr >> 64) as u64
}

/// Addresses that were not known, until there are enough to do something about them.
#[derive(Default)]
struct Wanted<T> {
    addrs: [T; WANTED],
    len: usize,
}

impl<T: Copy> Wanted<T> {
    fn push(&mut self, addr: T, find: impl FnOnce([T; WANTED])) {
        self.addrs[self.len] = addr;
        self.len += 1;
        if self.len == WANTED {
            self.len = 0;
            find(self.addrs);
        }
    }

    /// Finds the rest, together with some that are known already.
    fn finish(self, find: impl FnOnce([T; WANTED])) {
        if self.len > 0 {
            find(self.addrs);
        }
    }
}

impl<F> Drop for Remembered<'_, F> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.pan.pool.give(std::mem::take(&mut self.memory));
        }
    }
}

/// Memories that no batch has at the moment: never more than there were batches at a time.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<Memory>>);

impl Pool {
    fn take(&self) -> Memory {
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pool.pop().unwrap_or_default()
    }

    fn give(&self, memory: Memory) {
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pool.push(memory);
    }
}

/// What is remembered under one key; of a family that was never seen, nothing.
#[derive(Default)]
struct Memory {
    v4: Option<Cache<u32, u32>>,
    v6: Option<V6>,
}

struct V6 {
    addrs: Cache<u128, u128>,
    /// The flips of the first halves of addresses.
    prefixes: Cache<u64, u64>,
}

impl V6 {
    /// The image of an address, given the flips of its last half.
    fn image<F: Flips>(&mut self, pan: &PrefixPreserving<F>, addr: u128, rest: u64) -> u128 {
        let prefix = prefix_of(addr);
        let flips = self.prefixes.get(prefix).unwrap_or_else(|| {
            let [flips] = pan.v6_prefixes([addr]);
            self.prefixes.put(prefix, flips);
            flips
        });
        addr ^ (u128::from(flips) << 64 | u128::from(rest))
    }
}

impl Memory {
    #[inline]
    fn v4<F: Flips>(&mut self, pan: &PrefixPreserving<F>) -> &mut Cache<u32, u32> {
        self.v4
            .get_or_insert_with(|| Cache::new(V4_SETS, 0, pan.v4(0)))
    }

    #[inline]
    fn v6<F: Flips>(&mut self, pan: &PrefixPreserving<F>) -> &mut V6 {
        self.v6.get_or_insert_with(|| V6 {
            addrs: Cache::new(V6_SETS, 0, pan.v6(0)),
            prefixes: Cache::new(PREFIX_SETS, 0, pan.v6_prefixes([0])[0]),
        })
    }
}

/// The slots of keys that have part of their hash in common.
type Set<K, V> = [(K, V); WAYS];

/// A map that forgets, in a fixed number of sets of a few slots. A key comes into the last
/// slot of its set, and one further to the front each time that it is met again: keys that
/// are met once push no others out.
struct Cache<K: Zeroize, V: Zeroize> {
    hasher: FixedState,
    /// Never empty: a slot that no key has taken holds a pair that is true.
    sets: Box<[Set<K, V>]>,
}

impl<K: Copy + Eq + Hash + Zeroize, V: Copy + Zeroize> Cache<K, V> {
    fn new(sets: usize, key: K, value: V) -> Self {
        Self {
            hasher: FixedState::with_seed(0),
            sets: vec![[(key, value); WAYS]; sets].into(),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "any bits of a hash do")]
    fn set(&mut self, key: K) -> &mut Set<K, V> {
        let last = self.sets.len() - 1;
        let set = self.hasher.hash_one(key) as usize & last;
        &mut self.sets[set]
    }

    /// Whether a key is known; it moves to the front by one.
    #[inline]
    fn meet(&mut self, key: K) -> bool {
        let set = self.set(key);
        let way = set.iter().position(|(known, _)| *known == key);
        if let Some(way) = way {
            set.swap(way, way.saturating_sub(1));
        }
        way.is_some()
    }

    #[inline]
    fn get(&mut self, key: K) -> Option<V> {
        let set = self.set(key);
        let known = set.iter().find(|(known, _)| *known == key);
        known.map(|&(_, value)| value)
    }

    fn put(&mut self, key: K, value: V) {
        self.set(key)[WAYS - 1] = (key, value);
    }
}

impl<K: Zeroize, V: Zeroize> Cache<K, V> {
    fn wipe(&mut self) {
        for (key, value) in self.sets.as_flattened_mut() {
            key.zeroize();
            value.zeroize();
        }
    }
}

impl<K: Zeroize, V: Zeroize> Drop for Cache<K, V> {
    fn drop(&mut self) {
        self.wipe();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anonymize::{CryptoPan, Key};
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn pan() -> CryptoPan {
        CryptoPan::new(&Key::from_octets(&[3; 32]).unwrap())
    }

    /// How many memories wait for a batch.
    fn waiting(pan: &CryptoPan) -> usize {
        pan.pool.0.lock().unwrap().len()
    }

    #[test]
    fn there_are_as_many_memories_as_batches_at_a_time() {
        let pan = pan();
        for _ in 0..10 {
            drop(Remembered::new(&pan));
        }
        assert_eq!(waiting(&pan), 1, "one after the other");
        let both = [Remembered::new(&pan), Remembered::new(&pan)];
        drop(both);
        assert_eq!(waiting(&pan), 2, "two at a time");
    }

    #[test]
    fn a_batch_that_panics_takes_its_memory_with_it() {
        let pan = pan();
        drop(Remembered::new(&pan));
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _remembered = Remembered::new(&pan);
            panic!("in the middle of a batch");
        }));
        assert!(panicked.is_err());
        assert_eq!(waiting(&pan), 0);
    }

    #[test]
    fn a_memory_has_the_size_that_is_stated_whatever_it_saw() {
        let pan = pan();
        let mut remembered = Remembered::new(&pan);
        let addr = |bits: u32| {
            let v6 = u128::from(bits) << 90;
            [
                IpAddr::from(bits.to_be_bytes()),
                IpAddr::from(v6.to_be_bytes()),
            ]
        };
        remembered.learn((0..20_000).flat_map(addr));
        let memory = &remembered.memory;
        let (v4, v6) = (memory.v4.as_ref().unwrap(), memory.v6.as_ref().unwrap());
        let held = size_of_val(&*v4.sets) + size_of_val(&*v6.addrs.sets);
        assert_eq!(held + size_of_val(&*v6.prefixes.sets), MEMORY);
        assert_eq!(MEMORY, 9 << 18, "2.25 MiB");
    }

    #[test]
    fn a_key_that_is_met_again_outlives_those_that_are_met_once() {
        let mut cache = Cache::new(1, 0_u32, 0_u32);
        cache.put(1, 10);
        assert!(cache.meet(1));
        for once in 2..100 {
            assert!(!cache.meet(once));
            cache.put(once, once);
        }
        assert_eq!(
            (cache.get(1), cache.get(98), cache.get(99)),
            (Some(10), None, Some(99))
        );
    }

    #[test]
    fn nothing_is_left_of_what_was_remembered_when_it_is_wiped() {
        let mut cache = Cache::new(4, 7_u64, 8_u64);
        cache.put(1, 10);
        cache.wipe();
        assert!(cache.sets.as_flattened().iter().all(|slot| *slot == (0, 0)));
    }
}
