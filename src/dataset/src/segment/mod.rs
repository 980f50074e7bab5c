//! Segments: independent zstd frames, each behind a checked header.
//!
//! ```text
//! segment := segment header, ( frame header, zstd frame )*, [ seek table ]
//!
//! segment header   skippable frame 0x184D2A50: JSON, then CRC-32C of the JSON (u32)
//! frame header     skippable frame 0x184D2A51 of 36 octets:
//!                    first_seq u64 | time_ms i64 | rows u32 | raw_len u32 | comp_len u32
//!                    | CRC-32C of the zstd frame u32 | CRC-32C of the 32 octets before u32
//! zstd frame       one frame with content size and content checksum (RFC 8878)
//! seek table       skippable frame 0x184D2A5E: zstd's seekable format, written by sealing
//! ```
//!
//! All integers are little endian. Every tool for zstd skips the skippable frames, so
//! the plain content of the file is the payloads one after the other.
//!
//! A frame of 0 rows carries no position: the line of CSV column names, the section
//! header of pcapng, the statistics at the end of a run. The positions of the others
//! are dense: each begins where the one before ended.
//!
//! What a [`Reader`] releases has passed both checksums of its frame, the limits and the
//! order of positions. Same input, same octets: a segment has no time or name of its own.

mod frame;
mod header;
mod reader;
mod recovery;
mod source;
mod table;
mod totals;
mod writer;

pub use frame::{FRAME_HEADER_LEN, FrameMeta};
pub use header::{Kind, SegmentHeader};
pub use reader::{Frame, Reader, Tail, Torn};
pub use recovery::{Recovery, recover};
pub use totals::Totals;
pub use writer::{Writer, Written};

/// Largest payload of a frame, in octets.
pub const RAW_LEN_MAX: u32 = 64 << 20;

/// Largest zstd frame, in octets: what the largest payload comes to if nothing in it
/// can be compressed.
pub const COMP_LEN_MAX: u32 = RAW_LEN_MAX + (RAW_LEN_MAX >> 8);

/// Largest JSON text of a segment header, in octets.
pub const HEADER_JSON_MAX: u32 = 64 << 10;

/// Most frames of one segment; bounds the seek table to 16 MiB.
pub const FRAMES_MAX: u32 = 1 << 20;

/// Magic numbers of the skippable frames (RFC 8878, 3.1.2).
mod magic {
    pub(super) const SEGMENT: u32 = 0x184D_2A50;
    pub(super) const FRAME: u32 = 0x184D_2A51;
    pub(super) const SEEK_TABLE: u32 = 0x184D_2A5E;
    /// Magic number and length.
    pub(super) const PREFIX_LEN: usize = 8;
}

/// Magic number and length of a skippable frame.
fn skippable_prefix(magic: u32, len: u32) -> [u8; magic::PREFIX_LEN] {
    let mut prefix = [0; magic::PREFIX_LEN];
    prefix[..4].copy_from_slice(&magic.to_le_bytes());
    prefix[4..].copy_from_slice(&len.to_le_bytes());
    prefix
}

/// The little-endian u32 at `at`; 0 beyond the end, which callers have excluded.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |four| u32::from_le_bytes(*four))
}

/// The little-endian u64 at `at`; 0 beyond the end, which callers have excluded.
fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |eight| u64::from_le_bytes(*eight))
}
