//! The Intermediate Aggregation Process: Original Flows across time become whole flows
//! (RFC 7015).
//!
//! When is a flow over? An exporter cuts long flows at its active timeout and reports
//! them in pieces, each up to that timeout late. Two records of one key are one flow if
//! the gap between them, on the exporter's clock, is at most the idle timeout. A flow
//! leaves
//!
//! * once its end was seen (FIN, RST, flowEndReason 3) and a linger has passed,
//! * or when no further piece can come: the pipeline's clock has passed its last packet
//!   by the idle timeout, the exporter's active timeout and some slack; or its exporter
//!   said that it saw nothing (flowEndReason 1) for its own idle timeout, if that is no
//!   shorter,
//! * or in part, when it has lasted the longest lifetime; what follows is a new part.
//!
//! Flows leave at ticks and at nothing else, and no state depends on where a batch
//! begins. What several Observation Points report of one flow is counted once
//! ([`Observers`]); a flow that has left is remembered for as long as one of them may
//! still report it.
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
//!                   released ----> remembered, where several report
//! ```
//!
//! | file | what it knows |
//! |---|---|
//! | `rules`, `timeouts` | what the operator decides |
//! | `live`, `packed` | one flow in the making, and its key, in little space |
//! | `arrive`, `leave` | what becomes of a record, and when a flow leaves |
//! | `join` | how a record relates to the live flow of its key |
//! | `biflow` | both directions as one flow |
//! | `observers` | exporters by number |
//! | `table`, `index`, `wheel` | where flows are kept, found, and when looked at |

mod arrive;
mod biflow;
mod counters;
mod heard;
mod index;
mod join;
mod leave;
mod live;
mod observers;
mod packed;
mod rules;
mod table;
mod timeouts;
mod wheel;

use std::sync::Arc;

use flow::{AggregatedFlow, Exporter, Observed, OriginalFlow, PARTITIONS, Tick};

pub use counters::{Counters, Volume};
pub use heard::{Cuts, Heard, Listener, Source, Timeout};
use live::Live;
use packed::PackedKey;
pub use rules::{Apart, Incomplete, Observers, Rules};
use table::{NONE, Table, Tag};
pub use timeouts::Timeouts;
use wheel::{Second, Wheel};

/// How many records before its own a flow is read once more, into the nearest cache.
const AHEAD: usize = 6;

/// What one record asks for, worked out before anything is changed.
#[derive(Debug)]
struct Step {
    tag: Tag,
    /// Where its flow most likely is.
    hint: u32,
    exporter: Exporter,
    observed: Option<Observed>,
}

/// What a batch would change; applying it cannot fail.
#[derive(Debug, Default)]
pub struct Plan {
    steps: Vec<Step>,
    /// The flow that each record alone would be.
    pieces: Vec<Live>,
    counters: Counters,
    received: Tick,
    /// What was read for no other reason than to have it near.
    fetched: u32,
}

/// Flows in the making.
#[derive(Debug)]
pub struct Aggregator {
    rules: Rules,
    /// Whether by the rules nothing but the key tells flows apart.
    by_key_alone: bool,
    table: Table,
    wheel: Wheel,
    observers: observers::Observers,
    /// How many flows each partition may have.
    live_max: usize,
    /// What is known of exporters.
    heard: Arc<Heard>,
    /// The longest after which any of them cuts a flow, in milliseconds.
    longest_active_ms: i64,
    /// How many flows have left and are remembered.
    remembered: usize,
    /// Over, and waiting for the next tick.
    due: Vec<AggregatedFlow>,
    counters: Counters,
}

impl Aggregator {
    /// An empty state. `seed` is for the hash tables alone: nothing that leaves depends
    /// on it.
    #[must_use]
    pub fn new(rules: Rules, seed: u64) -> Self {
        let live_max = rules.flows_max.div_ceil(PARTITIONS).max(1);
        Self {
            by_key_alone: rules.is_by_key_alone(),
            rules,
            table: Table::new(seed),
            wheel: Wheel::default(),
            observers: observers::Observers::new(seed),
            live_max,
            heard: Arc::default(),
            longest_active_ms: 0,
            remembered: 0,
            due: Vec::new(),
            counters: Counters::default(),
        }
    }

