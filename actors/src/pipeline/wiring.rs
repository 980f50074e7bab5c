//! Building a pipeline from its parts.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;

use actix::prelude::*;
use decode::Elements;
use mediation::aggregate::{self, Apart, Incomplete, Observers, Rules, Timeouts};
use mediation::anonymize::KeyRing;
use mediation::blocks::{self, Blocks};
use mediation::rollup::{self, RollUp};
use settings::{ApartBy, IncompleteTcp, Mode, Settings, SeveralExporters};
use std::time::Duration;

use super::arbiters::Arbiters;
use super::outputs::Outputs;
use super::sources::{Ports, Source};
use super::{Parts, Started};
use crate::ActorsError;
use crate::accounting::Accounting;
use crate::aggregator::{self, Aggregator, Core};
use crate::anonymizer::{self, Anonymizer};
use crate::enricher::{self, Enricher};
use crate::gate::Gate;
use crate::keyholder::{self, KeySource, Keyholder};
use crate::lanes::LaneEntry;
use crate::librarian::{self, Librarian, Rounds, Stock};
use crate::overseer::{Escalation, Overseer};
use crate::publisher::{self, Publisher};
use crate::quarantine::{Bin, Quarantine, Shelf};
use crate::selection::Selection;
use crate::supervision::{Backoff, Incident, Policy, supervise};
use crate::terms::Terms;

/// What every part of the pipeline is built with.
pub(super) struct Common {
    pub(super) settings: Settings,
    pub(super) elements: Arc<Elements>,
    pub(super) policy: Policy,
    pub(super) keys: KeyRing,
    pub(super) key_source: Option<Arc<dyn KeySource>>,
    pub(super) selection: Arc<Selection>,
    pub(super) stock: Stock,
    pub(super) overseer: Recipient<Incident>,
    pub(super) bin: Bin,
    pub(super) gate: Gate,
    pub(super) accounting: Arc<Accounting>,
}

/// The stages of one lane.
pub(super) struct Lane {
    pub(super) aggregator: Addr<Aggregator>,
    pub(super) enricher: Addr<Enricher>,
    pub(super) anonymizer: Addr<Anonymizer>,
}

/// A running pipeline.
pub(super) struct Pipeline {
    pub(super) arbiters: Arbiters,
    pub(super) source: Source,
    pub(super) lanes: Vec<Lane>,
    pub(super) publisher: Addr<Publisher>,
    pub(super) outputs: Outputs,
    pub(super) quarantine: Addr<Quarantine>,
    /// None in a replay, which uses one edition, or those that were recorded.
    pub(super) librarian: Option<Addr<Librarian>>,
    /// None where no key is needed.
    pub(super) keyholder: Option<Addr<Keyholder>>,
    pub(super) gate: Gate,
    pub(super) escalation: Escalation,
    pub(super) accounting: Arc<Accounting>,
    pub(super) drain_timeout: Duration,
}

impl Pipeline {
    /// Starts every stage, the last of the flow first.
    pub(super) async fn start(mut parts: Parts) -> Result<(Self, Started), ActorsError> {
        let tls = parts.tls.take();
        let arbiters = Arbiters::new(lane_count(&parts.settings));
        let (escalation, accounting) = (Escalation::default(), Arc::new(Accounting::default()));
        let overseer = Overseer::new(escalation.clone(), Arc::clone(&accounting)).start();
        let (common, quarantine) = common(parts, overseer.recipient(), &accounting, &arbiters);
        let feed = Source::prepare(&common, tls.as_ref())?;
        let anonymizes = feed.anonymizes();
        let outputs = Outputs::start(&common, &arbiters, &feed).await?;
        let publisher = start_publisher(&common, &outputs, arbiters.lanes.len());
        let lanes = start_lanes(&common, &arbiters, &publisher);
        let entries = lanes.iter().map(Lane::entry).collect();
        let (source, Ports { exporters, streams }) =
            Source::start(&common, &arbiters, feed, entries, &publisher, &outputs).await?;
        let librarian = start_librarian(&common, &arbiters, &source);
        let keyholder = start_keyholder(&common, &arbiters, &source, anonymizes);
        let clients = outputs.addresses.clone();
        let started = Started {
            exporters,
            streams,
            clients,
            accounting: Arc::clone(&accounting),
        };
        let drain_timeout = common.settings.supervision().drain_timeout();
        let pipeline = Self {
            arbiters,
            source,
            lanes,
            publisher,
            outputs,
            quarantine,
            librarian,
            keyholder,
            gate: common.gate.clone(),
            escalation,
            accounting,
            drain_timeout,
        };
        Ok((pipeline, started))
    }

