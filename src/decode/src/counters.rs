//! Counters: what came, what became of it, and what was lost on the way.

use std::net::IpAddr;

use crate::state::{Exporters, Seed, host_key};
use crate::told::ReportedLoss;
use crate::{Limits, Plan, Protocol, Reason, Scope, Transport};

/// How often a reason applied, and to how many octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Datagrams, Sets, templates, records or values, by the reason's [`Scope`].
    pub events: u64,
    /// Octets of the datagrams, Sets and records concerned; 0 for other scopes.
    pub octets: u64,
}

/// What the sequence numbers tell (RFC 7011, 3.1; RFC 3954, 5.1).
///
/// Units are flows in NetFlow v5 and v7, datagrams in v9 and sFlow, and Data Records in
/// IPFIX; NetFlow v1 has no sequence. What a rejected datagram held is a gap in the
/// sequence and counts as lost too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SequenceCounters {
    /// Units that were missing when a gap was seen.
    pub lost: u64,
    /// Units out of these that arrived later.
    pub recovered: u64,
    /// Datagrams that arrived later than their successors.
    pub reordered: u64,
    /// Datagrams whose units had been counted before.
    pub duplicated: u64,
    /// Times an exporter began its sequence anew.
    pub restarted: u64,
    /// Far jumps that no following datagram confirmed: forged or damaged.
    pub unconfirmed: u64,
}

impl SequenceCounters {
    /// Adds what other datagrams told.
    pub fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.recovered += other.recovered;
        self.reordered += other.reordered;
        self.duplicated += other.duplicated;
        self.restarted += other.restarted;
        self.unconfirmed += other.unconfirmed;
    }

    /// Units that were missing and have not arrived.
    #[must_use]
    pub const fn missing(&self) -> u64 {
        self.lost.saturating_sub(self.recovered)
    }
}

/// What sFlow's flow samples tell of themselves and of others.
///
/// Always `taken = records of sFlow + events of Scope::Record`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SampleCounters {
    /// Flow samples that arrived.
    pub taken: u64,
    /// Flow samples that were missing when a data source's sequence had a gap.
    pub lost: u64,
    /// Samples out of these that arrived later.
    pub recovered: u64,
    /// Packets that agents were to sample and could not.
    pub dropped: u64,
}

impl SampleCounters {
    pub(crate) fn add(&mut self, other: Self) {
        self.taken += other.taken;
        self.lost += other.lost;
        self.recovered += other.recovered;
        self.dropped += other.dropped;
    }
}

/// The counters of one part of the traffic. Always `datagrams = decoded + rejected`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// Datagrams received.
    pub datagrams: u64,
    /// Octets of these.
    pub octets: u64,
    /// Datagrams that were decoded.
    pub decoded: u64,
    /// Datagrams that were rejected, each by one reason of [`Scope::Datagram`].
    pub rejected: u64,
    /// Flow Records that became flows.
    pub records: u64,
    /// Those of them that became two flows, one for each direction (RFC 5103).
    pub biflows: u64,
    /// Data Records of Options Templates.
    pub options_records: u64,
    /// Template Records and Options Template Records, repetitions included.
    pub templates: u64,
    /// What the sequence numbers tell.
    pub sequence: SequenceCounters,
    /// What the flow samples of sFlow tell.
    pub samples: SampleCounters,
    /// What exporters say that they did not observe or send, from their first such
    /// totals on (RFC 7011, 4.2 and 4.3).
    pub reported: ReportedLoss,
    reasons: [Count; Reason::ALL.len()],
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            datagrams: 0,
            octets: 0,
            decoded: 0,
            rejected: 0,
            records: 0,
            biflows: 0,
            options_records: 0,
            templates: 0,
            sequence: SequenceCounters::default(),
            samples: SampleCounters::default(),
            reported: ReportedLoss::default(),
            reasons: [Count::default(); Reason::ALL.len()],
        }
    }
}

impl Ledger {
    /// How often a reason applied.
    #[must_use]
    pub fn reason(&self, reason: Reason) -> Count {
        self.reasons
            .get(reason.index())
            .copied()
            .unwrap_or_default()
    }

    /// How often the reasons of a scope applied, together.
    #[must_use]
    pub fn events(&self, scope: Scope) -> u64 {
        let of_scope = Reason::ALL.into_iter().filter(|r| r.scope() == scope);
        of_scope.map(|reason| self.reason(reason).events).sum()
    }

