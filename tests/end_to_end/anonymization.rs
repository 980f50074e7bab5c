//! The key, and that no original address gets out.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use serde_json::json;

use crate::support::exporter::{Exporter, Sample, v5};
use crate::support::files::{header, segments, zstdcat};
use crate::support::program::generate;
use crate::support::{Client, Ended, Launch, Received, Scratch};

/// A fixed key: with another, an address might be mapped to another's text by chance.
const KEY: [u8; 32] = *b"a key that everybody knows: test";
/// An exporter whose address is nobody else's.
const EXPORTER: &str = "127.0.0.77";
/// What original addresses of the generated traffic begin with, and the exporter's.
const ORIGINAL: [&str; 4] = ["198.18.", "198.19.", "2001:db8:", EXPORTER];

fn key_file(scratch: &Scratch) -> String {
    let path = scratch.file("key", KEY);
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A service whose flows are from [`EXPORTER`] and from the generator, with own prefixes.
fn collected(launch: &Launch<'_>, scratch: &Scratch) -> (Received, Ended) {
    let service = launch.start();
    let client = Client::ask(service.client_port(), &json!({})).read_aside();
    let exporter = Exporter::at(EXPORTER, service.exporter_port());
    let samples: Vec<Sample> = (0..20).map(Sample).collect();
    exporter.send(&v5(0, &samples));
    // Something of it is wrong, and talked about.
    exporter.send(b"no datagram of any protocol");
    exporter.send(&v5(1_000, &samples)[..100]);
    let args = [
        "--protocol",
        "v5,v9,ipfix",
        "--count",
        "2000",
        "--rate",
        "10000",
    ];
    generate(scratch, service.exporter_port(), &args);
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    let received = client.join().unwrap();
    received.assert_whole("shutdown");
    (received, ended)
}

/// A service that says all it can, and knows own prefixes around all addresses.
fn talkative<'a>(scratch: &'a Scratch, data: &str) -> Launch<'a> {
    let own = "prefix,name\n198.18.0.0/15,lab\n2001:db8::/32,lab six\n";
    let own = scratch.file("own.csv", own);
    Launch::new(scratch, data)
        .set("log.level", "trace")
        .set("enricher.private_prefixes", own.to_str().unwrap())
}

#[test]
fn no_original_address_is_in_stream_dataset_or_log() {
    let test = "no_original_address_is_in_stream_dataset_or_log";
    let scratch = Scratch::new();
    let launch = talkative(&scratch, "data").set("anonymizer.key_file", &key_file(&scratch));
    let (received, ended) = collected(&launch, &scratch);
    let welcome = &received.answer["anonymization"];
    assert_eq!(welcome["policy"], "standard");
    let text = received.text();
    assert!(text.contains("\"src_network\":\"lab\"") && text.contains("\"src_prefix\":\""));
    let prepared = zstdcat(&scratch.join("data/prepared"), test).unwrap_or_default();
    for original in ORIGINAL {
        for (name, output) in [
            ("stream", &text),
            ("dataset", &prepared),
            ("log", &ended.log),
        ] {
            let line = output.lines().find(|line| line.contains(original));
            assert_eq!(line, None, "{original} is in the {name}");
        }
    }
}

#[test]
fn without_anonymization_addresses_stay_and_everybody_is_told() {
    let scratch = Scratch::new();
    let launch = talkative(&scratch, "data").without_anonymization();
    let (received, ended) = collected(&launch, &scratch);
    assert_eq!(received.answer["anonymization"]["policy"], "none");
    let fields = received.answer["anonymization"]["fields"].as_array();
    let is_clear = |said: &serde_json::Value| said["method"] == "clear";
    assert!(fields.unwrap().iter().all(is_clear), "{fields:?}");
    assert!(
        ended.log.contains("anonymizer.policy is none"),
        "{}",
        ended.log
    );
    let text = received.text();
    for original in ORIGINAL {
        assert!(
            text.contains(original),
            "{original}: the other test looks for the right things"
        );
    }
    assert!(
        !scratch.join("data/anonymizer.key").try_exists().unwrap(),
        "no key is made"
    );
}

#[test]
fn the_key_is_made_once_for_its_owner_and_used_again() {
    let scratch = Scratch::new();
    let path = scratch.join("data/anonymizer.key");
    let first = collected(&talkative(&scratch, "data"), &scratch);
    let key = fs::read(&path).unwrap();
    assert_eq!(key.len(), 32);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
    assert!(first.1.log.contains("made a new anonymization key"));
    let second = collected(&talkative(&scratch, "data"), &scratch);
    assert_eq!(fs::read(&path).unwrap(), key, "it is not made again");
    assert!(!second.1.log.contains("made a new anonymization key"));
    let sources = |received: &Received| {
        let flows = received.flows.iter().filter(|flow| flow["dst_port"] == 53);
        let mut sources: Vec<String> = flows
            .filter(|flow| flow["packets"] == 1 && flow["bytes"] == 100)
            .map(|flow| flow["src_addr"].to_string())
            .collect();
        sources.sort();
        sources
    };
    assert_eq!(sources(&first.0).len(), 20);
    assert_eq!(
        sources(&first.0),
        sources(&second.0),
        "the same addresses, mapped the same way"
    );
    for (received, ended) in [first, second] {
        for output in [received.text(), received.answer.to_string(), ended.log] {
            assert_hidden(&key, &output);
        }
    }
}

