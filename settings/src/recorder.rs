//! `[recorder]`: what is written to disk, where and how.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::check::{Check, item};
use crate::duration::{DAY, MILLISECOND, MINUTE, SECOND};
use crate::raw;
use crate::size::{ByteSize, GIB, KIB, MIB};

/// What is written to disk, where and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorder {
    directory: PathBuf,
    raw: bool,
    prepared: bool,
    compression_level: i32,
    flush_interval: Duration,
    segment_bytes: ByteSize,
    segment_time: Duration,
    sync: Sync,
}

/// When written data are synced to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// After every frame, before anything else is written.
    Always,
    /// So long after the oldest data that are not, or when they are so many octets.
    Interval {
        /// The time; 10 ms to 1 min.
        interval: Duration,
        /// The octets; 64 KiB to 1 GiB.
        bytes: ByteSize,
    },
    /// Only when a segment is sealed.
    Never,
}

/// What `recorder.sync` may be.
#[derive(Debug, Clone, Copy)]
enum Mode {
    Always,
    Interval,
    Never,
}

const MODES: [(&str, Mode); 3] = [
    ("interval", Mode::Interval),
    ("always", Mode::Always),
    ("never", Mode::Never),
];

impl Recorder {
    /// Where datasets are.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where the raw dataset is: `raw` in the directory.
    #[must_use]
    pub fn raw_directory(&self) -> PathBuf {
        self.directory.join("raw")
    }

    /// Where the prepared dataset is: `prepared` in the directory.
    #[must_use]
    pub fn prepared_directory(&self) -> PathBuf {
        self.directory.join("prepared")
    }

    /// Whether datagrams are recorded as they came.
    #[must_use]
    pub const fn records_raw(&self) -> bool {
        self.raw
    }

    /// Whether prepared flows are recorded.
    #[must_use]
    pub const fn records_prepared(&self) -> bool {
        self.prepared
    }

    /// The level of zstd; 1 to 19.
    #[must_use]
    pub const fn compression_level(&self) -> i32 {
        self.compression_level
    }

    /// How long received datagrams wait at most until they are written; at most the segment
    /// time.
    #[must_use]
    pub const fn flush_interval(&self) -> Duration {
        self.flush_interval
    }

    /// The size at which a segment is closed.
    #[must_use]
    pub const fn segment_bytes(&self) -> ByteSize {
        self.segment_bytes
    }

    /// The age at which a segment is closed.
    #[must_use]
    pub const fn segment_time(&self) -> Duration {
        self.segment_time
    }

    /// When written data are synced to the disk.
    #[must_use]
    pub const fn sync(&self) -> Sync {
        self.sync
    }

    fn check_sync(raw: &raw::Recorder, check: &mut Check<'_>) -> Option<Sync> {
        let mode = check.choice(item("recorder.sync", &raw.sync), &MODES);
        let interval = item("recorder.sync_interval", &raw.sync_interval);
        let interval = check.duration(interval, &(MILLISECOND * 10..=MINUTE));
        let bytes = item("recorder.sync_bytes", &raw.sync_bytes);
        let bytes = check.size(bytes, &(KIB.times(64)..=GIB));
        let (interval, bytes) = (interval?, bytes?);
        Some(match mode? {
            Mode::Always => Sync::Always,
            Mode::Interval => Sync::Interval { interval, bytes },
            Mode::Never => Sync::Never,
        })
    }

    pub(crate) fn check(raw: &raw::Recorder, check: &mut Check<'_>) -> Option<Self> {
        let directory = check.path(item("recorder.directory", &raw.directory));
        let records_raw = check.boolean(item("recorder.raw", &raw.raw));
        let records_prepared = check.boolean(item("recorder.prepared", &raw.prepared));
        let level = item("recorder.compression_level", &raw.compression_level);
        let level = check.integer(level, &(1..=19));
        let flush = item("recorder.flush_interval", &raw.flush_interval);
        let flush_interval = check.duration(flush, &(MILLISECOND * 10..=MINUTE));
        let segment_bytes = item("recorder.segment_bytes", &raw.segment_bytes);
        let segment_bytes = check.size(segment_bytes, &(MIB..=GIB.times(64)));
        let time = item("recorder.segment_time", &raw.segment_time);
        let segment_time = check.duration(time, &(SECOND..=DAY));
        check.at_most((flush, flush_interval), (time, segment_time));
        let sync = Self::check_sync(raw, check);
        Some(Self {
            directory: directory?,
            raw: records_raw?,
            prepared: records_prepared?,
            compression_level: i32::try_from(level?).ok()?,
            flush_interval: flush_interval?,
            segment_bytes: segment_bytes?,
            segment_time: segment_time?,
            sync: sync?,
        })
    }
}
