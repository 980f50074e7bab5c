//! The Anonymizer: the one door through which flows leave a lane.

use std::sync::Arc;

use actix::prelude::*;

use crate::accounting::Accounting;
use crate::each::{Sorted, sort_out};
use crate::message::{AnonymizedFlows, Barrier, Custody, EnrichedFlows};
use crate::quarantine::Bin;
use crate::supervision::Courier;
use crate::wait::Wait;

/// The name in logs and quarantine.
pub const NAME: &str = "anonymizer";

/// The third stage of a lane. While it is down nothing passes: the type that leaves is
/// made here and nowhere else.
pub struct Anonymizer {
    next: Courier<AnonymizedFlows>,
    bin: Bin,
    accounting: Arc<Accounting>,
}

impl Anonymizer {
    /// An Anonymizer. It applies the policy, under the key, that comes with each batch.
    #[must_use]
    pub fn new(next: Recipient<AnonymizedFlows>, bin: Bin, accounting: Arc<Accounting>) -> Self {
        let next = Courier::new(NAME, next, bin.clone(), 1);
        Self {
            next,
            bin,
            accounting,
        }
    }
}

impl Actor for Anonymizer {
    type Context = Context<Self>;
}

impl Supervised for Anonymizer {}

impl Handler<EnrichedFlows> for Anonymizer {
    type Result = ();

    fn handle(&mut self, batch: EnrichedFlows, ctx: &mut Context<Self>) {
        #[cfg(test)]
        {
            crate::simulation::tripwire(NAME);
            crate::simulation::fall_wire(&batch.flows);
        }
        let EnrichedFlows { from, flows, terms } = batch;
        let policy = &*terms.anonymization;
        let Sorted { done, poison, kept } = sort_out(&flows, |flows| {
            #[cfg(test)]
            crate::simulation::poison_wire(flows);
            policy.anonymize(flows)
        });
        for (fault, flow) in poison {
            self.bin
                .put(NAME, fault, Custody::Enriched(Arc::new(vec![flow])));
        }
        self.accounting.flows_anonymized.add_len(done.len());
        let message = AnonymizedFlows {
            from,
            flows: done,
            terms,
        };
        ctx.hold(
            self.next
                .hand_over(message, Custody::Enriched(kept.map_or(flows, Arc::new))),
        );
    }
}

impl Handler<Barrier> for Anonymizer {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Barrier, _: &mut Context<Self>) -> Self::Result {
        self.next.barrier()
    }
}
