//! `flowstream privacy`: what a prepared dataset tells of hosts, for those who answer for it.

mod declared;
mod text;

use std::io::{self, Write};
use std::path::PathBuf;

use actors::store::{Damage, Part, StoreError, Whole};
use clap::Args;
use mediation::privacy::{Report, Survey};
use serde::Serialize;

use super::CliError;
use super::progress::Progress;
use super::safe::SafeJson;

/// Arguments of `privacy`.
#[derive(Debug, Clone, Args)]
pub(crate) struct PrivacyArgs {
    /// The directory of a prepared dataset, or the one with `prepared` in it
    #[arg(value_name = "DATASET")]
    dataset: PathBuf,
    /// One JSON object, for programs
    #[arg(long)]
    json: bool,
    /// From which follows what is left to chance: which values are sampled, and what the
    /// attacker sends
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrivacyError {
    /// There is no prepared dataset.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing of it can be read.
    #[error("{}: nothing of it can be read; {first}", path.display())]
    Unreadable {
        /// The directory.
        path: PathBuf,
        /// The first thing that is wrong.
        first: String,
    },
}

/// What was read, and what came of it.
#[derive(Debug, Serialize)]
struct Surveyed {
    /// The directory with the segments.
    dataset: String,
    segments: u64,
    damaged: Vec<Damaged>,
    /// How much more is damaged than is listed.
    damaged_beyond: u64,
    /// Flows that are lost by what is damaged, as far as that can be told.
    flows_lost: u64,
    #[serde(flatten)]
    report: Report,
}

/// What is damaged, as it is written.
#[derive(Debug, Serialize)]
struct Damaged {
    file: String,
    flows_lost: Option<u64>,
    error: String,
}

/// So many damages are listed, and the others counted.
const DAMAGED_MAX: usize = 20;

/// Reads a dataset and reports on it.
pub(crate) fn run(args: &PrivacyArgs) -> Result<(), CliError> {
    let whole = Whole::open(&args.dataset).map_err(PrivacyError::Store)?;
    let surveyed = survey(whole, args.seed)?;
    let written = if args.json {
        json(&surveyed)
    } else {
        text::text(&surveyed)
    };
    let written = written.and_then(|text| io::stdout().write_all(&text));
    written.map_err(CliError::Stdout)
}

fn survey(mut whole: Whole, seed: u64) -> Result<Surveyed, PrivacyError> {
    let mut survey = Survey::new(seed);
    let mut progress = Progress::new();
    let mut surveyed = Surveyed {
        dataset: whole.directory().display().to_string(),
        segments: 0,
        damaged: Vec::new(),
        damaged_beyond: 0,
        flows_lost: 0,
        report: Survey::new(seed).finish(),
    };
    while let Some(part) = whole.next() {
        let (octets, of) = whole.progress();
        progress.octets("reading the dataset", octets, Some(of));
        match part {
            Part::Segment(header) => {
                surveyed.segments += 1;
                survey.declare(declared::declaration(&header.meta));
            }
            Part::Flows(flows) => survey.add(&flows),
            Part::Damage(damage) => {
                progress.line(&format!(
                    "damaged: {}: {}",
                    damage.path.display(),
                    damage.text
                ));
                surveyed.damage(&damage);
            }
        }
    }
    progress.clear();
    if surveyed.segments == 0 {
        let first = surveyed.damaged.first();
        return Err(PrivacyError::Unreadable {
            path: whole.directory().to_owned(),
            first: first.map_or_else(String::new, |damaged| damaged.error.clone()),
        });
    }
    surveyed.report = survey.finish();
    Ok(surveyed)
}

impl Surveyed {
    fn damage(&mut self, damage: &Damage) {
        self.flows_lost = self.flows_lost.saturating_add(damage.flows.unwrap_or(0));
        if self.damaged.len() >= DAMAGED_MAX {
            self.damaged_beyond += 1;
            return;
        }
        let name = damage.path.file_name().unwrap_or_default();
        self.damaged.push(Damaged {
            file: name.to_string_lossy().into_owned(),
            flows_lost: damage.flows,
            error: damage.text.clone(),
        });
    }
}

/// One object in a line, without anything that harms a terminal.
fn json(surveyed: &Surveyed) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut line, SafeJson);
    surveyed.serialize(&mut serializer)?;
    line.push(b'\n');
    Ok(line)
}
