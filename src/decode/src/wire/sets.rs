//! The walk over Sets that NetFlow v9 and IPFIX share (RFC 7011, 3.3; RFC 3954, 5.2).

use super::{records, template_sets};
use crate::bytes::{all_zero, u16_at};
use crate::clock::ExportClock;
use crate::explain::Tracer;
use crate::state::{Fact, Host, Overlay, Pending, Session};
use crate::template::Context;
use crate::{DecodeError, Decoder, Elements, ErrorKind, Limits, Plan, Protocol, Reason};

/// Octets of a Set Header.
const SET_HEADER: usize = 4;
/// The least Set ID of a Data Set, and the least Template ID.
pub(crate) const FIRST_DATA_SET: u16 = 256;

/// One message and what its exporter said before.
#[derive(Debug)]
pub(super) struct Message<'a> {
    /// The octets of the message and nothing after it.
    pub(super) octets: &'a [u8],
    pub(super) session: Session,
    pub(super) host: Option<&'a Host>,
    pub(super) limits: &'a Limits,
    /// The elements that are known.
    pub(super) elements: &'a Elements,
    /// What waits for templates.
    pub(super) pending: &'a Pending,
    /// When it was received.
    pub(super) now_ms: i64,
    pub(super) context: Context,
    /// Who wants to know what is passed.
    pub(super) trace: Tracer<'a>,
}

impl<'a> Message<'a> {
    /// A message whose header has been read into the plan.
    pub(super) fn new(
        decoder: &'a Decoder,
        protocol: Protocol,
        clock: ExportClock,
        octets: &'a [u8],
        plan: &Plan,
        trace: Tracer<'a>,
    ) -> Self {
        let exporter = plan.exporter;
        Self {
            octets,
            session: Session {
                protocol,
                domain: exporter.domain,
                port: plan.port,
                transport: plan.transport,
            },
            host: decoder.host(exporter.addr),
            limits: &decoder.limits,
            elements: &decoder.elements,
            pending: &decoder.pending,
            now_ms: plan.received_ms,
            context: Context { exporter, clock },
            trace,
        }
    }

    /// What options data said: in this message so far, or before.
    pub(super) fn fact(&self, told: &Overlay<u64>, fact: Fact) -> Option<u64> {
        let key = self.session.fact_key(fact);
        if let Some(&value) = told.get(key) {
            return Some(value);
        }
        let facts = &self.host?.facts;
        facts.find(key, self.session.port).value().copied()
    }

    /// Whether options data said anything.
    pub(super) fn has_facts(&self, told: &Overlay<u64>) -> bool {
        !told.is_empty() || self.host.is_some_and(|host| !host.facts.is_empty())
    }

    /// What flows need to know of the message. Without an uptime in the header, the
    /// exporter's start may be known from its options data.
    pub(super) fn context(&self, told: &Overlay<u64>) -> Context {
        let mut context = self.context;
        if context.clock.uptime.is_none()
            && self.has_facts(told)
            && let Some(init) = self.fact(told, Fact::SystemInit)
        {
            context.clock = context.clock.with_system_init(init);
        }
        context
    }

    fn enter(&self, id: u16) {
        if let Some(trace) = self.trace {
            trace.enter_set(id);
        }
    }

    fn leave(&self, at: usize, octets: usize, plan: &Plan) {
        if let Some(trace) = self.trace {
            trace.leave_set(at, octets, &plan.entry.tally);
        }
    }

    fn is_v9(&self) -> bool {
        self.session.protocol == Protocol::NetflowV9
    }
}

/// Goes from Set to Set by their lengths, to the end of the message.
///
/// # Errors
///
/// The first fault; it voids the whole message (RFC 7011, 9.1).
pub(super) fn walk(message: &Message<'_>, plan: &mut Plan) -> Result<(), DecodeError> {
    let mut at = message.session.protocol.header_octets();
    while at < message.octets.len() {
        let rest = message.octets.get(at..).unwrap_or_default();
        if message.is_v9() && (rest.len() < SET_HEADER || is_zero_tail(rest)) {
            plan.entry.tally.add(Reason::TrailingOctets, 1, rest.len());
            message.leave(at, rest.len(), plan);
            return Ok(());
        }
        let (id, octets) = set_header(rest).map_err(|kind| kind.at(at))?;
        let (start, end) = (at + SET_HEADER, at + octets);
        message.enter(id);
        match set_kind(message.session.protocol, id) {
            SetKind::Template => template_sets::read(message, plan, false, start, end)?,
            SetKind::Options => template_sets::read(message, plan, true, start, end)?,
            SetKind::Data => records::read(message, plan, id, start, end)?,
            SetKind::Reserved => plan.entry.tally.add(Reason::ReservedSet, 1, octets),
        }
        message.leave(at, octets, plan);
        at = end;
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SetKind {
    Template,
    Options,
    Data,
    Reserved,
}

const fn set_kind(protocol: Protocol, id: u16) -> SetKind {
    let first = if matches!(protocol, Protocol::Ipfix) {
        2
    } else {
        0
    };
    match id {
        FIRST_DATA_SET.. => SetKind::Data,
        _ if id == first => SetKind::Template,
        _ if id == first + 1 => SetKind::Options,
        _ => SetKind::Reserved,
    }
}

/// Whether a message is filled up with zeros from here on, as some v9 exporters do.
fn is_zero_tail(rest: &[u8]) -> bool {
    rest.starts_with(&[0, 0, 0, 0]) && all_zero(rest)
}

/// Set ID and length of the Set at the start of the rest of a message.
fn set_header(rest: &[u8]) -> Result<(u16, usize), ErrorKind> {
    let (Some(id), Some(stated)) = (u16_at(rest, 0), u16_at(rest, 2)) else {
        return Err(ErrorKind::SetHeader { found: rest.len() });
    };
    let octets = usize::from(stated);
    if octets < SET_HEADER || octets > rest.len() {
        let remaining = rest.len();
        return Err(ErrorKind::SetLength {
            id,
            stated,
            remaining,
        });
    }
    Ok((id, octets))
}
