//! `flowstream keygen`: a new key for the anonymization.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use mediation::anonymize::{Epoch, Key};

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
    /// Derive the key of an epoch, such as 2026-11-28, from that of the settings
    #[arg(long, value_name = "EPOCH", requires = "file", conflicts_with = "id")]
    epoch: Option<Epoch>,
}

/// Makes a key in a new file of mode 0600, and tells its id. A key that is there is never
/// overwritten.
pub(crate) fn run(settings: &SettingsArgs, args: &KeygenArgs) -> Result<(), CliError> {
    let own = || -> Result<PathBuf, CliError> {
        let settings = settings.load(Vec::new())?;
        Ok(settings.anonymizer().key_file().to_owned())
    };
    let path = args.file.clone().map_or_else(own, Ok)?;
    let key = match args.epoch {
        Some(epoch) => derived(&own()?, epoch, &path)?,
        None if args.id => key_file::there(&path)?,
        None => key_file::new(&path)?,
    };
    tell(&key, &path)
}

/// The key of an epoch, of the master key in one file, in another one.
fn derived(master: &Path, epoch: Epoch, path: &Path) -> Result<Key, CliError> {
    let key = key_file::there(master)?.of_epoch(epoch);
    key_file::keep(path, &key)?;
    Ok(key)
}

fn tell(key: &Key, path: &Path) -> Result<(), CliError> {
    let line = format!("{} {}\n", key.id(), path.display());
    let written = std::io::stdout().write_all(line.as_bytes());
    written.map_err(CliError::Stdout)
}
