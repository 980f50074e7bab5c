//! Reading a segment: every frame checked before an octet of it is released.

use std::io::{Read, Seek, SeekFrom};

use zstd::bulk::Decompressor;
use zstd::zstd_safe::{find_frame_compressed_size, get_frame_content_size};

use super::frame::{FRAME_HEADER_LEN, FrameMeta, HEADER_BYTES};
use super::magic::{self, PREFIX_LEN};
use super::source::Source;
use super::table::Expected;
use super::{FRAMES_MAX, SegmentHeader, Totals, u32_at};
use crate::error::within;
use crate::{DatasetError, Result};

/// A frame whose checksums, lengths and position have been checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What its header says.
    pub meta: FrameMeta,
    /// Its rows.
    pub payload: &'a [u8],
}

/// How a segment ends, as far as it has been read.
#[derive(Debug)]
pub enum Tail {
    /// At the boundary of a frame, or not reached yet.
    Clean,
    /// With the seek table: nothing can follow.
    Sealed,
    /// Within a part that is not whole.
    Torn(Torn),
}

/// Where and why a segment ends within a part.
#[derive(Debug)]
pub struct Torn {
    /// Octets from there to the end of the file.
    pub len: u64,
    /// What is wrong with them, and where they begin.
    pub reason: DatasetError,
}

/// Reads one segment, sealed or still being written.
///
/// At the end it gives `None`; if the file has grown since, the next call goes on from
/// there. [`Reader::tail`] tells a clean end from one within a frame, which in a file
/// being written is the end for now. Reads are as large as frames: no buffering needed.
///
/// After an error the reader stays before what is wrong; if only a frame's content is,
/// [`Reader::next_meta`] steps over it and tells which rows are lost.
pub struct Reader<R> {
    source: Source<R>,
    header: SegmentHeader,
    header_len: u64,
    totals: Totals,
    tail: Tail,
    decompressor: Decompressor<'static>,
    compressed: Vec<u8>,
    /// Never shrinks, so that it is zeroed only once.
    payload: Vec<u8>,
}

impl<R: Read + Seek> Reader<R> {
    /// Reads the header of a segment. The input's start is the segment's.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Truncated`] if there is no whole header (yet); otherwise what is
    /// wrong with it.
    pub fn open(mut input: R) -> Result<Self> {
        input
            .seek(SeekFrom::Start(0))
            .map_err(DatasetError::io(0))?;
        let (header, header_len) = SegmentHeader::read(&mut input)?;
        let decompressor = Decompressor::new()
            .map_err(|source| DatasetError::Compression { offset: 0, source })?;
        Ok(Self {
            source: Source::new(input, header_len),
            totals: Totals::begin(&header, header_len),
            header,
            header_len,
            tail: Tail::Clean,
            decompressor,
            compressed: Vec::new(),
            payload: Vec::new(),
        })
    }