    /// Waits until a stage was given up.
    pub(super) async fn failed(&self) {
        self.escalation.raised().await;
    }

    /// Waits until a replay is over; for ever where nothing is replayed.
    pub(super) async fn replayed(&self) {
        self.source.replayed().await;
    }

    /// What made the pipeline end, if it was a failure.
    pub(super) fn failure(&self) -> Option<ActorsError> {
        let stage = self.escalation.cause().map(ActorsError::Stage);
        stage.or_else(|| self.source.take_error().map(ActorsError::Store))
    }
}

fn common(
    parts: Parts,
    overseer: Recipient<Incident>,
    accounting: &Arc<Accounting>,
    arbiters: &Arbiters,
) -> (Common, Addr<Quarantine>) {
    let settings = parts.settings;
    let policy = supervision(&settings);
    let (directory, bytes_max) = {
        let supervision = settings.supervision();
        let directory = supervision.quarantine_directory().to_owned();
        (directory, supervision.quarantine_bytes_max().bytes())
    };
    let storage = arbiters.storage.handle();
    let quarantine = supervise(
        "quarantine",
        policy,
        overseer.clone(),
        &storage,
        move |_| Quarantine::new(Shelf::new(&directory, bytes_max)),
    );
    let bin = Bin::new(quarantine.clone().recipient(), Arc::clone(accounting));
    let common = Common {
        settings,
        elements: parts.elements,
        policy,
        keys: parts.keys,
        key_source: parts.key_source,
        selection: Arc::new(parts.selection),
        stock: parts.stock,
        overseer,
        bin,
        gate: Gate::default(),
        accounting: Arc::clone(accounting),
    };
    (common, quarantine)
}

fn supervision(settings: &Settings) -> Policy {
    let supervision = settings.supervision();
    Policy {
        mailbox: supervision.mailbox().get(),
        falls_max: supervision.falls_max().get(),
        window: supervision.window(),
        backoff: Backoff {
            min: supervision.backoff_min(),
            max: supervision.backoff_max(),
        },
    }
}

/// How many lanes there are: a replayed prepared dataset needs none, and has one idle.
fn lane_count(settings: &Settings) -> usize {
    let cores = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    settings.pipeline().lanes().count(cores).get()
}

/// The aggregation's times from the settings.
pub(super) fn timeouts(settings: &Settings) -> Timeouts {
    let aggregator = settings.aggregator();
    let own = |timeout: fn(&settings::Exporter) -> Option<Duration>| {
        let exporters = aggregator.exporters().iter();
        let own =
            exporters.filter_map(|(addr, exporter)| Some((*addr, millis(timeout(exporter)?))));
        own.collect()
    };
    Timeouts {
        idle_ms: millis(aggregator.idle_timeout()),
        exporter_active_ms: millis(aggregator.exporter_active_timeout()),
        exporter_active_ms_of: own(settings::Exporter::active_timeout),
        exporter_idle_ms: aggregator.exporter_idle_timeout().map(millis),
        exporter_idle_ms_of: own(settings::Exporter::idle_timeout),
        slack_ms: millis(aggregator.slack()),
        linger_ms: millis(aggregator.linger()),
        longest_lifetime_ms: millis(aggregator.longest_lifetime()),
    }
}

