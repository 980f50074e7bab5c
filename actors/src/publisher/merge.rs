//! Lanes merged, release by release.

use std::collections::BTreeMap;

use flow::Tick;
use mediation::anonymize::AnonymizedFlow;
use mediation::blocks::Order;
use protocol::Block;

use crate::message::{AnonymizedFlows, FlowOrder, Origin, Release};
use crate::terms::Terms;

/// Releases of several lanes on their way to becoming blocks.
#[derive(Debug)]
pub(super) struct Merge {
    /// The last release each lane has come to the end of.
    done: Vec<Option<Release>>,
    pending: BTreeMap<Release, Pending>,
}

/// What has come of a release.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) flows: Vec<AnonymizedFlow>,
    /// Their order, if they do not tell it themselves.
    order: Option<Order>,
    /// What they leave under, the same for all lanes.
    pub(super) terms: Terms,
}

/// What is complete.
#[derive(Debug)]
pub(super) struct Complete {
    /// The releases that were not before and have flows, in order.
    pub(super) releases: Vec<(Release, Pending)>,
    /// The last release that every lane has come to the end of; `None` if there is none.
    pub(super) until: Option<Release>,
}

impl Pending {
    pub(super) const fn new(terms: Terms) -> Self {
        Self {
            flows: Vec::new(),
            order: None,
            terms,
        }
    }

    fn take_in(&mut self, order: &FlowOrder, flows: &mut Vec<AnonymizedFlow>) {
        self.flows.append(flows);
        if let FlowOrder::OfBlock(ranks) = order {
            self.order.get_or_insert_default().extend(ranks);
        }
    }

    /// The flows in their order.
    pub(super) fn in_order(self) -> Vec<AnonymizedFlow> {
        let Self {
            mut flows, order, ..
        } = self;
        match order {
            Some(order) => order.sort(&mut flows),
            None => flows.sort_unstable_by(AnonymizedFlow::stream_order),
        }
        flows
    }

    /// The blocks that they are, from a position on.
    pub(super) fn blocks(self, first_seq: u64, tick: Tick) -> Vec<Block> {
        let key = self.terms.anonymization.key();
        Block::in_order(first_seq, tick, key, self.in_order())
    }
}

impl Merge {
    pub(super) fn new(lanes: usize) -> Self {
        Self {
            done: vec![None; lanes],
            pending: BTreeMap::new(),
        }
    }

    /// Takes flows in; tells what is complete now.
    pub(super) fn take_in(&mut self, message: AnonymizedFlows) -> Complete {
        let AnonymizedFlows {
            from,
            mut flows,
            terms,
        } = message;
        let Origin {
            lane,
            release,
            last,
            order,
        } = from;
        if !flows.is_empty() {
            let pending = self.pending.entry(release);
            let pending = pending.or_insert_with(|| Pending::new(terms));
            pending.take_in(&order, &mut flows);
        }
        if let Some(done) = self.done.get_mut(lane).filter(|_| last) {
            *done = (*done).max(Some(release));
        }
        // `None` sorts first: a lane that has not come to any end yet.
        let until = self.done.iter().min().copied().flatten();
        let releases = until.map_or_else(Vec::new, |complete| {
            let later = self.pending.split_off(&complete.next());
            let complete = std::mem::replace(&mut self.pending, later);
            complete.into_iter().collect()
        });
        Complete { releases, until }
    }

    /// Everything that has come, complete or not, in order.
    pub(super) fn take_all(&mut self) -> Vec<(Release, Pending)> {
        std::mem::take(&mut self.pending).into_iter().collect()
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
            terms: sample::terms(serde_json::Value::Null),
        }
    }

    fn complete(merge: &mut Merge, message: AnonymizedFlows) -> Vec<(i64, usize)> {
        merge
            .take_in(message)
            .releases
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
