//! What a table was built of, and by whom.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Sha256Sum;

/// The header of a file. It says nothing of paths, and nothing that the sources and the
/// program do not determine, unless who builds puts it in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The program that built it, and its version.
    pub builder: String,
    /// The sources, the first counts before the others.
    pub sources: Vec<SourceUsed>,
}

/// A source, as it was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceUsed {
    /// Its name in the settings.
    pub name: String,
    /// Its format, as [`Format::name`](crate::source::Format::name) gives it.
    pub format: String,
    /// Where it was fetched from, without account or key.
    pub url: String,
    /// Of when it is, as far as that is known: `YYYY-MM-DDThh:mm:ssZ`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub date: Option<String>,
    /// The SHA-256 of its octets, as fetched.
    pub sha256: Sha256Sum,
    /// Under which licence it may be used.
    pub licence: String,
    /// What that asks to be said.
    pub attribution: String,
    /// Rows that were read.
    pub rows: u64,
    /// Statements that were made of them.
    pub stated: u64,
    /// What was left out, by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub dropped: BTreeMap<String, u64>,
}
