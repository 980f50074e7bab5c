//! The Intermediate Aggregation Process: Original Flows across time become whole flows
//! (RFC 7015).
//!
//! When is a flow over? An exporter cuts long flows at its active timeout and reports
//! them in pieces, each up to that timeout late. Two records of one key and one
//! exporter are one flow if the gap between them, on the exporter's clock, is at most
//! the idle timeout. A flow leaves
//!
//! * once its end was seen (FIN, RST, flowEndReason 3) and a linger has passed,
//! * or when no further piece can come: the pipeline's clock has passed its last packet
//!   by the idle timeout, the exporter's active timeout and some slack,
//! * or in part, when it has lasted the longest lifetime; what follows is a new part.
//!
//! Flows leave at ticks and at nothing else, and no state depends on where a batch
//! begins. The same 5-tuple from two exporters is kept apart, so that no packet is
//! counted twice within a flow.
//!
//! ```text
//!            record                      end seen
//!   (none) ---------> waiting ---------------------------> lingering
//!                      |   ^  record within idle timeout    |  ^  late record
//!                      |   +-----------------------------   |  +-----------
//!         deadline, or |                                    | linger over, or a SYN
//!         a longer gap v                                    v of the next connection
//!                     due  <--------------------------------+
//!                      | tick
//!                      v
//!                   released
//! ```

mod counters;
mod state;
mod table;
mod wheel;

use std::collections::BTreeMap;
use std::net::IpAddr;

use flow::{AggregatedFlow, EndReason, OriginalFlow, PARTITIONS, Tick};

pub use counters::Counters;
use state::{FlowState, Joins};
use table::{FlowId, Slot, Table};
use wheel::Wheel;

/// Times by which flows end, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// The longest gap within a flow.
    pub idle_ms: i64,
    /// After how long exporters cut a flow and report it in pieces.
    pub exporter_active_ms: i64,
    /// The same, of exporters that differ, by address.
    pub exporter_active_ms_of: BTreeMap<IpAddr, i64>,
    /// For datagrams that come late.
    pub slack_ms: i64,
    /// How long a flow whose end was seen waits for late records.
    pub linger_ms: i64,
    /// When a part of a flow leaves although it goes on.
    pub longest_lifetime_ms: i64,
}

impl Timeouts {
    /// How long after its last packet a flow of this exporter may still get a record.
    fn waiting_ms(&self, exporter: IpAddr) -> i64 {
        let active = if self.exporter_active_ms_of.is_empty() {
            self.exporter_active_ms
        } else {
            *self
                .exporter_active_ms_of
                .get(&exporter)
                .unwrap_or(&self.exporter_active_ms)
        };
        self.idle_ms
            .saturating_add(active)
            .saturating_add(self.slack_ms)
    }

    /// After how many seconds without a record every flow has left.
    #[must_use]
    pub fn horizon_secs(&self) -> i64 {
        let longest = self
            .exporter_active_ms_of
            .values()
            .copied()
            .max()
            .unwrap_or(0);
        let active = longest.max(self.exporter_active_ms);
        let waiting = self
            .idle_ms
            .saturating_add(active)
            .saturating_add(self.slack_ms);
        waiting.max(self.linger_ms).saturating_add(2_000) / 1_000
    }
}

/// What one record asks for, worked out before anything is changed.
#[derive(Debug)]
struct Step {
    id: FlowId,
    hash: u64,
    piece: FlowState,
    waiting_ms: i64,
}

/// What a batch would change; applying it cannot fail.
#[derive(Debug)]
pub struct Plan {
    steps: Vec<Step>,
    received: Tick,
}

/// Flows in the making, keyed by Flow Key and exporter.
#[derive(Debug)]
pub struct Aggregator {
    timeouts: Timeouts,
    table: Table,
    wheel: Wheel,
    /// Live flows of each partition, and how many it may have.
    live: [usize; PARTITIONS],
    live_max: usize,
    /// Over, and waiting for the next tick.
    due: Vec<AggregatedFlow>,
    counters: Counters,
}

impl Aggregator {
    /// An empty state. `flows_max` bounds the live flows over all lanes; each partition
    /// has an equal share of it. `seed` is for the hash table alone: nothing that leaves
    /// depends on it.
    #[must_use]
    pub fn new(timeouts: Timeouts, flows_max: usize, seed: u64) -> Self {
        Self {
            timeouts,
            table: Table::new(seed),
            wheel: Wheel::default(),
            live: [0; PARTITIONS],
            live_max: flows_max.div_ceil(PARTITIONS).max(1),
            due: Vec::new(),
            counters: Counters::default(),
        }
    }

    /// What records received within the second `received` ask for.
    #[must_use]
    pub fn plan(&self, flows: &[OriginalFlow], received: Tick) -> Plan {
        let step = |flow: &OriginalFlow| {
            let id = FlowId {
                key: flow.key,
                exporter: flow.exporter,
                icmp: flow.icmp,
            };
            Step {
                hash: self.table.hash(&id),
                id,
                piece: FlowState::new(flow),
                waiting_ms: self.timeouts.waiting_ms(flow.exporter.addr),
            }
        };
        Plan {
            steps: flows.iter().map(step).collect(),
            received,
        }
    }

