//! What can be wrong with a source's file.

use std::io;

use crate::Full;

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
    /// It is a file of another kind, by how it begins.
    #[error("found {found}; expected {expected}")]
    OtherKind {
        /// What it seems to be.
        found: &'static str,
        /// What would be right.
        expected: &'static str,
    },
    /// It ends within its gzip data.
    #[error(
        "line {line}: the gzip data end here, before their own end; \
         expected a whole file: fetch it again"
    )]
    Truncated {
        /// The line that was being read, from 1.
        line: u64,
    },
    /// Its gzip data are damaged, or it cannot be read.
    #[error("line {line}: cannot be read: {source}; expected a whole file: fetch it again")]
    Read {
        /// The line that was being read, from 1.
        line: u64,
        /// What stopped the reading.
        source: io::Error,
    },
    /// It has, or unpacks to, more octets than are read.
    #[error("line {line}: more than {limit} octets, unpacked; at most these are read")]
    TooLarge {
        /// The line that was being read, from 1.
        line: u64,
        /// The limit in octets.
        limit: u64,
    },
    /// A line has more octets than are read.
    #[error("line {line}: found a line of more than {limit} octets; expected {expected}")]
    LongLine {
        /// The line, from 1.
        line: u64,
        /// The limit in octets.
        limit: u64,
        /// What would be right.
        expected: &'static str,
    },
    /// A line says something else than it should.
    #[error("line {line}: found {found}; expected {expected}")]
    Line {
        /// The line, from 1.
        line: u64,
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
    #[error("line {line}: {full}")]
    Full {
        /// The line, from 1.
        line: u64,
        /// The limit.
        full: Full,
    },
}
