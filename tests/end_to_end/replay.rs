//! Stored datasets, told again.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::client::count;
use crate::support::files::{assert_same_segments, segments};
use crate::support::program::generate;
use crate::support::{Client, Launch, Received, Scratch};

/// For so long the recordings of these tests go on, at least.
const LASTS: Duration = Duration::from_millis(2_500);

/// A recording in `data` of about three seconds and several segments, whose flows leave
/// at several ticks, and what a client got of it live.
fn recorded(scratch: &Scratch) -> Received {
    let service = launch(scratch, "data").start();
    let client = Client::ask(service.client_port(), &json!({})).read_aside();
    let args = ["--protocol", "v5,v9,ipfix", "--active-timeout", "1"];
    let args = [&args[..], &["--count", "6000", "--rate", "2000"]].concat();
    generate(scratch, service.exporter_port(), &args);
    service.end().assert_clean();
    let received = client.join().unwrap();
    received.assert_whole("shutdown");
    received
}

/// The settings of the recordings, which their replays share.
fn launch<'a>(scratch: &'a Scratch, data: &str) -> Launch<'a> {
    let key = scratch.join("key");
    Launch::new(scratch, data)
        .with_short_timeouts()
        .set("recorder.segment_time", "1 s")
        .set("anonymizer.key_file", key.to_str().unwrap())
}

/// Replays a dataset to one client that asks for the whole of it.
fn replayed(launch: &Launch<'_>) -> Received {
    let service = launch.start();
    let client = Client::ask(service.client_port(), &json!({"start": "earliest"}));
    let received = client.read();
    service.wait().assert_clean();
    received.assert_whole("end_of_replay");
    received
}

#[test]
fn many_ticks_and_segments_replay_to_the_same_bytes_on_any_number_of_lanes() {
    let scratch = Scratch::new();
    let live = recorded(&scratch);
    let (raw, prepared) = (scratch.join("data/raw"), scratch.join("data/prepared"));
    for directory in [&raw, &prepared] {
        assert!(
            segments(directory).len() > 1,
            "{:?}",
            segments(directory).keys()
        );
    }
    for (other, lanes, pace) in [
        ("one", "1", "max"),
        ("two", "2", "20x"),
        ("four", "4", "max"),
    ] {
        let launch = launch(&scratch, other).set("pipeline.lanes", lanes);
        let replay = launch.replay_at_once(&raw).set("replay.pace", pace);
        let outcome = replay.run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert_same_segments(&prepared, &scratch.join(other).join("prepared"));
    }
    // The directory above names its raw dataset.
    let launch = launch(&scratch, "above").replay(&scratch.join("data"));
    assert_eq!(
        replayed(&launch.set("replay.pace", "max")).flows,
        live.flows
    );
}

/// Methods that make many addresses one, leave fields out, or add noise.
#[test]
fn any_policy_gives_the_same_bytes_on_any_number_of_lanes() {
    let scratch = Scratch::new();
    recorded(&scratch);
    let raw = scratch.join("data/raw");
    let prepared = |name: &str, lanes, policy| {
        let launch = launch(&scratch, name)
            .set("pipeline.lanes", lanes)
            .set("anonymizer.policy", policy)
            .set("anonymizer.fields.bytes", "noise")
            .set("anonymizer.fields.src_addr", "truncation")
            .set("anonymizer.fields.end_reason", "black-marker");
        let outcome = launch.replay_at_once(&raw).set("replay.pace", "max").run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        scratch.join(name).join("prepared")
    };
    for policy in ["strict", "standard"] {
        let names = ["1", "4"].map(|lanes| (lanes, format!("{policy}-{lanes}")));
        let [one, four] = names.map(|(lanes, name)| prepared(&name, lanes, policy));
        assert!(!segments(&one).is_empty());
        assert_same_segments(&one, &four);
    }
}

