//! What makes flows of records: one of two pure cores, as the actor sees it.

use std::sync::Arc;

use flow::{AggregatedFlow, Tick};
use mediation::aggregate::{self, Heard};
use mediation::blocks::{self, BlockFlow, Blocks, Placed, Rank};

use super::{NAME, PLAN_MAX};
use crate::accounting::Accounting;
use crate::message::{Custody, OriginalFlows};
use crate::quarantine::Bin;
use crate::supervision::guard;

/// Whether records are aggregated across time, or within blocks.
#[derive(Debug)]
pub enum Core {
    /// Across time.
    Across(Box<Across>),
    /// Within blocks.
    Within(Box<Within>),
}

/// Aggregation across time.
#[derive(Debug)]
pub struct Across {
    core: aggregate::Aggregator,
    /// A plan that was applied, for its memory.
    used: aggregate::Plan,
    /// What the accounting was last told.
    told: aggregate::Counters,
    held_told: u64,
}

/// Aggregation within blocks.
#[derive(Debug)]
pub struct Within {
    core: Blocks,
    /// What the accounting was last told.
    told: blocks::Counters,
    held_told: u64,
}

/// Flows that leave together, in the order in which they are to stand if they have one.
#[derive(Debug, Default)]
pub(super) struct Released {
    pub(super) flows: Vec<AggregatedFlow>,
    /// The rank of each; `None` where the flows themselves tell their order.
    pub(super) ranks: Option<Vec<Rank>>,
}

impl From<Vec<AggregatedFlow>> for Released {
    fn from(flows: Vec<AggregatedFlow>) -> Self {
        Self { flows, ranks: None }
    }
}

impl From<Vec<BlockFlow>> for Released {
    fn from(flows: Vec<BlockFlow>) -> Self {
        let (ranks, flows) = flows.into_iter().map(|flow| (flow.rank, flow.flow)).unzip();
        Self {
            flows,
            ranks: Some(ranks),
        }
    }
}

impl From<aggregate::Aggregator> for Core {
    fn from(core: aggregate::Aggregator) -> Self {
        let told = *core.counters();
        Self::Across(Box::new(Across {
            core,
            used: aggregate::Plan::default(),
            told,
            held_told: 0,
        }))
    }
}

impl From<Blocks> for Core {
    fn from(core: Blocks) -> Self {
        let told = *core.counters();
        Self::Within(Box::new(Within {
            core,
            told,
            held_told: 0,
        }))
    }
}

impl Core {
    /// Takes a batch in; records that make it panic go to quarantine.
    pub(super) fn take_in(&mut self, batch: &OriginalFlows, bin: &Bin) {
        match self {
            Self::Across(across) => across.take_in(batch, bin),
            Self::Within(within) => within.take_in(batch),
        }
    }

    /// What a tick releases.
    pub(super) fn close_tick(&mut self, tick: Tick, heard: Arc<Heard>) -> Released {
        match self {
            Self::Across(across) => {
                let released = across.core.tick(tick);
                across.core.hear(heard);
                released.into()
            }
            Self::Within(_) => Released::default(),
        }
    }

    /// What the end of a block releases.
    pub(super) fn end_block(&mut self, bin: &Bin) -> Released {
        match self {
            Self::Across(_) => Released::default(),
            Self::Within(within) => within.end_block(Blocks::plan, bin),
        }
    }

    /// Everything that is held, in the parts in which it is to leave.
    pub(super) fn drain(&mut self, bin: &Bin) -> Vec<Released> {
        match self {
            Self::Across(across) => across
                .core
                .drain()
                .into_iter()
                .map(Released::from)
                .collect(),
            Self::Within(within) => vec![within.end_block(Blocks::plan_last, bin)],
        }
    }

    /// Records that came in and have neither been merged nor left yet.
    pub(super) fn held(&self) -> u64 {
        match self {
            Self::Across(across) => across.core.held(),
            Self::Within(within) => within.core.held() as u64,
        }
    }

    /// Brings the shared counters up to date.
    pub(super) fn account(&mut self, accounting: &Accounting) {
        let held = self.held();
        match self {
            Self::Across(across) => {
                let now = *across.core.counters();
                accounting.aggregated(&now, &across.told);
                accounting.records_held.shift(across.held_told, held);
                (across.told, across.held_told) = (now, held);
            }
            Self::Within(within) => {
                let now = *within.core.counters();
                accounting.aggregated_in_blocks(&now, &within.told);
                // Records of a block count as aggregated from the first, as others do.
                for counter in [&accounting.records_held, &accounting.records_aggregated] {
                    counter.shift(within.held_told, held);
                }
                (within.told, within.held_told) = (now, held);
            }
        }
    }
}

impl Across {
    fn take_in(&mut self, batch: &OriginalFlows, bin: &Bin) {
        for records in batch.flows.chunks(PLAN_MAX) {
            let (core, used) = (&self.core, std::mem::take(&mut self.used));
            match guard(|| core.plan(records, batch.received, used)) {
                Ok(plan) => self.used = self.core.apply(plan),
                Err(fault) => {
                    let records = Custody::Originals(Arc::new(records.to_vec()));
                    bin.put(NAME, fault, records);
                }
            }
        }
    }
}

impl Within {
    fn take_in(&mut self, batch: &OriginalFlows) {
        let places = batch.places.iter().zip(batch.flows.iter());
        let placed = places.map(|(&place, &record)| Placed { place, record });
        self.core.take_in(placed);
    }

    /// Ends the block. If its planning panics, all of its records go to quarantine: what
    /// one of them would come to rests on the others.
    fn end_block(&mut self, plan: fn(&Blocks) -> blocks::Plan, bin: &Bin) -> Released {
        let core = &self.core;
        match guard(|| plan(core)) {
            Ok(plan) => self.core.end_block(plan).into(),
            Err(fault) => {
                let records = self.core.set_aside();
                let records = records.iter().map(|placed| placed.record).collect();
                bin.put(NAME, fault, Custody::Originals(Arc::new(records)));
                Released::default()
            }
        }
    }
}
