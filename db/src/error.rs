//! What can be wrong with a database, and what would be right.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::Kind;

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// A required file does not exist.
    #[error(
        "{}: no such file, but the {kind} is required: put the file there, \
         name another one in the settings, or do not require it",
        path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
        /// What it should hold.
        kind: Kind,
    },
    /// The operating system refused to read it.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
    /// The path names a directory, a pipe or a device.
    #[error("{}: not a regular file; name the file itself", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The file is larger than such a file may be.
    #[error("{}: {found} octets; at most {limit} are read", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in octets, as far as it was read.
        found: u64,
        /// The limit in octets.
        limit: u64,
    },
    /// A prefix file has more rows than are read.
    #[error(
        "{}: line {line}: more than {limit} rows; aggregate neighbouring prefixes",
        path.display()
    )]
    TooManyRows {
        /// The file.
        path: PathBuf,
        /// The line of the first row beyond the limit.
        line: u64,
        /// The limit.
        limit: usize,
    },
    /// Rows of a prefix file are wrong.
    #[error("{}: {}", path.display(), Listed(rows, *more))]
    Rows {
        /// The file.
        path: PathBuf,
        /// The first of them, in the order of the file.
        rows: Vec<BadRow>,
        /// How many more there are.
        more: u64,
    },
    /// The two prefix files say different things of one network.
    #[error(
        "{}: line {}: the {what} of {prefix} is `{}`, but `{}` in {}: line {}; \
         give it one {what}, or say it in one file only",
        rows.0.path.display(), rows.0.line, rows.0.value,
        rows.1.value, rows.1.path.display(), rows.1.line
    )]
    TwoValues {
        /// The network.
        prefix: flow::Prefix,
        /// The name of the column.
        what: &'static str,
        /// The row of each file.
        rows: Box<(StatedRow, StatedRow)>,
    },
    /// The own prefixes are so many and so scattered that their set does not fit.
    #[error(
        "the own prefixes take {found} nodes in their set, at most {limit} are kept; \
         aggregate single hosts into networks"
    )]
    Scattered {
        /// Nodes they would take.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A file cannot be kept for replays.
    #[error("{}: cannot be written: {source}; a replay as recorded will lack it", path.display())]
    Keep {
        /// Where it would be kept.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
    /// A version that was used is not kept, or not any more.
    #[error(
        "{}: the {kind} that was used then is not kept; put the file with this SHA-256 there, \
         or replay with `replay.databases = \"current\"`",
        path.display()
    )]
    NotKept {
        /// Where it would be kept, by its SHA-256.
        path: PathBuf,
        /// What it holds.
        kind: Kind,
    },
    /// A file that was kept is not what it was.
    #[error(
        "{}: the {kind} that was kept has changed, its SHA-256 is {found}; put the right file \
         there, or replay with `replay.databases = \"current\"`",
        path.display()
    )]
    Altered {
        /// Where it is kept, by its SHA-256.
        path: PathBuf,
        /// What it holds.
        kind: Kind,
        /// Its SHA-256 now.
        found: crate::Sha256Sum,
    },
    /// A table of the world is damaged, or something else.
    #[error("{}: {source}", path.display())]
    Global {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: crate::flowdb::FlowDbError,
    },
    /// A file says more than is taken.
    #[error(
        "{}: with the files before it, more than {limit} statements; smaller databases would fit",
        path.display()
    )]
    TooMuch {
        /// The file.
        path: PathBuf,
        /// How much is taken.
        limit: usize,
    },
    /// A MaxMind-format database is damaged, or of another kind.
    #[error("{}: found {found}; expected {expected}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Where in the file, in octets, where that is known.
        offset: Option<u64>,
        /// What was found.
        found: String,
        /// What would be right.
        expected: String,
    },
}

impl DbError {
    /// The file at fault; of two, the first. `None` where no single one is.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Missing { path, .. }
            | Self::Read { path, .. }
            | Self::NotAFile { path }
            | Self::TooLarge { path, .. }
            | Self::TooManyRows { path, .. }
            | Self::Rows { path, .. }
            | Self::Keep { path, .. }
            | Self::NotKept { path, .. }
            | Self::Altered { path, .. }
            | Self::Global { path, .. }
            | Self::TooMuch { path, .. }
            | Self::Database { path, .. } => Some(path),
            Self::TwoValues { rows, .. } => Some(&rows.0.path),
            Self::Scattered { .. } => None,
        }
    }
}

/// A row of a prefix file, and what it says in one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedRow {
    /// The file.
    pub path: PathBuf,
    /// The line in it, from 1.
    pub line: u64,
    /// The value.
    pub value: String,
}

/// A row of a prefix file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Its line, from 1.
    pub line: u64,
    /// What was found, escaped and cut to a readable length.
    pub found: String,
    /// What would be right.
    pub expected: String,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            found,
            expected,
        } = self;
        write!(f, "line {line}: found {found}; expected {expected}")
    }
}

/// Bad rows as the text of an error, one a line if there are several.
struct Listed<'a>(&'a [BadRow], u64);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(rows, more) = self;
        if let ([row], 0) = (rows, more) {
            return write!(f, "{row}");
        }
        let total = u64::try_from(rows.len())
            .unwrap_or(u64::MAX)
            .saturating_add(*more);
        write!(f, "{total} rows are wrong")?;
        for row in *rows {
            write!(f, "\n  {row}")?;
        }
        if *more > 0 {
            write!(f, "\n  and {more} more")?;
        }
        Ok(())
    }
}

/// Octets of a text that an error shows.
const SHOWN: usize = 60;

/// A text of unknown origin as an error may show it: escaped, quoted and short.
pub(crate) fn shown(text: &str) -> String {
    let mut chars = text.chars();
    let mut quoted = String::from("`");
    quoted.extend(chars.by_ref().take(SHOWN).flat_map(char::escape_debug));
    quoted.push_str(if chars.next().is_some() { "...`" } else { "`" });
    quoted
}
