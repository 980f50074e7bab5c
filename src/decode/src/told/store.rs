//! What is kept of it for one exporter address.

use super::{Named, ReportedLoss, Statistics, Subject, Teller, Timeouts};
use crate::Limits;
use crate::state::{LruMap, Seed};

/// Something told by one options record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Telling {
    /// What something is called.
    Name(Subject, Named),
    /// Timeouts.
    Timeouts(Timeouts),
    /// Totals of a process.
    Statistics(u32, Statistics),
}

/// What telling something came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Learnt {
    /// What had to leave for it.
    pub(crate) evicted: usize,
    /// What was lost since the last totals.
    pub(crate) lost: ReportedLoss,
}

/// Octets that keeping a name takes beside its texts, at most.
const OVERHEAD: usize = 160;

/// All that is kept, within limits; the least recently told leaves first.
#[derive(Debug)]
pub(crate) struct Told {
    names: LruMap<(Teller, Subject), Named>,
    octets: usize,
    timeouts: LruMap<Teller, Timeouts>,
    statistics: LruMap<(Teller, u32), Statistics>,
}

impl Told {
    pub(crate) fn new(limits: &Limits) -> Self {
        let seed = Seed(limits.hash_seed);
        Self {
            names: LruMap::new(limits.facts_per_exporter, seed),
            octets: 0,
            timeouts: LruMap::new(limits.facts_per_exporter, seed),
            statistics: LruMap::new(limits.facts_per_exporter, seed),
        }
    }

    /// Takes something over.
    pub(crate) fn learn(&mut self, of: Teller, telling: Telling, limits: &Limits) -> Learnt {
        let shared = if of.stream {
            of
        } else {
            Teller { port: 0, ..of }
        };
        match telling {
            Telling::Name(subject, named) => self.name((shared, subject), named, limits),
            Telling::Timeouts(told) => self.time(shared, told),
            Telling::Statistics(process, told) => self.count((of, process), &told),
        }
    }

    fn name(&mut self, key: (Teller, Subject), told: Named, limits: &Limits) -> Learnt {
        let mut named = told;
        if let Some(known) = self.names.remove(&key) {
            self.octets -= size(&known);
            named.name = named.name.or(known.name);
            named.description = named.description.or(known.description);
            named.algorithm = named.algorithm.or(known.algorithm);
        }
        let mut evicted = 0;
        while self.octets + size(&named) > limits.name_octets_per_exporter {
            let Some((_, left)) = self.names.pop_oldest() else {
                // Not even alone does it fit.
                return Learnt {
                    evicted: evicted + 1,
                    ..Learnt::default()
                };
            };
            self.octets -= size(&left);
            evicted += 1;
        }
        self.octets += size(&named);
        if let Some((_, left)) = self.names.insert(key, named) {
            self.octets -= size(&left);
            evicted += 1;
        }
        Learnt {
            evicted,
            ..Learnt::default()
        }
    }

    fn time(&mut self, key: Teller, told: Timeouts) -> Learnt {
        if let Some(known) = self.timeouts.touch(&key) {
            known.active_s = told.active_s.or(known.active_s);
            known.idle_s = told.idle_s.or(known.idle_s);
            return Learnt::default();
        }
        let evicted = usize::from(self.timeouts.insert(key, told).is_some());
        Learnt {
            evicted,
            ..Learnt::default()
        }
    }

    fn count(&mut self, key: (Teller, u32), told: &Statistics) -> Learnt {
        if let Some(known) = self.statistics.touch(&key) {
            let lost = known.take(told);
            return Learnt { evicted: 0, lost };
        }
        let evicted = usize::from(self.statistics.insert(key, *told).is_some());
        Learnt {
            evicted,
            ..Learnt::default()
        }
    }

    /// Drops what the stream of a source port told.
    pub(crate) fn forget_stream(&mut self, port: u16) {
        let of_stream = |of: &Teller| of.stream && of.port == port;
        let names = self.names.iter().map(|(&key, _)| key);
        for key in names.filter(|(of, _)| of_stream(of)).collect::<Vec<_>>() {
            if let Some(left) = self.names.remove(&key) {
                self.octets -= size(&left);
            }
        }
        let timeouts = self.timeouts.iter().map(|(&key, _)| key);
        for key in timeouts.filter(of_stream).collect::<Vec<_>>() {
            self.timeouts.remove(&key);
        }
        let statistics = self.statistics.iter().map(|(&key, _)| key);
        for key in statistics
            .filter(|(of, _)| of_stream(of))
            .collect::<Vec<_>>()
        {
            self.statistics.remove(&key);
        }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = ((Teller, Subject), &Named)> {
        self.names.iter().map(|(&key, named)| (key, named))
    }

    pub(crate) fn names_oldest_first(&self) -> impl Iterator<Item = ((Teller, Subject), &Named)> {
        self.names.oldest_first().map(|(&key, named)| (key, named))
    }

    pub(crate) fn timeouts(&self) -> impl Iterator<Item = (Teller, Timeouts)> {
        self.timeouts.iter().map(|(&key, &told)| (key, told))
    }

    pub(crate) fn statistics(&self) -> impl Iterator<Item = ((Teller, u32), Statistics)> {
        self.statistics.iter().map(|(&key, &told)| (key, told))
    }
}

/// Octets of memory that a name takes.
fn size(named: &Named) -> usize {
    let text = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
    OVERHEAD + text(&named.name) + text(&named.description)
}

impl Statistics {
    /// Takes newer totals over; what was lost between the two.
    fn take(&mut self, told: &Self) -> ReportedLoss {
        self.messages = told.messages.or(self.messages);
        self.flows = told.flows.or(self.flows);
        self.octets = told.octets.or(self.octets);
        self.observed_flows = told.observed_flows.or(self.observed_flows);
        self.lost_ms = told.lost_ms.or(self.lost_ms);
        ReportedLoss {
            ignored_packets: more(&mut self.ignored_packets, told.ignored_packets),
            ignored_octets: more(&mut self.ignored_octets, told.ignored_octets),
            unsent_flows: more(&mut self.unsent_flows, told.unsent_flows),
            unsent_packets: more(&mut self.unsent_packets, told.unsent_packets),
            unsent_octets: more(&mut self.unsent_octets, told.unsent_octets),
        }
    }
}

/// By how much a total grew. The first says nothing of how much of it is new; one a
/// little smaller came late; one that fell by half or more began anew, and all of it is
/// new.
const fn more(known: &mut Option<u64>, told: Option<u64>) -> u64 {
    let Some(told) = told else { return 0 };
    let new = match *known {
        None => 0,
        Some(known) if told >= known => told - known,
        Some(known) if told > known / 2 => return 0,
        Some(_) => told,
    };
    *known = Some(told);
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_that_grows_is_new_by_what_it_grew_and_one_that_began_anew_wholly() {
        let mut known = None;
        let told = [
            Some(100),
            Some(130),
            Some(125),
            None,
            Some(140),
            Some(20),
            Some(21),
        ];
        let new = told.map(|told| more(&mut known, told));
        assert_eq!(new, [0, 30, 0, 0, 10, 20, 1]);
    }
}
