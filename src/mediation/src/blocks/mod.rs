//! Aggregation within blocks, as the original system of 2019 did it: so many records, in
//! order of receipt, are merged among themselves, and nothing is known of those before
//! and after.
//!
//! It is here so that published work can be reproduced; [`crate::aggregate`] is what
//! flows are. Within a block, records of one key stand in the order of their starts.
//!
//! * **TCP**: a flow ends with the record that has FIN or RST.
//! * **UDP**: a flow ends before a gap longer than the limit.
//! * **Other protocols**: each record is a flow.
//!
//! What the original left out without a word is left out by [`Rules`], each reason with
//! a switch and a counter.

mod border;
mod counters;
mod order;
mod outcome;
mod rules;
mod run;

use flow::{AggregatedFlow, OriginalFlow};

pub use border::{Border, Places};
pub use counters::{Amount, Counters, LeftOut};
pub use order::Order;
use outcome::Outcome;
pub use rules::Rules;

/// The most records of a message: it has at most 65,535 octets (RFC 7011, 3.1).
const MESSAGE_RECORDS_MAX: usize = 65_535;

/// A record with its place in its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its place in order of receipt, over all lanes, from 0; no other record of the block
    /// has it.
    pub place: u32,
    /// The record.
    pub record: OriginalFlow,
}

/// Where a flow stands in the order of its block.
///
/// Keys stand in the order in which they first appear in the block sorted by start and
/// place, whether or not that record is left out. Flows of one key stand in the order of
/// their first records. So the flows of all lanes, sorted by this, are those of one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// Start and place of the key's first record.
    key: (i64, u32),
    /// Start and place of the flow's first record.
    own: (i64, u32),
}

impl Rank {
    /// The place of the flow's first record, as the flow has it.
    #[must_use]
    pub const fn place(&self) -> u32 {
        self.own.1
    }
}

/// A flow of a block. The derived order is that of the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockFlow {
    /// Where it stands.
    pub rank: Rank,
    /// The flow, with its place in the block.
    pub flow: AggregatedFlow,
}

/// What the end of a block would change; applying it cannot fail.
#[derive(Debug)]
pub struct Plan {
    /// How many records it is about.
    records: usize,
    outcome: Outcome,
}

/// The records of one lane in the block that goes on.
#[derive(Debug)]
pub struct Blocks {
    rules: Rules,
    block: Vec<Placed>,
    counters: Counters,
}

impl Blocks {
    /// An empty block. Where it ends is for the caller to say, by a [`Border`] over all
    /// lanes.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            block: Vec::new(),
            counters: Counters::default(),
        }
    }

    /// The most records that are held: those of a block, and of the message that ends it.
    fn records_max(&self) -> usize {
        let block = usize::try_from(self.rules.block_records).unwrap_or(usize::MAX);
        block.saturating_add(MESSAGE_RECORDS_MAX)
    }

    /// Takes records in. Moves values only; what finds no room is left out and counted.
    pub fn take_in(&mut self, records: impl IntoIterator<Item = Placed>) {
        let room = self.records_max().saturating_sub(self.block.len());
        let mut records = records.into_iter();
        self.block.extend(records.by_ref().take(room));
        for beyond in records {
            let counters = &mut self.counters;
            counters.leave_out_record(&beyond.record, &self.rules, LeftOut::NoRoom);
        }
    }

    /// What the records come to if the block ends after them.
    #[must_use]
    pub fn plan(&self) -> Plan {
        Plan {
            records: self.block.len(),
            outcome: Outcome::of(&self.block, &self.rules),
        }
    }

    /// What the records come to if the run ends after them.
    #[must_use]
    pub fn plan_last(&self) -> Plan {
        if !self.rules.last_part_left_out {
            return self.plan();
        }
        Plan {
            records: self.block.len(),
            outcome: Outcome::leave_out(&self.block, &self.rules, LeftOut::LastPart),
        }
    }

    /// Ends the block: its flows in their order. Records that came after the plan was made
    /// begin the next one.
    pub fn end_block(&mut self, plan: Plan) -> Vec<BlockFlow> {
        let planned = plan.records.min(self.block.len());
        self.block.drain(..planned);
        self.counters += &plan.outcome.counters;
        plan.outcome.flows
    }

    /// Takes the records back out, for a block whose planning failed: they are then not
    /// counted here.
    pub fn set_aside(&mut self) -> Vec<Placed> {
        std::mem::take(&mut self.block)
    }

    /// What the blocks that ended came to.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Records of the block that goes on; they are not counted yet.
    #[must_use]
    pub fn held(&self) -> usize {
        self.block.len()
    }
}

#[cfg(test)]
mod tests;
