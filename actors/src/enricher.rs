//! The Enricher: adds what is known about the addresses of flows.

use std::sync::Arc;

use actix::prelude::*;
use flow::{AggregatedFlow, EnrichedFlow};
use mediation::enrich::enrich;

use crate::accounting::Accounting;
use crate::each::{Sorted, sort_out};
use crate::message::{AggregatedFlows, Barrier, Custody, EnrichedFlows};
use crate::quarantine::Bin;
use crate::selection::Selection;
use crate::supervision::Courier;
use crate::wait::Wait;

/// The name in logs and quarantine.
pub const NAME: &str = "enricher";

/// The second stage of a lane. It sees the true addresses.
pub struct Enricher {
    selection: Arc<Selection>,
    next: Courier<EnrichedFlows>,
    bin: Bin,
    accounting: Arc<Accounting>,
}

impl Enricher {
    /// An Enricher. It looks each batch up in the databases that come with it.
    #[must_use]
    pub fn new(
        selection: Arc<Selection>,
        next: Recipient<EnrichedFlows>,
        bin: Bin,
        accounting: Arc<Accounting>,
    ) -> Self {
        let next = Courier::new(NAME, next, bin.clone(), 1);
        Self {
            selection,
            next,
            bin,
            accounting,
        }
    }

    /// Takes out the flows that are not to go on, and counts them; the same of the flows
    /// that they were made of.
    fn leave_out(
        &self,
        judged: Vec<(bool, EnrichedFlow)>,
        flows: Arc<Vec<AggregatedFlow>>,
    ) -> (Vec<EnrichedFlow>, Arc<Vec<AggregatedFlow>>) {
        let left_out = judged.iter().filter(|(goes_on, _)| !goes_on).count();
        let flows = if left_out == 0 {
            flows
        } else {
            self.accounting.flows_filtered.add_len(left_out);
            let kept = flows.iter().zip(&judged);
            let kept = kept.filter(|(_, (goes_on, _))| *goes_on);
            Arc::new(kept.map(|(flow, _)| *flow).collect())
        };
        let going_on = judged.into_iter().filter(|(goes_on, _)| *goes_on);
        (going_on.map(|(_, flow)| flow).collect(), flows)
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
        let AggregatedFlows { from, flows, terms } = batch;
        let (lookup, selection) = (terms.edition.lookup(), &*self.selection);
        let Sorted { done, poison, kept } = sort_out(&flows, |flows| {
            let enriched = enrich(lookup, flows).into_iter();
            let judged = enriched.map(|flow| (selection.takes_flow(&flow), flow));
            judged.collect()
        });
        for (fault, flow) in poison {
            self.bin
                .put(NAME, fault, Custody::Aggregated(Arc::new(vec![flow])));
        }
        self.accounting.flows_enriched.add_len(done.len());
        let (done, kept) = self.leave_out(done, kept.map_or(flows, Arc::new));
        let message = EnrichedFlows {
            from,
            flows: Arc::new(done),
            terms,
        };
        ctx.hold(self.next.hand_over(message, Custody::Aggregated(kept)));
    }
}

impl Handler<Barrier> for Enricher {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Barrier, _: &mut Context<Self>) -> Self::Result {
        self.next.barrier()
    }
}
