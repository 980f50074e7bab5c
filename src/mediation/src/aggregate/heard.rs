//! What is known of the exporters that are heard of: how they cut flows, and whether
//! there are several.
//!
//! An exporter's active timeout is what the settings say of it; else what it says itself
//! (flowActiveTimeout, IE 36); else the settings' for all, or longer if its records are
//! longer: a record that lasted longer than the timeout disproves it. Three such records
//! are asked for, so that a wrong one does not change anything, and no timeout goes
//! beyond the longest lifetime of a flow. Learning makes it longer and never shorter:
//! waiting for too long only delays, waiting too short splits flows.
//!
//! It is worked out where all records pass in the order of their receipt, and told to
//! every lane at the same tick. So it does not depend on how many lanes there are.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::IpAddr;
use std::sync::Arc;

use flow::{Exporter, Observed, OriginalFlow, Tick};

use super::Timeouts;

/// How many records must be longer than a timeout to disprove it.
const PROOFS: usize = 3;

/// Where a timeout is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The settings, for this exporter.
    Settings,
    /// The exporter's options data.
    Options,
    /// The lengths of its records.
    Learned,
    /// The settings, for all.
    Default,
}

impl Source {
    /// Its name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Options => "options data",
            Self::Learned => "lengths of records",
            Self::Default => "default",
        }
    }
}

/// How an exporter cuts flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cuts {
    /// Its active timeout, in milliseconds.
    pub active_ms: i64,
    /// Where that is known from.
    pub source: Source,
    /// Its idle timeout, in milliseconds, if it said so (flowIdleTimeout, IE 37).
    pub idle_ms: Option<i64>,
}

/// What every lane is told at a tick.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heard {
    /// How exporters cut flows, where it is not as the settings say for all.
    pub cuts: BTreeMap<IpAddr, Cuts>,
    /// Whether several Observation Points have been heard of lately.
    pub several: bool,
}

#[derive(Debug, Clone)]
struct Known {
    cuts: Cuts,
    /// The lengths of the longest records, the longest first.
    longest_ms: [i64; PROOFS],
}

/// Listens to exporters.
#[derive(Debug)]
pub struct Listener {
    timeouts: Timeouts,
    known: BTreeMap<IpAddr, Known>,
    /// When each Observation Point was last heard of.
    points: BTreeMap<(Exporter, Option<Observed>), Tick>,
    /// How many exporters are kept at the most.
    exporters_max: usize,
    changed: bool,
    told: Arc<Heard>,
}

impl Known {
    fn new(cuts: Cuts) -> Self {
        Self {
            cuts,
            longest_ms: [0; PROOFS],
        }
    }

    /// Notes the length of a record that is longer than the timeout; whether there are
    /// enough of them by now.
    fn note(&mut self, length_ms: i64, at_most_ms: i64) -> bool {
        let mut length_ms = length_ms.min(at_most_ms);
        for longest in &mut self.longest_ms {
            if length_ms > *longest {
                std::mem::swap(longest, &mut length_ms);
            }
        }
        let [.., proven_ms] = self.longest_ms;
        let disproved = proven_ms > self.cuts.active_ms;
        if disproved {
            self.cuts.active_ms = proven_ms;
            self.cuts.source = Source::Learned;
        }
        disproved
    }
}

