//! The beginning of the pipeline: the Receiver, or a Replayer in its place.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix::prelude::*;
use dataset::segment::Kind;
use decode::{Decoder, Snapshot};
use mediation::aggregate::Listener;
use mediation::blocks::Border;
use settings::{Mode, ReplayDatabases, Settings};
use tracing::warn;

use super::arbiters::{Arbiters, on};
use super::doors::{self, BoundDoor};
use super::outputs::Outputs;
use super::wiring::{Common, block_rules, timeouts};
use super::{ExporterPort, StreamPort};
use crate::ActorsError;
use crate::clock::Clock;
use crate::exporter_listener::ExporterListener;
use crate::exporters::Exporters;
use crate::gate::{self, Waiting};
use crate::intake::{Intake, limits};
use crate::keeper::{self, Keeper};
use crate::lanes::{LaneEntry, Lanes};
use crate::message::{Drain, Publish};
use crate::publisher::Publisher;
use crate::receiver::{self, BoundPort, Receiver, ToRaw};
use crate::replayer::{
    self, Outcome, Pacer, PreparedSource, RawSource, Replayer, Source as Replayed,
};
use crate::store::{StoreError, Stream, locate, oldest_seq_of};
use crate::supervision::supervise;
use crate::terms::Calendar;
use crate::tls::ExporterTls;

/// What feeds the pipeline, before it runs.
pub(super) enum Feed {
    /// UDP ports to receive on, and where exporters connect to.
    Live {
        ports: Vec<BoundPort>,
        doors: Vec<BoundDoor>,
        /// What was kept of exporters.
        kept: Option<Snapshot>,
    },
    /// A raw dataset; whether its flows are recorded.
    Raw { directory: PathBuf, records: bool },
    /// A prepared dataset and its first position.
    Prepared { directory: PathBuf, first_seq: u64 },
}

/// What feeds the pipeline.
pub(super) enum Source {
    Receiver(Addr<Receiver>, Addr<ExporterListener>),
    Replayer(Addr<Replayer>, Outcome),
}

/// Where a source listens; nowhere in a replay.
#[derive(Default)]
pub(super) struct Ports {
    pub(super) exporters: Vec<ExporterPort>,
    pub(super) streams: Vec<StreamPort>,
}

impl Feed {
    /// Whether the flows that come of it are recorded, if the settings say so.
    pub(super) const fn records(&self) -> bool {
        match self {
            Self::Live { .. } => true,
            Self::Raw { records, .. } => *records,
            Self::Prepared { .. } => false,
        }
    }

    /// What is known of exporters when a run begins, as the raw dataset has it.
    pub(super) fn known(&self) -> Vec<u8> {
        match self {
            Self::Live { kept, .. } => kept.as_ref().map(Snapshot::to_bytes).unwrap_or_default(),
            Self::Raw { .. } | Self::Prepared { .. } => Vec::new(),
        }
    }

    /// Whether its flows are anonymized: those of a prepared dataset are.
    pub(super) const fn anonymizes(&self) -> bool {
        !matches!(self, Self::Prepared { .. })
    }

    /// The first position of a prepared dataset that is replayed.
    pub(super) const fn first_seq(&self) -> Option<u64> {
        match self {
            Self::Prepared { first_seq, .. } => Some(*first_seq),
            _ => None,
        }
    }

    /// The prepared dataset that is replayed.
    pub(super) fn history(&self) -> Option<PathBuf> {
        match self {
            Self::Prepared { directory, .. } => Some(directory.clone()),
            _ => None,
        }
    }
}

impl Source {
    /// Binds the ports, or finds the dataset.
    pub(super) fn prepare(common: &Common, tls: Option<&ExporterTls>) -> Result<Feed, ActorsError> {
        let settings = &common.settings;
        match (settings.mode(), settings.replay().dataset()) {
            (Mode::Replay, Some(dataset)) => Ok(replayed(settings, dataset)?),
            _ => {
                let buffer = settings.receiver().receive_buffer().as_usize();
                let listen = settings.receiver().listen().iter();
                let ports = listen.map(|&address| receiver::bind(address, buffer));
                Ok(Feed::Live {
                    ports: ports.collect::<Result<_, _>>()?,
                    doors: doors::bind(settings.receiver().streams(), tls)?,
                    kept: kept(settings),
                })
            }
        }
    }

