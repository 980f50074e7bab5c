//! What goes in, and what comes out.

use std::net::SocketAddr;

use flow::{Exporter, OriginalFlow, ReceiveTime};

use crate::counters::{Entry, Tally};
use crate::state::{ElementKey, Overlay, SampleMark, Seed, Waiting};
use crate::template::Template;
use crate::told::{ReportedLoss, Telling};
use crate::{DecodeError, Protocol, Reason, SampleCounters, SequenceCounters, Transport};

/// One datagram as received.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'a> {
    /// Where it came from.
    pub source: SocketAddr,
    /// When it was received.
    pub received: ReceiveTime,
    /// Its octets, without headers of UDP.
    pub payload: &'a [u8],
}

/// What one datagram came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Who sent it; of domain 0 if the header could not be read.
    pub exporter: Exporter,
    /// Its protocol, if its version is that of one.
    pub protocol: Option<Protocol>,
    /// Flow Records that became flows; 0 with an error.
    pub records: u32,
    /// Those of them that became two flows, one for each direction.
    pub biflows: u32,
    /// Data Records of Options Templates.
    pub options_records: u32,
    /// Template Records and Options Template Records.
    pub templates: u32,
    /// What its sequence number told.
    pub sequence: SequenceCounters,
    /// What its exporter says it lost since it last said so.
    pub reported: ReportedLoss,
    /// Whether its stream is to be closed: it is out of step, it broke a rule that only
    /// closing answers, or its last messages were all malformed (RFC 7011, 8.1 and
    /// 9.1). Never over UDP.
    pub close: bool,
    /// Why it was rejected.
    pub error: Option<DecodeError>,
}

/// A change of a template.
#[derive(Debug)]
pub(crate) enum Change {
    /// A new definition.
    Keep(Box<Template>),
    /// The known definition, sent again.
    Renew,
    /// The template is void: withdrawn, or its new definition was refused.
    Drop,
}

/// How many templates of one datagram are remembered as used. More are rare, and cost
/// only that they may leave earlier under pressure.
const USED: usize = 8;

/// Templates that were used, by key and port.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Used {
    entries: [(u128, u16); USED],
    len: usize,
}

impl Used {
    pub(crate) fn push(&mut self, key: u128, port: u16) {
        if self.iter().any(|known| known == (key, port)) {
            return;
        }
        if let Some(free) = self.entries.get_mut(self.len) {
            *free = (key, port);
            self.len += 1;
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u128, u16)> {
        self.entries.iter().take(self.len).copied()
    }
}

/// The outcome of a datagram, not yet applied.
#[must_use = "a plan that is not applied is lost, with its flows and uncounted"]
#[derive(Debug)]
pub struct Plan {
    pub(crate) flows: Vec<OriginalFlow>,
    pub(crate) exporter: Exporter,
    pub(crate) port: u16,
    pub(crate) transport: Transport,
    pub(crate) received_ms: i64,
    pub(crate) protocol: Option<Protocol>,
    pub(crate) error: Option<DecodeError>,
    pub(crate) entry: Entry,
    /// Data Records of all kinds, as IPFIX counts them.
    pub(crate) units: u32,
    /// Whether there were more that could not be read.
    pub(crate) units_unknown: bool,
    /// The sequence number.
    pub(crate) number: u32,
    /// Positions of the data sources of sFlow's flow samples, in their order.
    pub(crate) samples: Vec<SampleMark>,
    pub(crate) templates: Overlay<Change>,
    /// Whether all templates that were known before are withdrawn, and all options
    /// templates.
    pub(crate) withdrawn: [bool; 2],
    pub(crate) facts: Overlay<u64>,
    /// Whether a fact is about an interface.
    pub(crate) interface_facts: bool,
    /// What options data told beside.
    pub(crate) tellings: Vec<Telling>,
    pub(crate) used: Used,
    /// Of which domain and source port what was kept over a restart is void, and why.
    pub(crate) voided: Vec<(u128, u16, Reason)>,
    /// Elements of new templates that are not known.
    pub(crate) unknown: Vec<ElementKey>,
    /// Data Sets that are to wait, by the template they wait for.
    pub(crate) waiting: Overlay<Vec<Waiting>>,
    /// Templates for which nothing waits any longer.
    pub(crate) released: Overlay<()>,
    /// When the exporter started, by this message's header, modulo 2^32 milliseconds.
    pub(crate) boot: Option<u32>,
    /// Whether the stream is to be closed.
    pub(crate) close: bool,
}

impl Plan {
    pub(crate) fn new(
        transport: Transport,
        datagram: &Datagram<'_>,
        flows: Vec<OriginalFlow>,
        seed: Seed,
    ) -> Self {
        Self {
            flows,
            exporter: Exporter::new(datagram.source.ip(), 0),
            port: datagram.source.port(),
            transport,
            received_ms: datagram.received.millis(),
            protocol: None,
            error: None,
            entry: Entry {
                octets: u64::try_from(datagram.payload.len()).unwrap_or(u64::MAX),
                rejected: false,
                records: 0,
                biflows: 0,
                options_records: 0,
                templates: 0,
                sequence: SequenceCounters::default(),
                reported: ReportedLoss::default(),
                samples: SampleCounters::default(),
                tally: Tally::new(),
            },
            units: 0,
            units_unknown: false,
            number: 0,
            samples: Vec::new(),
            templates: Overlay::new(seed),
            withdrawn: [false; 2],
            facts: Overlay::new(seed),
            interface_facts: false,
            tellings: Vec::new(),
            used: Used::default(),
            voided: Vec::new(),
            unknown: Vec::new(),
            waiting: Overlay::new(seed),
            released: Overlay::new(seed),
            boot: None,
            close: false,
        }
    }

    /// Turns the plan into the rejection of the whole datagram (RFC 7011, 9.1): flows
    /// beyond so many, changes and counts are taken back.
    pub(crate) fn reject(mut self, error: DecodeError, flows: usize) -> Self {
        self.flows.truncate(flows);
        let entry = &mut self.entry;
        (entry.records, entry.biflows) = (0, 0);
        (entry.options_records, entry.templates) = (0, 0);
        entry.samples = SampleCounters::default();
        entry.rejected = true;
        entry.tally.clear();
        let octets = usize::try_from(entry.octets).unwrap_or(usize::MAX);
        entry.tally.add(error.kind.reason(), 1, octets);
        self.error = Some(error);
        self
    }

    /// What the datagram came to.
    pub(crate) const fn report(&self) -> Report {
        Report {
            exporter: self.exporter,
            protocol: self.protocol,
            records: self.entry.records,
            biflows: self.entry.biflows,
            options_records: self.entry.options_records,
            templates: self.entry.templates,
            sequence: self.entry.sequence,
            reported: self.entry.reported,
            close: self.close,
            error: self.error,
        }
    }
}
