//! What is printed, and of which kind it is.

use std::io;

use clap::ValueEnum;
use decode::explain::{Event, EventKind, Header, Note, Time};
use decode::{DecodeError, Protocol, Reason, Scope, Transport};
use flow::ReceiveTime;

use super::input::{Broken, Message};
use super::streams::StreamFault;
use super::summary::Summary;

/// The kinds of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Template Records and withdrawals
    Template,
    /// Data Records of options
    Options,
    /// Data Records and samples
    Record,
    /// What could not be decoded
    Error,
    /// Sums of each exporter and of the file
    Summary,
}

/// The message that something is in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    /// Its place in the file, from 1.
    pub(super) number: u64,
    pub(super) message: Message<'a>,
    pub(super) protocol: Option<Protocol>,
    pub(super) header: Option<&'a Header>,
}

impl Context<'_> {
    /// When the message was received, if the file says so.
    pub(super) fn received(&self) -> Option<Time> {
        self.message.received.map(time_of)
    }
}

/// A receive time to the nanosecond.
pub(super) fn time_of(received: ReceiveTime) -> Time {
    Time {
        secs: received.nanos().div_euclid(1_000_000_000),
        nanos: u32::try_from(received.nanos().rem_euclid(1_000_000_000)).unwrap_or(0),
        digits: 9,
    }
}

/// Prints in one form or another.
pub(super) trait Printer {
    fn event(&mut self, context: &Context<'_>, event: &Event) -> io::Result<()>;
    /// A message that was rejected as a whole.
    fn rejected(&mut self, context: &Context<'_>, error: DecodeError) -> io::Result<()>;
    /// A stream that is out of step, or ended within a message.
    fn fault(&mut self, fault: &StreamFault) -> io::Result<()>;
    /// A file that could not be read to its end.
    fn broken(&mut self, broken: &Broken) -> io::Result<()>;
    fn summary(&mut self, summary: &Summary) -> io::Result<()>;
    /// Writes what is still held back.
    fn finish(&mut self) -> io::Result<()>;
}

impl Context<'_> {
    /// Whether a note says that a Data Set waits for its template: over a stream, which
    /// keeps the order, none does.
    pub(super) const fn waits(&self, note: &Note) -> bool {
        let lacks = matches!(note.reason, Reason::NoTemplate | Reason::TemplateExpired);
        lacks && matches!(self.message.transport, Transport::Udp)
    }
}

/// The kind of an event; `None` for notes that other events tell of already, and for
/// those that are no error.
pub(super) const fn kind_of(event: &Event) -> Option<Kind> {
    match &event.kind {
        EventKind::Template(_) | EventKind::Withdrawal { .. } => Some(Kind::Template),
        EventKind::Options(_) => Some(Kind::Options),
        EventKind::Record(_) | EventKind::Sample(_) => Some(Kind::Record),
        EventKind::Note(note) => match note.reason {
            Reason::PendingDecoded | Reason::TemplateReplaced | Reason::TemplateWithdrawn => None,
            reason => match reason.scope() {
                Scope::Record | Scope::Value => None,
                Scope::Datagram | Scope::Set | Scope::Template | Scope::State => Some(Kind::Error),
            },
        },
    }
}
