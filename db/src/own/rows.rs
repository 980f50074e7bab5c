//! The rows of a prefix file: CSV with comments, an optional header, and limits.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder, Trim};
use flow::Prefix;

use super::columns::{Columns, Layout};
use super::row::{Parsed, Row, Wrong, parse_row};
use crate::error::{BadRow, DbError};

/// How large a prefix file may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Octets of a file.
    pub(crate) file: u64,
    /// Octets of a line, without its end.
    pub(crate) line: usize,
    /// Rows of a file, skipped ones too.
    pub(crate) rows: usize,
    /// Bad rows that an error shows.
    pub(crate) shown: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file: 64 << 20,
            line: 4 << 10,
            rows: 1_000_000,
            shown: 20,
        }
    }
}

/// What a file holds.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Rows {
    /// Rows in use, in the order of the file, each prefix once.
    pub(crate) used: Vec<Row>,
    /// Rows without a VLAN.
    pub(crate) skipped: usize,
    /// Rows equal to an earlier one.
    pub(crate) repeated: usize,
}

/// The rows of a file's octets; `path` is for errors.
///
/// # Errors
/// [`DbError::Rows`] with the bad rows, [`DbError::TooManyRows`].
pub(crate) fn parse(
    path: &Path,
    octets: &[u8],
    layout: Layout,
    limits: Limits,
) -> Result<Rows, DbError> {
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    let mut bad = Bad::new(limits.shown);
    check_lines(octets, limits.line, &mut bad);
    bad.check(path)?;
    let mut parser = Parser {
        columns: Columns::in_order(layout),
        layout,
        rows: Rows::default(),
        seen: HashMap::new(),
        bad,
    };
    parser.read(path, octets, limits.rows)?;
    parser.bad.check(path)?;
    Ok(parser.rows)
}

/// Lines beyond the limit are found before anything interprets them.
fn check_lines(octets: &[u8], limit: usize, bad: &mut Bad) {
    for (line, text) in (1..).zip(octets.split(|octet| *octet == b'\n')) {
        if text.len() > limit {
            bad.push(
                line,
                Wrong {
                    found: format!("{} octets", text.len()),
                    expected: format!("at most {limit} on a line"),
                },
            );
        }
    }
}

struct Parser {
    layout: Layout,
    columns: Columns,
    rows: Rows,
    /// The index of each prefix in the rows.
    seen: HashMap<Prefix, usize>,
    bad: Bad,
}

impl Parser {
    fn read(&mut self, path: &Path, octets: &[u8], limit: usize) -> Result<(), DbError> {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .trim(Trim::All)
            .from_reader(octets);
        let mut lines = Lines {
            octets,
            at: 0,
            line: 1,
        };
        let mut record = ByteRecord::new();
        let mut is_first = true;
        while read_record(&mut reader, &mut record, path)? {
            let line = lines.line_of(record.position());
            if is_nothing(&record) {
                continue;
            }
            if std::mem::replace(&mut is_first, false) && is_header(&record) {
                match Columns::named(self.layout, &record) {
                    Ok(columns) => self.columns = columns,
                    Err(wrong) => {
                        // What the rows say cannot be known.
                        self.bad.push(line, wrong);
                        return Ok(());
                    }
                }
                continue;
            }
            if self.rows.total() >= limit {
                let path = path.to_owned();
                return Err(DbError::TooManyRows { path, line, limit });
            }
            self.take(&record, line);
        }
        Ok(())
    }

    fn take(&mut self, record: &ByteRecord, line: u64) {
        match parse_row(record, line, &self.columns) {
            Ok(Parsed::Row(row)) => self.add(row),
            Ok(Parsed::Skipped) => self.rows.skipped += 1,
            Err(wrong) => self.bad.push(line, wrong),
        }
    }

    fn add(&mut self, row: Row) {
        match self.seen.entry(row.prefix) {
            Entry::Vacant(vacant) => {
                vacant.insert(self.rows.used.len());
                self.rows.used.push(row);
            }
            Entry::Occupied(occupied) => {
                let earlier = self.rows.used.get(*occupied.get());
                match earlier.and_then(|earlier| contradiction(earlier, &row)) {
                    Some(wrong) => self.bad.push(row.line, wrong),
                    None => self.rows.repeated += 1,
                }
            }
        }
    }
}

impl Rows {
    fn total(&self) -> usize {
        self.used.len() + self.skipped + self.repeated
    }
}

