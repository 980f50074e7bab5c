//! `[aggregator.rollup]`: sums of flows by key and interval.

use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::RangeInclusive;
use std::time::Duration;

use flow::KeyField;

use crate::check::{Check, item};
use crate::duration::DAY;
use crate::raw;

/// How flows are summed as they leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollUp {
    interval_secs: NonZeroU32,
    key: Vec<KeyField>,
    lateness: Option<Duration>,
    groups_max: NonZeroUsize,
}

const INTERVAL: RangeInclusive<Duration> = Duration::ZERO..=DAY;
const LATENESS: RangeInclusive<Duration> = Duration::ZERO..=DAY.saturating_mul(2);

impl RollUp {
    /// The length of intervals, in seconds; at most a day.
    #[must_use]
    pub const fn interval_secs(&self) -> NonZeroU32 {
        self.interval_secs
    }

    /// What flows have in common that are summed, each field once.
    #[must_use]
    pub fn key(&self) -> &[KeyField] {
        &self.key
    }

    /// How long after its end an interval waits for flows, in whole milliseconds; `None`
    /// for as long as flows may take.
    #[must_use]
    pub const fn lateness(&self) -> Option<Duration> {
        self.lateness
    }

    /// How many sums are kept at once.
    #[must_use]
    pub const fn groups_max(&self) -> NonZeroUsize {
        self.groups_max
    }

    /// `Some(None)` where flows are not summed.
    pub(crate) fn check(raw: &raw::RollUp, check: &mut Check<'_>) -> Option<Option<Self>> {
        let interval = item("aggregator.rollup.interval", &raw.interval);
        let length = check.duration(interval, &INTERVAL);
        if length.is_some_and(|length| length.subsec_nanos() > 0) {
            check.refuse(interval, "a whole number of seconds");
            return None;
        }
        let fields = KeyField::ALL.map(|key| (key.field().name(), key));
        let key = check.choices(item("aggregator.rollup.key", &raw.key), &fields);
        let lateness = item("aggregator.rollup.lateness", &raw.lateness);
        let lateness = check.duration(lateness, &LATENESS);
        let groups_max = item("aggregator.rollup.groups_max", &raw.groups_max);
        let groups_max = check.count(groups_max, &(1..=100_000_000));
        let (key, lateness, groups_max) = (key?, lateness?, groups_max?);
        let secs = u32::try_from(length?.as_secs()).ok()?;
        Some(NonZeroU32::new(secs).map(|interval_secs| Self {
            interval_secs,
            key,
            lateness: (!lateness.is_zero()).then_some(lateness),
            groups_max,
        }))
    }
}
