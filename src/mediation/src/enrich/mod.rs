//! Enrichment: what is known about the two addresses of a flow.
//!
//! It comes before anonymization, from the true addresses.

use std::net::{IpAddr, Ipv4Addr};
use std::panic::RefUnwindSafe;

use flow::{AggregatedFlow, EnrichedFlow, Place};

/// A source of knowledge about addresses; the crate `db` implements it.
///
/// A lookup only reads, never waits, and answers for every address: what it does not
/// know is `None` in the [`Place`]. `RefUnwindSafe` lets a stage guard its lookups: a
/// panic in one of them leaves nothing half changed.
pub trait Lookup: Send + Sync + RefUnwindSafe {
    /// What is known about `addr`, all of it from one version of the databases.
    fn place(&self, addr: IpAddr) -> Place;

    /// Appends what is known about each of `addrs`, in their order: the same as
    /// [`place`](Self::place) gives for each alone. Whoever can look up many at once in less
    /// time does so.
    fn places(&self, addrs: &[IpAddr], into: &mut Vec<Place>) {
        into.extend(addrs.iter().map(|addr| self.place(*addr)));
    }
}

/// Flows whose addresses are looked up at once: what is found of them stays in the
/// nearest caches until it is put beside its flow.
const CHUNK: usize = 64;

/// Enriches a batch: the same flows in the same order, with their places.
#[must_use]
pub fn enrich(lookup: &dyn Lookup, flows: &[AggregatedFlow]) -> Vec<EnrichedFlow> {
    let mut enriched = Vec::with_capacity(flows.len());
    let mut addrs = [[IpAddr::V4(Ipv4Addr::UNSPECIFIED); 2]; CHUNK];
    let mut places = Vec::with_capacity(2 * flows.len().min(CHUNK));
    for flows in flows.chunks(CHUNK) {
        let of_flows = flows
            .iter()
            .map(|flow| [flow.key.src_addr, flow.key.dst_addr]);
        for (addrs, of_flow) in addrs.iter_mut().zip(of_flows) {
            *addrs = of_flow;
        }
        places.clear();
        lookup.places(addrs[..flows.len()].as_flattened(), &mut places);
        let mut places = places.drain(..);
        let mut next = || places.next().unwrap_or_default();
        enriched.extend(flows.iter().map(|flow| EnrichedFlow {
            flow: *flow,
            src: next(),
            dst: next(),
        }));
    }
    enriched
}

#[cfg(test)]
mod tests;
