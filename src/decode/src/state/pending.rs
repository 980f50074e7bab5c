//! Data Sets that wait for their template.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::{Seed, Session, host_key, is_key_of_stream};
use crate::Limits;
use crate::template::Context;

/// A Data Set that came before its template (RFC 3954, 9; RFC 7011, 8 and 9.3).
#[derive(Debug)]
pub(crate) struct Waiting {
    /// Whose it is.
    pub(crate) session: Session,
    /// The times of its own message.
    pub(crate) context: Context,
    /// The Set ID.
    pub(crate) id: u16,
    /// Its records, after [`Self::LEAD`] octets of zeros.
    pub(crate) octets: Box<[u8]>,
}

/// The exporter's address and the key of the template that is waited for.
pub(crate) type Place = (u128, u128);

impl Waiting {
    /// Octets before the records, as a message's header is before its Sets: numbers
    /// are read in windows that begin before them.
    pub(crate) const LEAD: usize = 16;
    /// What keeping one takes beside its octets, at most: this struct, and its places
    /// in three maps.
    const OVERHEAD: usize = 320;

    /// Octets of memory it takes.
    fn size(&self) -> usize {
        Self::OVERHEAD + self.octets.len()
    }

    /// Octets that the Set had, with its header.
    pub(crate) fn set_octets(&self) -> u64 {
        let octets = (self.octets.len() + 4).saturating_sub(Self::LEAD);
        u64::try_from(octets).unwrap_or(u64::MAX)
    }

    pub(crate) fn place(&self) -> Place {
        let host = host_key(self.context.exporter.addr);
        (host, self.session.template_key(self.id))
    }

    pub(crate) const fn received_ms(&self) -> i64 {
        self.context.clock.received_ms
    }
}

/// All Data Sets that wait. What there is no room for is refused, so that a flood
/// drives nothing out that waits already.
#[derive(Debug)]
pub(crate) struct Pending {
    /// In the order of receipt.
    sets: BTreeMap<u64, Waiting>,
    /// Their numbers, in the order of receipt.
    places: HashMap<Place, VecDeque<u64>, Seed>,
    /// Octets of each exporter.
    shares: HashMap<u128, usize, Seed>,
    octets: usize,
    next: u64,
}

impl Pending {
    pub(crate) fn new(seed: Seed) -> Self {
        Self {
            sets: BTreeMap::new(),
            places: HashMap::with_hasher(seed),
            shares: HashMap::with_hasher(seed),
            octets: 0,
            next: 0,
        }
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.sets.len()
    }

    /// Octets of memory that they take.
    pub(crate) const fn octets(&self) -> usize {
        self.octets
    }

    /// Those at a place that were received after a time, in the order of receipt.
    pub(crate) fn at(&self, place: Place, after_ms: i64) -> impl Iterator<Item = &Waiting> {
        let numbers = self.places.get(&place).into_iter().flatten();
        let sets = numbers.filter_map(|number| self.sets.get(number));
        sets.filter(move |set| set.received_ms() >= after_ms)
    }

    /// Lets a Data Set wait; it comes back if there is no room. Those of exporters that
    /// are not settled fill no more than half of it, so that forged ones leave the rest.
    pub(crate) fn add(
        &mut self,
        set: Waiting,
        limits: &Limits,
        settled: bool,
    ) -> Result<(), Waiting> {
        let room = if settled {
            limits.pending_octets
        } else {
            limits.pending_octets / 2
        };
        let (place, size) = (set.place(), set.size());
        let share = self.shares.get(&place.0).copied().unwrap_or(0) + size;
        let total = self.octets + size;
        if share > limits.pending_octets_per_exporter || total > room {
            return Err(set);
        }
        self.shares.insert(place.0, share);
        self.octets = total;
        self.places.entry(place).or_default().push_back(self.next);
        self.sets.insert(self.next, set);
        self.next += 1;
        Ok(())
    }

    /// Takes out all that wait at a place.
    pub(crate) fn take(&mut self, place: Place) -> Vec<Waiting> {
        let numbers = self.places.remove(&place).unwrap_or_default();
        let taken: Vec<Waiting> = numbers
            .iter()
            .filter_map(|number| self.sets.remove(number))
            .collect();
        self.free(place.0, taken.iter().map(Waiting::size).sum());
        taken
    }

    /// Takes out the one that waits longest, if it was received before a time.
    pub(crate) fn pop_before(&mut self, before_ms: i64) -> Option<Waiting> {
        let oldest = self.sets.first_entry()?;
        if oldest.get().received_ms() >= before_ms {
            return None;
        }
        let set = oldest.remove();
        let place = set.place();
        if let Some(numbers) = self.places.get_mut(&place) {
            numbers.pop_front();
            if numbers.is_empty() {
                self.places.remove(&place);
            }
        }
        self.free(place.0, set.size());
        Some(set)
    }

    /// Takes out all of the stream of an exporter's source port.
    pub(crate) fn take_stream(&mut self, host: u128, port: u16) -> Vec<Waiting> {
        let of_stream = |place: &&Place| place.0 == host && is_key_of_stream(place.1, port);
        let places: Vec<Place> = self.places.keys().filter(of_stream).copied().collect();
        places
            .into_iter()
            .flat_map(|place| self.take(place))
            .collect()
    }

    fn free(&mut self, host: u128, octets: usize) {
        self.octets = self.octets.saturating_sub(octets);
        if let Some(share) = self.shares.get_mut(&host) {
            *share = share.saturating_sub(octets);
            if *share == 0 {
                self.shares.remove(&host);
            }
        }
    }
}
