//! `privacy`: what it says of datasets that the service prepared, and of damaged, forged and
//! hostile ones.

mod made;

use std::fs::{self, File};
use std::path::Path;

use dataset::segment::{Reader, Writer};
use serde_json::{Value, json};

use crate::support::Scratch;
use crate::support::files::segments;
use crate::support::golden::assert_golden;
use crate::support::program::{Outcome, run};

fn privacy(scratch: &Scratch, dataset: &Path, args: &[&str]) -> Outcome {
    let dataset = dataset.to_str().unwrap();
    run(scratch, &[&["privacy", dataset][..], args].concat())
}

/// The report on a dataset, for programs.
fn report(scratch: &Scratch, dataset: &Path) -> Value {
    let outcome = privacy(scratch, dataset, &["--json"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.stdout.lines().count(), 1);
    serde_json::from_str(&outcome.stdout).unwrap()
}

fn codes(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| finding["code"].as_str().unwrap())
        .collect()
}

/// How many are alone with a quasi-identifier, as it is.
fn unique<'a>(report: &'a Value, name: &str) -> &'a Value {
    let all = report["uniqueness"].as_array().unwrap();
    let of = all.iter().find(|of| of["name"] == name).unwrap();
    &of["views"][0]["anonymity"]["unique"]
}

#[test]
fn reports_on_three_policies_are_as_they_are_kept() {
    let scratch = Scratch::new();
    let raw = made::raw(&scratch);
    for policy in ["none", "standard", "strict"] {
        let prepared = made::prepared(&scratch, &raw, policy);
        for (args, ending) in [(&[][..], "txt"), (&["--json"][..], "json")] {
            let outcome = privacy(&scratch, &prepared, args);
            assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""), "{policy}");
            assert_golden("privacy", &format!("{policy}.{ending}"), &outcome.stdout);
        }
        // The directory above names its prepared dataset.
        let above = privacy(&scratch, Path::new(policy), &["--json"]);
        assert_eq!(above.code, Some(0), "{above:?}");
        let read: Value = serde_json::from_str(&above.stdout).unwrap();
        assert_eq!(read, report(&scratch, &prepared));
    }
}

