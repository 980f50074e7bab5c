//! The Publisher: merges the lanes tick by tick into one stream with positions.
//!
//! A block is what one tick released on all lanes, in an order that depends on the flows
//! alone, or what one block of records came to, in the order of that. It is complete once
//! every lane has come to the end of that tick or gone beyond; so a lane that lost its
//! message of a tick holds nothing up.
//!
//! Where flows are rolled up, it is done here, since flows of one key are on all lanes:
//! what would be blocks is summed, and the sums are the blocks.

mod merge;
mod sums;

use std::sync::Arc;

use actix::prelude::*;
use mediation::rollup::RollUp;
use protocol::Block;

use crate::accounting::Accounting;
use crate::message::{AnonymizedFlows, Barrier, Custody, Publish, Record};
use crate::quarantine::Bin;
use crate::ring::{BLOCKS_MIN, Ring};
use crate::supervision::{Courier, Fault};
use crate::terms::Terms;
use crate::wait::Wait;
use merge::{Complete, Merge};
use sums::{Leaving, Sums};

/// The name in logs and quarantine.
pub const NAME: &str = "publisher";

/// Where blocks go besides the ring.
pub type ToRecorder = Option<Recipient<Record>>;

/// The stage behind all lanes.
pub struct Publisher {
    merge: Merge,
    /// Where flows are rolled up.
    sums: Option<Sums>,
    next_seq: u64,
    ring: Arc<Ring>,
    recorder: Option<Courier<Record>>,
    bin: Bin,
    accounting: Arc<Accounting>,
}

impl Publisher {
    /// A Publisher of so many lanes that goes on at the ring's position.
    #[must_use]
    pub fn new(
        lanes: usize,
        ring: Arc<Ring>,
        recorder: ToRecorder,
        bin: Bin,
        accounting: Arc<Accounting>,
    ) -> Self {
        // The Recorder may be some blocks behind, but never so many that the ring has
        // lost what is not written yet.
        let window = BLOCKS_MIN / 2;
        let recorder = recorder.map(|next| Courier::new(NAME, next, bin.clone(), window));
        Self {
            merge: Merge::new(lanes),
            sums: None,
            next_seq: ring.next_seq(),
            ring,
            recorder,
            bin,
            accounting,
        }
    }

    /// The same, with flows rolled up.
    #[must_use]
    pub fn with_rollup(mut self, rollup: Option<RollUp>) -> Self {
        self.sums = rollup.map(Sums::new);
        self
    }

    /// Publishes what is complete, or what it adds up to and is due.
    fn publish_complete(&mut self, complete: Complete, ctx: &mut Context<Self>) {
        let Complete { releases, until } = complete;
        let Some(sums) = &mut self.sums else {
            for (release, pending) in releases {
                let terms = pending.terms.clone();
                let blocks = pending.blocks(self.next_seq, release.tick);
                self.publish(blocks, &terms, ctx);
            }
            return;
        };
        let mut leaving = Vec::new();
        for (release, pending) in releases {
            leaving.extend(sums.take_in(release, pending, |fault, flow| {
                let flow = Custody::Anonymized(Arc::new(vec![flow]));
                self.bin.put(NAME, fault, flow);
            }));
        }
        if let Some(until) = until {
            leaving.extend(sums.advance(until));
        }
        sums.account(&self.accounting);
        self.publish_sums(leaving, ctx);
    }

    fn publish_sums(&mut self, leaving: Vec<Leaving>, ctx: &mut Context<Self>) {
        for Leaving { tick, sums, terms } in leaving {
            let key = terms.anonymization.key();
            let blocks = Block::in_order(self.next_seq, tick, key, sums);
            self.publish(blocks, &terms, ctx);
        }
    }

    fn publish(&mut self, blocks: Vec<Block>, terms: &Terms, ctx: &mut Context<Self>) {
        for block in blocks {
            let block = Arc::new(block);
            self.add(&block);
            if let Some(recorder) = &self.recorder {
                let record = Record {
                    block: Arc::clone(&block),
                    terms: terms.clone(),
                };
                ctx.hold(recorder.hand_over(record, Custody::Block(block)));
            }
        }
    }

    fn add(&mut self, block: &Arc<Block>) {
        self.next_seq = block.next_seq();
        self.accounting.flows_published.add_len(block.flows().len());
        self.accounting.blocks_published.add(1);
        self.ring.push(Arc::clone(block));
    }
}

impl Actor for Publisher {
    type Context = Context<Self>;
}

impl Supervised for Publisher {}

impl Handler<AnonymizedFlows> for Publisher {
    type Result = ();

    fn handle(&mut self, message: AnonymizedFlows, ctx: &mut Context<Self>) {
        #[cfg(test)]
        crate::simulation::tripwire(NAME);
        let complete = self.merge.take_in(message);
        self.publish_complete(complete, ctx);
    }
}

/// A block of a prepared dataset that is replayed: it keeps its positions.
impl Handler<Publish> for Publisher {
    type Result = ();

    fn handle(&mut self, Publish(block): Publish, _: &mut Context<Self>) {
        self.add(&block);
    }
}

impl Handler<Barrier> for Publisher {
    type Result = ResponseFuture<()>;

    /// A lane that was given up comes to no further end. What the others let go is not
    /// held up by it.
    fn handle(&mut self, _: Barrier, ctx: &mut Context<Self>) -> Self::Result {
        let releases = self.merge.take_all();
        let until = None;
        self.publish_complete(Complete { releases, until }, ctx);
        if let Some(sums) = &mut self.sums {
            let leaving = sums.drain();
            sums.account(&self.accounting);
            self.publish_sums(leaving, ctx);
        }
        match &self.recorder {
            Some(recorder) => recorder.barrier(),
            None => Box::pin(std::future::ready(())),
        }
    }
}

/// What a Publisher that is given up has not published is not lost.
impl Drop for Publisher {
    fn drop(&mut self) {
        let put = |flows| {
            let fault = Fault::new("the publisher ended before their tick was complete");
            self.bin
                .put(NAME, fault, Custody::Anonymized(Arc::new(flows)));
        };
        for (_, pending) in self.merge.take_all() {
            put(pending.flows);
        }
        if let Some(sums) = &mut self.sums {
            let leaving = sums.drain();
            sums.account(&self.accounting);
            leaving.into_iter().for_each(|leaving| put(leaving.sums));
        }
    }
}
