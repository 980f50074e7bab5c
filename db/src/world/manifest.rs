//! What is known of the files of the sources, and of what was built of them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{NotFetched, Wanted};
use crate::fetch::{Backoff, Validators};
use crate::{Sha256Sum, TemporaryFile};

/// The name of its file.
const NAME: &str = "manifest.json";
/// The version of its form.
const VERSION: u32 = 1;
/// Octets of the largest that is read.
const SIZE_MAX: u64 = 1 << 20;
/// Seconds that a clock may be off.
const DAY: u64 = 86_400;
/// Characters of an error that are kept.
const ERROR_MAX: usize = 1_024;

/// What is known of the files of the sources, and of what was built of them. All times are
/// seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    version: u32,
    /// By the names of the sources.
    pub sources: BTreeMap<String, Entry>,
    /// What was built last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub built: Option<Built>,
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            version: VERSION,
            sources: BTreeMap::new(),
            built: None,
        }
    }
}

/// What is known of a source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its file, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<SourceFile>,
    /// When to try again, after a failure.
    pub backoff: Backoff,
    /// Why fetching failed last; absent after a success.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Entry {
    /// Notes at `now` why fetching failed, cut to a length that a manifest may have.
    pub(super) fn failed(&mut self, error: &NotFetched, now: u64, seed: u64) {
        let text = error.to_string();
        self.error = Some(text.chars().take(ERROR_MAX).collect());
        self.backoff.failed(now, seed, error.retry_after());
    }

    /// Notes that fetching did not fail.
    pub(super) fn succeeded(&mut self) {
        self.error = None;
        self.backoff.succeeded();
    }

    /// Why fetching failed last; `None` after a success.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }
}

/// A file of a source, as it was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// From where, without secrets.
    pub url: String,
    /// The name of its format.
    pub format: String,
    /// When it came.
    pub fetched: u64,
    /// When the server last said that it is still the newest; not before `fetched`.
    pub confirmed: u64,
    /// By what the server knows it again.
    pub validators: Validators,
    /// The SHA-256 of its octets.
    pub sha256: Sha256Sum,
    /// How many there are.
    pub octets: u64,
    /// Statements in it.
    pub stated: u64,
    /// The licence it is under.
    pub licence: String,
    /// What that asks to be said.
    pub attribution: String,
}

impl SourceFile {
    /// How long ago it was the newest, in seconds.
    #[must_use]
    pub const fn age(&self, now: u64) -> u64 {
        now.saturating_sub(self.confirmed)
    }

    /// Whether it is older than wanted, or of a time that has not come yet by the clock.
    pub(super) fn is_stale(&self, wanted: &Wanted, now: u64) -> bool {
        self.age(now) >= wanted.max_age.as_secs() || self.confirmed > now.saturating_add(DAY)
    }
}

/// What was built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Built {
    /// When.
    pub at: u64,
    /// By what: name and version.
    pub by: String,
    /// Of which files, by name of source and SHA-256, the one that counts first in front.
    pub of: Vec<(String, Sha256Sum)>,
    /// The SHA-256 of what came of it.
    pub sha256: Sha256Sum,
    /// Its octets.
    pub octets: u64,
}

/// Why a manifest is not used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is damaged, or of another version.
    #[error(
        "{}: {found}; expected a manifest of version {VERSION}, of at most {SIZE_MAX} octets: \
         remove it to have all sources fetched anew",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        found: String,
    },
}

impl Manifest {
    /// Reads that of a directory; an empty one if there is none.
    ///
    /// # Errors
    /// It cannot be read, is damaged, or of another version.
    pub fn read(directory: &Path) -> Result<Self, ManifestError> {
        let path = directory.join(NAME);
        let damaged = |found: String| ManifestError::Damaged {
            path: path.clone(),
            found,
        };
        let octets = match read_at_most(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(ManifestError::Read { path, source }),
            Ok(octets) => octets,
        };
        if octets.len() as u64 > SIZE_MAX {
            return Err(damaged("larger than that".to_owned()));
        }
        let found = serde_json::from_slice::<Self>(&octets);
        let manifest = found.map_err(|error| damaged(error.to_string()))?;
        if manifest.version != VERSION {
            return Err(damaged(format!("version {}", manifest.version)));
        }
        Ok(manifest)
    }

    /// Renames that of a directory, so that it is not read again.
    pub(super) fn set_aside(directory: &Path) -> io::Result<()> {
        let path = directory.join(NAME);
        fs::rename(&path, path.with_added_extension("damaged"))
    }

    /// Writes it to a directory, whole or not at all.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, directory: &Path) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        let mut file = TemporaryFile::create(directory)?;
        file.write_all(&text)?;
        file.commit(&directory.join(NAME))
    }
}

fn read_at_most(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read;
    let mut octets = Vec::new();
    let file = fs::File::open(path)?;
    file.take(SIZE_MAX + 1).read_to_end(&mut octets)?;
    Ok(octets)
}
