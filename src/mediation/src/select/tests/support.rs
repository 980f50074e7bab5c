//! Flows to filter, and short ways to do it.

use flow::{
    AggregatedFlow, CountryCode, Direction, EndReason, EnrichedFlow, Exporter, FlowKey, Locality,
    OriginalFlow, Place, Position, SamplingRate, tcp_flag,
};

use crate::select::{Filter, FilterError};

/// A closed web connection from a private address in CH to a public one that little is
/// known about; 2023-11-14T22:13:20Z.
pub(super) fn web() -> EnrichedFlow {
    EnrichedFlow {
        flow: AggregatedFlow {
            key: FlowKey {
                src_addr: "10.1.2.3".parse().unwrap(),
                dst_addr: "198.51.100.7".parse().unwrap(),
                src_port: 40_000,
                dst_port: 443,
                protocol: 6,
            },
            exporter: Exporter::new("192.0.2.1".parse().unwrap(), 7),
            start_ms: 1_700_000_000_000,
            end_ms: 1_700_000_004_000,
            active_ms: 2_000,
            packets: 10,
            bytes: 5_000,
            reverse: None,
            sampling_rate: SamplingRate::new(1),
            records: 2,
            in_if: Some(3),
            out_if: None,
            vlan: flow::Vlan::new(7),
            tcp_flags: Some(tcp_flag::SYN | tcp_flag::ACK | tcp_flag::FIN),
            tos: Some(0x28),
            icmp: None,
            end_reason: EndReason::End,
            complete: Some(true),
            block_place: None,
        },
        src: Place {
            prefix: Some("10.1.0.0/16".parse::<flow::Prefix>().unwrap().into()),
            asn: Some(64_496),
            as_name: Some("Example \"Net\" AG".into()),
            country: CountryCode::new("CH"),
            position: Position::new(47.4, -8.5),
            vlan: Some(12),
            network: Some("lab".into()),
            locality: Some(Locality::Private),
        },
        dst: Place {
            locality: Some(Locality::Public),
            ..Place::default()
        },
    }
}

/// The same as its exporter reported it, one packet in ten sampled.
pub(super) fn web_record() -> OriginalFlow {
    let EnrichedFlow { flow, .. } = web();
    OriginalFlow {
        key: flow.key,
        exporter: flow.exporter,
        start_ms: flow.start_ms,
        end_ms: flow.end_ms,
        end_seen_ms: flow.end_ms,
        packets: 1,
        bytes: 500,
        sampling_rate: SamplingRate::new(10),
        in_if: flow.in_if,
        out_if: flow.out_if,
        tcp_flags: flow.tcp_flags,
        tos: flow.tos,
        icmp: flow.icmp,
        end_reason: None,
        direction: Direction::Uniflow,
        observed: None,
        vlan: flow.vlan,
    }
}

/// An ICMPv6 message without a duration.
pub(super) fn ping() -> EnrichedFlow {
    let web = web();
    let key = FlowKey {
        src_addr: "2001:db8::1".parse().unwrap(),
        dst_addr: "2001:db8:1::2".parse().unwrap(),
        src_port: 0,
        dst_port: 0,
        protocol: 58,
    };
    EnrichedFlow {
        flow: AggregatedFlow {
            key,
            end_ms: web.flow.start_ms,
            active_ms: 0,
            packets: 0,
            bytes: 0,
            sampling_rate: None,
            tcp_flags: None,
            icmp: Some(flow::Icmp { kind: 128, code: 0 }),
            end_reason: EndReason::Idle,
            complete: None,
            block_place: None,
            ..web.flow
        },
        src: Place::default(),
        dst: Place::default(),
    }
}

pub(super) fn filter(text: &str) -> Filter {
    text.parse()
        .unwrap_or_else(|error: FilterError| panic!("{}", error.render()))
}

/// Whether a prepared flow passes.
pub(super) fn passes(text: &str, flow: &EnrichedFlow) -> bool {
    filter(text).compile().unwrap().matches(flow)
}
