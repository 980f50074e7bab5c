//! The seek table of a sealed segment: zstd's seekable format, version 0.1.0.
//!
//! One entry for every frame of the file, the skippable ones included, so that the sum
//! of the compressed sizes before an entry is where its frame begins.

use super::frame::FRAME_HEADER_LEN;
use super::magic::{self, PREFIX_LEN};
use super::{FRAMES_MAX, skippable_prefix, u32_at};
use crate::error::within;
use crate::{DatasetError, Result};

/// Compressed and decompressed size.
const ENTRY_LEN: u32 = 8;
/// Number of frames, descriptor, magic number.
const FOOTER_LEN: u32 = 9;
/// No checksums in the entries: every frame has its own.
const DESCRIPTOR: u8 = 0;
/// What the file ends with.
const SEEKABLE_MAGIC: u32 = 0x8F92_EAB1;

/// Sizes of the frames of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeekTable {
    /// Octets of the segment header.
    header_len: u32,
    /// `(comp_len, raw_len)` of each frame.
    frames: Vec<(u32, u32)>,
}

/// Entries of a table over so many frames with headers, and the segment header.
const fn entries(frames: u32) -> u32 {
    2 * frames + 1
}

impl SeekTable {
    pub(super) const fn new(header_len: u32) -> Self {
        Self {
            header_len,
            frames: Vec::new(),
        }
    }

    /// Adds a frame.
    pub(super) fn push(&mut self, comp_len: u32, raw_len: u32) {
        self.frames.push((comp_len, raw_len));
    }

    /// Refuses one frame more than a table can hold.
    pub(super) fn check_room(&self, offset: u64) -> Result<()> {
        let frames = self.frames.len() as u64 + 1;
        within(offset, "number of frames", frames, FRAMES_MAX.into())
    }

    /// The table as stored.
    pub(super) fn encode(&self) -> Vec<u8> {
        let count = entries(u32::try_from(self.frames.len()).unwrap_or(FRAMES_MAX));
        let len = body_len(count);
        let mut bytes = Vec::with_capacity(PREFIX_LEN + len as usize);
        bytes.extend_from_slice(&skippable_prefix(magic::SEEK_TABLE, len));
        let mut entry = |compressed: u32, raw: u32| {
            bytes.extend_from_slice(&compressed.to_le_bytes());
            bytes.extend_from_slice(&raw.to_le_bytes());
        };
        entry(self.header_len, 0);
        for &(comp_len, raw_len) in &self.frames {
            entry(FRAME_HEADER_LEN, 0);
            entry(comp_len, raw_len);
        }
        bytes.extend_from_slice(&count.to_le_bytes());
        bytes.push(DESCRIPTOR);
        bytes.extend_from_slice(&SEEKABLE_MAGIC.to_le_bytes());
        bytes
    }
}

const fn body_len(entries: u32) -> u32 {
    entries * ENTRY_LEN + FOOTER_LEN
}

/// What a table must agree with: the frames that were read before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    /// Where the table begins: the sum of all compressed sizes.
    pub(super) offset: u64,
    /// Frames with headers.
    pub(super) frames: u32,
    /// Sum of the payloads.
    pub(super) raw_len: u64,
}

impl Expected {
    /// Octets of the table behind magic number and length.
    pub(super) const fn body_len(&self) -> u32 {
        body_len(entries(self.frames))
    }

    /// Checks the length a table claims.
    pub(super) fn check_len(&self, found: u32) -> Result<()> {
        if found == self.body_len() {
            return Ok(());
        }
        Err(DatasetError::format(
            self.offset,
            "length of the seek table",
            found.to_string(),
            format!("{} for {} frames", self.body_len(), self.frames),
        ))
    }

    /// Checks a whole table: its sums and its footer.
    pub(super) fn check(&self, body: &[u8]) -> Result<()> {
        let footer_at = body.len().saturating_sub(FOOTER_LEN as usize);
        let (table, footer) = body.split_at(footer_at);
        let (comp, raw) = table
            .chunks_exact(ENTRY_LEN as usize)
            .map(|entry| (u64::from(u32_at(entry, 0)), u64::from(u32_at(entry, 4))))
            .fold((0, 0), |(comp, raw), entry| (comp + entry.0, raw + entry.1));
        let right = comp == self.offset
            && raw == self.raw_len
            && u32_at(footer, 0) == entries(self.frames)
            && footer.get(4) == Some(&DESCRIPTOR)
            && u32_at(footer, 5) == SEEKABLE_MAGIC;
        if right {
            return Ok(());
        }
        Err(DatasetError::format(
            self.offset,
            "seek table",
            format!("one over {comp} octets that decompress to {raw}"),
            format!("one over {} and {}", self.offset, self.raw_len),
        ))
    }
}
