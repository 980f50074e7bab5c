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

/// The settings of such a recording on which its flows depend.
const TIMEOUTS: [&str; 4] = [
    "aggregator.idle_timeout=1 s",
    "aggregator.exporter_active_timeout=1 s",
    "aggregator.slack=0 s",
    "aggregator.linger=0 s",
];

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

#[test]
fn a_raw_dataset_is_prepared_anew_and_compared_by_its_flows() {
    let scratch = Scratch::new();
    recording(&scratch).end().assert_clean();
    let prepare = |into: &str, more: &str| {
        let mut args = vec!["dataset", "prepare", "data/raw", "--into", into];
        for setting in ["recorder.directory=data", more].iter().chain(&TIMEOUTS) {
            args.extend(["--set", setting]);
        }
        run(&scratch, &args)
    };
    // In one segment instead of several.
    let in_one = "recorder.segment_time=1 h";
    let outcome = prepare("again", in_one);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_ne!(
        sealed(&scratch, "again/prepared").len(),
        sealed(&scratch, "data/prepared").len()
    );
    let same = dataset(&scratch, &["diff", "data", "again"]);
    assert_eq!(same.code, Some(0), "{same:?}");
    assert_eq!(
        same.stdout,
        "4,000 flows in both, 0 in the first alone, 0 in the second alone\n"
    );
    let verify = |more: &str| {
        let mut args = vec!["dataset", "verify", "--prepare", "data"];
        for setting in ["recorder.directory=data", more].iter().chain(&TIMEOUTS) {
            args.extend(["--set", setting]);
        }
        run(&scratch, &args)
    };
    let outcome = verify("recorder.segment_time=1 s");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stdout.ends_with(&same.stdout), "{outcome:?}");
    let outcome = verify("anonymizer.port_limit=1024");
    assert!(
        outcome.failed(1).contains("the datasets differ in"),
        "{outcome:?}"
    );
    let left = fs::read_dir(scratch.join("data")).unwrap();
    let left = left.filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .contains("verify")
    });
    assert_eq!(left.count(), 0, "what it made is removed");
    // Without ports from 1024 on nearly all flows are others.
    let outcome = prepare("other", "anonymizer.port_limit=1024");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let other = dataset(&scratch, &["diff", "data", "other", "--flows", "3"]);
    assert!(
        other.failed(1).contains("the datasets differ in"),
        "{other:?}"
    );
    let lines: Vec<&str> = other.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{other:?}");
    assert!(
        lines[..3]
            .iter()
            .all(|line| line.starts_with("- ") || line.starts_with("+ "))
    );
    // It does not write behind what is there.
    assert!(
        prepare("again", in_one)
            .failed(1)
            .contains("holds a prepared dataset already")
    );
}

#[test]
fn chosen_flows_are_exported_with_chosen_fields() {
    let scratch = Scratch::new();
    recording(&scratch).end().assert_clean();
    let export = |more: &[&str]| {
        let outcome = dataset(&scratch, &[&["export", "data"], more].concat());
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        outcome
    };
    let all = export(&[]);
    assert_eq!(
        all.stdout.lines().count(),
        4_001,
        "a header, and a line for each flow"
    );
    assert!(
        all.stderr.contains("4,000 of 4,000 flows exported"),
        "{}",
        all.stderr
    );
    let part = [
        "--from-seq",
        "1000",
        "--to-seq",
        "1500",
        "--fields",
        "seq,protocol",
    ];
    let part = export(&[&part[..], &["--filter", "proto udp", "--format", "jsonl"]].concat());
    let rows: Vec<Value> = part
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let seqs: Vec<u64> = rows
        .iter()
        .map(|row| row["seq"].as_u64().unwrap())
        .collect();
    let header: Vec<&str> = all.stdout.lines().next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let of = |line: &str, name: &str| line.split(',').nth(column(name)).unwrap().to_owned();
    let expected = all
        .stdout
        .lines()
        .skip(1 + 1_000)
        .take(500)
        .filter(|line| of(line, "protocol") == "17");
    let expected: Vec<u64> = expected
        .map(|line| of(line, "seq").parse().unwrap())
        .collect();
    assert!(
        !expected.is_empty() && expected.len() < 500,
        "the filter tells them apart"
    );
    assert_eq!(seqs, expected);
    assert!(
        rows.iter().all(|row| row.as_object().unwrap().len() == 2),
        "{rows:?}"
    );
    // Before the year 2000 nothing left, and after it everything did.
    let none = export(&["--to", "2000-01-01"]);
    assert_eq!(none.stdout.lines().count(), 1);
    let file = export(&["--from", "2000-01-01T00:00:00Z", "-o", "flows.csv"]);
    assert_eq!(file.stdout, "");
    assert_eq!(
        fs::read_to_string(scratch.join("flows.csv")).unwrap(),
        all.stdout
    );
    for (wrong, code, says) in [
        (["-o", "flows.csv"], 1, "name a file that is not there yet"),
        (["--fields", "colour"], 1, "there is no field `colour`"),
        (["--filter", "proto and"], 1, "the filter"),
        (["--from", "yesterday"], 2, "is no date"),
    ] {
        let outcome = dataset(&scratch, &[&["export", "data"], &wrong[..]].concat());
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        assert!(outcome.stderr.contains(says), "{outcome:?}");
    }
}
