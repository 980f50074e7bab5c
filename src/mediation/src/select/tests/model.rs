//! A filter as a test writes it down, and what it says, worked out word by word.

use std::net::IpAddr;

use flow::{Civil, EnrichedFlow, Field, Value};

/// A filter as a test writes it down: its text, and what that is to mean.
#[derive(Debug, Clone)]
pub(super) enum Model {
    Any,
    Ipv4(bool),
    Flags(u16),
    Null(Ends, Field, bool),
    Number(Ends, Field, &'static str, f64),
    Numbers(Ends, Field, Vec<u32>),
    Addr(Ends, bool, IpAddr),
    Nets(Ends, Vec<(IpAddr, u8)>),
    Word(Ends, Field, bool, &'static str),
    Part(Ends, Field, &'static str),
    Complete(bool),
    Not(Box<Model>),
    All(Vec<Model>),
    Some(Vec<Model>),
}

/// Which of the two fields of a pair a term names; the field given is the source's.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ends {
    Own,
    Src,
    Dst,
    Either,
    Both,
}

fn other(field: Field) -> Field {
    match field.name().strip_prefix("src_") {
        Some(rest) => Field::from_name(&format!("dst_{rest}")).unwrap(),
        None => field,
    }
}

impl Ends {
    fn write(self, field: Field) -> String {
        let name = field.name().strip_prefix("src_").unwrap_or(field.name());
        match self {
            Self::Own => field.name().to_owned(),
            Self::Src => format!("src {name}"),
            Self::Dst => format!("dst {name}"),
            Self::Either => name.to_owned(),
            Self::Both => format!("src and dst {name}"),
        }
    }

    fn hold(self, field: Field, holds: impl Fn(Field) -> bool) -> bool {
        match self {
            Self::Own | Self::Src => holds(field),
            Self::Dst => holds(other(field)),
            Self::Either => holds(field) || holds(other(field)),
            Self::Both => holds(field) && holds(other(field)),
        }
    }
}

impl Model {
    pub(super) fn write(&self) -> String {
        let joined = |parts: &[Self], by| {
            let parts: Vec<String> = parts
                .iter()
                .map(|part| format!("({})", part.write()))
                .collect();
            parts.join(by)
        };
        match self {
            Self::Any => "any".to_owned(),
            Self::Ipv4(is) => if *is { "ipv4" } else { "inet6" }.to_owned(),
            Self::Flags(flags) => format!("flags {flags:#x}"),
            Self::Null(ends, field, is) => {
                format!(
                    "{} is {}null",
                    ends.write(*field),
                    if *is { "" } else { "not " }
                )
            }
            Self::Number(ends, field, sign, with) => {
                format!("{} {sign} {with}", ends.write(*field))
            }
            Self::Numbers(ends, field, values) => {
                let values: Vec<String> = values.iter().map(u32::to_string).collect();
                format!("{} in [{}]", ends.write(*field), values.join(", "))
            }
            Self::Addr(ends, is, addr) => {
                format!(
                    "{} {} {addr}",
                    ends.write(Field::SrcAddr),
                    if *is { "=" } else { "!=" }
                )
            }
            Self::Nets(ends, nets) => {
                let nets: Vec<String> = nets.iter().map(|(a, len)| format!("{a}/{len}")).collect();
                format!("{} in [{}]", ends.write(Field::SrcAddr), nets.join(" "))
            }
            Self::Word(ends, field, is, word) => {
                format!(
                    "{} {} '{word}'",
                    ends.write(*field),
                    if *is { "=" } else { "!=" }
                )
            }
            Self::Part(ends, field, part) => format!("{} ~ \"{part}\"", ends.write(*field)),
            Self::Complete(is) => format!("complete = {is}"),
            Self::Not(inner) => format!("not ({})", inner.write()),
            Self::All(parts) => joined(parts, " and "),
            Self::Some(parts) => joined(parts, " || "),
        }
    }

    /// What it says of a flow, worked out word by word.
    pub(super) fn holds(&self, flow: &EnrichedFlow) -> bool {
        let civil = Civil::from_millis(flow.flow.start_ms);
        let value = |field| flow.value(field, &civil);
        let addr = |field| match value(field) {
            Value::Addr(addr) => addr,
            other => panic!("{other:?}"),
        };
        match self {
            Self::Any => true,
            Self::Ipv4(is) => {
                addr(Field::SrcAddr).is_ipv4() == *is && addr(Field::DstAddr).is_ipv4() == *is
            }
            Self::Flags(flags) => {
                let all = |set: u16| (0..16).all(|bit| flags >> bit & 1 <= set >> bit & 1);
                flow.flow.tcp_flags.is_some_and(all)
            }
            Self::Null(ends, field, is) => ends.hold(*field, |f| (value(f) == Value::Null) == *is),
            Self::Number(ends, field, sign, with) => ends.hold(*field, |f| {
                number(value(f)).is_some_and(|v| match *sign {
                    "=" => v == *with,
                    "!=" => v != *with,
                    "<" => v < *with,
                    "<=" => v <= *with,
                    ">" => v > *with,
                    _ => v >= *with,
                })
            }),
            Self::Numbers(ends, field, values) => ends.hold(*field, |f| {
                number(value(f)).is_some_and(|v| values.iter().any(|w| f64::from(*w) == v))
            }),
            Self::Addr(ends, is, with) => ends.hold(Field::SrcAddr, |f| (addr(f) == *with) == *is),
            Self::Nets(ends, nets) => ends.hold(Field::SrcAddr, |f| {
                nets.iter()
                    .any(|(net, len)| bits(addr(f)).starts_with(&bits(*net)[..=usize::from(*len)]))
            }),
            Self::Word(ends, field, is, word) => ends.hold(*field, |f| {
                text(value(f)).is_some_and(|t| (t == *word) == *is)
            }),
            Self::Part(ends, field, part) => ends.hold(*field, |f| {
                let part = part.to_ascii_lowercase();
                text(value(f)).is_some_and(|t| t.to_ascii_lowercase().contains(&part))
            }),
            Self::Complete(is) => flow.flow.complete == Some(*is),
            Self::Not(inner) => !inner.holds(flow),
            Self::All(parts) => parts.iter().all(|part| part.holds(flow)),
            Self::Some(parts) => parts.iter().any(|part| part.holds(flow)),
        }
    }
}

/// All numbers of these flows are exact as doubles.
fn number(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Unsigned(value) => Some(value as f64),
        Value::Signed(value) => Some(value as f64),
        Value::Float(value) => Some(value),
        _ => None,
    }
}

fn text(value: Value<'_>) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// The family of an address, and its bits.
fn bits(addr: IpAddr) -> String {
    match addr {
        IpAddr::V4(addr) => format!("4{:032b}", addr.to_bits()),
        IpAddr::V6(addr) => format!("6{:0128b}", addr.to_bits()),
    }
}
