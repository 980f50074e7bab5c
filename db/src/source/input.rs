//! A source's file as lines: unpacked where it is packed, and limited.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;

use super::{Dropped, Fault, Tally};
use crate::error::shown;
use crate::{Statement, Statements};

/// What is read of a file at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Octets after unpacking, so that a small file cannot unpack without end.
    pub unpacked: u64,
    /// Octets of a line.
    pub line: u64,
}

impl Default for Limits {
    /// 2 GiB, about thirty times the largest of these files today, and 4 KiB.
    fn default() -> Self {
        Self {
            unpacked: 2 << 30,
            line: 4096,
        }
    }
}

/// The lines of a file.
pub(super) struct Lines<'r> {
    reader: Box<dyn BufRead + 'r>,
    limits: Limits,
    /// What is left of `limits.unpacked`.
    left: u64,
    /// The line that was read last, from 1.
    line: u64,
    octets: Vec<u8>,
    expected: &'static str,
}

impl<'r> Lines<'r> {
    /// Opens a file, after a look at how it begins.
    pub(super) fn open(
        input: impl Read + 'r,
        limits: Limits,
        expected: &'static str,
    ) -> Result<Self, Fault> {
        let mut packed = BufReader::new(input);
        let is_packed = begins(&mut packed)?.starts_with(&[0x1f, 0x8b]);
        let mut reader: Box<dyn BufRead + 'r> = if is_packed {
            Box::new(BufReader::new(MultiGzDecoder::new(packed)))
        } else {
            Box::new(packed)
        };
        let start = begins(&mut reader)?;
        if start.is_empty() {
            return Err(Fault::Empty { expected });
        }
        if let Some(found) = other_kind(start) {
            return Err(Fault::OtherKind { found, expected });
        }
        Ok(Self {
            reader,
            limits,
            left: limits.unpacked,
            line: 0,
            octets: Vec::new(),
            expected,
        })
    }

    /// The next line, without its end; `None` after the last. What is not UTF-8 in it is
    /// replaced, since names of ASes come in many encodings.
    pub(super) fn next(&mut self) -> Result<Option<Row>, Fault> {
        self.line += 1;
        self.octets.clear();
        // One octet beyond either limit tells a line that ends there from a longer one.
        let room = self.limits.line.min(self.left).saturating_add(1);
        let read = self
            .reader
            .by_ref()
            .take(room)
            .read_until(b'\n', &mut self.octets);
        let read = read.map_err(|error| unreadable(self.line, error))?;
        let read = u64::try_from(read).unwrap_or(u64::MAX);
        if read == 0 {
            return Ok(None);
        }
        self.left = self.left.checked_sub(read).ok_or(Fault::TooLarge {
            line: self.line,
            limit: self.limits.unpacked,
        })?;
        if read > self.limits.line {
            return Err(Fault::LongLine {
                line: self.line,
                limit: self.limits.line,
                expected: self.expected,
            });
        }
        let text = String::from_utf8_lossy(&self.octets);
        Ok(Some(Row {
            text: text.trim_end_matches(['\n', '\r']).to_owned(),
            line: self.line,
        }))
    }
}

/// How a file begins, without taking anything of it.
fn begins(reader: &mut impl BufRead) -> Result<&[u8], Fault> {
    loop {
        match reader.fill_buf() {
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(1, error)),
        }
    }
    // Filled already, so this gives what is there; the borrow checker does not let the
    // loop return it.
    reader.fill_buf().map_err(|error| unreadable(1, error))
}

fn unreadable(line: u64, source: io::Error) -> Fault {
    if source.kind() == ErrorKind::UnexpectedEof {
        Fault::Truncated { line }
    } else {
        Fault::Read { line, source }
    }
}

/// What a file seems to be that is surely no text of rows.
fn other_kind(start: &[u8]) -> Option<&'static str> {
    let text = start.trim_ascii_start();
    let kinds: [(&[u8], &str); 6] = [
        (b"<", "an HTML or XML page"),
        (b"{", "JSON"),
        (b"PK\x03\x04", "a zip archive"),
        (b"BZh", "bzip2 data"),
        (b"\xfd7zXZ\0", "xz data"),
        (b"\x1f\x8b", "gzip data within gzip data"),
    ];
    let known = kinds.into_iter().find(|(magic, _)| text.starts_with(magic));
    let binary = || start.contains(&0).then_some("binary data");
    known.map(|(_, name)| name).or_else(binary)
}

/// One line of a file.
pub(super) struct Row {
    pub(super) text: String,
    line: u64,
}

impl Row {
    /// That `found` in this line is wrong.
    pub(super) fn wrong(&self, found: &str, expected: &'static str) -> Fault {
        Fault::Line {
            line: self.line,
            found: shown(found),
            expected,
        }
    }

    /// Makes and counts a statement of this line.
    pub(super) fn state(
        &self,
        statement: Statement<'_>,
        into: &mut dyn Statements,
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        let line = self.line;
        into.state(statement)
            .map_err(|full| Fault::Full { line, full })?;
        tally.stated += 1;
        Ok(())
    }

    /// The AS number that a column holds; `None`, and counted, for AS 0.
    pub(super) fn asn(&self, column: &str, tally: &mut Tally) -> Result<Option<u32>, Fault> {
        let asn: u32 = column
            .parse()
            .map_err(|_| self.wrong(column, "an AS number from 0 to 4294967295"))?;
        if asn == 0 {
            tally.drop(Dropped::NotRouted);
        }
        Ok((asn != 0).then_some(asn))
    }
}
