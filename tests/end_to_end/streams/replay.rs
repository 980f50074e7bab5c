//! Streams that were recorded: read by other tools, and replayed to the same bytes.

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::{client, end, flow, launch};
use crate::support::exporter::{Exporter, Sample, v5};
use crate::support::files::{assert_same_segments, segments};
use crate::support::ipfix::{Message, connect, connect_from, samples, send};
use crate::support::tool::tool;
use crate::support::{Launch, Scratch};

/// The settings of a recording and its replays.
fn recording<'a>(scratch: &'a Scratch, data: &str) -> Launch<'a> {
    launch(scratch, data)
        .with_short_timeouts()
        .set("recorder.segment_time", "1 s")
}

/// Records some seconds of datagrams and sessions of every kind: good ones across
/// segments, one that is malformed, one that is cut off, two from the same port.
fn record(scratch: &Scratch) -> u64 {
    let service = recording(scratch, "data").start();
    let client = client(&service);
    let over_udp = Exporter::at("127.0.0.1", service.exporter_port());
    let long = connect(service.tcp_port());
    let long_v6 = connect(service.tcp_port_v6());
    for stream in [&long, &long_v6] {
        send(stream, &Message::new(0).template());
    }
    let from = long.local_addr().unwrap();
    for round in 0..12_u16 {
        over_udp.send(&v5(
            u32::from(round) * 2,
            &[Sample(5_000 + round), Sample(round)],
        ));
        send(&long, &flow(1_000 + round));
        // It needs a second segment of TCP.
        let most = (0..1_500)
            .map(|number| Sample(10_000 + number))
            .collect::<Vec<_>>();
        send(&long_v6, &Message::new(u32::from(round)).data(&most));
        let bad = connect(service.tcp_port());
        send(&bad, &Message::new(0).template());
        send(&bad, &flow(2_000 + round));
        match round % 4 {
            0 => send(&bad, &Message::new(1).template_of(256, &[(8, 4)])),
            1 => std::io::Write::write_all(&mut &bad, b"no message").unwrap(),
            2 => std::io::Write::write_all(&mut &bad, &flow(3).octets()[..40]).unwrap(),
            _ => {}
        }
        send_again(round, from, &service);
        sleep(Duration::from_millis(250));
    }
    drop((long, long_v6));
    let (_, ended) = end(service, client);
    assert!(ended.of_reason("streams", "malformed") > 0, "{}", ended.log);
    ended.drained("datagrams")
}

/// A session from a port that another one had: every second one sends no template.
fn send_again(round: u16, beside: std::net::SocketAddr, service: &crate::support::Service) {
    let from = std::net::SocketAddr::new("127.0.0.9".parse().unwrap(), beside.port());
    let stream = connect_from(from, service.tcp_port());
    if round.is_multiple_of(2) {
        send(&stream, &Message::new(0).template());
    }
    send(&stream, &flow(3_000 + round));
    // What was sent is there before it is broken off.
    sleep(Duration::from_millis(50));
}

#[test]
fn datagrams_and_streams_replay_to_the_same_bytes_on_any_number_of_lanes() {
    let scratch = Scratch::new();
    let datagrams = record(&scratch);
    let (raw, prepared) = (scratch.join("data/raw"), scratch.join("data/prepared"));
    assert!(
        segments(&raw).len() > 2,
        "sessions go on over several segments"
    );
    for (other, lanes, pace) in [
        ("one", "1", "max"),
        ("two", "2", "5x"),
        ("four", "4", "max"),
    ] {
        let replay = recording(&scratch, other)
            .set("pipeline.lanes", lanes)
            .replay_at_once(&raw)
            .set("replay.pace", pace);
        let outcome = replay.run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(
            outcome
                .stderr
                .contains(&format!("\"datagrams\":{datagrams},")),
            "{outcome:?}"
        );
        assert_same_segments(&prepared, &scratch.join(other).join("prepared"));
    }
}

#[test]
fn tshark_reads_every_message_of_a_recorded_session() {
    let test = "tshark_reads_every_message_of_a_recorded_session";
    let (Some(zstdcat), Some(tshark)) = (tool("zstdcat", test), tool("tshark", test)) else {
        return;
    };
    let scratch = Scratch::new();
    let service = launch(&scratch, "data").start();
    let client = client(&service);
    let port = service.tcp_port().port();
    for _ in 0..3 {
        let stream = connect(service.tcp_port());
        send(&stream, &Message::new(0).template());
        for number in 0..10 {
            send(&stream, &Message::new(number * 300).data(&samples(0..300)));
        }
    }
    end(service, client);
    let segment = segments(&scratch.join("data/raw"))
        .into_keys()
        .next()
        .unwrap();
    let mut plain = Command::new(zstdcat)
        .arg(scratch.join("data/raw").join(segment))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = Command::new(tshark)
        .args(["-n", "-r", "-", "-d", &format!("tcp.port=={port},cflow")])
        .args(["-T", "fields", "-e", "cflow.version", "-e", "tcp.srcport"])
        .stdin(plain.stdout.take().unwrap())
        .output()
        .unwrap();
    assert!(
        plain.wait().unwrap().success() && output.status.success(),
        "{output:?}"
    );
    let rows = String::from_utf8(output.stdout).unwrap();
    let messages = rows.lines().filter(|row| row.starts_with("10\t")).count();
    assert_eq!(messages, 33, "{rows}");
}
