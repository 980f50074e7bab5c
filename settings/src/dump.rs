//! Effective settings as TOML that can be loaded again.

use std::fmt::Write as _;

use toml::{Table, Value};

use crate::checked::Effective;
use crate::enricher;
use crate::keys::join;
use crate::origin::Origin;

/// All settings, in the order of the keys.
pub(crate) fn dump(effective: &Effective) -> String {
    let mut text = String::from("# Effective settings. What has no comment is the default.\n");
    let mut section = "";
    for key in &effective.keys {
        let (of, name) = key.rsplit_once('.').unwrap_or(("", key));
        if of != section {
            let _ = write!(text, "\n[{of}]");
            text.push('\n');
            section = of;
        }
        if let Some(value) = lookup(&effective.values, key) {
            entry(&mut text, effective, key, name, value);
        }
    }
    text
}

/// The value of a key without quotes.
fn lookup<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    let (first, rest) = key.split_once('.').unwrap_or((key, ""));
    let value = table.get(first)?;
    if rest.is_empty() {
        Some(value)
    } else {
        lookup(value.as_table()?, rest)
    }
}

/// One key; a table with entries becomes one line for each value in it.
fn entry(text: &mut String, effective: &Effective, key: &str, name: &str, value: &Value) {
    match value {
        Value::Table(table) if !table.is_empty() => {
            for (below, value) in table {
                let (key, name) = (join(key, below), join(name, below));
                entry(text, effective, &key, &name, value);
            }
        }
        _ => line(text, effective.origins.get(key), key, name, value),
    }
}

fn line(text: &mut String, origin: Option<&Origin>, key: &str, name: &str, value: &Value) {
    let is_default = origin.is_none_or(Origin::is_default);
    let optional = is_default && enricher::is_optional_by_default(key);
    let _ = match origin {
        Some(origin) if !is_default => writeln!(text, "{name} = {value} # {origin}"),
        _ if optional && value.as_str() != Some("") => {
            writeln!(
                text,
                "# {name} = {value} (the default, skipped where it is absent)"
            )
        }
        _ => writeln!(text, "{name} = {value}"),
    };
}
