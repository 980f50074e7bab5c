//! The operator's own networks, and the site.

use serde_json::{Value, json};

use crate::support::exporter::{Exporter, Sample, v5};
use crate::support::files::{header, segments};
use crate::support::{Client, Launch, Received, Scratch};

/// One flow from 198.18.0.7 to 198.19.0.1.
fn one_flow(launch: &Launch<'_>) -> Value {
    let service = launch.start();
    let client = Client::ask(service.client_port(), &json!({})).read_aside();
    let exporter = Exporter::at("127.0.0.1", service.exporter_port());
    exporter.send(&v5(0, &[Sample(7)]));
    service.end().assert_clean();
    let Received { flows, .. } = client.join().unwrap();
    assert_eq!(flows.len(), 1);
    flows[0].clone()
}

/// What a flow says of an address, in the order of the fields.
fn told(flow: &Value, side: &str) -> Value {
    let fields = [
        "prefix_len",
        "asn",
        "country",
        "latitude",
        "longitude",
        "vlan",
        "network",
    ];
    let fields = fields.iter().map(|field| &flow[format!("{side}_{field}")]);
    Value::Array(fields.cloned().collect())
}

#[test]
fn a_campus_network_has_what_its_row_says_and_the_site_fills_the_rest() {
    let scratch = Scratch::new();
    let rows = "prefix,vlan,country,name\n198.18.0.0/24,12,,lab\n198.18.0.0/16,13,LI,campus\n";
    let rows = scratch.file("vlans.csv", rows);
    let launch = Launch::new(&scratch, "data")
        .set("enricher.private_prefixes", "")
        .set("enricher.private_prefixes_vlans", rows.to_str().unwrap())
        .set("enricher.site.country", "CH")
        .set("enricher.site.latitude", "47.5")
        .set("enricher.site.longitude", "8.5")
        .set("enricher.site.asn", "64500");
    let flow = one_flow(&launch);
    let lab = json!([24, 64_500, "LI", 47.5, 8.5, 12, "lab"]);
    assert_eq!(told(&flow, "src"), lab);
    let elsewhere = json!([15, 64_500, "CH", 47.5, 8.5, null, "Benchmarking"]);
    assert_eq!(told(&flow, "dst"), elsewhere);
}

#[test]
fn what_names_few_hosts_is_left_out_and_declared() {
    let scratch = Scratch::new();
    let rows = "prefix,vlan,country,name,asn\n\
                198.18.0.0/24,12,LI,lab,64501\n198.19.0.0/16,13,CH,campus,64502\n";
    let rows = scratch.file("vlans.csv", rows);
    let launch = Launch::new(&scratch, "data")
        .set("enricher.private_prefixes", "")
        .set("enricher.private_prefixes_vlans", rows.to_str().unwrap())
        .set("enricher.rare_under", "1000");
    let flow = one_flow(&launch);
    let small = json!([24, null, null, null, null, 12, "lab"]);
    assert_eq!(told(&flow, "src"), small);
    let large = json!([16, 64_502, "CH", null, null, 13, "campus"]);
    assert_eq!(told(&flow, "dst"), large);
    let segments = segments(&scratch.join("data/prepared"));
    let header = header(segments.values().next().unwrap());
    let declared = header["meta"]["anonymization"].to_string();
    assert!(declared.contains("fewer addresses than 1000"), "{declared}");
}

#[test]
fn without_a_site_nothing_is_made_up() {
    let scratch = Scratch::new();
    let launch = Launch::new(&scratch, "data").set("enricher.private_prefixes_vlans", "");
    let flow = one_flow(&launch);
    let known = json!([15, null, null, null, null, null, "Benchmarking"]);
    assert_eq!(told(&flow, "dst"), known);
    assert_eq!(flow["dst_locality"], "private");
}

#[test]
fn a_row_that_is_wrong_keeps_the_service_from_starting_and_is_named() {
    let scratch = Scratch::new();
    let rows = scratch.file("own.csv", "prefix,name,country\n10.0.0.0/8,,Switzerland\n");
    let launch =
        Launch::new(&scratch, "data").set("enricher.private_prefixes", rows.to_str().unwrap());
    let outcome = launch.run();
    let error = outcome.failed(1);
    assert!(
        error.contains("own.csv: line 2: found `Switzerland`; expected a country of two letters"),
        "{error}"
    );
}
