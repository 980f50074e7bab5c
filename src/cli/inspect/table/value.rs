//! Values as people read them.

use decode::explain::{Items, List, Value, Why};

use crate::cli::inspect::jsonl::{hex, mac};

/// A value in few characters.
pub(super) fn brief(value: &Value) -> String {
    match value {
        Value::Unset => String::new(),
        Value::Unsigned(number) => number.to_string(),
        Value::Signed(number) => number.to_string(),
        Value::Float32(number) => number.to_string(),
        Value::Float64(number) => number.to_string(),
        Value::Boolean(value) => value.to_string(),
        Value::Address(addr) => addr.to_string(),
        Value::Mac(octets) => mac(*octets),
        Value::Text(text) => text.to_string(),
        Value::Time(time) => time.to_string(),
        Value::Octets(octets) => octets_of(octets),
        Value::List(list) => of_list(list),
        Value::Misfit { expected, octets } => {
            format!("not {}: {}", expected.name(), octets_of(octets))
        }
    }
}

fn octets_of(octets: &[u8]) -> String {
    if octets.is_empty() {
        return String::new();
    }
    format!("0x{}", hex(octets))
}

fn of_list(list: &List) -> String {
    let mut items: Vec<String> = match &list.items {
        Items::Values { values, .. } => values.iter().map(brief).collect(),
        Items::Records(groups) => groups
            .iter()
            .flat_map(|group| &group.records)
            .map(|values| {
                let values: Vec<String> = values.iter().map(brief).collect();
                format!("({})", values.join(", "))
            })
            .collect(),
    };
    items.extend(list.unread.iter().map(|unread| match unread.why {
        Why::Malformed => format!("malformed at {}", unread.at),
        Why::Template(id) => format!("template {id} not known"),
        Why::TooDeep => "too deep".to_owned(),
    }));
    format!(
        "{}[{}]",
        list.semantic_name().unwrap_or_default(),
        items.join(", ")
    )
}
