//! How far something has come, on standard error: a bar on a terminal, and without one a line
//! now and then.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

/// The time between two lines about one thing.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Tells how far something has come.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    last: Instant,
    /// What the bar is about.
    doing: String,
}

impl Progress {
    pub(super) fn new() -> Self {
        let seen = io::stderr().is_terminal();
        Self {
            bar: seen.then(|| ProgressBar::no_length().with_style(style())),
            last: Instant::now(),
            doing: String::new(),
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Tells something else, in a line of its own.
    pub(super) fn line(&mut self, line: &str) {
        self.doing.clear();
        match &self.bar {
            Some(bar) => bar.suspend(|| say(line)),
            None => say(line),
        }
    }

    /// So many octets are done, of so many if that is known.
    pub(super) fn octets(&mut self, doing: &str, octets: u64, of: Option<u64>) {
        let begins = doing != self.doing;
        if begins {
            doing.clone_into(&mut self.doing);
        }
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

/// A closed standard error must not end anything.
fn say(line: &str) {
    drop(writeln!(io::stderr(), "{line}"));
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{msg:28} {bar:30} {bytes} of {total_bytes}, {bytes_per_sec}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
