//! IPFIX over TCP and TLS: RFC 7011, 8 to 11, and the tests of RFC 5471 that need a session.

mod ends;
mod faults;
mod limits;
mod replay;
mod sessions;
mod tls;

use std::collections::BTreeSet;
use std::io::Read;
use std::thread::JoinHandle;

use serde_json::json;

use crate::support::client::count;
use crate::support::exporter::Sample;
use crate::support::ipfix::Message;
use crate::support::{Client, Ended, Launch, Received, Scratch, Service};

/// A service that exporters reach over TCP, with true addresses in its flows.
fn launch<'a>(scratch: &'a Scratch, data: &str) -> Launch<'a> {
    Launch::new(scratch, data)
        .without_anonymization()
        .set("receiver.listen_tcp", r#"["127.0.0.1:0", "[::1]:0"]"#)
}

/// A client that gets all flows.
fn client(service: &Service) -> JoinHandle<Received> {
    Client::ask(service.client_port(), &json!({})).read_aside()
}

/// Ends a service in order; what its client got, and what it left behind.
fn end(service: Service, client: JoinHandle<Received>) -> (Received, Ended) {
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(!ended.log.contains("panic"), "{}", ended.log);
    assert!(!ended.log.contains("does not add up"), "{}", ended.log);
    let received = client.join().unwrap();
    received.assert_whole("shutdown");
    (received, ended)
}

/// A message with a flow of this number.
fn flow(number: u16) -> Message {
    Message::new(number.into()).data(&[Sample(number)])
}

/// The source ports of flows, which tell samples apart.
fn ports(received: &Received) -> BTreeSet<u64> {
    let ports = received.flows.iter().map(|flow| count(flow, "src_port"));
    ports.collect()
}

/// The same of samples.
fn ports_of(samples: impl IntoIterator<Item = Sample>) -> BTreeSet<u64> {
    let ports = samples.into_iter().map(|sample| sample.src_port().into());
    ports.collect()
}

/// Waits until the service has closed a connection, whatever it said before.
fn wait_for_close(mut stream: impl Read) {
    // A connection that was reset is closed, too.
    drop(stream.read_to_end(&mut Vec::new()));
}
