//! The global database: what sources publish about the addresses of the world, fetched,
//! verified, and built into one file.
//!
//! A [`World`] has a directory. `sources/NAME` is what a source published, as it came;
//! `manifest.json` says of each when and from where it came, under which licence, and when
//! to try again; `global.flowdb` is what was built of them. Each is replaced whole or not
//! at all, so that what was there stays in use until the new one is there, and if anything
//! fails. One process at a time works in the directory.

mod build;
mod error;
mod event;
mod lock;
mod manifest;
mod reading;
mod status;
#[cfg(test)]
mod tests;
mod update;
mod wanted;

use std::path::{Path, PathBuf};

pub use error::{NotFetched, WorldError};
pub use event::{Event, Observer};
pub use manifest::{Built, Entry, Manifest, ManifestError, SourceFile};
pub use status::{SourceStatus, State, Status};
pub use update::{Occasion, Updated, Which};
pub use wanted::{Said, Wanted, WantedError};

use crate::fetch::{Limits, Proxy};

/// The name of the file that is built.
const GLOBAL: &str = "global.flowdb";
/// The directory of what was fetched.
const SOURCES: &str = "sources";

/// The directory of the global database, and the sources that it is built from.
#[derive(Debug)]
pub struct World {
    directory: PathBuf,
    wanted: Vec<Wanted>,
    by: By,
}

/// How sources are fetched.
#[derive(Debug, Clone, Default)]
pub struct By {
    /// Which way is taken.
    pub proxy: Proxy,
    /// A file of authorities, as PEM, that are trusted besides those of this machine.
    pub authorities: Option<PathBuf>,
    /// What one file may take.
    pub limits: Limits,
}

impl World {
    /// In that directory, of those sources, of which the first counts first. Nothing is
    /// looked at or made yet.
    #[must_use]
    pub const fn new(directory: PathBuf, wanted: Vec<Wanted>, by: By) -> Self {
        Self {
            directory,
            wanted,
            by,
        }
    }

    /// The file that is built, there or not.
    #[must_use]
    pub fn global(&self) -> PathBuf {
        Self::global_in(&self.directory)
    }

    /// The file that is built in a directory.
    #[must_use]
    pub fn global_in(directory: &Path) -> PathBuf {
        directory.join(GLOBAL)
    }

    /// The sources, of which the first counts first.
    #[must_use]
    pub fn wanted(&self) -> &[Wanted] {
        &self.wanted
    }

    /// The file of a source.
    fn file_of(&self, source: &str) -> PathBuf {
        self.directory.join(SOURCES).join(source)
    }
}
