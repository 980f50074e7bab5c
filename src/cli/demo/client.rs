//! The client of the demo: gets every flow and adds it up.

use std::net::SocketAddr;
use std::thread::{JoinHandle, spawn};

use serde_json::{Value, json};

use crate::cli::subscribe::{SubscribeError, Subscription};

/// What the client got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Received {
    /// Flows.
    pub(super) flows: u64,
    /// Original Flows merged into them.
    pub(super) records: u64,
    /// Their packets.
    pub(super) packets: u64,
    /// Their octets.
    pub(super) bytes: u64,
    /// Flows whose position did not follow the one before.
    pub(super) out_of_order: u64,
    /// Notices that flows are missing.
    pub(super) gaps: u64,
    /// Whether the service said that the stream ends.
    pub(super) ended: bool,
}

/// Starts a client that reads until the service ends the stream.
pub(super) fn start(service: SocketAddr) -> JoinHandle<Result<Received, SubscribeError>> {
    spawn(move || receive(service))
}

fn receive(service: SocketAddr) -> Result<Received, SubscribeError> {
    let features = ["seq", "records", "packets", "bytes"];
    let request = json!({"start": "earliest", "format": "jsonl", "features": features});
    let mut subscription = Subscription::open(&service.to_string(), &request)?;
    let mut next_seq = subscription.welcome["next_seq"].as_u64().unwrap_or(0);
    let (mut received, mut line) = (Received::default(), Vec::new());
    while subscription.next_line(&mut line)? {
        let Ok(object) = serde_json::from_slice::<Value>(&line) else {
            continue;
        };
        let number = |name: &str| object.get(name).and_then(Value::as_u64);
        let Some(seq) = number("seq") else {
            received.gaps += u64::from(object.get("gap").is_some());
            received.ended |= object.get("end").is_some();
            continue;
        };
        received.flows += 1;
        received.records += number("records").unwrap_or(0);
        received.packets += number("packets").unwrap_or(0);
        received.bytes += number("bytes").unwrap_or(0);
        received.out_of_order += u64::from(seq != next_seq);
        next_seq = seq + 1;
    }
    Ok(received)
}
