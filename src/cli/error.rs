//! What can go wrong with a command, and the exit code it ends with.

use std::error::Error;
use std::fmt::Write;
use std::io;

use actors::ActorsError;
use actors::librarian::LibraryError;
use actors::tls::TlsError;
use settings::SettingsErrors;

use super::dataset::DatasetCommandError;
use super::db::DbCommandError;
use super::demo::DemoError;
use super::elements::ElementsError;
use super::generate::GenerateError;
use super::inspect::InspectError;
use super::key_file::KeyFileError;
use super::policy::PolicyError;
use super::privacy::PrivacyError;
use super::selection::SelectionError;
use super::subscribe::SubscribeError;
use super::world::SourceError;

/// What went wrong with a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The settings do not hold; each error says where.
    #[error("{0}")]
    Settings(SettingsErrors),
    /// The key of the anonymization cannot be had.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The policy of the anonymization cannot be made.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A filter of the settings is not understood.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// A file of elements cannot be used.
    #[error(transparent)]
    Elements(#[from] ElementsError),
    /// A file of TLS cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A look-up database cannot be used.
    #[error("{0}")]
    Databases(LibraryError),
    /// The settings name a source that is none.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// `dataset` failed.
    #[error(transparent)]
    Dataset(#[from] DatasetCommandError),
    /// `db` failed.
    #[error(transparent)]
    Db(#[from] DbCommandError),
    /// The service did not start, or ended with a failure.
    #[error(transparent)]
    Actors(#[from] ActorsError),
    /// `generate` failed.
    #[error(transparent)]
    Generate(GenerateError),
    /// `inspect` failed.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// `subscribe` failed.
    #[error(transparent)]
    Subscribe(#[from] SubscribeError),
    /// `privacy` failed.
    #[error(transparent)]
    Privacy(#[from] PrivacyError),
    /// `demo` failed.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// The process cannot be kept from leaving a core file.
    #[error("core files cannot be ruled out, and they would hold addresses: {0}")]
    CoreFiles(#[source] io::Error),
    /// Standard output cannot be written to.
    #[error("cannot write to standard output: {0}")]
    Stdout(#[source] io::Error),
    /// The service was told twice to end, and did so before it had drained.
    #[error("ended at once, before everything had drained")]
    EndedAtOnce,
}

impl CliError {
    /// 2 for wrong usage, 78 for wrong settings, 1 for any other failure.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(_) | Self::Selection(_) | Self::Tls(_) | Self::Source(_) => 78,
            Self::Generate(
                GenerateError::Remote(..)
                | GenerateError::Resolve { .. }
                | GenerateError::Exporters { .. }
                | GenerateError::NotIpfix,
            ) => 2,
            _ => 1,
        }
    }

    /// The error and what led to it, as lines for people.
    pub(crate) fn report(&self) -> String {
        let mut report = String::new();
        match self {
            Self::Settings(errors) => {
                for error in errors.iter() {
                    writeln!(report, "error: {error}").ok();
                }
            }
            Self::Selection(error) => {
                writeln!(report, "error: {}", error.render()).ok();
            }
            error => {
                writeln!(report, "error: {error}").ok();
                let mut told = error.to_string();
                let mut cause = error.source();
                while let Some(error) = cause {
                    // Many errors say what their cause says already.
                    if !told.contains(&error.to_string()) {
                        writeln!(report, "  caused by: {error}").ok();
                        told.push_str(&error.to_string());
                    }
                    cause = error.source();
                }
            }
        }
        report
    }
}