/// No part of a key is in a text, as octets or in the usual digits.
fn assert_hidden(key: &[u8], text: &str) {
    let hex: String = key.iter().map(|octet| format!("{octet:02x}")).collect();
    let list = |octets: &[u8]| format!("{octets:?}").trim_matches(['[', ']']).to_owned();
    for half in [&key[..16], &key[16..]] {
        let octets = text.as_bytes().windows(half.len()).any(|part| part == half);
        assert!(!octets && !text.contains(&list(half)));
    }
    for half in [&hex[..32], &hex[32..]] {
        assert!(!text.to_ascii_lowercase().contains(half));
    }
}

#[test]
fn another_key_maps_addresses_otherwise() {
    let scratch = Scratch::new();
    let [one, other] = ["one", "other"].map(|data| {
        let (received, _) = collected(&talkative(&scratch, data), &scratch);
        received.flows
    });
    let exporters = |flows: &[serde_json::Value]| {
        let exporters = flows.iter().map(|flow| flow["src_addr"].to_string());
        exporters.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(exporters(&one).intersection(&exporters(&other)).count(), 0);
}

#[test]
fn c42_the_raw_dataset_is_for_its_owner_alone() {
    let scratch = Scratch::new();
    let ended = Launch::new(&scratch, "data").start().end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    let mode = fs::metadata(scratch.join("data/raw"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
}

/// What was done to a field, as the welcome has it.
fn declared<'a>(received: &'a Received, field: &str) -> &'a serde_json::Value {
    let fields = received.answer["anonymization"]["fields"].as_array();
    let said = fields.unwrap().iter().find(|said| said["field"] == field);
    said.unwrap_or_else(|| panic!("{field} is not declared"))
}

fn technique<'a>(received: &'a Received, field: &str) -> &'a str {
    declared(received, field)["technique"].as_str().unwrap()
}

/// Segments of the prepared dataset and their manifest say the same as the welcome.
fn assert_segments_declare(scratch: &Scratch, received: &Received) {
    let stored = segments(&scratch.join("data/prepared"));
    assert!(!stored.is_empty());
    for segment in stored.values() {
        let meta = &header(segment)["meta"];
        assert_eq!(meta["anonymization"], received.answer["anonymization"]);
    }
    let manifest = fs::read_to_string(scratch.join("data/prepared/manifest.jsonl")).unwrap();
    assert_eq!(manifest.lines().count(), stored.len());
    for line in manifest.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let meta = &line["sealed"]["meta"];
        assert_eq!(meta["anonymization"], received.answer["anonymization"]);
    }
}

#[test]
fn strict_tells_of_traffic_and_neither_of_hosts_nor_of_exporters() {
    let test = "strict_tells_of_traffic_and_neither_of_hosts_nor_of_exporters";
    let scratch = Scratch::new();
    let strict = || {
        let launch = talkative(&scratch, "data").set("anonymizer.policy", "strict");
        launch.set("anonymizer.key_file", &key_file(&scratch))
    };
    let (received, ended) = collected(&strict(), &scratch);
    assert_eq!(received.answer["anonymization"]["policy"], "strict");
    let bins = "binning: IANA's three ranges, each as its lowest port";
    assert_eq!(technique(&received, "dst_port"), bins);
    assert_eq!(technique(&received, "exporter"), "black-marker: null");
    assert_eq!(declared(&received, "src_prefix")["method"], "black-marker");
    assert_segments_declare(&scratch, &received);
    assert!(received.flows.len() > 100, "{}", received.flows.len());
    for flow in &received.flows {
        for field in ["exporter", "src_prefix", "src_network", "in_if", "tos"] {
            assert!(flow[field].is_null(), "{field}: {flow}");
        }
        let ports = [0, 1, 1_024, 49_152].map(serde_json::Value::from);
        assert!(ports.contains(&flow["dst_port"]), "{flow}");
        let packets = flow["packets"].as_u64().unwrap();
        assert!(packets.is_power_of_two(), "{flow}");
        assert_eq!(flow["start_ms"].as_i64().unwrap() % 60_000, 0, "{flow}");
        let addr = flow["src_addr"].as_str().unwrap();
        assert!(addr.ends_with(".0") || addr.ends_with("::"), "{flow}");
    }
    let prepared = zstdcat(&scratch.join("data/prepared"), test).unwrap_or_default();
    for original in ORIGINAL {
        for output in [&received.text(), &prepared, &ended.log] {
            let line = output.lines().find(|line| line.contains(original));
            assert_eq!(line, None, "{original}");
        }
    }
    // What was stored with nulls is read again as it was streamed.
    let service = strict().start();
    let again = Client::ask(service.client_port(), &json!({"start": "earliest"})).read_aside();
    assert_eq!(service.end().code, Some(0));
    let again = again.join().unwrap();
    assert_eq!(again.flows, received.flows);
}

