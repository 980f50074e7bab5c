//! Sessions of exporters that break rules, and what that costs whom.

use std::io::Write;

use super::{client, end, flow, launch, ports, ports_of, wait_for_close};
use crate::support::Scratch;
use crate::support::ipfix::{Message, connect, samples, send};

/// A message whose Set is longer than itself.
fn malformed() -> Message {
    Message::new(0).set_of(300, 5_000, &[1; 8])
}

/// Sends octets over a session until the service closes it, while another one goes on.
/// The reason of the end, by its name in the log, is told once.
fn assert_closes(octets: &[u8], reason: &str) -> crate::support::Ended {
    let scratch = Scratch::new();
    let service = launch(&scratch, "data").start();
    let client = client(&service);
    let good = connect(service.tcp_port());
    send(&good, &Message::new(0).template());
    send(&good, &flow(1));
    let mut bad = connect(service.tcp_port());
    send(&bad, &Message::new(0).template());
    send(&bad, &flow(2));
    bad.write_all(octets).unwrap();
    wait_for_close(&bad);
    send(&good, &flow(3));
    // Whoever was closed may connect again (RFC 7011, 10.4.4).
    let again = connect(service.tcp_port());
    send(&again, &Message::new(0).template());
    send(&again, &flow(4));
    drop((good, again));
    let (received, ended) = end(service, client);
    assert_eq!(ports(&received), ports_of(samples(1..5)));
    assert_eq!(ended.of_reason("streams", reason), 1, "{}", ended.log);
    assert_eq!(ended.of_reason("streams", "finished"), 2, "{}", ended.log);
    ended
}

#[test]
fn t28_malformed_messages_in_a_row_close_the_session_and_no_other() {
    let ended = assert_closes(
        &[
            malformed().octets(),
            malformed().octets(),
            malformed().octets(),
        ]
        .concat(),
        "malformed",
    );
    assert_eq!(ended.drained("rejected"), 3);
    assert_eq!(ended.of_reason("events", "set_length"), 3);
}

#[test]
fn t28_single_malformed_messages_cost_themselves_alone() {
    let scratch = Scratch::new();
    let service = launch(&scratch, "data").start();
    let client = client(&service);
    let stream = connect(service.tcp_port());
    send(&stream, &Message::new(0).template());
    for number in 0..10 {
        send(&stream, &malformed());
        send(&stream, &malformed());
        send(&stream, &flow(number));
    }
    drop(stream);
    let (received, ended) = end(service, client);
    assert_eq!(ports(&received), ports_of(samples(0..10)));
    assert_eq!(ended.drained("rejected"), 20);
    assert_eq!(ended.of_reason("streams", "finished"), 1);
}

#[test]
fn octets_that_are_no_ipfix_close_the_session_at_once_and_are_counted() {
    let ended = assert_closes(b"GET / HTTP/1.1\r\nHost: collector\r\n\r\n", "malformed");
    assert_eq!(ended.drained("rejected"), 1);
    assert_eq!(ended.of_reason("events", "version_unknown"), 1);
}

#[test]
fn a_length_below_that_of_a_header_closes_the_session_at_once() {
    let ended = assert_closes(&[&[0, 10, 0, 15][..], &[0; 40]].concat(), "malformed");
    assert_eq!(ended.of_reason("events", "length_mismatch"), 1);
}

#[test]
fn t32_another_definition_without_a_withdrawal_closes_the_session() {
    let changed = Message::new(1)
        .template_of(256, &[(8, 4), (12, 4)])
        .octets();
    // What follows it is ambiguous, and not decoded by the old definition.
    let ended = assert_closes(&[changed, flow(900).octets()].concat(), "malformed");
    assert_eq!(ended.of_reason("events", "template_redefined"), 1);
    assert!(ended.drained("discarded") <= 1);
    assert_eq!(ended.drained("rejected"), 1);
}

#[test]
fn an_end_within_a_message_is_counted() {
    let scratch = Scratch::new();
    let service = launch(&scratch, "data").start();
    let client = client(&service);
    let mut stream = connect(service.tcp_port());
    send(&stream, &Message::new(0).template());
    send(&stream, &flow(1));
    stream.write_all(&flow(2).octets()[..30]).unwrap();
    drop(stream);
    let (received, ended) = end(service, client);
    assert_eq!(ports(&received), ports_of(samples(1..2)));
    assert_eq!(ended.of_reason("streams", "cut_off"), 1, "{}", ended.log);
    assert_eq!(ended.of_reason("events", "length_mismatch"), 1);
    assert_eq!(
        (ended.drained("datagrams"), ended.drained("rejected")),
        (3, 1)
    );
}

#[test]
fn t17_a_session_that_floods_templates_costs_no_other_exporter_its_own() {
    let scratch = Scratch::new();
    let service = launch(&scratch, "data")
        .set("receiver.templates_per_exporter_max", "50")
        .start();
    let client = client(&service);
    let good = connect(service.tcp_port());
    send(&good, &Message::new(0).template());
    send(&good, &flow(1));
    // Another address: templates are limited for each exporter.
    let mut flood = connect(service.tcp_port_v6());
    let fields: Vec<(u16, u16)> = (1..400).map(|element| (element, 4)).collect();
    for id in 256..10_000 {
        let message = Message::new(0).template_of(id, &fields);
        flood.write_all(&message.octets()).unwrap();
    }
    send(&good, &flow(2));
    drop((flood, good));
    let (received, ended) = end(service, client);
    assert_eq!(ports(&received), ports_of(samples(1..3)));
    assert!(
        ended.of_reason("events", "template_evicted") > 9_000,
        "{}",
        ended.log
    );
    assert_eq!(ended.drained("datagrams"), 3 + 9_744);
}
