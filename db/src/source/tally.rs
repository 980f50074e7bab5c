//! What came of a source's file.

use std::collections::BTreeMap;

/// What a file stated, and what of it was left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Rows that were read.
    pub rows: u64,
    /// Statements that were made.
    pub stated: u64,
    /// What was left out, by reason.
    pub dropped: BTreeMap<Dropped, u64>,
}

impl Tally {
    /// Counts one thing that was left out.
    pub(crate) fn drop(&mut self, reason: Dropped) {
        *self.dropped.entry(reason).or_default() += 1;
    }
}

/// Why something in a sound file is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dropped {
    /// A range that nobody announces: AS 0.
    NotRouted,
    /// The default route.
    DefaultRoute,
    /// A prefix shorter or longer than those of the global table.
    Length,
    /// An origin that is a set of ASes (RFC 6472 deprecates them).
    AsSet,
    /// A country that is no two letters.
    Country,
}
