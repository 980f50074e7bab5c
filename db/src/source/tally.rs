//! What came of a source's file.

use std::collections::BTreeMap;
use std::fmt;

use super::{At, Fault};
use crate::{Statement, Statements};

/// What a file stated, and what of it was left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Rows, networks or records that were read.
    pub rows: u64,
    /// Statements that were made.
    pub stated: u64,
    /// What was left out, by reason.
    pub dropped: BTreeMap<Dropped, u64>,
}

impl Tally {
    /// Makes and counts a statement of what is read there.
    pub(crate) fn state(
        &mut self,
        at: At,
        statement: Statement<'_>,
        into: &mut dyn Statements,
    ) -> Result<(), Fault> {
        into.state(statement)
            .map_err(|full| Fault::Full { at, full })?;
        self.stated += 1;
        Ok(())
    }

    /// Counts one thing that was left out.
    pub(crate) fn drop(&mut self, reason: Dropped) {
        *self.dropped.entry(reason).or_default() += 1;
    }
}

/// Why something in a sound file is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dropped {
    /// A range that nobody announces, or a path that AS 0 ends (RFC 7607).
    NotRouted,
    /// The default route.
    DefaultRoute,
    /// A prefix shorter or longer than those of the global table.
    Length,
    /// A prefix that is not globally reachable, as IANA's special-purpose registries say,
    /// or is none of unicast addresses.
    Bogon,
    /// An origin that is a set of ASes. RFC 9774 forbids them; RFC 6472 advised against.
    AsSet,
    /// An origin whose number is reserved: for private use, documentation or else.
    ReservedAs,
    /// A path without an origin.
    NoOrigin,
    /// A record of another table than those of unicast routes.
    OtherTable,
    /// A country that is no two letters.
    Country,
    /// A latitude or longitude beyond its range, or one without the other.
    Position,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotRouted => "not routed",
            Self::DefaultRoute => "default routes",
            Self::Length => "lengths of prefixes",
            Self::Bogon => "bogons",
            Self::AsSet => "sets of ASes",
            Self::ReservedAs => "reserved ASes",
            Self::NoOrigin => "without origin",
            Self::OtherTable => "other tables",
            Self::Country => "unusable countries",
            Self::Position => "unusable positions",
        })
    }
}
