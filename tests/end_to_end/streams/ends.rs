//! A service that ends with sessions open, and exporters that vanish.

use std::io::Write;

use super::{client, end, flow, launch, ports, ports_of, wait_for_close};
use crate::support::Scratch;
use crate::support::ipfix::{Message, connect, connect_from, samples, send};

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