/// The rules of aggregation from the settings.
fn rules(settings: &Settings) -> Rules {
    let aggregator = settings.aggregator();
    let apart_by = |field| aggregator.apart_by().contains(&field);
    Rules {
        timeouts: timeouts(settings),
        observers: match aggregator.several_exporters() {
            SeveralExporters::First => Observers::First,
            SeveralExporters::Sum => Observers::Sum,
            SeveralExporters::Apart => Observers::Apart,
        },
        biflow: aggregator.biflow(),
        apart: Apart {
            exporter: apart_by(ApartBy::Exporter),
            observation_domain: apart_by(ApartBy::ObservationDomain),
            in_if: apart_by(ApartBy::InIf),
            out_if: apart_by(ApartBy::OutIf),
            vlan: apart_by(ApartBy::Vlan),
            tos: apart_by(ApartBy::Tos),
        },
        incomplete: match aggregator.incomplete_tcp() {
            IncompleteTcp::Emit => Incomplete::Emit,
            IncompleteTcp::Drop => Incomplete::Drop,
        },
        flows_max: aggregator.flows_max().get(),
    }
}

/// The rules of aggregation within blocks, if the settings ask for it.
pub(super) fn block_rules(settings: &Settings) -> Option<blocks::Rules> {
    let blocks = settings.aggregator().blocks()?;
    Some(blocks::Rules {
        block_records: blocks.records().get(),
        udp_gap_ms: millis(blocks.udp_gap()),
        other_exporters_left_out: blocks.other_exporters_left_out(),
        tcp_without_opening_left_out: blocks.tcp_without_opening_left_out(),
        tcp_without_closing_left_out: blocks.tcp_without_closing_left_out(),
        udp_gap_of_the_limit_is_active: blocks.udp_gap_of_the_limit_is_active(),
        gaps_from_the_record_before: blocks.gaps_from_the_record_before(),
        sampling_ignored: blocks.sampling_ignored(),
        last_part_left_out: blocks.last_part_left_out(),
    })
}

/// The rules by which flows are rolled up, if the settings ask for it.
fn rollup_rules(settings: &Settings) -> Option<rollup::Rules> {
    let rollup = settings.aggregator().rollup()?;
    let timeouts = timeouts(settings);
    let longest_lateness_ms = || rollup::Rules::longest_lateness_ms(&timeouts);
    Some(rollup::Rules {
        key: rollup.key().iter().copied().collect(),
        interval_secs: rollup.interval_secs(),
        lateness_ms: rollup.lateness().map_or_else(longest_lateness_ms, millis),
        longest_ms: timeouts.longest_lifetime_ms,
        groups_max: rollup.groups_max().get(),
    })
}

pub(super) fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn start_publisher(common: &Common, outputs: &Outputs, lanes: usize) -> Addr<Publisher> {
    let recorder = outputs.prepared.clone().map(Addr::recipient);
    let (ring, bin) = (Arc::clone(&outputs.hall.ring), common.bin.clone());
    let accounting = Arc::clone(&common.accounting);
    let rollup = rollup_rules(&common.settings).map(|rules| RollUp::new(rules, seed(lanes)));
    let here = Arbiter::current();
    supervise(
        publisher::NAME,
        common.policy,
        common.overseer.clone(),
        &here,
        move |_| Publisher::new(lanes, ring, recorder, bin, accounting).with_rollup(rollup),
    )
}

fn start_lanes(common: &Common, arbiters: &Arbiters, publisher: &Addr<Publisher>) -> Vec<Lane> {
    let start = |(number, arbiter): (usize, &Arbiter)| {
        let core = core(&common.settings, number);
        Lane::start(number, core, common, &arbiter.handle(), publisher)
    };
    arbiters.lanes.iter().enumerate().map(start).collect()
}

