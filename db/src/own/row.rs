//! One row of a prefix file.

use std::net::IpAddr;
use std::sync::Arc;

use csv::ByteRecord;
use flow::{Prefix, PrefixError};

use super::rows::Layout;
use crate::error::shown;

/// Octets of an operator's name of a network; it goes into every flow of that network.
pub(super) const NAME_MAX: usize = 128;

/// A row in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its line, from 1.
    pub(crate) line: u64,
    pub(crate) prefix: Prefix,
    pub(crate) vlan: Option<u16>,
    pub(crate) name: Option<Arc<str>>,
}

/// What a record of the file is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    /// A row in use.
    Row(Row),
    /// A row whose VLAN is `N/A`, as the original system wrote it.
    Skipped,
}

/// Why a record is no row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) found: String,
    pub(super) expected: String,
}

fn wrong<T>(found: String, expected: impl Into<String>) -> Result<T, Wrong> {
    let expected = expected.into();
    Err(Wrong { found, expected })
}

/// The row that a record is.
pub(super) fn parse_row(record: &ByteRecord, line: u64, layout: Layout) -> Result<Parsed, Wrong> {
    let most = layout.columns();
    if let Some(extra) = record.iter().skip(most).find(|field| !field.is_empty()) {
        let found = format!(
            "a column too many, {}",
            shown(&String::from_utf8_lossy(extra))
        );
        return wrong(
            found,
            format!("{}; a name with a comma in quotes", layout.form()),
        );
    }
    let prefix = parse_prefix(text(record, 0)?)?;
    let vlan = match layout {
        Layout::Prefixes => None,
        Layout::Vlans => match text(record, 1)? {
            field if field.eq_ignore_ascii_case("n/a") => return Ok(Parsed::Skipped),
            field => Some(parse_vlan(field)?),
        },
    };
    let name = parse_name(text(record, most - 1)?)?;
    Ok(Parsed::Row(Row {
        line,
        prefix,
        vlan,
        name,
    }))
}

/// A field as text; an absent one is empty.
fn text(record: &ByteRecord, index: usize) -> Result<&str, Wrong> {
    let field = record.get(index).unwrap_or_default();
    let Ok(text) = str::from_utf8(field) else {
        return wrong(shown(&String::from_utf8_lossy(field)), "text in UTF-8");
    };
    if text.contains(['\n', '\r']) {
        return wrong(shown(text), "a quote that is closed on its line");
    }
    if text.contains(char::is_control) {
        return wrong(shown(text), "text without control characters");
    }
    Ok(text)
}

/// A prefix as an operator writes it. Stricter than [`Prefix`]'s own parser: what that
/// would mend silently is more often a slip.
fn parse_prefix(text: &str) -> Result<Prefix, Wrong> {
    let Some((addr, len)) = text.split_once('/') else {
        return wrong(shown(text), length_missing(text));
    };
    let prefix = match text.parse::<Prefix>() {
        Ok(prefix) if is_number(len) => prefix,
        Err(PrefixError::Address(_)) => return wrong(shown(text), address_expected(text)),
        _ => return wrong(shown(text), "a length of 0 to 32 (IPv4) or 0 to 128 (IPv6)"),
    };
    if addr.parse() == Ok(prefix.addr()) {
        Ok(prefix)
    } else {
        wrong(
            format!("{} with bits beyond its length", shown(text)),
            format!("{prefix}, or a longer length"),
        )
    }
}

fn length_missing(text: &str) -> String {
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(host)) => format!("a length too; {host}/32 is this one host"),
        Ok(IpAddr::V6(host)) => format!("a length too; {host}/128 is this one host"),
        Err(_) => address_expected(text),
    }
}

fn address_expected(text: &str) -> String {
    let hint = if text.contains(';') {
        ", columns separated by commas"
    } else if text.contains('#') {
        ", comments on lines of their own"
    } else {
        ""
    };
    format!("a prefix such as 10.0.0.0/8 or fc00::/7{hint}")
}

fn parse_vlan(text: &str) -> Result<u16, Wrong> {
    match text.parse::<u16>() {
        Ok(vlan @ 1..=4094) if is_number(text) => Ok(vlan),
        _ => wrong(
            shown(text),
            "a VLAN from 1 to 4094 in the second column, or N/A to skip the row",
        ),
    }
}

/// Whether the text is a decimal number as one writes it: no sign, no leading zero.
fn is_number(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
}

fn parse_name(text: &str) -> Result<Option<Arc<str>>, Wrong> {
    if text.len() > NAME_MAX {
        let found = format!("a name of {} octets", text.len());
        return wrong(found, format!("at most {NAME_MAX}"));
    }
    if text.contains('"') {
        return wrong(
            shown(text),
            "a name whose quotes begin right after the comma",
        );
    }
    Ok((!text.is_empty()).then(|| text.into()))
}
