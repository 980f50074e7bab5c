//! `[log]`: what is logged, and how.

use crate::check::{Check, item};
use crate::raw;

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    level: Level,
    format: LogFormat,
}

/// How urgent a message is, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something failed.
    Error,
    /// Something is lost or about to fail.
    Warn,
    /// What an operator wants to know of a normal run.
    Info,
    /// What a developer wants to know.
    Debug,
    /// Everything.
    Trace,
}

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON lines otherwise.
    Auto,
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Log {
    /// The least urgent messages that are logged.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// How they are written.
    #[must_use]
    pub const fn format(&self) -> LogFormat {
        self.format
    }

    pub(crate) fn check(raw: &raw::Log, check: &mut Check<'_>) -> Option<Self> {
        let level = check.choice(
            item("log.level", &raw.level),
            &[
                ("error", Level::Error),
                ("warn", Level::Warn),
                ("info", Level::Info),
                ("debug", Level::Debug),
                ("trace", Level::Trace),
            ],
        );
        let format = check.choice(
            item("log.format", &raw.format),
            &[
                ("auto", LogFormat::Auto),
                ("text", LogFormat::Text),
                ("json", LogFormat::Json),
            ],
        );
        Some(Self {
            level: level?,
            format: format?,
        })
    }
}
