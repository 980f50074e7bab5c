//! The Aggregator: makes whole flows of the records of its lane.

use std::sync::Arc;

use actix::prelude::*;
use flow::{AggregatedFlow, Tick};
use mediation::aggregate;

use crate::accounting::Accounting;
use crate::message::{
    AggregatedFlows, Barrier, CloseTick, Custody, Origin, OriginalFlows, Release, ReleaseAll,
};
use crate::quarantine::Bin;
use crate::supervision::{Courier, guard};
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
    core: aggregate::Aggregator,
    /// A plan that was applied, for its memory.
    used: aggregate::Plan,
    /// What `accounting` was last told of the core.
    told: aggregate::Counters,
    held_told: u64,
    /// The last release it passed on, and the last second in which it took records in.
    last: Release,
    received: Tick,
    next: Courier<AggregatedFlows>,
    bin: Bin,
    accounting: Arc<Accounting>,
}

impl Aggregator {
    /// The Aggregator of a lane.
    #[must_use]
    pub fn new(
        lane: usize,
        core: aggregate::Aggregator,
        next: Recipient<AggregatedFlows>,
        bin: Bin,
        accounting: Arc<Accounting>,
    ) -> Self {
        let told = *core.counters();
        let next = Courier::new(NAME, next, bin.clone(), 1);
        Self {
            lane,
            core,
            used: aggregate::Plan::default(),
            told,
            held_told: 0,
            last: Release::of(Tick::default()),
            received: Tick::default(),
            next,
            bin,
            accounting,
        }
    }

    /// Brings the shared counters up to date with the core's.
    fn account(&mut self) {
        let now = *self.core.counters();
        self.accounting.aggregated(&now, &self.told);
        let held = self.core.held();
        self.accounting.records_held.shift(self.held_told, held);
        (self.told, self.held_told) = (now, held);
    }

    /// Hands over what was released, at least one message, the last marked so.
    fn pass_on(&mut self, release: Release, flows: &[AggregatedFlow], ctx: &mut Context<Self>) {
        self.account();
        self.last = release;
        let mut batches = flows.chunks(BATCH_MAX);
        loop {
            let batch = Arc::new(batches.next().unwrap_or_default().to_vec());
            let last = batches.len() == 0;
            let from = Origin {
                lane: self.lane,
                release,
                last,
            };
            let custody = Custody::Aggregated(Arc::clone(&batch));
            ctx.hold(
                self.next
                    .hand_over(AggregatedFlows { from, flows: batch }, custody),
            );
            if last {
                return;
            }
        }
    }

    fn release_all(&mut self, release: Release, ctx: &mut Context<Self>) {
        for (part, released) in self.core.drain().into_iter().enumerate() {
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

    fn handle(&mut self, OriginalFlows { flows, received }: OriginalFlows, _: &mut Context<Self>) {
        #[cfg(test)]
        crate::simulation::tripwire(NAME);
        for records in flows.chunks(PLAN_MAX) {
            let (core, used) = (&self.core, std::mem::take(&mut self.used));
            match guard(|| core.plan(records, received, used)) {
                Ok(plan) => self.used = self.core.apply(plan),
                Err(fault) => {
                    let records = Custody::Originals(Arc::new(records.to_vec()));
                    self.bin.put(NAME, fault, records);
                }
            }
        }
        self.received = self.received.max(received);
        self.account();
    }
}

impl Handler<CloseTick> for Aggregator {
    type Result = ();

    fn handle(&mut self, close: CloseTick, ctx: &mut Context<Self>) {
        #[cfg(test)]
        crate::simulation::tripwire(NAME);
        let CloseTick { release, heard } = close;
        let released = self.core.tick(release.tick);
        self.core.hear(heard);
        self.pass_on(release, &released, ctx);
    }
}

impl Handler<ReleaseAll> for Aggregator {
    type Result = ();

    fn handle(&mut self, ReleaseAll(release): ReleaseAll, ctx: &mut Context<Self>) {
        self.release_all(release, ctx);
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
