//! `flowstream demo`: collector, exporter and client in one; it stops by itself and prints
//! a table that must add up.
//!
//! Everything runs on loopback ports that the system picks, and in a directory of its own
//! that is removed afterwards.

mod client;
mod table;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant, SystemTime};

use actors::ActorsError;
use actors::accounting::{Accounting, Totals};
use actors::pipeline::{self, Ended, Started, Stop};
use clap::Args;
use settings::text_override;

use super::generate::generator::{Options, Rate};
use super::generate::wire::Protocol;
use super::generate::{self, GenerateError, Generator};
use super::subscribe::SubscribeError;
use super::{CliError, SettingsArgs, log, parts};
use client::Received;

/// Arguments of `demo`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DemoArgs {
    /// How many records to send
    #[arg(long, value_name = "RECORDS", default_value_t = 60_000)]
    count: u64,
    /// Records each second, or `max`
    #[arg(long, value_name = "RECORDS/S", default_value = "20000", value_parser = generate::rate)]
    rate: Rate,
    /// Another seed sends other flows
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Keep the datasets in this directory
    #[arg(long, value_name = "DIRECTORY")]
    keep: Option<PathBuf>,
}

/// Why the demo failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// A part of it ended early.
    #[error("the {0} of the demo ended early")]
    Ended(&'static str),
    /// The counts do not agree; the table says where.
    #[error("the counts do not add up: {0}")]
    Imbalance(String),
    /// The exporter could not send.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// The client failed.
    #[error(transparent)]
    Client(#[from] SubscribeError),
}

/// What the exporters speak.
const PROTOCOLS: [Protocol; 4] = [Protocol::V5, Protocol::V9, Protocol::Ipfix, Protocol::Sflow];

/// How long nothing more must arrive until everything sent counts as received.
const SETTLED: Duration = Duration::from_millis(500);

/// A directory that is removed with all that is in it.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

type Service = JoinHandle<Result<(Ended, Totals), ActorsError>>;

/// Runs the demo.
pub(crate) fn run(settings: &SettingsArgs, args: &DemoArgs) -> Result<(), CliError> {
    let scratch = args.keep.is_none().then(scratch);
    let directory = args
        .keep
        .as_deref()
        .or(scratch.as_ref().map(|scratch| &*scratch.0));
    let directory = directory.unwrap_or(Path::new("."));
    let settings = settings.load(overrides(directory))?;
    log::start(&settings);
    let stop = Stop {
        on_signals: true,
        ..Stop::default()
    };
    let (service, started) = start(parts::open(settings)?, stop.clone());
    let started = started.recv().map_err(|_| DemoError::Ended("service"));
    let started = match started {
        Ok(started) => started,
        Err(ended) => return Err(join(service)?.map_or_else(CliError::Actors, |_| ended.into())),
    };
    let client = first(&started.clients, "client port").map(client::start)?;
    let begun = Instant::now();
    let sent = send(args, &started, &stop).inspect_err(|_| stop.drain.cancel())?;
    wait_for_arrival(&started.accounting, sent.datagrams);
    stop.drain.cancel();
    let (_, totals) = join(service)??;
    let elapsed = begun.elapsed();
    let received = client
        .join()
        .map_err(|_| DemoError::Ended("client"))?
        .map_err(DemoError::Client)?;
    report(&sent, &totals, &received, elapsed, args)
}

fn overrides(directory: &Path) -> Vec<String> {
    vec![
        text_override("mode", "collect"),
        "receiver.listen=[\"127.0.0.1:0\"]".to_owned(),
        "receiver.listen_tcp=[]".to_owned(),
        "receiver.listen_tls=[]".to_owned(),
        "clients.listen=[\"127.0.0.1:0\"]".to_owned(),
        text_override("recorder.directory", &directory.to_string_lossy()),
        text_override("log.level", "warn"),
        // A demonstration asks nobody for anything.
        "databases.update=false".to_owned(),
    ]
}

fn scratch() -> Scratch {
    let name = format!("flowstream-demo-{}", std::process::id());
    Scratch(std::env::temp_dir().join(name))
}

fn start(parts: pipeline::Parts, stop: Stop) -> (Service, Receiver<Started>) {
    let (sender, started) = channel();
    let service =
        spawn(move || pipeline::run(parts, &stop, |started| drop(sender.send(started.clone()))));
    (service, started)
}

fn join(service: Service) -> Result<Result<(Ended, Totals), ActorsError>, CliError> {
    service
        .join()
        .map_err(|_| DemoError::Ended("service").into())
}

fn first(addresses: &[SocketAddr], what: &'static str) -> Result<SocketAddr, DemoError> {
    addresses.first().copied().ok_or(DemoError::Ended(what))
}

/// Sends the records of four exporters, one for each protocol.
fn send(args: &DemoArgs, started: &Started, stop: &Stop) -> Result<generate::Totals, CliError> {
    let port = started
        .exporters
        .first()
        .ok_or(DemoError::Ended("exporter port"))?;
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let mut generator = Generator::new(Options {
        seed: args.seed,
        count: args.count,
        rate: args.rate,
        epoch_ms: i64::try_from(now.as_millis()).unwrap_or(i64::MAX),
        exporters: PROTOCOLS.to_vec(),
        ..Options::default()
    });
    let routes = vec![vec![port.address]; PROTOCOLS.len()];
    let report = |_: &generate::Totals| match stop.drain.is_cancelled() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    generate::send(&mut generator, &routes, report).map_err(DemoError::Generate)?;
    Ok(*generator.totals())
}

/// Waits until all datagrams have arrived, or no more do.
fn wait_for_arrival(accounting: &Arc<Accounting>, sent: u64) {
    let arrived =
        || accounting.datagrams_received.get() + accounting.datagrams_dropped_by_kernel.get();
    let (mut last, mut since) = (arrived(), Instant::now());
    while last < sent && since.elapsed() < SETTLED {
        sleep(Duration::from_millis(10));
        if arrived() > last {
            (last, since) = (arrived(), Instant::now());
        }
    }
}

fn report(
    sent: &generate::Totals,
    totals: &Totals,
    received: &Received,
    elapsed: Duration,
    args: &DemoArgs,
) -> Result<(), CliError> {
    let mut text = table::table(sent, totals, received, elapsed);
    if let Some(directory) = &args.keep {
        text.push_str(&format!("the datasets are in {}\n", directory.display()));
    }
    io::stdout()
        .write_all(text.as_bytes())
        .map_err(CliError::Stdout)?;
    match table::difference(sent, totals, received) {
        None => Ok(()),
        Some(difference) => Err(DemoError::Imbalance(difference).into()),
    }
}
