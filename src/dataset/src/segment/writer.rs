//! Writing a segment frame by frame.

use std::io::Write;

use zstd::bulk::Compressor;

use super::frame::{FrameMeta, HEADER_BYTES};
use super::recovery::Recovery;
use super::table::SeekTable;
use super::{RAW_LEN_MAX, SegmentHeader, Totals};
use crate::error::within;
use crate::{DatasetError, Result};

/// One frame as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// What its header says.
    pub meta: FrameMeta,
    /// Octets of header and zstd frame together.
    pub len: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// A write failed; what is behind the last boundary is unknown.
    Broken,
    Sealed,
}

/// Writes one segment. Each call that writes does so with one `write_all`.
///
/// After a failed write, the caller cuts the file back to [`Writer::len`] octets, goes
/// there, and says so with [`Writer::cut_back`]; until then nothing more is written.
pub struct Writer<W> {
    output: W,
    compressor: Compressor<'static>,
    /// Frame header and zstd frame; never shrinks, so that it is zeroed only once.
    buffer: Vec<u8>,
    table: SeekTable,
    totals: Totals,
    state: State,
}

impl<W: Write> Writer<W> {
    /// Begins a segment: writes its header. `level` is zstd's, from 1 (fast) to 22.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Limit`] for a header too long, [`DatasetError::Io`] for a failed
    /// write, [`DatasetError::Compression`] for a level zstd does not know.
    pub fn new(mut output: W, header: &SegmentHeader, level: i32) -> Result<Self> {
        let bytes = header.encode()?;
        let compressor = compressor(level)?;
        output.write_all(&bytes).map_err(DatasetError::io(0))?;
        let header_len = bytes.len() as u64;
        let totals = Totals::begin(header, header_len);
        let table = SeekTable::new(u32::try_from(header_len).unwrap_or(u32::MAX));
        Ok(Self::with(output, compressor, table, totals))
    }

    /// Continues a segment that [`recover`](super::recover) has scanned.
    ///
    /// The caller has cut the file to [`Recovery::valid_len`] octets and `output` writes
    /// there. Frames appended are the same octets as if nothing had happened.
    ///
    /// # Errors
    ///
    /// [`DatasetError::State`] if the segment is sealed or has not even a whole header,
    /// [`DatasetError::Compression`] for a level zstd does not know.
    pub fn resume(output: W, recovery: Recovery, level: i32) -> Result<Self> {
        let (table, totals) = recovery.into_parts()?;
        Ok(Self::with(output, compressor(level)?, table, totals))
    }

    const fn with(
        output: W,
        compressor: Compressor<'static>,
        table: SeekTable,
        totals: Totals,
    ) -> Self {
        Self {
            output,
            compressor,
            buffer: Vec::new(),
            table,
            totals,
            state: State::Open,
        }
    }

    /// Appends one frame of `rows` rows, the first of them at position `first_seq`.
    ///
    /// `time_ms` is on the pipeline's clock. With 0 rows the frame is a preamble or
    /// trailer; `first_seq` is the next position all the same.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Sequence`] if `first_seq` is not [`Writer::next_seq`],
    /// [`DatasetError::Limit`] for a payload or a number of frames too large, both with
    /// nothing written; [`DatasetError::Io`] if the write failed, for which see [`Writer`].
    pub fn append(
        &mut self,
        first_seq: u64,
        time_ms: i64,
        rows: u32,
        payload: &[u8],
    ) -> Result<Written> {
        self.check_open("append")?;
        let mut meta = self.plan(first_seq, time_ms, rows, payload)?;
        meta.comp_len = self.compress(payload)?;
        self.write_frame(&meta)?;
        self.count(&meta);
        let len = meta.end() - meta.offset;
        Ok(Written { meta, len })
    }

    /// The last frame as it was written, header included, to be kept until it is durable.
    #[must_use]
    pub fn last_frame(&self, written: &Written) -> &[u8] {
        let len = HEADER_BYTES + written.meta.comp_len as usize;
        self.buffer.get(..len).unwrap_or_default()
    }

    /// Appends a frame that was written elsewhere: its octets, as [`Writer::last_frame`] gave
    /// them there.
    ///
    /// # Errors
    ///
    /// As [`Writer::append`], and [`DatasetError::Truncated`] for octets of another length.
    pub fn append_again(&mut self, meta: &FrameMeta, octets: &[u8]) -> Result<Written> {
        self.check_open("append")?;
        let mut again = self.plan(meta.first_seq, meta.time_ms, meta.rows, &[])?;
        (again.raw_len, again.comp_len) = (meta.raw_len, meta.comp_len);
        let (found, expected) = (octets.len() as u64, again.end() - again.offset);
        if found != expected {
            return Err(DatasetError::Truncated {
                offset: again.offset,
                what: "frame to be written again",
                found,
                expected,
            });
        }
        self.write(again.offset, octets)?;
        self.count(&again);
        Ok(Written {
            meta: again,
            len: found,
        })
    }

