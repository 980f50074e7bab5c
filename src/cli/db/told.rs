//! What an update tells on standard error: a bar on a terminal, and a line for each thing
//! that is done; without a terminal, a line now and then.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use db::world::Event;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

/// The time between two lines about one thing.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Tells of an update.
pub(super) struct Told {
    bar: Option<ProgressBar>,
    last: Instant,
    /// What the bar is about.
    doing: String,
}

impl Told {
    pub(super) fn new() -> Self {
        let seen = io::stderr().is_terminal();
        Self {
            bar: seen.then(|| ProgressBar::no_length().with_style(style())),
            last: Instant::now(),
            doing: String::new(),
        }
    }

    /// Tells of an event.
    pub(super) fn tell(&mut self, event: &Event<'_>) {
        match event {
            Event::Fetching {
                source, octets, of, ..
            } => {
                self.progress(format!("fetching {source}"), *octets, *of);
            }
            Event::Reading { source, octets, of } => {
                self.progress(format!("reading {source}"), *octets, Some(*of));
            }
            Event::Merging => self.progress("merging".to_owned(), 0, None),
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
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn line(&mut self, line: &str) {
        self.doing.clear();
        match &self.bar {
            Some(bar) => bar.suspend(|| say(line)),
            None => say(line),
        }
    }

    fn progress(&mut self, doing: String, octets: u64, of: Option<u64>) {
        let begins = doing != self.doing;
        self.doing = doing;
        let Some(bar) = &self.bar else {
            if begins {
                self.last = Instant::now();
            } else if self.last.elapsed() >= LINE_EVERY {
                self.last = Instant::now();
                let of = of.map_or_else(String::new, |of| format!(" of {}", HumanBytes(of)));
                say(&format!("{}: {}{of}", self.doing, HumanBytes(octets)));
            }
            return;
        };
        if begins {
            bar.reset();
            bar.set_message(self.doing.clone());
        }
        match of {
            Some(of) => bar.set_length(of),
            None => bar.unset_length(),
        }
        bar.set_position(octets);
        if begins {
            // At once: what has no octets would not be shown else.
            bar.tick();
        }
    }
}

/// A closed standard error must not end an update.
fn say(line: &str) {
    drop(writeln!(io::stderr(), "{line}"));
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{msg:28} {bar:30} {bytes} of {total_bytes}, {bytes_per_sec}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
