//! NetFlow v1, v5 and v7.

use std::net::IpAddr;

use decode::Protocol;
use decoders::{Export, Fixed, Told};
use flow::{Direction, Exporter, FlowKey, Icmp, OriginalFlow, protocol};
use proptest::prelude::*;

use crate::drawn;
use crate::ours::{ADDR, Ours, TRANSIT_MS};
use crate::peers::netflow_parser::{FixedRead, FixedRecord, Peer};

/// A datagram of as many records as fit into 1,500 octets at most.
fn datagram(protocol: Protocol) -> impl Strategy<Value = Fixed> {
    let most = if protocol == Protocol::NetflowV7 {
        28
    } else {
        30
    };
    let header = (
        1_000_000_000..2_000_000_000_u32,
        0..1_000_000_000_u32,
        any::<[u32; 3]>(),
    );
    let records = prop::collection::vec(drawn::told(), 1..=most);
    (header, any::<u16>(), records).prop_map(move |(header, sampling, told)| {
        let (secs, nanos, [uptime, sequence, domain]) = header;
        let export = Export {
            protocol,
            secs,
            uptime,
            sequence,
            domain,
        };
        Fixed {
            export,
            nanos,
            sampling,
            told,
        }
    })
}

fn received_ms(datagram: &Fixed) -> i64 {
    datagram.unix_ms() + TRANSIT_MS
}

fn assert_ours(datagram: &Fixed) -> Vec<OriginalFlow> {
    let exporter = Exporter::new(ADDR, datagram.shared().0);
    let mut ours = Ours::new();
    let (flows, report) = ours.decode(&datagram.octets(), received_ms(datagram));
    let expected: Vec<_> = datagram.flows(exporter, received_ms(datagram)).collect();
    assert_eq!(flows, expected);
    assert_eq!(report.exporter, exporter);
    ours.assert_whole();
    flows
}

/// The flow of a record as `netflow_parser` has read it.
fn meaning(read: &FixedRead, record: &FixedRecord, datagram: &Fixed) -> OriginalFlow {
    let unix_ms = i64::from(read.secs) * 1_000 + i64::from(read.nanos / 1_000_000);
    let time = |at: u32| unix_ms - i64::from(read.uptime.wrapping_sub(at).cast_signed());
    let is_icmp = record.protocol == protocol::ICMP;
    let port = |port| if is_icmp { 0 } else { port };
    let [kind, code] = record.ports.1.to_be_bytes();
    let engine = u32::from(u16::from_be_bytes([read.engine.0, read.engine.1]));
    let (src_addr, dst_addr): (IpAddr, IpAddr) = record.addrs;
    OriginalFlow {
        key: FlowKey {
            src_addr,
            dst_addr,
            src_port: port(record.ports.0),
            dst_port: port(record.ports.1),
            protocol: record.protocol,
        },
        exporter: Exporter::new(ADDR, engine),
        start_ms: time(record.first),
        end_ms: time(record.last),
        end_seen_ms: received_ms(datagram) - (unix_ms - time(record.last)),
        packets: record.packets.into(),
        bytes: record.octets.into(),
        sampling_rate: flow::SamplingRate::new(u32::from(read.sampling & 0x3FFF)),
        in_if: Some(record.interfaces.0.into()),
        out_if: Some(record.interfaces.1.into()),
        tcp_flags: (record.protocol == protocol::TCP).then_some(record.flags.into()),
        tos: Some(record.tos),
        icmp: is_icmp.then_some(Icmp { kind, code }),
        end_reason: None,
        direction: Direction::Uniflow,
        observed: None,
        vlan: None,
    }
}

fn assert_agrees(datagram: &Fixed) {
    let flows = assert_ours(datagram);
    let read = Peer::new().read_fixed(&datagram.octets()).unwrap();
    let records = read.records.iter();
    let theirs: Vec<_> = records
        .map(|record| meaning(&read, record, datagram))
        .collect();
    assert_eq!(flows, theirs);
}

proptest! {
    #[test]
    fn v1_comes_to_what_was_told(datagram in datagram(Protocol::NetflowV1)) {
        assert_ours(&datagram);
    }

    #[test]
    fn netflow_parser_agrees_on_v5(datagram in datagram(Protocol::NetflowV5)) {
        assert_agrees(&datagram);
    }

    #[test]
    fn netflow_parser_agrees_on_v7(datagram in datagram(Protocol::NetflowV7)) {
        assert_agrees(&datagram);
    }
}

#[test]
fn a_ping_has_its_type_and_code_in_the_place_of_the_port() {
    let export = Export {
        protocol: Protocol::NetflowV5,
        secs: 1_700_000_000,
        uptime: 60_000,
        sequence: 0,
        domain: 0,
    };
    let told = vec![Told {
        protocol: Told::PING,
        ..Told::default()
    }];
    let datagram = Fixed {
        export,
        nanos: 0,
        sampling: 0,
        told,
    };
    let [flow] = assert_ours(&datagram)[..] else {
        panic!("one flow");
    };
    assert_eq!(flow.icmp, Some(Icmp { kind: 8, code: 0 }));
}
