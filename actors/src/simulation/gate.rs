//! The anonymization key is gone for a while: nothing leaves, and nothing is lost of what can
//! wait.

use std::time::Duration;

use tokio::time::sleep;

use super::outcome::Outcome;
use super::rig::{Rig, Setup};
use super::run::{POLICY, Watch, paused, run};
use super::scenario::{Scenario, Step};

const DELIVERIES: usize = 120;

fn setup(waiting_max: Option<usize>) -> Setup {
    Setup {
        lanes: 2,
        policy: POLICY,
        flows_max: 1_000_000,
        ring_weight: 1 << 30,
        segment_bytes: 1 << 30,
        waiting_max,
        block_records: None,
        threads: false,
    }
}

/// Deliveries, of which the middle third comes while the gate is shut.
fn shut_for_a_while() -> Scenario {
    let mut scenario = Scenario::of_deliveries(2, DELIVERIES);
    let third = scenario.steps.len() / 3;
    scenario.steps.insert(2 * third, Step::Opened);
    scenario.steps.insert(third, Step::Shut);
    scenario
}

fn outcome_of(name: &str, scenario: &Scenario, waiting_max: Option<usize>) -> Outcome {
    let watch = Watch {
        pace: Duration::from_millis(1),
        pause_max: 0,
        patience: Duration::from_secs(100_000),
    };
    let outcome = paused(run(name, scenario, setup(waiting_max), watch)).unwrap();
    outcome.check().unwrap();
    assert_eq!(outcome.gave_up, None);
    assert_eq!(outcome.sent, scenario.sent(DELIVERIES), "all was taken in");
    outcome
}

#[test]
fn what_leaves_is_the_same_as_if_the_gate_had_never_been_shut() {
    let open = Scenario::of_deliveries(2, DELIVERIES);
    let open = outcome_of("gate-open", &open, None);
    assert!(open.published.len() > 3);
    // A source that waits, and one that lets everything wait in front of the lanes.
    for waiting_max in [None, Some(1 << 18)] {
        let shut = outcome_of("gate-shut", &shut_for_a_while(), waiting_max);
        assert_eq!(shut.published, open.published, "{waiting_max:?}");
        assert_eq!(shut.totals.records_shed, 0);
    }
}

#[test]
fn what_cannot_wait_is_shed_and_counted_and_all_else_leaves() {
    let scenario = shut_for_a_while();
    let outcome = outcome_of("gate-shed", &scenario, Some(100));
    let (shed, decoded) = (outcome.totals.records_shed, outcome.totals.records_decoded);
    assert!(0 < shed && shed < decoded / 2, "{shed} of {decoded}");
    let none = outcome_of("gate-none", &scenario, Some(0));
    assert!(none.totals.records_shed > shed);
}

#[test]
fn while_it_is_shut_nothing_leaves_and_only_a_source_that_waits_stands_still() {
    let scenario = Scenario::of_deliveries(2, DELIVERIES);
    for (waiting_max, goes_on) in [(None, false), (Some(1 << 18), true), (Some(0), true)] {
        paused(async {
            let rig = Rig::start("gate-held", setup(waiting_max));
            rig.gate.shut("no key");
            rig.play(&scenario, Duration::from_millis(1)).await;
            sleep(Duration::from_secs(3_600)).await;
            assert_eq!(rig.ring.next_seq(), 0, "{waiting_max:?}");
            assert_eq!(rig.accounting.totals().flows_anonymized, 0);
            assert_eq!(rig.taken() == DELIVERIES, goes_on, "{waiting_max:?}");
            rig.gate.open();
            rig.drain().await;
            let totals = rig.accounting.totals();
            assert_eq!(totals.imbalances(), []);
            assert_eq!(rig.taken(), DELIVERIES);
            assert_eq!(totals.flows_published > 0, waiting_max != Some(0));
            rig.end();
        });
    }
}
