//! The Aggregator: makes whole flows of the records of its lane.

mod core;

use std::sync::Arc;

use actix::prelude::*;
use flow::Tick;

use self::core::Released;
pub use self::core::{Across, Core, Within};
use crate::accounting::Accounting;
use crate::message::{
    AggregatedFlows, Barrier, CloseTick, Custody, EndBlock, FlowOrder, Origin, OriginalFlows,
    Release, ReleaseAll,
};
use crate::quarantine::Bin;
use crate::supervision::Courier;
use crate::terms::Terms;
use crate::wait::Wait;

/// The name in logs and quarantine.
pub const NAME: &str = "aggregator";

/// Most records that are planned at once: so many that what is fetched for them stays in
/// the processor's caches until it is used.
const PLAN_MAX: usize = 1_024;

/// Most flows of one message; a tick that releases more sends several.
const BATCH_MAX: usize = 4_096;

/// The first stage of a lane.
pub struct Aggregator {
    lane: usize,
    core: Core,
    /// The last release it passed on, and the last second in which it took records in.
    last: Release,
    received: Tick,
    /// What leaves next leaves under these.
    terms: Terms,
    next: Courier<AggregatedFlows>,
    bin: Bin,
    accounting: Arc<Accounting>,
}

impl Aggregator {
    /// The Aggregator of a lane. `terms` are for what leaves before the first tick.
    #[must_use]
    pub fn new(
        lane: usize,
        core: Core,
        terms: Terms,
        next: Recipient<AggregatedFlows>,
        bin: Bin,
        accounting: Arc<Accounting>,
    ) -> Self {
        let next = Courier::new(NAME, next, bin.clone(), 1);
        Self {
            lane,
            core,
            last: Release::of(Tick::default()),
            received: Tick::default(),
            terms,
            next,
            bin,
            accounting,
        }
    }

    /// Hands over what was released, at least one message, the last marked so.
    fn pass_on(&mut self, release: Release, released: &Released, ctx: &mut Context<Self>) {
        self.core.account(&self.accounting);
        self.last = release;
        let mut batches = released.flows.chunks(BATCH_MAX);
        let mut ranks = released.ranks.as_ref().map(|ranks| ranks.chunks(BATCH_MAX));
        loop {
            let batch = Arc::new(batches.next().unwrap_or_default().to_vec());
            let ranks = ranks.as_mut().map(|ranks| ranks.next().unwrap_or_default());
            let last = batches.len() == 0;
            let from = Origin {
                lane: self.lane,
                release,
                last,
                order: ranks.map_or(FlowOrder::OfStream, |ranks| {
                    FlowOrder::OfBlock(ranks.into())
                }),
            };
            let custody = Custody::Aggregated(Arc::clone(&batch));
            let message = AggregatedFlows {
                from,
                flows: batch,
                terms: self.terms.clone(),
            };
            ctx.hold(self.next.hand_over(message, custody));
            if last {
                return;
            }
        }
    }

    fn release_all(&mut self, release: Release, ctx: &mut Context<Self>) {
        for (part, released) in self.core.drain(&self.bin).into_iter().enumerate() {
            self.pass_on(Release { part, ..release }, &released, ctx);
        }
    }
}

impl Actor for Aggregator {
    type Context = Context<Self>;
}

impl Supervised for Aggregator {}

impl Handler<OriginalFlows> for Aggregator {
    type Result = ();

    fn handle(&mut self, batch: OriginalFlows, _: &mut Context<Self>) {
        #[cfg(test)]
        crate::simulation::tripwire(NAME);
        self.core.take_in(&batch, &self.bin);
        self.received = self.received.max(batch.received);
        self.core.account(&self.accounting);
    }
}

impl Handler<CloseTick> for Aggregator {
    type Result = ();

    fn handle(&mut self, close: CloseTick, ctx: &mut Context<Self>) {
        #[cfg(test)]
        crate::simulation::tripwire(NAME);
        let CloseTick {
            release,
            heard,
            terms,
        } = close;
        self.terms = terms;
        let released = self.core.close_tick(release.tick, heard);
        self.pass_on(release, &released, ctx);
    }
}

impl Handler<EndBlock> for Aggregator {
    type Result = ();

    fn handle(&mut self, EndBlock { release, terms }: EndBlock, ctx: &mut Context<Self>) {
        #[cfg(test)]
        crate::simulation::tripwire(NAME);
        self.terms = terms;
        let released = self.core.end_block(&self.bin);
        self.pass_on(release, &released, ctx);
    }
}

impl Handler<ReleaseAll> for Aggregator {
    type Result = ();

    fn handle(&mut self, all: ReleaseAll, ctx: &mut Context<Self>) {
        self.terms = all.terms;
        self.release_all(all.release, ctx);
    }
}

impl Handler<Barrier> for Aggregator {
    type Result = ResponseFuture<()>;

    /// Its source says first that all is to be released. If that one was given up, or
    /// that message was lost in a fall, what is held leaves now.
    fn handle(&mut self, _: Barrier, ctx: &mut Context<Self>) -> Self::Result {
        if self.core.held() > 0 {
            let tick = self.last.tick.max(self.received).next();
            let release = Release {
                run: self.last.run,
                ..Release::of(tick)
            };
            self.release_all(release, ctx);
        }
        self.next.barrier()
    }
}
