//! The sender over real sockets on loopback.

use std::collections::BTreeSet;
use std::net::{SocketAddr, UdpSocket};
use std::ops::ControlFlow;
use std::time::Duration;

use super::super::{GenerateError, send};
use super::*;

fn sink() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(2)))
        .unwrap();
    let to = socket.local_addr().unwrap();
    (socket, to)
}

fn small() -> Options {
    Options {
        rate: Rate::PerSecond(2_000),
        ..options(600)
    }
}

#[test]
fn every_destination_gets_all_datagrams_each_exporter_from_its_own_port() {
    let ((one, first), (other, second)) = (sink(), sink());
    let mut generator = Generator::new(small());
    let routes = vec![vec![first, second]; 3];
    let took = send(&mut generator, &routes, |_| ControlFlow::Continue(())).unwrap();
    assert!(
        took >= Duration::from_millis(290),
        "600 at 2000/s: {took:?}"
    );
    for socket in [one, other] {
        let (mut from, mut octets, mut buffer) = (BTreeSet::new(), 0, [0; 2_000]);
        for _ in 0..generator.totals().datagrams {
            let (len, exporter) = socket.recv_from(&mut buffer).unwrap();
            from.insert(exporter);
            octets += len as u64;
        }
        assert_eq!(octets, generator.totals().datagram_bytes);
        assert_eq!(from.len(), 3);
    }
}

#[test]
fn nobody_listening_is_an_error_and_not_a_count() {
    let (socket, to) = sink();
    drop(socket);
    let mut generator = Generator::new(small());
    let outcome = send(&mut generator, &vec![vec![to]; 3], |_| {
        ControlFlow::Continue(())
    });
    let error = outcome.unwrap_err();
    assert!(matches!(
        error,
        GenerateError::NobodyListens { sent: 0, .. }
    ));
    let text = error.to_string();
    assert!(text.contains(&to.to_string()) && text.contains("flowstream run"));
}

#[test]
fn a_break_stops_the_run_early() {
    let (_socket, to) = sink();
    let mut generator = Generator::new(Options {
        rate: Rate::PerSecond(100),
        ..options(100_000)
    });
    send(&mut generator, &vec![vec![to]; 3], |_| {
        ControlFlow::Break(())
    })
    .unwrap();
    assert!(generator.totals().records < 1_000);
}

#[test]
fn at_the_highest_rate_the_clock_is_that_of_the_sender() {
    let (_socket, to) = sink();
    let mut generator = Generator::new(Options {
        rate: Rate::Max,
        ..options(100_000)
    });
    let took = send(&mut generator, &vec![vec![to]; 3], |_| {
        ControlFlow::Continue(())
    });
    let took_ms = i64::try_from(took.unwrap().as_millis()).unwrap();
    assert_eq!(generator.totals().records, 100_000);
    let moved_ms = generator.clock_ms();
    assert!(
        (took_ms - 100..=took_ms).contains(&moved_ms),
        "{moved_ms} of {took_ms} ms"
    );
}
