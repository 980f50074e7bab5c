//! `flowstream db`: the databases that flows are looked up in.

mod lookup;
mod status;
mod told;
mod update;

use std::net::IpAddr;

use clap::{Args, Subcommand, ValueEnum};

use super::{CliError, SettingsArgs};

/// Arguments of `db`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DbArgs {
    #[command(subcommand)]
    command: DbCommand,
}

#[derive(Debug, Clone, Subcommand)]
enum DbCommand {
    /// Fetch the sources that are missing or too old, and build the global database
    Update {
        /// Ask for all of them, however new
        #[arg(long)]
        all: bool,
    },
    /// Build the global database anew from what was fetched
    Build,
    /// Say what is there, how old it is, and what to do
    Status {
        /// How it is said
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Say what is known of addresses
    Lookup {
        /// IPv4 or IPv6 addresses
        #[arg(value_name = "ADDR", required = true)]
        addresses: Vec<IpAddr>,
        /// How it is said
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}

/// How it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One JSON object a line
    Jsonl,
}

/// Runs `db`.
pub(crate) fn run(settings: &SettingsArgs, args: &DbArgs) -> Result<(), CliError> {
    let settings = settings.load(Vec::new())?;
    match &args.command {
        DbCommand::Update { all } => update::update(&settings, *all),
        DbCommand::Build => update::build(&settings),
        DbCommand::Status { format } => status::status(&settings, *format),
        DbCommand::Lookup { addresses, format } => lookup::lookup(&settings, addresses, *format),
    }
}

/// Why `db` failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DbCommandError {
    /// The global database is not updated, or not built.
    #[error(transparent)]
    World(#[from] db::world::WorldError),
    /// Its manifest cannot be used.
    #[error(transparent)]
    Manifest(#[from] db::world::ManifestError),
    /// Sources could not be had.
    #[error("{} of {} sources could not be had: {}", names.len(), of, names.join(", "))]
    NotFetched {
        /// Their names.
        names: Vec<String>,
        /// How many are wanted.
        of: usize,
    },
    /// A database cannot be opened.
    #[error(transparent)]
    Open(#[from] db::DbError),
}
