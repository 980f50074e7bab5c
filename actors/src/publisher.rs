//! The Publisher: merges the lanes tick by tick into one stream with positions.
//!
//! A block is what one tick released on all lanes, in an order that depends on the flows
//! alone, or what one block of records came to, in the order of that. It is complete once
//! every lane has come to the end of that tick or gone beyond; so a lane that lost its
//! message of a tick holds nothing up.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix::prelude::*;
use flow::Tick;
use mediation::anonymize::AnonymizedFlow;
use mediation::blocks::Order;
use protocol::Block;

use crate::accounting::Accounting;
use crate::edition::Edition;
use crate::message::{
    AnonymizedFlows, Barrier, Custody, FlowOrder, Origin, Publish, Record, Release,
};
use crate::quarantine::Bin;
use crate::ring::{BLOCKS_MIN, Ring};
use crate::supervision::{Courier, Fault};
use crate::wait::Wait;

/// The name in logs and quarantine.
pub const NAME: &str = "publisher";

/// Releases of several lanes on their way to becoming blocks.
#[derive(Debug)]
struct Merge {
    /// The last release each lane has come to the end of.
    done: Vec<Option<Release>>,
    pending: BTreeMap<Release, Pending>,
}

/// What has come of a release.
#[derive(Debug)]
struct Pending {
    flows: Vec<AnonymizedFlow>,
    /// Their order, if they do not tell it themselves.
    order: Option<Order>,
    /// The databases that they were looked up in, the same for all lanes.
    edition: Arc<Edition>,
}

impl Pending {
    const fn new(edition: Arc<Edition>) -> Self {
        Self {
            flows: Vec::new(),
            order: None,
            edition,
        }
    }

    fn take_in(&mut self, order: &FlowOrder, flows: &mut Vec<AnonymizedFlow>) {
        self.flows.append(flows);
        if let FlowOrder::OfBlock(ranks) = order {
            self.order.get_or_insert_default().extend(ranks);
        }
    }

    /// The blocks that they are, from a position on.
    fn blocks(self, first_seq: u64, tick: Tick) -> Vec<Block> {
        let Self {
            mut flows, order, ..
        } = self;
        let Some(order) = order else {
            return Block::of_tick(first_seq, tick, flows);
        };
        order.sort(&mut flows);
        Block::in_order(first_seq, tick, flows)
    }
}

impl Merge {
    fn new(lanes: usize) -> Self {
        Self {
            done: vec![None; lanes],
            pending: BTreeMap::new(),
        }
    }

    /// Takes flows in; gives the releases that are complete now, in order.
    fn take_in(&mut self, message: AnonymizedFlows) -> Vec<(Release, Pending)> {
        let AnonymizedFlows {
            from,
            mut flows,
            edition,
        } = message;
        let Origin {
            lane,
            release,
            last,
            order,
        } = from;
        if !flows.is_empty() {
            let pending = self.pending.entry(release);
            let pending = pending.or_insert_with(|| Pending::new(edition));
            pending.take_in(&order, &mut flows);
        }
        if let Some(done) = self.done.get_mut(lane).filter(|_| last) {
            *done = (*done).max(Some(release));
        }
        // `None` sorts first: a lane that has not come to any end yet.
        let Some(complete) = self.done.iter().min().copied().flatten() else {
            return Vec::new();
        };
        let later = self.pending.split_off(&complete.next());
        std::mem::replace(&mut self.pending, later)
            .into_iter()
            .collect()
    }
}

/// Where blocks go besides the ring.
pub type ToRecorder = Option<Recipient<Record>>;

/// The stage behind all lanes.
pub struct Publisher {
    merge: Merge,
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
            next_seq: ring.next_seq(),
            ring,
            recorder,
            bin,
            accounting,
        }
    }

    /// Publishes what a tick released, in as many blocks as its size asks for.
    fn publish(&mut self, tick: Tick, pending: Pending, ctx: &mut Context<Self>) {
        let edition = Arc::clone(&pending.edition);
        for block in pending.blocks(self.next_seq, tick) {
            let block = Arc::new(block);
            self.add(&block);
            if let Some(recorder) = &self.recorder {
                let record = Record {
                    block: Arc::clone(&block),
                    edition: Arc::clone(&edition),
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
        for (release, pending) in self.merge.take_in(message) {
            self.publish(release.tick, pending, ctx);
        }
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
        for (release, pending) in std::mem::take(&mut self.merge.pending) {
            self.publish(release.tick, pending, ctx);
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
        for Pending { flows, .. } in std::mem::take(&mut self.merge.pending).into_values() {
            let fault = Fault::new("the publisher ended before their tick was complete");
            self.bin
                .put(NAME, fault, Custody::Anonymized(Arc::new(flows)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn flows(lane: usize, tick: i64, last: bool, count: usize) -> AnonymizedFlows {
        let from = Origin {
            lane,
            release: Release::of(Tick::from_secs(tick)),
            last,
            order: FlowOrder::OfStream,
        };
        AnonymizedFlows {
            from,
            flows: sample::anonymized(count),
            edition: sample::edition(serde_json::Value::Null),
        }
    }

    fn complete(merge: &mut Merge, message: AnonymizedFlows) -> Vec<(i64, usize)> {
        merge
            .take_in(message)
            .into_iter()
            .map(|(release, pending)| (release.tick.secs(), pending.flows.len()))
            .collect()
    }

    #[test]
    fn a_tick_is_complete_when_every_lane_is_through_with_it() {
        let mut merge = Merge::new(2);
        assert_eq!(complete(&mut merge, flows(0, 1, false, 2)), []);
        assert_eq!(complete(&mut merge, flows(0, 1, true, 3)), []);
        assert_eq!(complete(&mut merge, flows(0, 2, true, 1)), []);
        assert_eq!(complete(&mut merge, flows(1, 1, true, 4)), [(1, 9)]);
        assert_eq!(complete(&mut merge, flows(1, 2, true, 0)), [(2, 1)]);
        assert_eq!(
            complete(&mut merge, flows(0, 3, true, 0)),
            [],
            "no flows, no block"
        );
    }

    #[test]
    fn a_lane_that_lost_a_tick_holds_nothing_up() {
        let mut merge = Merge::new(2);
        assert_eq!(complete(&mut merge, flows(0, 1, true, 1)), []);
        assert_eq!(complete(&mut merge, flows(0, 2, true, 1)), []);
        assert_eq!(complete(&mut merge, flows(1, 2, true, 1)), [(1, 1), (2, 2)]);
    }
}
