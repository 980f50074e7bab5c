//! What is in quarantine, as one line of JSON.

use std::time::SystemTime;

use flow::{
    AggregatedFlow, Civil, EnrichedFlow, Exporter, Field, OriginalFlow, Place, Value as FlowValue,
};
use mediation::anonymize::AnonymizedFlow;
use serde_json::{Value, json};

use super::Quarantined;
use crate::message::{Arrival, Custody, PoisonDatagram};

/// Most flows or datagrams that one line lists; all are counted.
const LISTED_MAX: usize = 1_000;

/// The line of an item, line end included.
pub(super) fn line(poison: &Quarantined, now: SystemTime) -> Vec<u8> {
    let (kind, count, content) = content(&poison.custody);
    let since = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let item = json!({
        "time_ms": u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
        "stage": poison.stage,
        "fault": poison.fault.text(),
        "kind": kind,
        "count": count,
        "content": content,
    });
    let mut line = item.to_string().into_bytes();
    line.push(b'\n');
    line
}

fn content(custody: &Custody) -> (&'static str, usize, Value) {
    match custody {
        Custody::Nothing => ("nothing", 0, Value::Null),
        Custody::Datagram(datagram) => ("datagram", 1, poison(datagram)),
        Custody::Messages(sent) => {
            let listed = sent.messages.iter().take(LISTED_MAX).map(hex);
            let content = json!({
                "source": sent.source.to_string(),
                "destination": sent.destination.to_string(),
                "payloads_hex": listed.collect::<Vec<_>>(),
            });
            ("messages", sent.messages.len(), content)
        }
        Custody::Arrivals(batch) => {
            let listed = batch.iter().take(LISTED_MAX).map(arrival).collect();
            ("datagrams", batch.datagrams(), Value::Array(listed))
        }
        Custody::Originals(flows) => ("records", flows.len(), listed(flows, original)),
        Custody::Aggregated(flows) => ("flows", flows.len(), listed(flows, aggregated)),
        Custody::Enriched(flows) => ("flows", flows.len(), listed(flows, enriched)),
        Custody::Anonymized(flows) => ("prepared", flows.len(), listed(flows, anonymized)),
        Custody::Block(block) | Custody::Replayed(block) => {
            let positions = json!({"first_seq": block.first_seq(), "next_seq": block.next_seq()});
            ("block", block.flows().len(), positions)
        }
    }
}

fn listed<T>(items: &[T], show: impl Fn(&T) -> Value) -> Value {
    Value::Array(items.iter().take(LISTED_MAX).map(show).collect())
}

fn poison(datagram: &PoisonDatagram) -> Value {
    json!({
        "received_ns": datagram.received.nanos(),
        "source": datagram.source.to_string(),
        "destination": datagram.destination.to_string(),
        "payload_hex": hex(&datagram.payload),
    })
}

fn arrival(arrival: Arrival<'_>) -> Value {
    let (source, destination, octets) = match &arrival {
        Arrival::Datagram(datagram) => (datagram.source, datagram.destination, datagram.payload),
        Arrival::Session(piece) => (piece.source, piece.destination, piece.octets),
    };
    json!({
        "received_ns": arrival.received().nanos(),
        "source": source.to_string(),
        "destination": destination.to_string(),
        "payload_hex": hex(octets),
    })
}

fn original(flow: &OriginalFlow) -> Value {
    let Exporter { addr, domain } = flow.exporter;
    json!({
        "exporter": addr.to_string(),
        "observation_domain": domain,
        "src_addr": flow.key.src_addr.to_string(),
        "dst_addr": flow.key.dst_addr.to_string(),
        "src_port": flow.key.src_port,
        "dst_port": flow.key.dst_port,
        "protocol": flow.key.protocol,
        "start_ms": flow.start_ms,
        "end_ms": flow.end_ms,
        "packets": flow.packets,
        "bytes": flow.bytes,
        "sampling_rate": flow.sampling_rate.map(|rate| rate.get()),
        "tcp_flags": flow.tcp_flags,
    })
}

fn aggregated(flow: &AggregatedFlow) -> Value {
    enriched(&EnrichedFlow {
        flow: *flow,
        src: Place::default(),
        dst: Place::default(),
    })
}

fn enriched(flow: &EnrichedFlow) -> Value {
    let civil = Civil::from_millis(flow.flow.start_ms);
    members(|field| flow.value(field, &civil))
}

fn anonymized(flow: &AnonymizedFlow) -> Value {
    let civil = Civil::from_millis(flow.flow().start_ms);
    members(|field| flow.value(field, &civil))
}

/// The fields that are known, under their names in the prepared flow.
fn members<'a>(value_of: impl Fn(Field) -> FlowValue<'a>) -> Value {
    let member = |field: Field| {
        let value = match value_of(field) {
            FlowValue::Null => return None,
            FlowValue::Unsigned(number) => json!(number),
            FlowValue::Signed(number) => json!(number),
            FlowValue::Float(number) => json!(number),
            FlowValue::Bool(truth) => json!(truth),
            FlowValue::Addr(addr) => json!(addr.to_string()),
            FlowValue::Text(text) => json!(text),
        };
        Some((field.name().to_owned(), value))
    };
    Value::Object(Field::ALL.into_iter().filter_map(member).collect())
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervision::Fault;

    #[test]
    fn a_poison_datagram_is_kept_whole_with_its_reason() {
        let poison = Quarantined {
            stage: "receiver",
            fault: Fault::new("index out of bounds"),
            custody: Custody::Datagram(Box::new(PoisonDatagram {
                received: flow::ReceiveTime::from_nanos(5),
                source: "192.0.2.1:9999".parse().unwrap(),
                destination: "192.0.2.2:2055".parse().unwrap(),
                payload: vec![0, 9, 0xFF],
            })),
        };
        let line = line(&poison, SystemTime::UNIX_EPOCH);
        assert_eq!(line.last(), Some(&b'\n'));
        let item: Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(item["stage"], "receiver");
        assert_eq!(item["fault"], "index out of bounds");
        assert_eq!(item["content"]["payload_hex"], "0009ff");
        assert_eq!(item["content"]["source"], "192.0.2.1:9999");
    }
}
