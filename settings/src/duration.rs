//! Durations as people write them: `"500 ms"`, `"30 s"`, `"1 h"`.

use std::time::Duration;

pub(crate) const MILLISECOND: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// The units from the longest down, in milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("min", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads a whole number and its unit, with or without a blank between them.
///
/// `None` for anything else, and for more milliseconds than 64 bits hold.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let (_, milliseconds) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(milliseconds).map(Duration::from_millis)
}

/// Writes a duration in the longest unit that leaves no fraction.
pub(crate) fn display(duration: Duration) -> String {
    let total = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if total == 0 {
        return "0 s".to_owned();
    }
    UNITS
        .into_iter()
        .find(|(_, unit)| total.is_multiple_of(*unit))
        .map_or_else(String::new, |(name, unit)| {
            format!("{} {name}", total / unit)
        })
}

/// The number a text begins with, and the rest without blanks around it.
pub(crate) fn split(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    Some((digits.parse().ok()?, rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_unit_is_read_with_and_without_a_blank() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("500 ms", 500),
            ("30 s", 30_000),
            ("30s", 30_000),
            (" 10  min ", 600_000),
            ("1 h", 3_600_000),
            ("2 d", 172_800_000),
            ("0 s", 0),
        ] {
            let expected = Duration::from_millis(milliseconds);
            assert_eq!(parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "30",
            "s",
            "-1 s",
            "+1 s",
            "1.5 s",
            "30 parsecs",
            "1 m",
            "1 S",
            "1 s 2 ms",
            "18446744073709551616 ms",
            "18446744073709551615 s",
            "\u{663} s",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(milliseconds in any::<u64>()) {
            let duration = Duration::from_millis(milliseconds);
            prop_assert_eq!(parse(&display(duration)), Some(duration));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = parse(&text);
        }
    }
}
