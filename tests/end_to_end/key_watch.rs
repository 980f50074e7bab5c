//! While the anonymization key is not as it should be, nothing leaves; what came meanwhile
//! leaves when it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::support::exporter::{Exporter, Sample, v5};
use crate::support::files::{header, segments};
use crate::support::program::run;
use crate::support::{Client, LOOK, Launch, Scratch, Service};

const SHUT: &str = "nothing leaves: the anonymization key is not as it should be";
const OPEN: &str = "the anonymization key is as it should be";

fn make_key(scratch: &Scratch, name: &str) -> PathBuf {
    assert_eq!(run(scratch, &["keygen", name]).code, Some(0));
    scratch.join(name)
}

fn launch<'a>(scratch: &'a Scratch, data: &str) -> Launch<'a> {
    let launch = Launch::new(scratch, data).with_short_timeouts();
    launch
        .set("anonymizer.key_file", "the.key")
        .set("recorder.flush_interval", "50 ms")
}

fn allow(path: &Path, mode: u32) {
    let rights = std::os::unix::fs::PermissionsExt::from_mode(mode);
    fs::set_permissions(path, rights).unwrap();
}

/// How a key is spoilt, what the log says of it, and how that is mended.
type Case<'a> = (&'a dyn Fn(), &'a str, &'a dyn Fn());

/// The position after the last flow that left.
fn left(service: &Service) -> u64 {
    let client = Client::ask(service.client_port(), &json!({}));
    let next_seq = client.so_far().answer["next_seq"].as_u64().unwrap();
    client.leave();
    next_seq
}

fn octets(directory: &Path) -> usize {
    segments(directory).values().map(Vec::len).sum()
}

/// Sends ten flows, and waits until they are in the raw dataset.
fn send(service: &Service, raw: &Path, ten: u16) {
    let before = octets(raw);
    let samples: Vec<Sample> = (10 * ten..10 * ten + 10).map(Sample).collect();
    let exporter = Exporter::at("127.0.0.1", service.exporter_port());
    exporter.send(&v5(u32::from(ten) * 10, &samples));
    while octets(raw) == before {
        std::thread::sleep(LOOK);
    }
}

/// Long enough for flows to leave that may.
fn wait_for_flows() {
    std::thread::sleep(Duration::from_secs(3));
}

#[test]
fn nothing_leaves_while_the_key_is_gone_too_open_or_another_and_nothing_is_lost() {
    let scratch = Scratch::new();
    let key = make_key(&scratch, "the.key");
    let other = make_key(&scratch, "other.key");
    let service = launch(&scratch, "data").start();
    let raw = scratch.join("data/raw");
    let mut client = Client::ask(service.client_port(), &json!({}));
    send(&service, &raw, 0);
    client.read_until(|received| received.flows.len() == 10);

    let aside = scratch.join("aside.key");
    let gone = || fs::rename(&key, &aside).unwrap();
    let back = || fs::rename(&aside, &key).unwrap();
    let open = || allow(&key, 0o640);
    let private = || allow(&key, 0o600);
    let exchange = || {
        fs::copy(&key, &aside).unwrap();
        fs::copy(&other, &key).unwrap();
    };
    let change = || service.signal("HUP");
    let cases: [Case<'_>; 3] = [
        (&gone, "no such file", &back),
        (&open, "chmod 600", &private),
        (&exchange, "another key is there", &change),
    ];
    for (ten, (spoil, why, mend)) in (1..).zip(cases) {
        spoil();
        let line = service.wait_for_messages(SHUT, usize::from(ten));
        let said = line["why"].as_str().unwrap();
        assert!(said.contains(why), "{line}");
        assert!(
            line["remedy"].as_str().unwrap().contains("SIGHUP"),
            "{line}"
        );
        send(&service, &raw, ten);
        wait_for_flows();
        assert_eq!(left(&service), u64::from(ten) * 10, "{why}");
        mend();
        service.wait_for_messages(OPEN, usize::from(ten));
        let all = 10 * (usize::from(ten) + 1);
        client.read_until(|received| received.flows.len() == all);
    }
    let client = client.read_aside();
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    client.join().unwrap().assert_whole("shutdown");
    let drained = ["key_outages", "shed", "records", "flows"].map(|name| ended.drained(name));
    assert_eq!(drained, [3, 0, 40, 40]);
}

#[test]
fn a_credential_is_looked_after_as_a_file_is() {
    let scratch = Scratch::new();
    let key = make_key(&scratch, "credentials/anonymizer.key");
    let directory = key.parent().unwrap();
    let launch = Launch::new(&scratch, "data").with_short_timeouts();
    let launch = launch.set("recorder.flush_interval", "50 ms");
    let service = launch.with_credentials(directory.to_owned()).start();
    // Its group may seem to have rights: systemd gives it by an access control list.
    allow(&key, 0o440);
    let raw = scratch.join("data/raw");
    let mut client = Client::ask(service.client_port(), &json!({}));
    send(&service, &raw, 0);
    client.read_until(|received| received.flows.len() == 10);
    let aside = scratch.join("aside");
    fs::rename(directory, &aside).unwrap();
    service.wait_for_message(SHUT);
    send(&service, &raw, 1);
    wait_for_flows();
    assert_eq!(left(&service), 10);
    fs::rename(&aside, directory).unwrap();
    client.read_until(|received| received.flows.len() == 20);
    client.leave();
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert_eq!(ended.drained("key_outages"), 1);
}

#[test]
fn a_service_that_ends_without_its_key_says_so_and_a_replay_with_it_prepares_what_did_not_leave() {
    let scratch = Scratch::new();
    let (key, aside) = (make_key(&scratch, "the.key"), scratch.join("aside.key"));
    let launch_it = launch(&scratch, "data").set("supervision.drain_timeout", "1 s");
    let service = launch_it.start();
    fs::rename(&key, &aside).unwrap();
    service.wait_for_message(SHUT);
    send(&service, &scratch.join("data/raw"), 0);
    let ended = service.end();
    assert_eq!(ended.code, Some(1), "{}", ended.log);
    let why =
        "10 flows did not leave, since the anonymization key is not as it should be: key file";
    assert!(ended.log.contains(why), "{}", ended.log);
    assert!(segments(&scratch.join("data/prepared")).is_empty());

    let replay = || launch(&scratch, "again").replay_at_once(&scratch.join("data/raw"));
    fs::rename(&aside, &key).unwrap();
    let replayed = replay().run();
    assert_eq!(replayed.code, Some(0), "{replayed:?}");
    let prepared = segments(&scratch.join("again/prepared"));
    let id = run(&scratch, &["keygen", "--id", "the.key"]).stdout;
    for segment in prepared.values() {
        let named = header(segment)["meta"]["anonymization"]["key_id"].clone();
        assert!(id.starts_with(named.as_str().unwrap()), "{named}");
    }
    assert_eq!(prepared.len(), 1);
}
