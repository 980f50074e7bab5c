//! What is kept over a restart of the collector, and when it is given up.

use std::net::IpAddr;

use decode::{Limits, Protocol, Reason, Restored, Snapshot, SnapshotError, Subject, Timeouts};
use flow::OriginalFlow;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::encode::{ABSOLUTE, EXPORT, Message, UPTIME, V4, absolute_record, v4_record};
use crate::support::{Collector, source};

/// A collector that starts anew with what one knew.
fn restarted(collector: &Collector) -> Collector {
    let octets = collector.decoder.snapshot().to_bytes();
    let snapshot = Snapshot::from_bytes(&octets).unwrap();
    assert_eq!(snapshot.to_bytes(), octets, "the same octets again");
    let mut anew = Collector {
        received_ms: collector.received_ms + 5_000,
        ..Collector::default()
    };
    anew.decoder.restore(&snapshot);
    assert_eq!(anew.decoder.snapshot(), snapshot, "nothing was lost");
    anew
}

fn message(protocol: Protocol) -> Message {
    Message::new(protocol).sequence(500)
}

/// What an exporter of a protocol sends: a template, and data of it.
fn template(protocol: Protocol) -> Vec<u8> {
    message(protocol).template(256, &ABSOLUTE).octets()
}

fn data(message: Message) -> Vec<u8> {
    message.data(256, &[absolute_record()]).octets()
}

const BOTH: [Protocol; 2] = [Protocol::NetflowV9, Protocol::Ipfix];

#[test]
fn b092_after_a_restart_data_are_decoded_at_once() {
    for protocol in BOTH {
        let mut before = Collector::default();
        before.flows(&template(protocol));
        let mut after = restarted(&before);
        assert_eq!(after.flows(&data(message(protocol).sequence(501))).len(), 1);
        after.assert_counts(&[]);
        let roamed = data(message(protocol).sequence(502));
        assert_eq!(after.receive(source(1, 9_999), &roamed).0.len(), 1);
    }
}

#[test]
fn b092_what_options_data_told_is_kept_too() {
    let mut before = Collector::default();
    let interface = [&[0, 0, 0, 7][..], b"Gi0/7", &[0, 60]].concat();
    let told = Message::ipfix()
        .template(256, &V4)
        .options(300, &[(143, 1)], &[(34, 4), (160, 8)])
        .data(
            300,
            &[[
                &[1][..],
                &100_u32.to_be_bytes(),
                &(u64::from(EXPORT) * 1_000 - u64::from(UPTIME)).to_be_bytes(),
            ]
            .concat()],
        )
        .options(301, &[(10, 4)], &[(82, 5), (36, 2)])
        .data(301, &[interface]);
    before.flows(&told.octets());
    let mut after = restarted(&before);
    let record = Message::ipfix().data(256, &[v4_record()]).octets();
    let flows = after.flows(&record);
    assert_eq!(
        flows,
        before
            .flows(&record)
            .iter()
            .map(|flow| OriginalFlow {
                end_seen_ms: flow.end_seen_ms + 5_000,
                ..*flow
            })
            .collect::<Vec<_>>()
    );
    assert_eq!(flows[0].sampling_rate.unwrap().get(), 100);
    assert_eq!(flows[0].end_ms, i64::from(EXPORT) * 1_000 - 4_000);
    let view = after
        .decoder
        .exporter(IpAddr::from([192, 0, 2, 1]))
        .unwrap();
    let names = view.names();
    let ((_, subject), named) = names.first_key_value().unwrap();
    assert_eq!(*subject, Subject::Interface(7));
    assert_eq!(named.name.as_deref(), Some("Gi0/7"));
    let timeouts = Timeouts {
        active_s: Some(60),
        idle_s: None,
    };
    assert_eq!(
        view.timeouts().into_values().collect::<Vec<_>>(),
        [timeouts]
    );
}

#[test]
fn b093_an_exporter_that_started_anew_meanwhile_is_not_read_by_its_old_templates() {
    let anew = [
        message(Protocol::NetflowV9).sequence(0).uptime(3_000),
        message(Protocol::Ipfix).sequence(0),
    ];
    for (protocol, anew) in BOTH.into_iter().zip(anew) {
        for port in [2_055, 9_999] {
            let mut before = Collector::default();
            let other = message(protocol).template(257, &ABSOLUTE).octets();
            before.flows(&template(protocol));
            before.flows(&other);
            let mut after = restarted(&before);
            let (flows, _) = after.receive(source(1, port), &data(anew.clone()));
            assert_eq!(flows, []);
            after.assert_counts(&[(Reason::NoTemplate, 1), (Reason::TemplateOutdated, 2)]);
            // They wait, and are decoded once the template has come.
            let template = anew.clone().sequence(1).template(256, &ABSOLUTE);
            let (flows, _) = after.receive(source(1, port), &template.octets());
            assert_eq!(flows.len(), 1, "{protocol} {port}");
        }
    }
}

