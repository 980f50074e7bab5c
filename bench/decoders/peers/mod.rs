//! The other decoders, each behind a reading of its own types into one form.

pub(crate) mod meaning;
pub(crate) mod netflow_parser;
pub(crate) mod netgauze;

use std::net::IpAddr;

/// A value as a peer typed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// An address.
    Addr(IpAddr),
    /// A number.
    Number(u64),
    /// A time since 1970, in milliseconds.
    Unix(i64),
    /// Anything else.
    Other,
}

/// A field of a record: enterprise (0 is IANA) and element, and its value.
pub(crate) type Cell = ((u32, u16), Value);

/// A Data Record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Whether it is of options.
    pub(crate) options: bool,
    /// Its fields, scopes first.
    pub(crate) cells: Vec<Cell>,
}

/// A message as a peer has read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    /// Export time in Unix milliseconds.
    pub(crate) unix_ms: i64,
    /// Uptime at export, where the header has it.
    pub(crate) uptime: Option<u32>,
    /// The sequence number.
    pub(crate) sequence: u32,
    /// The Observation Domain ID.
    pub(crate) domain: u32,
    /// Template Records and Options Template Records.
    pub(crate) templates: usize,
    /// Its Data Records.
    pub(crate) lines: Vec<Line>,
}

/// The number that some octets make.
pub(crate) fn number(octets: &[u8]) -> Value {
    if octets.len() > 8 {
        return Value::Other;
    }
    let number = octets.iter().fold(0, |n, &octet| n << 8 | u64::from(octet));
    Value::Number(number)
}
