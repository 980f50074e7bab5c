//! Sources that are known by name: where their newest file is, and what is to be said of
//! them.

mod log;
mod place;
mod table;

use std::time::Duration;

use flow::Civil;

use super::{Format, SourceError};
use place::Place;

/// A source that is known by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownSource {
    /// Its name in settings, which is fit for the name of a file.
    pub name: &'static str,
    /// The format of its files.
    pub format: Format,
    /// The terms under which its data may be used.
    pub licence: &'static str,
    /// The words that credit it, as its terms ask for.
    pub attribution: &'static str,
    /// Where it says more of itself.
    pub homepage: &'static str,
    /// From how many days on its data are stale. It publishes more often than that.
    pub max_age_days: u16,
    /// Whether it asks for an account: user and password of HTTP's basic scheme.
    pub needs_account: bool,
    /// Where its files are.
    place: Place,
}

/// All of them: first those that give announced prefixes, then the others, by name.
#[must_use]
pub fn known() -> &'static [KnownSource] {
    &table::KNOWN
}

impl KnownSource {
    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        known().iter().find(|source| source.name == name)
    }

    /// What its files look like, as an error says what would be right.
    #[must_use]
    pub const fn shape(&self) -> &'static str {
        self.format.shape()
    }

    /// The age from which on its data are stale.
    #[must_use]
    pub fn max_age(&self) -> Duration {
        Duration::from_secs(u64::from(self.max_age_days) * 86_400)
    }

    /// Where its newest file should be at a time, in the order in which to try: the newest
    /// may not be there yet. Empty where only its [log](Self::log) tells.
    #[must_use]
    pub fn urls(&self, now: Civil) -> Vec<String> {
        self.place.urls(now)
    }

    /// Where its log of new files is, if it has one: a small text to fetch first.
    #[must_use]
    pub const fn log(&self) -> Option<&'static str> {
        match self.place {
            Place::Log { folder: _, log } => Some(log),
            Place::Urls(_) => None,
        }
    }

    /// Where its newest files are, the newest first, as its log says, if it has one.
    ///
    /// # Errors
    /// What is wrong with the log, in which line, and what would be right.
    pub fn urls_in(&self, text: &str) -> Result<Vec<String>, SourceError> {
        match self.place {
            Place::Log { folder, log } => log::urls(text, folder).map_err(|fault| SourceError {
                place: log.to_owned(),
                fault,
            }),
            Place::Urls(_) => Ok(Vec::new()),
        }
    }
}
