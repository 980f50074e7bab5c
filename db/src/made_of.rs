//! What databases were made of, so that a dataset can name them.

use std::fmt;

use flow::Civil;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{Content, Kind, Summary};

/// What databases were made of. It is a function of the octets of the files alone, not of
/// where they are or when they were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct MadeOf {
    /// The files, in the order of their kinds.
    pub sources: Vec<Source>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// What it holds.
    pub kind: Kind,
    /// The SHA-256 of its octets.
    pub sha256: Sha256Sum,
    /// What it calls itself, where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it was built, where it says so: `YYYY-MM-DDThh:mm:ssZ`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub built: Option<String>,
}

impl MadeOf {
    pub(crate) fn add(&mut self, sha256: Sha256Sum, summary: &Summary) {
        let (name, built) = match &summary.content {
            Content::Rows { .. } => (None, None),
            Content::Database {
                database_type,
                built,
                ..
            } => (Some(named(database_type)), built.map(time)),
        };
        self.sources.push(Source {
            kind: summary.kind,
            sha256,
            name,
            built,
        });
        self.sources.sort_by_key(|source| source.kind);
    }
}

/// Characters of a name that are kept; it goes into the header of each segment.
const NAME_MAX: usize = 64;

/// A name out of a file: short, and without control characters.
fn named(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control());
    plain.take(NAME_MAX).collect()
}

fn time(at: Civil) -> String {
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        at.year, at.month, at.day, at.hour, at.minute, at.second
    )
}

/// A SHA-256 (FIPS 180-4). Its text is 64 hexadecimal digits in lower case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256Sum([u8; 32]);

impl Sha256Sum {
    /// That of some octets.
    #[must_use]
    pub fn of(octets: &[u8]) -> Self {
        Self(Sha256::digest(octets).into())
    }
}

impl fmt::Display for Sha256Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Sha256Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Sha256Sum {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_that_of_fips_180_4() {
        assert_eq!(
            Sha256Sum::of(b"abc").to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_name_is_short_and_plain() {
        assert_eq!(named("A\u{1b}[31mB\n"), "A[31mB");
        assert_eq!(named(&"x".repeat(100)).len(), NAME_MAX);
    }
}
