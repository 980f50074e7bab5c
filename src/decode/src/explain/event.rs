//! What a message holds, piece by piece.

use std::net::IpAddr;
use std::sync::Arc;

use flow::{OriginalFlow, ReceiveTime};

use super::{Layout, Time, Value};
use crate::{Protocol, Reason, Scope};

/// The header of a message. What its protocol does not have is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The protocol.
    pub protocol: Protocol,
    /// The Observation Domain ID; NetFlow v5's engine, sFlow's sub-agent.
    pub domain: u32,
    /// The sequence number.
    pub sequence: Option<u32>,
    /// When it was exported, on the exporter's clock.
    pub exported: Option<Time>,
    /// How long the exporter had run then, in milliseconds.
    pub uptime_ms: Option<u32>,
    /// The count of records or samples that it states.
    pub count: Option<u32>,
    /// NetFlow v5's field of sampling mode and interval.
    pub sampling: Option<u16>,
    /// The address by which an sFlow agent names itself.
    pub agent: Option<IpAddr>,
}

impl Header {
    /// A header of which only the protocol and the domain are known.
    pub(crate) const fn new(protocol: Protocol, domain: u32) -> Self {
        Self {
            protocol,
            domain,
            sequence: None,
            exported: None,
            uptime_ms: None,
            count: None,
            sampling: None,
            agent: None,
        }
    }
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Offset in the message, in octets; of what waited, in its Data Set.
    pub at: usize,
    /// How many octets it has.
    pub octets: usize,
    /// When its own message was received, if it waited for its template since then.
    pub waited: Option<ReceiveTime>,
    /// Whether it was taken back, because of a fault in its message or, if it waited,
    /// in its Data Set.
    pub void: bool,
    /// What it is.
    pub kind: EventKind,
}

/// What a piece of a message is.
#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    /// A Template Record or an Options Template Record.
    Template(TemplateRecord),
    /// A withdrawal of templates (RFC 7011, 8.1).
    Withdrawal {
        /// The Template ID, or a Set ID for all templates of its kind.
        id: u16,
        /// Whether it is one of Options Templates.
        options: bool,
    },
    /// A Data Record of options.
    Options(Record),
    /// A Data Record, or a record of NetFlow v1, v5 or v7.
    Record(Record),
    /// A sample of sFlow.
    Sample(Sample),
    /// Something that was counted.
    Note(Note),
}

/// How a template stood after its definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateState {
    /// It was not known before.
    New,
    /// It was known as it is.
    Repeated,
    /// Another definition of its ID was known before.
    Replaced,
    /// It is not used; a note says why.
    Refused,
}

/// A Template Record.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateRecord {
    /// Its fields.
    pub layout: Arc<Layout>,
    /// What it changed.
    pub state: TemplateState,
}

/// A Data Record and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// What its fields are.
    pub layout: Arc<Layout>,
    /// Their values, in order; fewer than fields only if the rest was left out.
    pub values: Vec<Value>,
    /// The flows that were made of it: one, the two of a biflow, or those of its lists
    /// (RFC 6313).
    pub flows: Vec<OriginalFlow>,
    /// Why it made none, if it is no record of options.
    pub reason: Option<Reason>,
    /// What was counted on it.
    pub notes: Vec<Note>,
}

/// A sample of sFlow and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The number of its format, with that of its enterprise in the upper 20 bits.
    pub format: u32,
    /// The name of its format, if that is known.
    pub name: Option<&'static str>,
    /// Its fixed part.
    pub fields: Vec<(&'static str, Value)>,
    /// The structures in it: flow data or counters.
    pub items: Vec<Structure>,
    /// Octets that were not read into structures.
    pub rest: Box<[u8]>,
    /// The flow that was made of it.
    pub flow: Option<OriginalFlow>,
    /// What was counted on it.
    pub notes: Vec<Note>,
}

impl Sample {
    /// Why no flow was made of it; `None` if one was.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        let reasons = self.notes.iter().map(|note| note.reason);
        let mut reasons =
            reasons.filter(|reason| matches!(reason.scope(), Scope::Record | Scope::Set));
        let last = reasons.find(|&reason| reason != Reason::TrailingOctets);
        last.filter(|_| self.flow.is_none())
    }
}

/// Flow data or counters of sFlow.
#[derive(Debug, Clone, PartialEq)]
pub struct Structure {
    /// Offset in the message, in octets.
    pub at: usize,
    /// The number of its format, with that of its enterprise in the upper 20 bits.
    pub format: u32,
    /// The name of its format, if that is known.
    pub name: Option<&'static str>,
    /// Its fields, if its format is read.
    pub fields: Vec<(&'static str, Value)>,
    /// Octets behind them.
    pub rest: Box<[u8]>,
}

/// Something that was counted by a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Note {
    /// The reason.
    pub reason: Reason,
    /// How often.
    pub events: u64,
    /// The octets concerned.
    pub octets: u64,
    /// The Set it is in, if it is in one.
    pub set: Option<u16>,
}

/// What was not explained because of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// Events.
    pub events: u64,
    /// Values of fields and fields of templates.
    pub values: u64,
}
