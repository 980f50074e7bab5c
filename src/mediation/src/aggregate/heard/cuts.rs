//! How an exporter cuts flows, by what is said and by what its records prove.

use flow::{EndReason, OriginalFlow, Tick};

/// How many records must contradict a timeout to disprove it.
const PROOFS: usize = 3;

/// The longest idle timeout that an exporter can tell (IE 37 has 16 bits of seconds). A
/// record that was reported later than that after its last packet tells nothing.
const IDLE_MAX_MS: i64 = 65_535_000;

/// Where a timeout is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The settings, for this exporter.
    Settings,
    /// The exporter's options data.
    Options,
    /// The exporter's records.
    Learned,
    /// The settings, for all.
    Default,
}

impl Source {
    /// Its name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Options => "options data",
            Self::Learned => "its records",
            Self::Default => "default",
        }
    }
}

/// A timeout of an exporter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeout {
    /// How long it is, in milliseconds.
    pub ms: i64,
    /// Where that is known from.
    pub source: Source,
}

/// How an exporter cuts flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cuts {
    /// Its active timeout (flowActiveTimeout, IE 36).
    pub active: Timeout,
    /// Its idle timeout (flowIdleTimeout, IE 37), if anything is known of it.
    pub idle: Option<Timeout>,
}

impl Cuts {
    /// For how long at least an exporter saw no packet of a flow that it ended as idle
    /// and reported so long after its last packet, both in milliseconds.
    ///
    /// Where its timeout is not known, what it says is taken for the whole delay; where
    /// it was learned, it is at most that: datagrams are delayed, too.
    pub(in super::super) fn quiet_ms(idle: Option<Timeout>, delay_ms: i64) -> i64 {
        match idle {
            None => delay_ms,
            Some(Timeout {
                ms,
                source: Source::Learned,
            }) => ms.min(delay_ms),
            Some(Timeout { ms, .. }) => ms,
        }
    }
}

/// What is known of an exporter.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// How it cuts flows by settings and options data.
    said: Cuts,
    /// The lengths of its longest records, the longest first.
    longest_ms: [i64; PROOFS],
    /// How soon its records came that it ended as idle, the soonest first.
    soonest_ms: [i64; PROOFS],
}

impl Known {
    pub(super) const fn new(said: Cuts) -> Self {
        Self {
            said,
            longest_ms: [0; PROOFS],
            soonest_ms: [i64::MAX; PROOFS],
        }
    }

    /// How it cuts flows. A record that is longer than the active timeout disproves that,
    /// one that was ended as idle sooner than the idle timeout disproves that; several
    /// are asked for, so that a wrong one changes nothing. What the settings say of the
    /// exporter is not doubted.
    pub(super) fn cuts(&self) -> Cuts {
        let Cuts { active, idle } = self.said;
        let [.., proven_active_ms] = self.longest_ms;
        let [.., proven_idle_ms] = self.soonest_ms;
        let learned = |ms: i64| Timeout {
            ms,
            source: Source::Learned,
        };
        let is_longer = active.source != Source::Settings && proven_active_ms > active.ms;
        let is_shorter = match idle {
            None => proven_idle_ms < i64::MAX,
            Some(idle) => idle.source != Source::Settings && proven_idle_ms < idle.ms,
        };
        Cuts {
            active: if is_longer {
                learned(proven_active_ms)
            } else {
                active
            },
            idle: if is_shorter {
                Some(learned(proven_idle_ms))
            } else {
                idle
            },
        }
    }

    /// Takes over what it says of itself, in milliseconds, where the settings say nothing.
    pub(super) fn hear(&mut self, active_ms: Option<i64>, idle_ms: Option<i64>) {
        let options = |ms: i64| Timeout {
            ms,
            source: Source::Options,
        };
        if let Some(ms) = active_ms
            && self.said.active.source != Source::Settings
        {
            self.said.active = options(ms);
        }
        if let Some(ms) = idle_ms
            && self
                .said
                .idle
                .is_none_or(|idle| idle.source != Source::Settings)
        {
            self.said.idle = Some(options(ms));
        }
    }

    /// Notes a record's proofs.
    pub(super) fn note(&mut self, proof: Proof) {
        if let Some(mut ms) = proof.active_ms {
            for longest in &mut self.longest_ms {
                if ms > *longest {
                    std::mem::swap(longest, &mut ms);
                }
            }
        }
        if let Some(mut ms) = proof.idle_ms {
            for soonest in &mut self.soonest_ms {
                if ms < *soonest {
                    std::mem::swap(soonest, &mut ms);
                }
            }
        }
    }
}

/// What one record says against the timeouts that are taken to be its exporter's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Proof {
    /// The active timeout is at least so long.
    active_ms: Option<i64>,
    /// The idle timeout is at most so long.
    idle_ms: Option<i64>,
}

impl Proof {
    /// What a record that was received within a second says against `cuts`; `None` if
    /// nothing. No active timeout goes beyond the longest lifetime of a flow.
    pub(super) fn of(
        record: &OriginalFlow,
        received: Tick,
        cuts: &Cuts,
        longest_lifetime_ms: i64,
    ) -> Option<Self> {
        let length_ms = record.end_ms.saturating_sub(record.start_ms);
        let active_ms = (length_ms > cuts.active.ms).then(|| length_ms.min(longest_lifetime_ms));
        let idle_ms = (record.end_reason == Some(EndReason::Idle))
            .then(|| idle_at_most_ms(record, received))
            .flatten()
            .filter(|&ms| cuts.idle.is_none_or(|idle| ms < idle.ms));
        (active_ms.is_some() || idle_ms.is_some()).then_some(Self { active_ms, idle_ms })
    }
}

/// How long at most the idle timeout is by which a record was ended: it came so long
/// after its last packet. The receive time is known to the second here, and export times
/// may be told in whole seconds, so that one is added for each. Timeouts are whole
/// seconds.
fn idle_at_most_ms(record: &OriginalFlow, received: Tick) -> Option<i64> {
    let latest_ms = received.plus(2).millis();
    let delay_ms = latest_ms.saturating_sub(record.end_seen_ms);
    let whole_ms = delay_ms - delay_ms.rem_euclid(1_000);
    (0..=IDLE_MAX_MS).contains(&whole_ms).then_some(whole_ms)
}
