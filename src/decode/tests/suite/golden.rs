//! Messages octet by octet, and the flows they are.

use std::net::IpAddr;
use std::num::NonZeroU32;

use decode::Protocol;
use flow::{Direction, EndReason, Exporter, FlowKey, Icmp, OriginalFlow};

use crate::encode::{
    ABSOLUTE, DOMAIN, EXPORT_MS, Message, V4, V5, absolute_record, record, template_record,
    v4_record,
};
use crate::support::{Collector, TRANSIT_MS, source};

/// A header, and a record of each of TCP and ICMP.
const V5_DATAGRAM: &str = "
    0005 0002 0036ee80 6553f100 0ee6b280 00000064 01 02 43e8
    c6120001 c6130002 0a000001 0003 0004 0000000c 00000d48 0036cb58 0036dee0
    9c40 01bb 00 1b 06 28 fde8 fde9 18 10 0000
    c6120001 c6130003 0a000001 0003 0004 00000001 00000054 0036cb58 0036cb58
    0000 0300 00 00 01 00 fde8 fde9 18 10 0000";

/// A template of eleven fields, one of them an enterprise's, and a record between IPv6
/// addresses with three octets of padding.
const IPFIX_MESSAGE: &str = "
    000a 008f 6553f100 00000005 00000007
    0002 0038 0100 000b 001b 0010 001c 0010 0007 0002 000b 0002 0004 0001
                        0098 0008 0099 0008 8001 0004 00001234 0002 0002 0001 0004 0088 0001
    0100 0047 20010db8000000000000000000000001 20010db8000000000000000000000002
              e000 0035 11 0000018bcfe544d8 0000018bcfe55860 deadbeef 0003 00000123 01
              000000";

