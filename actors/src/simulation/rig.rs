//! The real stages from the intake to the dataset, wired as the pipeline wires them.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use actix::prelude::*;
use dataset::name::Content;
use dataset::segment::Kind;
use mediation::aggregate::{self, Listener, Observers, Rules, Timeouts};
use mediation::anonymize::{CryptoPan, Epoch, Epochs, Key};
use mediation::blocks::{self, Blocks, Border};
use protocol::{EndReason, Form, Format};

use super::collector::{Incidents, Seen, tell};
use super::driver::{self, Advance, Deliver, Driver, EndRun};
use super::fault::Trip;
use super::scenario::{Scenario, Stage, Step};
use super::stages::{Lane, Parts, calendar};
use crate::accounting::Accounting;
use crate::clock::Clock;
use crate::exporters::Exporters;
use crate::gate::{Gate, Waiting};
use crate::intake::Intake;
use crate::lanes::Lanes;
use crate::message::{Barrier, Drain, EndOfRun};
use crate::overseer::{Escalation, Overseer};
use crate::publisher::{self, Publisher};
use crate::quarantine::Quarantine;
use crate::recorder::{self, PreparedRecorder};
use crate::ring::Ring;
use crate::store::{Options, Store};
use crate::supervision::{Incident, Policy};
use crate::test_directory::TestDirectory;

/// How a run is set up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) lanes: usize,
    pub(crate) policy: Policy,
    /// Live flows over all partitions.
    pub(crate) flows_max: usize,
    pub(crate) ring_weight: usize,
    pub(crate) segment_bytes: u64,
    /// How many records may wait in front of a shut gate, if the source does not wait.
    pub(crate) waiting_max: Option<usize>,
    /// With how many records a block ends, if they are aggregated within blocks.
    pub(crate) block_records: Option<u32>,
    /// Each stage on an arbiter of its own; otherwise all on this one.
    pub(crate) threads: bool,
}

/// The times of a run, short enough for flows to end in it.
pub(crate) fn timeouts() -> Timeouts {
    Timeouts {
        idle_ms: 3_000,
        exporter_active_ms: 6_000,
        exporter_active_ms_of: std::collections::BTreeMap::new(),
        exporter_idle_ms: None,
        exporter_idle_ms_of: std::collections::BTreeMap::new(),
        slack_ms: 1_000,
        linger_ms: 1_000,
        longest_lifetime_ms: 20_000,
    }
}

/// The rules of a run: every record is counted, whoever sends it.
fn rules(flows_max: usize) -> Rules {
    Rules {
        observers: Observers::Apart,
        ..Rules::plain(timeouts(), flows_max)
    }
}

/// The same within blocks: nothing is left out.
const fn block_rules(block_records: u32) -> blocks::Rules {
    blocks::Rules {
        block_records,
        udp_gap_ms: 3_000,
        other_exporters_left_out: false,
        tcp_without_opening_left_out: false,
        tcp_without_closing_left_out: false,
        udp_gap_of_the_limit_is_active: false,
        gaps_from_the_record_before: false,
        sampling_ignored: false,
        last_part_left_out: false,
    }
}

/// The key of a run.
pub(crate) fn key() -> Key {
    Key::from_octets(&[7; Key::LEN]).unwrap()
}

/// For how long it is used before another one is derived.
pub(crate) const EPOCHS: Epochs = Epochs::Hourly;

/// The permutation of a run's addresses in an epoch.
pub(crate) fn permutation(epoch: Epoch) -> CryptoPan {
    CryptoPan::new(&key().of_epoch(epoch))
}

/// What a store of prepared flows in `directory` is opened with.
pub(crate) fn options(directory: &std::path::Path, segment_bytes: u64) -> Options {
    Options {
        directory: directory.join("prepared"),
        kind: Kind::Prepared,
        content: Content::Csv,
        level: 1,
        segment_bytes,
        segment_ms: 3_600_000,
        sync: crate::store::SyncRule::Never,
        retention: crate::store::Retention::default(),
        meta: serde_json::Map::new(),
        preamble: Form::all(Format::Csv).preamble(),
    }
}

