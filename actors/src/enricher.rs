//! The Enricher: adds what is known about the addresses of flows.

use std::sync::Arc;

use actix::prelude::*;
use mediation::enrich::{Lookup, enrich};

use crate::accounting::Accounting;
use crate::each::{Sorted, sort_out};
use crate::message::{AggregatedFlows, Barrier, Custody, EnrichedFlows};
use crate::quarantine::Bin;
use crate::supervision::Courier;
use crate::wait::Wait;

/// The name in logs and quarantine.
pub const NAME: &str = "enricher";

/// The second stage of a lane. It sees the true addresses.
pub struct Enricher {
    lookup: Arc<dyn Lookup>,
    next: Courier<EnrichedFlows>,
    bin: Bin,
    accounting: Arc<Accounting>,
}

impl Enricher {
    /// An Enricher that asks `lookup`.
    #[must_use]
    pub fn new(
        lookup: Arc<dyn Lookup>,
        next: Recipient<EnrichedFlows>,
        bin: Bin,
        accounting: Arc<Accounting>,
    ) -> Self {
        let next = Courier::new(NAME, next, bin.clone(), 1);
        Self {
            lookup,
            next,
            bin,
            accounting,
        }
    }
}

impl Actor for Enricher {
    type Context = Context<Self>;
}

impl Supervised for Enricher {}

impl Handler<AggregatedFlows> for Enricher {
    type Result = ();

    fn handle(&mut self, batch: AggregatedFlows, ctx: &mut Context<Self>) {
        #[cfg(test)]
        crate::simulation::tripwire(NAME);
        let AggregatedFlows { from, flows } = batch;
        let lookup = &*self.lookup;
        let Sorted { done, poison, kept } = sort_out(&flows, |flows| enrich(lookup, flows));
        for (fault, flow) in poison {
            self.bin
                .put(NAME, fault, Custody::Aggregated(Arc::new(vec![flow])));
        }
        self.accounting.flows_enriched.add_len(done.len());
        let message = EnrichedFlows {
            from,
            flows: Arc::new(done),
        };
        ctx.hold(
            self.next
                .hand_over(message, Custody::Aggregated(kept.map_or(flows, Arc::new))),
        );
    }
}

impl Handler<Barrier> for Enricher {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Barrier, _: &mut Context<Self>) -> Self::Result {
        self.next.barrier()
    }
}
