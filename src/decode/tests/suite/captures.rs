//! Captures of real exporters, against the counts of independent decoders.
#![expect(
    clippy::disallowed_methods,
    reason = "the captures are files beside the project"
)]

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use decode::{Limits, Reason};
use flow::ReceiveTime;

use crate::pcap::{Captured, datagrams};
use crate::support::{Collector, assert_balanced};

/// A line of the manifest, by column.
type Line<'a> = HashMap<&'a str, &'a str>;

/// Where another number of flows is right, and why.
const EXPLAINED: [(&str, u64, &str); 11] = [
    (
        "EdgeCast__vflow/inline_decoder_test_TestDecodeDataTpl.pcap",
        4,
        "data before their template: they wait for it",
    ),
    (
        "Graylog2__graylog-plugin-netflow/nprobe-netflow9-4.pcap",
        15,
        "data before their template: they wait for it",
    ),
    (
        "Graylog2__graylog-plugin-netflow/dat_netflow-v9-1.pcap",
        0,
        "a FlowSet of 7,496 octets in a datagram of 404: the message is discarded as a whole",
    ),
    (
        "mikemiles-dev__netflow_parser/inline_tests_v9_example_from_integration_test.pcap",
        0,
        "a template of ID 1 beside the good one: the message is discarded as a whole",
    ),
    (
        "logstash-plugins__logstash-codec-netflow/Netflow-9-Cisco-WLC.pcap",
        0,
        "records of wireless stations without addresses of a flow: no_key",
    ),
    (
        "mikemiles-dev__netflow_parser/inline_cache_collision_test_auto_scoped_parser_template_isolation.pcap",
        0,
        "a record of counters only: no_key",
    ),
    (
        "mikemiles-dev__netflow_parser/inline_dos_edge_cases_test_rapid_template_collisions.pcap",
        0,
        "a record of counters only: no_key",
    ),
    (
        "mikemiles-dev__netflow_parser/inline_pending_flows_test_v9_pending_replay_with_same_packet_data.pcap",
        0,
        "a record of counters only: no_key",
    ),
    (
        "logstash-plugins__logstash-codec-netflow/Netflow-5-invalid-01.pcap",
        0,
        "a count of 55,582 with 30 records: the datagram is rejected",
    ),
    (
        "logstash-plugins__logstash-codec-netflow/Netflow-9-invalid-01.pcap",
        2,
        "a count of 2 with 6 records: a v9 count is not used",
    ),
    (
        "exporters/softflowd_v1.pcap",
        1_495,
        "the decoders disagree: one read only the first 10 of the records that are counted",
    ),
];

#[derive(Debug, Default)]
struct Sums {
    flows: u64,
    octets: u64,
    packets: u64,
    reasons: String,
}

fn decode_all(captured: &[Captured]) -> Sums {
    let mut collector = Collector::new(Limits::default());
    let mut sums = Sums::default();
    let mut latest_ms = i64::MIN;
    for datagram in captured {
        collector.received_ms = ReceiveTime::from_nanos(datagram.seen_nanos).millis();
        // Data that waited were received before, and some captures are not in order.
        latest_ms = latest_ms.max(collector.received_ms);
        let (flows, _) = collector.receive(datagram.source, &datagram.payload);
        for flow in &flows {
            assert!(flow.start_ms <= flow.end_ms);
            assert!(flow.end_seen_ms <= latest_ms);
            sums.flows += 1;
            sums.octets += flow.bytes;
            sums.packets += flow.packets;
        }
    }
    let counters = collector.decoder.counters();
    assert_balanced(counters);
    let applied = Reason::ALL
        .into_iter()
        .filter(|&reason| counters.reason(reason).events > 0);
    let named = applied.map(|r| format!("{}={}", r.name(), counters.reason(r).events));
    sums.reasons = named.collect::<Vec<_>>().join(" ");
    sums
}

/// The number of flows that is right for a capture.
fn expected_flows(path: &str, line: &Line<'_>) -> u64 {
    let explained = EXPLAINED.iter().find(|(of, ..)| *of == path);
    explained.map_or_else(|| line["expected_flows"].parse().unwrap(), |&(_, n, _)| n)
}

/// Whether a sum is that of either decoder; one scales it by the sampling rate.
fn is_either(sum: u64, line: &Line<'_>, what: &str) -> bool {
    let columns = [format!("tshark_{what}"), format!("nfdump_{what}")];
    columns
        .iter()
        .any(|column| line[column.as_str()] == sum.to_string())
}

/// What is wrong with the sums of a capture, as a line of the table.
fn check(path: &str, line: &Line<'_>, sums: &Sums) -> Option<String> {
    let expected = expected_flows(path, line);
    println!(
        "{:>6} {:>6} {:>12} {:>9} {path} {}",
        expected, sums.flows, sums.octets, sums.packets, sums.reasons
    );
    let explained = EXPLAINED.iter().any(|(of, ..)| *of == path);
    let counters_right =
        is_either(sums.octets, line, "octets") && is_either(sums.packets, line, "packets");
    let right = sums.flows == expected && (explained || counters_right);
    (!right).then(|| format!("{path}: expected {expected} flows, found {sums:?}"))
}

fn concerns(line: &Line<'_>) -> bool {
    let decoded = ["v1", "v5", "v7", "v9", "ipfix"];
    line["protocol"].split(',').any(|p| decoded.contains(&p))
}

#[test]
fn captures_give_the_flows_and_sums_that_independent_decoders_found() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/captures");
    let Ok(manifest) = fs::read_to_string(root.join("MANIFEST.tsv")) else {
        println!("left out: all, there are no captures beside the project");
        return;
    };
    let mut lines = manifest.lines();
    let columns: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let lines = lines.map(|line| columns.iter().copied().zip(line.split('\t')).collect());
    let mut wrong = Vec::new();
    println!("expected found octets packets capture reasons");
    for line in lines.filter(concerns) {
        let path = line["path"].replace("/cases/", "/");
        match fs::read(root.join(&path)) {
            Ok(file) => wrong.extend(check(&path, &line, &decode_all(&datagrams(&file).unwrap()))),
            Err(error) => println!("left out: {path}: {error}"),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
