//! Newer databases take the place of those in use while flows run.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use serde_json::{Value, json};

use super::replace;
use crate::support::exporter::{Exporter, Sample, v5};
use crate::support::files::{assert_same_segments, files, header, segments};
use crate::support::program::generate;
use crate::support::recording::recording;
use crate::support::{Client, Launch, Received, Scratch};

/// Own networks around all addresses that the generator invents, all named after a version.
fn version(number: usize) -> String {
    format!("198.18.0.0/15,version-{number}\n2001:db8::/32,version-{number}\n")
}

fn launch<'a>(scratch: &'a Scratch, data: &str) -> Launch<'a> {
    let own = replace(scratch, "own.csv", &version(0));
    let key = scratch.join("key");
    Launch::new(scratch, data)
        .with_short_timeouts()
        .set("anonymizer.key_file", key.to_str().unwrap())
        .set("pipeline.lanes", "2")
        .set("enricher.private_prefixes", own.to_str().unwrap())
        .set("enricher.private_prefixes_vlans", "")
        .set("enricher.look_interval", "0 s")
}

/// The version of a flow, which must be that of both its addresses.
fn version_of(flow: &Value) -> usize {
    let network = flow["src_network"].as_str().unwrap();
    assert_eq!(
        flow["src_network"], flow["dst_network"],
        "one version: {flow}"
    );
    network.strip_prefix("version-").unwrap().parse().unwrap()
}

/// The versions of the flows, which must ascend, each once.
fn versions(received: &Received) -> Vec<usize> {
    let mut versions: Vec<usize> = received.flows.iter().map(version_of).collect();
    assert!(
        versions.is_sorted(),
        "what was looked up later is of a later version"
    );
    versions.dedup();
    versions
}

/// So many flows of an exporter, whose ports tell them apart.
fn send(service: &crate::support::Service, sequence: u16) {
    let exporter = Exporter::at("127.0.0.1", service.exporter_port());
    let samples: Vec<Sample> = (sequence * 20..(sequence + 1) * 20).map(Sample).collect();
    exporter.send(&v5(u32::from(sequence) * 20, &samples));
}

/// A recording in `data` of flows that run while the databases change, four times.
fn recorded(scratch: &Scratch) -> Received {
    let service = launch(scratch, "data").start();
    let mut client = Client::ask(service.client_port(), &json!({}));
    let port = service.exporter_port();
    let seen = AtomicBool::new(false);
    let send = || {
        // As long as it takes, but not for ever.
        for seed in 1..=60 {
            if seen.load(Relaxed) {
                return;
            }
            let seed = seed.to_string();
            let args = ["--protocol", "v5,v9,ipfix", "--active-timeout", "1"];
            let more = ["--count", "4000", "--rate", "2000", "--seed", &seed];
            generate(scratch, port, &[&args[..], &more].concat());
        }
    };
    thread::scope(|scope| {
        let running = scope.spawn(send);
        for number in 0..=4 {
            let latest = |received: &Received| received.flows.last().map(version_of);
            client.read_until(|received| latest(received) == Some(number));
            if number < 4 {
                replace(scratch, "own.csv", &version(number + 1));
                service.signal("HUP");
            }
        }
        seen.store(true, Relaxed);
        running.join().unwrap();
    });
    let client = client.read_aside();
    service.end().assert_clean();
    let received = client.join().unwrap();
    received.assert_whole("shutdown");
    received
}

#[test]
fn flows_that_run_while_databases_change_are_each_of_one_version() {
    let scratch = Scratch::new();
    let received = recorded(&scratch);
    assert_eq!(versions(&received), [0, 1, 2, 3, 4]);
    assert_segments_name_their_versions(&scratch, &received);
    replays_use_the_databases_of_then_or_of_now(&scratch);
}

/// Replayed as it was recorded, the same octets come of it on any number of lanes, though
/// the file has changed meanwhile.
fn replays_use_the_databases_of_then_or_of_now(scratch: &Scratch) {
    let (raw, prepared) = (scratch.join("data/raw"), scratch.join("data/prepared"));
    for (other, lanes) in [("one", "1"), ("three", "3")] {
        let launch = launch(scratch, other).set("pipeline.lanes", lanes);
        replace(scratch, "own.csv", "something else\n");
        let replay = launch.replay_at_once(&raw);
        let outcome = replay.set("replay.databases", "as-recorded").run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert_same_segments(&prepared, &scratch.join(other).join("prepared"));
    }
    let now = launch(scratch, "now")
        .replay(&raw)
        .set("replay.pace", "max");
    let service = now.start();
    let received = Client::ask(service.client_port(), &json!({})).read();
    service.wait().assert_clean();
    assert_eq!(versions(&received), [0], "what the file says now");
    let kept = scratch.join("data/kept/databases");
    let gone = files(&kept)
        .into_keys()
        .find(|name| !name.ends_with(".json"));
    fs::remove_file(kept.join(gone.unwrap())).unwrap();
    let replay = launch(scratch, "gone").replay_at_once(&raw);
    let outcome = replay.set("replay.databases", "as-recorded").run();
    let error = outcome.failed(1);
    assert!(
        error.contains("that was used then is not kept; put the file with this SHA-256 there"),
        "{error}"
    );
}

