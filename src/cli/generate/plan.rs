//! When the records of a flow start, end and are exported.
//!
//! A record is never exported before its own end. Exported times are whole seconds
//! in NetFlow v9 and IPFIX, so a record ends at or before the whole second in which
//! it is exported: its `limit`.
//!
//! A short flow ends a little before its export if its end was seen, and
//! [`IDLE_MS`] before if the exporter had to wait for more packets.
//!
//! A flow longer than the active timeout is cut. Its first record is as long as
//! that timeout and ends `lag` before its export, with a lag of several seconds;
//! so flow time runs behind export time by that lag, and the flow may go on for
//! that long even if the run itself takes only an instant. Each further record
//! begins [`GAP_MS`] at most after the one before and is exported when it has
//! ended by the simulated clock, but at least [`APART_MS`] after the one before.
//! A flow is planned to be over when the run is, so no more than lag plus rest of
//! the run is left for it. So a record ends half a minute before its export at
//! most, and the next one of its flow is exported less than the active timeout and
//! 30 s after that end: what a collector with an idle timeout of 30 s and the same
//! active timeout waits for.
//!
//! When the run ends earlier than planned, or so many records are due that they
//! queue, records are exported early or late. An early one is shortened, so that
//! it still ends before its export and leaves room for those after it.

use std::cmp::Ordering;

use super::random::Random;
use super::traffic::{Close, Flow, Position};

/// How long the exporter waits for another packet before it reports a flow as idle.
pub(super) const IDLE_MS: i64 = 15_000;
/// The longest time between two records of one flow, in flow time.
pub(super) const GAP_MS: i64 = 50;
/// The time between the exports of two records of one flow, at least.
const APART_MS: i64 = 100;
/// The time between the end of a record that is not the last and its export.
const SWEEP_MS: i64 = 3_000;
/// No flow lasts longer, so that a collector's limit on lifetimes is not reached.
const LONGEST_MS: i64 = 45 * 60_000;
/// The most records of one flow.
const MOST_RECORDS: i64 = 64;

/// First and last packet, Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
}

/// What a flow still has before it when its first record is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    /// From the end of the first record to its export.
    pub(super) lag_ms: i64,
    /// Length of the first record.
    pub(super) first_ms: i64,
    /// Flow time after the first record; 0 if it is the only one.
    pub(super) rest_ms: i64,
}

/// What bounds a long flow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The active timeout.
    pub(super) active_ms: i64,
    /// How long the run goes on.
    pub(super) horizon_ms: i64,
    /// For how many more records of this flow there is room in the run.
    pub(super) free: u64,
}

/// The last whole second at or before a time in Unix milliseconds.
pub(super) const fn whole_second(unix_ms: i64) -> i64 {
    unix_ms.div_euclid(1_000) * 1_000
}

/// From the end of a flow to its export.
fn final_lag(flow: &Flow) -> i64 {
    match flow.close {
        Close::Never => IDLE_MS,
        Close::Fin | Close::Reset => 0,
    }
}

impl Plan {
    /// A flow of one record, not longer than the active timeout.
    pub(super) fn short(random: &mut Random, flow: &Flow, active_ms: i64) -> Self {
        let most = u32::try_from(active_ms).unwrap_or(u32::MAX).max(2).ilog2();
        let scale = 1_i64 << random.below(u64::from(most));
        Self {
            lag_ms: final_lag(flow) + random.millis(0, 1_500),
            first_ms: scale + random.millis(0, scale - 1),
            rest_ms: 0,
        }
    }

