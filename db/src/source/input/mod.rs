//! A source's file: unpacked where it is packed, and limited.

mod lines;

use std::fmt;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;

use super::{At, Fault};

pub(super) use lines::{Lines, Row};

/// What is read of a file at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Octets after unpacking, so that a small file cannot unpack without end.
    pub unpacked: u64,
    /// Octets of a line.
    pub line: u64,
    /// Octets of a record of a table dump.
    pub record: u64,
}

impl Default for Limits {
    /// 2 GiB, 4 KiB and 16 MiB. No honest file comes near them, but for table dumps, which
    /// have more octets in all.
    fn default() -> Self {
        Self {
            unpacked: 2 << 30,
            line: 4096,
            record: 16 << 20,
        }
    }
}

/// The octets of a file after unpacking, up to the limit.
///
/// It is read as any reader; [`unreadable`] makes a [`Fault`] of its errors.
pub(super) struct Unpacked<'r> {
    reader: Box<dyn BufRead + 'r>,
    limit: u64,
    /// Octets that were taken until now, at most `limit`.
    taken: u64,
}

impl<'r> Unpacked<'r> {
    /// Opens a file that is packed by gzip or bzip2, or plain, as it begins.
    pub(super) fn open(input: impl Read + 'r, limits: Limits) -> Result<Self, Fault> {
        let mut packed = BufReader::with_capacity(BUFFER, input);
        let start = begins(&mut packed).map_err(|error| unreadable(At::Octet(0), error))?;
        let reader: Box<dyn BufRead + 'r> = if start.starts_with(b"\x1f\x8b") {
            Box::new(buffered(MultiGzDecoder::new(packed)))
        } else if is_bzip2(start) {
            Box::new(buffered(MultiBzDecoder::new(packed)))
        } else {
            Box::new(packed)
        };
        Ok(Self {
            reader,
            limit: limits.unpacked,
            taken: 0,
        })
    }

    /// How the rest begins, without taking anything of it; empty at the end.
    pub(super) fn begins(&mut self) -> Result<&[u8], Fault> {
        let at = At::Octet(self.taken);
        begins(self).map_err(|error| unreadable(at, error))
    }

    /// Octets that were taken until now.
    pub(super) const fn taken(&self) -> u64 {
        self.taken
    }
}

/// Whether data are packed by bzip2: its header, then that of a block or the end. The
/// header alone may be a time in the year 2005.
fn is_bzip2(start: &[u8]) -> bool {
    let after = start.strip_prefix(b"BZh").and_then(<[u8]>::split_first);
    after.is_some_and(|(level, rest)| {
        let inner = rest.starts_with(b"1AY&SY") || rest.starts_with(b"\x17rE8P\x90");
        level.is_ascii_digit() && inner
    })
}

/// Octets of a buffer: few system calls and few calls of what unpacks.
const BUFFER: usize = 1 << 16;

fn buffered<R: Read>(reader: R) -> BufReader<R> {
    BufReader::with_capacity(BUFFER, reader)
}

impl BufRead for Unpacked<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let left = self.limit.saturating_sub(self.taken);
        let buffer = self.reader.fill_buf()?;
        if left == 0 && !buffer.is_empty() {
            return Err(io::Error::other(TooLarge { limit: self.limit }));
        }
        let shown = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        Ok(buffer.get(..shown).unwrap_or_default())
    }

    fn consume(&mut self, octets: usize) {
        self.reader.consume(octets);
        self.taken += u64::try_from(octets).unwrap_or(u64::MAX);
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

/// A file has more octets than are read.
#[derive(Debug)]
struct TooLarge {
    limit: u64,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {} octets", self.limit)
    }
}

impl std::error::Error for TooLarge {}

/// How a reader goes on, without taking anything of it.
fn begins(reader: &mut impl BufRead) -> io::Result<&[u8]> {
    loop {
        match reader.fill_buf() {
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    // Filled already, so this gives what is there; the borrow checker does not let the
    // loop return it.
    reader.fill_buf()
}

/// Why a file cannot be read any further than to there.
pub(super) fn unreadable(at: At, source: io::Error) -> Fault {
    let too_large = source
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<TooLarge>());
    if let Some(TooLarge { limit }) = too_large {
        return Fault::TooLarge { at, limit: *limit };
    }
    if source.kind() == ErrorKind::UnexpectedEof {
        Fault::Truncated { at }
    } else {
        Fault::Read { at, source }
    }
}

/// What a file seems to be by how it begins, if that is surely none of a source.
pub(super) fn other_kind(start: &[u8]) -> Option<&'static str> {
    let text = start.trim_ascii_start();
    let kinds: [(&[u8], &str); 6] = [
        (b"<", "an HTML or XML page"),
        (b"{", "JSON"),
        (b"PK\x03\x04", "a zip archive"),
        (b"BZh", "bzip2 data within packed data"),
        (b"\xfd7zXZ\0", "xz data"),
        (b"\x1f\x8b", "gzip data within packed data"),
    ];
    let known = kinds.into_iter().find(|(magic, _)| text.starts_with(magic));
    known.map(|(_, name)| name)
}
