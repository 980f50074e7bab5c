//! `flowstream dataset`: what is recorded, and whether it is whole.

mod diff;
mod export;
mod info;
mod list;
mod prepare;
mod repair;
mod verify;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use actors::store::{ExportError, StoreError, Summary, segments};
use clap::{Args, Subcommand, ValueEnum};
use flow::Civil;
use settings::Settings;

use super::progress::Progress;
use super::{CliError, SettingsArgs};

/// Arguments of `dataset`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DatasetArgs {
    #[command(subcommand)]
    command: DatasetCommand,
}

#[derive(Debug, Clone, Subcommand)]
enum DatasetCommand {
    /// Say which datasets there are, and how large they are
    List(Which),
    /// Say where each segment comes from, and what is not there
    Info(Which),
    /// Check every checksum, every order and the manifest; exit code 1 if something is wrong
    Verify {
        #[command(flatten)]
        which: Which,
        /// Prepare raw datasets anew, and compare with what they became
        #[arg(long)]
        prepare: bool,
    },
    /// Prepare a raw dataset anew, with the settings as they are now, beside what it became
    Prepare {
        /// The raw dataset
        #[arg(value_name = "RAW")]
        raw: PathBuf,
        /// Where the directory `prepared` is made
        #[arg(long, value_name = "DIRECTORY")]
        into: PathBuf,
        /// Look flows up in the databases that were used when they were recorded
        #[arg(long)]
        as_recorded: bool,
    },
    /// Write flows of a prepared dataset as CSV or JSON Lines: all, or chosen ones
    Export(export::ExportArgs),
    /// Compare the flows of two prepared datasets, however these are cut; exit code 1 if
    /// they differ
    Diff {
        /// A prepared dataset
        first: PathBuf,
        /// Another
        second: PathBuf,
        /// So many of the flows that one has alone are printed
        #[arg(long, value_name = "N", default_value_t = 20)]
        flows: u64,
    },
    /// Seal what a crash left open, and make the manifest anew; of datasets that nothing writes to
    Repair(Which),
}

/// Which datasets, and how it is said.
#[derive(Debug, Clone, Args)]
struct Which {
    /// Directories of datasets, or of several such as `recorder.directory`, which is the default
    #[arg(value_name = "DIRECTORY")]
    directories: Vec<PathBuf>,
    /// How it is said
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// How it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One JSON object a line
    Jsonl,
}

impl Format {
    /// The text of something.
    fn text<T: ?Sized>(
        self,
        what: &T,
        table: impl FnOnce(&T) -> io::Result<Vec<u8>>,
        jsonl: impl FnOnce(&T) -> io::Result<Vec<u8>>,
    ) -> Result<Vec<u8>, CliError> {
        let text = match self {
            Self::Table => table(what),
            Self::Jsonl => jsonl(what),
        };
        text.map_err(CliError::Stdout)
    }
}

/// Says a text on standard output.
fn say(text: &[u8]) -> Result<(), CliError> {
    io::stdout().write_all(text).map_err(CliError::Stdout)
}

/// What is to be said of a dataset, and how many problems it has.
struct Told {
    text: Vec<u8>,
    problems: u64,
}

/// Does something to each dataset that tells how many octets it has read, and says what came
/// of it; fails if there are problems.
fn for_each(
    summaries: &[Summary],
    doing: &str,
    mut work: impl FnMut(&Summary, &mut dyn FnMut(u64)) -> Result<Told, CliError>,
) -> Result<(), CliError> {
    let mut problems = 0_u64;
    for summary in summaries {
        let doing = format!("{doing} {}", summary.directory.display());
        let (mut progress, mut done) = (Progress::new(), 0);
        let worked = work(summary, &mut |octets| {
            done += octets;
            progress.octets(&doing, done, Some(summary.octets()));
        });
        progress.clear();
        let told = worked?;
        say(&told.text)?;
        problems = problems.saturating_add(told.problems);
    }
    if problems == 0 {
        return Ok(());
    }
    let datasets = summaries.len();
    Err(DatasetCommandError::Unsound { problems, datasets }.into())
}

/// Why `dataset` failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatasetCommandError {
    /// A dataset cannot be read, or not be written to.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Flows cannot be taken out.
    #[error(transparent)]
    Export(Box<ExportError>),
    /// The file for them cannot be made.
    #[error("cannot make {}: {source}; name a file that is not there yet", path.display())]
    Output {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Two datasets are not the same.
    #[error("the datasets differ in {flows} flows")]
    Differ {
        /// How many one of them has alone.
        flows: u64,
    },
    /// Something is wrong with datasets; what was printed says what.
    #[error("{problems} problems in {datasets} datasets")]
    Unsound {
        /// How many, in all of them.
        problems: u64,
        /// How many datasets were checked.
        datasets: usize,
    },
}

/// Runs `dataset`.
pub(crate) fn run(args_of_settings: &SettingsArgs, args: &DatasetArgs) -> Result<(), CliError> {
    let settings = args_of_settings.load(Vec::new())?;
    match &args.command {
        DatasetCommand::Prepare {
            raw,
            into,
            as_recorded,
        } => prepare::prepare(args_of_settings, raw, into, *as_recorded),
        DatasetCommand::Export(args) => export::export(args),
        DatasetCommand::Diff {
            first,
            second,
            flows,
        } => diff::diff(first, second, *flows),
        DatasetCommand::List(which) => list::list(&which.summaries(&settings)?, which.format),
        DatasetCommand::Info(which) => info::info(&which.summaries(&settings)?, which.format),
        DatasetCommand::Verify { which, prepare } => {
            let summaries = which.summaries(&settings)?;
            verify::verify(&summaries, which.format)?;
            if *prepare {
                verify::prepare(args_of_settings, &summaries)?;
            }
            Ok(())
        }
        DatasetCommand::Repair(which) => repair::repair(&which.summaries(&settings)?, which.format),
    }
}

impl Which {
    /// The datasets that are meant.
    fn summaries(&self, settings: &Settings) -> Result<Vec<Summary>, DatasetCommandError> {
        let recorder = [settings.recorder().directory().to_owned()];
        let named = match self.directories.as_slice() {
            [] => &recorder,
            named => named,
        };
        let mut summaries = Vec::new();
        for directory in named {
            for directory in datasets_in(directory)? {
                summaries.push(Summary::of(&directory)?);
            }
        }
        Ok(summaries)
    }
}

/// The directory itself if it is a dataset's, else the datasets in it.
fn datasets_in(directory: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let inside = ["raw", "prepared"].map(|name| directory.join(name));
    let mut found = Vec::new();
    for directory in std::iter::once(directory.to_owned()).chain(inside) {
        if !segments(&directory)?.is_empty() {
            found.push(directory);
        }
    }
    if found.is_empty() {
        return Err(StoreError::Nothing {
            path: directory.to_owned(),
        });
    }
    Ok(found)
}

/// A time for people.
fn time(millis: i64) -> String {
    Civil::from_millis(millis).whole_seconds().to_string()
}
