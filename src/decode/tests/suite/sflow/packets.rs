//! From a sampled header to the packet in it.

use decode::{Limits, Reason};
use flow::{Icmp, OriginalFlow};

use super::encode::{FlowSample, Sflow, TCP, ethernet, ipv4, ipv6, sampled, sampled_of, tcp_frame};
use super::golden::sampled_flow;
use crate::support::Collector;

/// The flow of a sampled header of a link layer, if there is one, and what was counted.
fn sampled_header(limits: Limits, data: Vec<u8>) -> (Option<OriginalFlow>, Vec<Reason>) {
    let mut collector = Collector::new(limits);
    let sflow = Sflow::new().flow(&FlowSample::new(vec![data]));
    let flows = collector.flows(&sflow.octets());
    let counted = Reason::ALL.into_iter();
    let counted = counted.filter(|&reason| collector.count(reason) > 0);
    (flows.first().copied(), counted.collect())
}

fn of_link(protocol: u32, header: &[u8]) -> (Option<OriginalFlow>, Vec<Reason>) {
    sampled_header(Limits::default(), sampled(protocol, header))
}

fn of_frame(frame: &[u8]) -> (Option<OriginalFlow>, Vec<Reason>) {
    of_link(1, frame)
}

fn assert_is_tcp(name: &str, (flow, counted): (Option<OriginalFlow>, Vec<Reason>)) {
    let expected = OriginalFlow {
        vlan: flow.and_then(|flow| flow.vlan),
        ..sampled_flow(&Collector::default())
    };
    assert_eq!(flow, Some(expected), "{name}: {counted:?}");
    assert_eq!(counted, [], "{name}");
}

fn tags(kinds: &[u16], then: u16, packet: &[u8]) -> Vec<u8> {
    let tags = kinds[1..].iter().chain([&then]);
    let tags: Vec<u8> = tags
        .flat_map(|kind| [&[0, 10], &kind.to_be_bytes()[..]].concat())
        .collect();
    ethernet(kinds[0], &[tags, packet.to_vec()].concat())
}

fn labels(count: usize, packet: &[u8]) -> Vec<u8> {
    let mut stack = [0, 1, 0, 64].repeat(count);
    let bottom = stack.len() - 2;
    stack[bottom] = 1;
    [stack, packet.to_vec()].concat()
}

#[test]
fn the_packet_is_found_behind_every_link_layer_that_is_read() {
    let packet = ipv4(6, &TCP);
    let behind = |head: &[u8]| [head, &packet].concat();
    assert_is_tcp("Ethernet", of_frame(&tcp_frame()));
    assert_is_tcp("802.1Q", of_frame(&tags(&[0x8100], 0x0800, &packet)));
    assert_is_tcp(
        "802.1ad",
        of_frame(&tags(&[0x88A8, 0x8100], 0x0800, &packet)),
    );
    let three = [0x9100, 0x9200, 0x8100];
    assert_is_tcp("three tags", of_frame(&tags(&three, 0x0800, &packet)));
    assert_is_tcp("MPLS", of_frame(&ethernet(0x8847, &labels(1, &packet))));
    assert_is_tcp(
        "MPLS of 5",
        of_frame(&ethernet(0x8848, &labels(5, &packet))),
    );
    let tagged = tags(&[0x8100], 0x8847, &labels(2, &packet));
    assert_is_tcp("MPLS behind a tag", of_frame(&tagged));
    let snap = behind(&[0xAA, 0xAA, 3, 0, 0, 0, 8, 0]);
    assert_is_tcp("SNAP", of_frame(&ethernet(48, &snap)));
    let pppoe = behind(&[0x11, 0, 0, 1, 0, 42, 0, 0x21]);
    assert_is_tcp("PPPoE", of_frame(&ethernet(0x8864, &pppoe)));
    assert_is_tcp("PPP", of_link(7, &behind(&[0, 0x21])));
    assert_is_tcp("PPP, short", of_link(7, &behind(&[0x21])));
    assert_is_tcp("PPP in HDLC", of_link(14, &behind(&[0xFF, 3, 0, 0x21])));
    assert_is_tcp("Cisco HDLC", of_link(14, &behind(&[0x0F, 0, 8, 0])));
    let ppp = [&[2, 0x81][..], &labels(2, &packet)].concat();
    assert_is_tcp("MPLS in PPP", of_link(7, &ppp));
    assert_is_tcp("IPv4", of_link(11, &packet));
    assert_is_tcp("MPLS alone", of_link(13, &labels(3, &packet)));
}

