//! Datagrams that are none, or lie, harm nothing around them.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::{Value, json};

use crate::support::client::count;
use crate::support::exporter::{Exporter, Sample, V5_HEADER, V5_RECORD, v5};
use crate::support::program::generate;
use crate::support::{Client, Ended, Launch, Scratch};

/// How many good datagrams come between the bad ones.
const GOOD: u16 = 400;
/// An exporter that sends nothing good, in the documentation of none of these tests.
const BAD_EXPORTER: &str = "127.0.0.66";

/// Even numbers from a seed: SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn octets(&mut self, most: u64) -> Vec<u8> {
        let len = self.next() % (most + 1);
        (0..len).map(|_| self.next().to_be_bytes()[0]).collect()
    }
}

/// A message of IPFIX whose header says `length`, with this body.
fn ipfix(length: u16, body: &[u8]) -> Vec<u8> {
    let mut message = 10_u16.to_be_bytes().to_vec();
    message.extend(length.to_be_bytes());
    message.extend([0; 12]);
    message.extend(body);
    message
}

/// A message of IPFIX of one Set whose header says `id` and `length`.
fn set(id: u16, length: u16, body: &[u8]) -> Vec<u8> {
    let set = [&id.to_be_bytes()[..], &length.to_be_bytes(), body].concat();
    ipfix(u16::try_from(16 + set.len()).unwrap(), &set)
}

/// A packet of NetFlow v9 that announces `count` records, with one FlowSet.
fn v9(count: u16, id: u16, length: u16, body: &[u8]) -> Vec<u8> {
    let mut packet = 9_u16.to_be_bytes().to_vec();
    packet.extend(count.to_be_bytes());
    packet.extend([0; 16]);
    packet.extend([id.to_be_bytes(), length.to_be_bytes()].concat());
    packet.extend(body);
    packet
}

/// Datagrams with nothing good in them. None of them holds a record that could be read.
fn bad_datagrams() -> Vec<Vec<u8>> {
    let whole = v5(0, &[Sample(50_000)]);
    let with_count = |count: u16| {
        let mut lying = whole.clone();
        lying[2..4].copy_from_slice(&count.to_be_bytes());
        lying
    };
    let mut bad: Vec<Vec<u8>> = (0..16).map(|len| whole[..len].to_vec()).collect();
    // A v5 datagram under the name of v7, whose header has the same length: it lies.
    let mut v7 = whole.clone();
    v7[..2].copy_from_slice(&7_u16.to_be_bytes());
    bad.push(v7);
    bad.extend([0_u16, 2, 3, 4, 6, 8, 11, 0x4142, u16::MAX].map(|version| {
        let mut unknown = whole.clone();
        unknown[..2].copy_from_slice(&version.to_be_bytes());
        unknown
    }));
    bad.extend([
        with_count(0),
        with_count(2),
        with_count(30),
        with_count(u16::MAX),
    ]);
    bad.push(whole[..V5_HEADER + V5_RECORD - 1].to_vec());
    bad.push(whole[..V5_HEADER - 1].to_vec());
    bad.extend([0, 15, 17, 1_000, u16::MAX].map(|length| ipfix(length, &[])));
    bad.extend([0, 3, 9, 200, u16::MAX].map(|length| set(256, length, &[1; 4])));
    // Templates: too many fields, a field longer than anything, a reserved ID, no fields.
    bad.push(set(2, 12, &[1, 0, 0xff, 0xff, 0, 8, 0, 4]));
    bad.push(set(2, 12, &[1, 0, 0, 1, 0, 8, 0xff, 0xfe]));
    bad.push(set(2, 12, &[0, 9, 0, 1, 0, 8, 0, 4]));
    bad.push(set(2, 8, &[1, 1, 0, 0]));
    bad.push(set(3, 14, &[1, 2, 0, 1, 0, 9, 0, 149, 0, 4]));
    bad.push(set(300, 8, &[1; 4]));
    bad.extend([0, 3, 9, u16::MAX].map(|length| v9(1, 256, length, &[1; 4])));
    bad.push(v9(u16::MAX, 0, 12, &[1, 0, 0xff, 0xff, 0, 8, 0, 4]));
    bad.push(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec());
    bad.push(vec![0xff; 1_400]);
    bad.push(vec![0; 60_000]);
    bad
}

