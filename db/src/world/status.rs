//! How old the sources are, and what to do about it.

use std::fmt;
use std::fs;

use super::manifest::{Built, Manifest, SourceFile};
use super::{ManifestError, World};

/// How it stands with the global database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The sources that are wanted, the one that counts first in front.
    pub sources: Vec<SourceStatus>,
    /// What was built, if it is there.
    pub built: Option<Built>,
    /// Whether it is built of what is there.
    pub is_current: bool,
}

/// How it stands with one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceStatus {
    /// Its name.
    pub name: String,
    /// What is to be said of it.
    pub state: State,
    /// Its file, if that is there.
    pub file: Option<SourceFile>,
    /// How long ago that was the newest, in seconds.
    pub age: Option<u64>,
    /// How old it may become, in seconds.
    pub max_age: u64,
    /// Why fetching failed last.
    pub error: Option<String>,
    /// When it is tried again by itself, in seconds since 1970.
    pub retry_at: Option<u64>,
}

/// What is to be said of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is as new as wanted.
    Fresh,
    /// It is older than wanted.
    Stale,
    /// It is not there.
    Missing,
}

impl State {
    /// Its name for people and programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Missing => "missing",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Status {
    /// The age of the oldest source that is there, in seconds.
    #[must_use]
    pub fn oldest(&self) -> Option<u64> {
        self.sources.iter().filter_map(|source| source.age).max()
    }

    /// What to do; `None` if all is well.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        let not_fresh = |source: &&SourceStatus| source.state != State::Fresh;
        let mut wanting = self.sources.iter().filter(not_fresh).peekable();
        if wanting.peek().is_some() {
            return Some(if wanting.all(|source| source.error.is_some()) {
                "see why fetching failed, and run `flowstream db update`"
            } else {
                "run `flowstream db update`"
            });
        }
        (!self.is_current && !self.sources.is_empty()).then_some("run `flowstream db build`")
    }
}

impl World {
    /// How it stands at `now`, in seconds since 1970. Nothing is asked of any server.
    ///
    /// # Errors
    /// The manifest cannot be used.
    pub fn status(&self, now: u64) -> Result<Status, ManifestError> {
        let manifest = Manifest::read(&self.directory)?;
        let sources = self.wanted.iter().map(|wanted| {
            let entry = manifest.sources.get(&wanted.name);
            let file = entry.and_then(|entry| entry.file.as_ref());
            let file = file.filter(|file| self.is_there(wanted, file));
            let state = match file {
                None => State::Missing,
                Some(file) if file.is_stale(wanted, now) => State::Stale,
                Some(_) => State::Fresh,
            };
            SourceStatus {
                name: wanted.name.clone(),
                state,
                file: file.cloned(),
                age: file.map(|file| file.age(now)),
                max_age: wanted.max_age.as_secs(),
                error: entry.and_then(|entry| entry.error().map(str::to_owned)),
                retry_at: entry.and_then(|entry| entry.backoff.next()),
            }
        });
        let built = manifest.built.clone();
        Ok(Status {
            sources: sources.collect(),
            is_current: self.is_built(&manifest),
            built: built.filter(|_| fs::metadata(self.global()).is_ok()),
        })
    }
}
