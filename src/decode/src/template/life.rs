//! How long a template is used (RFC 7011, 8.4; RFC 5153, 6.2).

use crate::Limits;

/// Repetitions closer together are one, as when an exporter sends each of them twice.
const ONE_MS: i64 = 1_000;

/// The life of a template, on the clock of receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    heard_ms: i64,
    /// The longest recent gap between two repetitions, if there was one.
    gap_ms: Option<i64>,
    expires_ms: i64,
}

/// One that does not end.
impl Default for Life {
    fn default() -> Self {
        Self {
            heard_ms: i64::MAX,
            gap_ms: None,
            expires_ms: i64::MAX,
        }
    }
}

impl Life {
    /// The life of a template that came over UDP and of whose repetitions nothing is
    /// known.
    pub(crate) const fn begin(now_ms: i64, limits: &Limits) -> Self {
        Self {
            heard_ms: now_ms,
            gap_ms: None,
            expires_ms: now_ms.saturating_add(limits.template_lifetime_ms),
        }
    }

    /// The life of a template that was kept over a restart.
    pub(crate) fn restored(heard_ms: i64, gap_ms: Option<i64>, limits: &Limits) -> Self {
        let lifetime = lifetime(gap_ms, limits);
        Self {
            heard_ms,
            gap_ms,
            expires_ms: heard_ms.saturating_add(lifetime).min(i64::MAX - 1),
        }
    }

    /// When it was last heard, and the longest recent gap.
    pub(crate) const fn heard(&self) -> (i64, Option<i64>) {
        (self.heard_ms, self.gap_ms)
    }

    /// Takes note of a repetition. A gap counts less with each that follows it, so
    /// that one long silence is not remembered for ever.
    pub(crate) fn renew(&mut self, now_ms: i64, limits: &Limits) {
        if self.expires_ms == i64::MAX {
            return;
        }
        let gap = now_ms.saturating_sub(self.heard_ms);
        self.heard_ms = self.heard_ms.max(now_ms);
        if gap >= ONE_MS {
            self.gap_ms = Some(gap.max(self.gap_ms.unwrap_or(0) / 2));
        }
        let lifetime = lifetime(self.gap_ms, limits);
        self.expires_ms = self.heard_ms.saturating_add(lifetime).min(i64::MAX - 1);
    }

    /// Whether it is over.
    pub(crate) const fn is_over(&self, now_ms: i64) -> bool {
        now_ms > self.expires_ms
    }

    /// Whether the template was last heard before a time.
    pub(crate) const fn heard_before(&self, at_ms: i64) -> bool {
        self.heard_ms < at_ms
    }
}

/// How long a template of such gaps is used after it was heard.
fn lifetime(gap_ms: Option<i64>, limits: &Limits) -> i64 {
    gap_ms.map_or(limits.template_lifetime_ms, |gap| {
        gap.saturating_mul(3).max(limits.template_lifetime_least_ms)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    #[test]
    fn a_template_of_which_nothing_is_known_lives_for_an_hour() {
        let life = Life::begin(0, &Limits::default());
        assert!(!life.is_over(60 * MINUTE));
        assert!(life.is_over(60 * MINUTE + 1));
        assert!(life.heard_before(1) && !life.heard_before(0));
    }

    #[test]
    fn it_lives_for_three_times_the_gap_that_was_learnt() {
        for (gap, lifetime) in [(1, 10), (10, 30), (1_440, 4_320)] {
            let mut life = Life::begin(0, &Limits::default());
            life.renew(gap * MINUTE, &Limits::default());
            let end = (gap + lifetime) * MINUTE;
            assert!(!life.is_over(end) && life.is_over(end + 1), "{gap}");
        }
    }

    #[test]
    fn repetitions_at_once_teach_nothing_and_old_gaps_fade() {
        let limits = Limits::default();
        let mut life = Life::begin(0, &limits);
        life.renew(20, &limits);
        assert!(!life.is_over(60 * MINUTE));
        life.renew(80 * MINUTE, &limits);
        assert!(!life.is_over((80 + 239) * MINUTE));
        for at in 81..100 {
            life.renew(at * MINUTE, &limits);
        }
        assert!(life.is_over((99 + 10) * MINUTE + 1));
    }

    #[test]
    fn one_that_does_not_end_is_not_made_to_end() {
        let mut life = Life::default();
        life.renew(5, &Limits::default());
        assert!(!life.is_over(i64::MAX));
        assert!(!life.heard_before(i64::MAX));
    }
}
