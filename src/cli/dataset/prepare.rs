//! `flowstream dataset prepare`: a raw dataset prepared anew, beside what it became before.

use std::path::Path;

use actors::pipeline::{self, Ended, Stop};
use settings::{Settings, text_override};

use crate::cli::{CliError, SettingsArgs, log, parts};

/// Prepares a raw dataset into another directory, with the databases of now or of then.
pub(super) fn prepare(
    args: &SettingsArgs,
    raw: &Path,
    into: &Path,
    as_recorded: bool,
) -> Result<(), CliError> {
    let usual = args.load(Vec::new())?;
    let settings = args.load(overrides(&usual, raw, into, as_recorded))?;
    log::start(&settings);
    let stop = Stop {
        on_signals: true,
        ..Stop::default()
    };
    let (ended, _) = pipeline::run(parts::open(settings)?, &stop, |_| {})?;
    match ended {
        Ended::AtOnce => Err(CliError::EndedAtOnce),
        Ended::Stopped | Ended::EndOfReplay => Ok(()),
    }
}

/// A replay as fast as possible that nobody listens to, with the key that the service has:
/// where that follows from the directory of the recorder, it must not follow the new one.
fn overrides(usual: &Settings, raw: &Path, into: &Path, as_recorded: bool) -> Vec<String> {
    let databases = if as_recorded {
        "as-recorded"
    } else {
        "current"
    };
    let mut overrides = vec![
        text_override("mode", "replay"),
        text_override("replay.dataset", &raw.to_string_lossy()),
        text_override("replay.pace", "max"),
        text_override("replay.databases", databases),
        "replay.wait_for_client=false".to_owned(),
        "clients.listen=[]".to_owned(),
        text_override("recorder.directory", &into.to_string_lossy()),
        "recorder.prepared=true".to_owned(),
    ];
    let anonymizer = usual.anonymizer();
    if !anonymizer.is_key_file_given() && std::env::var_os("CREDENTIALS_DIRECTORY").is_none() {
        let key = anonymizer.key_file().to_string_lossy();
        overrides.push(text_override("anonymizer.key_file", &key));
    }
    overrides
}
