//! One run from its seed to its outcome.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use actix::System;
use tokio::time::{sleep, timeout};

use super::fault;
use super::outcome::{Outcome, delivered, keys, quarantine, quarantined, stored};
use super::random::Random;
use super::rig::{Rig, Setup};
use super::scenario::Scenario;
use super::witness::{Reader, Reading, Rows, Seen, witness};
use crate::supervision::{Backoff, Policy};

/// How stages are run in tests, unless they say otherwise.
pub(crate) const POLICY: Policy = Policy {
    mailbox: 16,
    falls_max: 5,
    window: Duration::from_secs(60),
    backoff: Backoff {
        min: Duration::from_millis(100),
        max: Duration::from_secs(10),
    },
};

/// Runs on a paused clock: time passes only when nothing else can happen.
pub(crate) fn paused<F: Future>(run: F) -> F::Output {
    fault::quiet();
    fault::disarm_all();
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().unwrap()
    };
    // When nothing else can happen, that long passes at once.
    let run = async { timeout(Duration::from_secs(100_000_000), run).await };
    let ended = System::with_tokio_rt(runtime).block_on(run);
    ended.expect("it comes to no end")
}

/// How a run is watched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watch {
    /// Time for a millisecond of the scenario.
    pub(crate) pace: Duration,
    /// How slow the reader is at the most, in paces.
    pub(crate) pause_max: u64,
    /// How long the drain may take.
    pub(crate) patience: Duration,
}

/// Plays a scenario, drains, and gathers what there is to see.
pub(crate) async fn run(
    name: &str,
    scenario: &Scenario,
    setup: Setup,
    watch: Watch,
) -> Result<Outcome, String> {
    let rig = Rig::start(name, setup);
    let witness = actix::spawn(witness(Arc::clone(&rig.ring)));
    let reader = Reader {
        ring: Arc::clone(&rig.ring),
        directory: rig.directory.path().join("prepared"),
        random: Random::new(5),
        pause_max: watch.pause_max,
        pace: watch.pace,
        next_seq: 0,
        stream: None,
    };
    let reader = actix::spawn(reader.read());
    rig.play(scenario, watch.pace).await;
    rig.disk_back();
    rig.gate.open();
    let late = |what: &str| format!("{what} takes longer than {:?}", watch.patience);
    let drained = timeout(watch.patience, rig.drain()).await;
    drained.map_err(|_| late("the drain"))?;
    let read = timeout(watch.patience, reader).await;
    let reading = read.map_err(|_| late("the reader"))?.unwrap();
    let seen = witness.await.unwrap();
    // What an incident asks for is said by then.
    sleep(watch.pace).await;
    gather(rig, scenario, &seen, reading)
}

fn gather(rig: Rig, scenario: &Scenario, seen: &Seen, reading: Reading) -> Result<Outcome, String> {
    let sent = scenario.sent(rig.taken());
    let quarantine = quarantine(rig.directory.path());
    let blocks = &seen.blocks;
    let published = blocks
        .iter()
        .map(|block| (block.tick().secs(), Rows::of(block, 0)));
    let (stored, stored_keys) = stored(rig.directory.path())?;
    let keys = [keys(blocks.iter().map(Arc::as_ref)), stored_keys];
    let outcome = Outcome {
        delivered: delivered(blocks, &sent)?,
        quarantined: quarantined(&quarantine, &sent),
        published: published.collect(),
        stored,
        keys,
        quarantine,
        sent,
        reading,
        incidents: rig.incidents.lock().unwrap().clone(),
        unseen: seen.missed,
        gave_up: rig.escalation.cause(),
        totals: rig.accounting.totals(),
    };
    rig.end();
    Ok(outcome)
}