#[test]
fn good_datagrams_between_bad_ones_all_arrive() {
    let scratch = Scratch::new();
    let launch = Launch::new(&scratch, "data").without_anonymization();
    let service = launch.set("log.level", "trace").start();
    let client = Client::ask(service.client_port(), &json!({})).read_aside();
    let exporter = Exporter::at("127.0.0.1", service.exporter_port());
    let stranger = Exporter::at(BAD_EXPORTER, service.exporter_port());
    let bad = bad_datagrams();
    for number in 0..GOOD {
        exporter.send(&v5(number.into(), &[Sample(number)]));
        let datagram = &bad[usize::from(number) % bad.len()];
        let from = if number % 2 == 0 {
            &exporter
        } else {
            &stranger
        };
        from.send(datagram);
    }
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(!ended.log.contains("panic"), "{}", ended.log);
    let received = client.join().unwrap();
    received.assert_whole("shutdown");
    let ports = received.flows.iter().map(|flow| count(flow, "src_port"));
    let expected = (0..GOOD).map(|number| u64::from(Sample(number).src_port()));
    assert_eq!(ports.collect::<BTreeSet<_>>(), expected.collect());
    assert_eq!(
        received.flows.len(),
        usize::from(GOOD),
        "and nothing else came"
    );
    for (name, expected) in [("datagrams", 2 * GOOD), ("records", GOOD), ("merged", 0)] {
        assert_eq!(ended.drained(name), u64::from(expected), "{name}");
    }
    for name in ["flows", "recorded", "delivered"] {
        assert_eq!(ended.drained(name), u64::from(GOOD), "{name}");
    }
    let sent = (0..GOOD).map(|number| &bad[usize::from(number) % bad.len()]);
    let empty = sent.filter(|datagram| datagram.is_empty()).count();
    assert_eq!(events(&ended, "empty"), empty as u64);
    for reason in [
        "short",
        "version_unknown",
        "count_mismatch",
        "length_mismatch",
        "set_length",
    ] {
        assert!(events(&ended, reason) > 0, "{reason} is told");
    }
}

/// How often something was not decoded for a reason.
fn events(ended: &Ended, reason: &str) -> u64 {
    let lines = ended.log.lines();
    let mut objects = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let told = objects.find(|object| object["reason"] == reason);
    told.map_or(0, |object| count(&object, "events"))
}

#[test]
fn a_flood_of_garbage_hides_no_record_of_an_exporter_with_templates() {
    const GARBAGE: u64 = 2_000;
    let scratch = Scratch::new();
    let service = Launch::new(&scratch, "data").start();
    let client = Client::ask(service.client_port(), &json!({})).read_aside();
    let stranger = Exporter::at(BAD_EXPORTER, service.exporter_port());
    let flood = std::thread::spawn(move || {
        let mut random = Random(1);
        for number in 0..GARBAGE {
            let mut garbage = random.octets(300);
            // Half of it claims to be something, and is garbage behind that.
            if number % 2 == 0 && garbage.len() > 2 {
                let version = [9_u8, 10][usize::from(number % 4 == 0)];
                garbage[..2].copy_from_slice(&[0, version]);
            }
            stranger.send(&garbage);
        }
    });
    let args = [
        "--protocol",
        "v9,ipfix",
        "--count",
        "5000",
        "--rate",
        "10000",
    ];
    let sent = generate(&scratch, service.exporter_port(), &args);
    flood.join().unwrap();
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(!ended.log.contains("panic"), "{}", ended.log);
    let received = client.join().unwrap();
    received.assert_whole("shutdown");
    for name in ["records", "packets", "bytes"] {
        assert_eq!(received.sum(name), count(&sent, name), "{name}");
    }
    assert_eq!(
        ended.drained("datagrams"),
        GARBAGE + count(&sent, "datagrams")
    );
    assert_eq!(ended.drained("records"), count(&sent, "records"));
    assert!(ended.drained("rejected") > GARBAGE / 2);
}

