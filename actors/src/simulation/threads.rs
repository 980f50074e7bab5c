//! The same laws with each stage on a thread of its own, in real time.

use std::time::Duration;

use actix::System;

use super::fault;
use super::outcome::ensure;
use super::random::for_each_seed;
use super::rig::Setup;
use super::run::{POLICY, Watch, run};
use super::scenario::{Faults, Scenario};
use crate::supervision::{Backoff, Policy};

#[test]
fn the_laws_hold_on_threads() {
    fault::quiet();
    let (mut records, mut quarantined, mut falls) = (0, 0, 0);
    for_each_seed(12, |seed| {
        let lanes = 1 + usize::try_from(seed % 2).unwrap();
        let setup = Setup {
            lanes,
            policy: Policy {
                falls_max: 1_000,
                backoff: Backoff {
                    min: Duration::from_micros(50),
                    max: Duration::from_micros(200),
                },
                ..POLICY
            },
            flows_max: [64, 1_000_000][usize::try_from(seed / 2 % 2).unwrap()],
            ring_weight: 1 << 30,
            segment_bytes: 1 << 30,
            waiting_max: None,
            block_records: None,
            threads: true,
        };
        let watch = Watch {
            pace: Duration::from_micros(10),
            pause_max: 100,
            patience: Duration::from_secs(60),
        };
        let scenario = Scenario::new(seed, Faults::Percent(25), lanes, 5);
        let name = format!("threads-{seed}");
        let outcome = System::new().block_on(run(&name, &scenario, setup, watch))?;
        outcome.check()?;
        ensure(outcome.gave_up.is_none(), || "a stage was given up".into())?;
        let sent = scenario.sent(scenario.deliveries());
        ensure(outcome.sent == sent, || {
            "not everything was taken in".into()
        })?;
        records += outcome.totals.records_decoded;
        quarantined += outcome.totals.records_quarantined + outcome.totals.flows_quarantined;
        falls += outcome.totals.falls;
        Ok(())
    });
    println!("{records} records, {quarantined} quarantined, {falls} falls");
    assert!(falls > 0, "nothing fell");
}
