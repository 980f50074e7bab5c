//! Captures of real agents, against what two independent decoders found: the number of
//! flow samples and of counter samples, the keys of the packets, and their lengths.
#![expect(
    clippy::disallowed_methods,
    reason = "the captures are files beside the project"
)]

use std::collections::HashMap;
use std::fs;

use decode::{Protocol, Reason};
use flow::{OriginalFlow, ReceiveTime};
use serde_json::Value;

use crate::captures::oracle::{Line, decode_of, manifest, root};
use crate::pcap::datagrams;
use crate::support::{Collector, assert_balanced};

/// A capture of which not every sample is a flow.
#[derive(Debug)]
struct Explained {
    path: &'static str,
    /// Whether its only datagram is rejected.
    rejected: bool,
    /// Flow samples that are no flow.
    samples: u64,
    /// Octets in the IP headers of these.
    octets: u64,
    why: &'static str,
}

const EXPLAINED: [Explained; 5] = [
    Explained {
        path: "exporters/ovs_sflow.pcap",
        rejected: false,
        samples: 32,
        octets: 72 + 104,
        why: "30 of ARP, one of IP version 0, one cut off within its addresses",
    },
    Explained {
        path: "google__gopacket/inline_sflow_test_SFlowEthernetFramePacket.pcap",
        rejected: false,
        samples: 7,
        octets: 0,
        why: "Ethernet addresses and types only",
    },
    Explained {
        path: "google__gopacket/inline_sflow_test_SFlowTestPacket4.pcap",
        rejected: false,
        samples: 1,
        octets: 0,
        why: "what a switch says, without a packet",
    },
    Explained {
        path: "google__gopacket/inline_sflow_test_SFlowTestPacket5.pcap",
        rejected: true,
        samples: 0,
        octets: 0,
        why: "flow data of 16 octets, of which 12 are there",
    },
    Explained {
        path: "google__gopacket/inline_sflow_test_SFlowTestPacket11.pcap",
        rejected: true,
        samples: 0,
        octets: 0,
        why: "a sample of 116 octets, of which 76 are there",
    },
];

/// What was decoded of a capture.
struct Decoded {
    flows: Vec<OriginalFlow>,
    collector: Collector,
}

fn decode_all(file: &[u8]) -> Decoded {
    let mut collector = Collector::default();
    let mut flows = Vec::new();
    for datagram in datagrams(file).unwrap() {
        collector.received_ms = ReceiveTime::from_nanos(datagram.seen_nanos).millis();
        let (more, report) = collector.receive(datagram.source, &datagram.payload);
        if report.protocol == Some(Protocol::SflowV5) {
            flows.extend(more);
        }
    }
    assert_balanced(collector.decoder.counters());
    Decoded { flows, collector }
}

/// Addresses, ports and protocol, as text.
fn key_of(flow: &OriginalFlow) -> String {
    let key = flow.key;
    let (src, dst) = (key.src_addr, key.dst_addr);
    let ports = (key.src_port, key.dst_port);
    format!("{src} {dst} {} {} {}", key.protocol, ports.0, ports.1)
}

/// The keys that nfdump stored; of what is not IP it stores none.
fn keys_of(stored: &Value) -> Vec<String> {
    let text = |flow: &Value, names: [&str; 2]| {
        let found = names.iter().find_map(|name| flow[*name].as_str());
        found.map(|addr| addr.parse::<std::net::IpAddr>().unwrap())
    };
    let keys = stored.as_array().unwrap().iter().filter_map(|flow| {
        let src = text(flow, ["src4_addr", "src6_addr"])?;
        let dst = text(flow, ["dst4_addr", "dst6_addr"])?;
        let number = |name: &str| flow[name].as_u64().unwrap_or(0);
        let ports = (number("src_port"), number("dst_port"));
        let proto = number("proto");
        Some(format!("{src} {dst} {proto} {} {}", ports.0, ports.1))
    });
    keys.collect()
}

/// How many of one list are not in the other, each counted as often as it occurs.
fn missing(of: &[String], within: &[String]) -> Vec<String> {
    let mut left: HashMap<&String, usize> = HashMap::new();
    for key in within {
        *left.entry(key).or_default() += 1;
    }
    let absent = of.iter().filter(|key| match left.get_mut(key) {
        Some(count @ 1..) => {
            *count -= 1;
            false
        }
        _ => true,
    });
    absent.cloned().collect()
}

