//! NetFlow v1 and v7: octet by octet, and against what v5 says of the same records.

use std::net::IpAddr;

use decode::{Protocol, Reason};
use flow::{Exporter, Icmp, OriginalFlow};
use proptest::prelude::*;

use crate::encode::{EXPORT, EXPORT_MS, UPTIME, V5, V5Record, shorts};
use crate::golden::{octets, tcp_flow};
use crate::support::{Collector, assert_balanced, source};

/// A header and a record of each of TCP and ICMP.
const V1_DATAGRAM: &str = "
    0001 0002 0036ee80 6553f100 0ee6b280
    c6120001 c6130002 0a000001 0003 0004 0000000c 00000d48 0036cb58 0036dee0
    9c40 01bb 0000 06 28 1b ffffff ffffffff
    c6120001 c6130003 0a000001 0003 0004 00000001 00000054 0036cb58 0036cb58
    0000 0300 0000 01 00 00 000000 00000000";

const V7_DATAGRAM: &str = "
    0007 0002 0036ee80 6553f100 0ee6b280 00000064 ffffffff
    c6120001 c6130002 0a000001 0003 0004 0000000c 00000d48 0036cb58 0036dee0
    9c40 01bb ff 1b 06 28 fde8 fde9 18 10 ffff 0a0000fe
    c6120001 c6130003 0a000001 0003 0004 00000001 00000054 0036cb58 0036cb58
    0000 0300 00 00 01 00 fde8 fde9 18 10 0000 0a0000fe";

/// A datagram of v1 or v7, of which each record has so many octets.
#[derive(Debug, Clone)]
pub(crate) struct Old {
    pub(crate) version: u16,
    pub(crate) sequence: u32,
    pub(crate) record_octets: usize,
    pub(crate) records: Vec<V5Record>,
}

impl Old {
    pub(crate) fn v1(records: usize) -> Self {
        Self {
            version: 1,
            sequence: 0,
            record_octets: 48,
            records: vec![V5Record::default(); records],
        }
    }

    pub(crate) fn v7(records: usize) -> Self {
        Self {
            version: 7,
            record_octets: 52,
            ..Self::v1(records)
        }
    }

    pub(crate) fn octets(&self) -> Vec<u8> {
        self.octets_of(u16::try_from(self.records.len()).unwrap())
    }

    /// The datagram, with another count in its header.
    pub(crate) fn octets_of(&self, count: u16) -> Vec<u8> {
        let mut octets = shorts(&[self.version, count]);
        let words = [UPTIME, EXPORT, 250_000_000, self.sequence, 0];
        let words = &words[..if self.version == 1 { 3 } else { 5 }];
        octets.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        octets.extend(self.records.iter().flat_map(|record| self.record(record)));
        octets
    }

    /// A record of v5, with the flags where this version has them.
    fn record(&self, record: &V5Record) -> Vec<u8> {
        let mut octets = record.octets();
        octets.resize(self.record_octets, 0);
        if self.version == 1 {
            octets.swap(37, 40);
        }
        octets
    }
}

/// The flows of the two records.
fn expected(domain: u32) -> [OriginalFlow; 2] {
    let v5 = tcp_flow();
    let tcp = OriginalFlow {
        exporter: Exporter::new(IpAddr::from([192, 0, 2, 1]), domain),
        start_ms: EXPORT_MS + 250 - 9_000,
        end_ms: EXPORT_MS + 250 - 4_000,
        ..v5
    };
    let mut icmp = OriginalFlow {
        end_ms: tcp.start_ms,
        end_seen_ms: tcp.end_seen_ms - 5_000,
        packets: 1,
        bytes: 84,
        tcp_flags: None,
        tos: Some(0),
        icmp: Some(Icmp { kind: 3, code: 0 }),
        ..tcp
    };
    icmp.key.dst_addr = IpAddr::from([198, 19, 0, 3]);
    (icmp.key.src_port, icmp.key.dst_port, icmp.key.protocol) = (0, 0, 1);
    [tcp, icmp]
}