#[test]
fn a_prepared_dataset_is_told_as_it_is() {
    let scratch = Scratch::new();
    let live = recorded(&scratch);
    let prepared = scratch.join("data/prepared");
    let before = segments(&prepared);
    // Another key and other settings change nothing: what is prepared stays so.
    let launch = Launch::new(&scratch, "unused").set("replay.pace", "max");
    assert_eq!(replayed(&launch.replay(&prepared)).text(), live_text(&live));
    assert_eq!(
        segments(&prepared),
        before,
        "a replay leaves its dataset as it is"
    );
}

/// The lines of the flows, and the end that a replay has.
fn live_text(live: &Received) -> String {
    live.text()
        .replace("\"reason\":\"shutdown\"", "\"reason\":\"end_of_replay\"")
}

#[test]
fn a_replay_into_the_directory_of_its_dataset_records_nothing_and_says_so() {
    let scratch = Scratch::new();
    let live = recorded(&scratch);
    let (raw, prepared) = (scratch.join("data/raw"), scratch.join("data/prepared"));
    let before = [segments(&raw), segments(&prepared)];
    let service = launch(&scratch, "data")
        .replay(&raw)
        .set("replay.pace", "max")
        .start();
    let received = Client::ask(service.client_port(), &json!({})).read();
    let ended = service.wait();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(ended.log.contains("not recorded"), "{}", ended.log);
    received.assert_whole("end_of_replay");
    assert_eq!(received.flows, live.flows);
    assert_eq!([segments(&raw), segments(&prepared)], before);
}

/// How long a replay takes to tell everything.
fn took(scratch: &Scratch, dataset: &Path, pace: &str) -> Duration {
    let service = launch(scratch, pace)
        .replay(dataset)
        .set("replay.pace", pace)
        .start();
    let client = Client::ask(service.client_port(), &json!({"features": ["seq"]}));
    let begun = Instant::now();
    client.read().assert_whole("end_of_replay");
    let took = begun.elapsed();
    service.wait().assert_clean();
    took
}

#[test]
fn a_replay_keeps_the_pace_that_is_asked_for() {
    let scratch = Scratch::new();
    recorded(&scratch);
    for dataset in ["data/raw", "data/prepared"] {
        let dataset = scratch.join(dataset);
        let original = took(&scratch, &dataset, "original");
        assert!(original >= LASTS / 2, "{original:?}");
        std::fs::remove_dir_all(scratch.join("original")).ok();
        // Loosely: a busy machine is late, and never early.
        let quick = took(&scratch, &dataset, "10x");
        assert!(quick >= LASTS / 20, "{quick:?}");
        assert!(quick < original, "{quick:?} of {original:?}");
        std::fs::remove_dir_all(scratch.join("10x")).ok();
    }
}

#[test]
fn a_replay_waits_for_its_first_client() {
    let scratch = Scratch::new();
    let live = recorded(&scratch);
    let launch = Launch::new(&scratch, "unused").replay(&scratch.join("data/prepared"));
    let service = launch.set("replay.pace", "max").start();
    service.wait_for_message("once a client is there");
    // Long enough to tell it many times over.
    sleep(Duration::from_millis(500));
    let received = Client::ask(service.client_port(), &json!({"start": "live"})).read();
    service.wait().assert_clean();
    received.assert_whole("end_of_replay");
    assert_eq!(received.flows, live.flows, "nothing went out before");
}

#[test]
fn a_replay_that_is_told_to_end_drains_and_ends_in_order() {
    let scratch = Scratch::new();
    let live = recorded(&scratch);
    let launch = launch(&scratch, "other").replay(&scratch.join("data/raw"));
    // So slow that there is time to end it, also on a machine that does much else.
    let service = launch.set("replay.pace", "0.2").start();
    let mut client = Client::ask(service.client_port(), &json!({}));
    client.read_until(|received| !received.flows.is_empty());
    let client = client.read_aside();
    service.end().assert_clean();
    let received = client.join().unwrap();
    received.assert_whole("shutdown");
    assert!(received.sum("records") <= live.sum("records"));
    assert!(count(&received.flows[0], "packets") > 0);
}
