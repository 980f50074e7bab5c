//! What a batch asks for, worked out before anything is changed.

use flow::{Exporter, Observed, OriginalFlow, Tick};

use super::live::Live;
use super::packed::PackedKey;
use super::table::{NONE, Tag};
use super::{Aggregator, Counters};

/// How many records before its own a flow is read once more, into the nearest cache.
pub(super) const AHEAD: usize = 6;

/// Records that are made before their tags are worked out: so few that the nearest cache
/// still has them, and so many that none waits for what was written just before.
const NEAR: usize = 32;

/// Records that follow each other and are of one Observation Point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) exporter: Exporter,
    pub(super) observed: Option<Observed>,
    pub(super) records: usize,
}

impl Run {
    fn has(&self, flow: &OriginalFlow) -> bool {
        self.exporter == flow.exporter && self.observed == flow.observed
    }
}

/// What a batch would change; applying it cannot fail.
#[derive(Debug, Default)]
pub struct Plan {
    pub(super) runs: Vec<Run>,
    /// The flow that each record alone would be.
    pub(super) pieces: Vec<Live>,
    /// The tag of each.
    pub(super) tags: Vec<Tag>,
    /// Where the flow of each most likely is; and [`AHEAD`] times nowhere, behind them.
    pub(super) hints: Vec<u32>,
    pub(super) counters: Counters,
    pub(super) received: Tick,
}

impl Plan {
    /// Notes whose a record is.
    fn note_reporter(&mut self, flow: &OriginalFlow) {
        match self.runs.last_mut() {
            Some(run) if run.has(flow) => run.records += 1,
            _ => self.runs.push(Run {
                exporter: flow.exporter,
                observed: flow.observed,
                records: 1,
            }),
        }
    }
}

impl Aggregator {
    /// What records received within the second `received` ask for. `used` is a plan that
    /// was applied, whose memory serves again.
    ///
    /// It works in passes, each of short and independent steps. Those that have memory
    /// read do nothing else: so the processor waits for as much of it at once as it can,
    /// since almost every record is of a flow that no cache holds.
    #[must_use]
    pub fn plan(&self, flows: &[OriginalFlow], received: Tick, used: Plan) -> Plan {
        let mut plan = used;
        plan.received = received;
        plan.counters = Counters::default();
        plan.runs.clear();
        plan.pieces.clear();
        plan.tags.clear();
        plan.hints.clear();
        for flows in flows.chunks(NEAR) {
            self.make(flows, &mut plan);
        }
        for &tag in &plan.tags {
            self.table.prefetch_index(tag);
        }
        let hints = plan.tags.iter().map(|&tag| self.table.look(tag));
        plan.hints.extend(hints);
        for &hint in &plan.hints {
            self.table.prefetch(hint);
        }
        plan.hints.extend([NONE; AHEAD]);
        plan
    }

    /// Makes the pieces that records are, and works out their tags.
    fn make(&self, flows: &[OriginalFlow], plan: &mut Plan) {
        let by_vlan = self.rules.apart.vlan;
        let made = plan.pieces.len();
        let pieces = flows.iter().map(|flow| Live::new(flow, by_vlan));
        plan.pieces.extend(pieces);
        let mut counters = Counters::default();
        let pieces = plan.pieces.get(made..).unwrap_or_default();
        for (flow, piece) in flows.iter().zip(pieces) {
            counters.take_in(flow, piece);
        }
        plan.counters.add(&counters);
        let records = flows.iter().zip(pieces);
        let tags = records.map(|(flow, piece)| self.tag(piece, flow.exporter));
        plan.tags.extend(tags);
        for flow in flows {
            plan.note_reporter(flow);
        }
    }

    /// The tag of a flow: the same for both directions, where they are one flow.
    #[inline]
    pub(super) fn tag(&self, piece: &Live, exporter: Exporter) -> Tag {
        if self.by_key_alone && !self.rules.biflow {
            return self.table.tag(piece.key.words(), 0);
        }
        self.tag_by_rules(piece, exporter)
    }

    #[inline(never)]
    fn tag_by_rules(&self, piece: &Live, exporter: Exporter) -> Tag {
        let own = piece.key.words();
        let words = if self.rules.biflow {
            own.min(PackedKey::mirrored(&piece.key).words())
        } else {
            own
        };
        self.table
            .tag(words, self.rules.apart_from(piece, exporter))
    }
}
