//! Poison is put aside; it neither stops a stage nor spends its restarts.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use flow::{AggregatedFlow, FlowKey, Place, Tick};
use mediation::enrich::Lookup;
use tokio::time::sleep;

use crate::accounting::Accounting;
use crate::edition::Edition;
use crate::enricher::{self, Enricher};
use crate::message::{
    AggregatedFlows, Barrier, Custody, EnrichedFlows, FlowOrder, Origin, Release,
};
use crate::quarantine::{Bin, Quarantined};
use crate::sample;
use crate::simulation::collector::{Seen, collector};
use crate::simulation::{POLICY, fall, paused};
use crate::supervision::supervise;
use crate::terms::Terms;

const MESSAGES: u32 = 10_000;

fn is_poison(number: u32) -> bool {
    number.is_multiple_of(97)
}

/// Panics on the addresses of poison, not even on the first of a flow's two.
pub(super) struct Panics;

impl Lookup for Panics {
    fn place(&self, addr: IpAddr) -> Place {
        if let IpAddr::V4(v4) = addr
            && v4.octets()[0] == 10
            && is_poison(v4.to_bits() & 0xFF_FFFF)
        {
            fall("lookup", "on poison");
        }
        Place::default()
    }
}

fn flow(number: u32) -> AggregatedFlow {
    let flow = *sample::anonymized(1)[0].flow();
    let dst_addr = Ipv4Addr::from_bits(0x0A00_0000 | number).into();
    AggregatedFlow {
        key: FlowKey {
            dst_addr,
            ..flow.key
        },
        ..flow
    }
}

fn number(flow: &AggregatedFlow) -> u32 {
    match flow.key.dst_addr {
        IpAddr::V4(v4) => v4.to_bits() & 0xFF_FFFF,
        IpAddr::V6(_) => panic!("no IPv6 was sent"),
    }
}

pub(super) fn message(numbers: &[u32]) -> AggregatedFlows {
    AggregatedFlows {
        from: Origin {
            lane: 0,
            release: Release::of(Tick::default()),
            last: true,
            order: FlowOrder::OfStream,
        },
        flows: Arc::new(numbers.iter().copied().map(flow).collect()),
        terms: Terms {
            edition: Arc::new(Edition::new(Arc::new(Panics), serde_json::Value::Null)),
            ..sample::terms(serde_json::Value::Null)
        },
    }
}

/// The numbers of the flows in quarantine.
fn quarantined(items: &Seen<Quarantined>) -> Vec<u32> {
    let items = items.lock().unwrap();
    let flows = items.iter().map(|item| match &item.custody {
        Custody::Aggregated(flows) => flows.iter().map(number).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    });
    flows.flatten().collect()
}

/// Sends `MESSAGES` numbers, so many in a message, and checks where each is found.
fn poison_among(per_message: usize) {
    paused(async move {
        let (out, passed) = collector::<EnrichedFlows>();
        let (quarantine, items) = collector();
        let (overseer, incidents) = collector();
        let accounting = Arc::new(Accounting::default());
        let bin = Bin::new(quarantine, Arc::clone(&accounting));
        let here = Arbiter::current();
        let enricher = supervise(enricher::NAME, POLICY, overseer, &here, move |_| {
            Enricher::new(Arc::default(), out, bin, accounting)
        });
        let numbers: Vec<u32> = (1..=MESSAGES).collect();
        for some in numbers.chunks(per_message) {
            enricher.send(message(some)).await.unwrap();
        }
        enricher.send(Barrier).await.unwrap();
        sleep(Duration::from_millis(1)).await;
        let (poison, good): (Vec<u32>, Vec<u32>) = numbers.iter().partition(|n| is_poison(**n));
        assert_eq!(quarantined(&items), poison);
        let passed = passed.lock().unwrap();
        let passed = passed.iter().flat_map(|batch| batch.flows.iter());
        let passed: Vec<u32> = passed.map(|flow| number(&flow.flow)).collect();
        assert_eq!(passed, good, "all others, in order");
        assert_eq!(*incidents.lock().unwrap(), [], "nobody fell");
        let item = &items.lock().unwrap()[0];
        assert_eq!(item.fault.text(), "staged: lookup fell on poison");
        assert_eq!(item.stage, enricher::NAME);
    });
}

#[test]
fn of_many_messages_exactly_the_poison_is_in_quarantine_and_nobody_falls() {
    poison_among(1);
}

#[test]
fn poison_does_not_take_its_neighbours_in_a_batch_along() {
    poison_among(250);
}