    /// Takes the records in. Moves values only: nothing in it depends on their content
    /// being sane.
    pub fn apply(&mut self, plan: Plan) {
        for step in plan.steps {
            self.counters.take_in(step.piece.flow());
            self.take_in(&step, plan.received);
        }
    }

    fn take_in(&mut self, step: &Step, received: Tick) {
        let Some(slot) = self.table.find(step.hash, &step.id) else {
            return self.begin(step, received);
        };
        let Some(state) = self.table.state_mut(slot) else {
            return;
        };
        match state.joins(&step.piece, self.timeouts.idle_ms) {
            Joins::Merge => {
                state.merge(&step.piece);
                self.counters.merged += 1;
                self.schedule(slot, step.waiting_ms, received);
            }
            Joins::Succeed(reason) => {
                let next = step.piece.clone();
                let over = std::mem::replace(state, next).release(reason);
                self.due.push(over);
                self.schedule(slot, step.waiting_ms, received);
            }
            Joins::Precede => self.due.push(step.piece.clone().release(EndReason::Idle)),
        }
    }

    /// A record without a live flow begins one, or leaves alone where there is no room.
    fn begin(&mut self, step: &Step, received: Tick) {
        let partition = step.id.key.partition().index();
        let live = self.live.get_mut(partition);
        match live {
            Some(live) if *live < self.live_max => {
                *live += 1;
                let slot = self.table.insert(step.hash, step.id, step.piece.clone());
                self.schedule(slot, step.waiting_ms, received);
            }
            _ => {
                self.counters.no_room += 1;
                self.due
                    .push(step.piece.clone().release(EndReason::Resources));
            }
        }
    }

    /// Sets when the flow in `slot` is looked at again.
    ///
    /// A deadline that moves out is left in the wheel where it is and moved when it
    /// comes up; so an update costs nothing there.
    fn schedule(&mut self, slot: Slot, waiting_ms: i64, received: Tick) {
        let timeouts = &self.timeouts;
        let Some(state) = self.table.state_mut(slot) else {
            return;
        };
        let tick = state.set_deadline(timeouts, waiting_ms, received);
        if state.wake_at().is_none_or(|armed| tick < armed) {
            state.set_wake_at(tick);
            self.wheel.add(tick, slot);
        }
    }

    /// Releases what is over at `tick`, in no particular order.
    pub fn tick(&mut self, tick: Tick) -> Vec<AggregatedFlow> {
        for (at, slot) in self.wheel.take_until(tick) {
            self.wake(slot, at, tick);
        }
        self.take_due()
    }

    /// Looks at a flow whose turn has come. An entry of the wheel that an earlier one has
    /// overtaken, or whose slot holds another flow by now, is not the armed one.
    fn wake(&mut self, slot: Slot, at: Tick, tick: Tick) {
        let Some(state) = self.table.state_mut(slot) else {
            return;
        };
        if state.wake_at() != Some(at) {
            return;
        }
        if state.deadline() > tick {
            let later = state.deadline();
            state.set_wake_at(later);
            self.wheel.add(later, slot);
            return;
        }
        let reason = state.reason_at_deadline(&self.timeouts);
        self.release(slot, reason);
    }

    fn release(&mut self, slot: Slot, reason: EndReason) {
        if let Some((id, state)) = self.table.remove(slot) {
            if let Some(live) = self.live.get_mut(id.key.partition().index()) {
                *live = live.saturating_sub(1);
            }
            self.due.push(state.release(reason));
        }
    }

    fn take_due(&mut self) -> Vec<AggregatedFlow> {
        let due = std::mem::take(&mut self.due);
        for flow in &due {
            self.counters.let_out(flow);
        }
        due
    }

    /// Releases everything, by partition: flows cut short say so with `flowEndReason`
    /// forced. The parts let whoever comes next work on one while others still wait.
    pub fn drain(&mut self) -> Vec<Vec<AggregatedFlow>> {
        for slot in self.table.slots() {
            let ended = self
                .table
                .state_mut(slot)
                .is_some_and(|state| state.ended());
            self.release(
                slot,
                if ended {
                    EndReason::End
                } else {
                    EndReason::Forced
                },
            );
        }
        self.wheel = Wheel::default();
        let mut parts = vec![Vec::new(); PARTITIONS];
        for flow in self.take_due() {
            if let Some(part) = parts.get_mut(flow.key.partition().index()) {
                part.push(flow);
            }
        }
        parts
    }

    /// What went in and out so far.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Flows in the making.
    #[must_use]
    pub fn live(&self) -> usize {
        self.table.len()
    }

    /// Records that came in and have neither been merged nor left yet.
    #[must_use]
    pub fn held(&self) -> u64 {
        (self.table.len() + self.due.len()) as u64
    }
}

#[cfg(test)]
mod tests;