#[test]
fn fields_have_the_methods_of_the_settings_and_addresses_in_scopes_stay() {
    let scratch = Scratch::new();
    let launch = talkative(&scratch, "data")
        .set("anonymizer.clear_prefixes", "[\"198.19.0.0/16\"]")
        .set("anonymizer.fields.exporter", "black-marker")
        .set("anonymizer.fields.src_port", "permutation")
        .set("anonymizer.fields.bytes", "noise");
    let (received, _) = collected(&launch, &scratch);
    assert_eq!(received.answer["anonymization"]["policy"], "custom");
    assert!(!received.answer["anonymization"]["key_id"].is_null());
    let noise = "noise: at most 10 percent, or 1";
    assert_eq!(technique(&received, "bytes"), noise);
    let key = &received.answer["anonymization"]["key_id"];
    for (field, technique, flags, stability, keyed) in [
        ("src_addr", 6, 3, "stable", true),
        ("src_prefix", 6, 3, "stable", true),
        ("src_port", 5, 3, "stable", true),
        ("bytes", 8, 0, "undefined", true),
        ("bit_rate", 0, 0, "undefined", false),
        ("exporter", 0, 0, "undefined", false),
        ("dst_port", 1, 3, "stable", false),
        ("start_ms", 1, 3, "stable", false),
    ] {
        let said = declared(&received, field);
        assert_eq!(said["anonymization_technique"], technique, "{said}");
        assert_eq!(said["anonymization_flags"], flags, "{said}");
        assert_eq!(said["stability"], stability, "{said}");
        assert_eq!(said.get("key_id"), keyed.then_some(key), "{said}");
    }
    assert_segments_declare(&scratch, &received);
    let text = received.text();
    assert!(!text.contains(EXPORTER));
    for (prefix, leaves) in [("\"198.18.", false), ("\"198.19.", true)] {
        let addrs = ["src_addr", "dst_addr"].map(|field| format!("\"{field}\":{prefix}"));
        let found = addrs.iter().any(|addr| text.contains(addr));
        assert_eq!(found, leaves, "{prefix}");
    }
    // The samples have 100 octets, and their noise differs from flow to flow.
    let samples = received.flows.iter().filter(|flow| flow["dst_port"] == 53);
    let bytes: std::collections::BTreeSet<u64> = samples
        .filter(|flow| flow["packets"] == 1)
        .filter_map(|flow| flow["bytes"].as_u64())
        .filter(|bytes| (90..=110).contains(bytes))
        .collect();
    assert!(bytes.len() > 5, "{bytes:?}");
}

#[test]
fn addresses_leave_by_the_methods_of_ipcrypt_and_keep_prefixes_or_not() {
    let scratch = Scratch::new();
    let addressed = |data: &str, method: &str| {
        let launch = talkative(&scratch, data).set("anonymizer.key_file", &key_file(&scratch));
        let launch = launch.set("anonymizer.fields.src_addr", method);
        let (received, ended) =
            collected(&launch.set("anonymizer.fields.dst_addr", method), &scratch);
        assert_eq!(declared(&received, "src_addr")["method"], method);
        for original in ORIGINAL {
            assert!(!received.text().contains(original), "{method}: {original}");
            assert!(!ended.log.contains(original), "{method}: {original}");
        }
        received.flows
    };
    let is_v6 = |flow: &serde_json::Value| flow["src_addr"].as_str().unwrap().contains(':');
    let flows = addressed("pfx", "ipcrypt-pfx");
    assert!(flows.iter().any(is_v6) && !flows.iter().all(is_v6));
    assert!(flows.iter().all(|flow| !flow["src_prefix"].is_null()));
    let flows = addressed("permutation", "permutation");
    assert!(flows.iter().any(is_v6) && !flows.iter().all(is_v6));
    assert!(flows.iter().all(|flow| flow["src_prefix"].is_null()));
    assert!(
        flows
            .iter()
            .all(|flow| flow["src_network"] != serde_json::Value::Null)
    );
    let flows = addressed("deterministic", "ipcrypt-deterministic");
    assert!(flows.iter().all(is_v6));
    assert!(flows.iter().all(|flow| flow["src_prefix_len"].is_null()));
}
