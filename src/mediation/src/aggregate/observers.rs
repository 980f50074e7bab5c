//! Who reports flows: exporters by number, so that a live flow need not spell them out.

use std::hash::BuildHasher;

use flow::{Exporter, Observed};
use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::heard::{Cuts, Heard};

/// Sides of an exporter on which packets are seen, and one more for those that do not
/// say; a power of 2, since it divides.
const SIDES: u32 = 4;

/// An Observation Point as far as records tell: exporter, Observation Domain, and
/// whether packets were seen on their way in or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Observer(u32);

impl Observer {
    const fn exporter(self) -> u32 {
        self.0 / SIDES
    }

    /// Whether two are parts of one exporter, and so share a clock.
    pub(super) const fn shares_clock(self, other: Self) -> bool {
        self.exporter() == other.exporter()
    }
}

#[derive(Debug)]
struct Known {
    exporter: Exporter,
    /// Live flows that are its.
    flows: u32,
    cuts: Option<Cuts>,
}

/// The exporters of live flows.
#[derive(Debug)]
pub(super) struct Observers {
    hasher: FixedState,
    index: HashTable<u32>,
    known: Vec<Option<Known>>,
    free: Vec<u32>,
    /// The one asked for last: most records of a batch are of one exporter.
    last: Option<(Exporter, u32)>,
}

impl Observers {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            hasher: FixedState::with_seed(seed),
            index: HashTable::new(),
            known: Vec::new(),
            free: Vec::new(),
            last: None,
        }
    }

    /// The number of an Observation Point.
    pub(super) fn number(
        &mut self,
        exporter: Exporter,
        observed: Option<Observed>,
        heard: &Heard,
    ) -> Observer {
        let side = match observed {
            None => 0,
            Some(Observed::Ingress) => 1,
            Some(Observed::Egress) => 2,
        };
        let number = match self.last {
            Some((last, number)) if last == exporter => number,
            last => {
                self.last = None;
                if let Some((_, unused)) = last {
                    self.forget_unused(unused);
                }
                self.find_or_add(exporter, heard)
            }
        };
        self.last = Some((exporter, number));
        Observer(number * SIDES + side)
    }

    fn find_or_add(&mut self, exporter: Exporter, heard: &Heard) -> u32 {
        let hash = self.hasher.hash_one(exporter);
        let known = &self.known;
        let of = |number: u32| known.get(number as usize).and_then(Option::as_ref);
        let is_it = |&number: &u32| of(number).is_some_and(|known| known.exporter == exporter);
        if let Some(&number) = self.index.find(hash, is_it) {
            return number;
        }
        let new = Known {
            exporter,
            flows: 0,
            cuts: heard.cuts.get(&exporter.addr).copied(),
        };
        let number = self.free.pop().unwrap_or_else(|| {
            self.known.push(None);
            // Bounded by the number of live flows, far below 2^30.
            u32::try_from(self.known.len() - 1).unwrap_or(0)
        });
        if let Some(place) = self.known.get_mut(number as usize) {
            *place = Some(new);
        }
        let (known, hasher) = (&self.known, &self.hasher);
        let rehash = |&number: &u32| {
            let known = known.get(number as usize).and_then(Option::as_ref);
            known.map_or(0, |known| hasher.hash_one(known.exporter))
        };
        self.index.insert_unique(hash, number, rehash);
        number
    }

    /// How many are known.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    fn get(&self, observer: Observer) -> Option<&Known> {
        self.known.get(observer.exporter() as usize)?.as_ref()
    }

    /// Whose records these are.
    pub(super) fn exporter(&self, observer: Observer) -> Option<Exporter> {
        self.get(observer).map(|known| known.exporter)
    }

    /// How it cuts flows, where it is not as the settings say for all.
    pub(super) fn cuts(&self, observer: Observer) -> Option<Cuts> {
        self.get(observer)?.cuts
    }

    /// Notes that a live flow is this one's.
    pub(super) fn hold(&mut self, observer: Observer) {
        let known = self.known.get_mut(observer.exporter() as usize);
        if let Some(Some(known)) = known {
            known.flows += 1;
        }
    }

    /// Notes that a flow no longer is; an exporter without any is forgotten.
    pub(super) fn release(&mut self, observer: Observer) {
        let number = observer.exporter();
        let known = self.known.get_mut(number as usize);
        if let Some(Some(known)) = known {
            known.flows = known.flows.saturating_sub(1);
        }
        if self.last.is_none_or(|(_, last)| last != number) {
            self.forget_unused(number);
        }
    }

    fn forget_unused(&mut self, number: u32) {
        let Some(place) = self.known.get_mut(number as usize) else {
            return;
        };
        let Some(unused) = place.take_if(|known| known.flows == 0) else {
            return;
        };
        let hash = self.hasher.hash_one(unused.exporter);
        if let Ok(entry) = self.index.find_entry(hash, |&other| other == number) {
            entry.remove();
        }
        self.free.push(number);
    }

    /// Takes over what has been heard of exporters.
    pub(super) fn hear(&mut self, heard: &Heard) {
        for known in self.known.iter_mut().flatten() {
            known.cuts = heard.cuts.get(&known.exporter.addr).copied();
        }
    }

    /// A number of an exporter's own that does not depend on when it came, for telling a
    /// few apart.
    pub(super) fn fingerprint(&self, observer: Observer) -> u16 {
        let exporter = self.exporter(observer);
        let mixed = FixedState::with_seed(0).hash_one((exporter, observer.0 % SIDES));
        (mixed >> 48) as u16
    }
}
