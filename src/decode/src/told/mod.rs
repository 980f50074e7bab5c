//! What exporters tell of themselves in options data: names, timeouts, and what they
//! lost before it was sent (RFC 7011, 4).

mod store;
mod text;

use std::collections::BTreeMap;

use crate::Protocol;
use crate::state::Host;
pub(crate) use store::{Telling, Told};
pub(crate) use text::clean;

/// What something told is about, within an exporter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Teller {
    /// The protocol by which it was told.
    pub protocol: Protocol,
    /// The Observation Domain.
    pub domain: u32,
    /// The source port where it matters: over a stream, and for statistics, which two
    /// exporters behind one address must not mix; else 0.
    pub port: u16,
    pub(crate) stream: bool,
}

/// What has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An interface, by its SNMP index (elements 10 and 14).
    Interface(u32),
    /// A VRF (elements 234 and 235).
    Vrf(u32),
    /// An application (element 95): its classification engine and its number there
    /// (RFC 6759, 4).
    Application {
        /// The Classification Engine ID.
        engine: u8,
        /// The Selector ID.
        selector: u64,
    },
    /// A sampler (element 48); 0 is the only one of its exporter.
    Sampler(u64),
    /// A selector (element 302).
    Selector(u64),
}

/// How packets are selected (elements 35, 49 and 304).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// By count or by time.
    Systematic,
    /// At random.
    Random,
    /// By another one of IANA's registry of PSAMP selector algorithms.
    Other(u16),
}

/// What an exporter calls something. Texts hold no control and no format characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named {
    /// Its name, if one was told.
    pub name: Option<Box<str>>,
    /// Its description, if one was told.
    pub description: Option<Box<str>>,
    /// Of samplers and selectors, how they select.
    pub algorithm: Option<Algorithm>,
}

/// After how long an exporter reports a flow, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timeouts {
    /// While it goes on (element 36).
    pub active_s: Option<u16>,
    /// After its last packet (element 37).
    pub idle_s: Option<u16>,
}

/// What an exporter says that it did not observe or did not send, between two times
/// that it said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReportedLoss {
    /// Packets that its Metering Process ignored (element 164).
    pub ignored_packets: u64,
    /// Octets of these (element 165).
    pub ignored_octets: u64,
    /// Flows that its Exporting Process did not send (element 166).
    pub unsent_flows: u64,
    /// Packets of these (element 167).
    pub unsent_packets: u64,
    /// Octets of these (element 168).
    pub unsent_octets: u64,
}

impl ReportedLoss {
    /// Whether there is none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) const fn add(&mut self, other: &Self) {
        self.ignored_packets = self.ignored_packets.saturating_add(other.ignored_packets);
        self.ignored_octets = self.ignored_octets.saturating_add(other.ignored_octets);
        self.unsent_flows = self.unsent_flows.saturating_add(other.unsent_flows);
        self.unsent_packets = self.unsent_packets.saturating_add(other.unsent_packets);
        self.unsent_octets = self.unsent_octets.saturating_add(other.unsent_octets);
    }
}

/// Totals of a Metering or an Exporting Process since it began (RFC 7011, 4.1 to 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Messages sent (element 41).
    pub messages: Option<u64>,
    /// Flow Records sent (element 42).
    pub flows: Option<u64>,
    /// Octets sent (element 40).
    pub octets: Option<u64>,
    /// Flows observed (element 163).
    pub observed_flows: Option<u64>,
    /// Packets that were ignored (element 164).
    pub ignored_packets: Option<u64>,
    /// Octets of these (element 165).
    pub ignored_octets: Option<u64>,
    /// Flows that were not sent (element 166).
    pub unsent_flows: Option<u64>,
    /// Packets of these (element 167).
    pub unsent_packets: Option<u64>,
    /// Octets of these (element 168).
    pub unsent_octets: Option<u64>,
    /// When the first and the last of it was lost, Unix milliseconds on the exporter's
    /// clock.
    pub lost_ms: Option<(i64, i64)>,
}

/// What one exporter address told.
#[derive(Debug, Clone, Copy)]
pub struct ExporterView<'a> {
    host: &'a Host,
}

impl<'a> ExporterView<'a> {
    pub(crate) const fn new(host: &'a Host) -> Self {
        Self { host }
    }

    /// Everything that has a name, in order.
    #[must_use]
    pub fn names(&self) -> BTreeMap<(Teller, Subject), &'a Named> {
        self.host.told.names().collect()
    }

    /// The timeouts of each domain, in order.
    #[must_use]
    pub fn timeouts(&self) -> BTreeMap<Teller, Timeouts> {
        self.host.told.timeouts().collect()
    }

    /// The last totals of each process, by its number and 0 if it has none, in order.
    #[must_use]
    pub fn statistics(&self) -> BTreeMap<(Teller, u32), Statistics> {
        self.host.told.statistics().collect()
    }
}