#[test]
fn b113_a_flood_of_bad_datagrams_is_no_flood_of_log_lines() {
    const BAD: u64 = 20_000;
    const LINES_A_SECOND: u64 = 5;
    let scratch = Scratch::new();
    let launch = Launch::new(&scratch, "data").set("log.level", "debug");
    let service = launch.start();
    let stranger = Exporter::at(BAD_EXPORTER, service.exporter_port());
    let bad = bad_datagrams();
    let began = Instant::now();
    for number in 0..BAD {
        stranger.send(&bad[usize::try_from(number).unwrap() % bad.len()]);
    }
    let ended = service.end();
    let took = began.elapsed().as_secs();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    let received = ended.drained("datagrams");
    assert!(received > BAD / 10, "{received}");
    let lines = ended.log.lines();
    let objects = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let told: Vec<Value> = objects
        .filter(|line| line["message"] == "datagram rejected")
        .collect();
    let most = LINES_A_SECOND * (took + 2);
    assert!((1..=most).contains(&(told.len() as u64)), "{told:?}");
    let suppressed: u64 = told.iter().map(|line| count(line, "suppressed")).sum();
    assert!(suppressed + told.len() as u64 <= received);
}

/// A packet of NetFlow v9, one record of which has addresses, ports, protocol, octets and
/// packets, all of them numbered.
fn v9_template(sequence: u32) -> Vec<u8> {
    let fields = [8_u16, 4, 12, 4, 7, 2, 11, 2, 4, 1, 1, 4, 2, 4];
    let record = [&[256, 7], &fields[..]].concat();
    let body: Vec<u8> = record.iter().flat_map(|n| n.to_be_bytes()).collect();
    numbered(v9(1, 0, 36, &body), sequence)
}

fn v9_data(sequence: u32, sample: Sample) -> Vec<u8> {
    let mut record = sample.src().octets().to_vec();
    record.extend([198, 19, 0, 1]);
    record.extend(sample.src_port().to_be_bytes());
    record.extend([0, 53, 17, 0, 0, 0, 100, 0, 0, 0, 1, 0, 0, 0]);
    numbered(v9(1, 256, 28, &record), sequence)
}

fn numbered(mut packet: Vec<u8>, sequence: u32) -> Vec<u8> {
    packet[12..16].copy_from_slice(&sequence.to_be_bytes());
    packet
}

#[test]
fn b085_a_template_at_one_port_serves_data_at_another() {
    let scratch = Scratch::new();
    let launch = Launch::new(&scratch, "data").without_anonymization();
    let launch = launch.set("receiver.listen", r#"["127.0.0.1:0", "127.0.0.1:0"]"#);
    let service = launch.start();
    let client = Client::ask(service.client_port(), &json!({})).read_aside();
    let [first, second] = service.exporter_ports() else {
        panic!("two ports: {:?}", service.exporter_ports());
    };
    // A balancer has a source port for each of its ways.
    let [one, other] = [first, second].map(|port| Exporter::at(BAD_EXPORTER, *port));
    one.send(&v9_template(1));
    // Data that come before their template, by either way, wait for it.
    for number in 0..20 {
        let way = if number % 2 == 0 { &one } else { &other };
        way.send(&v9_data(2 + u32::from(number), Sample(number)));
    }
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    let received = client.join().unwrap();
    let ports: BTreeSet<u64> = received
        .flows
        .iter()
        .map(|f| count(f, "src_port"))
        .collect();
    let expected = (0..20).map(|number| u64::from(Sample(number).src_port()));
    assert_eq!(ports, expected.collect());
    assert_eq!(received.sum("bytes"), 20 * 100);
}
