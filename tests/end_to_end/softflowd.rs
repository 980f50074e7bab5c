//! A real exporter: softflowd meters a capture whose truth is known.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::client::count;
use crate::support::files::{assert_same_segments, zstdcat};
use crate::support::program::{finish, start};
use crate::support::tool::tool;
use crate::support::traffic::{Counts, Key, Traffic, ordinary};
use crate::support::{Client, Launch, Received, Scratch};

/// Conversations in the capture; each is two flows or so.
const CONVERSATIONS: usize = 600;

/// Lets softflowd meter the capture and export it; `-a` keeps the capture's times. The
/// version may be followed by further options.
fn export(softflowd: &Path, version: &str, traffic: &Traffic, scratch: &Scratch, to: SocketAddr) {
    let pcap = scratch.file("traffic.pcap", &traffic.pcap);
    let mut command = Command::new(softflowd);
    command.arg("-r").arg(pcap);
    command.args(["-n", &to.to_string(), "-a", "-c", "none", "-v"]);
    command.args(version.split(' '));
    command
        .arg("-p")
        .arg(scratch.join("softflowd.pid"))
        .arg("-d");
    let outcome = finish(start(&mut command));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

/// A service takes in the export in `data`; what a client with all fields got.
fn collected(launch: &Launch<'_>, export: impl FnOnce(SocketAddr), format: &str) -> Received {
    let service = launch.start();
    let request = json!({"start": "earliest", "format": format});
    let client = Client::ask(service.client_port(), &request).read_aside();
    export(service.exporter_port());
    service.end().assert_clean();
    client.join().unwrap()
}

/// The key of a flow as the truth has it.
fn key(flow: &Value) -> Key {
    let addr = |name: &str| flow[name].as_str().unwrap().parse().unwrap();
    let number = |name: &str| u16::try_from(count(flow, name)).unwrap();
    let dst_port = match flow["icmp_type"].as_u64() {
        Some(_) => number("icmp_type") * 256 + number("icmp_code"),
        None => number("dst_port"),
    };
    Key {
        src: addr("src_addr"),
        dst: addr("dst_addr"),
        src_port: number("src_port"),
        dst_port,
        protocol: u8::try_from(count(flow, "protocol")).unwrap(),
    }
}

/// Everything that was counted, but the times.
fn amount(counts: &Counts) -> (u64, u64, u8) {
    (counts.packets, counts.bytes, counts.tcp_flags)
}

/// Each flow came once, and carries the truth.
fn assert_truth(flows: &[Value], truth: &BTreeMap<Key, Counts>, early_ms: u64) {
    let times = conversations(truth);
    let mut seen = BTreeMap::new();
    for flow in flows {
        let key = key(flow);
        let flags = u8::try_from(flow["tcp_flags"].as_u64().unwrap_or(0)).unwrap();
        let amount = (count(flow, "packets"), count(flow, "bytes"), flags);
        assert!(seen.insert(key, amount).is_none(), "twice: {flow}");
        assert_eq!(flow["records"], 1, "{flow}");
        assert_times(flow, times[&conversation(key)], early_ms);
    }
    let truth: BTreeMap<_, _> = truth.iter().map(|(&key, c)| (key, amount(c))).collect();
    assert_eq!(seen, truth);
}

/// Each direction amounts to the truth, whatever softflowd calls a message of ICMP: of
/// biflows it tells the type for one direction only.
fn assert_amounts(flows: &[Value], truth: &BTreeMap<Key, Counts>) {
    let sums = |all: &mut dyn Iterator<Item = (Key, (u64, u64, u8))>| {
        let mut sums: BTreeMap<Key, (u64, u64, u8)> = BTreeMap::new();
        for (mut key, (packets, bytes, flags)) in all {
            if matches!(key.protocol, 1 | 58) {
                key.dst_port = 0;
            }
            let sum = sums.entry(key).or_default();
            *sum = (sum.0 + packets, sum.1 + bytes, sum.2 | flags);
        }
        sums
    };
    let seen = sums(&mut flows.iter().map(|flow| {
        let flags = u8::try_from(flow["tcp_flags"].as_u64().unwrap_or(0)).unwrap();
        let amount = (count(flow, "packets"), count(flow, "bytes"), flags);
        (key(flow), amount)
    }));
    let truth = sums(&mut truth.iter().map(|(&key, counts)| (key, amount(counts))));
    assert_eq!(seen, truth);
}

/// Two ends, and what they speak: the same for both directions. Messages of ICMP of
/// different types are not one conversation.
fn conversation(key: Key) -> [(IpAddr, u16); 2] {
    let mut ends = [(key.src, key.src_port), (key.dst, key.dst_port)];
    if !matches!(key.protocol, 1 | 58) {
        ends.sort_unstable();
    }
    ends
}

/// First and last packet of each conversation: softflowd meters both directions as one
/// and gives both the times of the whole.
fn conversations(truth: &BTreeMap<Key, Counts>) -> BTreeMap<[(IpAddr, u16); 2], (u64, u64)> {
    let mut times = BTreeMap::new();
    for (&key, counts) in truth {
        let (first, last) = times.entry(conversation(key)).or_insert((u64::MAX, 0));
        *first = counts.first_us.min(*first);
        *last = counts.last_us.max(*last);
    }
    times
}

/// Times of packets in microseconds: the exporter rounds them to milliseconds, and its
/// headers of NetFlow v9 say what time it is in whole seconds only.
fn assert_times(flow: &Value, (first_us, last_us): (u64, u64), early_ms: u64) {
    let near = |name: &str, us: u64| {
        let (told, truth) = (count(flow, name), us / 1_000);
        (truth - early_ms - 2..=truth + 2).contains(&told)
    };
    let lasted = (last_us - first_us) / 1_000;
    let all = near("start_ms", first_us) && near("end_ms", last_us);
    assert!(all, "{first_us} {last_us}: {flow}");
    assert!(count(flow, "duration_ms").abs_diff(lasted) <= 2, "{flow}");
}

/// One version of the protocol, all the way and back.
fn all_the_way(test: &str, version: &str, check: fn(&[Value], &Traffic)) {
    let Some(softflowd) = tool("softflowd", test) else {
        return;
    };
    let scratch = Scratch::new();
    let seed = version.bytes().map(u64::from).sum();
    let traffic = ordinary(seed, CONVERSATIONS);
    let launch = |data: &str| Launch::new(&scratch, data).without_anonymization();
    let export = |to| export(&softflowd, version, &traffic, &scratch, to);
    let live = collected(&launch("data").set("pipeline.lanes", "2"), export, "jsonl");
    live.assert_whole("shutdown");
    check(&live.flows, &traffic);

    let prepared = scratch.join("data/prepared");
    let replay = launch("unused").replay(&prepared).start();
    let client = Client::ask(replay.client_port(), &json!({"start": "earliest"}));
    let replayed = client.read();
    replay.wait().assert_clean();
    replayed.assert_whole("end_of_replay");
    assert_eq!(
        replayed.flows, live.flows,
        "what was recorded is what went out"
    );

    for lanes in ["1", "2", "4"] {
        let other = format!("again-{lanes}");
        let again = launch(&other).set("pipeline.lanes", lanes);
        let outcome = again.replay_at_once(&scratch.join("data/raw")).run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert_same_segments(&prepared, &scratch.join(&other).join("prepared"));
    }
}

#[test]
fn netflow_v5_of_softflowd_carries_the_truth_and_replays_to_the_same_bytes() {
    all_the_way(
        "netflow_v5_of_softflowd_carries_the_truth_and_replays_to_the_same_bytes",
        "5",
        |flows, all| assert_truth(flows, &all.ipv4(), 0),
    );
}

#[test]
fn netflow_v9_of_softflowd_carries_the_truth_and_replays_to_the_same_bytes() {
    all_the_way(
        "netflow_v9_of_softflowd_carries_the_truth_and_replays_to_the_same_bytes",
        "9",
        |flows, all| assert_truth(flows, &all.flows, 1_000),
    );
}

#[test]
fn ipfix_of_softflowd_carries_the_truth_and_replays_to_the_same_bytes() {
    all_the_way(
        "ipfix_of_softflowd_carries_the_truth_and_replays_to_the_same_bytes",
        "10",
        |flows, all| assert_truth(flows, &all.flows, 0),
    );
}

#[test]
fn biflows_of_softflowd_carry_the_truth_of_both_directions_and_replay_to_the_same_bytes() {
    all_the_way(
        "biflows_of_softflowd_carry_the_truth_of_both_directions_and_replay_to_the_same_bytes",
        "10 -b",
        |flows, all| assert_amounts(flows, &all.flows),
    );
}

#[test]
fn anonymized_flows_of_softflowd_keep_their_totals_and_replay_to_the_same_bytes() {
    let test = "anonymized_flows_of_softflowd_keep_their_totals_and_replay_to_the_same_bytes";
    let Some(softflowd) = tool("softflowd", test) else {
        return;
    };
    let scratch = Scratch::new();
    let traffic = ordinary(77, CONVERSATIONS);
    // Always the same key: among all keys some map a few addresses onto others of the same
    // network, as Crypto-PAn flips a bit like the one before it wherever address and pad agree.
    let key = scratch.file("key", b"a key of softflowd's test: 32 oc");
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let launch =
        |data: &str| Launch::new(&scratch, data).set("anonymizer.key_file", key.to_str().unwrap());
    let export = |to| export(&softflowd, "10", &traffic, &scratch, to);
    let csv = collected(&launch("data"), export, "csv");
    let prepared = scratch.join("data/prepared");
    for (other, lanes) in [("again", "1"), ("and-again", "3")] {
        let again = launch(other).set("pipeline.lanes", lanes);
        let outcome = again.replay_at_once(&scratch.join("data/raw")).run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert_same_segments(&prepared, &scratch.join(other).join("prepared"));
    }
    assert_totals(&csv, &traffic);
    if let Some(text) = zstdcat(&prepared, test) {
        let (end, flows) = csv.lines.split_last().unwrap();
        assert!(end.starts_with("# end "), "{end}");
        assert_eq!(text, flows.concat(), "the client got what was recorded");
    }
}

/// The columns of the CSV sum up to the truth, and no original address is among them.
fn assert_totals(csv: &Received, traffic: &Traffic) {
    let names: Vec<&str> = csv.lines[0].trim_end().split(',').collect();
    let column = |name: &str| names.iter().position(|known| *known == name).unwrap();
    let rows: Vec<Vec<&str>> = csv.lines[1..csv.lines.len() - 1]
        .iter()
        .map(|line| line.trim_end().split(',').collect())
        .collect();
    let sum = |name: &str| -> u64 {
        let at = column(name);
        rows.iter().map(|row| row[at].parse::<u64>().unwrap()).sum()
    };
    let truth = traffic.flows.values();
    assert_eq!(rows.len(), traffic.flows.len());
    assert_eq!(
        sum("packets"),
        truth.clone().map(|c| c.packets).sum::<u64>()
    );
    assert_eq!(sum("bytes"), truth.map(|c| c.bytes).sum::<u64>());
    let at = column("src_addr");
    let known = |row: &&Vec<&str>| {
        traffic
            .flows
            .keys()
            .any(|key| key.src.to_string() == row[at])
    };
    assert_eq!(
        rows.iter().find(known),
        None,
        "an address is an original one"
    );
}
