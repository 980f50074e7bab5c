//! What was learnt of exporters over UDP, to be kept over a restart of the collector.
//!
//! Without it, data are not decoded for minutes after a start, until each exporter has
//! sent its templates again. What is restored is distrusted until its exporter repeats
//! it (`state/doubt.rs`): the exporter may have changed meanwhile.
//!
//! A snapshot is a JSON object of a version. Whatever it holds was written down by
//! somebody, so reading and restoring one checks everything and never panics.

mod restore;
mod take;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::{Algorithm, Named, Subject, Timeouts};
pub use restore::Restored;

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;
/// Octets of the longest snapshot that is read.
const OCTETS_MAX: usize = 16 << 20;

/// What was learnt of exporters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    version: u32,
    /// In the order in which they were heard from, the last at the end.
    exporters: Vec<SavedExporter>,
}

/// Why something is no snapshot.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// It is too long.
    #[error("a snapshot of {found} octets, where at most {OCTETS_MAX} were expected")]
    TooLong {
        /// Its octets.
        found: usize,
    },
    /// It is of another version.
    #[error("a snapshot of version {found}, where {VERSION} was expected")]
    Version {
        /// The version.
        found: u32,
    },
    /// It is no JSON, or not that of a snapshot. Nothing of what is there is said: it may be an
    /// exporter's address, or a name that it told.
    #[error("no snapshot: {} at line {line} and column {column}", if *is_json { "something else" } else { "no JSON" })]
    Json {
        /// Whether it is JSON as far as it was read.
        is_json: bool,
        /// The line where it was seen.
        line: usize,
        /// The column.
        column: usize,
    },
}

impl From<serde_json::Error> for SnapshotError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json {
            is_json: error.is_data(),
            line: error.line(),
            column: error.column(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedExporter {
    addr: IpAddr,
    /// Whether it was heard of over a while.
    settled: bool,
    domains: Vec<SavedDomain>,
}

/// What one Observation Domain told by one protocol from one source port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedDomain {
    protocol: SavedProtocol,
    domain: u32,
    port: u16,
    /// The last sequence number, by which a restart is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    number: Option<u32>,
    /// When the exporter started, modulo 2^32 milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    boot: Option<u32>,
    /// The least recently used first, as all that follows.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    templates: Vec<SavedTemplate>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    facts: Vec<(SavedFact, u64)>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    names: Vec<SavedName>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    timeouts: Option<SavedTimeouts>,
}

/// The protocols that have templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SavedProtocol {
    V9,
    Ipfix,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedTemplate {
    id: u16,
    /// Of an Options Template, how many of its fields are scopes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    scopes: Option<u16>,
    /// The Field Specifiers in hexadecimal.
    fields: String,
    /// When it was last heard, Unix milliseconds of receive time.
    heard_ms: i64,
    /// The longest recent gap between two repetitions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    gap_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SavedFact {
    Rate,
    InterfaceRate(u32),
    SamplerRate(u64),
    SystemInit,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedName {
    of: SavedSubject,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    name: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    description: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    algorithm: Option<SavedAlgorithm>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SavedSubject {
    Interface(u32),
    Vrf(u32),
    Application { engine: u8, selector: u64 },
    Sampler(u64),
    Selector(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SavedAlgorithm {
    Systematic,
    Random,
    Other(u16),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedTimeouts {
    active_s: Option<u16>,
    idle_s: Option<u16>,
}

impl Snapshot {
    /// Its octets. The same snapshot always has the same.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Nothing in it can fail to be JSON: no maps, no floats, no foreign code.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The snapshot of some octets.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] if they are no snapshot of this version.
    pub fn from_bytes(octets: &[u8]) -> Result<Self, SnapshotError> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        if octets.len() > OCTETS_MAX {
            let found = octets.len();
            return Err(SnapshotError::TooLong { found });
        }
        let Head { version: found } = serde_json::from_slice(octets)?;
        if found != VERSION {
            return Err(SnapshotError::Version { found });
        }
        Ok(serde_json::from_slice(octets)?)
    }

    /// Leaves out what was last heard before a time, in Unix milliseconds of receive
    /// time: templates, and what was told by whoever has none left.
    pub fn forget_before(&mut self, at_ms: i64) {
        for exporter in &mut self.exporters {
            for domain in &mut exporter.domains {
                domain
                    .templates
                    .retain(|template| template.heard_ms >= at_ms);
            }
            exporter
                .domains
                .retain(|domain| !domain.templates.is_empty());
        }
        self.exporters
            .retain(|exporter| !exporter.domains.is_empty());
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.exporters.is_empty()
    }

    /// The addresses of its exporters.
    pub fn exporters(&self) -> impl Iterator<Item = IpAddr> {
        self.exporters.iter().map(|exporter| exporter.addr)
    }

    /// How many templates it has.
    #[must_use]
    pub fn templates(&self) -> usize {
        let domains = self.exporters.iter().flat_map(|exporter| &exporter.domains);
        domains.map(|domain| domain.templates.len()).sum()
    }
}

impl From<Subject> for SavedSubject {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Interface(index) => Self::Interface(index),
            Subject::Vrf(id) => Self::Vrf(id),
            Subject::Application { engine, selector } => Self::Application { engine, selector },
            Subject::Sampler(id) => Self::Sampler(id),
            Subject::Selector(id) => Self::Selector(id),
        }
    }
}

impl From<SavedSubject> for Subject {
    fn from(subject: SavedSubject) -> Self {
        match subject {
            SavedSubject::Interface(index) => Self::Interface(index),
            SavedSubject::Vrf(id) => Self::Vrf(id),
            SavedSubject::Application { engine, selector } => {
                Self::Application { engine, selector }
            }
            SavedSubject::Sampler(id) => Self::Sampler(id),
            SavedSubject::Selector(id) => Self::Selector(id),
        }
    }
}

impl SavedName {
    fn of(subject: Subject, named: &Named) -> Self {
        let algorithm = named.algorithm.map(|algorithm| match algorithm {
            Algorithm::Systematic => SavedAlgorithm::Systematic,
            Algorithm::Random => SavedAlgorithm::Random,
            Algorithm::Other(number) => SavedAlgorithm::Other(number),
        });
        Self {
            of: subject.into(),
            name: named.name.clone(),
            description: named.description.clone(),
            algorithm,
        }
    }

    fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm.map(|algorithm| match algorithm {
            SavedAlgorithm::Systematic => Algorithm::Systematic,
            SavedAlgorithm::Random => Algorithm::Random,
            SavedAlgorithm::Other(number) => Algorithm::Other(number),
        })
    }
}

impl From<Timeouts> for SavedTimeouts {
    fn from(told: Timeouts) -> Self {
        let Timeouts { active_s, idle_s } = told;
        Self { active_s, idle_s }
    }
}

impl From<SavedTimeouts> for Timeouts {
    fn from(told: SavedTimeouts) -> Self {
        let SavedTimeouts { active_s, idle_s } = told;
        Self { active_s, idle_s }
    }
}
