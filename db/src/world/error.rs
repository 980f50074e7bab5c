//! Why the global database is not updated or built.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::manifest::ManifestError;
use crate::Full;
use crate::fetch::{FetchError, SecretError, UrlError};
use crate::source::SourceError;

/// Why the global database is not updated or built; what was there stays.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// Somebody else is at it.
    #[error("{}: another update is under way; wait for it", path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
    /// The directory cannot be worked in.
    #[error("{}: cannot be written: {source}", path.display())]
    Write {
        /// The directory or file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The manifest is not used.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A source has no file yet.
    #[error(
        "there is nothing to build from: no source was fetched yet; run `flowstream db update`"
    )]
    Nothing,
    /// The file of a source cannot be read any more.
    #[error("{}: cannot be read: {source}; `flowstream db update` fetches it anew", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file of a source is not what was fetched.
    #[error(
        "{}: found other octets than were fetched; `flowstream db update` fetches it anew",
        path.display()
    )]
    Altered {
        /// The file.
        path: PathBuf,
    },
    /// The file of a source is damaged.
    #[error("{0}; `flowstream db update` fetches it anew")]
    Source(#[from] SourceError),
    /// All sources together state too much.
    #[error("the sources state {0}")]
    Full(#[from] Full),
}

/// Why the file of a source was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum NotFetched {
    /// It was not to be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// What came is not used.
    #[error("what came is not used: {error}")]
    Unusable {
        /// What is wrong with it.
        error: SourceError,
    },
    /// Its address is none.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The log that says where its files are is not used.
    #[error("what says where its files are is not used: {0}")]
    Log(#[from] SourceError),
    /// The account cannot be used.
    #[error(transparent)]
    Account(#[from] SecretError),
    /// It cannot be written.
    #[error("{}: cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl NotFetched {
    /// Whether it is only that it was not wanted any more.
    pub(super) fn is_cancelled(&self) -> bool {
        matches!(self, Self::Fetch(error) if error.is_cancelled())
    }

    /// The rest that the server asked for.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Fetch(error) => error.retry_after(),
            _ => None,
        }
    }
}