#[test]
fn b093_an_exporter_that_sends_one_template_differently_is_not_read_by_the_others() {
    for protocol in BOTH {
        for port in [2_055, 9_999] {
            let mut before = Collector::default();
            for id in [256, 257] {
                before.flows(&message(protocol).template(id, &ABSOLUTE).octets());
            }
            let mut after = restarted(&before);
            let upgraded = message(protocol).sequence(501).template(257, &V4);
            after.receive(source(1, port), &upgraded.octets());
            let late = data(message(protocol).sequence(502));
            let (flows, _) = after.receive(source(1, port), &late);
            assert_eq!(flows, []);
            assert_eq!(after.count(Reason::NoTemplate), 1);
            assert_eq!(after.count(Reason::TemplateOutdated), 2);
        }
    }
}

#[test]
fn b093_data_that_do_not_fit_void_what_was_kept() {
    for protocol in BOTH {
        let mut before = Collector::default();
        before.flows(&template(protocol));
        let mut after = restarted(&before);
        let odd = [absolute_record(), vec![7; 9]].concat();
        let odd = message(protocol).sequence(501).data(256, &[odd]).octets();
        assert_eq!(after.flows(&odd), []);
        after.assert_counts(&[(Reason::NoTemplate, 1), (Reason::TemplateMisfit, 1)]);
        let good = data(message(protocol).sequence(502));
        assert_eq!(after.flows(&good), [], "nothing is kept any more");
    }
}

#[test]
fn whoever_repeats_a_template_dispels_the_doubt() {
    let mut before = Collector::default();
    before.flows(&template(Protocol::Ipfix));
    let mut after = restarted(&before);
    // A sequence that begins anew, but with the template: it is the same.
    let both = Message::ipfix().template(256, &ABSOLUTE);
    assert_eq!(after.flows(&data(both)).len(), 1);
    let odd = [absolute_record(), vec![7; 9]].concat();
    let odd = Message::ipfix().sequence(1).data(256, &[odd]).octets();
    assert_eq!(after.flows(&odd).len(), 1, "what is too much is padding");
    after.assert_counts(&[]);
}

#[test]
fn a_template_that_is_kept_lives_no_longer_than_it_would_have() {
    let mut before = Collector::default();
    before.flows(&template(Protocol::Ipfix));
    let mut after = restarted(&before);
    after.received_ms = before.received_ms + 3_600_000;
    assert_eq!(after.flows(&data(message(Protocol::Ipfix))).len(), 1);
    after.received_ms += 1;
    assert_eq!(after.flows(&data(message(Protocol::Ipfix))), []);
    after.assert_counts(&[(Reason::TemplateExpired, 1)]);
}

#[test]
fn what_was_heard_too_long_ago_is_forgotten_with_all_that_goes_with_it() {
    let mut collector = Collector::default();
    collector.flows(&template(Protocol::Ipfix));
    let heard_ms = collector.received_ms;
    collector.received_ms += 60_000;
    collector.receive(source(2, 2_055), &template(Protocol::NetflowV9));
    let mut snapshot = collector.decoder.snapshot();
    assert_eq!(snapshot.templates(), 2);
    snapshot.forget_before(heard_ms);
    assert_eq!(snapshot.templates(), 2);
    snapshot.forget_before(heard_ms + 1);
    assert_eq!(snapshot.templates(), 1);
    snapshot.forget_before(i64::MAX);
    assert!(snapshot.is_empty());
}

#[test]
fn what_streams_told_is_not_kept() {
    let mut collector = Collector::default();
    collector.receive_stream(source(1, 9), &template(Protocol::Ipfix));
    assert!(collector.decoder.snapshot().is_empty());
}

