//! What the operator decides about roll-ups.

use std::num::NonZeroU32;

use flow::{EndReason, Reverse, Tick};

use super::share::Part;
use crate::aggregate::Timeouts;
use crate::anonymize::{KeyFields, Totals};

/// Over how many intervals a flow is spread at the most.
const INTERVALS_MAX: i64 = 3_600;

/// By which rules flows become sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// What flows have in common that are summed.
    pub key: KeyFields,
    /// The length of intervals, in seconds.
    pub interval_secs: NonZeroU32,
    /// How long after its end an interval waits for flows, in milliseconds.
    pub lateness_ms: i64,
    /// What a flow has from longer before its last packet, in milliseconds, counts as at
    /// the beginning of that.
    pub longest_ms: i64,
    /// How many groups are kept at once. At that limit the one leaves that was touched
    /// longest ago.
    pub groups_max: usize,
}

impl Rules {
    /// How long an interval has to wait so that flows come no later, by the times by which
    /// they end and where no exporter cuts flows later than those say, in milliseconds.
    #[must_use]
    pub fn longest_lateness_ms(timeouts: &Timeouts) -> i64 {
        // A flow leaves at the tick after it could; so does what it was added to.
        const TICKS_MS: i64 = 2_000;
        let active_ms = timeouts.exporter_active_ms_of.values().copied();
        let active_ms = active_ms.fold(timeouts.exporter_active_ms, i64::max);
        timeouts
            .longest_lifetime_ms
            .saturating_add(timeouts.idle_ms)
            .saturating_add(active_ms)
            .saturating_add(timeouts.slack_ms)
            .saturating_add(timeouts.linger_ms)
            .saturating_add(TICKS_MS)
    }

    pub(super) fn interval_ms(&self) -> i64 {
        i64::from(self.interval_secs.get()) * 1_000
    }

    /// Into how long a time before its last packet a flow is squeezed, in milliseconds.
    pub(super) fn spread_ms(&self) -> i64 {
        let most_ms = self.interval_ms().saturating_mul(INTERVALS_MAX - 1);
        self.longest_ms.clamp(0, most_ms)
    }

    /// At which tick a group leaves that begins now with the interval of this number, and
    /// whether it is late.
    pub(super) fn due(&self, interval: i64, now: Tick) -> (Tick, bool) {
        let length_ms = self.interval_ms();
        let end_ms = interval.saturating_add(1).saturating_mul(length_ms);
        let due = tick_at(end_ms.saturating_add(self.lateness_ms));
        if due <= now {
            return (now.plus(length_ms / 1_000), true);
        }
        let longest_ms = length_ms.saturating_add(self.lateness_ms);
        let latest = tick_at(now.millis().saturating_add(longest_ms));
        (due.min(latest), false)
    }

    /// What a sum says.
    pub(super) fn totals(&self, part: &Part, end_reason: EndReason) -> Totals {
        let start_ms = part.interval.saturating_mul(self.interval_ms());
        let [packets, bytes, records, reverse_packets, reverse_bytes] = part.counts;
        Totals {
            start_ms,
            end_ms: start_ms.saturating_add(self.interval_ms()),
            packets,
            bytes,
            reverse: part.has_reverse.then_some(Reverse {
                packets: reverse_packets,
                bytes: reverse_bytes,
            }),
            records: u32::try_from(records).unwrap_or(u32::MAX),
            end_reason,
        }
    }
}

/// The first tick at or after a time in milliseconds.
fn tick_at(millis: i64) -> Tick {
    let secs = millis.div_euclid(1_000) + i64::from(millis.rem_euclid(1_000) > 0);
    Tick::from_secs(secs)
}