#[test]
fn an_ipv6_packet_has_its_own_length_class_and_upper_layer() {
    for (protocol, header) in [
        (1, ethernet(0x86DD, &ipv6(6, &TCP))),
        (12, ipv6(6, &TCP)),
        (7, [&[0, 0x57][..], &ipv6(6, &TCP)].concat()),
        (13, labels(1, &ipv6(6, &TCP))),
    ] {
        let (flow, counted) = of_link(protocol, &header);
        let flow = flow.unwrap();
        assert_eq!(
            flow.key.src_addr,
            "2001:db8::1".parse::<std::net::IpAddr>().unwrap()
        );
        assert_eq!((flow.key.src_port, flow.key.dst_port), (40_000, 443));
        assert_eq!(
            (flow.bytes, flow.tos, flow.tcp_flags),
            (60, Some(0x28), Some(0x1B))
        );
        assert_eq!(counted, []);
    }
}

#[test]
fn extension_headers_are_passed_over() {
    // Hop-by-hop, routing, destination options and authentication, and a first fragment.
    let options = |next: u8, payload: &[u8]| [&[next, 1][..], &[0; 14], payload].concat();
    let authentication = |next: u8, payload: &[u8]| [&[next, 4], &[0; 22][..], payload].concat();
    let fragment = |offset: u8, payload: &[u8]| {
        [
            &[6, 0, offset >> 5, offset << 3 | 1, 0, 0, 0, 9][..],
            payload,
        ]
        .concat()
    };
    let chain = options(
        43,
        &options(60, &options(51, &authentication(44, &fragment(0, &TCP)))),
    );
    let (flow, counted) = of_link(12, &ipv6(0, &chain));
    let flow = flow.unwrap();
    assert_eq!(
        (flow.key.protocol, flow.key.dst_port, flow.tcp_flags),
        (6, 443, Some(0x1B))
    );
    assert_eq!(
        (flow.bytes, counted),
        (40 + u64::try_from(chain.len()).unwrap(), vec![])
    );

    let (flow, counted) = of_link(12, &ipv6(44, &fragment(1, &TCP)));
    let key = flow.unwrap().key;
    assert_eq!((key.protocol, key.src_port, key.dst_port), (6, 0, 0));
    assert_eq!(counted, [Reason::LaterFragment]);

    for cut in 0..chain.len() {
        let (flow, counted) = of_link(12, &ipv6(0, &chain)[..40 + cut]);
        let flow = flow.unwrap();
        let whole_ports = cut >= chain.len() - 16;
        assert_eq!(flow.key.src_port == 40_000, whole_ports, "{cut}");
        let whole_flags = cut >= chain.len() - 6;
        assert_eq!(flow.tcp_flags.is_some(), whole_flags, "{cut}");
        let expected = if whole_flags {
            vec![]
        } else {
            vec![Reason::TransportTruncated]
        };
        assert_eq!(counted, expected, "{cut}");
    }
}

#[test]
fn a_later_fragment_has_no_ports_and_the_first_one_has() {
    let mut packet = ipv4(6, &TCP);
    packet[6] = 0x20;
    assert_is_tcp("first fragment", of_link(11, &packet));
    packet[7] = 1;
    let (flow, counted) = of_link(11, &packet);
    let flow = flow.unwrap();
    assert_eq!(
        (flow.key.src_port, flow.key.dst_port, flow.tcp_flags),
        (0, 0, None)
    );
    assert_eq!((flow.key.protocol, flow.bytes), (6, 40));
    assert_eq!(counted, [Reason::LaterFragment]);
}

#[test]
fn each_protocol_has_what_it_has() {
    let upper = [0x9C, 0x40, 1, 0xBB, 0, 0, 0, 0];
    let read = |protocol| {
        let (flow, counted) = of_link(11, &ipv4(protocol, &upper));
        assert_eq!(counted, [], "{protocol}");
        let flow = flow.unwrap();
        (
            flow.key.src_port,
            flow.key.dst_port,
            flow.tcp_flags,
            flow.icmp,
        )
    };
    for protocol in [17, 33, 132, 136] {
        assert_eq!(read(protocol), (40_000, 443, None, None), "{protocol}");
    }
    let icmp = Icmp {
        kind: 0x9C,
        code: 0x40,
    };
    assert_eq!(read(1), (0, 0, None, Some(icmp)));
    // Tunnels are the outer flow, whatever they carry.
    for protocol in [2, 4, 41, 47, 50, 51, 89, 115] {
        assert_eq!(read(protocol), (0, 0, None, None), "{protocol}");
    }
    let (flow, _) = of_link(12, &ipv6(58, &[128, 0]));
    assert_eq!(flow.unwrap().icmp, Some(Icmp { kind: 128, code: 0 }));
}