#[test]
fn restoring_keeps_to_the_limits() {
    let mut collector = Collector::default();
    for last in 1..=9 {
        for id in 256..260 {
            let message = message(Protocol::Ipfix).template(id, &ABSOLUTE);
            collector.receive(source(last, 2_055), &message.octets());
        }
    }
    let snapshot = collector.decoder.snapshot();
    assert_eq!(snapshot.templates(), 36);
    let mut few = Collector::new(Limits {
        exporters: 3,
        templates_per_exporter: 2,
        ..Limits::default()
    });
    few.decoder.restore(&snapshot);
    assert_eq!(few.decoder.snapshot().templates(), 6);
    let last = data(message(Protocol::Ipfix)).to_vec();
    assert_eq!(
        few.receive(source(9, 2_055), &last).0,
        [],
        "256 left for 258"
    );
}

/// A snapshot of one exporter of one template, with something changed.
fn forged(change: impl FnOnce(&mut Value)) -> Result<Restored, SnapshotError> {
    let mut collector = Collector::default();
    collector.flows(&template(Protocol::Ipfix));
    let mut snapshot: Value =
        serde_json::from_slice(&collector.decoder.snapshot().to_bytes()).unwrap();
    change(&mut snapshot);
    let snapshot = Snapshot::from_bytes(snapshot.to_string().as_bytes())?;
    Ok(Collector::default().decoder.restore(&snapshot))
}

#[test]
fn b092_a_snapshot_that_is_none_is_refused_and_says_why() {
    for (octets, why) in [
        (&b""[..], "no JSON at line 1 and column 0"),
        (b"{}", "something else at line 1 and column 2"),
        (
            b"{\"version\":2,\"more\":[]}",
            "a snapshot of version 2, where 1 was expected",
        ),
        (b"\xFF\xFE", "no JSON at line 1"),
        (
            b"{\"version\":1,\"exporters\":[{}]}",
            "something else at line 1 and column 28",
        ),
        (
            b"{\"version\":1,\"exporters\":[],\"more\":1}",
            "something else at line 1 and column 34",
        ),
    ] {
        let error = Snapshot::from_bytes(octets).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    let long = vec![b' '; (16 << 20) + 1];
    let error = Snapshot::from_bytes(&long).unwrap_err();
    assert!(matches!(error, SnapshotError::TooLong { found } if found == long.len()));
}

#[test]
fn what_is_wrong_with_a_snapshot_is_said_without_what_is_in_it() {
    let octets = br#"{"version":1,"exporters":[{"addr":"192.0.2.1","settled":"gate-of-the-lab"}]}"#;
    for (octets, what) in [
        (&octets[..], "something else at line 1 and column 73"),
        (&octets[..40], "no JSON at line 1 and column 40"),
    ] {
        let error = Snapshot::from_bytes(octets).unwrap_err();
        for said in [error.to_string(), format!("{error:?}")] {
            assert!(!said.contains("lab") && !said.contains("192"), "{said}");
        }
        assert_eq!(error.to_string(), format!("no snapshot: {what}"));
    }
}

#[test]
fn b093_templates_that_could_not_have_been_learnt_are_refused() {
    assert_eq!(forged(|_| {}).unwrap().templates, 1);
    for (field, value) in [
        ("id", json!(255)),
        ("fields", json!("0008000")),
        ("fields", json!("zz")),
        ("fields", json!("\u{e9}\u{e9}")),
        ("fields", json!("")),
        ("fields", json!("00080000")),
    ] {
        let restored = forged(|snapshot| {
            snapshot["exporters"][0]["domains"][0]["templates"][0][field] = value.clone();
        });
        let restored = restored.unwrap();
        assert_eq!(
            (restored.templates, restored.refused),
            (0, 1),
            "{field} {value}"
        );
    }
}

proptest! {
    #[test]
    fn no_damage_to_a_snapshot_does_harm(
        damages in prop::collection::vec((any::<Index>(), any::<u8>(), any::<bool>()), 0..6),
    ) {
        let mut collector = Collector::default();
        for protocol in BOTH {
            collector.flows(&template(protocol));
        }
        let mut octets = collector.decoder.snapshot().to_bytes();
        for (at, to, digit) in damages {
            let at = at.index(octets.len());
            octets[at] = if digit { b'0' + to % 10 } else { to };
        }
        let mut after = Collector::default();
        if let Ok(snapshot) = Snapshot::from_bytes(&octets) {
            after.decoder.restore(&snapshot);
        }
        for protocol in BOTH {
            let (flows, report) = after.receive(source(1, 2_055), &data(message(protocol)));
            prop_assert_eq!(flows.len(), (report.records + report.biflows) as usize);
        }
        crate::support::assert_balanced(after.decoder.counters());
    }
}