impl Listener {
    /// A listener that has heard of nobody, and keeps so many exporters at the most.
    #[must_use]
    pub fn new(timeouts: Timeouts, exporters_max: usize) -> Self {
        let mut listener = Self {
            timeouts,
            known: BTreeMap::new(),
            points: BTreeMap::new(),
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
        let active_ms = self.cuts(exporter.addr).active_ms;
        let longer = flows
            .iter()
            .map(|flow| flow.end_ms.saturating_sub(flow.start_ms))
            .filter(|&length_ms| length_ms > active_ms);
        for length_ms in longer {
            self.disprove(exporter.addr, length_ms);
        }
    }

    fn note_point(&mut self, point: (Exporter, Option<Observed>), received: Tick) {
        if let Some(last) = self.points.get_mut(&point) {
            *last = received;
        } else if self.points.len() < self.exporters_max {
            self.points.insert(point, received);
            self.changed |= self.points.len() == 2;
        }
    }

    /// Takes over what an exporter says of itself, in milliseconds.
    pub fn told_by(&mut self, addr: IpAddr, active_ms: Option<i64>, idle_ms: Option<i64>) {
        let mut cuts = self.cuts(addr);
        if let Some(active_ms) = active_ms
            && cuts.source != Source::Settings
        {
            cuts.active_ms = active_ms.clamp(0, self.timeouts.longest_lifetime_ms);
            cuts.source = Source::Options;
        }
        cuts.idle_ms = idle_ms.or(cuts.idle_ms);
        if cuts != self.cuts(addr)
            && let Some(known) = self.known(addr)
        {
            known.cuts = cuts;
            self.changed = true;
        }
    }

    fn disprove(&mut self, addr: IpAddr, length_ms: i64) {
        let at_most_ms = self.timeouts.longest_lifetime_ms;
        if self.cuts(addr).source == Source::Settings {
            return;
        }
        if let Some(known) = self.known(addr) {
            let disproved = known.note(length_ms, at_most_ms);
            self.changed |= disproved;
        }
    }

    /// How an exporter cuts flows.
    fn cuts(&self, addr: IpAddr) -> Cuts {
        if let Some(known) = self.known.get(&addr) {
            return known.cuts;
        }
        let own = self.timeouts.exporter_active_ms_of.get(&addr);
        Cuts {
            active_ms: own.copied().unwrap_or(self.timeouts.exporter_active_ms),
            source: if own.is_some() {
                Source::Settings
            } else {
                Source::Default
            },
            idle_ms: None,
        }
    }

    fn known(&mut self, addr: IpAddr) -> Option<&mut Known> {
        let cuts = self.cuts(addr);
        let has_room = self.known.len() < self.exporters_max;
        match self.known.entry(addr) {
            Entry::Occupied(entry) => Some(entry.into_mut()),
            Entry::Vacant(entry) => has_room.then(|| entry.insert(Known::new(cuts))),
        }
    }

    /// What the lanes are to know from a tick on, and the exporters whose timeouts it
    /// changes. Who has not been heard of for as long as a flow may be waited for is
    /// forgotten; it is looked for each minute.
    pub fn tick(&mut self, tick: Tick) -> (Arc<Heard>, Vec<(IpAddr, Cuts)>) {
        if tick.secs().rem_euclid(60) == 0 {
            let earliest = tick.plus(-self.timeouts.longest_wait_secs());
            let before = self.points.len();
            self.points.retain(|_, last| *last >= earliest);
            self.changed |= self.points.len() != before;
        }
        if !std::mem::take(&mut self.changed) {
            return (Arc::clone(&self.told), Vec::new());
        }
        let heard = self.heard();
        let news = heard.cuts.iter().filter(|(addr, cuts)| {
            let before = self.told.cuts.get(addr);
            before != Some(cuts)
        });
        let news = news.map(|(addr, cuts)| (*addr, *cuts)).collect();
        self.told = Arc::new(heard);
        (Arc::clone(&self.told), news)
    }

    fn heard(&self) -> Heard {
        let own = self.timeouts.exporter_active_ms_of.keys();
        let own = own.map(|&addr| (addr, self.cuts(addr)));
        let known = self.known.iter();
        Heard {
            cuts: own
                .chain(known.map(|(&addr, known)| (addr, known.cuts)))
                .collect(),
            several: self.points.len() > 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{T0, exporter_of, record, timeouts};
    use super::*;

    /// The active timeout in force for an exporter, and its source.
    fn in_force(listener: &mut Listener, exporter: Exporter, second: i64) -> (i64, Source) {
        let (heard, _) = listener.tick(Tick::from_secs(T0 + second));
        let cuts = heard.cuts.get(&exporter.addr);
        cuts.map_or((60_000, Source::Default), |cuts| {
            (cuts.active_ms, cuts.source)
        })
    }

    fn lasting(length_ms: i64) -> OriginalFlow {
        record(17, 0, length_ms, 0)
    }

    #[test]
    fn three_records_longer_than_a_timeout_disprove_it() {
        let (mut listener, one) = (Listener::new(timeouts(), 10), exporter_of(1, 0));
        listener.hear(
            one,
            &[lasting(599_000), lasting(600_000)],
            Tick::from_secs(T0),
        );
        assert_eq!(in_force(&mut listener, one, 1), (60_000, Source::Default));
        listener.hear(
            one,
            &[lasting(30_000), lasting(598_000)],
            Tick::from_secs(T0 + 1),
        );
        assert_eq!(in_force(&mut listener, one, 2), (598_000, Source::Learned));
        listener.hear(one, &[lasting(600_000)], Tick::from_secs(T0 + 3));
        assert_eq!(in_force(&mut listener, one, 4), (599_000, Source::Learned));
    }

    #[test]
    fn an_absurd_length_teaches_no_more_than_the_longest_lifetime() {
        let (mut listener, one) = (Listener::new(timeouts(), 10), exporter_of(1, 0));
        listener.hear(one, &[lasting(i64::MAX / 2); 3], Tick::from_secs(T0));
        assert_eq!(
            in_force(&mut listener, one, 1),
            (3_600_000, Source::Learned)
        );
    }

    #[test]
    fn settings_are_believed_before_options_data_and_those_before_the_default() {
        let mut times = timeouts();
        times
            .exporter_active_ms_of
            .insert(exporter_of(1, 0).addr, 120_000);
        let mut listener = Listener::new(times, 10);
        for number in [1, 2] {
            listener.told_by(exporter_of(number, 0).addr, Some(300_000), Some(15_000));
            listener.hear(
                exporter_of(number, 0),
                &[lasting(200_000); 3],
                Tick::from_secs(T0),
            );
        }
        assert_eq!(
            in_force(&mut listener, exporter_of(1, 0), 1),
            (120_000, Source::Settings)
        );
        assert_eq!(
            in_force(&mut listener, exporter_of(2, 0), 1),
            (300_000, Source::Options)
        );
        let (heard, _) = listener.tick(Tick::from_secs(T0 + 2));
        assert!(heard.cuts.values().all(|cuts| cuts.idle_ms == Some(15_000)));
    }

    #[test]
    fn what_changes_is_told_once() {
        let (mut listener, one) = (Listener::new(timeouts(), 10), exporter_of(1, 0));
        listener.hear(one, &[lasting(300_000); 3], Tick::from_secs(T0));
        let (_, news) = listener.tick(Tick::from_secs(T0 + 1));
        assert_eq!(news.len(), 1);
        let (_, news) = listener.tick(Tick::from_secs(T0 + 2));
        assert_eq!(news.len(), 0);
    }

    #[test]
    fn who_falls_silent_is_no_longer_one_of_several() {
        let mut listener = Listener::new(timeouts(), 10);
        let tick = |second| Tick::from_secs(T0 / 60 * 60 + second);
        listener.hear(exporter_of(1, 0), &[lasting(1)], tick(0));
        assert!(!listener.tick(tick(1)).0.several);
        listener.hear(exporter_of(1, 7), &[lasting(1)], tick(1));
        assert!(listener.tick(tick(2)).0.several);
        for second in 0..80 {
            listener.hear(exporter_of(1, 0), &[lasting(1)], tick(60 * second));
            listener.tick(tick(60 * second));
        }
        assert!(!listener.tick(tick(4_800)).0.several);
    }

    #[test]
    fn no_more_exporters_are_kept_than_allowed() {
        let mut listener = Listener::new(timeouts(), 3);
        for number in 0..9 {
            let exporter = exporter_of(number, 0);
            listener.hear(exporter, &[lasting(300_000); 3], Tick::from_secs(T0));
        }
        assert_eq!((listener.points.len(), listener.known.len()), (3, 3));
    }
}
