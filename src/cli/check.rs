//! `flowstream check`: whether the settings hold, and what they come to.

use std::io::Write;

use clap::Args;

use super::selection::selection;
use super::world::world;
use super::{CliError, SettingsArgs, elements, parts};

/// Arguments of `check`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CheckArgs {
    /// Print the effective settings, with where each comes from
    #[arg(long)]
    dump: bool,
}

/// Checks the settings of all layers, their filters, and the files of elements and TLS
/// that they may name.
pub(crate) fn run(settings: &SettingsArgs, args: &CheckArgs) -> Result<(), CliError> {
    let settings = settings.load(Vec::new())?;
    elements::named(settings.receiver().elements())?;
    parts::tls(&settings)?;
    selection(&settings)?;
    world(&settings)?;
    let text = if args.dump {
        settings.dump()
    } else {
        "the settings hold\n".to_owned()
    };
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(CliError::Stdout)
}
