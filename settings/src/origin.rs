//! Where a value came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The settings that are compiled in.
    Default {
        /// The line of `settings/default.toml`, from 1.
        line: usize,
    },
    /// A settings file.
    File {
        /// The file, as it was named.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Environment {
        /// Its name.
        variable: String,
    },
    /// An argument of `--set`.
    Override {
        /// The key in it.
        key: String,
    },
}

impl Origin {
    /// Whether the value is the one that is compiled in.
    #[must_use]
    pub const fn is_default(&self) -> bool {
        matches!(self, Self::Default { .. })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default { line } => write!(f, "default.toml:{line}"),
            Self::File { path, line } => {
                write!(f, "{}:{line}", printable(&path.to_string_lossy()))
            }
            Self::Environment { variable } => write!(f, "environment {}", printable(variable)),
            Self::Override { key } => write!(f, "--set {}", printable(key)),
        }
    }
}

/// How many characters of a text an error shows.
const SHOWN_MAX: usize = 80;

/// A text on one line, without control characters and of limited length.
pub(crate) fn printable(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN_MAX)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(SHOWN_MAX).is_some() {
        shown.push('\u{2026}');
    }
    shown
}

/// The origin of each value, by its full key; elements of lists are `key[index]`.
pub(crate) type Origins = BTreeMap<String, Origin>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_one_line_whatever_the_file_is_called() {
        let origin = Origin::File {
            path: PathBuf::from("a\nb.toml"),
            line: 3,
        };
        assert_eq!(origin.to_string(), "a\u{fffd}b.toml:3");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(printable(&"x".repeat(SHOWN_MAX)), "x".repeat(SHOWN_MAX));
        let cut = printable(&"x".repeat(SHOWN_MAX + 1));
        assert_eq!(cut, format!("{}\u{2026}", "x".repeat(SHOWN_MAX)));
    }
}
