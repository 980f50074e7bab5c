//! So many log lines a second and no more: bad input must not become a flood of words.

use std::time::{Duration, Instant};

/// Permits a number of events each second and counts those it suppresses.
#[derive(Debug)]
pub(crate) struct RateLimit {
    per_second: u32,
    since: Instant,
    used: u32,
    suppressed: u64,
}

impl RateLimit {
    /// A limit of so many events a second.
    #[must_use]
    pub(crate) fn per_second(per_second: u32) -> Self {
        Self {
            per_second,
            since: Instant::now(),
            used: 0,
            suppressed: 0,
        }
    }

    /// Whether an event may be told now: `Some` with the number suppressed since the
    /// last one that was.
    pub(crate) fn permit(&mut self) -> Option<u64> {
        self.permit_at(Instant::now())
    }

    fn permit_at(&mut self, now: Instant) -> Option<u64> {
        if now.duration_since(self.since) >= Duration::from_secs(1) {
            (self.since, self.used) = (now, 0);
        }
        if self.used >= self.per_second {
            self.suppressed += 1;
            return None;
        }
        self.used += 1;
        Some(std::mem::take(&mut self.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_suppressed_is_counted_and_told_with_the_next() {
        let mut limit = RateLimit::per_second(2);
        let start = limit.since;
        let told: Vec<_> = (0..5).map(|_| limit.permit_at(start)).collect();
        assert_eq!(told, [Some(0), Some(0), None, None, None]);
        assert_eq!(limit.permit_at(start + Duration::from_secs(1)), Some(3));
    }
}
