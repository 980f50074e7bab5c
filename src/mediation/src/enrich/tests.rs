//! Flows get what is known of their own addresses, whatever the size of a batch.

use std::sync::atomic::{AtomicUsize, Ordering};

use flow::{EndReason, Exporter, FlowKey};
use proptest::prelude::*;

use super::*;

/// Knows a number for each address, and how many it was asked for.
#[derive(Default)]
struct Numbers {
    asked: AtomicUsize,
}

impl Lookup for Numbers {
    fn place(&self, addr: IpAddr) -> Place {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let asn = match addr {
            IpAddr::V4(v4) => v4.to_bits(),
            IpAddr::V6(v6) => u32::from(v6.segments()[7]),
        };
        Place {
            asn: Some(asn),
            ..Place::default()
        }
    }
}

fn flow([src_addr, dst_addr]: [IpAddr; 2]) -> AggregatedFlow {
    AggregatedFlow {
        key: FlowKey {
            src_addr,
            dst_addr,
            src_port: 40_000,
            dst_port: 53,
            protocol: 17,
        },
        exporter: Exporter::new([192, 0, 2, 1].into(), 7),
        start_ms: 0,
        end_ms: 0,
        active_ms: 0,
        packets: 1,
        bytes: 100,
        reverse: None,
        sampling_rate: None,
        records: 1,
        in_if: None,
        out_if: None,
        vlan: None,
        tcp_flags: None,
        tos: None,
        icmp: None,
        end_reason: EndReason::Idle,
        complete: None,
        block_place: None,
    }
}

proptest! {
    #[test]
    fn each_flow_has_the_places_of_its_own_addresses_in_the_order_of_the_batch(
        pairs in prop::collection::vec(any::<[IpAddr; 2]>(), 0..300),
    ) {
        let numbers = Numbers::default();
        let flows: Vec<AggregatedFlow> = pairs.into_iter().map(flow).collect();
        let enriched = enrich(&numbers, &flows);
        let asked = numbers.asked.load(Ordering::Relaxed);
        prop_assert_eq!(asked, 2 * flows.len(), "each address is asked for once");
        prop_assert_eq!(enriched.len(), flows.len());
        for (enriched, flow) in enriched.iter().zip(&flows) {
            prop_assert_eq!(&enriched.flow, flow);
            prop_assert_eq!(&enriched.src, &numbers.place(flow.key.src_addr));
            prop_assert_eq!(&enriched.dst, &numbers.place(flow.key.dst_addr));
        }
    }
}
