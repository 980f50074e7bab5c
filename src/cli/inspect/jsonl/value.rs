//! Values of fields and flows as JSON.

use std::fmt::Write;

use decode::explain::{
    Items, Layout, List, Record, Records, Sample, Structure, Unread, Value, Why,
};
use flow::{Direction, EndReason, Exporter, FlowKey, Observed, OriginalFlow, Vlan};

use super::json::{Json, Object};

/// Octets in hexadecimal.
pub(in crate::cli::inspect) fn hex(octets: &[u8]) -> String {
    let mut hex = String::with_capacity(2 * octets.len());
    for octet in octets {
        write!(hex, "{octet:02x}").ok();
    }
    hex
}

/// An IEEE 802 address as it is written.
pub(in crate::cli::inspect) fn mac(octets: [u8; 6]) -> String {
    octets.map(|octet| format!("{octet:02x}")).join(":")
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Unset => Self::Null,
            Value::Unsigned(number) => Self::Unsigned(*number),
            Value::Signed(number) => Self::Signed(*number),
            Value::Float32(number) if number.is_finite() => Self::Float32(*number),
            Value::Float64(number) if number.is_finite() => Self::Float64(*number),
            Value::Float32(number) => number.to_string().into(),
            Value::Float64(number) => number.to_string().into(),
            Value::Boolean(value) => Self::Bool(*value),
            Value::Address(addr) => addr.to_string().into(),
            Value::Mac(octets) => mac(*octets).into(),
            Value::Text(text) => text.to_string().into(),
            Value::Time(time) => time.to_string().into(),
            Value::Octets(octets) => hex(octets).into(),
            Value::List(list) => of_list(list).into(),
            Value::Misfit { expected, octets } => Object::default()
                .with("misfit", expected.name())
                .with("octets", hex(octets))
                .into(),
        }
    }
}

fn of_list(list: &List) -> Object {
    let semantic = list.semantic_name().map(Json::from);
    let semantic = semantic.or_else(|| list.semantic.map(Json::from));
    let object = Object::default().with("semantic", semantic);
    let object = match &list.items {
        Items::Values { field, values } => object
            .with(
                "element",
                field.as_ref().map(|field| field.name.to_string()),
            )
            .with("values", values.iter().map(Json::from).collect::<Vec<_>>()),
        Items::Records(groups) => {
            let groups: Vec<Json> = groups.iter().map(|group| of_group(group).into()).collect();
            object.with("records", groups)
        }
    };
    let unread: Vec<Json> = list
        .unread
        .iter()
        .map(|part| of_unread(part).into())
        .collect();
    object.with_some("unread", (!unread.is_empty()).then_some(unread))
}

fn of_group(group: &Records) -> Object {
    let records = group.records.iter();
    let records = records.map(|values| fields(&group.layout, values).into());
    Object::default()
        .with("template", group.layout.id)
        .with("records", records.collect::<Vec<Json>>())
}

fn of_unread(unread: &Unread) -> Object {
    let (reason, template) = match unread.why {
        Why::Malformed => ("malformed", None),
        Why::Template(id) => ("no_template", Some(id)),
        Why::TooDeep => ("too_deep", None),
    };
    Object::default()
        .with("reason", reason)
        .with_some("template", template)
        .with("offset", unread.at)
        .with("octets", unread.octets)
}

/// The fields of a record by name.
fn fields(layout: &Layout, values: &[Value]) -> Object {
    let fields = layout.fields.iter().zip(values);
    fields
        .map(|(field, value)| (field.name.to_string(), value))
        .collect()
}

/// A record's fields, and how many were left out.
pub(super) fn with_fields(object: Object, record: &Record) -> Object {
    let layout = &record.layout;
    let left_out = layout.fields.len() + layout.left_out - record.values.len();
    object
        .with_some("template", (layout.id > 0).then_some(layout.id))
        .with("fields", fields(layout, &record.values))
        .with_some("fields_left_out", (left_out > 0).then_some(left_out))
}

/// What a sample holds.
pub(super) fn with_sample(object: Object, sample: &Sample) -> Object {
    let items: Vec<Json> = sample
        .items
        .iter()
        .map(|item| of_structure(item).into())
        .collect();
    let rest = Some(hex(&sample.rest)).filter(|rest| !rest.is_empty());
    object
        .with("sample", sample.name)
        .with("format", format_number(sample.format))
        .with("fields", named(&sample.fields))
        .with("structures", items)
        .with_some("rest", rest)
}

fn of_structure(structure: &Structure) -> Object {
    let rest = Some(hex(&structure.rest)).filter(|rest| !rest.is_empty());
    Object::default()
        .with("structure", structure.name)
        .with("format", format_number(structure.format))
        .with("offset", structure.at)
        .with("fields", named(&structure.fields))
        .with_some("rest", rest)
}

fn named(fields: &[(&'static str, Value)]) -> Object {
    fields.iter().map(|(name, value)| (*name, value)).collect()
}

/// Enterprise and format, as the specification of sFlow writes them.
pub(in crate::cli::inspect) fn format_number(format: u32) -> String {
    format!("{}:{}", format >> 12, format & 0xFFF)
}

/// Which part of a biflow a flow is; `None` if it is of one direction.
const fn direction_of(direction: Direction) -> Option<&'static str> {
    match direction {
        Direction::Uniflow => None,
        Direction::Forward => Some("forward"),
        Direction::Reverse => Some("reverse"),
    }
}

/// On which side of the exporter the packets were seen.
const fn observed_on(observed: Observed) -> &'static str {
    match observed {
        Observed::Ingress => "ingress",
        Observed::Egress => "egress",
    }
}

/// An Original Flow, with the names of the prepared flow's fields.
pub(super) fn of_flow(flow: &OriginalFlow) -> Object {
    let OriginalFlow {
        key,
        exporter: Exporter { addr: _, domain },
        start_ms,
        end_ms,
        end_seen_ms,
        packets,
        bytes,
        sampling_rate,
        in_if,
        out_if,
        tcp_flags,
        tos,
        icmp,
        end_reason,
        direction,
        observed,
        vlan,
    } = *flow;
    let FlowKey {
        src_addr,
        dst_addr,
        src_port,
        dst_port,
        protocol,
    } = key;
    Object::default()
        .with("src_addr", src_addr.to_string())
        .with("dst_addr", dst_addr.to_string())
        .with("src_port", src_port)
        .with("dst_port", dst_port)
        .with("protocol", protocol)
        .with("start_ms", start_ms)
        .with("end_ms", end_ms)
        .with("end_seen_ms", end_seen_ms)
        .with("packets", packets)
        .with("bytes", bytes)
        .with(
            "sampling_rate",
            sampling_rate.map(std::num::NonZeroU32::get),
        )
        .with("observation_domain", domain)
        .with("in_if", in_if)
        .with("out_if", out_if)
        .with_some("vlan_id", vlan.map(Vlan::get))
        .with("tcp_flags", tcp_flags)
        .with("tos", tos)
        .with("icmp_type", icmp.map(|icmp| icmp.kind))
        .with("icmp_code", icmp.map(|icmp| icmp.code))
        .with("end_reason", end_reason.map(EndReason::name))
        .with_some("direction", direction_of(direction))
        .with_some("observed", observed.map(observed_on))
}