/// Each segment of the prepared dataset names the files of one version, and its flows
/// are all of that version.
fn assert_segments_name_their_versions(scratch: &Scratch, received: &Received) {
    let headers: Vec<Value> = segments(&scratch.join("data/prepared"))
        .values()
        .map(|segment| header(segment))
        .collect();
    assert_eq!(headers.len(), 5, "one for each version");
    let firsts: Vec<u64> = headers
        .iter()
        .map(|header| header["first_seq"].as_u64().unwrap())
        .collect();
    let mut sums = BTreeSet::new();
    for (number, header) in headers.iter().enumerate() {
        let sources = header["meta"]["databases"]["sources"].as_array().unwrap();
        assert_eq!(sources.len(), 2, "{header}");
        assert_eq!(sources[0]["kind"], "private_prefixes");
        assert_eq!(sources[1]["kind"], "special_purpose");
        assert!(sums.insert(sources[0]["sha256"].to_string()));
        let end = firsts.get(number + 1).copied().unwrap_or(u64::MAX);
        let flows = received.flows.iter().filter(|flow| {
            let seq = flow["seq"].as_u64().unwrap();
            (firsts[number]..end).contains(&seq)
        });
        assert!(flows.map(version_of).all(|version| version == number));
    }
}

/// A raw dataset of a time when the databases were not named.
fn older_dataset(scratch: &Scratch) -> PathBuf {
    let datagram = dataset::Datagram {
        received: flow::ReceiveTime::default(),
        source: "192.0.2.1:2055".parse().unwrap(),
        destination: "192.0.2.2:2055".parse().unwrap(),
        payload: &v5(0, &[Sample(1)]),
    };
    recording(scratch, "older", [datagram])
}

#[test]
fn a_dataset_that_names_no_databases_can_only_be_replayed_with_those_of_now() {
    let scratch = Scratch::new();
    let older = older_dataset(&scratch);
    let replay = launch(&scratch, "then").replay_at_once(&older);
    let outcome = replay.set("replay.databases", "as-recorded").run();
    let error = outcome.failed(1);
    assert!(
        error.contains("does not say which databases were used"),
        "{error}"
    );
    assert!(
        error.ends_with("replay it with `replay.databases = \"current\"`"),
        "{error}"
    );
    let outcome = launch(&scratch, "now").replay_at_once(&older).run();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

#[test]
fn a_file_that_changes_is_opened_without_being_asked_for() {
    let scratch = Scratch::new();
    let launch = launch(&scratch, "data").set("enricher.look_interval", "100 ms");
    let service = launch.start();
    let mut client = Client::ask(service.client_port(), &json!({}));
    send(&service, 0);
    client.read_until(|received| received.flows.len() == 20);
    replace(&scratch, "own.csv", &version(1));
    service.wait_for_message("a database has changed");
    service.wait_for_message("other databases are in use");
    send(&service, 1);
    client.read_until(|received| received.flows.len() == 40);
    let counted = |version| {
        let flows = client.so_far().flows.iter();
        flows.filter(|flow| version_of(flow) == version).count()
    };
    assert_eq!((counted(0), counted(1)), (20, 20));
    service.end().assert_clean();
}

#[test]
fn what_cannot_be_opened_is_said_and_what_is_in_use_stays() {
    let scratch = Scratch::new();
    let service = launch(&scratch, "data").start();
    let client = Client::ask(service.client_port(), &json!({})).read_aside();
    replace(
        &scratch,
        "own.csv",
        "198.18.0.0/15,version-1\n10.0.0.0/8,two,3,four\n",
    );
    service.signal("HUP");
    let line = service.wait_for_message("not reloaded; those in use stay");
    let error = line["error"].as_str().unwrap();
    assert!(
        error.contains("own.csv: line 2: found `four`; expected"),
        "{error}"
    );
    fs::remove_file(scratch.join("own.csv")).unwrap();
    service.signal("HUP");
    let line = service.wait_for_messages("not reloaded; those in use stay", 2);
    assert!(
        line["error"].as_str().unwrap().contains("no such file"),
        "{line}"
    );
    send(&service, 0);
    replace(&scratch, "own.csv", &version(0));
    service.signal("HUP");
    service.wait_for_message("the same as before");
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert_eq!(ended.drained("databases_reloaded"), 0);
    assert_eq!(ended.drained("databases_refused"), 2);
    let received = client.join().unwrap();
    assert_eq!((versions(&received), received.flows.len()), (vec![0], 20));
}

#[test]
fn a_replay_uses_the_databases_that_it_began_with() {
    let scratch = Scratch::new();
    let service = launch(&scratch, "data").start();
    send(&service, 0);
    service.end().assert_clean();
    let replay = launch(&scratch, "replayed").replay(&scratch.join("data/raw"));
    let service = replay.start();
    replace(&scratch, "own.csv", &version(1));
    service.signal("HUP");
    service.wait_for_message("a replay uses the databases and the key that it began with");
    let received = Client::ask(service.client_port(), &json!({})).read();
    service.wait().assert_clean();
    assert_eq!((versions(&received), received.flows.len()), (vec![0], 20));
}
