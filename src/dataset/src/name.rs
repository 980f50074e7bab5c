//! Names of segment files: `{first_seq:020}.{content}.zst`, with `.open` while written.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What the rows of a segment are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// Comma-separated values (RFC 4180), one row a line.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// Datagrams as pcapng; one row a datagram.
    Pcapng,
}

impl Content {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Jsonl, Self::Pcapng];

    /// The part of a file name that tells it.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Pcapng => "pcapng",
        }
    }

    fn from_extension(extension: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|content| content.extension() == extension)
    }
}

/// The name of a segment file. Sorts by first position; the text sorts the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SegmentName {
    /// Position of the segment's first row.
    pub first_seq: u64,
    /// What its rows are.
    pub content: Content,
    /// Whether it is still being written, or was when the program died.
    pub open: bool,
}

/// Digits of the position: as many as the largest one has.
const DIGITS: usize = 20;
/// What follows the content.
const COMPRESSED: &str = ".zst";
/// What follows while the segment is being written.
const OPEN: &str = ".open";

impl SegmentName {
    /// The name while the segment is being written.
    #[must_use]
    pub const fn open(first_seq: u64, content: Content) -> Self {
        Self {
            first_seq,
            content,
            open: true,
        }
    }

    /// The name once the segment is sealed.
    #[must_use]
    pub const fn sealed(self) -> Self {
        Self {
            open: false,
            ..self
        }
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extension = self.content.extension();
        let open = if self.open { OPEN } else { "" };
        write!(f, "{:020}.{extension}{COMPRESSED}{open}", self.first_seq)
    }
}

/// A file name that is no segment's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no segment name, expected 20 digits, then .csv, .jsonl or .pcapng, then .zst")]
pub struct NotASegmentName(
    /// The name as found.
    pub String,
);

fn parse(name: &str) -> Option<SegmentName> {
    let (sealed_name, open) = match name.strip_suffix(OPEN) {
        Some(rest) => (rest, true),
        None => (name, false),
    };
    let (digits, extension) = sealed_name.strip_suffix(COMPRESSED)?.split_once('.')?;
    let plain = digits.len() == DIGITS && digits.bytes().all(|digit| digit.is_ascii_digit());
    Some(SegmentName {
        first_seq: digits.parse().ok().filter(|_| plain)?,
        content: Content::from_extension(extension)?,
        open,
    })
}

impl FromStr for SegmentName {
    type Err = NotASegmentName;

    fn from_str(name: &str) -> Result<Self, NotASegmentName> {
        parse(name).ok_or_else(|| NotASegmentName(name.to_owned()))
    }
}

impl From<SegmentName> for String {
    fn from(name: SegmentName) -> Self {
        name.to_string()
    }
}

impl TryFrom<String> for SegmentName {
    type Error = NotASegmentName;

    fn try_from(name: String) -> Result<Self, NotASegmentName> {
        name.parse()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_as_documented() {
        let name = SegmentName::open(1_513_472, Content::Csv);
        assert_eq!(name.to_string(), "00000000000001513472.csv.zst.open");
        assert_eq!(name.sealed().to_string(), "00000000000001513472.csv.zst");
        let last = SegmentName::open(u64::MAX, Content::Pcapng).sealed();
        assert_eq!(last.to_string(), "18446744073709551615.pcapng.zst");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in [
            "",
            ".open",
            "00000000000000000000",
            "00000000000000000000.csv",
            "00000000000000000000.csv.zst.torn",
            "00000000000000000000.csv.zst.open.open",
            "00000000000000000000.txt.zst",
            "0000000000000000000.csv.zst",
            "000000000000000000000.csv.zst",
            "+0000000000000000000.csv.zst",
            "18446744073709551616.csv.zst",
            "00000000000000000000.CSV.zst",
            "x/00000000000000000000.csv.zst",
        ] {
            assert!(name.parse::<SegmentName>().is_err(), "{name}");
        }
    }

    fn any_name() -> impl Strategy<Value = SegmentName> {
        (any::<u64>(), 0..3_usize, any::<bool>()).prop_map(|(first_seq, content, open)| {
            SegmentName {
                first_seq,
                content: Content::ALL[content],
                open,
            }
        })
    }

    proptest! {
        #[test]
        fn a_name_round_trips(name in any_name()) {
            prop_assert_eq!(name.to_string().parse(), Ok(name));
        }

        #[test]
        fn texts_sort_as_positions_do(a in any_name(), b in any_name()) {
            prop_assume!(a.first_seq != b.first_seq);
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }
    }
}
