//! Sizes in bytes as people write them: `"64 MiB"`, `"64 MB"`, `65536`.

use std::fmt;

use crate::duration::split;

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(u64);

pub(crate) const KIB: ByteSize = ByteSize(1 << 10);
pub(crate) const MIB: ByteSize = ByteSize(1 << 20);
pub(crate) const GIB: ByteSize = ByteSize(1 << 30);
pub(crate) const TIB: ByteSize = ByteSize(1 << 40);

/// The units that sizes are written in, from the largest down.
const BINARY: [(&str, u64); 5] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];

/// Units that are read besides.
const DECIMAL: [(&str, u64); 6] = [
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("KB", 1_000),
    ("", 1),
];

impl ByteSize {
    /// So many bytes.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The number of bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// The number of bytes as a length in memory; the longest there is where it is beyond.
    #[must_use]
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// So many times this size, for the bounds of ranges.
    pub(crate) const fn times(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }

    /// Reads a whole number and its unit, with or without a blank between them; without a
    /// unit it is bytes. `None` for anything else, and for more than 64 bits hold.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (number, unit) = split(text)?;
        let mut units = BINARY.into_iter().chain(DECIMAL);
        let (_, factor) = units.find(|(name, _)| *name == unit)?;
        number.checked_mul(factor).map(Self)
    }
}

/// In the largest unit of 1024 that leaves no fraction.
impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |unit: u64| self.0 >= unit && self.0.is_multiple_of(unit);
        match BINARY.into_iter().find(|(_, unit)| fits(*unit)) {
            Some((name, unit)) => write!(f, "{} {name}", self.0 / unit),
            None => write!(f, "0 B"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_unit_is_read_with_and_without_a_blank() {
        for (text, bytes) in [
            ("64 MiB", 67_108_864),
            ("64MiB", 67_108_864),
            ("64MB", 64_000_000),
            ("64 MB", 64_000_000),
            ("1 KiB", 1_024),
            ("1 kB", 1_000),
            ("1 KB", 1_000),
            ("2 GiB", 2_147_483_648),
            ("2 GB", 2_000_000_000),
            ("1 TiB", 1_099_511_627_776),
            ("1 TB", 1_000_000_000_000),
            ("17 B", 17),
            ("65536", 65_536),
        ] {
            assert_eq!(ByteSize::parse(text), Some(ByteSize(bytes)), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in [
            "",
            "MiB",
            "-1",
            "1.5 GiB",
            "64 Mib",
            "64 M",
            "17 TiB TiB",
            "99999999 TiB",
        ] {
            assert_eq!(ByteSize::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_size_is_written_in_the_largest_unit_that_fits() {
        assert_eq!(ByteSize(0).to_string(), "0 B");
        assert_eq!(ByteSize(1_025).to_string(), "1025 B");
        assert_eq!(MIB.times(64).to_string(), "64 MiB");
        assert_eq!(TIB.to_string(), "1 TiB");
        assert_eq!(GIB.times(u64::MAX), ByteSize(u64::MAX));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bytes in any::<u64>()) {
            prop_assert_eq!(ByteSize::parse(&ByteSize(bytes).to_string()), Some(ByteSize(bytes)));
        }
    }
}
