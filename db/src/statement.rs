//! What sources say about prefixes, one statement at a time.

use flow::{CountryCode, Position, Prefix};

/// What a source says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statement<'a> {
    /// An AS originates a prefix that is announced. Several may, each with a statement of
    /// its own.
    Origin {
        /// The prefix.
        prefix: Prefix,
        /// Its origin AS; never 0 (RFC 7607).
        asn: u32,
        /// How many peers saw it so, or another weight by which the origins of one
        /// prefix are ordered; at least 1.
        peers: u32,
    },
    /// The addresses of a prefix are of an AS, as somebody worked out of announcements: the
    /// prefix is what a range or a database was cut into, and need not be announced itself.
    Derived {
        /// The prefix.
        prefix: Prefix,
        /// Its AS; never 0 (RFC 7607).
        asn: u32,
    },
    /// An AS has a name.
    AsName {
        /// The AS.
        asn: u32,
        /// Its name; never empty.
        name: &'a str,
    },
    /// The addresses of a prefix are in a country.
    Country {
        /// The prefix.
        prefix: Prefix,
        /// The country, ISO 3166-1 alpha-2.
        country: CountryCode,
    },
    /// The addresses of a prefix are about there.
    Position {
        /// The prefix.
        prefix: Prefix,
        /// The position.
        position: Position,
    },
}

/// Where statements go.
pub trait Statements {
    /// Takes one statement.
    ///
    /// # Errors
    /// [`Full`] if no more are taken. Who states then gives up.
    fn state(&mut self, statement: Statement<'_>) -> Result<(), Full>;
}

/// More was stated than is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {limit} statements; fewer sources, or smaller ones, would fit")]
pub struct Full {
    /// How many are kept at most.
    pub limit: usize,
}
