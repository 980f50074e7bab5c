//! A dataset that cannot be written, such as on a full disk: tried again now and then, and
//! not with every batch.

use std::time::Duration;

use tokio::time::Instant;

use crate::store::StoreError;

/// How long nothing is tried after a failed write.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// What a pause came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Resumed {
    /// What was not recorded since it began.
    pub(super) not_recorded: u64,
    /// How long it was.
    pub(super) after: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Paused {
    since: Instant,
    until: Instant,
    not_recorded: u64,
}

/// Whether a Recorder pauses.
#[derive(Debug, Default)]
pub(super) struct Pause(Option<Paused>);

impl Pause {
    /// Whether a write is to be tried.
    pub(super) fn may_try(&self, now: Instant) -> bool {
        self.0.is_none_or(|paused| paused.until <= now)
    }

    /// A write failed. Whether the pause begins with it. What is refused for what it is, and
    /// not because of the disk, is no reason to pause.
    pub(super) fn failed(&mut self, error: &StoreError, now: Instant) -> bool {
        if !error.is_of_the_disk() {
            return false;
        }
        let until = now + PAUSE;
        if let Some(paused) = &mut self.0 {
            paused.until = until;
            return false;
        }
        self.0 = Some(Paused {
            since: now,
            until,
            not_recorded: 0,
        });
        true
    }

    /// So much was not recorded.
    pub(super) const fn count(&mut self, not_recorded: u64) {
        if let Some(paused) = &mut self.0 {
            paused.not_recorded += not_recorded;
        }
    }

    /// A write succeeded: how the pause ended, if it was one.
    pub(super) fn succeeded(&mut self, now: Instant) -> Option<Resumed> {
        self.0.take().map(|paused| Resumed {
            not_recorded: paused.not_recorded,
            after: now.duration_since(paused.since),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;

    use super::*;

    fn full() -> StoreError {
        StoreError::File {
            path: Path::new("x").to_owned(),
            source: io::ErrorKind::StorageFull.into(),
        }
    }

    #[test]
    fn after_a_failure_it_tries_once_a_second_until_a_write_succeeds() {
        let (mut pause, begun) = (Pause::default(), Instant::now());
        assert!(pause.may_try(begun) && pause.succeeded(begun).is_none());
        let mut tried = 0;
        for tenth in 0..100 {
            let now = begun + tenth * (PAUSE / 10);
            if pause.may_try(now) {
                tried += 1;
                assert_eq!(pause.failed(&full(), now), tenth == 0);
            }
            pause.count(2);
        }
        assert_eq!(tried, 10);
        let resumed = Resumed {
            not_recorded: 200,
            after: 10 * PAUSE,
        };
        assert_eq!(pause.succeeded(begun + 10 * PAUSE), Some(resumed));
        assert_eq!(pause.succeeded(begun + 10 * PAUSE), None);
    }

    #[test]
    fn what_is_refused_for_what_it_is_pauses_nothing() {
        let mut pause = Pause::default();
        let refused = StoreError::Nothing {
            path: Path::new("x").to_owned(),
        };
        assert!(!pause.failed(&refused, Instant::now()) && pause.may_try(Instant::now()));
    }
}
