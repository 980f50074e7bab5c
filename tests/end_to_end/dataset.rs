//! `flowstream dataset`: what is recorded, whether it is whole, and how it becomes so.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::files::{open_segments, segments};
use crate::support::program::{Outcome, generate, run};
use crate::support::{Client, Launch, Scratch, Service};

/// A running service that has recorded several segments, and the flows that it let go.
fn recording(scratch: &Scratch) -> Service {
    let service = Launch::new(scratch, "data")
        .with_short_timeouts()
        .set("recorder.segment_time", "1 s")
        .set("recorder.flush_interval", "50 ms")
        .start();
    let mut client = Client::ask(service.client_port(), &json!({}));
    let args = ["--count", "4000", "--rate", "2000", "--long", "0"];
    generate(scratch, service.exporter_port(), &args);
    client.read_until(|received| received.flows.len() == 4_000);
    service
}

fn dataset(scratch: &Scratch, args: &[&str]) -> Outcome {
    run(scratch, &[&["dataset"], args].concat())
}

/// The lines of a command that did well.
fn lines(outcome: &Outcome) -> Vec<Value> {
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let lines = outcome.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn sealed(scratch: &Scratch, of: &str) -> Vec<PathBuf> {
    let directory = scratch.join(of);
    let names = segments(&directory).into_keys();
    let names = names.filter(|name| !name.ends_with(".open"));
    names.map(|name| directory.join(name)).collect()
}

#[test]
fn a_running_and_an_ended_recording_are_listed_told_and_whole() {
    let scratch = Scratch::new();
    let service = recording(&scratch);
    let running = lines(&dataset(&scratch, &["list", "data", "--format", "jsonl"]));
    assert_eq!(running.len(), 2, "{running:?}");
    let outcome = dataset(&scratch, &["verify", "data"]);
    assert_eq!(outcome.code, Some(0), "while it is written: {outcome:?}");
    service.end().assert_clean();
    let listed = lines(&dataset(&scratch, &["list", "data", "--format", "jsonl"]));
    let prepared = listed
        .iter()
        .find(|line| line["kind"] == "prepared")
        .unwrap();
    assert_eq!(prepared["rows"], 4_000);
    assert_eq!(prepared["state"], "sealed");
    let segments = sealed(&scratch, "data/prepared").len();
    assert!(segments > 1);
    assert_eq!(prepared["segments"], segments);
    let told = lines(&dataset(
        &scratch,
        &["info", "data/prepared", "--format", "jsonl"],
    ));
    assert_eq!(told.len(), segments);
    for line in &told {
        assert_eq!(line["is_listed"], true);
        assert_eq!(line["meta"]["anonymization"]["policy"], "standard");
    }
    let checked = lines(&dataset(&scratch, &["verify", "data", "--format", "jsonl"]));
    let rows = |line: &Value| line["rows"].as_u64().unwrap();
    assert!(
        checked.iter().all(|line| line["is_sound"] == true),
        "{checked:?}"
    );
    assert!(checked.iter().any(|line| rows(line) == 4_000));
    for command in ["list", "info", "verify"] {
        let outcome = dataset(&scratch, &[command, "data"]);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(outcome.stdout.contains("data/prepared"), "{outcome:?}");
    }
}

#[test]
fn damage_is_told_with_the_rows_it_costs_and_is_a_failure() {
    let scratch = Scratch::new();
    recording(&scratch).end().assert_clean();
    let path = sealed(&scratch, "data/prepared").remove(0);
    let mut octets = fs::read(&path).unwrap();
    let middle = octets.len() / 2;
    octets[middle] ^= 0x10;
    fs::write(&path, octets).unwrap();
    let outcome = dataset(&scratch, &["verify", "data"]);
    assert!(
        outcome.failed(1).contains("problems in 2 datasets"),
        "{outcome:?}"
    );
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(outcome.stdout.contains(name), "{outcome:?}");
    assert!(outcome.stdout.contains("are lost"), "{outcome:?}");
    assert!(outcome.stdout.contains("SHA-256"), "{outcome:?}");
    assert!(outcome.stdout.contains("data/raw"), "{outcome:?}");
}

#[test]
fn what_a_kill_left_open_is_sealed_and_listed() {
    let scratch = Scratch::new();
    let service = recording(&scratch);
    // Not while it runs.
    let outcome = dataset(&scratch, &["repair", "data/raw"]);
    assert!(outcome.failed(1).contains("another process writes to it"));
    service.end_by("KILL");
    assert_eq!(open_segments(&scratch.join("data/prepared")).len(), 1);
    for of in ["raw", "prepared"] {
        fs::remove_file(scratch.join("data").join(of).join("manifest.jsonl")).unwrap();
    }
    let outcome = dataset(&scratch, &["verify", "data/prepared"]);
    assert!(outcome.failed(1).contains("problems"), "{outcome:?}");
    let outcome = dataset(&scratch, &["repair", "data"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let listed = lines(&dataset(&scratch, &["list", "data", "--format", "jsonl"]));
    assert!(
        listed.iter().all(|line| line["state"] == "sealed"),
        "{listed:?}"
    );
    let checked = lines(&dataset(&scratch, &["verify", "data", "--format", "jsonl"]));
    assert_eq!(checked.len(), 2, "{checked:?}");
}

#[test]
fn where_no_dataset_is_that_is_said() {
    let scratch = Scratch::new();
    let outcome = dataset(&scratch, &["list", "nowhere"]);
    assert!(
        outcome.failed(1).contains("nowhere: no segments"),
        "{outcome:?}"
    );
}
