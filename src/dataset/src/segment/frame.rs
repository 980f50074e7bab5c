//! The frame header: position, time, lengths and checksums of one zstd frame.

use super::magic::{self, PREFIX_LEN};
use super::{COMP_LEN_MAX, RAW_LEN_MAX, skippable_prefix, u32_at, u64_at};
use crate::error::within;
use crate::{DatasetError, Result};

/// Octets of the payload of the skippable frame.
const BODY_LEN: u32 = 36;
/// Octets of the body that its own checksum covers.
const COVERED: usize = 32;

/// Octets of a frame header as stored, magic number and length included.
pub const FRAME_HEADER_LEN: u32 = 8 + BODY_LEN;

/// The same, for slices.
pub(super) const HEADER_BYTES: usize = FRAME_HEADER_LEN as usize;

/// What is known of a frame without decompressing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameMeta {
    /// Where its header begins, in octets from the start of the segment.
    pub offset: u64,
    /// Position of its first row; of the next one, if it has no rows.
    pub first_seq: u64,
    /// Unix milliseconds on the pipeline's clock, as the writer was told.
    pub time_ms: i64,
    /// How many rows it holds; 0 for a preamble or trailer.
    pub rows: u32,
    /// Octets of the payload.
    pub raw_len: u32,
    /// Octets of the zstd frame.
    pub comp_len: u32,
}

impl FrameMeta {
    /// The position after its last row; `None` beyond the last position there is.
    #[must_use]
    pub const fn next_seq(&self) -> Option<u64> {
        self.first_seq.checked_add(self.rows as u64)
    }

    /// Where the frame ends, in octets from the start of the segment.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.comp_offset().saturating_add(self.comp_len as u64)
    }

    /// Where the zstd frame begins.
    pub(super) const fn comp_offset(&self) -> u64 {
        self.offset.saturating_add(FRAME_HEADER_LEN as u64)
    }

    /// Whether the row of this position is in the frame.
    #[must_use]
    pub fn holds(&self, seq: u64) -> bool {
        self.first_seq <= seq && seq - self.first_seq < u64::from(self.rows)
    }

    /// The header as stored.
    pub(super) fn encode(&self, comp_crc: u32) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let (prefix, body) = bytes.split_at_mut(PREFIX_LEN);
        prefix.copy_from_slice(&skippable_prefix(magic::FRAME, BODY_LEN));
        body[..8].copy_from_slice(&self.first_seq.to_le_bytes());
        body[8..16].copy_from_slice(&self.time_ms.to_le_bytes());
        body[16..20].copy_from_slice(&self.rows.to_le_bytes());
        body[20..24].copy_from_slice(&self.raw_len.to_le_bytes());
        body[24..28].copy_from_slice(&self.comp_len.to_le_bytes());
        body[28..COVERED].copy_from_slice(&comp_crc.to_le_bytes());
        let crc = crc32c::crc32c(&body[..COVERED]);
        body[COVERED..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// A header that begins with the magic number of frames, and the checksum of the
    /// zstd frame behind it. `offset` is where it begins.
    ///
    /// # Errors
    ///
    /// A wrong length, a wrong checksum, or lengths beyond the limits.
    pub(super) fn decode(bytes: &[u8; HEADER_BYTES], offset: u64) -> Result<(Self, u32)> {
        let (prefix, body) = bytes.split_at(PREFIX_LEN);
        if u32_at(prefix, 4) != BODY_LEN {
            return Err(wrong_length(offset, u32_at(prefix, 4)));
        }
        let (found, expected) = (crc32c::crc32c(&body[..COVERED]), u32_at(body, COVERED));
        if found != expected {
            return Err(DatasetError::Checksum {
                offset,
                what: "frame header",
                found,
                expected,
            });
        }
        let meta = Self {
            offset,
            first_seq: u64_at(body, 0),
            time_ms: u64_at(body, 8).cast_signed(),
            rows: u32_at(body, 16),
            raw_len: u32_at(body, 20),
            comp_len: u32_at(body, 24),
        };
        meta.check_limits()?;
        Ok((meta, u32_at(body, 28)))
    }

    fn check_limits(&self) -> Result<()> {
        let Self { offset, .. } = *self;
        within(offset, "payload", self.raw_len.into(), RAW_LEN_MAX.into())?;
        within(
            offset,
            "zstd frame",
            self.comp_len.into(),
            COMP_LEN_MAX.into(),
        )
    }
}

fn wrong_length(offset: u64, found: u32) -> DatasetError {
    DatasetError::format(
        offset,
        "length of the frame header",
        found.to_string(),
        BODY_LEN.to_string(),
    )
}
