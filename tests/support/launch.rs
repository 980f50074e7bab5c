//! How the service is started: settings for a test, and ports that the system picks.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::program::{self, Outcome, program};
use super::{Scratch, Service};

/// A service to be started, with its datasets in a directory of a test.
pub(crate) struct Launch<'a> {
    scratch: &'a Scratch,
    args: Vec<String>,
    credentials: Option<PathBuf>,
}

impl<'a> Launch<'a> {
    /// One port for exporters, one for clients, log lines of JSON; datasets in `data`.
    pub(crate) fn new(scratch: &'a Scratch, data: &str) -> Self {
        let args = vec!["run".to_owned()];
        let credentials = None;
        let launch = Self {
            scratch,
            args,
            credentials,
        };
        launch
            .set("receiver.listen", r#"["127.0.0.1:0"]"#)
            .set("receiver.listen_tcp", "[]")
            .set("clients.listen", r#"["127.0.0.1:0"]"#)
            .set("log.format", "json")
            .set("recorder.directory", data)
    }

    /// The same with another setting; the last one of a key wins.
    pub(crate) fn set(mut self, key: &str, value: &str) -> Self {
        self.args
            .extend(["--set".to_owned(), format!("{key}={value}")]);
        self
    }

    /// The same with a file of settings; what is set wins.
    pub(crate) fn with_file(mut self, file: &Path) -> Self {
        let file = file.to_string_lossy().into_owned();
        self.args.extend(["-c".to_owned(), file]);
        self
    }

    /// The service is given the credentials of this directory, as systemd does it.
    pub(crate) fn with_credentials(mut self, directory: PathBuf) -> Self {
        self.credentials = Some(directory);
        self
    }

    /// Original addresses stay.
    pub(crate) fn without_anonymization(self) -> Self {
        self.set("anonymizer.policy", "none")
    }

    /// Flows leave within a few seconds, so that a test sees them while the service runs.
    pub(crate) fn with_short_timeouts(self) -> Self {
        self.set("aggregator.idle_timeout", "1 s")
            .set("aggregator.exporter_active_timeout", "1 s")
            .set("aggregator.slack", "0 s")
            .set("aggregator.linger", "0 s")
    }

    /// Replays a dataset.
    pub(crate) fn replay(mut self, dataset: &Path) -> Self {
        let dataset = dataset.to_string_lossy().into_owned();
        self.args.extend(["--replay".to_owned(), dataset]);
        self
    }

    /// Replays a dataset as fast as possible, and waits for nobody.
    pub(crate) fn replay_at_once(self, dataset: &Path) -> Self {
        self.replay(dataset)
            .set("replay.pace", "max")
            .set("replay.wait_for_client", "false")
    }

    fn command(&self) -> Command {
        let mut command = program(self.scratch);
        command.args(&self.args);
        if let Some(directory) = &self.credentials {
            command.env("CREDENTIALS_DIRECTORY", directory);
        }
        command
    }

    /// Starts it and waits until it listens.
    pub(crate) fn start(&self) -> Service {
        Service::start(&mut self.command())
    }

    /// The same, listening at ports for UDP, TCP and clients that the settings name, for a
    /// service whose log does not say them.
    pub(crate) fn start_at(&self, ports: [SocketAddr; 3]) -> Service {
        Service::start_at(&mut self.command(), ports)
    }

    /// Runs another subcommand with the same settings.
    pub(crate) fn run_as(&self, subcommand: &str) -> Outcome {
        let mut command = program(self.scratch);
        command.arg(subcommand).args(self.args.iter().skip(1));
        program::finish(program::start(&mut command))
    }

    /// Runs it to its end, which comes by itself.
    pub(crate) fn run(&self) -> Outcome {
        program::finish(program::start(&mut self.command()))
    }
}
