//! What was recorded survives a kill, and the next run goes on behind it.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::files::{open_segments, segments, zstdcat};
use crate::support::program::generate;
use crate::support::{Client, LOOK, Launch, PATIENCE, Scratch, Service};

/// How many flows each run takes in.
const FLOWS: u64 = 3_000;

fn launch<'a>(scratch: &'a Scratch, data: &str) -> Launch<'a> {
    let key = scratch.join("key");
    Launch::new(scratch, data)
        .with_short_timeouts()
        .set("recorder.flush_interval", "50 ms")
        .set("anonymizer.key_file", key.to_str().unwrap())
}

/// A service has released and written this many flows in all.
fn take_in(scratch: &Scratch, service: &Service, seed: &str, in_all: u64) -> Client {
    let request = json!({"start": "earliest"});
    let mut client = Client::ask(service.client_port(), &request);
    let args = [
        "--count", "3000", "--rate", "6000", "--long", "0", "--seed", seed,
    ];
    generate(scratch, service.exporter_port(), &args);
    client.read_until(|received| received.flows.len() as u64 == in_all);
    client
}

/// Waits until nothing is written any more: each file has kept its size for a while.
fn wait_until_written(scratch: &Scratch) {
    let sizes = || {
        ["data/raw", "data/prepared"].map(|directory| {
            let segments = segments(&scratch.join(directory)).into_values();
            segments.map(|octets| octets.len()).sum::<usize>()
        })
    };
    let (mut last, mut same) = (sizes(), 0);
    let begun = std::time::Instant::now();
    while same < 60 {
        assert!(begun.elapsed() < PATIENCE, "it writes on and on");
        std::thread::sleep(LOOK);
        let now = sizes();
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
}

#[test]
fn a_killed_service_is_recovered_and_goes_on_with_the_next_position() {
    let test = "a_killed_service_is_recovered_and_goes_on_with_the_next_position";
    let scratch = Scratch::new();
    let first = launch(&scratch, "data").start();
    let before = take_in(&scratch, &first, "1", FLOWS);
    wait_until_written(&scratch);
    let killed = first.end_by("KILL");
    assert_eq!(killed.code, None, "a signal has ended it");
    let (raw, prepared) = (scratch.join("data/raw"), scratch.join("data/prepared"));
    for directory in [&raw, &prepared] {
        assert_eq!(open_segments(directory).len(), 1, "not sealed");
    }

    let second = launch(&scratch, "data").start();
    let after = take_in(&scratch, &second, "2", 2 * FLOWS).read_aside();
    let ended = second.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    let recovered = "recovered a segment that was not sealed";
    assert_eq!(ended.log.matches(recovered).count(), 2, "{}", ended.log);
    let after = after.join().unwrap();
    after.assert_whole("shutdown");
    assert_eq!(
        before.so_far().flows,
        after.flows[..before.so_far().flows.len()]
    );

    for directory in [&raw, &prepared] {
        assert_eq!(open_segments(directory), [""; 0]);
    }
    let replay = launch(&scratch, "other").replay_at_once(&raw).run();
    assert_eq!(replay.code, Some(0), "{replay:?}");
    if let (Some(live), Some(again)) = (
        zstdcat(&prepared, test),
        zstdcat(&scratch.join("other/prepared"), test),
    ) {
        assert_eq!(flows(&live), flows(&again), "both runs are prepared anew");
    }
}

/// The flows of a dataset of CSV, without position and reason of their end: how long the
/// clock of a killed run went on is not recorded, so that flows which were waited for to
/// the end count as cut off in a replay.
pub(crate) fn flows(text: &str) -> BTreeSet<String> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let kept = |(name, _): &(&&str, &str)| !["seq", "end_reason"].contains(*name);
    let rows = lines.filter(|line| !line.starts_with("seq,"));
    let rows = rows.map(|row| {
        let cells = header.iter().zip(row.split(',')).filter(kept);
        cells.map(|(_, cell)| format!("{cell},")).collect()
    });
    rows.collect()
}

#[test]
fn a_torn_tail_is_set_aside_and_everything_before_it_is_kept() {
    let scratch = Scratch::new();
    let first = launch(&scratch, "data").start();
    let before = take_in(&scratch, &first, "3", FLOWS);
    wait_until_written(&scratch);
    first.end_by("KILL");
    let prepared = scratch.join("data/prepared");
    let name = open_segments(&prepared).remove(0);
    let mut octets = segments(&prepared).remove(&name).unwrap();
    octets.extend(b"half a frame that a crash left behind");
    std::fs::write(prepared.join(&name), octets).unwrap();

    let second = launch(&scratch, "data").start();
    let client = Client::ask(second.client_port(), &json!({"start": "earliest"})).read_aside();
    let ended = second.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(ended.log.contains("torn tail set aside"), "{}", ended.log);
    let received = client.join().unwrap();
    received.assert_whole("shutdown");
    assert_eq!(received.flows, before.so_far().flows);
    let torn = segments(&prepared)
        .into_keys()
        .filter(|name| name.ends_with(".torn"));
    assert_eq!(torn.count(), 1);
}
