//! The topology in one place: who runs on which arbiter and feeds whom; start and drain.
//!
//! ```text
//!   arbiter      actors
//!   system       Overseer, Publisher, and the task that waits for the end
//!   source       Receiver, ExporterListener, ExporterSessions; or Replayer
//!   lane 0..n    Aggregator -> Enricher -> Anonymizer
//!   storage      raw Recorder, prepared Recorder, Quarantine, Librarian, Keyholder: the ones that
//!                touch disks
//!   clients      ClientListener, ClientSessions
//! ```

mod arbiters;
mod doors;
mod drain;
mod outputs;
mod signals;
mod sources;
mod wiring;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix::{Addr, System};
use decode::Elements;
use mediation::anonymize::KeyRing;
use settings::Settings;
use tokio::time::{Instant, interval_at};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::ActorsError;
use crate::accounting::{Accounting, Totals};
use crate::keyholder::KeySource;
use crate::librarian::Stock;
pub use crate::selection::Selection;
use crate::tls::ExporterTls;
use signals::signals;
use wiring::Pipeline;

/// How often the service says what it is doing, when there is something to say.
const STATUS: Duration = Duration::from_secs(10);

/// What a pipeline is made of.
pub struct Parts {
    /// The checked settings.
    pub settings: Settings,
    /// What is known about addresses, and where newer knowledge comes from.
    pub stock: Stock,
    /// What is done to flows before they leave, and the keys that it is done with.
    pub keys: KeyRing,
    /// Where the master key is read from again; none where none is needed.
    pub key_source: Option<Arc<dyn KeySource>>,
    /// Which records and flows go on.
    pub selection: Selection,
    /// The Information Elements that are known.
    pub elements: Arc<Elements>,
    /// TLS of exporters; needed where the settings listen for it.
    pub tls: Option<ExporterTls>,
}

/// A port for exporters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExporterPort {
    /// Where it listens.
    pub address: SocketAddr,
    /// Octets of receive buffer that the kernel granted.
    pub buffer: usize,
}

/// A port for exporters' streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamPort {
    /// Where it listens.
    pub address: SocketAddr,
    /// Whether TLS is spoken there.
    pub tls: bool,
}

/// What a pipeline says when it has started.
#[derive(Debug, Clone)]
pub struct Started {
    /// Where exporters send to; empty in a replay.
    pub exporters: Vec<ExporterPort>,
    /// Where they connect to over TCP and TLS; empty in a replay.
    pub streams: Vec<StreamPort>,
    /// Where clients connect to.
    pub clients: Vec<SocketAddr>,
    /// The running counters.
    pub accounting: Arc<Accounting>,
}

/// How to end a pipeline.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// Cancelled to drain and end.
    pub drain: CancellationToken,
    /// Cancelled to end at once.
    pub now: CancellationToken,
    /// Whether SIGTERM and SIGINT drain, and a second one ends at once; and whether SIGHUP
    /// reloads the databases and reads the key again.
    pub on_signals: bool,
}

/// Why a pipeline ended in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was told to.
    Stopped,
    /// A replay came to its end.
    EndOfReplay,
    /// It was told to end at once, before it had drained.
    AtOnce,
}

/// Runs a pipeline on this thread and its arbiters until it is stopped, its replay ends,
/// or a stage fails for good.
///
/// # Errors
/// [`ActorsError`] if it cannot start, a stage fell too often, or the dataset that is
/// replayed cannot be read.
pub fn run(
    parts: Parts,
    stop: &Stop,
    started: impl FnOnce(&Started),
) -> Result<(Ended, Totals), ActorsError> {
    System::new().block_on(async {
        // Before any port is open: whoever is let in may send a signal.
        let signals = stop.on_signals.then(signals).transpose()?;
        let (pipeline, report) = Pipeline::start(parts).await?;
        if let Some(signals) = signals {
            let librarian = pipeline.librarian.clone().map(Addr::recipient);
            let keyholder = pipeline.keyholder.clone().map(Addr::recipient);
            // A replay uses the key that it began with.
            let keyholder = keyholder.filter(|_| librarian.is_some());
            actix::spawn(signals.ends.watch(stop.clone()));
            actix::spawn(signals.reloads.watch(librarian, keyholder));
        }
        started(&report);
        let accounting = Arc::clone(&report.accounting);
        let ended = until_end(&pipeline, &accounting, stop).await;
        let drained = tokio::select! {
            drained = pipeline.drain(ended), if ended != Ended::AtOnce => drained.map(|()| ended),
            () = stop.now.cancelled() => Ok(Ended::AtOnce),
        };
        let failure = pipeline.failure();
        pipeline.end();
        let ended = failure.map_or(drained, Err)?;
        Ok((ended, accounting.totals()))
    })
}

async fn until_end(pipeline: &Pipeline, accounting: &Accounting, stop: &Stop) -> Ended {
    let mut status = interval_at(Instant::now() + STATUS, STATUS);
    let mut told = Totals::default();
    loop {
        tokio::select! {
            () = stop.now.cancelled() => return Ended::AtOnce,
            () = stop.drain.cancelled() => return Ended::Stopped,
            () = pipeline.failed() => return Ended::Stopped,
            () = pipeline.replayed() => return Ended::EndOfReplay,
            _ = status.tick() => {
                let now = accounting.totals();
                tell(&now, &told);
                told = now;
            }
        }
    }
}

/// One line on what happened since the last, if anything did.
fn tell(now: &Totals, before: &Totals) {
    let records = now.records_decoded - before.records_decoded;
    let flows = now.flows_published - before.flows_published;
    let lost = now.datagrams_dropped_by_kernel - before.datagrams_dropped_by_kernel;
    let rejected = now.datagrams_rejected - before.datagrams_rejected;
    let shed = now.records_shed - before.records_shed;
    if records + flows + lost + rejected > 0 {
        let (live, clients) = (now.records_held, now.sessions_open);
        let streams = now.streams_open;
        info!(
            records,
            flows,
            live,
            lost,
            shed,
            rejected,
            streams,
            clients,
            raw_written = now.raw_written,
            raw_durable = now.raw_durable,
            prepared_written = now.prepared_written,
            prepared_durable = now.prepared_durable,
            "last 10 s"
        );
    }
}

/// Says what does not add up; at rest, everything must.
fn check(totals: &Totals) {
    for imbalance in totals.imbalances() {
        warn!(
            law = imbalance.law,
            left = imbalance.left,
            right = imbalance.right,
            "the accounting does not add up"
        );
    }
}