#[test]
fn a_datagram_of_v1_and_of_v7_is_its_flows() {
    for (datagram, protocol) in [
        (V1_DATAGRAM, Protocol::NetflowV1),
        (V7_DATAGRAM, Protocol::NetflowV7),
    ] {
        let mut collector = Collector::default();
        let (flows, report) = collector.receive(source(1, 2_055), &octets(datagram));
        assert_eq!(flows, expected(0), "{protocol}");
        assert_eq!((report.protocol, report.records), (Some(protocol), 2));
        assert_eq!(collector.decoder.counters().protocol(protocol).records, 2);
    }
}

#[test]
fn the_encoder_of_these_tests_makes_the_golden_octets() {
    let v1 = Old::v1(2).octets();
    let golden = octets(V1_DATAGRAM);
    // Next hop and padding are not read, and the encoder leaves them 0.
    assert_eq!(v1.len(), golden.len());
    assert_eq!((&v1[..24], &v1[28..57]), (&golden[..24], &golden[28..57]));
    let v7 = Old {
        sequence: 100,
        ..Old::v7(2)
    }
    .octets();
    let golden = octets(V7_DATAGRAM);
    assert_eq!(v7.len(), golden.len());
    assert_eq!((&v7[..20], &v7[24..32]), (&golden[..20], &golden[24..32]));
    assert_eq!(
        (&v7[36..60], &v7[61..64]),
        (&golden[36..60], &golden[61..64])
    );
}

#[test]
fn records_of_v1_may_be_padded_by_four_octets() {
    for records in [1, 2, 11, 12, 13, 24, 27] {
        let padded = Old {
            record_octets: 52,
            ..Old::v1(records)
        };
        let mut collector = Collector::default();
        let flows = collector.flows(&padded.octets());
        assert_eq!(
            flows,
            Collector::default().flows(&Old::v1(records).octets())
        );
        assert_eq!(
            (flows.len(), collector.count(Reason::TrailingOctets)),
            (records, 0)
        );
    }
}

#[test]
fn v7_counts_flows_in_its_sequence_and_v1_has_none() {
    let mut collector = Collector::default();
    for sequence in [0, 3, 9] {
        collector.flows(
            &Old {
                sequence,
                ..Old::v7(3)
            }
            .octets(),
        );
        collector.flows(&Old::v1(3).octets());
    }
    let counters = collector.decoder.counters();
    assert_eq!(counters.protocol(Protocol::NetflowV7).sequence.lost, 3);
    assert_eq!(
        counters.protocol(Protocol::NetflowV1).sequence,
        Default::default()
    );
    assert_eq!(counters.total().sequence.lost, 3);
    assert_balanced(counters);
}

proptest! {
    #[test]
    fn v1_v5_and_v7_agree_on_the_same_records(
        records in prop::collection::vec(any::<(u32, u32, u32, u32, u16, u16, u8, u8, u8)>(), 0..40),
        times in any::<(u32, u32)>(),
    ) {
        let made = records.iter().map(|&(src, dst, packets, octets, in_if, dst_port, tos, flags, protocol)| {
            let (first, last) = times;
            let read = V5Record { src, dst, packets, octets, in_if, dst_port, ..V5Record::default() };
            V5Record { tos, flags, protocol, first, last, ..read }
        });
        let records: Vec<V5Record> = made.collect();
        let v5 = V5 { engine: 0, records: records.clone(), ..V5::new(0) };
        let flows = Collector::default().flows(&v5.octets());
        prop_assert_eq!(flows.len(), records.len());
        for old in [Old::v1(0), Old::v7(0)] {
            let old = Old { records: records.clone(), ..old };
            prop_assert_eq!(&flows, &Collector::default().flows(&old.octets()));
        }
    }

    #[test]
    fn noise_of_v1_and_v7_never_panics(
        octets in prop::collection::vec(any::<u8>(), 0..400),
        fits in any::<bool>(),
    ) {
        for (version, head, record) in [(1, 16, 48), (1, 16, 52), (7, 24, 52)] {
            let mut octets = octets.clone();
            if octets.len() > head && fits {
                let records = u16::try_from((octets.len() - head) / record).unwrap();
                octets[2..4].copy_from_slice(&records.to_be_bytes());
            }
            if octets.len() >= 2 {
                octets[..2].copy_from_slice(&[0, version]);
            }
            let mut collector = Collector::default();
            let flows = collector.flows(&octets);
            prop_assert!(flows.iter().all(|flow| flow.start_ms <= flow.end_ms));
            assert_balanced(collector.decoder.counters());
        }
    }
}
