//! `[recorder]`: what is written to disk, where and how.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::check::{Check, Item, item};
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
    keep_raw: Keep,
    keep_prepared: Keep,
    free_space_min: ByteSize,
}

/// For how long, and how much of it, a dataset is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keep {
    /// What is older is removed; at most 3650 days. None: nothing is too old.
    pub time: Option<Duration>,
    /// What is more is removed, the oldest first; at most 1024 TiB. None: nothing is too much.
    pub bytes: Option<ByteSize>,
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

/// The most that may be asked to be kept, or free.
const KEPT_MAX: ByteSize = GIB.times(1 << 20);

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

    /// How much of the raw dataset is kept.
    #[must_use]
    pub const fn keep_raw(&self) -> Keep {
        self.keep_raw
    }

    /// How much of the prepared dataset is kept.
    #[must_use]
    pub const fn keep_prepared(&self) -> Keep {
        self.keep_prepared
    }

    /// While less of the disk is free, the oldest segments are removed; 0: they are not.
    #[must_use]
    pub const fn free_space_min(&self) -> ByteSize {
        self.free_space_min
    }

    fn check_keep(time: Item<'_>, bytes: Item<'_>, check: &mut Check<'_>) -> Option<Keep> {
        let time = check.duration(time, &(Duration::ZERO..=DAY * 3_650));
        let bytes = check.size(bytes, &(ByteSize::new(0)..=KEPT_MAX));
        Some(Keep {
            time: Some(time?).filter(|time| !time.is_zero()),
            bytes: Some(bytes?).filter(|bytes| bytes.bytes() > 0),
        })
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
        let keep_raw = Self::check_keep(
            item("recorder.keep_raw_time", &raw.keep_raw_time),
            item("recorder.keep_raw_bytes", &raw.keep_raw_bytes),
            check,
        );
        let keep_prepared = Self::check_keep(
            item("recorder.keep_prepared_time", &raw.keep_prepared_time),
            item("recorder.keep_prepared_bytes", &raw.keep_prepared_bytes),
            check,
        );
        let free = item("recorder.free_space_min", &raw.free_space_min);
        let free_space_min = check.size(free, &(ByteSize::new(0)..=KEPT_MAX));
        Some(Self {
            directory: directory?,
            raw: records_raw?,
            prepared: records_prepared?,
            compression_level: i32::try_from(level?).ok()?,
            flush_interval: flush_interval?,
            segment_bytes: segment_bytes?,
            segment_time: segment_time?,
            sync: sync?,
            keep_raw: keep_raw?,
            keep_prepared: keep_prepared?,
            free_space_min: free_space_min?,
        })
    }
}