    pub(crate) fn count(&mut self, reason: Reason, events: u64, octets: u64) {
        if let Some(count) = self.reasons.get_mut(reason.index()) {
            count.events += events;
            count.octets += octets;
        }
    }

    /// Adds what one datagram came to.
    pub(crate) fn book(&mut self, entry: &Entry) {
        self.datagrams += 1;
        self.octets += entry.octets;
        self.decoded += u64::from(!entry.rejected);
        self.rejected += u64::from(entry.rejected);
        self.records += u64::from(entry.records);
        self.biflows += u64::from(entry.biflows);
        self.options_records += u64::from(entry.options_records);
        self.templates += u64::from(entry.templates);
        self.sequence.add(entry.sequence);
        self.samples.add(entry.samples);
        self.reported.add(&entry.reported);
        for (reason, events, octets) in entry.tally.iter() {
            self.count(reason, events, octets);
        }
    }

    fn add(&mut self, other: &Self) {
        self.datagrams += other.datagrams;
        self.octets += other.octets;
        self.decoded += other.decoded;
        self.rejected += other.rejected;
        self.records += other.records;
        self.biflows += other.biflows;
        self.options_records += other.options_records;
        self.templates += other.templates;
        self.sequence.add(other.sequence);
        self.samples.add(other.samples);
        self.reported.add(&other.reported);
        for (mine, other) in self.reasons.iter_mut().zip(&other.reasons) {
            mine.events += other.events;
            mine.octets += other.octets;
        }
    }
}

/// What one datagram adds to the ledgers.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) octets: u64,
    pub(crate) rejected: bool,
    pub(crate) records: u32,
    pub(crate) biflows: u32,
    pub(crate) options_records: u32,
    pub(crate) templates: u32,
    pub(crate) sequence: SequenceCounters,
    pub(crate) samples: SampleCounters,
    pub(crate) reported: ReportedLoss,
    pub(crate) tally: Tally,
}

/// The reasons that applied within one datagram, in order. Mostly none does, so that it
/// takes no memory then; a place for each reason would have to be moved with each plan.
#[derive(Debug, Clone)]
pub(crate) struct Tally(Vec<Tallied>);

/// How often a reason applied, and to how many octets.
#[derive(Debug, Clone, Copy)]
struct Tallied {
    reason: Reason,
    events: u32,
    octets: u32,
}

impl Tally {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Counts one event.
    pub(crate) fn one(&mut self, reason: Reason) {
        self.add(reason, 1, 0);
    }

    /// Counts events and the octets they concern; no events are nothing to count.
    pub(crate) fn add(&mut self, reason: Reason, events: usize, octets: usize) {
        if events > 0 {
            self.tally(reason, events, octets);
        }
    }

    #[cold]
    fn tally(&mut self, reason: Reason, events: usize, octets: usize) {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let (events, octets) = (number(events), number(octets));
        match self.place(reason) {
            Ok(at) => {
                if let Some(known) = self.0.get_mut(at) {
                    known.events = known.events.saturating_add(events);
                    known.octets = known.octets.saturating_add(octets);
                }
            }
            Err(at) => self.0.insert(
                at,
                Tallied {
                    reason,
                    events,
                    octets,
                },
            ),
        }
    }

    fn place(&self, reason: Reason) -> Result<usize, usize> {
        self.0
            .binary_search_by_key(&reason.index(), |known| known.reason.index())
    }

    /// Forgets everything, as for a message that is discarded.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// What applied since an earlier state of this tally.
    pub(crate) fn since(&self, earlier: &Self) -> impl Iterator<Item = (Reason, u64, u64)> {
        let more = self.iter().map(|(reason, events, octets)| {
            let before = earlier.place(reason).ok().and_then(|at| earlier.0.get(at));
            let (seen, size) = before.map_or((0, 0), |known| (known.events, known.octets));
            (
                reason,
                events.saturating_sub(seen.into()),
                octets.saturating_sub(size.into()),
            )
        });
        more.filter(|&(_, events, _)| events > 0)
    }

    /// The reasons that applied, with events and octets.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Reason, u64, u64)> {
        let told = |known: &Tallied| (known.reason, known.events.into(), known.octets.into());
        self.0.iter().map(told)
    }
}

