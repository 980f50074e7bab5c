//! Nothing is lost and nothing is added between exporters and a client.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use serde_json::json;

use crate::support::client::count;
use crate::support::exporter::{Exporter, Sample, v5};
use crate::support::program::generate;
use crate::support::{Client, Ended, Launch, Received, Scratch, Service};

/// How many records each run sends, and how many a second: a rate at which a test machine
/// that does much else drops none.
const RECORDS: &str = "20000";
const RATE: &str = "10000";

fn launch(scratch: &Scratch) -> Service {
    Launch::new(scratch, "data")
        .set("receiver.listen", r#"["127.0.0.1:0", "[::1]:0"]"#)
        .set("pipeline.lanes", "2")
        .start()
}

/// What a client got from a service that took this in and was ended.
fn received(service: Service, take_in: impl FnOnce(&Service)) -> (Received, Ended) {
    let features = [
        "seq",
        "records",
        "packets",
        "bytes",
        "exporter",
        "observation_domain",
    ];
    let request = json!({"features": features});
    let client = Client::ask(service.client_port(), &request).read_aside();
    take_in(&service);
    let ended = service.end();
    ended.assert_clean();
    let received = client.join().unwrap();
    received.assert_whole("shutdown");
    (received, ended)
}

/// Three exporters of these protocols; all that they sent arrives at the client.
fn assert_conserved(protocol: &str, to: fn(&Service) -> SocketAddr) {
    let scratch = Scratch::new();
    let mut sent = json!(null);
    let (received, ended) = received(launch(&scratch), |service| {
        let args = ["--protocol", protocol, "--exporters", "3"];
        let args = [&args[..], &["--count", RECORDS, "--rate", RATE]].concat();
        sent = generate(&scratch, to(service), &args);
    });
    for name in ["records", "packets", "bytes"] {
        assert_eq!(received.sum(name), count(&sent, name), "{name}");
    }
    let flows = received.flows.len() as u64;
    assert_eq!(flows, count(&sent, "flows"), "cut flows are whole again");
    for (name, expected) in [
        ("datagrams", count(&sent, "datagrams")),
        ("records", count(&sent, "records")),
        ("merged", count(&sent, "records") - flows),
        ("flows", flows),
        ("recorded", flows),
        ("delivered", flows),
    ] {
        assert_eq!(ended.drained(name), expected, "{name}");
    }
    let domains = received
        .flows
        .iter()
        .map(|flow| count(flow, "observation_domain"));
    assert_eq!(domains.collect::<BTreeSet<_>>().len(), 3);
}

#[test]
fn netflow_v5_of_three_exporters_arrives_whole() {
    assert_conserved("v5", Service::exporter_port);
}

#[test]
fn netflow_v9_of_three_exporters_arrives_whole() {
    assert_conserved("v9", Service::exporter_port);
}

#[test]
fn ipfix_of_three_exporters_arrives_whole() {
    assert_conserved("ipfix", Service::exporter_port);
}

#[test]
fn sflow_of_three_exporters_arrives_whole_times_its_sampling_rate() {
    assert_conserved("sflow", Service::exporter_port);
}

#[test]
fn all_protocols_at_once_arrive_whole_over_ipv6() {
    assert_conserved("v5,v9,ipfix", Service::exporter_port_v6);
}

/// What comes of the same flows from three exporters under a rule: how many flows of each
/// exporter, and how many records were left out as duplicates.
fn from_three(rule: &str, exporters: [&'static str; 3], samples: u16) -> (Vec<u16>, u64) {
    let scratch = Scratch::new();
    let service = Launch::new(&scratch, "data")
        .without_anonymization()
        .set("aggregator.several_exporters", &format!("{rule:?}"))
        .start();
    let (received, ended) = received(service, |service| {
        let exporters = exporters.map(|address| Exporter::at(address, service.exporter_port()));
        for number in 0..samples {
            let datagram = v5(number.into(), &[Sample(number)]);
            exporters
                .iter()
                .for_each(|exporter| exporter.send(&datagram));
        }
    });
    let mut flows: BTreeMap<&str, u16> = BTreeMap::new();
    for flow in &received.flows {
        let records = if rule == "sum" { 3 } else { 1 };
        assert_eq!(flow["records"], records, "{flow}");
        *flows.entry(flow["exporter"].as_str().unwrap()).or_default() += 1;
    }
    let counted = exporters.map(|exporter| flows.get(exporter).copied().unwrap_or(0));
    (counted.to_vec(), ended.drained("duplicate"))
}

#[test]
fn the_same_flows_from_several_exporters_count_once_or_as_the_settings_say() {
    let exporters = ["127.0.0.2", "127.0.0.3", "127.0.0.4"];
    let (flows, duplicates) = from_three("first", exporters, 200);
    assert_eq!((flows.iter().sum::<u16>(), duplicates), (200, 400));
    let (flows, duplicates) = from_three("sum", exporters, 200);
    assert_eq!((flows.iter().sum::<u16>(), duplicates), (200, 0));
    let (flows, duplicates) = from_three("apart", exporters, 200);
    assert_eq!((flows, duplicates), (vec![200; 3], 0));
}
