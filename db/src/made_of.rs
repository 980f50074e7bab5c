//! What databases were made of, so that a dataset can name them.

use std::fmt;
use std::str::FromStr;

use flow::Civil;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Content, Kind};

/// What databases were made of. It is a function of the octets of the files alone, not of
/// where they are or when they were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct MadeOf {
    /// The files, in the order of their kinds.
    pub sources: Vec<Source>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    pub(crate) fn add(&mut self, sha256: Sha256Sum, kind: Kind, content: &Content) {
        let (name, built) = match content {
            Content::Rows { .. } => (None, None),
            Content::World { builder, .. } => (Some(named(builder)), None),
            Content::Database {
                database_type,
                built,
                ..
            } => (Some(named(database_type)), built.map(time)),
        };
        self.sources.push(Source {
            kind,
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

/// A time in seconds since 1970, as text.
pub(crate) fn utc(seconds: u64) -> String {
    let millis = i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
    time(Civil::from_millis(millis))
}

fn time(at: Civil) -> String {
    at.whole_seconds().to_string()
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

    /// Its octets.
    pub(crate) const fn octets(&self) -> &[u8; 32] {
        &self.0
    }

    /// That of what was put into it.
    pub(crate) fn finished(digest: Sha256) -> Self {
        Self(digest.finalize().into())
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

impl FromStr for Sha256Sum {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "64 hexadecimal digits in lower case, a SHA-256";
        let (digits, rest) = text.as_bytes().as_chunks::<2>();
        let digits: &[_; 32] = digits.try_into().map_err(|_| EXPECTED)?;
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let mut sum = [0; 32];
        for (octet, [high, low]) in sum.iter_mut().zip(digits) {
            *octet = (value(*high).ok_or(EXPECTED)? << 4) | value(*low).ok_or(EXPECTED)?;
        }
        rest.is_empty().then_some(Self(sum)).ok_or(EXPECTED)
    }
}

impl<'de> Deserialize<'de> for Sha256Sum {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
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
        let sum = Sha256Sum::of(b"");
        assert_eq!(sum.to_string().parse(), Ok(sum));
        for text in [
            "",
            "00",
            &"0".repeat(63),
            &"0".repeat(65),
            &"0".repeat(66),
            &"G".repeat(64),
        ] {
            assert!(text.parse::<Sha256Sum>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_is_short_and_plain() {
        assert_eq!(named("A\u{1b}[31mB\n"), "A[31mB");
        assert_eq!(named(&"x".repeat(100)).len(), NAME_MAX);
    }
}
