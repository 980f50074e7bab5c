//! How many sessions, for how long, how fast.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{client, end, flow, launch, ports, ports_of, wait_for_close};
use crate::support::Scratch;
use crate::support::exporter::Sample;
use crate::support::ipfix::{Message, connect, connect_from, samples, send};

#[test]
fn sessions_beyond_the_limit_are_closed_at_once_and_the_others_go_on() {
    let scratch = Scratch::new();
    let service = launch(&scratch, "data")
        .set("receiver.streams_max", "2")
        .set("receiver.streams_per_exporter_max", "2")
        .set("log.level", "debug")
        .start();
    let client = client(&service);
    let two = [1, 2].map(|_| connect(service.tcp_port()));
    for _ in 0..3 {
        wait_for_close(connect(service.tcp_port_v6()));
    }
    for (number, stream) in (0..).zip(two) {
        send(&stream, &Message::new(0).template());
        send(&stream, &flow(number));
    }
    // Those that ended made room.
    service.wait_for_message("session of an exporter closed");
    let stream = connect(service.tcp_port());
    send(&stream, &Message::new(0).template());
    send(&stream, &flow(2));
    drop(stream);
    let (received, ended) = end(service, client);
    assert_eq!(ports(&received), ports_of(samples(0..3)));
    assert_eq!(ended.of_reason("connections", "full"), 3, "{}", ended.log);
    assert_eq!(
        (ended.drained("streams"), ended.drained("streams_refused")),
        (3, 3)
    );
    assert!(ended.log.contains("receiver.streams_max"), "{}", ended.log);
}

#[test]
fn one_address_has_no_more_sessions_than_it_may() {
    let scratch = Scratch::new();
    let service = launch(&scratch, "data")
        .set("receiver.streams_per_exporter_max", "1")
        .start();
    let client = client(&service);
    let first = connect(service.tcp_port());
    send(&first, &Message::new(0).template());
    wait_for_close(connect(service.tcp_port()));
    let other = connect_from("127.0.0.66:0".parse().unwrap(), service.tcp_port());
    send(&other, &Message::new(0).template());
    send(&other, &flow(2));
    send(&first, &flow(1));
    drop(first);
    let (received, ended) = end(service, client);
    assert_eq!(ports(&received), ports_of(samples(1..3)));
    assert_eq!(
        ended.of_reason("connections", "exporter_full"),
        1,
        "{}",
        ended.log
    );
}

#[test]
fn a_session_without_a_message_for_too_long_is_closed() {
    let scratch = Scratch::new();
    let service = launch(&scratch, "data")
        .set("receiver.stream_idle_timeout", "1 s")
        .start();
    let client = client(&service);
    let silent = connect(service.tcp_port());
    let busy = connect(service.tcp_port());
    send(&busy, &Message::new(0).template());
    // Octets are no message: this one never comes to its end.
    let mut slow = connect(service.tcp_port());
    let begun = Instant::now();
    let message = flow(900).octets();
    let mut octets = message.iter();
    for number in 0..8 {
        slow.write_all(&[*octets.next().unwrap()]).ok();
        send(&busy, &flow(number));
        sleep(Duration::from_millis(250));
    }
    wait_for_close(silent);
    wait_for_close(slow);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    send(&busy, &flow(8));
    drop(busy);
    let (received, ended) = end(service, client);
    assert_eq!(ports(&received), ports_of(samples(0..9)));
    assert_eq!(ended.of_reason("streams", "idle"), 2, "{}", ended.log);
    assert_eq!(ended.of_reason("streams", "finished"), 1);
}

/// Writes as much as there is room for within a moment; how much that was.
fn write_until_stalled(stream: &mut TcpStream, octets: &[u8]) -> usize {
    stream
        .set_write_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    let mut written = 0;
    while written < octets.len() {
        match stream.write(&octets[written..]) {
            Ok(more) => written += more,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    stream
        .set_write_timeout(Some(crate::support::PATIENCE))
        .unwrap();
    written
}

#[test]
fn t18_a_service_that_is_behind_stalls_its_exporter_and_loses_nothing() {
    const MESSAGES: u32 = 2_000;
    let scratch = Scratch::new();
    let service = launch(&scratch, "data").start();
    let client = client(&service);
    let mut stream = connect(service.tcp_port());
    send(&stream, &Message::new(0).template());
    let all: Vec<Sample> = samples(0..1_000);
    let data = (0..MESSAGES).map(|number| Message::new(number * 1_000).data(&all).octets());
    let octets = data.collect::<Vec<_>>().concat();
    service.signal("STOP");
    let written = write_until_stalled(&mut stream, &octets);
    service.signal("CONT");
    assert!(
        written < octets.len(),
        "the kernel's buffers are smaller than that"
    );
    stream.write_all(&octets[written..]).unwrap();
    drop(stream);
    let (received, ended) = end(service, client);
    assert_eq!(received.flows.len(), 1_000, "all pieces of a flow are one");
    assert_eq!(received.sum("records"), u64::from(MESSAGES) * 1_000);
    assert_eq!(ended.drained("records"), u64::from(MESSAGES) * 1_000);
    assert_eq!(ended.drained("datagrams"), u64::from(MESSAGES) + 1);
    ended.assert_clean();
}
