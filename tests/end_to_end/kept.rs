//! What exporters told is kept over a restart, and a replay knows it too.

use std::fs;
use std::path::Path;
use std::time::Instant;

use serde_json::json;

use crate::crash::flows;
use crate::support::exporter::Exporter;
use crate::support::files::zstdcat;
use crate::support::ipfix::{Message, samples};
use crate::support::{Client, Ended, LOOK, Launch, PATIENCE, Scratch};

const KEPT: &str = "data/kept/exporters.json";

fn launch<'a>(scratch: &'a Scratch, data: &str) -> Launch<'a> {
    let key = scratch.join("key");
    Launch::new(scratch, data)
        .with_short_timeouts()
        .set("recorder.flush_interval", "50 ms")
        .set("anonymizer.key_file", key.to_str().unwrap())
}

/// A run takes in a message; how it ended, and how many flows there are in all.
fn run(launch: &Launch<'_>, message: &Message) -> (Ended, usize) {
    let service = launch.start();
    let client = Client::ask(service.client_port(), &json!({"start": "earliest"})).read_aside();
    let exporter = Exporter::at("127.0.0.2", service.exporter_port());
    exporter.send(&message.octets());
    let ended = service.end();
    (ended, client.join().unwrap().flows.len())
}

fn only_data() -> Message {
    Message::new(10).data(&samples(10..20))
}

fn with_template() -> Message {
    Message::new(0).template().data(&samples(0..10))
}

/// The rows of a dataset, which do not depend on where its segments begin.
fn rows(directory: &Path, test: &str) -> Option<Vec<String>> {
    let text = zstdcat(directory, test)?;
    let rows = text.lines().filter(|line| !line.starts_with("seq,"));
    Some(rows.map(str::to_owned).collect())
}

#[test]
fn b092_after_a_restart_data_are_decoded_at_once_and_replayed_to_the_same_bytes() {
    let test = "b092_after_a_restart_data_are_decoded_at_once_and_replayed_to_the_same_bytes";
    let scratch = Scratch::new();
    let (ended, flows) = run(&launch(&scratch, "data"), &with_template());
    ended.assert_clean();
    assert_eq!(flows, 10);
    for (restarts, message) in [
        (1, only_data()),
        (2, Message::new(20).data(&samples(20..30))),
    ] {
        let (ended, flows) = run(&launch(&scratch, "data"), &message);
        ended.assert_clean();
        assert_eq!(flows, 10 + 10 * restarts, "{}", ended.log);
    }
    let replay = launch(&scratch, "other").replay_at_once(&scratch.join("data/raw"));
    let replay = replay.run();
    assert_eq!(replay.code, Some(0), "{replay:?}");
    let live = rows(&scratch.join("data/prepared"), test);
    assert_eq!(live, rows(&scratch.join("other/prepared"), test));
    assert!(live.is_none_or(|rows| rows.len() == 30));
}

#[test]
fn b092_after_a_kill_data_are_decoded_at_once_and_replayed_to_the_same_flows() {
    let test = "b092_after_a_kill_data_are_decoded_at_once_and_replayed_to_the_same_flows";
    let scratch = Scratch::new();
    let service = launch(&scratch, "data").start();
    let mut client = Client::ask(service.client_port(), &json!({"start": "earliest"}));
    let exporter = Exporter::at("127.0.0.2", service.exporter_port());
    exporter.send(&with_template().octets());
    client.read_until(|received| received.flows.len() == 10);
    let begun = Instant::now();
    while !scratch.join(KEPT).try_exists().unwrap() {
        assert!(begun.elapsed() < PATIENCE, "nothing is kept");
        std::thread::sleep(LOOK);
    }
    service.end_by("KILL");
    let (ended, in_all) = run(&launch(&scratch, "data"), &only_data());
    assert_eq!((ended.code, in_all), (Some(0), 20), "{}", ended.log);
    let replay = launch(&scratch, "other").replay_at_once(&scratch.join("data/raw"));
    let replay = replay.run();
    assert_eq!(replay.code, Some(0), "{replay:?}");
    let directories = ["data/prepared", "other/prepared"].map(|name| scratch.join(name));
    let [live, again] = directories.map(|directory| zstdcat(&directory, test));
    assert_eq!(live.as_deref().map(flows), again.as_deref().map(flows));
}

#[test]
fn b093_a_file_that_is_broken_is_passed_over_and_replaced() {
    let scratch = Scratch::new();
    let kept = scratch.join(KEPT);
    fs::create_dir_all(kept.parent().unwrap()).unwrap();
    fs::write(&kept, b"{\"version\":1,\"expor").unwrap();
    let (ended, flows) = run(&launch(&scratch, "data"), &only_data());
    assert_eq!((ended.code, flows), (Some(0), 0), "{}", ended.log);
    assert!(
        ended.log.contains("what was kept of exporters is not used"),
        "{}",
        ended.log
    );
    let (ended, flows) = run(&launch(&scratch, "data"), &with_template());
    assert_eq!((ended.code, flows), (Some(0), 10), "{}", ended.log);
    let text = fs::read_to_string(&kept).unwrap();
    assert!(text.contains("127.0.0.2"), "{text}");
}

#[test]
fn nothing_is_kept_if_nothing_is_to_be() {
    let scratch = Scratch::new();
    let launch = launch(&scratch, "data").set("receiver.templates_keep", "0 s");
    run(&launch, &with_template()).0.assert_clean();
    assert!(!scratch.join(KEPT).try_exists().unwrap());
    let (ended, flows) = run(&launch, &only_data());
    assert_eq!(flows, 10, "{}", ended.log);
}
