//! What the targets share: how an input becomes messages, and the laws of the decoder.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "the tests that these files come from use more of them"
)]

mod capture;
#[path = "../../src/decode/tests/suite/encode.rs"]
mod encode;
mod laws;
mod messages;
#[path = "../../src/decode/tests/suite/support.rs"]
mod support;
mod tcp_framing;
mod template_cache;
#[path = "../../src/decode/tests/suite/explain/twins.rs"]
mod twins;

pub use capture::capture;
pub use laws::Watched;
pub use messages::{Messages, packed};
pub use tcp_framing::tcp_framing;
pub use template_cache::template_cache;

use decode::explain::ExplainLimits;
use decode::{Limits, Transport};

/// What takes an input.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: [(&str, Target); 8] = [
    ("netflow_fixed", netflow_fixed),
    ("netflow_v9", netflow_v9),
    ("ipfix", ipfix),
    ("sflow", sflow),
    ("tcp_framing", tcp_framing),
    ("template_cache", template_cache),
    ("explain", explain),
    ("capture", capture),
];

/// Takes an input as datagrams of NetFlow v1, v5 and v7.
pub fn netflow_fixed(data: &[u8]) {
    laws::run(data, |payload| {
        if let Some([high, low]) = payload.first_chunk_mut() {
            (*high, *low) = (0, [1, 5, 7][usize::from(*low) % 3]);
        }
    });
}

/// Takes an input as datagrams of NetFlow v9.
pub fn netflow_v9(data: &[u8]) {
    laws::run(data, |payload| {
        if let Some(version) = payload.first_chunk_mut() {
            *version = [0, 9];
        }
    });
}

/// Takes an input as datagrams of IPFIX.
pub fn ipfix(data: &[u8]) {
    laws::run(data, |payload| {
        if let Some(version) = payload.first_chunk_mut() {
            *version = [0, 10];
        }
    });
}

/// Takes an input as datagrams of sFlow v5.
pub fn sflow(data: &[u8]) {
    laws::run(data, |payload| {
        if let Some(version) = payload.first_chunk_mut() {
            *version = [0, 0, 0, 5];
        }
    });
}

/// Gives messages to a decoder that explains and to one that decodes, which must agree.
/// The first octets of the input are limits of what is explained.
pub fn explain(data: &[u8]) {
    let Some((&[events, values], rest)) = data.split_first_chunk() else {
        return;
    };
    let mut twins = if events < 0x80 {
        twins::Twins::within(ExplainLimits {
            events: usize::from(events),
            values: 8 * usize::from(values),
        })
    } else {
        twins::Twins::new(small())
    };
    for sent in Messages::new(rest, |_| {}) {
        twins.received_ms += sent.later_ms;
        let over = if sent.control & 0x80 == 0 {
            Transport::Udp
        } else {
            Transport::Stream
        };
        let explained = twins.receive(over, sent.source, &sent.payload);
        if explained.report.close {
            twins.end_session(sent.source);
        }
    }
}

/// Limits that an input of some thousand octets can reach.
#[must_use]
pub fn small() -> Limits {
    Limits {
        exporters: 3,
        sessions_per_exporter: 4,
        templates_per_exporter: 6,
        facts_per_exporter: 3,
        name_octets_per_exporter: 2_000,
        text_octets: 20,
        unknown_elements: 4,
        fields_per_template: 40,
        template_octets_per_exporter: 6_000,
        template_octets: 9_000,
        sources_per_exporter: 3,
        records_per_datagram: 200,
        structured_depth: 3,
        layers_per_packet: 4,
        pending_ms: 20_000,
        pending_octets_per_exporter: 3_000,
        pending_octets: 5_000,
        template_lifetime_ms: 60_000,
        template_lifetime_least_ms: 10_000,
        ..Limits::default()
    }
}