    /// The next frame, checked and decompressed; `None` at the end, for which see
    /// [`Reader::tail`].
    ///
    /// # Errors
    ///
    /// What is wrong with the frame. Nothing of it has been released.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>> {
        let Some((meta, crc)) = self.next_header()? else {
            return Ok(None);
        };
        if !self.read_compressed(&meta, crc)? {
            return Ok(None);
        }
        self.decompress(&meta)?;
        self.totals.count(&meta);
        let payload = self.payload.get(..meta.raw_len as usize).unwrap_or(&[]);
        Ok(Some(Frame { meta, payload }))
    }

    /// The next frame's header; the frame itself is skipped and not checked.
    ///
    /// # Errors
    ///
    /// What is wrong with the header or its position.
    pub fn next_meta(&mut self) -> Result<Option<FrameMeta>> {
        let Some((meta, _)) = self.next_header()? else {
            return Ok(None);
        };
        if !self.is_whole(&meta)? {
            return Ok(None);
        }
        self.totals.count(&meta);
        Ok(Some(meta))
    }

    /// The next frame's header; the frame is checked by its checksum, not decompressed.
    pub(super) fn next_checked(&mut self) -> Result<Option<FrameMeta>> {
        let Some((meta, crc)) = self.next_header()? else {
            return Ok(None);
        };
        if !self.read_compressed(&meta, crc)? {
            return Ok(None);
        }
        self.totals.count(&meta);
        Ok(Some(meta))
    }

    /// Goes to the frame that holds the row of a position, by the frames' headers.
    ///
    /// Gives `true` if the next frame holds it, `false` if the position lies behind the
    /// end (so far), where the reader then is.
    ///
    /// # Errors
    ///
    /// [`DatasetError::BeforeSegment`] if the segment begins after it, or what is wrong
    /// with a header on the way.
    pub fn seek_to_seq(&mut self, seq: u64) -> Result<bool> {
        if seq < self.header.first_seq {
            return Err(DatasetError::BeforeSegment {
                wanted: seq,
                first: self.header.first_seq,
            });
        }
        if seq < self.totals.next_seq {
            self.rewind();
        }
        while let Some((meta, _)) = self.next_header()? {
            if !self.is_whole(&meta)? {
                return Ok(false);
            }
            if meta.holds(seq) {
                return Ok(true);
            }
            self.totals.count(&meta);
        }
        Ok(false)
    }

    /// Goes back to the first frame.
    pub fn rewind(&mut self) {
        self.totals = Totals::begin(&self.header, self.header_len);
        self.tail = Tail::Clean;
    }

    /// The header and checksum of the frame at the current position, which is kept.
    fn next_header(&mut self) -> Result<Option<(FrameMeta, u32)>> {
        if matches!(self.tail, Tail::Sealed) {
            return Ok(None);
        }
        self.tail = Tail::Clean;
        let offset = self.totals.len;
        let mut bytes = [0; HEADER_BYTES];
        let found = self.source.fill(offset, &mut bytes)?;
        if found == 0 {
            return Ok(None);
        }
        if found >= PREFIX_LEN && u32_at(&bytes, 0) == magic::SEEK_TABLE {
            self.read_table(u32_at(&bytes, 4))?;
            return Ok(None);
        }
        if found < HEADER_BYTES {
            self.end_torn("frame header", offset, found as u64, FRAME_HEADER_LEN);
            return Ok(None);
        }
        if u32_at(&bytes, 0) != magic::FRAME {
            return Err(not_a_frame(offset, u32_at(&bytes, 0)));
        }
        let (meta, crc) = FrameMeta::decode(&bytes, offset)?;
        self.check_sequence(&meta)?;
        Ok(Some((meta, crc)))
    }

    fn check_sequence(&self, meta: &FrameMeta) -> Result<()> {
        let frames = self.totals.frames + 1;
        within(meta.offset, "number of frames", frames, FRAMES_MAX.into())?;
        if meta.first_seq == self.totals.next_seq && meta.next_seq().is_some() {
            return Ok(());
        }
        Err(DatasetError::Sequence {
            offset: meta.offset,
            found: meta.first_seq,
            expected: self.totals.next_seq,
        })
    }

    /// Reads the zstd frame and checks its checksum; `false` if it is not all there.
    fn read_compressed(&mut self, meta: &FrameMeta, expected: u32) -> Result<bool> {
        let offset = meta.comp_offset();
        let (len, buffer) = (meta.comp_len, &mut self.compressed);
        let found = self.source.read(offset, len, buffer)?;
        if found < len as usize {
            self.end_torn("zstd frame", offset, found as u64, len);
            return Ok(false);
        }
        let found = crc32c::crc32c(&self.compressed);
        if found == expected {
            return Ok(true);
        }
        Err(DatasetError::Checksum {
            offset,
            what: "zstd frame",
            found,
            expected,
        })
    }

    /// Decompresses into exactly the room the header states, not an octet more.
    fn decompress(&mut self, meta: &FrameMeta) -> Result<()> {
        let (offset, raw_len) = (meta.comp_offset(), meta.raw_len as usize);
        check_claims(&self.compressed, meta)?;
        if self.payload.len() < raw_len {
            self.payload.resize(raw_len, 0);
        }
        let room = self.payload.get_mut(..raw_len).unwrap_or_default();
        let len = self
            .decompressor
            .decompress_to_buffer(&self.compressed, room)
            .map_err(|source| DatasetError::Compression { offset, source })?;
        check_size(offset, "decompressed payload", len as u64, meta.raw_len)
    }

    /// Reads the seek table and checks it against the frames that were read.
    fn read_table(&mut self, len: u32) -> Result<()> {
        let expected = Expected {
            offset: self.totals.len,
            frames: u32::try_from(self.totals.frames).unwrap_or(FRAMES_MAX),
            raw_len: self.totals.raw_len,
        };
        expected.check_len(len)?;
        let body_at = expected.offset + PREFIX_LEN as u64;
        let found = self.source.read(body_at, len, &mut self.compressed)?;
        if found < len as usize {
            self.end_torn("seek table", body_at, found as u64, len);
            return Ok(());
        }
        expected.check(&self.compressed)?;
        let end = body_at + u64::from(len);
        if self.source.fill(end, &mut [0])? > 0 {
            return Err(DatasetError::format(
                end,
                "end of the segment",
                "more octets",
                "nothing behind the seek table",
            ));
        }
        self.tail = Tail::Sealed;
        Ok(())
    }

    /// Notes that the segment ends within the part at `at`, `found` octets into it.
    fn end_torn(&mut self, what: &'static str, at: u64, found: u64, expected: u32) {
        self.source.forget();
        self.tail = Tail::Torn(Torn {
            len: (at + found).saturating_sub(self.totals.len),
            reason: DatasetError::Truncated {
                offset: at,
                what,
                found,
                expected: expected.into(),
            },
        });
    }

    /// Whether all of a frame is there, without reading it.
    fn is_whole(&mut self, meta: &FrameMeta) -> Result<bool> {
        let reach = self.source.reaches(meta.end())?;
        if reach >= meta.end() {
            return Ok(true);
        }
        let at = meta.comp_offset();
        self.end_torn("zstd frame", at, reach.saturating_sub(at), meta.comp_len);
        Ok(false)
    }

    /// The length of the file as it is now.
    pub(super) fn file_len(&mut self) -> Result<u64> {
        self.source.len()
    }
}

