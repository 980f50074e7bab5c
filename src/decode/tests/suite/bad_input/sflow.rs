//! B002 and B071 to B080: sFlow.

use decode::Reason;

use super::{Case, case};
use crate::sflow::encode::{
    FlowSample, Sflow, TCP, ethernet, extended, ipv4, ipv6, item, item_of, sampled, tcp_frame,
    words,
};

pub(super) fn cases() -> Vec<Case> {
    let parts = [headers(), lengths(), counts(), packets(), kinds()];
    parts.into_iter().flatten().collect()
}

fn good() -> FlowSample {
    FlowSample::of(&tcp_frame())
}

fn with(data: Vec<u8>) -> FlowSample {
    FlowSample::new(vec![data, sampled(1, &tcp_frame())])
}

fn headers() -> Vec<Case> {
    let whole = Sflow::new().octets();
    let mut v6 = Sflow::new();
    v6.agent = "2001:db8::1".parse().unwrap();
    let v6 = v6.octets();
    let unknown = |kind: u32| [&whole[..4], &kind.to_be_bytes(), &whole[8..]].concat();
    let cut = |case: Case, whole: &[u8]| {
        (4..whole.len()).fold(case, |case, octets| case.send(whole[..octets].to_vec()))
    };
    vec![
        cut(
            case("B002", "sFlow of every length below its header's"),
            &whole,
        )
        .counts(Reason::Short, 24),
        cut(case("B002", "sFlow of an IPv6 agent, cut off"), &v6).counts(Reason::Short, 36),
        case(
            "B002",
            "sFlow of an agent without address, or of another type",
        )
        .send(unknown(0))
        .send(unknown(3))
        .send(unknown(u32::MAX))
        .counts(Reason::AgentAddress, 3),
    ]
}

fn lengths() -> Vec<Case> {
    let sample = good().octets();
    let length = u32::try_from(sample.len() - 8).unwrap();
    let of_length = |case: Case, octets: u32| {
        let sflow = Sflow::new().flow(&good());
        case.send(sflow.raw(&item_of(1, octets, &sample[8..])).octets())
    };
    let header_of = |octets: u32| {
        let body = [words(&[1, 64, 4, octets]), tcp_frame()].concat();
        Sflow::new()
            .flow(&FlowSample::new(vec![item(1, &body)]))
            .octets()
    };
    let data_of = |octets: u32| {
        let data = item_of(1, octets, &sampled(1, &tcp_frame())[8..]);
        Sflow::new().flow(&FlowSample::new(vec![data])).octets()
    };
    let frame = u32::try_from(tcp_frame().len()).unwrap();
    vec![
        [length + 1, 0x7FFF_FFFF, u32::MAX]
            .into_iter()
            .fold(case("B071", "a sample longer than its datagram"), of_length)
            .counts(Reason::SampleLength, 3),
        [0, 31, 36]
            .into_iter()
            .fold(
                case("B071", "a sample too short for what it holds"),
                of_length,
            )
            .counts(Reason::SampleLength, 2)
            .counts(Reason::CountMismatch, 1),
        case("B072", "a sampled header longer than its flow data")
            .send(header_of(frame + 3))
            .send(header_of(0x8000_0000))
            .send(header_of(u32::MAX))
            .counts(Reason::SampleLength, 3),
        case("B072", "a sampled header shorter than its flow data")
            .send(header_of(frame - 6))
            .flows(1)
            .counts(Reason::TransportTruncated, 0),
        case("B072", "flow data longer than their sample")
            .send(data_of(
                u32::try_from(sampled(1, &tcp_frame()).len()).unwrap(),
            ))
            .counts(Reason::SampleLength, 1),
        case("B072", "flow data shorter than their fixed part")
            .send(data_of(15))
            .send(
                Sflow::new()
                    .flow(&FlowSample::new(vec![item(3, &[0; 28])]))
                    .octets(),
            )
            .send(
                Sflow::new()
                    .flow(&FlowSample::new(vec![item(4, &[0; 52])]))
                    .octets(),
            )
            .counts(Reason::SampleLength, 3),
        case(
            "B073",
            "flow data of a length that is negative as a signed number",
        )
        .send(data_of(0x8000_0000))
        .send(data_of(0xFFFF_FFF0))
        .send(data_of(u32::MAX))
        .counts(Reason::SampleLength, 3),
    ]
}

