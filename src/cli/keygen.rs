//! `flowstream keygen`: a new key for the anonymization.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{CliError, SettingsArgs, key_file};

/// Arguments of `keygen`.
#[derive(Debug, Clone, Args)]
pub(crate) struct KeygenArgs {
    /// The file to make; the one of the settings by default
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Make none, and tell the id of the key that is there
    #[arg(long)]
    id: bool,
}

/// Makes a key in a new file of mode 0600, and tells its id. A key that is there is never
/// overwritten.
pub(crate) fn run(settings: &SettingsArgs, args: &KeygenArgs) -> Result<(), CliError> {
    match &args.file {
        Some(path) => told(path, args.id),
        None => {
            let settings = settings.load(Vec::new())?;
            told(settings.anonymizer().key_file(), args.id)
        }
    }
}

fn told(path: &Path, is_there: bool) -> Result<(), CliError> {
    let key = if is_there {
        key_file::there(path)?
    } else {
        key_file::new(path)?
    };
    let line = format!("{} {}\n", key.id(), path.display());
    let written = std::io::stdout().write_all(line.as_bytes());
    written.map_err(CliError::Stdout)
}
