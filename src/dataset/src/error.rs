//! What can be wrong with a stored dataset or a capture.

use std::io;

/// A result with a [`DatasetError`].
pub type Result<T> = std::result::Result<T, DatasetError>;

/// What is wrong with a dataset or a capture: where, what was found, what would be right.
///
/// Offsets are octets from the start of what the reader or writer was given.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The underlying reader or writer failed.
    #[error("at offset {offset}: {source}")]
    Io {
        /// Where reading or writing began.
        offset: u64,
        /// The failure itself.
        source: io::Error,
    },
    /// The data end before they should.
    #[error("at offset {offset}: {what} has {found} octets where {expected} are needed")]
    Truncated {
        /// Where the part begins.
        offset: u64,
        /// The part that is cut.
        what: &'static str,
        /// Octets that are there.
        found: u64,
        /// Octets that belong there.
        expected: u64,
    },
    /// Something is not what the format asks for.
    #[error("at offset {offset}: {what} is {found}, expected {expected}")]
    Format {
        /// Where it is.
        offset: u64,
        /// What is wrong.
        what: &'static str,
        /// What was found.
        found: String,
        /// What would be right.
        expected: String,
    },
    /// A length or count is beyond what this program handles.
    #[error("at offset {offset}: {what} is {found}, at most {limit} is allowed")]
    Limit {
        /// Where it is, or would have been written.
        offset: u64,
        /// What is too large.
        what: &'static str,
        /// Its size.
        found: u64,
        /// The largest size allowed.
        limit: u64,
    },
    /// A checksum does not match the octets it covers.
    #[error("at offset {offset}: {what} has CRC-32C {found:08x}, its header says {expected:08x}")]
    Checksum {
        /// Where the covered octets begin.
        offset: u64,
        /// What is damaged.
        what: &'static str,
        /// The checksum of what is there.
        found: u32,
        /// The checksum as stored.
        expected: u32,
    },
    /// Positions are not dense: rows are missing or come twice.
    #[error("at offset {offset}: frame begins at position {found}, expected position {expected}")]
    Sequence {
        /// Where the frame begins.
        offset: u64,
        /// The position it claims.
        found: u64,
        /// The position that follows the frame before.
        expected: u64,
    },
    /// A position lies before the first one of a segment.
    #[error("position {wanted} is not in this segment, which begins at {first}")]
    BeforeSegment {
        /// The position asked for.
        wanted: u64,
        /// The first position there is.
        first: u64,
    },
    /// A frame can not be compressed or decompressed.
    #[error("at offset {offset}: zstd frame: {source}")]
    Compression {
        /// Where the compressed frame begins.
        offset: u64,
        /// What zstd says.
        source: io::Error,
    },
    /// The call does not fit the state of the writer.
    #[error("{operation} while the segment is {state}; {remedy}")]
    State {
        /// What was asked for.
        operation: &'static str,
        /// What the segment is.
        state: &'static str,
        /// What would be right.
        remedy: &'static str,
    },
}

impl DatasetError {
    /// Whether the medium failed, not the data: nothing is known of the data then.
    #[must_use]
    pub const fn is_io(&self) -> bool {
        matches!(self, Self::Io { .. })
    }

    /// Where it is, in octets from the start of what was read; `None` if it is at no
    /// place.
    #[must_use]
    pub const fn offset(&self) -> Option<u64> {
        match self {
            Self::Io { offset, .. }
            | Self::Truncated { offset, .. }
            | Self::Format { offset, .. }
            | Self::Limit { offset, .. }
            | Self::Checksum { offset, .. }
            | Self::Sequence { offset, .. }
            | Self::Compression { offset, .. } => Some(*offset),
            Self::BeforeSegment { .. } | Self::State { .. } => None,
        }
    }

    /// For `map_err` at a place.
    pub(crate) const fn io(offset: u64) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { offset, source }
    }

    pub(crate) fn format(
        offset: u64,
        what: &'static str,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::Format {
            offset,
            what,
            found: found.into(),
            expected: expected.into(),
        }
    }
}

/// Refuses a size beyond its limit.
pub(crate) fn within(offset: u64, what: &'static str, found: u64, limit: u64) -> Result<()> {
    if found <= limit {
        return Ok(());
    }
    Err(DatasetError::Limit {
        offset,
        what,
        found,
        limit,
    })
}
