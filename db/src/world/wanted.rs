//! The sources that are wanted.

use std::path::{Path, PathBuf};
use std::time::Duration;

use flow::Civil;

use crate::source::{Format, KnownSource, UnknownFormat, known};

/// A source that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name, which its file has as well.
    pub name: String,
    /// Its format.
    pub format: Format,
    /// Where it is to be had.
    urls: Urls,
    /// How old it may become until it is fetched again.
    pub max_age: Duration,
    /// The file with the account that it asks for.
    pub account: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Urls {
    /// Where a known source is; this depends on the date.
    Known(&'static KnownSource),
    /// These, in the order in which to try.
    Given(Vec<String>),
}

/// What the settings say of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Said<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where it is to be had; empty: where the known source is.
    pub urls: &'a [String],
    /// The name of its format.
    pub format: Option<&'a str>,
    /// How old it may become.
    pub max_age: Option<Duration>,
    /// The file with the account that it asks for.
    pub account: Option<&'a Path>,
    /// The file with the account that all of MaxMind's ask for.
    pub maxmind_account: Option<&'a Path>,
}

/// Why it cannot be known what source is wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WantedError {
    /// No such source is known, and it is not said where it is.
    #[error(
        "found the name {0:?} without url; expected a url and a format, or a known source: {known}",
        known = names()
    )]
    Unknown(String),
    /// No such source is known, and it is not said what it is.
    #[error("found the name {0:?} without format; expected a format: {formats}", formats = formats())]
    NoFormat(String),
    /// No such format.
    #[error(transparent)]
    Format(#[from] UnknownFormat),
    /// It asks for an account.
    #[error(
        "found {0:?} without an account; expected databases.maxmind_account to name a file with \
         ACCOUNT:LICENSE_KEY in its first line, which only its owner may read"
    )]
    NoAccount(String),
}

/// How old a source of one's own may become, where nothing is said.
const MAX_AGE: Duration = Duration::from_secs(7 * 86_400);

impl Wanted {
    /// Of what is said of a source and what is known of it.
    ///
    /// # Errors
    /// [`WantedError`] where both together are not enough.
    pub fn of(said: Said<'_>) -> Result<Self, WantedError> {
        let known = KnownSource::named(said.name);
        let format = match (said.format, known) {
            (Some(format), _) => format.parse()?,
            (None, Some(known)) => known.format,
            (None, None) if said.urls.is_empty() => {
                return Err(WantedError::Unknown(said.name.to_owned()));
            }
            (None, None) => return Err(WantedError::NoFormat(said.name.to_owned())),
        };
        let shared = said.maxmind_account;
        let shared = shared.filter(|_| known.is_some_and(|known| known.needs_account));
        // A mirror of one's own is not told of MaxMind's account.
        let account = said.account.or(shared.filter(|_| said.urls.is_empty()));
        let urls = match known {
            Some(known) if said.urls.is_empty() => {
                if known.needs_account && account.is_none() {
                    return Err(WantedError::NoAccount(said.name.to_owned()));
                }
                Urls::Known(known)
            }
            None if said.urls.is_empty() => {
                return Err(WantedError::Unknown(said.name.to_owned()));
            }
            _ => Urls::Given(said.urls.to_vec()),
        };
        let age = known.map_or(MAX_AGE, |known| known.max_age());
        Ok(Self {
            name: said.name.to_owned(),
            format,
            urls,
            max_age: said.max_age.unwrap_or(age),
            account: account.map(Path::to_owned),
        })
    }
}

/// Where a source is to be had.
pub(super) enum Places {
    /// At these, in the order in which to try.
    At(Vec<String>),
    /// Where the log at this place says.
    In(&'static str, &'static KnownSource),
}

impl Wanted {
    /// Where it is to be had at `now`, in seconds since 1970.
    pub(super) fn places(&self, now: u64) -> Places {
        match &self.urls {
            Urls::Given(urls) => Places::At(urls.clone()),
            Urls::Known(known) => match known.log() {
                Some(log) => Places::In(log, known),
                None => {
                    let millis = i64::try_from(now.saturating_mul(1_000)).unwrap_or(i64::MAX);
                    Places::At(known.urls(Civil::from_millis(millis)))
                }
            },
        }
    }

    /// Whether a file that came from there can be of this source.
    pub(super) fn may_come_from(&self, url: &str) -> bool {
        match &self.urls {
            Urls::Given(urls) => urls.iter().any(|given| given == url),
            Urls::Known(_) => true,
        }
    }

    /// The terms under which it may be used, where they are known.
    #[must_use]
    pub fn licence(&self) -> &'static str {
        self.known().map_or("", |known| known.licence)
    }

    /// The words that credit it, where they are known.
    #[must_use]
    pub fn attribution(&self) -> &'static str {
        self.known().map_or("", |known| known.attribution)
    }

    /// What is known of it. A mirror of a known source has its terms.
    fn known(&self) -> Option<&'static KnownSource> {
        let known = KnownSource::named(&self.name);
        known.filter(|known| known.format == self.format)
    }
}

fn names() -> String {
    let names: Vec<&str> = known().iter().map(|known| known.name).collect();
    names.join(", ")
}

fn formats() -> String {
    Format::ALL.map(Format::name).join(", ")
}
