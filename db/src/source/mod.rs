//! Sources of the global database: files that others publish, each read by a small
//! adapter that turns it into [`Statement`](crate::Statement)s.
//!
//! An adapter takes octets from any reader, so that it knows neither networks nor paths.
//! Nothing it reads is trusted: what it unpacks, lines and rows have [`Limits`], a file of
//! another kind is named for what it is, and one damaged row refuses the whole file, so
//! that the old one stays in use.

mod about;
mod error;
mod input;
mod ip_to_asn;
mod pfx2as;
mod prefixes;
mod tally;

use std::fmt;
use std::io::Read;
use std::str::FromStr;

pub use about::About;
pub use error::{Fault, SourceError};
pub use input::Limits;
pub use tally::{Dropped, Tally};

use crate::Statements;

/// The format of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Tab-separated ranges of IPtoASN: origin AS, its name, and country.
    IpToAsn,
    /// CAIDA's prefix-to-AS files: announced prefixes and their origin AS.
    Pfx2As,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::IpToAsn, Self::Pfx2As];

    /// Its name in settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::IpToAsn => "iptoasn",
            Self::Pfx2As => "pfx2as",
        }
    }

    /// Whose it is and what it looks like.
    #[must_use]
    pub const fn about(self) -> &'static About {
        match self {
            Self::IpToAsn => &ip_to_asn::ABOUT,
            Self::Pfx2As => &pfx2as::ABOUT,
        }
    }

    /// Reads a whole file of this format, packed by gzip or plain, and states what it
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
        let adapter = match self {
            Self::IpToAsn => ip_to_asn::read,
            Self::Pfx2As => pfx2as::read,
        };
        let expected = self.about().shape;
        let read = || {
            let mut lines = input::Lines::open(input, limits, expected)?;
            let tally = adapter(&mut lines, into)?;
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
#[error("found {}; expected `iptoasn` or `pfx2as`", crate::error::shown(.0))]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}
