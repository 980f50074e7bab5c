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
//! | `plan`, `plain` | a batch, worked out beforehand, and taken in the short way |
//! | `arrive`, `leave` | what becomes of any record, and when a flow leaves |
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
mod plain;
mod plan;
mod rules;
mod table;
mod timeouts;
mod wheel;

use std::sync::Arc;

use flow::{AggregatedFlow, PARTITIONS};

pub use counters::{Counters, Volume};
pub use heard::{Cuts, Heard, Listener, Source, Timeout};
pub use plan::Plan;
pub use rules::{Apart, Incomplete, Observers, Rules};
use table::Table;
pub use timeouts::Timeouts;
use wheel::Wheel;

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

#[cfg(test)]
mod tests;
