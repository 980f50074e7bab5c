//! Template Sets and Options Template Sets (RFC 7011, 3.4; RFC 3954, 5.2 and 6.1).

use super::sets::{FIRST_DATA_SET, Message};
use crate::bytes::{all_zero, u16_at};
use crate::plan::Change;
use crate::template::{Fields, Kind, compile};
use crate::{DecodeError, ErrorKind, Plan, Protocol, Reason};

/// A Template Record's header.
#[derive(Debug, Clone, Copy)]
struct Head {
    id: u16,
    kind: Kind,
    fields: usize,
    /// Octets before the fields.
    octets: usize,
}

/// Reads all records of a Set into the plan. Fewer than 4 octets after the last one,
/// or zeros, are padding.
///
/// # Errors
///
/// If a record is not whole, or has a number that is not allowed.
pub(super) fn read(
    message: &Message<'_>,
    plan: &mut Plan,
    options: bool,
    start: usize,
    end: usize,
) -> Result<(), DecodeError> {
    let mut at = start;
    while let Some(rest) = message.octets.get(at..end) {
        if rest.len() < 4 || all_zero(rest) {
            break;
        }
        at += record(message, plan, options, rest).map_err(|kind| kind.at(at))?;
    }
    Ok(())
}

/// Reads one record; how many octets it has.
fn record(
    message: &Message<'_>,
    plan: &mut Plan,
    options: bool,
    rest: &[u8],
) -> Result<usize, ErrorKind> {
    let protocol = message.session.protocol;
    if protocol == Protocol::Ipfix && is_withdrawal(rest, options) {
        // Over UDP, which can lose and reorder, they mean nothing (RFC 7011, 8.4).
        plan.entry.tally.one(Reason::WithdrawalIgnored);
        return Ok(4);
    }
    let head = head(protocol, options, rest)?;
    let room = rest.get(head.octets..).unwrap_or_default();
    let extent = Fields::new(room, protocol).extent(head.fields);
    let definition = extent.and_then(|extent| room.get(..extent));
    let Some(definition) = definition else {
        return Err(truncated(head.id, head.fields, room.len()));
    };
    define(message, plan, head, definition);
    Ok(head.octets + definition.len())
}

const fn truncated(id: u16, fields: usize, room: usize) -> ErrorKind {
    ErrorKind::TemplateTruncated { id, fields, room }
}

/// A record of no fields: it withdraws one template, or with the Set ID for a
/// Template ID all of that kind.
fn is_withdrawal(rest: &[u8], options: bool) -> bool {
    let all = if options { 3 } else { 2 };
    let known = |id| id == all || id >= FIRST_DATA_SET;
    u16_at(rest, 0).is_some_and(known) && u16_at(rest, 2) == Some(0)
}

fn head(protocol: Protocol, options: bool, rest: &[u8]) -> Result<Head, ErrorKind> {
    let (id, second) = (u16_at(rest, 0).unwrap_or(0), u16_at(rest, 2).unwrap_or(0));
    if id < FIRST_DATA_SET {
        return Err(ErrorKind::TemplateId { id });
    }
    if !options {
        return Ok(Head {
            id,
            kind: Kind::Data,
            fields: usize::from(second),
            octets: 4,
        });
    }
    let Some(third) = u16_at(rest, 4) else {
        return Err(truncated(id, usize::from(second), 0));
    };
    let (scopes, fields) = if protocol == Protocol::Ipfix {
        ipfix_scopes(id, second, third)?
    } else {
        v9_scopes(id, second, third)?
    };
    Ok(Head {
        id,
        kind: Kind::Options(scopes),
        fields,
        octets: 6,
    })
}

/// IPFIX counts all fields, and the scopes among them (RFC 7011, 3.4.2.2).
fn ipfix_scopes(id: u16, fields: u16, scopes: u16) -> Result<(u16, usize), ErrorKind> {
    if scopes == 0 || scopes > fields {
        return Err(ErrorKind::ScopeCount { id, scopes, fields });
    }
    Ok((scopes, usize::from(fields)))
}

/// NetFlow v9 gives the octets of the scopes and those of the options (RFC 3954, 6.1).
/// It does not forbid to have none of either, and exporters do.
fn v9_scopes(id: u16, scopes: u16, options: u16) -> Result<(u16, usize), ErrorKind> {
    for octets in [scopes, options] {
        if octets % 4 != 0 {
            return Err(ErrorKind::OptionsLength { id, octets });
        }
    }
    Ok((
        scopes / 4,
        usize::from(scopes / 4) + usize::from(options / 4),
    ))
}

/// Takes a definition over, unless it is the one that is known.
fn define(message: &Message<'_>, plan: &mut Plan, head: Head, definition: &[u8]) {
    plan.entry.templates += 1;
    let key = message.session.template_key(head.id);
    let port = message.session.port;
    let known = match plan.templates.get(key) {
        Some(Change::Keep(template)) => Some(template),
        Some(Change::Drop) => None,
        None => message
            .host
            .and_then(|host| host.templates().own(key, port)),
    };
    if known.is_some_and(|known| known.is(head.kind, definition)) {
        plan.used.push(key, port);
        return;
    }
    let replaces = known.is_some();
    let tally = &mut plan.entry.tally;
    let compiled = if head.fields > message.limits.fields_per_template {
        Err(Reason::TemplateTooManyFields)
    } else {
        compile(head.kind, definition, message.session.protocol)
    };
    let change = match compiled {
        Ok((template, unreadable)) => {
            tally.add(Reason::FieldLength, unreadable, 0);
            Change::Keep(Box::new(template))
        }
        Err(reason) => {
            tally.one(reason);
            Change::Drop
        }
    };
    tally.add(Reason::TemplateReplaced, usize::from(replaces), 0);
    plan.templates.set(key, change);
}
