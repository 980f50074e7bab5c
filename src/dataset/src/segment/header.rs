//! The segment header: what a segment holds, as JSON in front of its frames.

use std::collections::BTreeMap;
use std::io::Read;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::magic::{self, PREFIX_LEN};
use super::{HEADER_JSON_MAX, skippable_prefix, u32_at};
use crate::error::within;
use crate::name::Content;
use crate::{DatasetError, Result};

/// The name every segment header begins with.
const FORMAT: &str = "flowstream-segment";
/// The version this program writes and reads.
const VERSION: u32 = 1;
/// Octets of the checksum behind the JSON.
const CRC_LEN: u32 = 4;

/// Which of the two datasets a segment belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Datagrams as they were received.
    Raw,
    /// Flows as they leave.
    Prepared,
}

/// What a segment holds and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentHeader {
    /// The dataset it belongs to.
    pub kind: Kind,
    /// What its rows are.
    pub content: Content,
    /// Position of its first row.
    pub first_seq: u64,
    /// Unix milliseconds on the pipeline's clock at which it was begun.
    pub created_ms: i64,
    /// Version of the program that wrote it.
    pub program: String,
    /// Anything else, such as columns, anonymization policy, hash of the settings.
    pub meta: Map<String, Value>,
}

/// The header as JSON has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: String,
    version: u32,
    kind: Kind,
    content: Content,
    first_seq: u64,
    created_ms: i64,
    program: String,
    meta: BTreeMap<String, Value>,
}

/// The part of the header that is the same in all versions.
#[derive(Deserialize)]
struct Identity {
    format: String,
    version: u32,
}

/// The value with the keys of all its objects in order, whatever map another crate's
/// choice of features gives `serde_json`.
fn ordered(value: &Value) -> Value {
    match value {
        Value::Array(values) => Value::Array(values.iter().map(ordered).collect()),
        Value::Object(map) => {
            let sorted: BTreeMap<_, _> = map.iter().map(|(k, v)| (k.clone(), ordered(v))).collect();
            Value::Object(sorted.into_iter().collect())
        }
        plain => plain.clone(),
    }
}

impl SegmentHeader {
    fn to_json(&self) -> Result<Vec<u8>> {
        let stored = Stored {
            format: FORMAT.to_owned(),
            version: VERSION,
            kind: self.kind,
            content: self.content,
            first_seq: self.first_seq,
            created_ms: self.created_ms,
            program: self.program.clone(),
            meta: self
                .meta
                .iter()
                .map(|(k, v)| (k.clone(), ordered(v)))
                .collect(),
        };
        serde_json::to_vec(&stored).map_err(|error| not_json(&error))
    }

    /// The skippable frame that holds this header.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Limit`] if its JSON is longer than [`HEADER_JSON_MAX`].
    pub(super) fn encode(&self) -> Result<Vec<u8>> {
        let json = self.to_json()?;
        within(0, JSON, json.len() as u64, HEADER_JSON_MAX.into())?;
        let len = u32::try_from(json.len()).unwrap_or(HEADER_JSON_MAX);
        let mut bytes = skippable_prefix(magic::SEGMENT, len + CRC_LEN).to_vec();
        bytes.extend_from_slice(&json);
        bytes.extend_from_slice(&crc32c::crc32c(&json).to_le_bytes());
        Ok(bytes)
    }

    /// Reads a header from the start of a segment; also gives its length in octets.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Truncated`] if the input ends within the header; otherwise what is
    /// wrong with it.
    pub(super) fn read(input: &mut impl Read) -> Result<(Self, u64)> {
        let prefix = read_part(input, 0, "segment header", PREFIX_LEN as u64)?;
        let payload_len = check_prefix(&prefix)?;
        let offset = PREFIX_LEN as u64;
        let payload = read_part(input, offset, "segment header", payload_len.into())?;
        let (json, crc) = payload.split_at(payload.len().saturating_sub(CRC_LEN as usize));
        let (found, expected) = (crc32c::crc32c(json), u32_at(crc, 0));
        if found != expected {
            return Err(DatasetError::Checksum {
                offset,
                what: JSON,
                found,
                expected,
            });
        }
        Ok((Self::from_json(json)?, offset + u64::from(payload_len)))
    }

    fn from_json(json: &[u8]) -> Result<Self> {
        let identity: Identity = serde_json::from_slice(json).map_err(|error| not_json(&error))?;
        if identity.format != FORMAT || identity.version != VERSION {
            return Err(DatasetError::format(
                PREFIX_LEN as u64,
                "format",
                format!("{} version {}", identity.format, identity.version),
                format!("{FORMAT} version {VERSION}"),
            ));
        }
        let stored: Stored = serde_json::from_slice(json).map_err(|error| not_json(&error))?;
        Ok(Self {
            kind: stored.kind,
            content: stored.content,
            first_seq: stored.first_seq,
            created_ms: stored.created_ms,
            program: stored.program,
            meta: stored.meta.into_iter().collect(),
        })
    }
}

/// What errors call the header's text.
const JSON: &str = "JSON of the segment header";

fn not_json(error: &serde_json::Error) -> DatasetError {
    DatasetError::format(
        PREFIX_LEN as u64,
        JSON,
        error.to_string(),
        "the fields of a segment header",
    )
}

/// The length of the payload, once magic number and limit have been checked.
fn check_prefix(prefix: &[u8]) -> Result<u32> {
    let (found, len) = (u32_at(prefix, 0), u32_at(prefix, 4));
    if found != magic::SEGMENT {
        return Err(DatasetError::format(
            0,
            "magic number",
            format!("{found:#010x}"),
            format!("{:#010x}, a segment header", magic::SEGMENT),
        ));
    }
    within(4, JSON, len.into(), (HEADER_JSON_MAX + CRC_LEN).into())?;
    if len < CRC_LEN {
        return Err(DatasetError::format(
            4,
            "length of the segment header",
            len.to_string(),
            "at least 4",
        ));
    }
    Ok(len)
}

/// Exactly so many octets; memory grows with what is there, not with what is claimed.
fn read_part(input: &mut impl Read, offset: u64, what: &'static str, len: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input
        .take(len)
        .read_to_end(&mut bytes)
        .map_err(DatasetError::io(offset))?;
    let found = bytes.len() as u64;
    if found < len {
        return Err(DatasetError::Truncated {
            offset,
            what,
            found,
            expected: len,
        });
    }
    Ok(bytes)
}