pub(crate) fn octets(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// The flow of every record that the encoder makes by default.
pub(crate) fn tcp_flow() -> OriginalFlow {
    OriginalFlow {
        key: FlowKey {
            src_addr: IpAddr::from([198, 18, 0, 1]),
            dst_addr: IpAddr::from([198, 19, 0, 2]),
            src_port: 40_000,
            dst_port: 443,
            protocol: 6,
        },
        exporter: Exporter::new(IpAddr::from([192, 0, 2, 1]), DOMAIN),
        start_ms: EXPORT_MS - 9_000,
        end_ms: EXPORT_MS - 4_000,
        end_seen_ms: EXPORT_MS + TRANSIT_MS - 4_000,
        packets: 12,
        bytes: 3_400,
        sampling_rate: None,
        in_if: Some(3),
        out_if: Some(4),
        tcp_flags: Some(0x1B),
        tos: Some(0x28),
        icmp: None,
        end_reason: None,
        direction: Direction::Uniflow,
        observed: None,
        vlan: None,
    }
}

#[test]
fn a_v5_datagram_is_its_flows() {
    let mut collector = Collector::default();
    let (flows, report) = collector.receive(source(1, 2_055), &octets(V5_DATAGRAM));
    let exporter = Exporter::new(IpAddr::from([192, 0, 2, 1]), 0x0102);
    let tcp = OriginalFlow {
        exporter,
        start_ms: EXPORT_MS + 250 - 9_000,
        end_ms: EXPORT_MS + 250 - 4_000,
        sampling_rate: NonZeroU32::new(1_000),
        ..tcp_flow()
    };
    let icmp = OriginalFlow {
        key: FlowKey {
            dst_addr: IpAddr::from([198, 19, 0, 3]),
            src_port: 0,
            dst_port: 0,
            protocol: 1,
            ..tcp.key
        },
        end_ms: tcp.start_ms,
        end_seen_ms: EXPORT_MS + TRANSIT_MS - 9_000,
        packets: 1,
        bytes: 84,
        tcp_flags: None,
        tos: Some(0),
        icmp: Some(Icmp { kind: 3, code: 0 }),
        ..tcp
    };
    assert_eq!(flows, [tcp, icmp]);
    assert_eq!(
        (report.exporter, report.protocol, report.records),
        (exporter, Some(Protocol::NetflowV5), 2)
    );
}

#[test]
fn an_ipfix_message_is_its_flows() {
    let mut collector = Collector::default();
    let flow = collector.flow(&octets(IPFIX_MESSAGE));
    let expected = OriginalFlow {
        key: FlowKey {
            src_addr: "2001:db8::1".parse().unwrap(),
            dst_addr: "2001:db8::2".parse().unwrap(),
            src_port: 57_344,
            dst_port: 53,
            protocol: 17,
        },
        packets: 3,
        bytes: 0x123,
        in_if: None,
        out_if: None,
        tcp_flags: None,
        tos: None,
        end_reason: Some(EndReason::Idle),
        direction: Direction::Uniflow,
        observed: None,
        vlan: None,
        ..tcp_flow()
    };
    assert_eq!(flow, expected);
}

#[test]
fn the_encoder_of_these_tests_makes_the_golden_octets() {
    let v5 = V5 {
        sequence: 100,
        sampling: 0x43E8,
        ..V5::new(1)
    };
    let golden = octets(V5_DATAGRAM);
    let made = v5.octets_of(2);
    assert_eq!(made[..24], golden[..24]);
    // Next hop, AS numbers and masks are not read, and the encoder leaves them 0.
    assert_eq!(made[24..32], golden[24..32]);
    assert_eq!(made[36..64], golden[36..64]);

    let template = template_record(0x100, &[(27, 16), (28, 16)]);
    let message = Message::ipfix().sequence(5).set(2, &template).octets();
    assert_eq!(message[4..16], octets(IPFIX_MESSAGE)[4..16]);
    assert_eq!(message[24..32], octets(IPFIX_MESSAGE)[24..32]);
}

#[test]
fn a_v9_message_is_its_flows() {
    let mut collector = Collector::default();
    let message = Message::v9().template(256, &V4).data(256, &[v4_record()]);
    assert_eq!(collector.flow(&message.octets()), tcp_flow());
}

#[test]
fn an_exporter_on_a_dual_stack_socket_is_the_same_exporter() {
    let mut collector = Collector::default();
    let template = Message::v9().template(256, &V4).octets();
    collector.receive("[::ffff:192.0.2.1]:2055".parse().unwrap(), &template);
    let data = Message::v9().sequence(1).data(256, &[v4_record()]).octets();
    assert_eq!(collector.flow(&data), tcp_flow());
    let counters = collector.decoder.counters();
    assert_eq!(counters.exporters().count(), 1);
    let mapped = "::ffff:192.0.2.1".parse().unwrap();
    assert_eq!(counters.exporter(mapped).unwrap().datagrams, 2);
}

/// The only flow of one IPFIX record.
fn ipfix_flow(fields: &[(u16, u16)], values: &[u128]) -> OriginalFlow {
    let message = Message::ipfix().template(300, fields);
    let message = message.data(300, &[record(fields, values)]);
    Collector::default().flow(&message.octets())
}

const PAIR: [(u16, u16); 2] = [(8, 4), (12, 4)];

#[test]
fn totals_stand_in_only_where_there_are_no_counters_of_the_record() {
    let both = [PAIR[0], PAIR[1], (85, 8), (86, 8), (1, 4), (2, 4)];
    let flow = ipfix_flow(&both, &[1, 2, 900, 90, 5, 1]);
    assert_eq!((flow.bytes, flow.packets), (5, 1));
    let flow = ipfix_flow(&both[..4], &[1, 2, 900, 90]);
    assert_eq!((flow.bytes, flow.packets), (900, 90));
}

#[test]
fn of_two_address_families_the_one_filled_in_counts() {
    let fields = [(27, 16), (28, 16), (8, 4), (12, 4), (1, 4)];
    let v6 = ipfix_flow(&fields, &[1, 2, 0, 0, 9]);
    assert_eq!(v6.key.dst_addr, "::2".parse::<IpAddr>().unwrap());
    let v4 = ipfix_flow(&fields, &[0, 0, 1, 2, 9]);
    assert_eq!(v4.key.dst_addr, IpAddr::from([0, 0, 0, 2]));
    let neither = ipfix_flow(&fields, &[0, 0, 0, 0, 9]);
    assert_eq!(neither.key.dst_addr, IpAddr::from([0, 0, 0, 0]));
}

#[test]
fn of_repeated_elements_the_first_pair_filled_in_counts() {
    let fields = [(8, 4), (12, 4), (8, 4), (12, 4), (1, 4), (1, 8)];
    let addrs = |flow: OriginalFlow| (flow.key.src_addr, flow.key.dst_addr);
    let pair = |src: u8, dst: u8| (IpAddr::from([0, 0, 0, src]), IpAddr::from([0, 0, 0, dst]));
    assert_eq!(addrs(ipfix_flow(&fields, &[1, 2, 3, 4, 9, 8])), pair(1, 2));
    assert_eq!(addrs(ipfix_flow(&fields, &[0, 0, 3, 4, 9, 8])), pair(3, 4));
    assert_eq!(addrs(ipfix_flow(&fields, &[0, 2, 3, 4, 9, 8])), pair(0, 2));
    assert_eq!(ipfix_flow(&fields, &[1, 2, 3, 4, 9, 8]).bytes, 9);
    assert_eq!(ipfix_flow(&fields, &[1, 2, 3, 4, 0, 8]).bytes, 8);
}

#[test]
fn type_and_code_come_from_their_elements_or_the_destination_port() {
    let icmp = |extra: &[(u16, u16)], proto, values: &[u128]| {
        let fields = [&PAIR[..], &[(4, 1), (11, 2)], extra].concat();
        let flow = ipfix_flow(&fields, &[&[1, 2, proto, 0x0301], values].concat());
        assert_eq!((flow.key.src_port, flow.key.dst_port), (0, 0));
        flow.icmp.map(|icmp| (icmp.kind, icmp.code))
    };
    assert_eq!(icmp(&[], 1, &[]), Some((3, 1)));
    assert_eq!(icmp(&[(32, 2)], 1, &[0x0800]), Some((8, 0)));
    assert_eq!(icmp(&[(139, 2)], 58, &[0x8000]), Some((128, 0)));
    assert_eq!(icmp(&[(176, 1), (177, 1)], 1, &[11, 1]), Some((11, 1)));
    assert_eq!(icmp(&[(178, 1), (179, 1)], 58, &[1, 4]), Some((1, 4)));
    // An element that is not filled in says nothing.
    assert_eq!(icmp(&[(32, 2)], 1, &[0]), Some((3, 1)));
    assert_eq!(icmp(&[(32, 2), (139, 2)], 58, &[0, 0x8700]), Some((135, 0)));

    let nothing = ipfix_flow(&[PAIR[0], PAIR[1], (4, 1)], &[1, 2, 1]);
    assert_eq!(nothing.icmp, None);
    let zero = ipfix_flow(&[PAIR[0], PAIR[1], (4, 1), (32, 2)], &[1, 2, 1, 0]);
    assert_eq!(zero.icmp, Some(Icmp { kind: 0, code: 0 }));
}

#[test]
fn ports_of_elements_that_name_their_protocol_count_and_imply_it() {
    let fields = [PAIR[0], PAIR[1], (180, 2), (181, 2), (182, 2), (183, 2)];
    let udp = ipfix_flow(&fields, &[1, 2, 5_000, 53, 0, 0]).key;
    assert_eq!((udp.src_port, udp.dst_port, udp.protocol), (5_000, 53, 17));
    let tcp = ipfix_flow(&fields, &[1, 2, 0, 0, 5_001, 80]).key;
    assert_eq!((tcp.src_port, tcp.dst_port, tcp.protocol), (5_001, 80, 6));
    let fields = [PAIR[0], PAIR[1], (4, 1), (180, 2), (181, 2)];
    let sctp = ipfix_flow(&fields, &[1, 2, 132, 5_000, 53]).key;
    assert_eq!((sctp.src_port, sctp.dst_port, sctp.protocol), (0, 0, 132));
}

#[test]
fn only_tcp_has_flags_and_they_may_have_two_octets() {
    let fields = [PAIR[0], PAIR[1], (4, 1), (6, 2)];
    assert_eq!(
        ipfix_flow(&fields, &[1, 2, 6, 0x0102]).tcp_flags,
        Some(0x0102)
    );
    assert_eq!(ipfix_flow(&fields, &[1, 2, 17, 0x0102]).tcp_flags, None);
    assert_eq!(ipfix_flow(&fields[..3], &[1, 2, 6]).tcp_flags, None);
}

#[test]
fn each_reason_of_an_end_is_known_and_others_are_none() {
    let fields = [PAIR[0], PAIR[1], (136, 1)];
    for number in 0..=u8::MAX {
        let flow = ipfix_flow(&fields, &[1, 2, number.into()]);
        assert_eq!(flow.end_reason, EndReason::from_number(number));
    }
}

#[test]
fn fields_after_variable_lengths_are_found_in_each_record() {
    let fields = [(82, 0xFFFF), (8, 4), (12, 4), (371, 0xFFFF), (1, 4), (2, 3)];
    let records = [
        record(&fields, &[0, 1, 2, 300, 77, 7]),
        record(&fields, &[254, 3, 4, 0, 78, 8]),
        record(&fields, &[255, 5, 6, 9, 79, 9]),
    ];
    let message = Message::ipfix().template(300, &fields).data(300, &records);
    let mut collector = Collector::default();
    let flows = collector.flows(&message.octets());
    let read: Vec<_> = flows.iter().map(|f| (f.bytes, f.packets)).collect();
    assert_eq!(read, [(77, 7), (78, 8), (79, 9)]);
    assert_eq!(flows[2].key.src_addr, IpAddr::from([0, 0, 0, 5]));
}

#[test]
fn every_octet_of_reduced_size_counts() {
    for length in 1..=8_u16 {
        let fields = [PAIR[0], PAIR[1], (1, length), (2, length), (9, 1)];
        let largest = (1_u128 << (8 * length)) - 1;
        let flow = ipfix_flow(&fields, &[1, 2, largest, largest - 1, 0xFF]);
        assert_eq!(u128::from(flow.bytes), largest);
        assert_eq!(u128::from(flow.packets), largest - 1);
    }
}

#[test]
fn v9_and_ipfix_agree_on_what_both_can_say() {
    for message in [Message::v9(), Message::ipfix()] {
        let message = message.template(300, &ABSOLUTE);
        let message = message.data(300, &[absolute_record()]);
        assert_eq!(Collector::default().flow(&message.octets()), tcp_flow());
    }
}
