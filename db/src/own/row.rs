//! One row of a prefix file.

use std::net::IpAddr;
use std::sync::Arc;

use csv::ByteRecord;
use flow::{CountryCode, Position, Prefix, PrefixError};

use super::Attributes;
use super::columns::{Column, Columns};
use crate::error::shown;

/// Octets of an operator's name of a network; it goes into every flow of that network.
pub(super) const NAME_MAX: usize = 128;

/// The largest AS number that an AS can have: the one after it is reserved (RFC 7300).
const AS_MAX: u32 = u32::MAX - 1;

/// A row in use.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Its line, from 1.
    pub(crate) line: u64,
    pub(crate) prefix: Prefix,
    pub(crate) attributes: Attributes,
}

/// What a record of the file is.
#[derive(Debug, PartialEq)]
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

pub(super) fn wrong<T>(found: String, expected: impl Into<String>) -> Result<T, Wrong> {
    let expected = expected.into();
    Err(Wrong { found, expected })
}

/// The row that a record is.
pub(super) fn parse_row(
    record: &ByteRecord,
    line: u64,
    columns: &Columns,
) -> Result<Parsed, Wrong> {
    let extra = record.iter().skip(columns.count());
    if let Some(extra) = extra.into_iter().find(|field| !field.is_empty()) {
        let found = format!(
            "a column too many, {}",
            shown(&String::from_utf8_lossy(extra))
        );
        return wrong(
            found,
            format!("{}; a name with a comma in quotes", columns.form()),
        );
    }
    let field = |column| columns.index(column).map(|index| text(record, index));
    let optional = |column| field(column).transpose().map(|field| field.and_then(said));
    let prefix = parse_prefix(field(Column::Prefix).transpose()?.unwrap_or_default())?;
    let vlan = match field(Column::Vlan).transpose()? {
        Some(field) if is_not_available(field) => return Ok(Parsed::Skipped),
        field => field.map(parse_vlan).transpose()?,
    };
    let attributes = Attributes {
        vlan,
        name: optional(Column::Name)?.map(parse_name).transpose()?,
        asn: optional(Column::Asn)?.map(parse_asn).transpose()?,
        as_name: None,
        country: optional(Column::Country)?.map(parse_country).transpose()?,
        position: parse_position(optional(Column::Latitude)?, optional(Column::Longitude)?)?,
    };
    Ok(Parsed::Row(Row {
        line,
        prefix,
        attributes,
    }))
}

/// A field that says something.
fn said(field: &str) -> Option<&str> {
    (!field.is_empty() && !is_not_available(field)).then_some(field)
}

/// `N/A`, as the original system wrote it.
fn is_not_available(field: &str) -> bool {
    field.eq_ignore_ascii_case("n/a")
}

/// A field as text; an absent one is empty.
pub(super) fn text(record: &ByteRecord, index: usize) -> Result<&str, Wrong> {
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
        _ => wrong(shown(text), "a VLAN from 1 to 4094, or N/A to skip the row"),
    }
}

/// Whether the text is a decimal number as one writes it: no sign, no leading zero.
fn is_number(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
}

fn parse_name(text: &str) -> Result<Arc<str>, Wrong> {
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
    Ok(text.into())
}

/// AS 0 stands for no AS (RFC 7607).
fn parse_asn(text: &str) -> Result<u32, Wrong> {
    let number = text
        .get(..2)
        .filter(|start| start.eq_ignore_ascii_case("as"));
    let number = number.map_or(text, |start| &text[start.len()..]);
    match number.parse::<u32>() {
        Ok(asn @ 1..=AS_MAX) if is_number(number) => Ok(asn),
        _ => wrong(
            shown(text),
            "an AS number from 1 to 4294967294 such as 64496 or AS64496, or nothing",
        ),
    }
}

fn parse_country(text: &str) -> Result<CountryCode, Wrong> {
    match CountryCode::new(text) {
        Some(country) => Ok(country),
        None => wrong(
            shown(text),
            "a country of two letters (ISO 3166-1) such as CH, or nothing",
        ),
    }
}

fn parse_position(
    latitude: Option<&str>,
    longitude: Option<&str>,
) -> Result<Option<Position>, Wrong> {
    let (latitude, longitude) = match (latitude, longitude) {
        (None, None) => return Ok(None),
        (Some(latitude), Some(longitude)) => (latitude, longitude),
        (Some(one), None) => return wrong(shown(one), "a longitude as well, or no latitude"),
        (None, Some(one)) => return wrong(shown(one), "a latitude as well, or no longitude"),
    };
    let degrees = |text: &str, most: f64| {
        let plain = |octet: u8| octet.is_ascii_digit() || b"+-.".contains(&octet);
        let degrees = text.parse().ok().filter(|_| text.bytes().all(plain));
        degrees.filter(|degrees: &f64| degrees.abs() <= most)
    };
    let position = match (degrees(latitude, 90.0), degrees(longitude, 180.0)) {
        (None, _) => return wrong(shown(latitude), "a latitude from -90 to 90 degrees"),
        (_, None) => return wrong(shown(longitude), "a longitude from -180 to 180 degrees"),
        (Some(latitude), Some(longitude)) => Position::new(latitude, longitude),
    };
    Ok(position)
}
