//! Another master key.

use std::fs;
use std::ops::Range;

use serde_json::{Value, json};

use super::{image, key, key_file, keys_of, named, said};
use crate::support::client::count;
use crate::support::exporter::{Exporter, Sample, v5};
use crate::support::files::assert_same_segments;
use crate::support::{Client, Launch, Scratch, Service};

fn launch<'a>(scratch: &'a Scratch, data: &str) -> Launch<'a> {
    Launch::new(scratch, data)
        .with_short_timeouts()
        .set("anonymizer.key_file", scratch.join("key").to_str().unwrap())
}

fn send(service: &Service, numbers: Range<u16>) {
    let exporter = Exporter::at("127.0.0.1", service.exporter_port());
    let samples: Vec<Sample> = numbers.clone().map(Sample).collect();
    exporter.send(&v5(numbers.start.into(), &samples));
}

/// Each flow is what a key makes of it.
fn assert_under(octet: u8, flows: &[Value]) {
    for flow in flows {
        let port = u16::try_from(count(flow, "src_port")).unwrap();
        let src = Sample(port - Sample(0).src_port()).src();
        assert_eq!(flow["src_addr"], image(&key(octet), src), "{flow}");
    }
}

#[test]
fn another_key_counts_from_a_second_on_and_everybody_is_told() {
    let scratch = Scratch::new();
    key_file(&scratch, key(7).octets(), 0o600);
    let service = launch(&scratch, "data").set("log.level", "trace").start();
    let mut client = Client::ask(service.client_port(), &json!({}));
    send(&service, 0..20);
    client.read_until(|received| received.flows.len() == 20);
    key_file(&scratch, key(8).octets(), 0o600);
    service.signal("HUP");
    let line = service.wait_for_message("another anonymization key is in use");
    assert_eq!(line["key_id"], key(8).id().to_string());
    assert_eq!(line["before"], key(7).id().to_string());
    send(&service, 20..40);
    client.read_until(|received| received.flows.len() == 40);
    let late = Client::ask(service.client_port(), &json!({"start": "earliest"}));
    let [client, late] = [client, late].map(Client::read_aside);
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert_eq!(ended.drained("keys_changed"), 1);
    for octet in ["07", "08"] {
        assert!(!ended.log.contains(&octet.repeat(8)), "{}", ended.log);
    }
    let (received, late) = (client.join().unwrap(), late.join().unwrap());
    received.assert_whole("shutdown");
    assert_eq!(received.flows, late.flows);
    assert_under(7, &received.flows[..20]);
    assert_under(8, &received.flows[20..]);
    let told = |keys: &[Value]| -> Vec<_> {
        let told = keys.iter().map(|told| (count(told, "from"), said(told)));
        told.collect()
    };
    let changed = || (20, named(&key(8), None));
    assert_eq!(told(&received.keys), [changed()]);
    assert_eq!(told(&late.keys), [changed()]);
    for answer in [&received.answer, &late.answer] {
        assert_eq!(said(&answer["anonymization"]), named(&key(7), None));
    }
    let prepared = scratch.join("data/prepared");
    assert_eq!(keys_of(&prepared), [(0, named(&key(7), None)), changed()]);
    replays_have_one_key(&scratch, &received.flows);
}

/// What was recorded does not say which key was used. A replay has the one that it is given,
/// for all flows, and both parts are reproduced by two replays.
fn replays_have_one_key(scratch: &Scratch, live: &[Value]) {
    for octet in [7, 8] {
        key_file(scratch, key(octet).octets(), 0o600);
        let mut names = ["first", "again"].map(|name| format!("{name}-{octet}"));
        for name in &mut names {
            let replay = launch(scratch, name).replay_at_once(&scratch.join("data/raw"));
            let outcome = replay.run();
            assert_eq!(outcome.code, Some(0), "{outcome:?}");
        }
        let [first, again] = names.map(|name| scratch.join(&name).join("prepared"));
        assert_same_segments(&first, &again);
        assert_eq!(keys_of(&first), [(0, named(&key(octet), None))]);
        let told = launch(scratch, "told")
            .replay(&first)
            .set("replay.pace", "max");
        let service = told.start();
        let all = Client::ask(service.client_port(), &json!({"start": "earliest"})).read();
        service.wait().assert_clean();
        assert_under(octet, &all.flows);
        let part = if octet == 7 { 0..20 } else { 20..40 };
        assert_eq!(all.flows[part.clone()], live[part]);
    }
}

#[test]
fn a_key_that_cannot_be_used_is_refused_with_the_remedy_and_the_old_one_stays() {
    let scratch = Scratch::new();
    let path = key_file(&scratch, key(7).octets(), 0o600);
    let service = launch(&scratch, "data").start();
    let mut client = Client::ask(service.client_port(), &json!({}));
    let refused = "the anonymization key is not changed; the one in use stays";
    let refusals = |number, reason: &str| {
        service.signal("HUP");
        let line = service.wait_for_messages(refused, number);
        let error = line["error"].as_str().unwrap();
        assert!(error.contains(reason), "{error}");
        assert_eq!(line["key_id"], key(7).id().to_string());
    };
    key_file(&scratch, &[8; 31], 0o600);
    refusals(1, "found 31 octets; a key has exactly 32");
    key_file(&scratch, &[8; 33], 0o600);
    refusals(2, "found 33 octets; a key has exactly 32");
    key_file(&scratch, &[8; 32], 0o640);
    refusals(
        3,
        "others than its owner may use it (mode 0640); run: chmod 600",
    );
    fs::remove_file(&path).unwrap();
    refusals(4, "no such file; `flowstream keygen` makes one");
    assert!(!path.try_exists().unwrap(), "none is made in its place");
    key_file(&scratch, key(7).octets(), 0o600);
    service.signal("HUP");
    service.wait_for_message("the anonymization key is the same as before");
    send(&service, 0..20);
    client.read_until(|received| received.flows.len() == 20);
    let client = client.read_aside();
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert_eq!(
        (ended.drained("keys_changed"), ended.drained("keys_refused")),
        (0, 4)
    );
    let received = client.join().unwrap();
    assert_under(7, &received.flows);
    assert!(received.keys.is_empty());
    let prepared = scratch.join("data/prepared");
    assert_eq!(keys_of(&prepared), [(0, named(&key(7), None))]);
}
