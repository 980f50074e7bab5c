//! The Anonymizer: the one door through which flows leave a lane.

use std::sync::Arc;

use actix::dev::{MessageResponse, OneshotSender};
use actix::prelude::*;

use crate::accounting::Accounting;
use crate::each::{Sorted, sort_out};
use crate::gate::Gate;
use crate::message::{AnonymizedFlows, Barrier, Custody, EnrichedFlows};
use crate::quarantine::Bin;
use crate::supervision::Courier;
use crate::wait::Wait;

/// The name in logs and quarantine.
pub const NAME: &str = "anonymizer";

/// The third stage of a lane. While it is down nothing passes: the type that leaves is
/// made here and nowhere else. Nor while the gate is shut.
pub struct Anonymizer {
    gate: Gate,
    next: Courier<AnonymizedFlows>,
    bin: Bin,
    accounting: Arc<Accounting>,
}

impl Anonymizer {
    /// An Anonymizer. It applies the policy, under the key, that comes with each batch.
    #[must_use]
    pub fn new(
        gate: Gate,
        next: Recipient<AnonymizedFlows>,
        bin: Bin,
        accounting: Arc<Accounting>,
    ) -> Self {
        let next = Courier::new(NAME, next, bin.clone(), 1);
        Self {
            gate,
            next,
            bin,
            accounting,
        }
    }
}

impl Anonymizer {
    /// Anonymizes a batch and hands it over.
    fn pass(&mut self, batch: EnrichedFlows, ctx: &mut Context<Self>) {
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

impl Actor for Anonymizer {
    type Context = Context<Self>;
}

impl Supervised for Anonymizer {}

impl Handler<EnrichedFlows> for Anonymizer {
    type Result = Passed;

    fn handle(&mut self, batch: EnrichedFlows, ctx: &mut Context<Self>) -> Self::Result {
        #[cfg(test)]
        {
            crate::simulation::tripwire(NAME);
            crate::simulation::fall_wire(&batch.flows);
        }
        if !self.gate.is_shut() {
            self.pass(batch, ctx);
            return Passed::Now;
        }
        let opened = fut::wrap_future::<_, Self>(self.gate.opened());
        let passed = opened.map(|(), anonymizer, ctx| anonymizer.pass(batch, ctx));
        Passed::Later(AtomicResponse::new(Box::pin(passed)))
    }
}

/// When a batch passes, and its sender has the answer.
pub enum Passed {
    /// It has passed.
    Now,
    /// Once the gate is open. No other message is taken meanwhile; if the stage falls, there
    /// is no answer, and the sender still has the batch.
    Later(AtomicResponse<Anonymizer, ()>),
}

impl MessageResponse<Anonymizer, EnrichedFlows> for Passed {
    fn handle(self, ctx: &mut Context<Anonymizer>, answer: Option<OneshotSender<()>>) {
        match self {
            // At once: whatever falls next, it has passed.
            Self::Now => drop(answer.map(|answer| answer.send(()))),
            Self::Later(passed) => {
                MessageResponse::<Anonymizer, EnrichedFlows>::handle(passed, ctx, answer);
            }
        }
    }
}

impl Handler<Barrier> for Anonymizer {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Barrier, _: &mut Context<Self>) -> Self::Result {
        self.next.barrier()
    }
}