/// A running rig.
pub(crate) struct Rig {
    pub(crate) driver: Addr<Driver>,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) publisher: Addr<Publisher>,
    pub(crate) recorder: Addr<PreparedRecorder>,
    pub(crate) quarantine: Addr<Quarantine>,
    pub(crate) ring: Arc<Ring>,
    pub(crate) accounting: Arc<Accounting>,
    pub(crate) gate: Gate,
    pub(crate) escalation: Escalation,
    pub(crate) incidents: Seen<Incident>,
    pub(crate) directory: TestDirectory,
    /// Deliveries taken in.
    pub(crate) taken: Arc<AtomicUsize>,
    arbiters: Vec<Arbiter>,
}

impl Rig {
    /// Starts every stage, the last of the flow first.
    pub(crate) fn start(name: &str, setup: Setup) -> Self {
        let directory = TestDirectory::new(name);
        let (escalation, accounting) = (Escalation::default(), Arc::new(Accounting::default()));
        let overseer = Overseer::new(escalation.clone(), Arc::clone(&accounting)).start();
        let incidents = Seen::default();
        let listener = Incidents {
            seen: Arc::clone(&incidents),
            overseer: overseer.recipient(),
        };
        let mut parts = Parts::new(
            setup,
            listener.start().recipient(),
            Arc::clone(&accounting),
            directory.path(),
        );
        let ring = Arc::new(Ring::new(0, setup.ring_weight));
        let recorder = recorder(&mut parts, directory.path(), &ring);
        let publisher = publisher(&mut parts, &recorder, &ring);
        let lanes: Vec<_> = (0..setup.lanes)
            .map(|number| {
                let core = match setup.block_records {
                    Some(records) => Blocks::new(block_rules(records)).into(),
                    None => aggregate::Aggregator::new(rules(setup.flows_max), 11).into(),
                };
                Lane::start(number, core, &mut parts, &publisher)
            })
            .collect();
        let taken = Arc::new(AtomicUsize::new(0));
        let driver = driver(&mut parts, &lanes, Arc::clone(&taken));
        let Parts {
            quarantine,
            gate,
            arbiters,
            ..
        } = parts;
        Self {
            driver,
            lanes,
            publisher,
            recorder,
            quarantine,
            ring,
            accounting,
            gate,
            escalation,
            incidents,
            directory,
            taken,
            arbiters,
        }
    }

    /// Plays a scenario until its end or until a stage is given up. `pace` is real or
    /// simulated time for a millisecond of the scenario.
    pub(crate) async fn play(&self, scenario: &Scenario, pace: Duration) {
        for step in &scenario.steps {
            if self.escalation.cause().is_some() {
                break;
            }
            match step.clone() {
                Step::Deliver(sent) => tell(&self.driver, Deliver(sent)),
                Step::Advance(tick) => tell(&self.driver, Advance(tick)),
                Step::EndRun => tell(&self.driver, EndRun),
                Step::Trip(stage, trip) => self.trip(stage, scaled(trip, pace)),
                Step::Shut => self.gate.shut("no key"),
                Step::Opened => self.gate.open(),
                Step::DiskGone => self.disk_gone(),
                Step::DiskBack => self.disk_back(),
                Step::Rest(millis) => {
                    tokio::time::sleep(pace * u32::try_from(millis).unwrap()).await;
                }
            }
        }
    }

    fn trip(&self, stage: Stage, trip: Trip) {
        match stage {
            Stage::Source => tell(&self.driver, trip),
            Stage::Aggregator(lane) => tell(&self.lanes[lane].aggregator, trip),
            Stage::Enricher(lane) => tell(&self.lanes[lane].enricher, trip),
            Stage::Anonymizer(lane) => tell(&self.lanes[lane].anonymizer, trip),
            Stage::Publisher => tell(&self.publisher, trip),
            Stage::Recorder => tell(&self.recorder, trip),
            Stage::Quarantine => tell(&self.quarantine, trip),
        }
    }

