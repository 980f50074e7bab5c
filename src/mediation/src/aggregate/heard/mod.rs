//! What is known of the exporters that are heard of: how they cut flows, and whether
//! there are several.
//!
//! An exporter's timeouts are what the settings say of it; else what it says itself
//! (flowActiveTimeout and flowIdleTimeout, IE 36 and 37); else what the settings say for
//! all, which may be nothing of the idle timeout. The last two hold until three of its
//! records disprove them: longer ones than the active timeout, or ones that it ended as
//! idle sooner than the idle timeout. No active timeout goes beyond the longest lifetime
//! of a flow. Learning makes the active one longer and the idle one shorter, and nothing
//! else: waiting for too long only delays, waiting too short splits flows.
//!
//! It is worked out where all records pass in the order of their receipt, and told to
//! every lane at the same tick. So it does not depend on how many lanes there are.

mod cuts;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use flow::{Exporter, Observed, OriginalFlow, Tick};

use super::Timeouts;

pub use cuts::{Cuts, Source, Timeout};
use cuts::{Known, Proof};

/// What every lane is told at a tick.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heard {
    /// How exporters cut flows, where it is not as the settings say for all.
    pub cuts: BTreeMap<IpAddr, Cuts>,
    /// Whether several Observation Points have been heard of lately.
    pub several: bool,
}

/// Listens to exporters.
#[derive(Debug)]
pub struct Listener {
    timeouts: Timeouts,
    known: BTreeMap<IpAddr, Known>,
    /// When each Observation Point was last heard of.
    points: BTreeMap<(Exporter, Option<Observed>), Tick>,
    /// Exporters heard of since the last tick, and not before.
    new: BTreeSet<IpAddr>,
    /// How many exporters are kept at the most.
    exporters_max: usize,
    changed: bool,
    told: Arc<Heard>,
}

impl Listener {
    /// A listener that has heard of nobody, and keeps so many exporters at the most.
    #[must_use]
    pub fn new(timeouts: Timeouts, exporters_max: usize) -> Self {
        let mut listener = Self {
            timeouts,
            known: BTreeMap::new(),
            points: BTreeMap::new(),
            new: BTreeSet::new(),
            exporters_max,
            changed: false,
            told: Arc::default(),
        };
        listener.told = Arc::new(listener.heard());
        listener
    }

    /// A listener by the same settings that has heard of nobody.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self::new(self.timeouts.clone(), self.exporters_max)
    }

    /// Hears records of one exporter, received within a second.
    pub fn hear(&mut self, exporter: Exporter, flows: &[OriginalFlow], received: Tick) {
        let mut last = None;
        for observed in flows.iter().map(|flow| flow.observed) {
            // Most datagrams are of one side.
            if last != Some(observed) {
                self.note_point((exporter, observed), received);
                last = Some(observed);
            }
        }
        let longest_ms = self.timeouts.longest_lifetime_ms;
        let mut cuts = self.cuts(exporter.addr);
        for record in flows {
            if let Some(proof) = Proof::of(record, received, &cuts, longest_ms) {
                self.change(exporter.addr, |known| known.note(proof));
                cuts = self.cuts(exporter.addr);
            }
        }
    }

    fn note_point(&mut self, point: (Exporter, Option<Observed>), received: Tick) {
        if let Some(last) = self.points.get_mut(&point) {
            *last = received;
        } else if self.points.len() < self.exporters_max {
            let addr = point.0.addr;
            let first = (Exporter::new(addr, 0), None);
            let next = self.points.range(first..).next();
            if next.is_none_or(|((other, _), _)| { other.addr } != addr) {
                self.new.insert(addr);
            }
            self.points.insert(point, received);
            self.changed |= self.points.len() == 2;
        }
    }

    /// Takes over what an exporter says of itself, in milliseconds.
    pub fn told_by(&mut self, addr: IpAddr, active_ms: Option<i64>, idle_ms: Option<i64>) {
        let longest_ms = self.timeouts.longest_lifetime_ms;
        let active_ms = active_ms.map(|ms| ms.clamp(0, longest_ms));
        self.change(addr, |known| known.hear(active_ms, idle_ms));
    }

    /// Changes what is known of an exporter, if there is room to know anything of it.
    fn change(&mut self, addr: IpAddr, change: impl FnOnce(&mut Known)) {
        let cuts = self.cuts(addr);
        let has_room = self.known.len() < self.exporters_max;
        let known = match self.known.entry(addr) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) if has_room => entry.insert(Known::new(cuts)),
            Entry::Vacant(_) => return,
        };
        change(known);
        self.changed |= known.cuts() != cuts;
    }

    /// How an exporter cuts flows.
    fn cuts(&self, addr: IpAddr) -> Cuts {
        match self.known.get(&addr) {
            Some(known) => known.cuts(),
            None => self.timeouts.cuts_of(addr),
        }
    }

    /// What the lanes are to know from a tick on, and how those exporters cut flows that
    /// are new, or of whom something has changed. Who has not been heard of for as long as
    /// a flow may be waited for is forgotten; it is looked for each minute.
    pub fn tick(&mut self, tick: Tick) -> (Arc<Heard>, Vec<(IpAddr, Cuts)>) {
        if tick.secs().rem_euclid(60) == 0 {
            let earliest = tick.plus(-self.timeouts.longest_wait_secs());
            let before = self.points.len();
            self.points.retain(|_, last| *last >= earliest);
            self.changed |= self.points.len() != before;
        }
        let mut news = std::mem::take(&mut self.new);
        if std::mem::take(&mut self.changed) {
            let heard = self.heard();
            let told = &self.told.cuts;
            let changed = heard.cuts.iter();
            let changed = changed.filter(|(addr, cuts)| told.get(addr) != Some(cuts));
            news.extend(changed.map(|(&addr, _)| addr));
            self.told = Arc::new(heard);
        }
        let news = news.into_iter().map(|addr| (addr, self.cuts(addr)));
        (Arc::clone(&self.told), news.collect())
    }

    fn heard(&self) -> Heard {
        let own = self.timeouts.exporters_of_their_own();
        let known = self.known.keys().copied();
        Heard {
            cuts: own
                .chain(known)
                .map(|addr| (addr, self.cuts(addr)))
                .collect(),
            several: self.points.len() > 1,
        }
    }
}

#[cfg(test)]
mod tests;
