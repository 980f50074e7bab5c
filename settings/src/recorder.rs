//! `[recorder]`: what is written to disk, where and how.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::check::{Check, item};
use crate::duration::{DAY, MILLISECOND, MINUTE, SECOND};
use crate::raw;
use crate::size::{ByteSize, GIB, MIB};

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
}

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

    /// How often what was written is made durable; at most the segment time.
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
        Some(Self {
            directory: directory?,
            raw: records_raw?,
            prepared: records_prepared?,
            compression_level: i32::try_from(level?).ok()?,
            flush_interval: flush_interval?,
            segment_bytes: segment_bytes?,
            segment_time: segment_time?,
        })
    }
}