fn counts() -> Vec<Case> {
    let gateway = |numbers: &[u32]| {
        let head = [1, 0x0A00_0001, 65_001, 65_002, 65_003];
        with(item(1_003, &words(&[&head, numbers].concat())))
    };
    let flow = |sample: FlowSample| Sflow::new().flow(&sample).octets();
    let counted = |count| FlowSample {
        count: Some(count),
        ..good()
    };
    vec![
        case("B074", "an AS path of 4,294,967,295 segments or AS numbers")
            .send(flow(gateway(&[u32::MAX, 2, 1, 7, 0, 100])))
            .send(flow(gateway(&[1, 2, u32::MAX, 7, 0, 100])))
            .send(flow(gateway(&[1, 2, 0x4000_0001, 7, 0, 100])))
            .flows(3)
            .counts(Reason::FlowDataMalformed, 3),
        case("B074", "4,294,967,295 communities")
            .send(flow(gateway(&[1, 2, 1, 7, u32::MAX, 100])))
            .flows(1)
            .counts(Reason::FlowDataMalformed, 1),
        case("B074", "user names and next hops of any length and type")
            .send(flow(with(item(1_004, &words(&[106, u32::MAX, 0])))))
            .send(flow(with(item(1_004, &words(&[106, 0, 106])))))
            .send(flow(with(item(1_002, &words(&[3, 0, 0, 0])))))
            .send(flow(with(item(1_002, &words(&[2, 0, 0, 0])))))
            .send(flow(with(item(1_001, &words(&[1, 2, 3])))))
            .flows(5)
            .counts(Reason::FlowDataMalformed, 5),
        case("B074", "more samples than there are")
            .send(Sflow::new().flow(&good()).octets_of(2))
            .send(Sflow::new().flow(&good()).octets_of(u32::MAX))
            .counts(Reason::CountMismatch, 2),
        case("B074", "more flow data than there are")
            .send(flow(counted(2)))
            .send(flow(counted(u32::MAX)))
            .counts(Reason::CountMismatch, 2),
        case(
            "B076",
            "an AS path without segments, and a segment without AS numbers",
        )
        .send(flow(gateway(&[0, 0, 100])))
        .send(flow(gateway(&[1, 2, 0, 0, 100])))
        .send(flow(gateway(&[2, 2, 0, 1, 1, 65_000, 0, 100])))
        .flows(3),
    ]
}

fn packets() -> Vec<Case> {
    let label = |bottom: u8| [0, 1, bottom, 64];
    let deep = |labels: usize| {
        let stack = [label(0).repeat(labels - 1), label(1).to_vec()].concat();
        ethernet(0x8847, &[stack, ipv4(6, &TCP)].concat())
    };
    let tagged = |tags: usize| {
        let tags = [0, 1, 0x81, 0].repeat(tags - 1);
        ethernet(0x8100, &[&tags[..], &[0, 1, 8, 0], &ipv4(6, &TCP)].concat())
    };
    let of = |frame: &[u8]| Sflow::new().flow(&FlowSample::of(frame)).octets();
    let mut later = ipv4(17, &[1, 2, 3, 4]);
    later[7] = 9;
    let fragment = ipv6(44, &[&[17, 0, 1, 0, 0, 0, 0, 1], &TCP[..]].concat());
    vec![
        case("B075", "stacks of labels and tags as deep as allowed")
            .send(of(&deep(16)))
            .send(of(&tagged(16)))
            .flows(2),
        case("B075", "stacks of labels and tags deeper than allowed")
            .send(of(&deep(17)))
            .send(of(&deep(60)))
            .send(of(&tagged(17)))
            .send(of(&tagged(300)))
            .counts(Reason::PacketTooDeep, 4),
        case("B075", "a stack of labels without end")
            .send(of(&ethernet(0x8847, &label(0).repeat(8))))
            .send(of(&ethernet(0x8100, &[0, 1, 0x81, 0].repeat(8))))
            .counts(Reason::PacketTruncated, 2),
        case("B077", "transport headers that are cut off")
            .send(of(&ethernet(0x0800, &ipv4(6, &TCP[..3]))))
            .send(of(&ethernet(0x0800, &ipv4(6, &TCP[..13]))))
            .send(of(&ethernet(0x0800, &ipv4(17, &[]))))
            .send(of(&ethernet(0x0800, &ipv4(1, &[8]))))
            .send(of(&ethernet(0x86DD, &ipv6(58, &[8]))))
            .send(of(&ethernet(0x86DD, &ipv6(0, &[17, 200, 0, 0]))))
            .flows(6)
            .counts(Reason::TransportTruncated, 6),
        case("B077", "fragments without a transport header")
            .send(of(&ethernet(0x0800, &later)))
            .send(of(&ethernet(0x86DD, &fragment)))
            .flows(2)
            .counts(Reason::LaterFragment, 2)
            .check(|seen| {
                let ports = |f: &flow::OriginalFlow| (f.key.src_port, f.key.dst_port);
                assert!(seen.flows.iter().all(|f| ports(f) == (0, 0)));
                assert!(seen.flows.iter().all(|f| f.key.protocol == 17));
            }),
        case("B077", "network layers that are not IP, and none at all")
            .send(of(&ethernet(0x0806, &[0; 28])))
            .send(of(&ethernet(0x0800, &[0xFF; 40])))
            .send(of(&[]))
            .counts(Reason::PacketNotIp, 2)
            .counts(Reason::PacketTruncated, 1),
    ]
}

