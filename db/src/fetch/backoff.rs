//! When to try again what failed.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The rest after the first failure, in seconds.
const FIRST: u64 = 60;
/// The longest rest, without its spread, in seconds: a day.
const LONGEST: u64 = 86_400;
/// The longest rest that a server can ask for, in seconds: a week.
const ASKED_MAX: u64 = 7 * 86_400;

/// What is remembered of failures, and when to try again: after a minute, doubling to a
/// day, and up to a quarter more, so that many machines do not come back at once. A server
/// that asks for a longer rest (`Retry-After`; RFC 9110, 10.2.3) gets it, up to a week.
///
/// Times are seconds since 1970. It has no clock, and can be kept in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backoff {
    /// Failures since the last success.
    failures: u32,
    /// When to try again.
    next: u64,
}

impl Backoff {
    /// Notes a failure at `now`. `seed` tells this machine and source from others;
    /// `asked` is the rest that the server asked for.
    pub fn failed(&mut self, now: u64, seed: u64, asked: Option<Duration>) {
        let doubled = FIRST.checked_shl(self.failures.min(32)).unwrap_or(LONGEST);
        let rest = doubled.min(LONGEST);
        let rest = rest + spread(seed, self.failures) % (rest / 4 + 1);
        let asked = asked.map_or(0, |asked| asked.as_secs().min(ASKED_MAX));
        self.failures = self.failures.saturating_add(1);
        self.next = now.saturating_add(rest.max(asked));
    }

    /// Forgets all failures.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// Failures since the last success.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// When to try again; `None` is at once.
    #[must_use]
    pub fn next(&self) -> Option<u64> {
        (self.failures > 0).then_some(self.next)
    }

    /// Whether to try at `now`. What is farther off than any rest comes of a clock that
    /// was put back, or of a damaged file, and is not waited for.
    #[must_use]
    pub fn is_due(&self, now: u64) -> bool {
        let wait = self.next.saturating_sub(now);
        wait == 0 || wait > ASKED_MAX || self.failures == 0
    }
}

/// A number that looks random, and is the same whenever it is asked for.
fn spread(seed: u64, failures: u32) -> u64 {
    let digest = Sha256::new()
        .chain_update(seed.to_be_bytes())
        .chain_update(failures.to_be_bytes())
        .finalize();
    let first = digest.first_chunk().copied().unwrap_or_default();
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rests after so many failures in a row.
    fn rests(seed: u64, count: usize) -> Vec<u64> {
        let mut backoff = Backoff::default();
        let mut rests = Vec::new();
        for _ in 0..count {
            backoff.failed(1_000, seed, None);
            rests.push(backoff.next().unwrap() - 1_000);
        }
        rests
    }

    #[test]
    fn rests_double_from_a_minute_to_a_day_and_are_at_most_a_quarter_longer() {
        for seed in 0..100 {
            for (failures, rest) in rests(seed, 100).into_iter().enumerate() {
                let least = 60_u64 << failures.min(11);
                let least = least.min(86_400);
                assert!((least..=least + least / 4).contains(&rest), "{rest}");
            }
        }
    }

    #[test]
    fn machines_come_back_at_different_times_and_each_at_the_same_time_again() {
        assert_eq!(rests(7, 20), rests(7, 20));
        let days: std::collections::BTreeSet<u64> =
            (0..100).filter_map(|seed| rests(seed, 15).pop()).collect();
        assert!(days.len() > 90, "{days:?}");
    }

    #[test]
    fn a_server_can_ask_for_a_longer_rest_but_not_for_more_than_a_week() {
        let rest = |asked| {
            let mut backoff = Backoff::default();
            backoff.failed(5, 1, Some(Duration::from_secs(asked)));
            backoff.next().unwrap() - 5
        };
        assert_eq!(rest(3_600), 3_600);
        assert_eq!(rest(0), rests(1, 1)[0], "and not for a shorter one");
        assert_eq!(rest(u64::MAX), 7 * 86_400);
    }

    #[test]
    fn nothing_is_due_before_its_time_and_all_is_after_a_success() {
        let mut backoff = Backoff::default();
        assert!(backoff.is_due(0));
        assert_eq!(backoff.next(), None);
        backoff.failed(1_000_000, 3, None);
        let next = backoff.next().unwrap();
        assert!(!backoff.is_due(1_000_000));
        assert!(!backoff.is_due(next - 1));
        assert!(backoff.is_due(next));
        backoff.succeeded();
        assert_eq!(backoff, Backoff::default());
    }

    #[test]
    fn a_clock_that_was_put_back_does_not_stop_it_for_good() {
        let mut backoff = Backoff::default();
        backoff.failed(2_000_000_000, 3, None);
        assert!(backoff.is_due(1_000_000_000));
    }

    #[test]
    fn times_at_the_end_of_all_times_do_not_overflow() {
        let mut backoff = Backoff::default();
        for _ in 0..3 {
            backoff.failed(u64::MAX, u64::MAX, Some(Duration::MAX));
        }
        assert_eq!(backoff.next(), Some(u64::MAX));
    }

    #[test]
    fn it_is_kept_as_json() {
        let mut backoff = Backoff::default();
        backoff.failed(1_000, 3, Some(Duration::from_secs(500)));
        let text = serde_json::to_string(&backoff).unwrap();
        assert_eq!(text, r#"{"failures":1,"next":1500}"#);
        assert_eq!(serde_json::from_str::<Backoff>(&text).unwrap(), backoff);
    }
}
