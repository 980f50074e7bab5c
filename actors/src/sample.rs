//! Flows for tests.

use std::sync::Arc;

use flow::{
    AggregatedFlow, Direction, EndReason, EnrichedFlow, Exporter, FlowKey, OriginalFlow, Place,
    tcp_flag,
};
use mediation::anonymize::{AnonymizedFlow, KeyRing, Scheme};
use serde_json::Value;

use crate::edition::{Edition, Unknown};
use crate::terms::Terms;

/// A UDP record of that port, seen when it ended, at a second after an epoch of tests.
pub(crate) fn record(port: u16, second: i64) -> OriginalFlow {
    let end_ms = (EPOCH + second) * 1_000;
    OriginalFlow {
        key: FlowKey {
            src_addr: "198.18.0.1".parse().unwrap(),
            dst_addr: "198.19.0.1".parse().unwrap(),
            src_port: port,
            dst_port: 443,
            protocol: 6,
        },
        exporter: Exporter::new("192.0.2.1".parse().unwrap(), 0),
        start_ms: end_ms - 500,
        end_ms,
        end_seen_ms: end_ms,
        packets: 1,
        bytes: 100,
        sampling_rate: None,
        in_if: None,
        out_if: None,
        tcp_flags: Some(tcp_flag::SYN | tcp_flag::FIN),
        tos: None,
        icmp: None,
        end_reason: None,
        direction: Direction::Uniflow,
        observed: None,
        vlan: None,
    }
}

/// Where the seconds of [`record`] begin, in Unix seconds.
pub(crate) const EPOCH: i64 = 1_700_000_000;

/// An edition that is named so and knows nothing.
pub(crate) fn edition(made_of: Value) -> Arc<Edition> {
    Arc::new(Edition::new(Arc::new(Unknown), made_of))
}

/// Terms of an edition that is named so, without a key.
pub(crate) fn terms(made_of: Value) -> Terms {
    let keys = KeyRing::without_key(Scheme::NONE).unwrap();
    Terms {
        edition: edition(made_of),
        anonymization: Arc::clone(keys.in_force()),
    }
}

/// So many different flows that may leave.
pub(crate) fn anonymized(count: usize) -> Vec<AnonymizedFlow> {
    (0..count)
        .map(|number| {
            let record = record(u16::try_from(number % 60_000).unwrap(), 0);
            AnonymizedFlow::restored(EnrichedFlow {
                flow: AggregatedFlow {
                    key: record.key,
                    exporter: record.exporter,
                    start_ms: record.start_ms,
                    end_ms: record.end_ms,
                    active_ms: 500,
                    packets: 1,
                    bytes: 100,
                    reverse: None,
                    sampling_rate: None,
                    records: 1,
                    in_if: None,
                    out_if: None,
                    vlan: None,
                    tcp_flags: record.tcp_flags,
                    tos: None,
                    icmp: None,
                    end_reason: EndReason::End,
                    complete: Some(true),
                    block_place: None,
                },
                src: Place::default(),
                dst: Place::default(),
            })
        })
        .collect()
}
