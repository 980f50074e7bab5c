//! Flows before and after midnight.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use dataset::segment::Reader;
use flow::ReceiveTime;
use mediation::anonymize::Key;
use serde_json::{Value, json};

use super::{image, key, key_file, keys_of, named, said};
use crate::support::client::count;
use crate::support::files::{assert_same_segments, segments};
use crate::support::program::run;
use crate::support::recording::recording;
use crate::support::v5::{Record, datagram_at};
use crate::support::{Client, Launch, Received, Scratch};

/// 2026-11-29T00:00:00Z, in Unix milliseconds.
const MIDNIGHT_MS: i64 = 1_795_910_400_000;
/// So many seconds before it the recording begins, and so many behind it ends.
const AROUND: i64 = 6;
/// Flows of each second.
const FLOWS: u16 = 4;
/// The epochs of both days.
const DAYS: [&str; 2] = ["2026-11-28", "2026-11-29"];

/// The source of the flow with that source port.
fn src(port: u16) -> Ipv4Addr {
    let [high, low] = port.to_be_bytes();
    Ipv4Addr::new(198, 18, high, low)
}

/// Flows over midnight: some in each second, that end before the next one begins.
fn over_midnight(scratch: &Scratch) -> PathBuf {
    let datagram = |second: i64| {
        let number = u16::try_from(second + AROUND).unwrap() * FLOWS;
        let record = |port| Record {
            src: src(port),
            dst: Ipv4Addr::new(198, 19, 0, 1),
            ports: (port, 443),
            protocol: 6,
            tcp_flags: 0x13,
            packets: 3,
            bytes: 300,
            times: (0, 100),
        };
        let records: Vec<Record> = (number..number + FLOWS).map(record).collect();
        let received_ms = MIDNIGHT_MS + second * 1_000 + 500;
        let begin = u64::try_from(received_ms - 200).unwrap();
        (
            received_ms,
            datagram_at((begin, 200), number.into(), &records),
        )
    };
    let sent: Vec<_> = (-AROUND..AROUND).map(datagram).collect();
    let datagrams = sent.iter().map(|(received_ms, payload)| dataset::Datagram {
        received: ReceiveTime::from_millis(*received_ms),
        source: "192.0.2.1:2055".parse().unwrap(),
        destination: "192.0.2.2:2055".parse().unwrap(),
        payload,
    });
    recording(scratch, "raw", datagrams)
}

fn launch<'a>(scratch: &'a Scratch, data: &str) -> Launch<'a> {
    let key = key_file(scratch, key(7).octets(), 0o600);
    Launch::new(scratch, data)
        .with_short_timeouts()
        .set("anonymizer.key_file", key.to_str().unwrap())
        .set("anonymizer.key_epoch", "daily")
        .set("replay.pace", "max")
}

/// Replays to a client that asks for the whole of it in a format.
fn received(launch: &Launch<'_>, format: &str) -> Received {
    let service = launch.start();
    let request = json!({"start": "earliest", "format": format});
    let received = Client::ask(service.client_port(), &request).read();
    service.wait().assert_clean();
    received
}

/// The position of the first flow of the second day: what left at midnight or later.
fn first_of_second_day(prepared: &Path) -> u64 {
    let mut firsts = Vec::new();
    for name in segments(prepared).into_keys() {
        let mut reader = Reader::open(File::open(prepared.join(name)).unwrap()).unwrap();
        while let Some(frame) = reader.next_meta().unwrap() {
            if frame.rows > 0 && frame.time_ms >= MIDNIGHT_MS {
                firsts.push(frame.first_seq);
            }
        }
    }
    firsts.into_iter().min().unwrap()
}

/// Each flow is what the key of its day makes of it, and of no other day.
fn assert_of_their_days(flows: &[Value], first: u64) {
    assert_eq!(flows.len(), usize::from(FLOWS) * 12);
    let days = DAYS.map(|day| key(7).of_epoch(day.parse().unwrap()));
    for flow in flows {
        let port = u16::try_from(count(flow, "src_port")).unwrap();
        let images = days.each_ref().map(|key| image(key, src(port)));
        assert_ne!(images[0], images[1]);
        let day = usize::from(count(flow, "seq") >= first);
        assert_eq!(flow["src_addr"], images[day], "{flow}");
    }
}

fn expected(key: &Key, first: u64) -> [(u64, (String, Option<String>)); 2] {
    [
        (0, named(key, Some(DAYS[0]))),
        (first, named(key, Some(DAYS[1]))),
    ]
}

#[test]
fn at_midnight_another_key_begins_with_another_segment_and_clients_are_told() {
    let scratch = Scratch::new();
    let raw = over_midnight(&scratch);
    let got = received(&launch(&scratch, "data").replay(&raw), "jsonl");
    got.assert_whole("end_of_replay");
    let prepared = scratch.join("data/prepared");
    let first = first_of_second_day(&prepared);
    assert!(first > 8 && first < 40, "{first}");
    let expected = expected(&key(7), first);
    assert_eq!(keys_of(&prepared), expected, "one segment a day");
    assert_of_their_days(&got.flows, first);
    // Before anything has left, no epoch is known.
    assert_eq!(said(&got.answer["anonymization"]), named(&key(7), None));
    let told: Vec<_> = got
        .keys
        .iter()
        .map(|told| (count(told, "from"), said(told)))
        .collect();
    assert_eq!(told, expected);
    let fields = got.answer["anonymization"]["fields"].as_array().unwrap();
    let of = |name: &str| fields.iter().find(|field| field["field"] == name).unwrap();
    assert_eq!(of("src_addr")["stability"], "session");
    assert_eq!(of("src_port")["stability"], "stable");
}