/// Octets of the IP packets in the headers that tshark shows in hexadecimal, each behind
/// the number of its link layer.
fn octets_of(shown: &Value) -> u64 {
    let datagrams = shown.as_array().unwrap().iter();
    let sets = datagrams.flat_map(|datagram| datagram["sets"].as_array().unwrap());
    let records = sets.flat_map(|set| set["records"].as_array().unwrap());
    let fields = records.flat_map(|record| record.as_array().unwrap());
    let mut link = "";
    let mut octets = 0;
    for field in fields {
        match field[0].as_str().unwrap() {
            "sflow_245.header_protocol" => link = field[1].as_str().unwrap(),
            "sflow_245.header" => octets += ip_octets(link, field[2].as_str().unwrap()),
            _ => {}
        }
    }
    octets
}

/// The length in the IP header of an Ethernet frame or of a packet alone.
fn ip_octets(link: &str, header: &str) -> u64 {
    let half = |at: usize| {
        let digits = header.get(2 * at..2 * at + 4);
        digits.map_or(0, |digits| u64::from_str_radix(digits, 16).unwrap())
    };
    let tags = (0..4).find(|tags| half(12 + 4 * tags) != 0x8100).unwrap();
    let (kind, at) = match link {
        "1" => (half(12 + 4 * tags), 14 + 4 * tags),
        "11" => (0x0800, 0),
        "12" => (0x86DD, 0),
        _ => (0, 0),
    };
    match kind {
        0x0800 => half(at + 2),
        0x86DD => half(at + 4) + 40,
        _ => 0,
    }
}

/// What of a capture is not as expected, by what it is.
#[derive(Debug)]
struct Findings<'a> {
    path: &'a str,
    wrong: Vec<String>,
}

impl Findings<'_> {
    fn expect<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, expected: &T, found: &T) {
        if expected != found {
            let path = self.path;
            let wrong = format!("{path}: {what}: expected {expected:?}, found {found:?}");
            self.wrong.push(wrong);
        }
    }
}

/// Compares one capture, prints its line of the table, and tells what is wrong.
fn check(line: &Line) -> Vec<String> {
    let path = line.path.as_str();
    let file = fs::read(root().join(path)).unwrap();
    let Decoded { flows, collector } = decode_all(&file);
    let explained = EXPLAINED.iter().find(|explained| explained.path == path);
    let rejected = explained.is_some_and(|explained| explained.rejected);
    let counters = collector.decoder.counters();
    let ledger = counters.protocol(Protocol::SflowV5);
    let counted = ledger.reason(Reason::CounterSample).events;
    let mut findings = Findings {
        path,
        wrong: Vec::new(),
    };
    findings.expect("rejected", &u64::from(rejected), &ledger.rejected);
    // Flows of other protocols in the same capture are checked elsewhere.
    let alone = line.text("protocol") == "sflow5";
    let number = |column: &str| line.number(column).unwrap();
    let samples: u64 = if alone { number("expected_flows") } else { 0 };
    let keys = (alone && !rejected).then(|| decode_of(path, "nfdump"));
    let keys = keys.flatten().map(|stored| keys_of(&stored));
    if !rejected {
        findings.expect("flow samples", &samples, &ledger.samples.taken);
        let counters = number("sflow_counter_samples");
        findings.expect("counter samples", &counters, &counted);
        let without = explained.map_or(0, |explained| explained.samples);
        let taken = ledger.samples.taken;
        findings.expect(
            "samples that are no flow",
            &without,
            &(taken - ledger.records),
        );
        let ours: Vec<String> = flows.iter().map(key_of).collect();
        let absent = keys.as_ref().map(|keys| missing(&ours, keys));
        findings.expect(
            "keys that nfdump has not",
            &Vec::new(),
            &absent.unwrap_or_default(),
        );
        if let Some(shown) = decode_of(path, "tshark") {
            let octets = flows.iter().map(|flow| flow.bytes).sum::<u64>();
            let without = explained.map_or(0, |explained| explained.octets);
            findings.expect("octets", &octets_of(&shown), &(octets + without));
        }
    }
    let (taken, flows, keys) = (
        ledger.samples.taken,
        flows.len(),
        keys.map_or(0, |k| k.len()),
    );
    let why = explained.map_or("", |explained| explained.why);
    println!("{samples:>8} {taken:>7} {flows:>5} {keys:>4} {counted:>8} {path} {why}");
    findings.wrong
}

#[test]
fn captures_give_the_samples_keys_and_lengths_that_independent_decoders_found() {
    let mut wrong = Vec::new();
    println!("expected samples flows keys counters capture, and why samples are no flows");
    for line in manifest() {
        if line.text("protocol").contains("sflow5") {
            wrong.extend(check(&line));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
