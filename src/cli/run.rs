//! `flowstream run`: the service.

use std::path::{Path, PathBuf};

use actors::pipeline::{self, Ended, Started, Stop};
use clap::Args;
use settings::{ByteSize, Mode, Settings, text_override};
use tracing::{info, warn};

use super::{CliError, SettingsArgs, log, parts};

/// Arguments of `run`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RunArgs {
    /// Replay this dataset (a directory of raw or prepared segments) instead of collecting
    #[arg(long, value_name = "DATASET")]
    replay: Option<PathBuf>,
}

impl RunArgs {
    /// The settings that the arguments stand for.
    fn overrides(&self) -> Vec<String> {
        self.replay
            .iter()
            .flat_map(|dataset| replay(dataset))
            .collect()
    }
}

fn replay(dataset: &Path) -> [String; 2] {
    [
        text_override("mode", "replay"),
        text_override("replay.dataset", &dataset.to_string_lossy()),
    ]
}

/// Runs the service until it is told to end.
pub(crate) fn run(settings: &SettingsArgs, args: &RunArgs) -> Result<(), CliError> {
    let settings = settings.load(args.overrides())?;
    log::start(&settings);
    let told = settings.clone();
    let parts = parts::open(settings)?;
    let stop = Stop {
        on_signals: true,
        ..Stop::default()
    };
    let (ended, _) = pipeline::run(parts, &stop, |started| tell(&told, started))?;
    match ended {
        Ended::AtOnce => Err(CliError::EndedAtOnce),
        Ended::Stopped | Ended::EndOfReplay => Ok(()),
    }
}

/// Says what the service listens on and where it writes.
fn tell(settings: &Settings, started: &Started) {
    let requested = settings.receiver().receive_buffer();
    for port in &started.exporters {
        let granted = ByteSize::new(port.buffer as u64);
        info!(
            "listening for exporters on udp {}, receive buffer {granted}",
            port.address
        );
    }
    if let Some(port) = started
        .exporters
        .iter()
        .find(|port| port.buffer < requested.as_usize())
    {
        let granted = ByteSize::new(port.buffer as u64);
        warn!(
            "asked for a receive buffer of {requested}, the kernel granted {granted}; \
             to get it: sysctl -w net.core.rmem_max={}",
            requested.bytes()
        );
    }
    for port in &started.streams {
        let transport = if port.tls { "tls" } else { "tcp" };
        info!("listening for exporters on {transport} {}", port.address);
    }
    for address in &started.clients {
        info!("listening for clients on tcp {address}");
    }
    let (replay, recorder) = (settings.mode() == Mode::Replay, settings.recorder());
    if let Some(dataset) = settings.replay().dataset().filter(|_| replay) {
        let waits = if settings.replay().wait_for_client() {
            ", once a client is there"
        } else {
            ""
        };
        info!("replaying {}{waits}", dataset.display());
    }
    if recorder.records_raw() && !replay {
        info!(
            "writing raw datagrams to {}",
            recorder.raw_directory().display()
        );
    }
    if recorder.records_prepared() && !replay {
        info!(
            "writing prepared flows to {}",
            recorder.prepared_directory().display()
        );
    }
}
