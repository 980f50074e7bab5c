//! `[supervision]`: what happens when a stage falls, and at the end.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::check::{Check, item};
use crate::duration::{DAY, HOUR, MILLISECOND, MINUTE, SECOND};
use crate::raw;
use crate::size::{ByteSize, KIB, TIB};

/// What happens when a stage falls, and at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supervision {
    falls_max: NonZeroUsize,
    window: Duration,
    backoff_min: Duration,
    backoff_max: Duration,
    mailbox: NonZeroUsize,
    quarantine_bytes_max: ByteSize,
    quarantine_directory: PathBuf,
    drain_timeout: Duration,
}

impl Supervision {
    /// How often a stage may fall within [`Self::window`] and be restarted.
    #[must_use]
    pub const fn falls_max(&self) -> NonZeroUsize {
        self.falls_max
    }

    /// The time over which falls are counted.
    #[must_use]
    pub const fn window(&self) -> Duration {
        self.window
    }

    /// The wait before the first restart; at most [`Self::backoff_max`].
    #[must_use]
    pub const fn backoff_min(&self) -> Duration {
        self.backoff_min
    }

    /// The longest wait before a restart.
    #[must_use]
    pub const fn backoff_max(&self) -> Duration {
        self.backoff_max
    }

    /// How many messages wait for a stage at most; at least 16.
    #[must_use]
    pub const fn mailbox(&self) -> NonZeroUsize {
        self.mailbox
    }

    /// How much of what made a stage fall is kept.
    #[must_use]
    pub const fn quarantine_bytes_max(&self) -> ByteSize {
        self.quarantine_bytes_max
    }

    /// Where it is kept.
    #[must_use]
    pub fn quarantine_directory(&self) -> &Path {
        &self.quarantine_directory
    }

    /// How long the stages may take to finish at the end.
    #[must_use]
    pub const fn drain_timeout(&self) -> Duration {
        self.drain_timeout
    }

    /// `directory` is the recorder's, if that one is right.
    pub(crate) fn check(
        raw: &raw::Supervision,
        directory: Option<&Path>,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        let falls_max = item("supervision.falls_max", &raw.falls_max);
        let falls_max = check.count(falls_max, &(1..=1_000));
        let window = check.duration(item("supervision.window", &raw.window), &(SECOND..=DAY));
        let min = item("supervision.backoff_min", &raw.backoff_min);
        let backoff_min = check.duration(min, &(MILLISECOND..=MINUTE));
        let max = item("supervision.backoff_max", &raw.backoff_max);
        let backoff_max = check.duration(max, &(MILLISECOND..=HOUR));
        check.at_most((min, backoff_min), (max, backoff_max));
        let mailbox = check.count(item("supervision.mailbox", &raw.mailbox), &(16..=65_536));
        let bytes = item(
            "supervision.quarantine_bytes_max",
            &raw.quarantine_bytes_max,
        );
        let quarantine_bytes_max = check.size(bytes, &(KIB.times(64)..=TIB));
        let quarantine = item(
            "supervision.quarantine_directory",
            &raw.quarantine_directory,
        );
        let quarantine = check.path_or_none(quarantine);
        let drain_timeout = item("supervision.drain_timeout", &raw.drain_timeout);
        let drain_timeout = check.duration(drain_timeout, &(MILLISECOND * 100..=HOUR));
        Some(Self {
            falls_max: falls_max?,
            window: window?,
            backoff_min: backoff_min?,
            backoff_max: backoff_max?,
            mailbox: mailbox?,
            quarantine_bytes_max: quarantine_bytes_max?,
            quarantine_directory: quarantine?
                .or_else(|| directory.map(|path| path.join("quarantine")))?,
            drain_timeout: drain_timeout?,
        })
    }
}