    /// A flow that is cut at least once; `None` if the run has no room for it.
    pub(super) fn long(random: &mut Random, flow: &Flow, bounds: Bounds) -> Option<Self> {
        let active = bounds.active_ms;
        let lag_ms = random.millis(8_000, 12_000) + final_lag(flow);
        let room = bounds.horizon_ms + lag_ms - final_lag(flow).max(SWEEP_MS) - 2_000;
        let free = i64::try_from(bounds.free)
            .unwrap_or(MOST_RECORDS)
            .min(MOST_RECORDS - 1);
        let most = room
            .min(LONGEST_MS.saturating_sub(active).max(1_000))
            .min(free.saturating_mul(active));
        let cuts = i64::try_from(random.heavy(5)).unwrap_or(1) - 1;
        let wanted = cuts.saturating_mul(active) + random.millis(1_000.min(active), active);
        (most > 0).then(|| Self {
            lag_ms,
            first_ms: active,
            rest_ms: wanted.min(most),
        })
    }

    /// How many records follow the first.
    pub(super) fn cuts(&self, active_ms: i64) -> u64 {
        u64::try_from(self.rest_ms).map_or(0, |rest| rest.div_ceil(active_ms.unsigned_abs()))
    }

    /// The first record's span when it is exported at `limit`.
    pub(super) const fn span(&self, limit: i64) -> Span {
        let end_ms = limit - self.lag_ms;
        Span {
            start_ms: end_ms - self.first_ms,
            end_ms,
        }
    }
}

/// A flow that was cut and has more records to come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rest {
    pub(super) flow: Flow,
    pub(super) exporter: usize,
    /// Records still to come, at least 1.
    pub(super) left: u64,
    /// Whether only one record was exported so far.
    pub(super) cut_once: bool,
    /// When the next one shall be exported, Unix milliseconds.
    due_ms: i64,
    /// In which order flows of the same due time go.
    serial: u64,
    end_ms: i64,
    rest_ms: i64,
    active_ms: i64,
}

impl Rest {
    /// What is left of a flow whose first record was exported at `now_ms`; `None`
    /// if nothing is.
    pub(super) fn after(
        (flow, exporter): (Flow, usize),
        plan: &Plan,
        (now_ms, active_ms): (i64, i64),
        serial: u64,
    ) -> Option<Self> {
        let mut rest = Self {
            flow,
            exporter,
            left: plan.cuts(active_ms),
            cut_once: true,
            due_ms: 0,
            serial,
            end_ms: plan.span(whole_second(now_ms)).end_ms,
            rest_ms: plan.rest_ms,
            active_ms,
        };
        rest.due_ms = rest.next_due(now_ms);
        (rest.left > 0).then_some(rest)
    }

    /// Whether the next record is to be exported by now.
    pub(super) const fn is_due(&self, now_ms: i64) -> bool {
        self.due_ms <= now_ms
    }

    pub(super) const fn position(&self) -> Position {
        Position {
            first: false,
            last: self.left == 1,
        }
    }

    /// How far the next record reaches if it is not exported early.
    fn reach(&self) -> i64 {
        self.end_ms + self.rest_ms.min(self.active_ms)
    }

    fn next_due(&self, now_ms: i64) -> i64 {
        let lag = if self.left == 1 {
            final_lag(&self.flow).max(1_000)
        } else {
            SWEEP_MS
        };
        (self.reach() + lag).max(now_ms + APART_MS)
    }

    /// The span of the next record, exported at `now_ms`; then waits for the one
    /// after it.
    pub(super) fn next_span(&mut self, random: &mut Random, now_ms: i64) -> Span {
        let limit = whole_second(now_ms);
        let planned = self.reach();
        let start_ms = (self.end_ms + random.millis(1, GAP_MS)).min(planned.min(limit));
        let end_ms = if planned <= limit {
            planned
        } else {
            let shares = i64::try_from(self.left).unwrap_or(i64::MAX);
            start_ms + (limit - start_ms) / shares
        };
        self.rest_ms -= end_ms - self.end_ms;
        self.end_ms = end_ms;
        self.left -= 1;
        self.cut_once = false;
        self.due_ms = self.next_due(now_ms);
        Span { start_ms, end_ms }
    }
}

/// The one that is due first is the greatest, as a heap wants it.
impl Ord for Rest {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.due_ms, other.serial).cmp(&(self.due_ms, self.serial))
    }
}

impl PartialOrd for Rest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Rest {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Rest {}