    fn disk_gone(&self) {
        let [here, aside] = ["prepared", "aside"].map(|name| self.directory.path().join(name));
        if fs::rename(&here, &aside).is_ok() {
            fs::write(&here, "no directory").unwrap();
        }
    }

    pub(crate) fn disk_back(&self) {
        let [here, aside] = ["prepared", "aside"].map(|name| self.directory.path().join(name));
        if aside.try_exists().unwrap() {
            fs::remove_file(&here).unwrap();
            fs::rename(&aside, &here).unwrap();
        }
    }

    /// Drains stage after stage, as the pipeline does.
    pub(crate) async fn drain(&self) {
        self.driver.send(Drain).await.ok();
        for lane in &self.lanes {
            lane.aggregator.send(Barrier).await.ok();
            lane.enricher.send(Barrier).await.ok();
            lane.anonymizer.send(Barrier).await.ok();
        }
        self.publisher.send(Barrier).await.ok();
        let end = EndOfRun {
            ran_until: None,
            kernel_drops: 0,
        };
        self.recorder.send(end).await.ok();
        self.quarantine.send(Barrier).await.ok();
        self.ring.end(EndReason::Shutdown);
    }

    /// Deliveries that the intake took in.
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(SeqCst)
    }

    /// Ends the arbiters; gives the directory, which is removed with it.
    pub(crate) fn end(self) -> TestDirectory {
        for arbiter in self.arbiters {
            arbiter.stop();
            arbiter.join().unwrap();
        }
        self.directory
    }
}

/// A trip at the pace of the run.
fn scaled(trip: Trip, pace: Duration) -> Trip {
    let scale = |time: Duration| pace * u32::try_from(time.as_millis()).unwrap();
    match trip {
        Trip::Later(after) => Trip::Later(scale(after)),
        Trip::Stall(time) => Trip::Stall(scale(time)),
        trip => trip,
    }
}

fn recorder(
    parts: &mut Parts,
    directory: &std::path::Path,
    ring: &Arc<Ring>,
) -> Addr<PreparedRecorder> {
    let store = Store::open(options(directory, parts.setup.segment_bytes)).unwrap();
    let (ring, bin) = (Arc::clone(ring), parts.bin.clone());
    let accounting = Arc::clone(&parts.accounting);
    parts.supervise(recorder::PREPARED, move |_| {
        PreparedRecorder::new(store, ring, bin, accounting)
    })
}

fn publisher(
    parts: &mut Parts,
    recorder: &Addr<PreparedRecorder>,
    ring: &Arc<Ring>,
) -> Addr<Publisher> {
    let (ring, bin) = (Arc::clone(ring), parts.bin.clone());
    let accounting = Arc::clone(&parts.accounting);
    let (lanes, recorder) = (parts.setup.lanes, recorder.clone().recipient());
    parts.supervise(publisher::NAME, move |_| {
        Publisher::new(lanes, ring, Some(recorder), bin, accounting)
    })
}

fn driver(parts: &mut Parts, lanes: &[Lane], taken: Arc<AtomicUsize>) -> Addr<Driver> {
    let entries = lanes.iter().map(Lane::entry).collect();
    let bin = parts.bin.clone();
    let clock = Clock::new(timeouts().horizon_secs());
    let border = parts.setup.block_records.map(Border::new);
    let gate = parts.gate.clone();
    let waiting = parts.setup.waiting_max.map(|max| Waiting::new(gate, max));
    parts.supervise(driver::NAME, move |_| {
        let lanes = Lanes::new(driver::NAME, entries, calendar(), &bin);
        let decoder = decode::Decoder::new(decode::Limits::default());
        let exporters = Exporters::new(Listener::new(timeouts(), 16));
        let intake = Intake::new(
            driver::NAME,
            decoder,
            exporters,
            Arc::default(),
            clock,
            lanes,
            bin,
        );
        let intake = intake.with_blocks(border);
        let intake = match waiting {
            None => intake,
            Some(waiting) => intake.with_waiting(waiting),
        };
        Driver::new(intake, taken)
    })
}