    /// The frame as far as it is known before compression, everything checked.
    fn plan(&self, first_seq: u64, time_ms: i64, rows: u32, payload: &[u8]) -> Result<FrameMeta> {
        let offset = self.totals.len;
        let expected = self.totals.next_seq;
        if first_seq != expected || first_seq.checked_add(rows.into()).is_none() {
            return Err(DatasetError::Sequence {
                offset,
                found: first_seq,
                expected,
            });
        }
        within(offset, "payload", payload.len() as u64, RAW_LEN_MAX.into())?;
        self.table.check_room(offset)?;
        Ok(FrameMeta {
            offset,
            first_seq,
            time_ms,
            rows,
            raw_len: u32::try_from(payload.len()).unwrap_or(RAW_LEN_MAX),
            comp_len: 0,
        })
    }

    /// Compresses behind the room for the header; gives the length.
    fn compress(&mut self, payload: &[u8]) -> Result<u32> {
        let needed = HEADER_BYTES + zstd::compress_bound(payload.len());
        if self.buffer.len() < needed {
            self.buffer.resize(needed, 0);
        }
        let len = self
            .compressor
            .compress_to_buffer(payload, &mut self.buffer[HEADER_BYTES..])
            .map_err(|source| DatasetError::Compression {
                offset: self.totals.len,
                source,
            })?;
        Ok(u32::try_from(len).unwrap_or(u32::MAX))
    }

    fn write_frame(&mut self, meta: &FrameMeta) -> Result<()> {
        let frame = &mut self.buffer[..HEADER_BYTES + meta.comp_len as usize];
        let (header, compressed) = frame.split_at_mut(HEADER_BYTES);
        header.copy_from_slice(&meta.encode(crc32c::crc32c(compressed)));
        let written = self.output.write_all(frame);
        self.told(meta.offset, written)
    }

    fn write(&mut self, offset: u64, octets: &[u8]) -> Result<()> {
        let written = self.output.write_all(octets);
        self.told(offset, written)
    }

    fn told(&mut self, offset: u64, written: std::io::Result<()>) -> Result<()> {
        if written.is_err() {
            self.state = State::Broken;
        }
        written.map_err(DatasetError::io(offset))
    }

    fn count(&mut self, meta: &FrameMeta) {
        self.table.push(meta.comp_len, meta.raw_len);
        self.totals.count(meta);
    }

    /// Whether a write failed and the file was not cut back yet.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.state == State::Broken
    }

    /// Says that the caller has cut the file back to [`Writer::len`] after a failed write.
    pub fn cut_back(&mut self) {
        if self.state == State::Broken {
            self.state = State::Open;
        }
    }

    /// Writes the seek table. The segment is sealed; nothing can follow.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Io`] if the write failed; after [`Writer::cut_back`] it may be
    /// tried again.
    pub fn write_seek_table(&mut self) -> Result<Totals> {
        self.check_open("seal")?;
        let table = self.table.encode();
        self.write(self.totals.len, &table)?;
        self.state = State::Sealed;
        self.totals.len += table.len() as u64;
        Ok(self.totals)
    }

    /// Writes the seek table and gives the output back.
    ///
    /// # Errors
    ///
    /// As [`Writer::write_seek_table`]; the output is gone then. Who must cut it back
    /// calls that one, and [`Writer::into_inner`].
    pub fn seal(mut self) -> Result<(W, Totals)> {
        let sealed = self.write_seek_table()?;
        Ok((self.output, sealed))
    }

    fn check_open(&self, operation: &'static str) -> Result<()> {
        match self.state {
            State::Open => Ok(()),
            State::Broken => Err(refusal(
                operation,
                "broken by a failed write",
                "cut it back to its last boundary and call cut_back",
            )),
            State::Sealed => Err(refusal(operation, "sealed", "begin a new segment")),
        }
    }
}

impl<W> Writer<W> {
    /// Octets up to the last boundary: all that is known to have been handed over.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "a segment has a header at least"
    )]
    pub const fn len(&self) -> u64 {
        self.totals.len
    }

    /// The position of the next row.
    #[must_use]
    pub const fn next_seq(&self) -> u64 {
        self.totals.next_seq
    }

    /// What the segment amounts to so far.
    #[must_use]
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The output, for syncing.
    pub const fn get_ref(&self) -> &W {
        &self.output
    }

    /// The output, for cutting back; writing to it ruins the segment.
    pub const fn get_mut(&mut self) -> &mut W {
        &mut self.output
    }

    /// The output, with nothing more written.
    pub fn into_inner(self) -> W {
        self.output
    }
}

fn compressor(level: i32) -> Result<Compressor<'static>> {
    let set_up = || {
        let mut compressor = Compressor::new(level)?;
        compressor.include_checksum(true)?;
        compressor.include_contentsize(true)?;
        Ok(compressor)
    };
    set_up().map_err(|source| DatasetError::Compression { offset: 0, source })
}

pub(super) const fn refusal(
    operation: &'static str,
    state: &'static str,
    remedy: &'static str,
) -> DatasetError {
    DatasetError::State {
        operation,
        state,
        remedy,
    }
}
