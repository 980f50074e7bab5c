//! What an update tells on standard error: how far it has come, and a line for each thing
//! that is done.

use db::world::Event;
use indicatif::HumanBytes;

use crate::cli::progress::Progress;

/// Tells of an update.
pub(super) struct Told {
    progress: Progress,
}

impl Told {
    pub(super) fn new() -> Self {
        Self {
            progress: Progress::new(),
        }
    }

    /// Tells of an event.
    pub(super) fn tell(&mut self, event: &Event<'_>) {
        match event {
            Event::Fetching {
                source, octets, of, ..
            } => {
                let doing = format!("fetching {source}");
                self.progress.octets(&doing, *octets, *of);
            }
            Event::Reading { source, octets, of } => {
                let doing = format!("reading {source}");
                self.progress.octets(&doing, *octets, Some(*of));
            }
            Event::Merging => self.progress.octets("merging", 0, None),
            Event::SetAside(error) => {
                self.line(&format!("set aside, all is fetched anew: {error}"));
            }
            Event::Current { source } => self.line(&format!("{source}: has not changed")),
            Event::Fetched {
                source,
                url,
                octets,
            } => self.line(&format!("{source}: {} from {url}", HumanBytes(*octets))),
            Event::Failed {
                source,
                error,
                goes_on,
            } => {
                let then = if *goes_on {
                    "; trying another place"
                } else {
                    ""
                };
                self.line(&format!("{source}: {error}{then}"));
            }
            Event::Built(built) => {
                let of: Vec<&str> = built.of.iter().map(|(name, _)| name.as_str()).collect();
                let size = HumanBytes(built.octets);
                self.line(&format!("built from {}: {size}", of.join(", ")));
            }
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        self.progress.clear();
    }

    fn line(&mut self, line: &str) {
        self.progress.line(line);
    }
}