#[test]
fn the_same_bytes_come_of_flows_over_midnight_on_any_number_of_lanes() {
    let scratch = Scratch::new();
    let raw = over_midnight(&scratch);
    let prepared = |name: &str, lanes, policy| {
        let launch = launch(&scratch, name)
            .set("pipeline.lanes", lanes)
            .set("anonymizer.policy", policy)
            .set("anonymizer.fields.bytes", "noise")
            .set("anonymizer.fields.src_port", "permutation");
        let outcome = launch.replay_at_once(&raw).run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        scratch.join(name).join("prepared")
    };
    for policy in ["standard", "strict"] {
        let one = prepared(&format!("{policy}-1"), "1", policy);
        assert_eq!(segments(&one).len(), 2);
        for lanes in ["1", "2", "4"] {
            let other = prepared(&format!("{policy}-{lanes}-again"), lanes, policy);
            assert_same_segments(&one, &other);
        }
    }
}

#[test]
fn clients_of_a_stored_dataset_are_told_the_keys_of_then_in_every_format() {
    let scratch = Scratch::new();
    let raw = over_midnight(&scratch);
    let outcome = launch(&scratch, "data").replay_at_once(&raw).run();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let prepared = scratch.join("data/prepared");
    let first = first_of_second_day(&prepared);
    let (id, _) = named(&key(7), None);
    for (format, notice) in [
        (
            "jsonl",
            format!(
                "{{\"key\":{{\"from\":{first},\"key_id\":\"{id}\",\"key_epoch\":\"2026-11-29\"}}}}\n"
            ),
        ),
        (
            "csv",
            format!("# key from={first} key_id={id} key_epoch=2026-11-29\n"),
        ),
        (
            "legacy",
            format!("# key from={first} key_id={id} key_epoch=2026-11-29\n"),
        ),
    ] {
        // The settings of this service have nothing to say of keys that are in the data.
        let replay = launch(&scratch, "told").set("anonymizer.key_epoch", "off");
        let got = received(&replay.replay(&prepared), format);
        let told = &got.answer["anonymization"];
        assert_eq!(said(told), named(&key(7), Some(DAYS[0])), "{format}");
        let header = usize::from(format != "jsonl");
        let at = header + usize::try_from(first).unwrap();
        assert_eq!(got.lines[at], notice, "{format}");
        let notices = got.lines.iter().filter(|line| line.contains("key_epoch"));
        assert_eq!(notices.count(), 1, "{format}");
        assert_eq!(got.lines.len(), header + usize::from(FLOWS) * 12 + 2);
    }
}

#[test]
fn the_key_of_a_day_can_be_made_and_undoes_that_day_and_no_other() {
    let scratch = Scratch::new();
    let raw = over_midnight(&scratch);
    let whole = received(&launch(&scratch, "data").replay(&raw), "jsonl");
    let first = first_of_second_day(&scratch.join("data/prepared"));
    let made = |day: &str| {
        let set = format!("anonymizer.key_file={}", scratch.join("key").display());
        run(
            &scratch,
            &["keygen", "--epoch", day, "day.key", "--set", &set],
        )
    };
    let outcome = made(DAYS[0]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let derived = key(7).of_epoch(DAYS[0].parse().unwrap());
    assert_eq!(fs::read(scratch.join("day.key")).unwrap(), derived.octets());
    assert!(outcome.stdout.starts_with(&derived.id().to_string()));
    let day_alone = launch(&scratch, "day")
        .set("anonymizer.key_epoch", "off")
        .set(
            "anonymizer.key_file",
            scratch.join("day.key").to_str().unwrap(),
        );
    let with_it = received(&day_alone.replay(&raw), "jsonl");
    let first = usize::try_from(first).unwrap();
    assert_eq!(with_it.flows[..first], whole.flows[..first]);
    let addrs = |flows: &[Value]| -> BTreeSet<String> {
        let addrs = flows.iter().map(|flow| flow["src_addr"].to_string());
        addrs.collect()
    };
    let [these, those] = [&with_it, &whole].map(|got| addrs(&got.flows[first..]));
    assert_eq!(
        (these.len(), those.len()),
        (flows_of_second_day(first), flows_of_second_day(first))
    );
    assert!(
        these.is_disjoint(&those),
        "it tells nothing of the next day"
    );
    assert!(made(DAYS[1]).failed(1).contains("there is a key already"));
    let wrong = run(&scratch, &["keygen", "--epoch", "2026-11-31", "other.key"]);
    assert!(
        wrong.failed(2).contains("not an epoch such as 2026-11-28"),
        "{wrong:?}"
    );
}

fn flows_of_second_day(first: usize) -> usize {
    usize::from(FLOWS) * 12 - first
}