/// All counters of a decoder.
#[derive(Debug)]
pub struct Counters {
    total: Ledger,
    protocols: [Ledger; Protocol::ALL.len()],
    exporters: Exporters<Row>,
    others: Ledger,
}

#[derive(Debug)]
struct Row {
    addr: IpAddr,
    ledger: Box<Ledger>,
}

impl Counters {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            total: Ledger::default(),
            protocols: std::array::from_fn(|_| Ledger::default()),
            exporters: Exporters::new(limits.exporters, Seed(limits.hash_seed)),
            others: Ledger::default(),
        }
    }

    /// Everything.
    #[must_use]
    pub const fn total(&self) -> &Ledger {
        &self.total
    }

    /// What could be read as this protocol. Datagrams without a known version, or of
    /// a version that is not decoded, are in no protocol.
    #[must_use]
    pub fn protocol(&self, protocol: Protocol) -> &Ledger {
        self.protocols.get(protocol.index()).unwrap_or(&self.others)
    }

    /// Each exporter's part, by address and in no particular order; at most
    /// [`Limits::exporters`].
    pub fn exporters(&self) -> impl Iterator<Item = (IpAddr, &Ledger)> {
        self.exporters.values().map(|row| (row.addr, &*row.ledger))
    }

    /// One exporter's part.
    #[must_use]
    pub fn exporter(&self, addr: IpAddr) -> Option<&Ledger> {
        let key = host_key(addr.to_canonical());
        self.exporters.peek(&key).map(|row| &*row.ledger)
    }

    /// What is in no exporter's part: exporters that left because of the limit, and
    /// addresses of which no datagram was ever decoded.
    #[must_use]
    pub const fn others(&self) -> &Ledger {
        &self.others
    }

    /// How often a reason applied in all.
    #[must_use]
    pub fn reason(&self, reason: Reason) -> Count {
        self.total.reason(reason)
    }

    /// Books one datagram. Only one that was decoded opens a part for its exporter, so
    /// that rubbish from forged addresses displaces nobody.
    pub(crate) fn book(&mut self, plan: &Plan, protocol: Option<Protocol>) {
        let (addr, entry) = (plan.exporter.addr, &plan.entry);
        self.total.book(entry);
        if let Some(ledger) = protocol.and_then(|p| self.protocols.get_mut(p.index())) {
            ledger.book(entry);
        }
        if !entry.rejected {
            self.open_part(addr, (plan.received_ms, plan.transport));
        }
        match self.part(addr) {
            Some(ledger) => ledger.book(entry),
            None => self.others.book(entry),
        }
    }

    /// Counts state of an exporter that left, or that found no room.
    pub(crate) fn count(&mut self, addr: IpAddr, protocol: Protocol, reason: Reason) {
        self.count_octets(addr, protocol, reason, 0);
    }

    /// Counts one event and the octets it concerns, outside of any datagram.
    pub(crate) fn count_octets(
        &mut self,
        addr: IpAddr,
        protocol: Protocol,
        reason: Reason,
        octets: u64,
    ) {
        self.total.count(reason, 1, octets);
        if let Some(ledger) = self.protocols.get_mut(protocol.index()) {
            ledger.count(reason, 1, octets);
        }
        match self.part(addr) {
            Some(ledger) => ledger.count(reason, 1, octets),
            None => self.others.count(reason, 1, octets),
        }
    }

    fn open_part(&mut self, addr: IpAddr, heard: (i64, Transport)) {
        let make = || Row {
            addr,
            ledger: Box::default(),
        };
        if let Some(left) = self.exporters.hear(host_key(addr), heard, make) {
            self.others.add(&left.ledger);
        }
    }

    fn part(&mut self, addr: IpAddr) -> Option<&mut Ledger> {
        let row = self.exporters.touch(&host_key(addr));
        row.map(|row| &mut *row.ledger)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_tells_what_applied_and_nothing_else() {
        let mut tally = Tally::new();
        tally.add(Reason::NoTemplate, 1, 40);
        tally.add(Reason::NoTemplate, 1, 2);
        tally.one(Reason::FactEvicted);
        let told: Vec<_> = tally.iter().collect();
        assert_eq!(
            told,
            [(Reason::NoTemplate, 2, 42), (Reason::FactEvicted, 1, 0)]
        );
        tally.clear();
        assert_eq!(tally.iter().count(), 0);
    }
}
