//! Finding the last whole frame of a segment that was not sealed.

use std::io::{Read, Seek, SeekFrom};

use super::reader::{Reader, Tail, Torn};
use super::table::SeekTable;
use super::writer::refusal;
use super::{SegmentHeader, Totals};
use crate::{DatasetError, Result};

/// What is whole of a segment.
///
/// The caller sets aside what lies behind [`Recovery::valid_len`], cuts the file there,
/// and seals or continues it with [`Writer::resume`](super::Writer::resume).
#[derive(Debug)]
pub struct Recovery {
    /// The segment's header; `None` if not even that is whole.
    pub header: Option<SegmentHeader>,
    /// Octets up to the end of the last whole frame, or of the seek table; 0 without a header.
    pub valid_len: u64,
    /// The position after the last whole row; 0 without a header.
    pub next_seq: u64,
    /// Whole frames, those without rows included.
    pub frames: u64,
    /// Whole rows.
    pub rows: u64,
    /// Time of the last whole frame, Unix milliseconds; `None` if there is none.
    pub last_time_ms: Option<i64>,
    /// How the segment ends.
    pub tail: Tail,
    parts: Option<(SeekTable, Totals)>,
}

/// Reads a segment up to the first octet that is not as it should be.
///
/// Frames are checked by their checksums and not decompressed. Memory holds one frame,
/// and eight octets for each frame of the segment. It always comes to an end.
///
/// # Errors
///
/// [`DatasetError::Io`] if reading failed: nothing may be cut then. Anything else is
/// wrong with the header of a file that is long enough to have one: it is damaged, of
/// another version or no segment at all, and should be left as it is.
pub fn recover<R: Read + Seek>(input: R) -> Result<Recovery> {
    let mut input = input;
    let mut reader = match Reader::open(&mut input) {
        Ok(reader) => reader,
        Err(reason @ DatasetError::Truncated { .. }) => return without_header(input, reason),
        Err(error) => return Err(error),
    };
    let (table, broken) = scan(&mut reader)?;
    let file_len = reader.file_len()?;
    let (header, totals, tail) = reader.into_parts();
    Ok(Recovery::new(header, totals, table, tail, broken, file_len))
}

/// Reads all frames; also gives what stopped it short of an end.
fn scan<R: Read + Seek>(reader: &mut Reader<R>) -> Result<(SeekTable, Option<DatasetError>)> {
    let header_len = u32::try_from(reader.offset()).unwrap_or(u32::MAX);
    let mut table = SeekTable::new(header_len);
    loop {
        match reader.next_checked() {
            Ok(Some(meta)) => table.push(meta.comp_len, meta.raw_len),
            Ok(None) => return Ok((table, None)),
            Err(error) if error.is_io() => return Err(error),
            Err(error) => return Ok((table, Some(error))),
        }
    }
}

fn without_header<R: Read + Seek>(mut input: R, reason: DatasetError) -> Result<Recovery> {
    let len = input.seek(SeekFrom::End(0)).map_err(DatasetError::io(0))?;
    Ok(Recovery {
        header: None,
        valid_len: 0,
        next_seq: 0,
        frames: 0,
        rows: 0,
        last_time_ms: None,
        tail: Tail::Torn(Torn { len, reason }),
        parts: None,
    })
}

impl Recovery {
    fn new(
        header: SegmentHeader,
        totals: Totals,
        table: SeekTable,
        tail: Tail,
        broken: Option<DatasetError>,
        file_len: u64,
    ) -> Self {
        let valid_len = match tail {
            Tail::Sealed => file_len,
            Tail::Clean | Tail::Torn(_) => totals.len,
        };
        let torn = |reason| {
            Tail::Torn(Torn {
                len: file_len.saturating_sub(valid_len),
                reason,
            })
        };
        Self {
            header: Some(header),
            valid_len,
            next_seq: totals.next_seq,
            frames: totals.frames,
            rows: totals.rows(),
            last_time_ms: totals.last_time_ms,
            tail: match (broken, tail) {
                (Some(reason), _) => torn(reason),
                (None, Tail::Torn(Torn { reason, .. })) => torn(reason),
                (None, whole) => whole,
            },
            parts: Some((table, totals)),
        }
    }

    /// Whether the segment is sealed, so that nothing is to be done.
    #[must_use]
    pub const fn is_sealed(&self) -> bool {
        matches!(self.tail, Tail::Sealed)
    }

    /// What a writer continues with.
    pub(super) fn into_parts(self) -> Result<(SeekTable, Totals)> {
        match (self.tail, self.parts) {
            (Tail::Sealed, _) => Err(refusal("resume", "sealed", "begin a new segment")),
            (_, None) => Err(refusal("resume", "without a header", "begin a new segment")),
            (_, Some(parts)) => Ok(parts),
        }
    }
}
