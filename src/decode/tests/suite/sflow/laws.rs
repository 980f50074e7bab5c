//! Laws that hold for any sFlow datagram.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use decode::{Protocol, Scope};
use flow::OriginalFlow;
use proptest::prelude::*;
use proptest::sample::Index;

use super::encode::{FlowSample, Sflow, ethernet, extended, ipv4, ipv6, item, sampled, words};
use crate::support::{Collector, assert_balanced, source};

/// A sample of one kind or another.
fn sample(at: usize) -> Vec<u8> {
    let tagged = [&[0, 1, 8, 0][..], &ipv4(17, &[1, 2, 3, 4, 0, 8, 0, 0])].concat();
    let fragment = ipv6(
        44,
        &[&[6, 0, 0, 1, 0, 0, 0, 1][..], &super::encode::TCP].concat(),
    );
    let data = match at % 5 {
        0 => sampled(1, &super::encode::tcp_frame()),
        1 => sampled(1, &ethernet(0x8100, &tagged)),
        2 => sampled(12, &fragment),
        3 => item(3, &words(&[60, 6, 1, 2, 3, 4, 5, 6])),
        _ => item(4, &words(&[60, 6, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])),
    };
    let all = [vec![data], extended().to_vec()].concat();
    let sample = FlowSample {
        expanded: at.is_multiple_of(2),
        ..FlowSample::new(all).sequence(u32::try_from(at).unwrap())
    };
    sample.octets()
}

pub(crate) fn good(samples: usize) -> Vec<u8> {
    let sflow = Sflow::new().counter(2);
    (0..samples)
        .fold(sflow, |sflow, at| sflow.raw(&sample(at)))
        .octets()
}

fn send_any(collector: &mut Collector, octets: &[u8]) {
    let (flows, report) = collector.receive(source(1, 6_343), octets);
    assert_eq!(flows.len(), (report.records + report.biflows) as usize);
    assert!(report.error.is_none() || flows.is_empty());
    assert!(
        report
            .error
            .is_none_or(|error| error.offset <= octets.len())
    );
    // Damage can make another version of it.
    for flow in flows
        .iter()
        .filter(|_| report.protocol == Some(Protocol::SflowV5))
    {
        assert_eq!(
            (flow.start_ms, flow.end_ms),
            (collector.received_ms, collector.received_ms)
        );
    }
    let counters = collector.decoder.counters();
    let total = counters.protocol(Protocol::SflowV5);
    let taken = total.records + total.events(Scope::Record);
    assert_eq!(
        total.samples.taken, taken,
        "each sample is a flow or has a reason"
    );
}

proptest! {
    #[test]
    fn noise_never_panics_and_every_sample_is_a_flow_or_has_a_reason(
        body in prop::collection::vec(prop_oneof![any::<u8>(), 0..6_u8], 0..400),
        samples in 0..6_u32,
    ) {
        let head = words(&[5, 1, 0xC000_0201, 0, 1, 60_000, samples]);
        let mut collector = Collector::default();
        send_any(&mut collector, &[head, body].concat());
        assert_balanced(collector.decoder.counters());
    }

    #[test]
    fn damage_never_panics_and_every_sample_is_a_flow_or_has_a_reason(
        datagrams in prop::collection::vec(
            (1..8_usize, prop::collection::vec((any::<Index>(), prop_oneof![any::<u8>(), 0..6_u8]), 0..8)),
            1..8,
        ),
        cut in any::<Index>(),
    ) {
        let mut collector = Collector::default();
        for (samples, damages) in &datagrams {
            let mut octets = good(*samples);
            for (at, to) in damages {
                let at = at.index(octets.len());
                octets[at] = *to;
            }
            send_any(&mut collector, &octets);
            octets.truncate(cut.index(octets.len()));
            send_any(&mut collector, &octets);
        }
        assert_balanced(collector.decoder.counters());
    }

    #[test]
    fn any_octets_as_a_sampled_header_never_panic(
        protocol in 0..16_u32,
        header in prop::collection::vec(
            prop_oneof![any::<u8>(), Just(0x81), Just(0), Just(0x45), Just(0x60)], 0..150,
        ),
    ) {
        let mut collector = Collector::default();
        let sample = FlowSample::new(vec![sampled(protocol, &header)]);
        let (_, report) = collector.receive(source(1, 6_343), &Sflow::new().flow(&sample).octets());
        prop_assert_eq!(report.error, None);
        prop_assert_eq!(collector.decoder.counters().total().samples.taken, 1);
    }
}

/// What a packet says.
#[derive(Debug, Clone)]
struct Told {
    src: u128,
    dst: u128,
    v6: bool,
    ports: (u16, u16),
    flags: u8,
    tos: u8,
    octets: u16,
    rate: u32,
    interfaces: (u32, u32),
    expanded: bool,
    link: usize,
}

