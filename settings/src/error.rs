//! What is wrong with settings, and where.

use std::fmt;
use std::path::PathBuf;

use crate::origin::{Origin, printable};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A settings file cannot be read, is too long, or is not UTF-8.
    #[error("{}: found {reason}; expected {expected}", printable(&.file.to_string_lossy()))]
    Unreadable {
        /// The file, as it was named.
        file: PathBuf,
        /// What was found instead.
        reason: String,
        /// What would be right.
        expected: &'static str,
    },
    /// A settings file is no TOML.
    #[error("{origin}:{column}: not TOML: {message}")]
    Syntax {
        /// The file and the line.
        origin: Origin,
        /// The character in the line, from 1.
        column: usize,
        /// What the reader of TOML says about it.
        message: String,
    },
    /// An argument of `--set` is not `key=value`.
    #[error(
        "--set {}: found no key before a \"=\"; expected key=value, such as {EXAMPLE}",
        printable(.argument)
    )]
    Override {
        /// The beginning of the argument.
        argument: String,
    },
    /// There is no such key.
    #[error("{origin}: {}: unknown key; {hint}", printable(.key))]
    UnknownKey {
        /// Where it was found.
        origin: Origin,
        /// The key.
        key: String,
        /// The nearest key there is, or those there are.
        hint: String,
    },
    /// A value is of the wrong type, out of range, or does not fit another.
    #[error("{origin}: {}: found {found}; expected {expected}", printable(.key))]
    Value {
        /// Where it was found.
        origin: Origin,
        /// The key.
        key: String,
        /// The value, or what it is.
        found: String,
        /// What would be right.
        expected: String,
    },
    /// The layers could not be merged. This is a defect of the program.
    #[error("settings could not be merged: {0}")]
    Merge(String),
}

const EXAMPLE: &str = "aggregator.idle_timeout=\"30 s\"";

impl SettingsError {
    /// The key it is about, where it is about one.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::UnknownKey { key, .. } | Self::Value { key, .. } => Some(key),
            _ => None,
        }
    }

    /// Whether there may be values that could not be read for it.
    pub(crate) const fn hides_values(&self) -> bool {
        matches!(
            self,
            Self::Unreadable { .. } | Self::Syntax { .. } | Self::Override { .. }
        )
    }

    /// Where it is, unless that is a whole file or a malformed argument.
    #[must_use]
    pub const fn origin(&self) -> Option<&Origin> {
        match self {
            Self::Syntax { origin, .. }
            | Self::UnknownKey { origin, .. }
            | Self::Value { origin, .. } => Some(origin),
            _ => None,
        }
    }
}

/// All that is wrong; at least one thing. Displayed one a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsErrors(Vec<SettingsError>);

impl SettingsErrors {
    /// The errors, unless there are none.
    pub(crate) fn check(errors: Vec<SettingsError>) -> Result<(), Self> {
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Self(errors))
        }
    }

    /// Each error, in the order of the layers, then of the keys.
    pub fn iter(&self) -> std::slice::Iter<'_, SettingsError> {
        self.0.iter()
    }
}

impl From<SettingsError> for SettingsErrors {
    fn from(error: SettingsError) -> Self {
        Self(vec![error])
    }
}

impl<'a> IntoIterator for &'a SettingsErrors {
    type Item = &'a SettingsError;
    type IntoIter = std::slice::Iter<'a, SettingsError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for SettingsErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingsErrors {}
