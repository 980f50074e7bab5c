//! Data Sets that come before their template (RFC 3954, 9; RFC 7011, 8 and 9.3).

use super::records;
use super::sets::Message;
use crate::state::{Waiting, host_key};
use crate::{Plan, Reason, Transport};

/// Lets a Data Set wait for its template. Over a stream, which keeps the order, none
/// is to come, so nothing waits there.
pub(super) fn wait(message: &Message<'_>, plan: &mut Plan, id: u16, start: usize, end: usize) {
    let records = message.octets.get(start..end).unwrap_or_default();
    if message.session.transport == Transport::Stream {
        return;
    }
    let set = Waiting {
        session: message.session,
        context: message.context,
        id,
        octets: [&[0; Waiting::LEAD], records].concat().into(),
    };
    let key = message.session.template_key(id);
    match plan.waiting.get_mut(key) {
        Some(sets) => sets.push(set),
        None => plan.waiting.set(key, vec![set]),
    }
}

/// Decodes what waits for a template that has come: first what earlier messages left,
/// then what this one did.
pub(super) fn release(message: &Message<'_>, plan: &mut Plan, id: u16) {
    let key = message.session.template_key(id);
    let earliest_ms = message.now_ms.saturating_sub(message.limits.pending_ms);
    if message.pending.len() > 0 && plan.released.get(key).is_none() {
        let place = (host_key(message.context.exporter.addr), key);
        let mut earlier = message.pending.at(place, earliest_ms).peekable();
        if earlier.peek().is_some() {
            plan.released.set(key, ());
        }
        for set in earlier {
            decode(message, plan, set);
        }
    }
    let own = plan.waiting.get_mut(key).map(std::mem::take);
    for set in own.unwrap_or_default() {
        decode(message, plan, &set);
    }
}

/// Decodes one Data Set by the times of its own message. A fault costs only it.
fn decode(message: &Message<'_>, plan: &mut Plan, set: &Waiting) {
    let own = Message {
        octets: &set.octets,
        context: set.context,
        ..*message
    };
    let held = plan.flows.len();
    // What it counts in the sequence belongs to its own message.
    let units = std::mem::take(&mut plan.units);
    let first = own.trace.map(|trace| {
        // Behind the octets in front is the Set without its header.
        trace.enter_waited(set.id, set.received_ms(), Waiting::LEAD - 4)
    });
    let decoded = records::read(&own, plan, set.id, Waiting::LEAD, set.octets.len());
    plan.units = units;
    let reason = if decoded.is_ok() {
        Reason::PendingDecoded
    } else {
        plan.flows.truncate(held);
        Reason::PendingMalformed
    };
    let octets = usize::try_from(set.set_octets()).unwrap_or(usize::MAX);
    let tally = &mut plan.entry.tally;
    tally.add(reason, 1, octets);
    if set.session.port != message.session.port {
        tally.one(Reason::TemplateRoamed);
    }
    if let Some((trace, first)) = own.trace.zip(first) {
        trace.leave_waited(first, octets, decoded.is_ok(), tally);
    }
}
