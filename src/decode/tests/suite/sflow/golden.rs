//! A datagram octet by octet, and the flows it is.

use std::net::IpAddr;
use std::num::NonZeroU32;

use decode::{Protocol, Reason, SampleCounters};
use flow::{Exporter, FlowKey, OriginalFlow, Vlan};

use super::encode::{FlowSample, Sflow, TCP, extended, item, sampled_of, tcp_frame, words};
use crate::golden::{octets, tcp_flow};
use crate::support::{Collector, source};

/// A counter sample; a flow sample of a TCP segment of 1,500 octets with a VLAN tag,
/// its frame of 1,522 octets cut to 60, and with what the switch says; and an expanded
/// flow sample of what an agent read of a UDP packet over IPv6.
const DATAGRAM: &str = "
    00000005 00000001 c0000201 00000007 00000009 0000ea60 00000003
    00000002 00000018 00000001 00000003 00000001 00000001 00000004 deadbeef
    00000001 00000090 00000001 00000003 00000200 00004e20 00000000 00000003 40000100 00000002
      00000001 00000050 00000001 000005f2 00000004 0000003e
        020202020202 020202020202 8100 000a 0800
        45 28 05dc 0001 4000 40 06 0000 c6120001 c6130002
        9c40 01bb 00000001 00000002 50 1b 0400 0000 0000 61626364 0000
      000003e9 00000010 0000000a 00000000 00000014 00000000
    00000003 0000006c 00000002 00000000 00000003 00000001 00004e20 00000000
        00000000 00000003 00000000 00000004 00000001
      00000004 00000038 00000064 00000011 20010db8000000000000000000000001
        20010db8000000000000000000000002 0000e000 00000035 00000000 00000028";

/// The flow of a sample as the encoder makes it by default.
pub(crate) fn sampled_flow(collector: &Collector) -> OriginalFlow {
    let at = collector.received_ms;
    OriginalFlow {
        start_ms: at,
        end_ms: at,
        end_seen_ms: at,
        packets: 1,
        bytes: 40,
        sampling_rate: NonZeroU32::new(512),
        ..tcp_flow()
    }
}

#[test]
fn a_datagram_is_its_flow_samples() {
    let mut collector = Collector::default();
    let (flows, report) = collector.receive(source(1, 6_343), &octets(DATAGRAM));
    assert_eq!(report.error, None);
    let tcp = OriginalFlow {
        bytes: 1_500,
        out_if: None,
        vlan: Vlan::new(10),
        ..sampled_flow(&collector)
    };
    let udp = OriginalFlow {
        key: FlowKey {
            src_addr: "2001:db8::1".parse().unwrap(),
            dst_addr: "2001:db8::2".parse().unwrap(),
            src_port: 57_344,
            dst_port: 53,
            protocol: 17,
        },
        bytes: 100,
        sampling_rate: NonZeroU32::new(1),
        tcp_flags: None,
        ..sampled_flow(&collector)
    };
    assert_eq!(flows, [tcp, udp]);
    let exporter = Exporter::new(IpAddr::from([192, 0, 2, 1]), 7);
    assert_eq!(
        (report.exporter, report.protocol, report.records),
        (exporter, Some(Protocol::SflowV5), 2)
    );
    assert_eq!(collector.count(Reason::CounterSample), 1);
    assert_eq!(collector.count(Reason::OutputDiscarded), 1);
    let total = collector.decoder.counters().total();
    assert_eq!(total.samples.taken, 2);
    // The second sample of the source follows the first.
    assert_eq!(total.samples.lost, 0);
}

#[test]
fn the_encoder_of_these_tests_makes_the_golden_octets() {
    let mut frame = tcp_frame();
    frame.splice(12..12, [0x81, 0, 0, 10]);
    frame[20..22].copy_from_slice(&1_500_u16.to_be_bytes());
    frame.extend(b"abcd");
    let mut first = FlowSample::new(vec![sampled_of(1, 1_522, &frame), extended()[0].clone()]);
    first.output = (1, 256);
    let golden = octets(DATAGRAM);
    let made = Sflow::new()
        .sequence(9)
        .counter(2)
        .flow(&first)
        .octets_of(3);
    // The encoder knows no pool of samples.
    assert_eq!(made[..28], golden[..28]);
    let pool = 28 + 32 + 8 + 12;
    assert_eq!(made[28..pool], golden[28..pool]);
    assert_eq!(made[pool + 4..], golden[pool + 4..made.len()]);
    assert_eq!(frame[38..58], TCP);
}

#[test]
fn an_agent_may_have_an_ipv6_address_and_no_samples() {
    let mut collector = Collector::default();
    let mut sflow = Sflow::new();
    sflow.agent = "2001:db8::9".parse().unwrap();
    let (flows, report) = collector.receive(source(1, 6_343), &sflow.octets());
    assert_eq!((flows.len(), report.error), (0, None));
    assert_eq!(report.exporter.addr, IpAddr::from([192, 0, 2, 1]));
    assert_eq!(collector.count(Reason::AgentDiffers), 1);
    let whole = sflow.sequence(1).flow(&FlowSample::of(&tcp_frame()));
    assert_eq!(collector.flows(&whole.octets()).len(), 1);
}

#[test]
fn both_forms_of_a_sample_say_the_same() {
    let short = FlowSample::of(&tcp_frame());
    let expanded = FlowSample {
        expanded: true,
        ..short.clone()
    };
    let mut collector = Collector::default();
    let octets = Sflow::new()
        .flow(&short)
        .flow(&expanded.sequence(2))
        .octets();
    let flows = collector.flows(&octets);
    assert_eq!(flows, [sampled_flow(&collector); 2]);
    let samples = collector.decoder.counters().total().samples;
    let expected = SampleCounters {
        taken: 2,
        ..SampleCounters::default()
    };
    assert_eq!(samples, expected, "one source, whichever the form");
}

#[test]
fn what_an_agent_read_of_a_packet_stands_in_for_its_header() {
    let ports = [40_000, 443, 0x1B, 0x28];
    let v4 = item(
        3,
        &words(&[&[900, 6, 0xC612_0001, 0xC613_0002], &ports[..]].concat()),
    );
    let arp = super::encode::sampled(1, &super::encode::ethernet(0x0806, &[0; 28]));
    let header = super::encode::sampled(1, &tcp_frame());
    let bytes = |data: Vec<Vec<u8>>| {
        let mut collector = Collector::default();
        let flow = collector.flow(&Sflow::new().flow(&FlowSample::new(data)).octets());
        let expected = OriginalFlow {
            bytes: flow.bytes,
            ..sampled_flow(&collector)
        };
        assert_eq!(flow, expected);
        flow.bytes
    };
    assert_eq!(bytes(vec![v4.clone()]), 900);
    assert_eq!(bytes(vec![arp, v4.clone()]), 900);
    assert_eq!(bytes(vec![v4, header]), 40, "a header knows more");
}
