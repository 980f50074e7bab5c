//! Files that may not grow, as on a full disk: collection and clients go on, and what is not
//! recorded is counted and declared.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::files::open_segments;
use crate::support::program::{generate, run};
use crate::support::{Client, Launch, Scratch, Service};

/// Flows of each of three rounds: with room, without, and with room again.
const FLOWS: u64 = 3_000;

/// Sets how long the files of a running service may be (prlimit(1)).
fn limit(service: &Service, octets: &str) {
    let mut command = Command::new("prlimit");
    command.args(["--pid", &service.id().to_string()]);
    let set = command.arg(format!("--fsize={octets}:unlimited")).status();
    assert!(set.unwrap().success(), "{command:?}");
}

fn round(scratch: &Scratch, service: &Service, seed: &str) {
    let args = [
        "--count", "3000", "--rate", "1500", "--long", "0", "--seed", seed,
    ];
    generate(scratch, service.exporter_port(), &args);
}

/// The lines that `flowstream dataset` prints of one kind.
fn said(scratch: &Scratch, command: &str, kind: &str) -> Vec<Value> {
    let outcome = run(scratch, &["dataset", command, "data", "--format", "jsonl"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let lines = outcome.stdout.lines();
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .filter(|line| line.to_string().contains(kind))
        .collect()
}

#[test]
fn recording_pauses_while_files_may_not_grow_and_resumes_with_a_declared_gap() {
    let scratch = Scratch::new();
    let service = Launch::new(&scratch, "data")
        .with_short_timeouts()
        .set("recorder.flush_interval", "50 ms")
        .set("recorder.sync_interval", "50 ms")
        .start();
    let mut client = Client::ask(service.client_port(), &json!({"start": "earliest"}));
    round(&scratch, &service, "1");
    client.read_until(|received| received.flows.len() as u64 == FLOWS);

    limit(&service, "1");
    round(&scratch, &service, "2");
    client.read_until(|received| received.flows.len() as u64 == 2 * FLOWS);
    service.wait_for_message("prepared flows not recorded");
    service.wait_for_message("datagrams not recorded");

    limit(&service, "unlimited");
    round(&scratch, &service, "3");
    client.read_until(|received| received.flows.len() as u64 == 3 * FLOWS);
    service.wait_for_message("prepared flows are recorded again");
    service.wait_for_message("datagrams are recorded again");
    let received = client.read_aside();
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    received.join().unwrap().assert_whole("shutdown");

    let count = |name: &str| ended.drained(name);
    assert_eq!(count("recorded") + count("flows_not_recorded"), 3 * FLOWS);
    assert!(count("recorded") > FLOWS && count("flows_not_recorded") > 0);
    assert!(count("datagrams_not_recorded") > 0);
    assert!(!ended.log.contains("does not add up"), "{}", ended.log);
    for of in ["raw", "prepared"] {
        let (written, durable) = (format!("{of}_written"), format!("{of}_durable"));
        assert_eq!(count(&written), count(&durable));
        assert_eq!(open_segments(&scratch.join("data").join(of)), [""; 0]);
    }
    let gaps = said(&scratch, "info", "\"what\":\"gap\"");
    let missing = gaps.iter().map(|gap| {
        let seq = |name: &str| gap[name].as_u64().unwrap();
        seq("next_seq") - seq("first_seq")
    });
    assert_eq!(missing.sum::<u64>(), count("flows_not_recorded"));
    let prepared = said(&scratch, "list", "\"prepared\"").remove(0);
    assert_eq!(prepared["rows"], count("recorded"));
    let outcome = run(&scratch, &["dataset", "verify", "data/raw"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}
