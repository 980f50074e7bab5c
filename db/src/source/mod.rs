//! Sources of the global database: files that others publish, each read by a small
//! adapter that turns it into [`Statement`](crate::Statement)s.
//!
//! An adapter takes octets from any reader, so that it knows neither networks nor paths.
//! Nothing it reads is trusted: what it unpacks, lines and rows have [`Limits`], a file of
//! another kind is named for what it is, and one damaged row refuses the whole file, so
//! that the old one stays in use.

mod asns;
mod error;
mod input;
mod ip_to_asn;
mod known;
mod max_mind;
mod mrt;
mod pfx2as;
mod prefixes;
mod tally;

use std::fmt;
use std::io::Read;
use std::str::FromStr;

pub use error::{At, Fault, SourceError};
pub use input::Limits;
pub use known::{KnownSource, known};
pub use tally::{Dropped, Tally};

use crate::Statements;
use input::{Lines, Unpacked};

/// The format of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Tab-separated ranges of IPtoASN: origin AS, its name, and country.
    IpToAsn,
    /// CAIDA's prefix-to-AS files: announced prefixes and their origin AS.
    Pfx2As,
    /// Databases in MaxMind's format, version 2: whatever of origin AS, its name, country
    /// and position they hold. A tar archive with one of them is read as well.
    MaxMind,
    /// Table dumps of route collectors in MRT format, TABLE_DUMP_V2 (RFC 6396): announced
    /// prefixes and their origin AS.
    Mrt,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::IpToAsn, Self::Pfx2As, Self::MaxMind, Self::Mrt];

    /// Its name in settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::IpToAsn => "iptoasn",
            Self::Pfx2As => "pfx2as",
            Self::MaxMind => "mmdb",
            Self::Mrt => "mrt",
        }
    }

    /// What a file looks like, as an error says what would be right.
    #[must_use]
    pub const fn shape(self) -> &'static str {
        match self {
            Self::IpToAsn => ip_to_asn::SHAPE,
            Self::Pfx2As => pfx2as::SHAPE,
            Self::MaxMind => max_mind::SHAPE,
            Self::Mrt => mrt::SHAPE,
        }
    }

    /// What is read of such a file at most, unless one knows better.
    #[must_use]
    pub fn limits(self) -> Limits {
        let limits = Limits::default();
        match self {
            Self::IpToAsn | Self::Pfx2As | Self::MaxMind => limits,
            // A dump has some hundred octets for each path of each peer, and is never
            // in memory as a whole.
            Self::Mrt => Limits {
                unpacked: 32 << 30,
                ..limits
            },
        }
    }

    /// Reads a whole file of this format, packed by gzip or bzip2 or plain, and states what it
    /// says. `place` is the path or address that errors name.
    ///
    /// # Errors
    /// What is wrong with the file, where, and what would be right. What was stated
    /// until then must not be used.
    pub fn read(
        self,
        place: &str,
        input: impl Read,
        limits: Limits,
        into: &mut dyn Statements,
    ) -> Result<Tally, SourceError> {
        let expected = self.shape();
        let read = || {
            let mut unpacked = Unpacked::open(input, limits)?;
            if unpacked.begins()?.is_empty() {
                return Err(Fault::Empty { expected });
            }
            let lines = |unpacked| Lines::of(unpacked, limits, expected);
            let tally = match self {
                Self::IpToAsn => ip_to_asn::read(&mut lines(unpacked)?, into),
                Self::Pfx2As => pfx2as::read(&mut lines(unpacked)?, into),
                Self::MaxMind => max_mind::read(unpacked, into),
                Self::Mrt => mrt::read(unpacked, limits, into),
            }?;
            if tally.stated == 0 {
                return Err(Fault::NothingStated { expected });
            }
            Ok(tally)
        };
        read().map_err(|fault| SourceError {
            place: place.to_owned(),
            fault,
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No format has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {}; expected `iptoasn`, `pfx2as`, `mmdb` or `mrt`", crate::error::shown(.0))]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}
