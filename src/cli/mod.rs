//! The command line: parse, call, print. One file for each subcommand.

mod check;
mod dataset;
mod db;
mod demo;
mod elements;
mod error;
mod generate;
mod grid;
mod inspect;
mod key_file;
mod keygen;
mod library;
mod log;
mod parts;
mod policy;
mod privacy;
mod progress;
mod run;
mod safe;
mod selection;
mod subscribe;
mod world;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use settings::{Settings, Sources, load};

pub(crate) use error::CliError;

/// Collects NetFlow and IPFIX, prepares the flows, keeps them, and streams them.
#[derive(Debug, Parser)]
#[command(name = "flowstream", version, about, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(flatten)]
    run: run::RunArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Where settings come from; settings/default.toml documents each key.
#[derive(Debug, Clone, Args)]
struct SettingsArgs {
    /// A settings file; may be given several times, later ones win
    #[arg(short = 'c', long = "config", value_name = "FILE", global = true)]
    files: Vec<PathBuf>,
    /// One setting, such as aggregator.idle_timeout="45 s"; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE", global = true)]
    set: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service: collect, or replay a dataset (the default)
    Run(run::RunArgs),
    /// Check the settings, or print the effective ones
    Check(check::CheckArgs),
    /// Get prepared flows from a running service
    Subscribe(subscribe::SubscribeArgs),
    /// Send flows of a seeded exporter, or write them to a capture
    Generate(generate::GenerateArgs),
    /// Print what a capture, a datagram or a raw dataset holds
    Inspect(inspect::InspectArgs),
    /// Say what is recorded, check it, and bring it into order
    Dataset(dataset::DatasetArgs),
    /// Make a key for the anonymization
    Keygen(keygen::KeygenArgs),
    /// Say what a prepared dataset tells of hosts, and what an attacker learns from it
    Privacy(privacy::PrivacyArgs),
    /// Update, build and ask the databases that flows are looked up in
    Db(db::DbArgs),
    /// Collector, exporter and client in one, for a few seconds
    Demo(demo::DemoArgs),
}

impl SettingsArgs {
    /// The checked settings of all layers; `more` overrides all of them.
    fn load(&self, more: Vec<String>) -> Result<Settings, CliError> {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let overrides = self.set.iter().cloned().chain(more).collect();
        let sources = Sources {
            files: self.files.clone(),
            overrides,
            environment,
        };
        load(&sources).map_err(CliError::Settings)
    }
}

/// Runs the program; what went wrong is printed once, with all that led to it.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let settings = &cli.settings;
    let done = match cli.command {
        None => run::run(settings, &cli.run),
        Some(Command::Run(args)) => run::run(settings, &args),
        Some(Command::Check(args)) => check::run(settings, &args),
        Some(Command::Subscribe(args)) => subscribe::run(&args),
        Some(Command::Generate(args)) => generate::run(args).map_err(CliError::Generate),
        Some(Command::Inspect(args)) => inspect::run(settings, &args),
        Some(Command::Dataset(args)) => dataset::run(settings, &args),
        Some(Command::Keygen(args)) => keygen::run(settings, &args),
        Some(Command::Privacy(args)) => privacy::run(&args),
        Some(Command::Db(args)) => db::run(settings, &args),
        Some(Command::Demo(args)) => demo::run(settings, &args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If stderr is gone there is nobody left to tell.
            drop(write!(std::io::stderr(), "{}", error.report()));
            ExitCode::from(error.exit_code())
        }
    }
}