/// What is wrong if two rows of one prefix differ.
fn contradiction(earlier: &Row, row: &Row) -> Option<Wrong> {
    let differs = earlier.attributes != row.attributes;
    differs.then(|| Wrong {
        found: format!(
            "{} again, with another value than on line {}",
            row.prefix, earlier.line
        ),
        expected: "each prefix once".to_owned(),
    })
}

/// The next record. The reader reads from memory and takes any octets and any number of
/// columns, so that an error is not expected; it is passed on all the same.
fn read_record(
    reader: &mut csv::Reader<&[u8]>,
    record: &mut ByteRecord,
    path: &Path,
) -> Result<bool, DbError> {
    reader
        .read_byte_record(record)
        .map_err(|error| DbError::Read {
            path: path.to_owned(),
            source: error.into(),
        })
}

/// A line of blanks, or a comment that is indented.
fn is_nothing(record: &ByteRecord) -> bool {
    record.get(0).is_some_and(|first| first.starts_with(b"#"))
        || record.iter().all(<[u8]>::is_empty)
}

/// The first field is a word: no digit, no dot, no colon, as every prefix has.
fn is_header(record: &ByteRecord) -> bool {
    let first = record.get(0).unwrap_or_default();
    first.iter().any(u8::is_ascii_alphabetic)
        && !first
            .iter()
            .any(|octet| octet.is_ascii_digit() || b".:#".contains(octet))
}

/// Lines of records. The reader counts from where it went on reading, which may be
/// blank lines and comments before the record.
struct Lines<'a> {
    octets: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line, from 1, of the record that was read from that position on. Positions
    /// ascend.
    fn line_of(&mut self, position: Option<&csv::Position>) -> u64 {
        let start = position.map_or(0, csv::Position::byte);
        self.advance(usize::try_from(start).unwrap_or(usize::MAX));
        loop {
            match self.octets.get(self.at) {
                Some(b'\n' | b'\r') => self.advance(self.at + 1),
                Some(b'#') => {
                    let rest = self.octets.get(self.at..).unwrap_or_default();
                    let end = rest.iter().position(|octet| *octet == b'\n');
                    self.advance(self.at + end.unwrap_or(rest.len()));
                }
                _ => return self.line,
            }
        }
    }

    fn advance(&mut self, to: usize) {
        let passed = self.octets.get(self.at..to).unwrap_or_default();
        let ends = passed.iter().filter(|octet| **octet == b'\n').count();
        self.line = self
            .line
            .saturating_add(u64::try_from(ends).unwrap_or(u64::MAX));
        self.at = self.at.max(to.min(self.octets.len()));
    }
}

/// Bad rows: the first few, and how many more.
struct Bad {
    limit: usize,
    rows: Vec<BadRow>,
    more: u64,
}

impl Bad {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            rows: Vec::new(),
            more: 0,
        }
    }

    fn push(&mut self, line: u64, wrong: Wrong) {
        if self.rows.len() < self.limit {
            let Wrong { found, expected } = wrong;
            self.rows.push(BadRow {
                line,
                found,
                expected,
            });
        } else {
            self.more += 1;
        }
    }

    /// An error if there are any.
    fn check(&mut self, path: &Path) -> Result<(), DbError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        Err(DbError::Rows {
            path: path.to_owned(),
            rows: std::mem::take(&mut self.rows),
            more: self.more,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, limits: Limits) -> Result<Rows, DbError> {
        parse(
            Path::new("test.csv"),
            text.as_bytes(),
            Layout::Vlans,
            limits,
        )
    }

    #[test]
    fn as_many_rows_as_the_limit_are_read_and_not_one_more() {
        let limits = Limits {
            rows: 4,
            ..Limits::default()
        };
        // Comments and the header do not count; skipped and repeated rows do.
        let text = "# a\nprefix,vlan\n::/1,1\n::/2,2\n# b\n::/3,N/A\n::/1,1\n";
        let rows = parsed(text, limits).unwrap();
        assert_eq!((rows.used.len(), rows.skipped, rows.repeated), (2, 1, 1));
        let error = parsed(&format!("{text}\n::/4,4"), limits).unwrap_err();
        assert!(
            matches!(
                error,
                DbError::TooManyRows {
                    line: 9,
                    limit: 4,
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn rows_keep_the_lines_they_stand_on() {
        let text = "\r\n# a, \"b\r\n\r\nprefix,vlan\r\n\r\n::/1,1,\"x\"\r\n# c\n\n\n::/2,2\n::/3,3";
        let rows = parsed(text, Limits::default()).unwrap();
        let lines: Vec<_> = rows.used.iter().map(|row| row.line).collect();
        assert_eq!(lines, [6, 10, 11]);
    }
}
