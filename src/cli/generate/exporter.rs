//! One simulated exporter: fills datagrams, counts sequence numbers, repeats
//! templates.

use std::net::IpAddr;

use flow::protocol;

use super::plan::whole_second;
use super::record::Record;
use super::totals::Totals;
use super::wire::{self, Header, Protocol, Sources};

/// Uptime of every exporter when the run begins, in milliseconds: longer than any
/// flow, so that no record starts before its exporter did.
const UPTIME_MS: i64 = 4 * 3_600_000;
/// Octets of the header of a set.
const SET_HEADER: usize = 4;
/// Sets end on a multiple of so many octets.
const ALIGNMENT: usize = 4;
/// The smallest datagram in which all templates and a record have room.
pub(super) const LEAST_PAYLOAD: usize = 512;

/// How datagrams are filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Filling {
    /// The most octets of a datagram.
    pub(super) payload: usize,
    /// Templates come again after so many datagrams; of sFlow, counters.
    pub(super) template_every: u64,
}

/// The state of one exporter: records that wait for their datagram, and counters.
#[derive(Debug)]
pub(super) struct Exporter {
    pub(super) protocol: Protocol,
    domain: u32,
    boot_ms: i64,
    filling: Filling,
    sequence: u32,
    datagrams: u64,
    sets: Vec<Vec<u8>>,
    sources: Sources,
    staged: Totals,
    datagram: Vec<u8>,
}

impl Exporter {
    /// An exporter that has run for a while when the run begins at `epoch_ms`.
    pub(super) fn new(protocol: Protocol, domain: u32, epoch_ms: i64, filling: Filling) -> Self {
        Self {
            protocol,
            domain,
            boot_ms: whole_second(epoch_ms) - UPTIME_MS,
            filling,
            sequence: 0,
            datagrams: 0,
            sets: vec![Vec::new(); protocol.templates().sets()],
            sources: Sources::default(),
            staged: Totals::default(),
            datagram: Vec::new(),
        }
    }

    /// Puts a record into the next datagram; `part` is what it adds to the totals.
    pub(super) fn stage(&mut self, record: &Record, part: &Totals) {
        let number = self.set_of(record);
        if let Some(set) = self.sets.get_mut(number) {
            let record = (record, self.boot_ms);
            self.protocol.encode(set, number, record, &mut self.sources);
            self.staged.add(part);
        }
    }

    /// The number of the set whose template fits the record.
    fn set_of(&self, record: &Record) -> usize {
        let v6 = usize::from(matches!(record.key.src_addr, IpAddr::V6(_)));
        match self.protocol {
            Protocol::V5 | Protocol::Sflow => 0,
            Protocol::V9 => v6,
            Protocol::Ipfix => match record.key.protocol {
                protocol::ICMP | protocol::ICMPV6 => 2 + v6,
                _ => v6,
            },
        }
    }

    /// How many records wait for their datagram.
    pub(super) const fn waiting(&self) -> u64 {
        self.staged.records
    }

    /// How many datagrams it made.
    pub(super) const fn datagrams(&self) -> u64 {
        self.datagrams
    }

    /// Whether a further record might not fit.
    pub(super) fn is_full(&self) -> bool {
        if self.protocol == Protocol::V5 {
            return self.waiting() >= wire::V5_MOST_RECORDS as u64
                || self.len() + wire::V5_RECORD_LEN > self.filling.payload;
        }
        if self.protocol == Protocol::Sflow {
            return self.len() + wire::LONGEST_SAMPLE > self.filling.payload;
        }
        let longest = self.protocol.templates().longest_record();
        self.len() + SET_HEADER + longest + ALIGNMENT > self.filling.payload
    }

    /// Octets of the datagram if it were sealed now.
    fn len(&self) -> usize {
        let sets = self.sets.iter().filter(|set| !set.is_empty());
        let records: usize = if self.protocol.is_bare() {
            sets.map(Vec::len).sum()
        } else {
            sets.map(|set| SET_HEADER + set.len().next_multiple_of(ALIGNMENT))
                .sum()
        };
        let templates = match self.protocol {
            _ if !self.announces() => 0,
            Protocol::Sflow => wire::COUNTER_SAMPLE_LEN,
            protocol => protocol.templates().announcement_len(),
        };
        self.protocol.header_len() + templates + records
    }

    /// Whether the next datagram carries the templates, or counters of sFlow.
    fn announces(&self) -> bool {
        self.protocol != Protocol::V5 && self.datagrams.is_multiple_of(self.filling.template_every)
    }

    /// Makes the datagram of all waiting records, which leaves at `export_ms` in
    /// Unix milliseconds; what it adds to the totals.
    pub(super) fn seal(&mut self, export_ms: i64) -> Totals {
        let mut totals = std::mem::take(&mut self.staged);
        let len = self.len();
        match self.protocol {
            _ if !self.announces() => {}
            Protocol::Sflow => totals.counter_samples = 1,
            protocol => totals.templates = protocol.templates().sets() as u64,
        }
        let header = self.header(export_ms, &totals);
        self.datagram.clear();
        let len_field = u16::try_from(len).unwrap_or(u16::MAX);
        self.protocol.header(&mut self.datagram, &header, len_field);
        self.write_sets();
        self.sequence = self.sequence.wrapping_add(self.counted(&totals));
        self.datagrams += 1;
        totals.datagrams = 1;
        totals.datagram_bytes = self.datagram.len() as u64;
        totals
    }

    fn header(&self, export_ms: i64, totals: &Totals) -> Header {
        let records = match self.protocol {
            Protocol::V9 => totals.records + totals.templates,
            Protocol::V5 | Protocol::Ipfix => totals.records,
            Protocol::Sflow => totals.records + totals.counter_samples,
        };
        Header {
            export_ms,
            boot_ms: self.boot_ms,
            sequence: self.sequence,
            domain: self.domain,
            records: u16::try_from(records).unwrap_or(u16::MAX),
        }
    }

    /// By how much a datagram moves the sequence number: v5 and IPFIX count Flow
    /// Records, v9 and sFlow count datagrams.
    fn counted(&self, totals: &Totals) -> u32 {
        match self.protocol {
            Protocol::V9 | Protocol::Sflow => 1,
            Protocol::V5 | Protocol::Ipfix => u32::try_from(totals.records).unwrap_or(u32::MAX),
        }
    }

    fn write_sets(&mut self) {
        let templates = self.protocol.templates();
        match self.protocol {
            _ if !self.announces() => {}
            Protocol::Sflow => self.sources.counters(&mut self.datagram),
            _ => templates.announce(&mut self.datagram),
        }
        for (number, set) in self.sets.iter_mut().enumerate() {
            if self.protocol.is_bare() {
                self.datagram.append(set);
            } else if !set.is_empty() {
                set.resize(set.len().next_multiple_of(ALIGNMENT), 0);
                let len = u16::try_from(SET_HEADER + set.len()).unwrap_or(u16::MAX);
                self.datagram
                    .extend_from_slice(&templates.id(number).to_be_bytes());
                self.datagram.extend_from_slice(&len.to_be_bytes());
                self.datagram.append(set);
            }
        }
    }

    /// The datagram that was sealed last.
    pub(super) fn datagram(&self) -> &[u8] {
        &self.datagram
    }
}
