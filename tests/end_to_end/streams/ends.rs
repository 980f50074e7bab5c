//! A service that ends with sessions open, and exporters that vanish.

use std::io::Write;

use serde_json::json;

use super::{client, end, flow, launch, ports, ports_of, wait_for_close};
use crate::support::ipfix::{Message, connect, connect_from, samples, send};
use crate::support::program::{program, start};
use crate::support::{Client, Scratch};

#[test]
fn at_a_drain_what_was_sent_is_taken_in_and_open_sessions_are_closed() {
    let scratch = Scratch::new();
    let service = launch(&scratch, "data").start();
    let client = client(&service);
    let streams: Vec<_> = (0..5).map(|_| connect(service.tcp_port())).collect();
    for (number, stream) in (0..).zip(&streams) {
        send(stream, &Message::new(0).template());
        for message in 0..40 {
            send(stream, &flow(100 * number + message));
        }
    }
    // One is within a message.
    (&streams[0]).write_all(&flow(999).octets()[..20]).unwrap();
    let (received, ended) = end(service, client);
    let expected = (0..5).flat_map(|number| samples(100 * number..100 * number + 40));
    assert_eq!(ports(&received), ports_of(expected));
    assert_eq!(ended.of_reason("streams", "drained"), 5, "{}", ended.log);
    assert_eq!(
        ended.drained("rejected"),
        1,
        "the message that is not whole"
    );
    streams.into_iter().for_each(wait_for_close);
}

#[test]
fn an_exporter_killed_in_the_middle_costs_what_it_did_not_send() {
    let scratch = Scratch::new();
    let service = launch(&scratch, "data")
        .with_short_timeouts()
        .set("log.level", "debug")
        .start();
    let mut reading = Client::ask(
        service.client_port(),
        &json!({"features": ["seq", "records"]}),
    );
    let mut command = program(&scratch);
    let to = service.tcp_port().to_string();
    command.args(["generate", "--tcp", "--to", &to]);
    command.args(["--count", "100000000", "--rate", "20000"]);
    let mut exporter = start(&mut command);
    reading.read_until(|received| received.flows.len() > 2_000);
    let reading = reading.read_aside();
    exporter.kill().unwrap();
    exporter.wait().unwrap();
    service.wait_for_message("session of an exporter closed");
    // It starts again, and begins with its templates.
    let again = connect(service.tcp_port());
    send(&again, &Message::new(0).template());
    send(&again, &flow(1));
    drop(again);
    let (received, ended) = end(service, reading);
    assert_eq!(received.sum("records"), ended.drained("records"));
    assert!(ended.drained("rejected") <= 1, "{}", ended.log);
    assert_eq!(ended.drained("streams"), 2, "{}", ended.log);
}

#[test]
fn an_exporter_that_breaks_off_costs_its_session_alone() {
    let scratch = Scratch::new();
    let service = launch(&scratch, "data").set("log.level", "debug").start();
    let client = client(&service);
    let good = connect(service.tcp_port());
    send(&good, &Message::new(0).template());
    let broken = connect_from("127.0.0.1:0".parse().unwrap(), service.tcp_port());
    send(&broken, &Message::new(0).template());
    drop(broken);
    service.wait_for_message("session of an exporter closed");
    send(&good, &flow(1));
    drop(good);
    let (received, ended) = end(service, client);
    assert_eq!(ports(&received), ports_of(samples(1..2)));
    assert_eq!(ended.of_reason("streams", "reset"), 1, "{}", ended.log);
}
