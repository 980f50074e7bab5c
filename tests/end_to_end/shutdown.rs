//! The service ends in order when it is told to, and at once when it is told twice.

use std::process::Child;

use serde_json::{Value, json};

use crate::support::exporter::{Exporter, Sample, v5};
use crate::support::files::{open_segments, segments};
use crate::support::program::{generate, program, start};
use crate::support::{Client, Launch, Scratch, Service};

/// An exporter that sends on until it is killed.
struct Load(Child);

impl Load {
    fn start(scratch: &Scratch, service: &Service) -> Self {
        let mut command = program(scratch);
        let to = service.exporter_port().to_string();
        command.args(["generate", "--protocol", "v5,v9,ipfix", "--to", &to]);
        command.args(["--count", "100000000", "--rate", "10000"]);
        Self(start(&mut command))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // An error says that it has ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Under load, a signal drains: everything is sealed, recorded and told.
fn assert_drains(signal: &str) {
    let scratch = Scratch::new();
    let service = Launch::new(&scratch, "data")
        .with_short_timeouts()
        .set("recorder.flush_interval", "50 ms")
        .start();
    let mut client = Client::ask(
        service.client_port(),
        &json!({"features": ["seq", "records"]}),
    );
    let load = Load::start(&scratch, &service);
    client.read_until(|received| received.flows.len() > 2_000);
    let raw = scratch.join("data/raw");
    assert_eq!(open_segments(&raw).len(), 1, "one is written at a time");
    let client = client.read_aside();
    let ended = service.end_by(signal);
    drop(load);
    // A drain that is not over in time, or leaves something behind, is a warning.
    ended.assert_clean();
    let received = client.join().unwrap();
    received.assert_whole("shutdown");
    let flows = received.flows.len() as u64;
    assert_eq!(ended.drained("flows"), flows);
    assert_eq!(ended.drained("recorded"), flows);
    assert_eq!(ended.drained("records"), received.sum("records"));
    for directory in [raw, scratch.join("data/prepared")] {
        assert!(!segments(&directory).is_empty());
        assert_eq!(open_segments(&directory), [""; 0], "all are sealed");
    }
}

#[test]
fn sigterm_under_load_drains_seals_and_tells_the_clients() {
    assert_drains("TERM");
}

#[test]
fn sigint_under_load_drains_seals_and_tells_the_clients() {
    assert_drains("INT");
}

#[test]
fn a_service_without_a_single_flow_ends_and_leaves_no_segments() {
    let scratch = Scratch::new();
    let service = Launch::new(&scratch, "data").start();
    let client = Client::ask(service.client_port(), &json!({"start": "earliest"})).read_aside();
    let ended = service.end();
    ended.assert_clean();
    assert_eq!(ended.drained("datagrams"), 0);
    let received = client.join().unwrap();
    received.assert_whole("shutdown");
    assert_eq!(received.end, Some((0, "shutdown".to_owned())));
    for directory in ["data/raw", "data/prepared"] {
        assert!(segments(&scratch.join(directory)).is_empty());
    }
}

#[test]
fn a_second_signal_ends_at_once_with_a_failure() {
    let scratch = Scratch::new();
    let service = Launch::new(&scratch, "data")
        .with_short_timeouts()
        .set("supervision.drain_timeout", "10 min")
        .start();
    // A client that takes nothing, though much is there, holds up the drain.
    let stuck = Client::ask(service.client_port(), &json!({}));
    let mut quick = Client::ask(service.client_port(), &json!({"features": ["seq"]}));
    let args = ["--count", "30000", "--rate", "15000", "--long", "0"];
    generate(&scratch, service.exporter_port(), &args);
    quick.read_until(|received| received.flows.len() == 30_000);
    service.signal("TERM");
    service.wait_for_message("draining");
    quick.read().assert_whole("shutdown");
    let ended = service.end();
    assert_eq!(ended.code, Some(1), "{}", ended.log);
    assert!(
        ended
            .log
            .contains("ended at once, before everything had drained"),
        "{}",
        ended.log
    );
    assert!(stuck.so_far().flows.is_empty());
}

#[test]
fn a_later_run_goes_on_behind_the_last_position() {
    let scratch = Scratch::new();
    let launch = Launch::new(&scratch, "data").without_anonymization();
    for run in 0..3_u16 {
        let service = launch.start();
        let client = Client::ask(service.client_port(), &json!({"start": "earliest"})).read_aside();
        let exporter = Exporter::at("127.0.0.1", service.exporter_port());
        exporter.send(&v5(0, &[Sample(2 * run), Sample(2 * run + 1)]));
        service.end().assert_clean();
        let received = client.join().unwrap();
        received.assert_whole("shutdown");
        let port = |flow: &Value| flow["src_port"].as_u64().unwrap();
        let runs = received.flows.chunks(2).map(|flows| {
            let mut ports: Vec<u64> = flows.iter().map(port).collect();
            // Within a tick the order is that of the stream, whatever it is.
            ports.sort_unstable();
            ports
        });
        let sent = |number| u64::from(Sample(number).src_port());
        let expected = (0..=run).map(|run| vec![sent(2 * run), sent(2 * run + 1)]);
        assert!(
            runs.eq(expected),
            "the flows of all runs, in the order of the runs"
        );
    }
    assert_eq!(segments(&scratch.join("data/prepared")).len(), 3);
}
