//! Sums over the frames of a segment, for whoever walks along it.

use super::SegmentHeader;
use super::frame::{FRAME_HEADER_LEN, FrameMeta};

/// What a segment amounts to, up to its last boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Position of its first row.
    pub first_seq: u64,
    /// Position after its last row.
    pub next_seq: u64,
    /// Frames, those without rows included.
    pub frames: u64,
    /// Octets of the file; the seek table included once it is sealed.
    pub len: u64,
    /// Octets of all payloads.
    pub raw_len: u64,
    /// Time of the last frame, Unix milliseconds; `None` if there is no frame.
    pub last_time_ms: Option<i64>,
}

impl Totals {
    /// Those of a segment with a header and nothing else.
    pub(super) const fn begin(header: &SegmentHeader, header_len: u64) -> Self {
        Self {
            first_seq: header.first_seq,
            next_seq: header.first_seq,
            frames: 0,
            len: header_len,
            raw_len: 0,
            last_time_ms: None,
        }
    }

    /// Adds a frame that follows.
    pub(super) fn count(&mut self, meta: &FrameMeta) {
        self.next_seq = self.next_seq.saturating_add(meta.rows.into());
        self.frames += 1;
        self.len += u64::from(FRAME_HEADER_LEN) + u64::from(meta.comp_len);
        self.raw_len += u64::from(meta.raw_len);
        self.last_time_ms = Some(meta.time_ms);
    }

    /// Rows of the segment.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.next_seq.saturating_sub(self.first_seq)
    }
}
