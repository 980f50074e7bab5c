//! A client that reads slowly, or not at all, slows nobody else and gets its flows or a
//! declaration that they are missing.

use serde_json::json;

use crate::support::client::{Gap, count};
use crate::support::program::generate;
use crate::support::{Client, Launch, Scratch, Service};

/// So many flows in full are more than two sockets hold, and more than the ring keeps
/// whatever its size: 16 blocks of at most 4,096 flows.
const RECORDS: &str = "80000";

fn launch(scratch: &Scratch) -> Launch<'_> {
    Launch::new(scratch, "data")
        .with_short_timeouts()
        .set("clients.ring_bytes", "1 MiB")
        .set("clients.write_timeout", "10 min")
}

/// Sends flows without pieces, so that as many records as flows go out.
fn send(scratch: &Scratch, service: &Service, count: &str) -> u64 {
    let args = ["--count", count, "--rate", "20000", "--long", "0"];
    let sent = generate(scratch, service.exporter_port(), &args);
    self::count(&sent, "flows")
}

fn small() -> serde_json::Value {
    json!({"start": "earliest", "features": ["seq", "records"]})
}

#[test]
fn a_client_that_does_not_read_slows_nobody_and_misses_nothing_that_is_stored() {
    let scratch = Scratch::new();
    let service = launch(&scratch).start();
    let mut slow = Client::ask(service.client_port(), &json!({}));
    let mut quick = Client::ask(service.client_port(), &small());
    let flows = send(&scratch, &service, RECORDS);
    quick.read_until(|received| received.flows.len() as u64 == flows);
    assert!(slow.so_far().flows.is_empty(), "it has not read yet");
    slow.read_until(|received| received.positions() == flows);
    let clients = [quick, slow].map(Client::read_aside);
    service.end().assert_clean();
    let [quick, slow] = clients.map(|client| client.join().unwrap());
    quick.assert_whole("shutdown");
    slow.assert_whole("shutdown");
    assert_eq!(slow.sum("records"), flows);
}

#[test]
fn without_a_record_of_the_past_a_slow_client_is_told_what_it_missed() {
    let scratch = Scratch::new();
    let service = launch(&scratch).set("recorder.prepared", "false").start();
    let mut slow = Client::ask(service.client_port(), &json!({}));
    let mut quick = Client::ask(service.client_port(), &small());
    let flows = send(&scratch, &service, RECORDS);
    quick.read_until(|received| received.flows.len() as u64 == flows);
    slow.read_until(|received| received.positions() == flows);
    let clients = [quick, slow].map(Client::read_aside);
    service.end().assert_clean();
    let [quick, slow] = clients.map(|client| client.join().unwrap());
    quick.assert_whole("shutdown");
    assert_eq!(slow.assert_each_once(0), flows, "flows and gaps add up");
    assert_eq!(slow.end, Some((flows, "shutdown".to_owned())));
    assert!(!slow.gaps.is_empty(), "the ring has moved on");
    assert_eq!(slow.positions(), flows);
    let reasons = slow.gaps.iter().map(|Gap { reason, .. }| reason.as_str());
    assert!(reasons.into_iter().all(|reason| reason == "slow_client"));
}

#[test]
fn history_and_live_join_without_gap_or_duplicate() {
    let scratch = Scratch::new();
    let service = launch(&scratch).start();
    let ask = |start: &str| {
        let request = json!({"start": start, "features": ["seq", "records"]});
        Client::ask(service.client_port(), &request)
    };
    let first = ask("earliest");
    let before: u64 = RECORDS.parse().unwrap();
    let first = first.read_positions_aside(before);
    assert_eq!(send(&scratch, &service, RECORDS), before);
    let first = first.join().unwrap();
    // What was first has left the ring by now; more comes while it is read from disk.
    let all = before + 10_000;
    let late = ask("earliest").read_positions_aside(all);
    let resumed = ask("seq:100").read_positions_aside(all - 100);
    let first = first.read_positions_aside(all);
    assert_eq!(send(&scratch, &service, "10000"), all - before);
    let clients = [first, late, resumed].map(|client| client.join().unwrap().read_aside());
    service.end().assert_clean();
    for (client, from) in clients.into_iter().zip([0, 0, 100]) {
        let received = client.join().unwrap();
        received.assert_whole("shutdown");
        assert_eq!(count(&received.answer, "next_seq"), from);
        assert_eq!(received.sum("records"), all - from);
    }
}

#[test]
fn a_client_that_takes_nothing_for_too_long_is_disconnected() {
    let scratch = Scratch::new();
    let launch = launch(&scratch).set("clients.write_timeout", "300 ms");
    let service = launch.set("log.level", "debug").start();
    let stuck = Client::ask(service.client_port(), &json!({}));
    let mut quick = Client::ask(service.client_port(), &small());
    let flows = send(&scratch, &service, RECORDS);
    quick.read_until(|received| received.flows.len() as u64 == flows);
    service.wait_for_message("session closed");
    let stuck = stuck.read_aside();
    let quick = quick.read_aside();
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    quick.join().unwrap().assert_whole("shutdown");
    // Its connection was cut, perhaps within a line: the reading ends or fails there.
    if let Ok(received) = stuck.join() {
        assert_eq!(received.end, None);
    }
}
