//! Template Sets and Options Template Sets (RFC 7011, 3.4; RFC 3954, 5.2 and 6.1).

use super::sets::{FIRST_DATA_SET, Message};
use super::{explained, waiting};
use crate::bytes::{all_zero, u16_at};
use crate::explain::{EventKind, TemplateRecord, TemplateState};
use crate::plan::Change;
use crate::state::ElementKey;
use crate::template::{Fields, Kind, Life, Template, compile};
use crate::{DecodeError, ErrorKind, Plan, Protocol, Reason, Transport};

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
        at += record(message, plan, options, at, rest).map_err(|kind| kind.at(at))?;
    }
    Ok(())
}

/// Reads one record; how many octets it has.
fn record(
    message: &Message<'_>,
    plan: &mut Plan,
    options: bool,
    at: usize,
    rest: &[u8],
) -> Result<usize, ErrorKind> {
    let protocol = message.session.protocol;
    if protocol == Protocol::Ipfix && is_withdrawal(rest, options) {
        let id = u16_at(rest, 0).unwrap_or(0);
        withdraw(message, plan, id, options);
        explained::withdrawal(message, plan, at, id, options);
        return Ok(4);
    }
    let head = head(protocol, options, rest)?;
    let room = rest.get(head.octets..).unwrap_or_default();
    let extent = Fields::new(room, protocol).extent(head.fields);
    let definition = extent.and_then(|extent| room.get(..extent));
    let Some(definition) = definition else {
        return Err(truncated(head.id, head.fields, room.len()));
    };
    define(message, plan, at, head, definition)?;
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

/// Withdraws one template or all of a kind (RFC 7011, 8.1). Over UDP, which can lose
/// and reorder, a withdrawal means nothing (8.4).
fn withdraw(message: &Message<'_>, plan: &mut Plan, id: u16, options: bool) {
    if message.session.transport == Transport::Udp {
        plan.entry.tally.one(Reason::WithdrawalIgnored);
        return;
    }
    let all = id < FIRST_DATA_SET;
    let withdrawn = if all {
        all_keys(message, plan, options)
    } else {
        vec![message.session.template_key(id)]
    };
    let is_kind = |template: &Template| (template.kind != Kind::Data) == options;
    let mut known = 0;
    for key in withdrawn {
        let template = known_template(message, plan, key);
        if template.is_some_and(|template| !all || is_kind(template)) {
            plan.templates.set(key, Change::Drop);
            known += 1;
        }
    }
    let tally = &mut plan.entry.tally;
    tally.add(Reason::TemplateWithdrawn, known, 0);
    tally.add(Reason::WithdrawalUnknown, usize::from(known == 0), 0);
}

/// The keys of all templates of this session and domain that may be left when all of a
/// kind are withdrawn. Those that were known before the message are asked for once, lest
/// thousands of withdrawals in it go through thousands of templates each.
fn all_keys(message: &Message<'_>, plan: &mut Plan, options: bool) -> Vec<u128> {
    let domain = message.session.template_key(0) >> 16;
    let asked = plan.withdrawn.get_mut(usize::from(options));
    let asked = asked.is_some_and(|asked| std::mem::replace(asked, true));
    let host = message.host.filter(|_| !asked).into_iter();
    let held = host.flat_map(|host| host.templates().iter());
    let held = held.filter(|&(key, _, _)| key >> 16 == domain);
    let mut keys: Vec<u128> = held.map(|(key, _, _)| key).collect();
    let changed = plan.templates.iter();
    let new = changed.filter(|(_, change)| matches!(change, Change::Keep(_)));
    keys.extend(new.map(|&(key, _)| key));
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The template of this session as it stands at this point of the message.
fn known_template<'a>(message: &'a Message<'_>, plan: &'a Plan, key: u128) -> Option<&'a Template> {
    match plan.templates.get(key) {
        Some(Change::Keep(template)) => Some(template),
        Some(Change::Drop) => None,
        Some(Change::Renew) | None => {
            let own = message.host?.templates().own(key, message.session.port);
            own.map(|own| &**own)
        }
    }
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

/// Takes a definition over, or notes that it was sent again; then what waited for it
/// is decoded.
///
/// # Errors
///
/// Over a stream, if another definition of the template is in force (RFC 7011, 8.1).
fn define(
    message: &Message<'_>,
    plan: &mut Plan,
    at: usize,
    head: Head,
    definition: &[u8],
) -> Result<(), ErrorKind> {
    plan.entry.templates += 1;
    let key = message.session.template_key(head.id);
    let known = known_template(message, plan, key);
    let replaces = known.is_some();
    let repeats = known.is_some_and(|known| known.is(head.kind, definition));
    if repeats {
        if plan.templates.get(key).is_none() {
            plan.templates.set(key, Change::Renew);
        }
    } else if replaces && message.session.transport == Transport::Stream {
        return Err(ErrorKind::TemplateRedefined { id: head.id });
    } else {
        let change = compiled(message, plan, head, definition);
        let tally = &mut plan.entry.tally;
        tally.add(Reason::TemplateReplaced, usize::from(replaces), 0);
        plan.templates.set(key, change);
    }
    let refused = matches!(plan.templates.get(key), Some(Change::Drop));
    if let Some(trace) = message.trace {
        let protocol = message.session.protocol;
        let layout = trace.layout(head.id, head.kind, definition, protocol);
        let state = match (refused, repeats, replaces) {
            (true, ..) => TemplateState::Refused,
            (_, true, _) => TemplateState::Repeated,
            (.., true) => TemplateState::Replaced,
            (.., false) => TemplateState::New,
        };
        let template = EventKind::Template(TemplateRecord { layout, state });
        let octets = head.octets + definition.len();
        trace.pass(at, octets, template, &plan.entry.tally);
    }
    if !refused {
        waiting::release(message, plan, head.id);
    }
    Ok(())
}

/// The change that a new definition makes.
fn compiled(message: &Message<'_>, plan: &mut Plan, head: Head, definition: &[u8]) -> Change {
    let tally = &mut plan.entry.tally;
    let compiled = if head.fields > message.limits.fields_per_template {
        Err(Reason::TemplateTooManyFields)
    } else {
        compile(head.kind, definition, message.session.protocol)
    };
    match compiled {
        Ok((mut template, unreadable)) => {
            tally.add(Reason::FieldLength, unreadable, 0);
            let held = plan.unknown.len();
            plan.unknown.extend(unknown(message, head, definition));
            let unknown = plan.unknown.len() - held;
            tally.add(Reason::ElementUnknown, unknown, 0);
            if message.session.transport == Transport::Udp {
                template.life = Life::begin(message.now_ms, message.limits);
            }
            Change::Keep(Box::new(template))
        }
        Err(reason) => {
            tally.one(reason);
            Change::Drop
        }
    }
}

/// The elements of a definition that are not known. The scopes of NetFlow v9 are none.
fn unknown(
    message: &Message<'_>,
    head: Head,
    definition: &[u8],
) -> impl Iterator<Item = ElementKey> {
    let protocol = message.session.protocol;
    let scopes = match head.kind {
        Kind::Options(scopes) if protocol == Protocol::NetflowV9 => usize::from(scopes),
        Kind::Data | Kind::Options(_) => 0,
    };
    let elements = message.elements;
    let fields = Fields::new(definition, protocol).skip(scopes);
    let keys = fields.map(|field| (field.enterprise.unwrap_or(0), field.element));
    keys.filter(move |&(enterprise, id)| elements.get(enterprise, id).is_none())
}