fn told() -> impl Strategy<Value = Told> {
    let addrs = (any::<u128>(), any::<u128>(), any::<bool>());
    let upper = (any::<(u16, u16)>(), any::<u8>(), any::<u8>(), 40..=u16::MAX);
    let sample = (
        1..100_000_u32,
        (1..0x3FFF_FFFF_u32, 1..0x3FFF_FFFF_u32),
        any::<bool>(),
        0..4_usize,
    );
    (addrs, upper, sample).prop_map(
        |((src, dst, v6), (ports, flags, tos, octets), (rate, interfaces, expanded, link))| Told {
            src,
            dst,
            v6,
            ports,
            flags,
            tos,
            octets,
            rate,
            interfaces,
            expanded,
            link,
        },
    )
}

impl Told {
    fn addr(&self, bits: u128) -> IpAddr {
        let narrow = u32::try_from(bits >> 96).unwrap();
        if self.v6 {
            Ipv6Addr::from_bits(bits).into()
        } else {
            Ipv4Addr::from_bits(narrow).into()
        }
    }

    fn packet(&self) -> Vec<u8> {
        let mut tcp = super::encode::TCP;
        tcp[..2].copy_from_slice(&self.ports.0.to_be_bytes());
        tcp[2..4].copy_from_slice(&self.ports.1.to_be_bytes());
        tcp[13] = self.flags;
        if self.v6 {
            let mut packet = ipv6(6, &tcp);
            packet[..2].copy_from_slice(&(0x6000 | u16::from(self.tos) << 4).to_be_bytes());
            packet[4..6].copy_from_slice(&self.octets.to_be_bytes());
            packet[8..24].copy_from_slice(&self.src.to_be_bytes());
            packet[24..40].copy_from_slice(&self.dst.to_be_bytes());
            return packet;
        }
        let mut packet = ipv4(6, &tcp);
        packet[1] = self.tos;
        packet[2..4].copy_from_slice(&self.octets.to_be_bytes());
        packet[12..16].copy_from_slice(&self.src.to_be_bytes()[..4]);
        packet[16..20].copy_from_slice(&self.dst.to_be_bytes()[..4]);
        packet
    }

    fn data(&self) -> Vec<u8> {
        let (packet, kind) = (self.packet(), if self.v6 { 0x86DD_u16 } else { 0x0800 });
        let kind = kind.to_be_bytes();
        match self.link {
            0 => sampled(1, &ethernet(u16::from_be_bytes(kind), &packet)),
            1 => sampled(
                1,
                &ethernet(0x8100, &[&[0, 9], &kind[..], &packet].concat()),
            ),
            2 => sampled(13, &[&[0, 0, 1, 64][..], &packet].concat()),
            _ => sampled(if self.v6 { 12 } else { 11 }, &packet),
        }
    }

    fn sample(&self, sequence: u32) -> FlowSample {
        FlowSample {
            expanded: self.expanded,
            rate: self.rate,
            input: (0, self.interfaces.0),
            output: (0, self.interfaces.1),
            ..FlowSample::new(vec![extended()[2].clone(), self.data()]).sequence(sequence)
        }
    }

    fn assert_is(&self, flow: &OriginalFlow) {
        assert_eq!(flow.key.src_addr, self.addr(self.src));
        assert_eq!(flow.key.dst_addr, self.addr(self.dst));
        assert_eq!((flow.key.src_port, flow.key.dst_port), self.ports);
        assert_eq!(flow.tcp_flags, Some(u16::from(self.flags)));
        assert_eq!((flow.packets, flow.tos), (1, Some(self.tos)));
        let header = if self.v6 { 40 } else { 0 };
        assert_eq!(flow.bytes, u64::from(self.octets) + header);
        assert_eq!(
            flow.sampling_rate.map(std::num::NonZero::get),
            Some(self.rate)
        );
        assert_eq!(
            (flow.in_if, flow.out_if),
            (Some(self.interfaces.0), Some(self.interfaces.1))
        );
    }
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(packets in prop::collection::vec(told(), 1..9), at in 0..1_i64 << 40) {
        let sflow = (1..).zip(&packets).fold(Sflow::new(), |sflow, (number, told)| {
            sflow.counter(4).flow(&told.sample(number))
        });
        let mut collector = Collector {
            received_ms: at,
            ..Collector::default()
        };
        let flows = collector.flows(&sflow.octets());
        prop_assert_eq!(flows.len(), packets.len());
        for (flow, told) in flows.iter().zip(&packets) {
            told.assert_is(flow);
            prop_assert_eq!(flow.start_ms, at);
        }
        prop_assert_eq!(collector.decoder.counters().total().samples.lost, 0);
    }
}
