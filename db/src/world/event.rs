//! What is told while the global database is updated.

use super::{Built, ManifestError, NotFetched};

/// What is told while the global database is updated and built.
#[derive(Debug)]
pub enum Event<'a> {
    /// The manifest cannot be used and was set aside: everything is fetched anew.
    SetAside(&'a ManifestError),
    /// A source is being fetched.
    Fetching {
        /// Its name.
        source: &'a str,
        /// From where, without secrets.
        url: &'a str,
        /// Octets that have come.
        octets: u64,
        /// Octets that will have come, where that is known.
        of: Option<u64>,
    },
    /// The file of a source is being read, to see whether it can be used or to build.
    Reading {
        /// Its name.
        source: &'a str,
        /// Octets that were read.
        octets: u64,
        /// Octets of the file.
        of: u64,
    },
    /// A source was fetched.
    Fetched {
        /// Its name.
        source: &'a str,
        /// From where.
        url: &'a str,
        /// Its octets.
        octets: u64,
    },
    /// A source is the newest already.
    Current {
        /// Its name.
        source: &'a str,
    },
    /// A place where a source should be was no use.
    Failed {
        /// Its name.
        source: &'a str,
        /// Why.
        error: &'a NotFetched,
        /// Whether another place is tried now.
        goes_on: bool,
    },
    /// All sources were read, and their statements are being merged.
    Merging,
    /// The global database was built.
    Built(&'a Built),
}

/// Who is told.
pub type Observer<'a> = &'a mut dyn FnMut(&Event<'_>);
