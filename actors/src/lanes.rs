//! The way from a source to the lanes: records by the hash of their key, ticks to all.

use std::sync::Arc;

use actix::prelude::*;
use flow::{OriginalFlow, Tick};
use mediation::aggregate::Heard;
use mediation::anonymize::Key;

use crate::edition::Edition;
use crate::message::{CloseTick, Custody, EndBlock, OriginalFlows, Release, ReleaseAll};
use crate::quarantine::Bin;
use crate::supervision::{Courier, HandOver};
use crate::terms::{Calendar, Terms};

/// Batches that may be on their way to a lane, so that it works while the source reads.
const WINDOW: usize = 8;

/// One lane as its source sees it.
#[derive(Clone)]
pub struct LaneEntry {
    /// Takes records.
    pub flows: Recipient<OriginalFlows>,
    /// Takes ticks.
    pub ticks: Recipient<CloseTick>,
    /// Takes the end of a block.
    pub blocks: Recipient<EndBlock>,
    /// Takes the end of a run.
    pub ends: Recipient<ReleaseAll>,
}

struct Lane {
    flows: Courier<OriginalFlows>,
    ticks: Courier<CloseTick>,
    blocks: Courier<EndBlock>,
    ends: Courier<ReleaseAll>,
    buffer: Vec<OriginalFlow>,
    /// The places of what is in the buffer, if they have any.
    places: Vec<u32>,
}

/// All lanes of a source.
pub struct Lanes {
    lanes: Vec<Lane>,
    calendar: Calendar,
    scratch: Vec<OriginalFlow>,
    buffer: Vec<OriginalFlow>,
}

impl Lanes {
    /// The lanes of `stage`; at least one. What they release leaves under the terms that
    /// count at its tick.
    #[must_use]
    pub fn new(
        stage: &'static str,
        entries: Vec<LaneEntry>,
        calendar: Calendar,
        bin: &Bin,
    ) -> Self {
        let lane = |entry: LaneEntry| Lane {
            flows: Courier::new(stage, entry.flows, bin.clone(), WINDOW),
            ticks: Courier::new(stage, entry.ticks, bin.clone(), WINDOW),
            blocks: Courier::new(stage, entry.blocks, bin.clone(), WINDOW),
            ends: Courier::new(stage, entry.ends, bin.clone(), 1),
            buffer: Vec::new(),
            places: Vec::new(),
        };
        let lanes = entries.into_iter().map(lane).collect();
        Self {
            lanes,
            calendar,
            scratch: Vec::new(),
            buffer: Vec::new(),
        }
    }

    /// An empty buffer for records on their way to the lanes.
    pub fn buffer(&mut self) -> Vec<OriginalFlow> {
        std::mem::take(&mut self.buffer)
    }

    /// An empty buffer for the records of one datagram.
    pub fn scratch(&mut self) -> Vec<OriginalFlow> {
        std::mem::take(&mut self.scratch)
    }

    /// Takes a datagram's buffer back for the next.
    pub fn keep_scratch(&mut self, mut scratch: Vec<OriginalFlow>) {
        scratch.clear();
        self.scratch = scratch;
    }

    /// Hands records received in one second to their lanes; `hold` takes what to wait
    /// for. Where they have places in a block, `first_place` is that of the first, and
    /// those of the others follow. An empty buffer comes back.
    pub fn spread(
        &mut self,
        mut flows: Vec<OriginalFlow>,
        first_place: Option<u32>,
        received: Tick,
        mut hold: impl FnMut(HandOver),
    ) -> Vec<OriginalFlow> {
        let count = self.lanes.len();
        let mut places = first_place.map(|first| first..=u32::MAX);
        if count > 1 {
            for flow in flows.drain(..) {
                let lane = flow.key.partition().lane(count);
                let place = places.as_mut().and_then(Iterator::next);
                if let Some(lane) = self.lanes.get_mut(lane) {
                    lane.buffer.push(flow);
                    lane.places.extend(place);
                }
            }
        } else if let Some(lane) = self.lanes.first_mut() {
            lane.places
                .extend(places.into_iter().flatten().take(flows.len()));
            std::mem::swap(&mut lane.buffer, &mut flows);
        }
        for lane in self.lanes.iter_mut().filter(|lane| !lane.buffer.is_empty()) {
            let room = Vec::with_capacity(lane.buffer.len());
            let batch = Arc::new(std::mem::replace(&mut lane.buffer, room));
            let custody = Custody::Originals(Arc::clone(&batch));
            let message = OriginalFlows {
                flows: batch,
                places: std::mem::take(&mut lane.places),
                received,
            };
            hold(lane.flows.hand_over(message, custody));
        }
        flows
    }

    /// What is released from a tick on, or from now on, is looked up in this edition.
    pub fn adopt(&mut self, from: Option<Tick>, edition: Arc<Edition>) {
        self.calendar.adopt(from, edition);
    }

    /// Another master key counts from a tick on, or from now on.
    pub fn adopt_key(&mut self, from: Option<Tick>, key: Arc<Key>) {
        self.calendar.adopt_key(from, key);
    }

    /// What the flows of a tick leave under. Ticks ascend within a run.
    pub fn terms(&mut self, tick: Tick) -> Terms {
        self.calendar.at(tick)
    }

    /// Tells every lane that a tick is over, and what is known of exporters then, and under
    /// which terms the flows that it releases leave.
    #[must_use]
    pub fn close_tick(&mut self, release: Release, heard: &Arc<Heard>) -> HandOver {
        let terms = &self.terms(release.tick);
        let tell = |lane: &Lane| {
            let close = CloseTick {
                release,
                heard: Arc::clone(heard),
                terms: terms.clone(),
            };
            lane.ticks.hand_over(close, Custody::Nothing)
        };
        all(self.lanes.iter().map(tell))
    }

    /// Tells every lane that a block of records ends here.
    #[must_use]
    pub fn end_block(&mut self, release: Release) -> HandOver {
        let terms = &self.terms(release.tick);
        let tell = |lane: &Lane| {
            let terms = terms.clone();
            let end = EndBlock { release, terms };
            lane.blocks.hand_over(end, Custody::Nothing)
        };
        all(self.lanes.iter().map(tell))
    }

    /// Tells every lane to release all it holds.
    #[must_use]
    pub fn release_all(&mut self, release: Release) -> HandOver {
        let terms = &self.terms(release.tick);
        let tell = |lane: &Lane| {
            let terms = terms.clone();
            let all = ReleaseAll { release, terms };
            lane.ends.hand_over(all, Custody::Nothing)
        };
        all(self.lanes.iter().map(tell))
    }

    /// Whether a lane has not answered for as much as may be on its way to it.
    #[must_use]
    pub fn are_behind(&self) -> bool {
        let mut lanes = self.lanes.iter();
        lanes.any(|lane| !lane.flows.has_room() || !lane.ticks.has_room())
    }

    /// What to wait for until every lane has answered for everything.
    #[must_use]
    pub fn all_landed(&self) -> HandOver {
        let landed = |lane: &Lane| {
            all([
                lane.flows.all_landed(),
                lane.ticks.all_landed(),
                lane.blocks.all_landed(),
                lane.ends.all_landed(),
            ]
            .into_iter())
        };
        all(self.lanes.iter().map(landed))
    }
}

/// One thing to wait for in place of several.
fn all(hand_overs: impl Iterator<Item = HandOver>) -> HandOver {
    let waits: Vec<_> = hand_overs.flatten().collect();
    if waits.is_empty() {
        return None;
    }
    Some(Box::pin(async move {
        for wait in waits {
            wait.await;
        }
    }))
}