impl<R> Reader<R> {
    /// The segment's header.
    #[must_use]
    pub const fn header(&self) -> &SegmentHeader {
        &self.header
    }

    /// How the segment ends; [`Tail::Clean`] until the end has been reached.
    #[must_use]
    pub const fn tail(&self) -> &Tail {
        &self.tail
    }

    /// The position of the next frame's first row.
    #[must_use]
    pub const fn next_seq(&self) -> u64 {
        self.totals.next_seq
    }

    /// Where the next frame begins, in octets from the start of the segment.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.totals.len
    }

    /// What the frames before the current place amount to.
    #[must_use]
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The input, wherever it stands.
    pub fn into_inner(self) -> R {
        self.source.into_inner()
    }

    pub(super) fn into_parts(self) -> (SegmentHeader, Totals, Tail) {
        (self.header, self.totals, self.tail)
    }
}

/// Compares what the zstd frame says of itself with what its header says of it.
fn check_claims(compressed: &[u8], meta: &FrameMeta) -> Result<()> {
    let offset = meta.comp_offset();
    let content = get_frame_content_size(compressed).ok().flatten();
    let content = content.unwrap_or(u64::MAX);
    check_size(
        offset,
        "content size of the zstd frame",
        content,
        meta.raw_len,
    )?;
    let size = find_frame_compressed_size(compressed).unwrap_or(usize::MAX) as u64;
    check_size(offset, "length of the zstd frame", size, meta.comp_len)
}

/// `u64::MAX` stands for a size that can not be told.
fn check_size(offset: u64, what: &'static str, found: u64, expected: u32) -> Result<()> {
    if found == u64::from(expected) {
        return Ok(());
    }
    let found = match found {
        u64::MAX => "unknown".to_owned(),
        known => known.to_string(),
    };
    let expected = format!("{expected}, as the frame header says");
    Err(DatasetError::format(offset, what, found, expected))
}

fn not_a_frame(offset: u64, found: u32) -> DatasetError {
    let (frame, table) = (magic::FRAME, magic::SEEK_TABLE);
    DatasetError::format(
        offset,
        "magic number",
        format!("{found:#010x}"),
        format!("{frame:#010x}, a frame, or {table:#010x}, a seek table"),
    )
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::name::Content;
    use crate::segment::{Kind, Writer};

    #[test]
    fn a_segment_of_more_frames_than_the_limit_is_refused() {
        let header = SegmentHeader {
            kind: Kind::Prepared,
            content: Content::Csv,
            first_seq: 0,
            created_ms: 0,
            program: String::new(),
            meta: serde_json::Map::new(),
        };
        let mut writer = Writer::new(Vec::new(), &header, 1).unwrap();
        writer.append(0, 0, 1, b"row\n").unwrap();
        let bytes = writer.into_inner();
        let mut reader = Reader::open(Cursor::new(&bytes)).unwrap();
        reader.totals.frames = u64::from(FRAMES_MAX) - 1;
        reader.next_frame().unwrap().unwrap();
        reader.rewind();
        reader.totals.frames = FRAMES_MAX.into();
        let error = reader.next_frame().unwrap_err();
        let right = matches!(
            error,
            DatasetError::Limit {
                limit: 1_048_576,
                ..
            }
        );
        assert!(right, "{error}");
    }
}
