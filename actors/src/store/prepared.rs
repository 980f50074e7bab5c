//! Prepared flows read back, with what names the key that they left under.

use std::path::Path;

use dataset::segment::SegmentHeader;
use flow::Tick;
use mediation::anonymize::{AnonymizedFlow, KeyName};
use protocol::{Block, declared_key, restore_csv};

use super::reading::header_at;
use super::{StoreError, StoredRows};
use crate::terms::ANONYMIZATION;

/// The block that a frame of a segment is.
///
/// # Errors
/// [`StoreError`] if its rows or the name of their key cannot be read.
pub fn block_of(frame: &StoredRows, header: &SegmentHeader) -> Result<Block, StoreError> {
    let first_seq = frame.first_seq;
    let key = key_of(header)?;
    let tick = Tick::from_secs(frame.time_ms.div_euclid(1_000));
    let flows = restored(&frame.payload, first_seq)?;
    Ok(Block::new(first_seq, tick, key, flows))
}

/// The flows that rows are, the first of them at a position.
///
/// # Errors
/// [`StoreError::Rows`] if they are not as they were written.
pub(super) fn restored(payload: &[u8], first_seq: u64) -> Result<Vec<AnonymizedFlow>, StoreError> {
    restore_csv(payload, first_seq).map_err(|source| StoreError::Rows { first_seq, source })
}

/// What names the key of the segment that holds a position; `None` if no segment can, or if
/// its flows left under no key.
///
/// # Errors
/// [`StoreError`] if the segment or the name cannot be read.
pub fn key_at(directory: &Path, seq: u64) -> Result<Option<KeyName>, StoreError> {
    let header = header_at(directory, seq)?;
    header.map_or(Ok(None), |header| key_of(&header))
}

fn key_of(header: &SegmentHeader) -> Result<Option<KeyName>, StoreError> {
    let Some(declared) = header.meta.get(ANONYMIZATION) else {
        return Ok(None);
    };
    declared_key(declared).map_err(|source| StoreError::Key {
        first_seq: header.first_seq,
        source,
    })
}
