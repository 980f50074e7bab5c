//! How far reading has come, on standard error: a bar, if somebody sees it and it does
//! not run into the output.

use std::fs::File;
use std::io::{self, IsTerminal, Read};

use indicatif::{ProgressBar, ProgressStyle};

/// A file below so many octets is read before anybody looks.
const WORTH_A_BAR: u64 = 8 << 20;

/// The bar, if there is one.
#[derive(Debug, Default)]
pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    /// Watches the reading of a file of so many octets.
    pub(super) fn watch(&mut self, file: File, octets: u64) -> Box<dyn Read> {
        let seen = io::stderr().is_terminal() && !io::stdout().is_terminal();
        if !seen || octets < WORTH_A_BAR {
            return Box::new(file);
        }
        let bar = ProgressBar::new(octets).with_style(style());
        let watched = bar.wrap_read(file);
        self.0 = Some(bar);
        Box::new(watched)
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
