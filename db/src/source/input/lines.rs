//! A source's file as lines.

use std::io::{BufRead, Read};

use super::{Limits, Unpacked, other_kind, unreadable};
use crate::error::shown;
use crate::source::{At, Dropped, Fault, Tally};
use crate::{Statement, Statements};

/// The lines of a file.
pub(in crate::source) struct Lines<'r> {
    reader: Unpacked<'r>,
    /// The most octets of a line.
    limit: u64,
    /// The line that was read last, from 1.
    line: u64,
    octets: Vec<u8>,
    expected: &'static str,
}

impl<'r> Lines<'r> {
    /// The lines of a file, after a look at how it begins.
    pub(in crate::source) fn of(
        mut reader: Unpacked<'r>,
        limits: Limits,
        expected: &'static str,
    ) -> Result<Self, Fault> {
        let start = reader.begins()?;
        let binary = || start.contains(&0).then_some("binary data");
        if let Some(found) = other_kind(start).or_else(binary) {
            return Err(Fault::OtherKind {
                found: found.to_owned(),
                expected,
            });
        }
        Ok(Self {
            reader,
            limit: limits.line,
            line: 0,
            octets: Vec::new(),
            expected,
        })
    }

    /// The next line, without its end; `None` after the last. What is not UTF-8 in it is
    /// replaced, since names of ASes come in many encodings.
    pub(in crate::source) fn next(&mut self) -> Result<Option<Row>, Fault> {
        self.line += 1;
        self.octets.clear();
        // One octet beyond the limit tells a line that ends there from a longer one.
        let room = self.limit.saturating_add(1);
        let read = self
            .reader
            .by_ref()
            .take(room)
            .read_until(b'\n', &mut self.octets);
        let read = read.map_err(|error| unreadable(At::Line(self.line), error))?;
        let read = u64::try_from(read).unwrap_or(u64::MAX);
        if read == 0 {
            return Ok(None);
        }
        if read > self.limit {
            return Err(Fault::Long {
                at: At::Line(self.line),
                what: "a line",
                limit: self.limit,
                expected: self.expected,
            });
        }
        let text = String::from_utf8_lossy(&self.octets);
        Ok(Some(Row {
            text: text.trim_end_matches(['\n', '\r']).to_owned(),
            at: At::Line(self.line),
        }))
    }
}

/// One line of a file.
pub(in crate::source) struct Row {
    pub(in crate::source) text: String,
    at: At,
}

impl Row {
    /// That `found` in this line is wrong.
    pub(in crate::source) fn wrong(&self, found: &str, expected: &'static str) -> Fault {
        Fault::Wrong {
            at: self.at,
            found: shown(found),
            expected,
        }
    }

    /// Makes and counts a statement of this line.
    pub(in crate::source) fn state(
        &self,
        statement: Statement<'_>,
        into: &mut dyn Statements,
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        tally.state(self.at, statement, into)
    }

    /// The AS number that a column holds; `None`, and counted, for AS 0.
    pub(in crate::source) fn asn(
        &self,
        column: &str,
        tally: &mut Tally,
    ) -> Result<Option<u32>, Fault> {
        let asn: u32 = column
            .parse()
            .map_err(|_| self.wrong(column, "an AS number from 0 to 4294967295"))?;
        if asn == 0 {
            tally.drop(Dropped::NotRouted);
        }
        Ok((asn != 0).then_some(asn))
    }
}
