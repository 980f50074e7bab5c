//! Sessions as they should be: templates come, go and end with their session.

use std::io::Write;
use std::net::SocketAddr;

use super::{client, end, flow, launch, ports, ports_of};
use crate::support::client::count;
use crate::support::exporter::Sample;
use crate::support::ipfix::{
    Message, OPTIONS_TEMPLATES, TEMPLATE, TEMPLATES, connect, connect_from, samples, send,
};
use crate::support::program::{generate, run};
use crate::support::{Ended, Scratch, Service};

/// Flows sent over one session arrive, each once; nothing is rejected.
fn assert_arrives(to: fn(&Service) -> SocketAddr, write: fn(&mut dyn Write, &[u8])) {
    let scratch = Scratch::new();
    let service = launch(&scratch, "data").start();
    let client = client(&service);
    let mut stream = connect(to(&service));
    write(&mut stream, &Message::new(0).template().octets());
    for number in 0..20 {
        write(&mut stream, &flow(number).octets());
    }
    drop(stream);
    let (received, ended) = end(service, client);
    ended.assert_clean();
    assert_eq!(ports(&received), ports_of(samples(0..20)));
    let exporter = to_text(&received.flows[0]["exporter"]);
    assert!(["127.0.0.1", "::1"].contains(&exporter), "{exporter}");
    for (name, expected) in [
        ("streams", 1),
        ("datagrams", 21),
        ("records", 20),
        ("rejected", 0),
        ("flows", 20),
    ] {
        assert_eq!(ended.drained(name), expected, "{name}");
    }
    assert_eq!(ended.of_reason("streams", "finished"), 1, "{}", ended.log);
}

fn to_text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap()
}

fn whole(stream: &mut dyn Write, message: &[u8]) {
    stream.write_all(message).unwrap();
}

fn octet_by_octet(stream: &mut dyn Write, message: &[u8]) {
    for octet in message {
        stream.write_all(&[*octet]).unwrap();
    }
}

#[test]
fn t01_a_session_over_ipv4_brings_all_its_flows() {
    assert_arrives(Service::tcp_port, whole);
}

#[test]
fn t01_a_session_over_ipv6_brings_all_its_flows() {
    assert_arrives(Service::tcp_port_v6, whole);
}

#[test]
fn t01_messages_may_come_octet_by_octet() {
    assert_arrives(Service::tcp_port, octet_by_octet);
}

/// Three exporters of `generate`, over TCP or TLS, to this port with these arguments: all that they
/// sent arrives at the client.
pub(super) fn assert_conserved(service: Service, to: SocketAddr, scratch: &Scratch, args: &[&str]) {
    let client = client(&service);
    let three = ["--exporters", "3", "--count", "20000", "--rate", "max"];
    let sent = generate(scratch, to, &[&three[..], args].concat());
    let (received, ended) = end(service, client);
    ended.assert_clean();
    for name in ["records", "packets", "bytes"] {
        assert_eq!(received.sum(name), count(&sent, name), "{name}");
    }
    assert_eq!(received.flows.len() as u64, count(&sent, "flows"));
    assert_eq!(ended.drained("datagrams"), count(&sent, "datagrams"));
    assert_eq!(count(&sent, "templates"), 3 * 4, "once for each session");
    assert_eq!(ended.of_reason("streams", "finished"), 3, "{}", ended.log);
}

#[test]
fn generated_flows_of_three_exporters_arrive_whole_over_tcp() {
    let scratch = Scratch::new();
    let service = launch(&scratch, "data").start();
    let to = service.tcp_port_v6();
    assert_conserved(service, to, &scratch, &["--tcp", "--payload", "9000"]);
}

#[test]
fn generate_says_so_if_nobody_listens_over_tcp() {
    let scratch = Scratch::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap().to_string();
    drop(listener);
    let outcome = run(&scratch, &["generate", "--tcp", "--to", &to]);
    assert!(
        outcome.failed(1).contains("nobody listens on"),
        "{outcome:?}"
    );
}

/// Sends messages over one session; the numbers whose flows arrived.
fn sent(messages: &[Message]) -> (Vec<u16>, Ended) {
    let scratch = Scratch::new();
    let service = launch(&scratch, "data").start();
    let client = client(&service);
    let stream = connect(service.tcp_port());
    messages.iter().for_each(|message| send(&stream, message));
    drop(stream);
    let (received, ended) = end(service, client);
    let found = ports(&received);
    let arrived = (0..1_000).filter(|n| found.contains(&u64::from(Sample(*n).src_port())));
    (arrived.collect(), ended)
}

