//! Runs on the paused clock, one for each seed.

use std::time::Duration;

use super::outcome::{Outcome, ensure};
use super::random::{Random, USUAL, for_each_seed, seeds};
use super::rig::Setup;
use super::run::{POLICY, Watch, paused, run};
use super::scenario::{Faults, Scenario};
use crate::supervision::{Incident, Policy};

/// A run of a seed with so many lanes; everything else follows from the seed.
fn simulate(test: &str, seed: u64, faults: Faults, lanes: usize) -> Result<Outcome, String> {
    let mut random = Random::new(seed.rotate_left(32));
    let setup = Setup {
        lanes,
        policy: Policy {
            falls_max: [5, 5, 5, 1][random.index(4)],
            ..POLICY
        },
        flows_max: [64, 1_000_000][random.index(2)],
        ring_weight: [0, 1 << 30][random.index(2)],
        segment_bytes: [1_500, 1 << 30][usize::from(random.percent(70))],
        waiting_max: [None, Some(200), Some(1 << 18)][random.index(3)],
        block_records: random.percent(30).then_some(40),
        threads: false,
    };
    let watch = Watch {
        pace: Duration::from_millis(1),
        pause_max: [0, 3_000][random.index(2)],
        patience: Duration::from_secs(100_000),
    };
    let scenario = Scenario::new(seed, faults, lanes, random.below(8));
    let name = format!("{test}-{lanes}-{seed}");
    let outcome = paused(run(&name, &scenario, setup, watch))?;
    ensure(
        outcome.gave_up.is_some() || outcome.sent == scenario.sent(scenario.deliveries()),
        || "not everything was taken in".into(),
    )?;
    Ok(outcome)
}

fn lanes_of(seed: u64) -> usize {
    [1, 2, 4][usize::try_from(seed % 3).unwrap()]
}

#[test]
fn whatever_falls_each_record_is_published_quarantined_or_held_and_that_once() {
    let (mut records, mut flows, mut falls, mut gave_up, mut runs) = (0, 0, 0, 0, 0);
    let (mut quarantined, mut not_recorded, mut from_store, mut shed) = (0, 0, 0, 0);
    for_each_seed(USUAL, |seed| {
        let faults = Faults::Percent([2, 5, 12][usize::try_from(seed / 3 % 3).unwrap()]);
        let outcome = simulate("laws", seed, faults, lanes_of(seed))?;
        outcome.check()?;
        records += outcome.totals.records_decoded;
        flows += outcome.totals.flows_published;
        falls += outcome.totals.falls;
        gave_up += u64::from(outcome.gave_up.is_some());
        quarantined += outcome.totals.flows_quarantined + outcome.totals.records_quarantined;
        not_recorded += outcome.totals.flows_not_recorded;
        from_store += outcome.reading.from_store;
        shed += outcome.totals.records_shed;
        runs += 1;
        Ok(())
    });
    println!(
        "{runs} runs: {records} records, {flows} flows published, {quarantined} quarantined, \
         {not_recorded} not recorded, {from_store} read from the store, {shed} shed, \
         {falls} falls, {gave_up} runs given up"
    );
    let faulty = falls > 0 && gave_up > 0 && quarantined > 0 && not_recorded > 0 && shed > 0;
    assert!(runs < 100 || faulty && from_store > 0, "too few faults");
}

#[test]
fn the_stream_is_the_same_on_one_lane_two_and_four() {
    let (mut epochs, mut runs) = (0, 0);
    for_each_seed(40, |seed| {
        runs += 1;
        let one = simulate("lanes", seed, Faults::None, 1)?;
        one.check()?;
        one.check_epochs()?;
        epochs += u64::from(one.epochs() > 1);
        ensure(one.incidents.is_empty(), || format!("{:?}", one.incidents))?;
        for lanes in [2, 4] {
            let other = simulate("lanes", seed, Faults::None, lanes)?;
            ensure(one.published == other.published, || {
                format!("{lanes} lanes publish another stream than one")
            })?;
            ensure(one.stored == other.stored, || {
                format!("{lanes} lanes record another dataset than one")
            })?;
            ensure(one.keys == other.keys, || {
                format!("{lanes} lanes have other keys than one")
            })?;
        }
        Ok(())
    });
    assert!(
        epochs >= runs / 4,
        "{epochs} of {runs} runs have two epochs"
    );
}

#[test]
fn without_faults_only_poison_is_in_quarantine_and_nobody_falls() {
    for_each_seed(40, |seed| {
        let outcome = simulate("poison", seed, Faults::None, lanes_of(seed))?;
        outcome.check()?;
        let poison = |key: &flow::FlowKey| super::traffic::is_poison(key.dst_addr);
        let sent = outcome.sent.iter().filter(|(key, _)| poison(key));
        let sent: super::traffic::Accounts = sent.map(|(key, account)| (*key, *account)).collect();
        ensure(outcome.quarantined == sent, || {
            format!("{:?} in quarantine, {sent:?} sent", outcome.quarantined)
        })?;
        ensure(outcome.incidents.is_empty(), || "a stage fell".into())?;
        ensure(outcome.reading.gaps.is_empty(), || "gaps".into())
    });
}

#[test]
fn a_seed_repeats_exactly() {
    for seed in seeds(12) {
        let faults = Faults::Percent(12);
        let [first, second] =
            ["first", "second"].map(|test| simulate(test, seed, faults, lanes_of(seed)).unwrap());
        assert_eq!(first, second, "seed {seed}");
        let fell = |incident: &Incident| matches!(incident, Incident::Fell { .. });
        assert!(seed > 0 || first.incidents.iter().any(fell), "no falls");
    }
}