/// What aggregates the records of a lane.
fn core(settings: &Settings, lane: usize) -> Core {
    if let Some(rules) = block_rules(settings) {
        return Blocks::new(rules).into();
    }
    aggregate::Aggregator::new(rules(settings), seed(lane)).into()
}

/// A seed for a hash table. Nothing that leaves depends on it; it only makes collisions
/// hard to plan.
fn seed(of: usize) -> u64 {
    std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), of)
}

impl Lane {
    pub(super) fn start(
        number: usize,
        core: Core,
        common: &Common,
        arbiter: &ArbiterHandle,
        publisher: &Addr<Publisher>,
    ) -> Self {
        let Common {
            policy: falls,
            keys,
            selection,
            stock,
            overseer,
            bin,
            gate,
            accounting,
            ..
        } = common;
        let gate = gate.clone();
        let next = publisher.clone().recipient();
        let (its_bin, counts) = (bin.clone(), Arc::clone(accounting));
        let anonymizer = supervise(anonymizer::NAME, *falls, overseer.clone(), arbiter, |_| {
            Anonymizer::new(gate, next, its_bin, counts)
        });
        let next = anonymizer.clone().recipient();
        let selection = Arc::clone(selection);
        let (its_bin, counts) = (bin.clone(), Arc::clone(accounting));
        let enricher = supervise(enricher::NAME, *falls, overseer.clone(), arbiter, |_| {
            Enricher::new(selection, next, its_bin, counts)
        });
        let next = enricher.clone().recipient();
        let terms = Terms {
            edition: Arc::clone(&stock.edition),
            anonymization: Arc::clone(keys.in_force()),
        };
        let (its_bin, counts) = (bin.clone(), Arc::clone(accounting));
        let aggregator = supervise(
            aggregator::NAME,
            *falls,
            overseer.clone(),
            arbiter,
            move |_| Aggregator::new(number, core, terms, next, its_bin, counts),
        );
        Self {
            aggregator,
            enricher,
            anonymizer,
        }
    }

    pub(super) fn entry(&self) -> LaneEntry {
        LaneEntry {
            flows: self.aggregator.clone().recipient(),
            ticks: self.aggregator.clone().recipient(),
            blocks: self.aggregator.clone().recipient(),
            ends: self.aggregator.clone().recipient(),
        }
    }
}

/// The Librarian of a live pipeline.
fn start_librarian(
    common: &Common,
    arbiters: &Arbiters,
    source: &Source,
) -> Option<Addr<Librarian>> {
    let receiver = source.receiver()?;
    let stock = common.stock.clone();
    let databases = common.settings.databases();
    let update = match databases.update() && !databases.sources().is_empty() {
        true => databases.look_interval(),
        false => Duration::ZERO,
    };
    let rounds = Rounds {
        look: common.settings.enricher().look_interval(),
        update,
    };
    let accounting = Arc::clone(&common.accounting);
    Some(supervise(
        librarian::NAME,
        common.policy,
        common.overseer.clone(),
        &arbiters.storage.handle(),
        move |_| Librarian::new(stock, receiver.recipient(), rounds, accounting),
    ))
}

/// The Keyholder of a pipeline that has a key and uses it.
fn start_keyholder(
    common: &Common,
    arbiters: &Arbiters,
    source: &Source,
    anonymizes: bool,
) -> Option<Addr<Keyholder>> {
    let receiver = source.receiver().map(Addr::recipient);
    if !anonymizes {
        return None;
    }
    let keys = Arc::clone(common.key_source.as_ref()?);
    let in_use = common.keys.key_id()?;
    let gate = common.gate.clone();
    let accounting = Arc::clone(&common.accounting);
    Some(supervise(
        keyholder::NAME,
        common.policy,
        common.overseer.clone(),
        &arbiters.storage.handle(),
        move |_| Keyholder::new(keys, in_use, receiver, gate, accounting),
    ))
}

/// Whether the settings ask for a replay.
pub(super) fn is_replay(settings: &Settings) -> bool {
    settings.mode() == Mode::Replay
}