fn kinds() -> Vec<Case> {
    let foreign = 4_300 << 12 | 1_003;
    let huge = Sflow::new()
        .flow(&good())
        .raw(&item_of(foreign, 0xFFFF_FF00, &[0; 40]));
    let huge_data = FlowSample::new(vec![item_of(foreign, 0x7FFF_FFFF, &[0; 40])]);
    let interface = |input, output| FlowSample {
        input,
        output,
        ..good()
    };
    let mixed = Sflow::new().counter(2).flow(&good()).counter(4);
    let mixed = mixed.flow(&good().sequence(2)).counter(2);
    vec![
        case("B078", "an unknown format of a huge length")
            .send(huge.octets())
            .send(Sflow::new().flow(&huge_data).octets())
            .counts(Reason::SampleLength, 2),
        case("B078", "unknown formats of a right length")
            .send(
                Sflow::new()
                    .raw(&item(foreign, &[7; 40]))
                    .flow(&good())
                    .octets(),
            )
            .send(
                Sflow::new()
                    .flow(&with(item(foreign, &[7; 43])).sequence(2))
                    .octets(),
            )
            .send(
                Sflow::new()
                    .flow(&with(item(1_036, &[7; 8])).sequence(3))
                    .octets(),
            )
            .flows(3)
            .counts(Reason::SampleUnknown, 1)
            .counts(Reason::FlowDataUnread, 2),
        case("B079", "interfaces that are none")
            .send(
                Sflow::new()
                    .flow(&interface((0, 0x3FFF_FFFF), (1, 258)))
                    .octets(),
            )
            .send(
                Sflow::new()
                    .flow(&interface((0, 0), (2, 4)).sequence(2))
                    .octets(),
            )
            .send(
                Sflow::new()
                    .flow(&interface((3, 1), (0, 0x3FFF_FFFF)).sequence(3))
                    .octets(),
            )
            .flows(3)
            .counts(Reason::OutputDiscarded, 1)
            .counts(Reason::OutputMultiple, 1)
            .check(|seen| {
                assert!(
                    seen.flows
                        .iter()
                        .all(|f| (f.in_if, f.out_if) == (None, None))
                );
            }),
        case("B080", "counter samples among flow samples")
            .send(mixed.octets())
            .flows(2)
            .counts(Reason::CounterSample, 3),
        case("B080", "a notification of a discarded packet")
            .send(Sflow::new().raw(&item(5, &[0; 60])).octets())
            .counts(Reason::DiscardedPacket, 1),
        case("B080", "samples without a packet")
            .send(Sflow::new().flow(&FlowSample::new(Vec::new())).octets())
            .send(
                Sflow::new()
                    .flow(&FlowSample::new(extended().to_vec()))
                    .octets(),
            )
            .send(
                Sflow::new()
                    .flow(&FlowSample::new(vec![item(2, &[0; 24])]))
                    .octets(),
            )
            .counts(Reason::NoKey, 3),
        case(
            "B080",
            "octets after the last sample, and after the last flow data",
        )
        .send([Sflow::new().flow(&good()).octets(), vec![0; 4]].concat())
        .send(
            Sflow::new()
                .flow(&FlowSample {
                    count: Some(1),
                    ..with(sampled(1, &tcp_frame())).sequence(2)
                })
                .octets(),
        )
        .flows(2)
        .counts(Reason::TrailingOctets, 2),
    ]
}
