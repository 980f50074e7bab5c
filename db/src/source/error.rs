//! What can be wrong with a source's file.

use std::{fmt, io};

use crate::Full;

/// Where in a file, unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// A line, from 1.
    Line(u64),
    /// An octet, from 0.
    Octet(u64),
    /// A record.
    Record {
        /// Its number, from 1.
        number: u64,
        /// Its first octet, from 0.
        octet: u64,
    },
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Octet(octet) => write!(f, "octet {octet}"),
            Self::Record { number, octet } => write!(f, "record {number}, at octet {octet}"),
        }
    }
}

/// Why a file of a source is not used.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct SourceError {
    /// The path or address of the file.
    pub place: String,
    /// What is wrong with it.
    #[source]
    pub fault: Fault,
}

/// What is wrong with a file of a source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It has no octets.
    #[error("found an empty file; expected {expected}")]
    Empty {
        /// What would be right.
        expected: &'static str,
    },
    /// It is a file of another kind, or damaged as a whole.
    #[error("found {found}; expected {expected}")]
    OtherKind {
        /// What it seems to be.
        found: String,
        /// What would be right.
        expected: &'static str,
    },
    /// It ends before it should.
    #[error(
        "{at}: the data end here, before their own end; \
         expected a whole file: fetch it again"
    )]
    Truncated {
        /// Where it was being read.
        at: At,
    },
    /// Its packed data are damaged, or it cannot be read.
    #[error("{at}: cannot be read: {source}; expected a whole file: fetch it again")]
    Read {
        /// Where it was being read.
        at: At,
        /// What stopped the reading.
        source: io::Error,
    },
    /// It has, or unpacks to, more octets than are read.
    #[error("{at}: more than {limit} octets, unpacked; at most these are read")]
    TooLarge {
        /// Where it was being read.
        at: At,
        /// The limit in octets.
        limit: u64,
    },
    /// A line or a record has more octets than are read.
    #[error("{at}: found {what} of more than {limit} octets; expected {expected}")]
    Long {
        /// Where it was being read.
        at: At,
        /// What is too long.
        what: &'static str,
        /// The limit in octets.
        limit: u64,
        /// What would be right.
        expected: &'static str,
    },
    /// A line or a record says something else than it should.
    #[error("{at}: found {found}; expected {expected}")]
    Wrong {
        /// Where it was being read.
        at: At,
        /// What was found, escaped and cut to a readable length.
        found: String,
        /// What would be right.
        expected: &'static str,
    },
    /// It is well formed, and says nothing that could be used.
    #[error("found nothing that states anything; expected {expected}")]
    NothingStated {
        /// What would be right.
        expected: &'static str,
    },
    /// It states more than is kept.
    #[error("{at}: {full}")]
    Full {
        /// Where it was being read.
        at: At,
        /// The limit.
        full: Full,
    },
}
