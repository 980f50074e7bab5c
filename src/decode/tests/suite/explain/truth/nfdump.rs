//! The Flow Keys of records against those that nfdump stored of the same captures.

use std::collections::BTreeMap;
use std::fs;

use decode::explain::{EventKind, ExplainLimits};
use decode::{Datagram, Decoder, Limits, Transport};
use flow::{Direction, OriginalFlow, ReceiveTime};
use serde_json::Value as Json;

use crate::captures::oracle::{decode_of, manifest, root};
use crate::captures::why;
use crate::pcap::datagrams;

const FIRST: &str = "Elements that come twice are kept in their order (RFC 7011, 8): the packet that the exporter \
    saw comes first, and what it carries after it. nfdump keeps the last.";

/// Where other keys are right, besides those captures whose counts differ.
const EXPLAINED: [(&str, &str); 7] = [
    (
        "NetGauze__NetGauze/502-IPFIXv10-BGP-IPv6-CISCO-SRv6-lcomms.pcap",
        FIRST,
    ),
    (
        "NetGauze__NetGauze/pmacct_106-IPFIXv10-HUAWEI-vrf_name_traffic-00.pcap",
        FIRST,
    ),
    (
        "NetGauze__NetGauze/pmacct_403-IPFIXv10-BMP-IPv6-CISCO-locrib-peerdown-vrf_traffic-00.pcap",
        FIRST,
    ),
    (
        "NetGauze__NetGauze/pmacct_500-IPFIXv10-BGP-CISCO-SRv6_traffic-00.pcap",
        FIRST,
    ),
    (
        "NetGauze__NetGauze/pmacct_501-IPFIXv10-BGP-IPv6-CISCO-MPLS_traffic-00.pcap",
        "Records with addresses of both families, of which one pair is filled in; nfdump stores zeros.",
    ),
    (
        "NetGauze__NetGauze/pmacct_502-IPFIXv10-BGP-IPv6-CISCO-SRv6-lcomms_traffic-00.pcap",
        FIRST,
    ),
    (
        "mikemiles-dev__netflow_parser/inline_tests_ipfix_repeated_information_elements_parse_template_and_data.pcap",
        FIRST,
    ),
];

/// A key as text: addresses, ports, protocol and type of service.
type Key = (String, String, u64, u64, u64, u64);

/// The keys of all flows that are told of in explaining a capture, in one direction.
fn ours(file: &[u8]) -> Vec<Key> {
    let mut decoder = Decoder::new(Limits::default());
    let mut keys = Vec::new();
    for captured in datagrams(file).unwrap() {
        let datagram = Datagram {
            source: captured.source,
            received: ReceiveTime::from_nanos(captured.seen_nanos),
            payload: &captured.payload,
        };
        let limits = ExplainLimits::default();
        let explained = decoder.explain(Transport::Udp, datagram, limits);
        for event in explained.events.iter().filter(|event| !event.void) {
            let flows: &[OriginalFlow] = match &event.kind {
                EventKind::Record(record) => &record.flows,
                EventKind::Sample(sample) => sample.flow.as_slice(),
                _ => &[],
            };
            let flows = flows
                .iter()
                .filter(|flow| flow.direction != Direction::Reverse);
            keys.extend(flows.map(key));
        }
    }
    keys.sort();
    keys
}

fn key(flow: &OriginalFlow) -> Key {
    let key = flow.key;
    (
        key.src_addr.to_string(),
        key.dst_addr.to_string(),
        key.src_port.into(),
        key.dst_port.into(),
        key.protocol.into(),
        flow.tos.unwrap_or(0).into(),
    )
}

/// The keys that nfdump stored; what is not stored is 0.
fn theirs(stored: &Json) -> Vec<Key> {
    let stored = stored.as_array().unwrap().iter();
    let keys = stored.map(|flow| {
        let addr = |v4: &str, v6: &str| {
            let addr = flow[v4].as_str().or(flow[v6].as_str());
            addr.unwrap_or("0.0.0.0").to_owned()
        };
        let number = |name: &str| flow[name].as_u64().unwrap_or(0);
        (
            addr("src4_addr", "src6_addr"),
            addr("dst4_addr", "dst6_addr"),
            number("src_port"),
            number("dst_port"),
            number("proto"),
            number("src_tos"),
        )
    });
    let mut keys: Vec<Key> = keys.collect();
    keys.sort();
    keys
}

#[test]
fn keys_are_those_that_nfdump_stored_or_the_standard_says_why_not() {
    let (mut captures, mut flows) = (0, 0);
    let mut differing: BTreeMap<String, String> = BTreeMap::new();
    for line in manifest() {
        let Some(stored) = decode_of(&line.path, "nfdump") else {
            continue;
        };
        let ours = ours(&fs::read(root().join(&line.path)).unwrap());
        let theirs = theirs(&stored);
        captures += 1;
        flows += ours.len();
        if ours != theirs && why(&line.path).is_none() {
            let other = ours.iter().find(|key| !theirs.contains(key));
            let counts = format!("{} keys, not {}: {other:?}", ours.len(), theirs.len());
            differing.insert(line.path, counts);
        }
    }
    println!(
        "{captures} captures, {flows} flows, {} explained",
        differing.len()
    );
    for (path, reason) in EXPLAINED {
        assert!(
            captures == 0 || differing.remove(path).is_some(),
            "{path}: {reason}"
        );
    }
    assert!(differing.is_empty(), "{differing:#?}");
}