    /// Starts what was prepared; gives the ports it listens on.
    pub(super) async fn start(
        common: &Common,
        arbiters: &Arbiters,
        feed: Feed,
        lanes: Vec<LaneEntry>,
        publisher: &Addr<Publisher>,
        outputs: &Outputs,
    ) -> Result<(Self, Ports), ActorsError> {
        let publisher = publisher.clone().recipient();
        match feed {
            Feed::Live { ports, doors, kept } => {
                let intake = live_intake(common, lanes, kept);
                let (receiver, exporters) =
                    start_receiver(common, arbiters, ports, intake, outputs).await?;
                let (listener, streams) = doors::open(common, arbiters, doors, &receiver).await?;
                Ok((
                    Self::Receiver(receiver, listener),
                    Ports { exporters, streams },
                ))
            }
            Feed::Raw { directory, .. } => {
                let make = raw_source(common, directory, lanes);
                Ok((
                    start_replayer(common, arbiters, make, outputs),
                    Ports::default(),
                ))
            }
            Feed::Prepared {
                directory,
                first_seq,
            } => {
                let make = prepared_source(common, directory, first_seq, publisher);
                Ok((
                    start_replayer(common, arbiters, make, outputs),
                    Ports::default(),
                ))
            }
        }
    }

    /// Takes in what is there and stops; answered when all of it was answered for.
    pub(super) async fn drain(&self) {
        match self {
            Self::Receiver(receiver, listener) => {
                // Sessions first: what they still have to say goes to the Receiver.
                listener.send(Drain).await.ok();
                receiver.send(Drain).await.ok()
            }
            Self::Replayer(replayer, _) => replayer.send(Drain).await.ok(),
        };
    }

    /// The Receiver; none in a replay.
    pub(super) fn receiver(&self) -> Option<Addr<Receiver>> {
        match self {
            Self::Receiver(receiver, _) => Some(receiver.clone()),
            Self::Replayer(..) => None,
        }
    }

    /// Waits until a replay is over; for ever where nothing is replayed.
    pub(super) async fn replayed(&self) {
        match self {
            Self::Receiver(..) => std::future::pending().await,
            Self::Replayer(_, outcome) => outcome.over.cancelled().await,
        }
    }

    /// What stopped a replay before its end.
    pub(super) fn take_error(&self) -> Option<StoreError> {
        match self {
            Self::Receiver(..) => None,
            Self::Replayer(_, outcome) => outcome.take_error(),
        }
    }
}

fn replayed(settings: &Settings, dataset: &Path) -> Result<Feed, StoreError> {
    let (directory, kind) = locate(dataset)?;
    match kind {
        Kind::Raw => {
            let records = !is_beside(&directory, settings.recorder().directory());
            if !records && settings.recorder().records_prepared() {
                warn!(
                    dataset = %directory.display(),
                    "the flows of this replay are not recorded, since recorder.directory is \
                     where the dataset is; set recorder.directory to keep them"
                );
            }
            Ok(Feed::Raw { directory, records })
        }
        Kind::Prepared => {
            let first_seq = oldest_seq_of(&directory)?.unwrap_or(0);
            Ok(Feed::Prepared {
                directory,
                first_seq,
            })
        }
    }
}

/// Whether the dataset lies in the directory that the Recorder writes to.
fn is_beside(dataset: &Path, recorder: &Path) -> bool {
    let parent = dataset
        .canonicalize()
        .ok()
        .and_then(|path| path.parent().map(Path::to_owned));
    parent.is_some() && parent == recorder.canonicalize().ok()
}

async fn start_receiver(
    common: &Common,
    arbiters: &Arbiters,
    ports: Vec<BoundPort>,
    intake: impl FnOnce() -> Intake + Send + 'static,
    outputs: &Outputs,
) -> Result<(Addr<Receiver>, Vec<ExporterPort>), ActorsError> {
    let told = |port: &BoundPort| ExporterPort {
        address: port.address(),
        buffer: port.granted(),
    };
    let exporters = ports.iter().map(told).collect();
    let arbiter = arbiters.source.handle();
    let listen = move || {
        ports
            .into_iter()
            .map(|port| port.listen().map(Arc::new))
            .collect()
    };
    let ports: Result<Vec<_>, _> = on(&arbiter, listen).await?;
    let ports = ports?;
    let per_read = common.settings.receiver().datagrams_per_read().get();
    let raw = outputs.raw.clone().map(|raw| ToRaw {
        arrivals: raw.clone().recipient(),
        editions: raw.clone().recipient(),
        end: raw.recipient(),
    });
    let (bin, accounting) = (common.bin.clone(), Arc::clone(&common.accounting));
    let keeper = start_keeper(common, arbiters).map(Addr::recipient);
    let receiver = supervise(
        receiver::NAME,
        common.policy,
        common.overseer.clone(),
        &arbiter,
        move |_| Receiver::new(ports, per_read, intake(), raw, keeper, bin, accounting),
    );
    Ok((receiver, exporters))
}

