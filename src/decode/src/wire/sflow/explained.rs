//! What a walk tells of the samples it passes, to [`crate::explain`]. What was decoded
//! is read once more, by name.

use flow::OriginalFlow;

use super::link::TAGS;
use super::sample;
use super::structures::{self, Known};
use super::xdr::{Item, Xdr};
use crate::counters::Tally;
use crate::explain::{Sample, Structure, Trace, Value};

/// Octets of the format and the length before an item.
const ITEM_HEADER: usize = 8;
/// Format of the flow data that are a sampled header, and its number for Ethernet.
const RAW: u32 = 1;
const ETHERNET: u32 = 1;

/// A kind of sample.
#[derive(Debug, Clone, Copy)]
struct Sort {
    name: &'static str,
    /// The words before the number of structures.
    fixed: &'static [&'static str],
    /// Whether the structures are counters.
    counters: bool,
}

/// The kind of a format.
const fn sort(format: u32) -> Option<Sort> {
    let (name, fixed, counters): (_, &[_], _) = match format {
        sample::FLOW => (
            "flow_sample",
            &[
                "sequence_number",
                "source_id",
                "sampling_rate",
                "sample_pool",
                "drops",
                "input",
                "output",
            ],
            false,
        ),
        sample::COUNTER => ("counters_sample", &["sequence_number", "source_id"], true),
        sample::FLOW_EXPANDED => (
            "flow_sample_expanded",
            &[
                "sequence_number",
                "source_id_type",
                "source_id_index",
                "sampling_rate",
                "sample_pool",
                "drops",
                "input_format",
                "input_value",
                "output_format",
                "output_value",
            ],
            false,
        ),
        sample::COUNTER_EXPANDED => (
            "counters_sample_expanded",
            &["sequence_number", "source_id_type", "source_id_index"],
            true,
        ),
        sample::DISCARDED => (
            "discarded_packet",
            &[
                "sequence_number",
                "source_id_type",
                "source_id_index",
                "drops",
                "input",
                "output",
                "reason",
            ],
            false,
        ),
        _ => return None,
    };
    Some(Sort {
        name,
        fixed,
        counters,
    })
}

/// Tells of a sample and the flow that was made of it.
pub(super) fn sample(trace: &Trace<'_>, item: Item<'_>, flow: Option<OriginalFlow>, tally: &Tally) {
    let octets = ITEM_HEADER + item.body.rest().len();
    let at = item.body.at.saturating_sub(ITEM_HEADER);
    let sort = sort(item.format);
    let mut told = Sample {
        format: item.format,
        name: sort.map(|sort| sort.name),
        fields: Vec::new(),
        items: Vec::new(),
        rest: Box::default(),
        flow,
        notes: trace.take_notes(Some(tally)),
    };
    let mut body = item.body;
    if let Some(sort) = sort {
        read(trace, sort, &mut body, &mut told);
    }
    told.rest = body.rest().into();
    trace.sample(at, octets, told);
}

/// Reads the fixed part and the structures, as far as they are whole.
fn read(trace: &Trace<'_>, sort: Sort, body: &mut Xdr<'_>, told: &mut Sample) {
    let mut ahead = *body;
    for name in sort.fixed {
        let Some(word) = ahead.word() else { return };
        told.fields.extend(named(sort, name, word));
    }
    let Some(count) = ahead.word() else { return };
    told.fields.truncate(trace.allow(told.fields.len()));
    *body = ahead;
    for at in 0..count {
        let Ok(data) = ahead.item(at + 1, count) else {
            return;
        };
        *body = ahead;
        told.items.push(structure(trace, sort, data));
    }
}

/// The value of a word. In the short form, source and interfaces have their parts in
/// one word; they are told as in the expanded form.
fn named(sort: Sort, name: &'static str, word: u32) -> Vec<(&'static str, Value)> {
    let parts = |low: u32, names: [&'static str; 2]| {
        let values = [word >> low, word & ((1 << low) - 1)];
        let both = names.into_iter().zip(values);
        both.map(|(name, value)| (name, Value::Unsigned(value.into())))
            .collect()
    };
    let short = sort.fixed.contains(&"source_id");
    match name {
        "source_id" => parts(24, ["source_id_type", "source_id_index"]),
        "input" if short => parts(30, ["input_format", "input_value"]),
        "output" if short => parts(30, ["output_format", "output_value"]),
        _ => vec![(name, Value::Unsigned(word.into()))],
    }
}

fn structure(trace: &Trace<'_>, sort: Sort, data: Item<'_>) -> Structure {
    let known: Option<&Known> = if sort.counters {
        structures::counters(data.format)
    } else {
        structures::flow_data(data.format)
    };
    let mut body = data.body;
    let mut fields = Vec::new();
    for &(name, form) in known.map_or(&[][..], |known| known.fields) {
        let before = body;
        let Some(value) = structures::field(form, &mut body) else {
            body = before;
            break;
        };
        fields.push((name, value));
    }
    if !sort.counters && data.format == RAW {
        fields.extend(link_layer(data.body).unwrap_or_default());
    }
    fields.truncate(trace.allow(fields.len()));
    Structure {
        at: data.body.at.saturating_sub(ITEM_HEADER),
        format: data.format,
        name: known.map(|known| known.name),
        fields,
        rest: body.rest().into(),
    }
}

/// Addresses, VLANs and type of a sampled Ethernet frame, as far as it goes.
fn link_layer(mut body: Xdr<'_>) -> Option<Vec<(&'static str, Value)>> {
    let [protocol, _frame, _stripped, octets] = body.words()?;
    if protocol != ETHERNET {
        return None;
    }
    let mut header = Xdr::new(body.take(usize::try_from(octets).ok()?)?, 0);
    let (dst, src) = (header.array()?, header.array()?);
    let mut fields = vec![("dst_mac", Value::Mac(dst)), ("src_mac", Value::Mac(src))];
    let mut half = || header.array().map(u16::from_be_bytes);
    let mut kind = half()?;
    for name in ["vlan", "inner_vlan"] {
        if !TAGS.contains(&kind) {
            break;
        }
        fields.push((name, Value::Unsigned((half()? & 0x0FFF).into())));
        kind = half()?;
    }
    fields.push(("type", Value::Unsigned(kind.into())));
    Some(fields)
}
