//! Enrichment: what is known about the two addresses of a flow.
//!
//! It comes before anonymization, from the true addresses.

use std::net::IpAddr;
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
}

/// Enriches a batch: the same flows in the same order, with their places.
#[must_use]
pub fn enrich(lookup: &dyn Lookup, flows: &[AggregatedFlow]) -> Vec<EnrichedFlow> {
    let enrich_one = |flow: &AggregatedFlow| EnrichedFlow {
        flow: *flow,
        src: lookup.place(flow.key.src_addr),
        dst: lookup.place(flow.key.dst_addr),
    };
    flows.iter().map(enrich_one).collect()
}
