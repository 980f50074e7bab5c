//! The end of a run in which a stage was given up: what can still be saved is.

use std::time::Duration;

use super::fault::Trip;
use super::outcome::Outcome;
use super::rig::Setup;
use super::run::{POLICY, Watch, paused, run};
use super::scenario::{Scenario, Stage, Step};
use crate::supervision::Policy;

/// A run on two lanes in which these trips come halfway. The first fall is one too many.
fn run_with(name: &str, ring_weight: usize, trips: &[(Stage, Trip)]) -> (Outcome, Scenario) {
    let setup = Setup {
        lanes: 2,
        policy: Policy {
            falls_max: 0,
            ..POLICY
        },
        flows_max: 1_000_000,
        ring_weight,
        segment_bytes: 1 << 30,
        waiting_max: None,
        block_records: None,
        threads: false,
    };
    let watch = Watch {
        pace: Duration::from_millis(1),
        pause_max: if ring_weight == 0 { 10_000 } else { 0 },
        patience: Duration::from_secs(100_000),
    };
    let mut scenario = Scenario::of_deliveries(2, 120);
    let half = scenario.steps.len() / 2;
    let trips = trips.iter().map(|(stage, trip)| Step::Trip(*stage, *trip));
    scenario.steps.splice(half..half, trips);
    let outcome = paused(run(name, &scenario, setup, watch)).unwrap();
    outcome.check().unwrap();
    assert!(outcome.gave_up.is_some() && !outcome.unseen);
    (outcome, scenario)
}

#[test]
fn lanes_release_what_they_hold_although_their_source_was_given_up() {
    let trip = (Stage::Source, Trip::Now);
    let (outcome, scenario) = run_with("ends-source", 1 << 30, &[trip]);
    assert!(outcome.sent != scenario.sent(scenario.deliveries()));
    assert_eq!(outcome.totals.records_held, 0);
    assert_eq!(outcome.delivered, outcome.sent, "all that was taken in");
}

#[test]
fn a_lane_that_was_given_up_holds_nothing_of_the_others_up() {
    let trip = (Stage::Aggregator(1), Trip::Now);
    let (outcome, _) = run_with("ends-lane", 1 << 30, &[trip]);
    assert!(
        outcome.totals.records_held > 0,
        "lost with the lane, and told"
    );
    let in_lane_0 = outcome.sent.iter();
    let mut in_lane_0 = in_lane_0.filter(|(key, _)| key.partition().lane(2) == 0);
    assert!(in_lane_0.all(|(key, sent)| outcome.delivered.get(key) == Some(sent)));
}

#[test]
fn once_an_anonymizer_was_given_up_nothing_leaves_its_lane_and_it_is_said_why() {
    let trip = (Stage::Anonymizer(1), Trip::Now);
    let (outcome, _) = run_with("ends-anonymizer", 1 << 30, &[trip]);
    let why = outcome.gave_up.as_deref();
    assert!(why.is_some_and(|why| why.starts_with("the anonymizer fell too often: a panic at ")));
    // What was delivered is the image of what was sent; the run checks that. Of that lane,
    // nothing that was handed to the one that is gone is among it.
    let held_back = outcome.quarantine.iter();
    let held_back = held_back.filter(|line| line["stage"] == "enricher" && line["kind"] == "flows");
    assert!(held_back.count() > 0, "{:?}", outcome.totals);
    let all_of = |lane| {
        let sent = outcome.sent.iter();
        let mut sent = sent.filter(move |(key, _)| key.partition().lane(2) == lane);
        sent.all(|(key, sent)| outcome.delivered.get(key) == Some(sent))
    };
    assert_eq!([0, 1].map(all_of), [true, false]);
}

#[test]
fn what_the_publisher_has_not_published_when_it_is_given_up_is_in_quarantine() {
    let seconds = Duration::from_secs;
    let stall = (Stage::Aggregator(1), Trip::Stall(seconds(3_600)));
    let fall = (Stage::Publisher, Trip::Later(seconds(1_800)));
    let (outcome, _) = run_with("ends-publisher", 1 << 30, &[stall, fall]);
    let unpublished = outcome.quarantine.iter();
    let unpublished = unpublished
        .filter(|line| line["kind"] == "prepared")
        .count();
    assert!(unpublished > 0, "{:?}", outcome.totals);
    assert_eq!(outcome.totals.records_held, 0);
}

#[test]
fn a_reader_comes_to_the_end_although_the_recorder_was_given_up() {
    let trip = (Stage::Recorder, Trip::Now);
    let (outcome, _) = run_with("ends-recorder", 0, &[trip]);
    assert!(outcome.totals.flows_not_recorded > 0);
    assert!(!outcome.reading.gaps.is_empty(), "too slow for the ring");
}