/// What was kept of exporters by a run before this one, if that is asked for.
fn kept(settings: &Settings) -> Option<Snapshot> {
    let keep = settings.receiver().templates_keep();
    let path = keeper::path(settings.recorder().directory());
    (!keep.is_zero()).then(|| keeper::kept(&path, keep))?
}

/// The Keeper, if anything is to be kept.
fn start_keeper(common: &Common, arbiters: &Arbiters) -> Option<Addr<Keeper>> {
    let settings = &common.settings;
    let path = keeper::path(settings.recorder().directory());
    let asked = !settings.receiver().templates_keep().is_zero();
    asked.then(|| {
        supervise(
            keeper::NAME,
            common.policy,
            common.overseer.clone(),
            &arbiters.storage.handle(),
            move |_| Keeper::new(path),
        )
    })
}

/// The intake of a Receiver, which knows what was kept. What a replay knows comes from
/// its dataset, in the same octets.
fn live_intake(
    common: &Common,
    lanes: Vec<LaneEntry>,
    kept: Option<Snapshot>,
) -> impl FnOnce() -> Intake + Send + use<> {
    let make = intake(common, receiver::NAME, lanes);
    let waiting = Waiting::new(common.gate.clone(), gate::RECORDS_MAX);
    move || {
        let mut intake = make().with_waiting(waiting);
        if let Some(kept) = kept {
            intake.restore(&kept.to_bytes());
        }
        intake
    }
}

/// Makes the intake on the arbiter where it is used.
fn intake(
    common: &Common,
    stage: &'static str,
    lanes: Vec<LaneEntry>,
) -> impl FnOnce() -> Intake + Send + use<> {
    let receiver = common.settings.receiver();
    let decoder = Decoder::with_elements(limits(receiver), Arc::clone(&common.elements));
    let clock = Clock::new(timeouts(&common.settings).horizon_secs());
    let listener = Listener::new(timeouts(&common.settings), receiver.exporters_max().get());
    let exporters = Exporters::new(listener);
    let (bin, selection) = (common.bin.clone(), Arc::clone(&common.selection));
    let border = block_rules(&common.settings).map(|rules| Border::new(rules.block_records));
    let calendar = Calendar::new(Arc::clone(&common.stock.edition), common.keys.clone());
    move || {
        let lanes = Lanes::new(stage, lanes, calendar, &bin);
        Intake::new(stage, decoder, exporters, selection, clock, lanes, bin).with_blocks(border)
    }
}

fn raw_source(
    common: &Common,
    directory: PathBuf,
    lanes: Vec<LaneEntry>,
) -> impl FnOnce() -> Box<dyn Replayed> + Send + use<> {
    let pacer = Pacer::new(common.settings.replay().pace());
    let intake = intake(common, replayer::NAME, lanes);
    let as_recorded = common.settings.replay().databases() == ReplayDatabases::AsRecorded;
    let library = as_recorded.then(|| Arc::clone(&common.stock.library));
    move || {
        let stream = Stream::new(directory, 0);
        Box::new(RawSource::new(stream, pacer, intake(), library))
    }
}

fn prepared_source(
    common: &Common,
    directory: PathBuf,
    first_seq: u64,
    publisher: Recipient<Publish>,
) -> impl FnOnce() -> Box<dyn Replayed> + Send + use<> {
    let pacer = Pacer::new(common.settings.replay().pace());
    let (bin, accounting) = (common.bin.clone(), Arc::clone(&common.accounting));
    move || {
        let stream = Stream::new(directory, first_seq);
        Box::new(PreparedSource::new(
            stream, pacer, publisher, bin, accounting,
        ))
    }
}

fn start_replayer(
    common: &Common,
    arbiters: &Arbiters,
    make: impl FnOnce() -> Box<dyn Replayed> + Send + 'static,
    outputs: &Outputs,
) -> Source {
    let outcome = Outcome::default();
    let told = outcome.clone();
    let first_client = common.settings.replay().wait_for_client();
    let first_client = first_client.then(|| outputs.hall.first_client.subscribe());
    let arbiter = arbiters.source.handle();
    let replayer = supervise(
        replayer::NAME,
        common.policy,
        common.overseer.clone(),
        &arbiter,
        move |_| Replayer::new(make(), first_client, told),
    );
    Source::Replayer(replayer, outcome)
}