#[test]
fn octets_are_of_the_ip_layer() {
    let long = |total: u16, frame: u32, header: &[u8]| {
        let mut header = header.to_vec();
        header[16..18].copy_from_slice(&total.to_be_bytes());
        let (flow, counted) = sampled_header(Limits::default(), sampled_of(1, frame, &header));
        (flow.unwrap().bytes, counted)
    };
    assert_eq!(long(1_500, 1_518, &tcp_frame()), (1_500, vec![]));
    // A frame is filled up to 60 octets and its check sequence.
    assert_eq!(long(40, 64, &tcp_frame()), (40, vec![]));
    // A segment that the network card cuts later has no length yet.
    let frame = vec![Reason::FrameLength];
    assert_eq!(long(0, 20_018, &tcp_frame()), (20_000, frame.clone()));
    assert_eq!(long(19, 10, &tcp_frame()), (0, frame.clone()));
    let jumbo = {
        let mut packet = ipv6(6, &TCP);
        packet[4..6].copy_from_slice(&[0, 0]);
        sampled_of(12, 70_004, &packet)
    };
    let (flow, counted) = sampled_header(Limits::default(), jumbo);
    assert_eq!((flow.unwrap().bytes, counted), (70_000, frame));
}

#[test]
fn a_packet_that_is_not_read_is_no_flow_and_counted() {
    let not_ip = |frame: &[u8]| assert_eq!(of_frame(frame), (None, vec![Reason::PacketNotIp]));
    not_ip(&ethernet(0x0806, &[0; 28]));
    not_ip(&ethernet(0x88CC, &[0; 28]));
    not_ip(&ethernet(38, &[0x42, 0x42, 3, 0, 0, 0, 0, 0]));
    not_ip(&ethernet(38, &[0xAA, 0xAA, 3, 0, 0, 0, 0, 38, 0xAA, 0xAA]));
    not_ip(&ethernet(0x0800, &[0x55; 40]));
    not_ip(&ethernet(0x0800, &[0x44; 40]));
    not_ip(&ethernet(0x8847, &labels(2, &[0; 40])));
    not_ip(&ethernet(0x8864, &[0x11, 0, 0, 1, 0, 42, 0xC0, 0x22, 0, 0]));
    for protocol in [0, 2, 3, 4, 5, 6, 8, 9, 10, 15, 16, 17, u32::MAX] {
        let unread = of_link(protocol, &tcp_frame());
        assert_eq!(unread, (None, vec![Reason::PacketUnread]), "{protocol}");
    }
}

#[test]
fn a_frame_cut_anywhere_is_a_flow_once_its_addresses_are_there() {
    let packet = ipv4(6, &TCP);
    let tagged = tags(&[0x88A8, 0x8100], 0x8847, &labels(2, &packet));
    let addresses = tagged.len() - 20;
    for cut in 0..tagged.len() {
        let (flow, counted) = of_frame(&tagged[..cut]);
        assert_eq!(flow.is_some(), cut >= addresses, "{cut}");
        let expected = match cut - cut.min(addresses) {
            _ if cut < addresses => vec![Reason::PacketTruncated],
            14.. => vec![],
            _ => vec![Reason::TransportTruncated],
        };
        assert_eq!(counted, expected, "{cut}");
        let ports = flow.is_some_and(|flow| flow.key.dst_port == 443);
        assert_eq!(ports, cut >= addresses + 4, "{cut}");
    }
    let mut options = packet.clone();
    options[0] = 0x4F;
    options.truncate(30);
    let (flow, counted) = of_link(11, &options);
    assert_eq!(flow.unwrap().key.dst_port, 0);
    assert!(counted.contains(&Reason::TransportTruncated));
}

#[test]
fn layers_have_a_limit() {
    let limits = Limits {
        layers_per_packet: 3,
        ..Limits::default()
    };
    let packet = ipv4(6, &TCP);
    let of = |header: &[u8]| sampled_header(limits, sampled(1, header));
    assert_is_tcp("3 tags", of(&tags(&[0x8100; 3], 0x0800, &packet)));
    assert_is_tcp("3 labels", of(&ethernet(0x8847, &labels(3, &packet))));
    let too_deep = (None, vec![Reason::PacketTooDeep]);
    assert_eq!(of(&tags(&[0x8100; 4], 0x0800, &packet)), too_deep);
    assert_eq!(of(&ethernet(0x8847, &labels(4, &packet))), too_deep);
    let mixed = tags(&[0x8100; 2], 0x8847, &labels(2, &packet));
    assert_eq!(of(&mixed), too_deep);

    let extensions = |count| {
        let mut chain = [60, 0, 0, 0, 0, 0, 0, 0].repeat(count);
        let last = chain.len() - 8;
        chain[last] = 6;
        let packet = ipv6(60, &[&chain, &TCP[..]].concat());
        let (flow, counted) = of(&ethernet(0x86DD, &packet));
        (flow.unwrap().key.dst_port, counted)
    };
    assert_eq!(extensions(3), (443, vec![]));
    assert_eq!(extensions(4), (0, vec![Reason::TransportTruncated]));
}
