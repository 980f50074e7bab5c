//! What can be wrong with such a file.

/// Why a file was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FlowDbError {
    /// It is something else.
    #[error("found {found}; expected a table that `flowstream db build` has built")]
    Foreign {
        /// What it seems to be.
        found: &'static str,
    },
    /// Another version of the format.
    #[error("found version {found} of the format; expected 1: build it again with this program")]
    Version {
        /// The version.
        found: u32,
    },
    /// Lengths that no such file has.
    #[error(
        "found a header of {header} and a body of {body} octets; expected at most 1 MiB and \
         2 GiB: build it again"
    )]
    Lengths {
        /// Octets of the header.
        header: u32,
        /// Octets of the body.
        body: u64,
    },
    /// It ends too early.
    #[error("cut short: found {found} octets; expected {expected}: build or copy it again")]
    CutShort {
        /// Octets that are there.
        found: u64,
        /// Octets that there should be, or at least.
        expected: u64,
    },
    /// Something follows it.
    #[error("found {found} octets; expected {expected}: build or copy it again")]
    TooLong {
        /// Octets that are there.
        found: u64,
        /// Octets that there should be.
        expected: u64,
    },
    /// It was damaged.
    #[error("damaged: its SHA-256 is not the one that it ends with; build or copy it again")]
    Checksum,
    /// The header cannot be read, though it is as it was written.
    #[error("the header is none of this version ({0}); build it again with this program")]
    Header(#[from] serde_json::Error),
    /// The body is none, though it is as it was written.
    #[error("{0}; build it again with this program")]
    Body(#[from] BadBody),
}

/// What is wrong with a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("octet {at} of the body: found {found}; expected {expected}")]
pub struct BadBody {
    /// Where it was seen, in octets from the start of the body.
    pub at: usize,
    /// What was found.
    pub found: String,
    /// What would be right.
    pub expected: &'static str,
}