    /// What records received within the second `received` ask for. `used` is a plan that
    /// was applied, whose memory serves again.
    ///
    /// It works in five passes, each of short and independent steps, so that the
    /// processor waits for many places of memory at once: almost every record is of a
    /// flow that no cache holds.
    #[must_use]
    pub fn plan(&self, flows: &[OriginalFlow], received: Tick, used: Plan) -> Plan {
        let mut plan = used;
        plan.received = received;
        plan.counters = Counters::default();
        plan.steps.clear();
        plan.pieces.clear();
        let by_vlan = self.rules.apart.vlan;
        let pieces = flows.iter().map(|flow| Live::new(flow, by_vlan));
        plan.pieces.extend(pieces);
        for (flow, piece) in flows.iter().zip(&plan.pieces) {
            plan.counters.take_in(flow, piece);
            let mirrored = self.rules.biflow.then(|| piece.key.mirrored());
            let tag = self.tag(piece, mirrored.as_ref(), flow.exporter);
            plan.steps.push(Step {
                tag,
                hint: NONE,
                exporter: flow.exporter,
                observed: flow.observed,
            });
        }
        let mut fetched = 0;
        for step in &plan.steps {
            fetched ^= self.table.fetch_index(step.tag);
        }
        for step in &mut plan.steps {
            step.hint = self.table.look(step.tag);
        }
        for step in &plan.steps {
            fetched ^= self.table.fetch(step.hint);
        }
        plan.fetched = fetched;
        plan
    }

    fn tag(&self, piece: &Live, mirrored: Option<&PackedKey>, exporter: Exporter) -> Tag {
        let own = piece.key.words();
        let words = mirrored.map_or(own, |mirrored| own.min(mirrored.words()));
        self.table
            .tag(words, self.rules.apart_from(piece, exporter))
    }

    /// Takes over what has been heard of exporters. Like everything that decides what
    /// leaves, it is to change at the same tick in every run.
    pub fn hear(&mut self, heard: Arc<Heard>) {
        if Arc::ptr_eq(&self.heard, &heard) {
            return;
        }
        self.observers.hear(&heard);
        let longest_ms = heard.cuts.values().map(|cuts| cuts.active.ms).max();
        let default_ms = self.rules.timeouts.exporter_active_ms;
        self.longest_active_ms = longest_ms.unwrap_or(0).max(default_ms);
        self.heard = heard;
    }

    /// Takes the records in, and gives the plan back to be used again. Moves values only:
    /// nothing in it depends on their content being sane.
    pub fn apply(&mut self, mut plan: Plan) -> Plan {
        self.counters.add(&plan.counters);
        let received = Received {
            next: self.wheel.second(plan.received.next()),
            tick: plan.received,
        };
        let mut fetched = plan.fetched;
        let ahead = plan.steps.iter().skip(AHEAD).map(|step| step.hint);
        let ahead = ahead.chain(std::iter::repeat(NONE));
        for ((step, piece), ahead) in plan.steps.iter().zip(&mut plan.pieces).zip(ahead) {
            fetched ^= self.table.fetch(ahead);
            piece.observer = self
                .observers
                .number(step.exporter, step.observed, &self.heard);
            let active_ms = self.note_delay(piece, received.tick);
            if !self.join_plainly(step, piece, active_ms, received) {
                self.take_in(step, piece, received);
            }
        }
        plan.fetched = fetched;
        plan
    }

    /// What went in and out so far.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Flows in the making.
    #[must_use]
    pub fn live(&self) -> usize {
        self.table.len() - self.remembered
    }

    /// Records that came in and have neither been merged nor left yet.
    #[must_use]
    pub fn held(&self) -> u64 {
        (self.live() + self.due.len()) as u64
    }
}

/// When a batch was received.
#[derive(Debug, Clone, Copy)]
struct Received {
    tick: Tick,
    /// The first second in which what it changes can come up.
    next: Second,
}

#[cfg(test)]
mod tests;
