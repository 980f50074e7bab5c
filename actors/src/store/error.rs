//! What can go wrong with a dataset's files.

use std::io;
use std::path::PathBuf;

use dataset::DatasetError;

/// What went wrong with a dataset, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory cannot be made, listed or written to.
    #[error("dataset directory {}: {source}; make it writable, or set `recorder.directory`", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process writes to the directory.
    #[error("dataset directory {}: another process writes to it; stop that one, or set `recorder.directory`", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// A segment file cannot be opened, renamed or cut.
    #[error("segment {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Syncs fail, and as much as may be is kept in memory for that.
    #[error("dataset directory {}: what was written cannot be synced; see to the disk", path.display())]
    NotSynced {
        /// The directory.
        path: PathBuf,
    },
    /// What is in a segment file is damaged or does not follow.
    #[error("segment {}: {source}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: DatasetError,
    },
    /// Stored rows cannot be read back.
    #[error("prepared rows from seq {first_seq} on: {source}")]
    Rows {
        /// The position of the first row of their frame.
        first_seq: u64,
        /// What is wrong with them.
        source: protocol::RestoreError,
    },
    /// A segment names a key in a way that is not known.
    #[error("the header of the segment of seq {first_seq}: anonymization.{source}")]
    Key {
        /// A position in it.
        first_seq: u64,
        /// What is wrong with it.
        source: protocol::DeclarationError,
    },
    /// Stored datagrams cannot be read back.
    #[error("raw datagrams from seq {first_seq} on: {source}")]
    Blocks {
        /// The position of the first datagram of their frame.
        first_seq: u64,
        /// What is wrong with them.
        source: DatasetError,
    },
    /// The databases that were used then cannot be had.
    #[error("the databases that were used from seq {first_seq} on: {source}")]
    Databases {
        /// The position of the first datagram of the frame that names them.
        first_seq: u64,
        /// What is wrong with them.
        source: crate::librarian::LibraryError,
    },
    /// The dataset does not say which databases were used.
    #[error(
        "the raw dataset does not say which databases were used; it is older than that, so \
         replay it with `replay.databases = \"current\"`"
    )]
    NoDatabases,
    /// A replay would write behind an older dataset.
    #[error("{}: holds a prepared dataset already; set `recorder.directory` to an empty one, or `recorder.prepared = false`", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// A raw dataset was named where a prepared one is asked for.
    #[error("{}: holds a raw dataset, whose addresses are the original ones; name a prepared one, such as data/prepared", path.display())]
    NotPrepared {
        /// The directory.
        path: PathBuf,
    },
    /// There is no dataset there.
    #[error("{}: no segments of a raw or prepared dataset there; name a directory such as data/raw", path.display())]
    Nothing {
        /// The path as given.
        path: PathBuf,
    },
}

impl StoreError {
    /// Whether the disk is why, so that the same may succeed later.
    pub(crate) const fn is_of_the_disk(&self) -> bool {
        match self {
            Self::Directory { .. } | Self::File { .. } | Self::NotSynced { .. } => true,
            Self::Content { source, .. } => source.is_io(),
            _ => false,
        }
    }

    pub(super) fn directory(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Directory { path, source }
    }

    pub(super) fn file(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }

    pub(super) fn content(path: &std::path::Path) -> impl FnOnce(DatasetError) -> Self {
        let path = path.to_owned();
        move |source| Self::Content { path, source }
    }
}