#[test]
fn what_is_reported_can_be_counted_by_hand() {
    let scratch = Scratch::new();
    let raw = made::raw(&scratch);
    let none = report(&scratch, &made::prepared(&scratch, &raw, "none"));
    assert_eq!((&none["flows"], &none["segments"]), (&json!(64), &json!(1)));
    assert_eq!(none["declarations"][0]["policy"], "none");
    assert!(codes(&none).contains(&"addresses_open"));
    // 40 pages of different sizes; questions and announcements are all alike.
    assert_eq!(unique(&none, "second and size"), 40);
    assert_eq!(unique(&none, "service and size"), 40);
    assert_eq!(unique(&none, "ports"), 40);
    assert_eq!(unique(&none, "addresses of both ends"), 64);
    // 12 and 40 hosts, the name server, the group, and the 40 that have pages.
    assert_eq!(none["lasting"]["addresses"], 94);
    let anchors = &none["anchors"];
    assert_eq!(
        (&anchors["groups"], &anchors["name_servers"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(anchors["special"][0]["block"], "multicast");
    let standard = report(&scratch, &made::prepared(&scratch, &raw, "standard"));
    assert_eq!(unique(&standard, "second and size"), 40);
    assert!(codes(&standard).contains(&"injection"), "{standard}");
    assert!(codes(&standard).contains(&"anchors"));
    assert_eq!(
        standard["declarations"][0]["key_id"]
            .as_str()
            .unwrap()
            .len(),
        16
    );
    let rounds = &standard["attacks"][0]["attack"]["families"][0]["rounds"];
    assert_eq!(rounds[0]["flows"], 1);
    assert!(rounds[0]["bits_mean"].as_f64().unwrap() > 10.0, "{rounds}");
    let strict = report(&scratch, &made::prepared(&scratch, &raw, "strict"));
    assert_eq!(unique(&strict, "second and size"), 0);
    let rounds = &strict["attacks"][0]["attack"]["families"][0]["rounds"];
    assert_eq!(rounds[0]["whole"], 0.0, "no host of a network is known");
}

#[test]
fn what_is_no_prepared_dataset_is_refused() {
    let scratch = Scratch::new();
    let raw = made::raw(&scratch);
    let outcome = privacy(&scratch, &raw, &[]);
    assert!(
        outcome.failed(1).contains("holds a raw dataset"),
        "{outcome:?}"
    );
    assert_eq!(outcome.stdout, "");
    // The directory above has a raw dataset alone.
    fs::create_dir(scratch.join("data")).unwrap();
    fs::rename(&raw, scratch.join("data/raw")).unwrap();
    let outcome = privacy(&scratch, Path::new("data"), &[]);
    assert!(
        outcome.failed(1).contains("holds a raw dataset"),
        "{outcome:?}"
    );
    for path in ["nowhere", "."] {
        let outcome = privacy(&scratch, Path::new(path), &[]);
        assert!(outcome.failed(1).contains("no segments"), "{outcome:?}");
    }
    assert_eq!(run(&scratch, &["privacy"]).code, Some(2));
}

#[test]
fn no_declaration_of_the_service_is_belied_by_its_flows() {
    let scratch = Scratch::new();
    let raw = made::raw(&scratch);
    let clear = ("anonymizer.clear_prefixes", "[\"198.19.8.0/21\"]");
    let special = ("anonymizer.special_addresses", "clear");
    let fields = |text: &'static str| ("anonymizer.fields", text);
    for (name, settings) in [
        ("cnsm2019", &[("anonymizer.policy", "cnsm2019")][..]),
        ("scopes", &[("anonymizer.policy", "strict"), clear, special]),
        ("limit", &[("anonymizer.port_limit", "1024"), special]),
        (
            "keyed",
            &[fields(
                "{ src_addr = \"truncation\", dst_addr = \"reverse-truncation\", bytes = \"noise\", \
                 start_ms = \"enumeration\", end_ms = \"enumeration\", src_port = \"permutation\", \
                 packets = \"precision-degradation\", exporter = \"octet-permutation\" }",
            )],
        ),
        (
            "ipcrypt",
            &[fields(
                "{ src_addr = \"ipcrypt-deterministic\", dst_addr = \"ipcrypt-deterministic\" }",
            )],
        ),
        (
            "mixed",
            &[
                clear,
                fields(
                    "{ src_addr = \"black-marker\", dst_addr = \"black-marker\", \
                     start_ms = \"random-shift\", end_ms = \"precision-degradation\", \
                     bytes = \"binning\", dst_port = \"binning\", src_port = \"black-marker\" }",
                ),
            ],
        ),
    ] {
        let prepared = made::prepared_with(&scratch, &raw, name, settings);
        let found = report(&scratch, &prepared);
        assert_eq!(found["flows"], 64, "{name}");
        for field in found["fields"].as_array().unwrap() {
            let said = (&field["odd"], &field["unknown_words"]);
            assert_eq!(said, (&json!(0), &json!(false)), "{name}: {field}");
        }
        let text = privacy(&scratch, &prepared, &[]);
        assert_eq!((text.code, &*text.stderr), (Some(0), ""), "{name}");
        let said = text.stdout.contains("none tells of another");
        assert_eq!(said, name == "ipcrypt", "{name}: {}", text.stdout);
    }
}

/// Writes the only segment of a dataset anew, each frame apart, with its header changed.
fn rewritten(scratch: &Scratch, prepared: &Path, change: impl FnOnce(&mut Value)) {
    let directory = scratch.join(prepared.to_str().unwrap());
    let names: Vec<String> = segments(&directory).into_keys().collect();
    assert_eq!(names.len(), 1);
    let path = directory.join(&names[0]);
    let mut reader = Reader::open(File::open(&path).unwrap()).unwrap();
    let mut header = reader.header().clone();
    let mut meta = Value::Object(header.meta);
    change(&mut meta);
    header.meta = meta.as_object().unwrap().clone();
    let again = directory.join("again");
    let mut writer = Writer::new(File::create(&again).unwrap(), &header, 1).unwrap();
    while let Some(frame) = reader.next_frame().unwrap() {
        let (meta, payload) = (frame.meta, frame.payload);
        writer
            .append(meta.first_seq, meta.time_ms, meta.rows, payload)
            .unwrap();
    }
    writer.seal().unwrap();
    fs::rename(again, path).unwrap();
}

#[test]
fn a_declaration_that_the_flows_belie_is_a_warning() {
    let scratch = Scratch::new();
    let raw = made::raw(&scratch);
    let prepared = made::prepared(&scratch, &raw, "standard");
    rewritten(&scratch, &prepared, |meta| {
        let fields = meta["anonymization"]["fields"].as_array_mut().unwrap();
        let mut declare = |name: &str, method: &str, technique: &str| {
            let field = fields.iter_mut().find(|field| field["field"] == name);
            let field = field.unwrap();
            field["method"] = json!(method);
            field["technique"] = json!(technique);
        };
        let bins = "binning: IANA's three ranges, each as its lowest port";
        declare("bytes", "black-marker", "black-marker: null");
        declare("dst_port", "binning", bins);
        declare(
            "tos",
            "unheard-of",
            "something that this version does not know",
        );
    });
    let found = report(&scratch, &prepared);
    let odd = |name: &str| {
        let fields = found["fields"].as_array().unwrap();
        let field = fields.iter().find(|field| field["name"] == name).unwrap();
        field["odd"].as_u64().unwrap()
    };
    assert_eq!([odd("bytes"), odd("dst_port"), odd("packets")], [64, 64, 0]);
    for code in ["disagreement", "unknown_declaration"] {
        assert!(codes(&found).contains(&code), "{found}");
    }
    rewritten(&scratch, &prepared, |meta| *meta = json!({}));
    let silent = report(&scratch, &prepared);
    assert!(codes(&silent).contains(&"not_declared"));
    assert_eq!(silent["declarations"][0]["policy"], Value::Null);
}

#[test]
fn hostile_text_in_a_header_moves_no_terminal() {
    let scratch = Scratch::new();
    let raw = made::raw(&scratch);
    let prepared = made::prepared(&scratch, &raw, "standard");
    let hostile = "\u{1b}[2J\u{202e}\n\u{9b}31m";
    rewritten(&scratch, &prepared, |meta| {
        let said = &mut meta["anonymization"];
        said["policy"] = json!(hostile);
        said["key_id"] = json!(hostile);
        let fields = said["fields"].as_array_mut().unwrap();
        for field in fields.iter_mut().take(20) {
            field["technique"] = json!(hostile);
        }
        let hostile = json!({"field": hostile, "method": hostile, "technique": hostile});
        fields.push(hostile);
    });
    for args in [&[][..], &["--json"][..]] {
        let outcome = privacy(&scratch, &prepared, args);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let moves = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!outcome.stdout.contains(moves), "{outcome:?}");
        assert!(outcome.stdout.contains("[2J"), "it is shown: {outcome:?}");
    }
    assert_eq!(
        report(&scratch, &prepared)["declarations"][0]["policy"],
        hostile
    );
}

#[test]
fn what_is_damaged_is_told_and_the_rest_is_reported() {
    let scratch = Scratch::new();
    let raw = made::raw(&scratch);
    let prepared = made::prepared(&scratch, &raw, "standard");
    let directory = scratch.join(prepared.to_str().unwrap());
    let (name, whole) = segments(&directory).pop_first().unwrap();
    let path = directory.join(&name);
    // In the last frame with flows, which is before the seek table.
    let mut reader = Reader::open(File::open(&path).unwrap()).unwrap();
    let mut last = None;
    while let Some(meta) = reader.next_meta().unwrap() {
        last = Some(meta).filter(|meta| meta.rows > 0).or(last);
    }
    let last = last.unwrap();
    let at = usize::try_from(last.end()).unwrap() - 9;
    let mut spoilt = whole.clone();
    spoilt[at] ^= 0x10;
    fs::write(&path, &spoilt).unwrap();
    let outcome = privacy(&scratch, &prepared, &["--json"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("damaged: "), "{outcome:?}");
    let found: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let lost = u64::from(last.rows);
    assert_eq!(found["flows_lost"], lost);
    assert_eq!(found["flows"], 64 - lost);
    assert_eq!(found["damaged"][0]["file"], name);
    let text = privacy(&scratch, &prepared, &[]).stdout;
    assert!(text.contains("1 part of the dataset is damaged"), "{text}");
    // Where not even the header of a frame is whole, nobody knows what follows.
    let mut headless = whole.clone();
    headless[usize::try_from(last.offset).unwrap() + 9] ^= 0x10;
    fs::write(&path, &headless).unwrap();
    let found = report(&scratch, &prepared);
    assert_eq!(found["flows"], 64 - lost);
    assert_eq!(found["damaged"][0]["flows_lost"], Value::Null);
    assert_eq!(found["damaged"].as_array().unwrap().len(), 1);
    // A sealed segment that ends too early.
    fs::write(&path, &whole[..at]).unwrap();
    let found = report(&scratch, &prepared);
    assert_eq!(found["damaged"][0]["flows_lost"], Value::Null);
    // While it is being written, it may end anywhere.
    let open = directory.join(format!("{name}.open"));
    fs::rename(&path, &open).unwrap();
    assert_eq!(report(&scratch, &prepared)["damaged"], json!([]));
    // Not even a header.
    fs::remove_file(open).unwrap();
    fs::write(&path, "nothing of the kind").unwrap();
    let outcome = privacy(&scratch, &prepared, &[]);
    assert!(
        outcome.stderr.contains("nothing of it can be read"),
        "{outcome:?}"
    );
    assert_eq!((outcome.code, &*outcome.stdout), (Some(1), ""));
}
