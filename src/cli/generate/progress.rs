//! How far a run has come, on standard error: a bar on a terminal, else a line
//! now and then.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::totals::Totals;

/// The time between two lines.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows how many of a number of records were sent.
pub(super) enum Progress {
    Bar(ProgressBar),
    Lines { count: u64, last: Instant },
}

impl Progress {
    /// A bar if standard error is a terminal.
    pub(super) fn new(count: u64) -> Self {
        if io::stderr().is_terminal() {
            Self::Bar(ProgressBar::new(count).with_style(style()))
        } else {
            Self::Lines {
                count,
                last: Instant::now(),
            }
        }
    }

    /// Shows the present state.
    pub(super) fn show(&mut self, totals: &Totals) {
        match self {
            Self::Bar(bar) => bar.set_position(totals.records),
            Self::Lines { count, last } if last.elapsed() >= LINE_EVERY => {
                *last = Instant::now();
                // A closed standard error must not end the run.
                let _ = writeln!(io::stderr(), "sent {} of {count} records", totals.records);
            }
            Self::Lines { .. } => {}
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:40} {pos} of {len} records, {per_sec}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