#[test]
fn t06_a_template_is_gone_after_its_withdrawal() {
    let (arrived, ended) = sent(&[
        Message::new(0).template(),
        flow(1),
        Message::new(2).withdrawal(TEMPLATES, TEMPLATE),
        flow(3),
    ]);
    assert_eq!(arrived, [1]);
    assert_eq!(ended.of_reason("events", "template_withdrawn"), 1);
    assert_eq!(ended.of_reason("events", "no_template"), 1);
    assert_eq!(ended.of_reason("streams", "finished"), 1);
}

#[test]
fn t07_t08_an_unknown_template_may_be_withdrawn_and_the_session_goes_on() {
    let (arrived, ended) = sent(&[
        Message::new(0).template(),
        Message::new(0).withdrawal(TEMPLATES, 999),
        Message::new(0).withdrawal(TEMPLATES, TEMPLATE),
        Message::new(0).withdrawal(TEMPLATES, TEMPLATE),
        Message::new(0).template(),
        flow(1),
    ]);
    assert_eq!(arrived, [1]);
    assert_eq!(ended.of_reason("events", "withdrawal_unknown"), 2);
    assert_eq!(ended.drained("rejected"), 0);
    assert_eq!(ended.of_reason("streams", "finished"), 1);
}

#[test]
fn t09_all_templates_and_all_options_templates_go_at_once() {
    let (arrived, ended) = sent(&[
        Message::new(0).template().template_of(300, &[(8, 4)]),
        Message::new(0).options_template(400).options_template(401),
        flow(1),
        Message::new(1).withdrawal(TEMPLATES, TEMPLATES),
        Message::new(1).withdrawal(OPTIONS_TEMPLATES, OPTIONS_TEMPLATES),
        flow(2),
    ]);
    assert_eq!(arrived, [1]);
    assert_eq!(ended.of_reason("events", "template_withdrawn"), 4);
}

#[test]
fn t31_the_same_template_again_is_no_error() {
    let again = || Message::new(0).template();
    let (arrived, ended) = sent(&[again(), flow(1), again(), again(), flow(2)]);
    assert_eq!(arrived, [1, 2]);
    ended.assert_clean();
    assert_eq!(ended.of_reason("streams", "finished"), 1);
}

#[test]
fn t33_data_after_a_withdrawal_are_dropped_until_the_template_comes_again() {
    let (arrived, ended) = sent(&[
        Message::new(0).template(),
        Message::new(0).withdrawal(TEMPLATES, TEMPLATE),
        flow(1),
        Message::new(1).template(),
        flow(2),
    ]);
    assert_eq!(arrived, [2]);
    assert_eq!(ended.of_reason("events", "no_template"), 1);
}

#[test]
fn t22_an_exporter_that_connects_again_goes_on() {
    let scratch = Scratch::new();
    let service = launch(&scratch, "data").start();
    let client = client(&service);
    for number in 0..5 {
        let stream = connect(service.tcp_port());
        send(&stream, &Message::new(0).template());
        send(&stream, &flow(number));
    }
    let (received, ended) = end(service, client);
    ended.assert_clean();
    assert_eq!(ports(&received), ports_of(samples(0..5)));
    assert_eq!(ended.drained("streams"), 5);
    assert_eq!(ended.of_reason("streams", "finished"), 5);
}

#[test]
fn t23_a_session_from_the_same_address_and_port_knows_no_template_of_the_one_before() {
    let scratch = Scratch::new();
    let service = launch(&scratch, "data").start();
    let client = client(&service);
    let before = connect_from("127.0.0.1:0".parse().unwrap(), service.tcp_port());
    let from = before.local_addr().unwrap();
    send(&before, &Message::new(0).template());
    send(&before, &flow(1));
    let other = connect(service.tcp_port());
    send(&other, &Message::new(0).template());
    // Killed, with data on their way: these may be lost, the templates must be.
    drop(before);
    let after = connect_from(from, service.tcp_port());
    send(&after, &flow(2));
    send(&after, &Message::new(1).template());
    send(&after, &flow(3));
    send(&other, &flow(4));
    drop((after, other));
    let (received, ended) = end(service, client);
    let found = ports(&received);
    assert!(found.is_superset(&ports_of(samples(3..5))), "{found:?}");
    // What waited for its template is decoded when that comes, as that of this session.
    assert!(found.is_subset(&ports_of(samples(1..5))), "{found:?}");
    assert_eq!(ended.drained("rejected"), 0, "{}", ended.log);
    assert_eq!(ended.drained("streams"), 3);
}
