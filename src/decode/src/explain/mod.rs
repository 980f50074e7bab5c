//! What is in a message, for people: every template, option and record with typed
//! values, in the order of the message, and where and why something was not decoded.
//!
//! [`Decoder::explain`] decodes as [`Decoder::plan_over`] and [`Decoder::apply`] do, by
//! the same walk over the same state: the walk tells a `Trace` what it passes. So what
//! is explained is what was decoded. Values are read only here, for decoding needs few
//! of them.
//!
//! What one message can make of itself is bounded by [`ExplainLimits`], and what goes
//! beyond is counted in [`LeftOut`].

mod event;
mod layout;
mod list;
mod trace;
mod value;

pub use event::{
    Event, EventKind, Header, LeftOut, Note, Record, Sample, Structure, TemplateRecord,
    TemplateState,
};
pub use layout::{Field, Layout};
pub use list::{Items, List, Records, Unread, Why};
pub use value::{Time, Value};

pub(crate) use layout::name_twice;
pub(crate) use trace::{Trace, Tracer};
pub(crate) use value::read;

use std::sync::Arc;

use crate::{Datagram, DecodeError, Decoder, Ledger, Reason, Report, Transport};

/// How much of one message is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExplainLimits {
    /// Events: templates, records, notes.
    pub events: usize,
    /// Values of fields, and fields of templates.
    pub values: usize,
}

impl Default for ExplainLimits {
    fn default() -> Self {
        Self {
            events: 1 << 17,
            values: 1 << 20,
        }
    }
}

/// What one message holds, and what it came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Its header; `None` if that is not whole.
    pub header: Option<Header>,
    /// What it holds, in the order of the message; a Data Set that waited for its
    /// template comes after that. Of a message that was rejected, everything is void.
    pub events: Vec<Event>,
    /// What it came to, as decoding reports it.
    pub report: Report,
    /// What is not among the events.
    pub left_out: LeftOut,
}

impl Explanation {
    /// Why the message was rejected, if it was.
    #[must_use]
    pub const fn error(&self) -> Option<DecodeError> {
        self.report.error
    }
}

impl Decoder {
    /// Decodes one message as [`Self::plan_over`] and [`Self::apply`] do, and tells
    /// what is in it. The decoder's elements name and type the fields.
    pub fn explain(
        &mut self,
        transport: Transport,
        datagram: Datagram<'_>,
        limits: ExplainLimits,
    ) -> Explanation {
        let elements = Arc::clone(&self.elements);
        let trace = Trace::new(&elements, limits);
        let plan = self.plan_traced(transport, datagram, Vec::new(), Some(&trace));
        let before = self.counters().total().clone();
        let (_, report) = self.apply(plan);
        let counted = counted_since(self.counters().total(), &before);
        trace.finish(report, datagram.payload.len(), counted)
    }
}

/// What was counted between two states of a ledger: reason, events, octets.
fn counted_since(now: &Ledger, before: &Ledger) -> Vec<(Reason, u64, u64)> {
    let more = Reason::ALL.into_iter().map(|reason| {
        let (now, before) = (now.reason(reason), before.reason(reason));
        (
            reason,
            now.events - before.events,
            now.octets - before.octets,
        )
    });
    more.filter(|&(_, events, _)| events > 0).collect()
}
