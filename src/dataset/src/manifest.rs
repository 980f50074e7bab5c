//! The manifest of a dataset: what can be said of its sealed segments without reading them.
//!
//! A file of JSON lines beside the segments, which is only ever appended to: a line when a
//! segment is sealed, and one before a segment is removed. What a line says can be worked
//! out of its segment, so that a manifest that is lost or damaged is made anew.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read as _};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::checksum::Checksum;
use crate::name::SegmentName;
use crate::segment::{Kind, SegmentHeader, Totals};

/// The name of the file.
pub const FILE: &str = "manifest.jsonl";

/// Octets of the longest line that is read: the longest header of a segment, and as much
/// again for escapes and the rest.
pub const LINE_MAX: usize = 2 * crate::segment::HEADER_JSON_MAX as usize;

/// What there is to know of a sealed segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its file.
    pub segment: SegmentName,
    /// The dataset it belongs to.
    pub kind: Kind,
    /// The position of its first row.
    pub first_seq: u64,
    /// The position after its last row.
    pub next_seq: u64,
    /// Its rows.
    pub rows: u64,
    /// Unix milliseconds, on the pipeline's clock, at which it was begun.
    pub from_ms: i64,
    /// The same of its last frame.
    pub to_ms: i64,
    /// Its frames, those without rows included.
    pub frames: u64,
    /// Octets of the file.
    pub octets: u64,
    /// Octets of what is in it, uncompressed.
    pub plain_octets: u64,
    /// SHA-256 of the file.
    pub sha256: Checksum,
    /// The version of the program that began it.
    pub program: String,
    /// What its header says besides, such as the anonymization of each field.
    pub meta: Map<String, Value>,
}

impl Entry {
    /// That of a sealed segment with this header, which amounts to this.
    #[must_use]
    pub fn new(header: &SegmentHeader, totals: &Totals, sha256: Checksum) -> Self {
        Self {
            segment: SegmentName::open(header.first_seq, header.content).sealed(),
            kind: header.kind,
            first_seq: header.first_seq,
            next_seq: totals.next_seq,
            rows: totals.rows(),
            from_ms: header.created_ms,
            to_ms: totals.last_time_ms.unwrap_or(header.created_ms),
            frames: totals.frames,
            octets: totals.len,
            plain_octets: totals.raw_len,
            sha256,
            program: header.program.clone(),
            meta: header.meta.clone(),
        }
    }
}

/// Why a segment was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Removal {
    /// It was older than segments are kept.
    Age,
    /// The dataset was larger than it may be.
    Size,
    /// The disk was nearly full.
    Space,
}

/// What is left of a segment that was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// Its file.
    pub segment: SegmentName,
    /// The position of its first row.
    pub first_seq: u64,
    /// The position after its last row.
    pub next_seq: u64,
    /// Why.
    pub reason: Removal,
    /// Unix milliseconds at which it was removed.
    pub at_ms: i64,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// A segment was sealed. Of several lines of one segment the last counts.
    Sealed(Box<Entry>),
    /// A segment is about to be removed.
    Removed(Removed),
}

impl Line {
    /// The line, with its end.
    ///
    /// # Errors
    /// What JSON cannot hold; nothing that came out of a header is such.
    pub fn encode(&self) -> serde_json::Result<Vec<u8>> {
        let mut octets = serde_json::to_vec(self)?;
        octets.push(b'\n');
        Ok(octets)
    }
}

/// What a manifest says as a whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Manifest {
    /// The segments that are there, by position.
    pub entries: BTreeMap<u64, Entry>,
    /// The segments that were removed, by position.
    pub removed: BTreeMap<u64, Removed>,
    /// Lines that could not be read, by number, from 1 on: at most [`BAD_LINES_MAX`] of them.
    pub bad_lines: Vec<(u64, String)>,
}

/// Bad lines that are kept to be told; the first, since the rest is mostly like them.
pub const BAD_LINES_MAX: usize = 16;

impl Manifest {
    /// Reads a manifest. What cannot be read is told and left out: whoever needs it makes it
    /// anew from the segment.
    ///
    /// # Errors
    /// Whatever reading fails with.
    pub fn read(mut input: impl BufRead) -> io::Result<Self> {
        let mut manifest = Self::default();
        let (mut number, mut line) = (0, Vec::new());
        loop {
            number += 1;
            line.clear();
            // One octet more than a line may have shows that it is too long.
            let mut limited = (&mut input).take(LINE_MAX as u64 + 1);
            if limited.read_until(b'\n', &mut line)? == 0 {
                return Ok(manifest);
            }
            match read_line(&line) {
                Ok(line) => manifest.take(line),
                Err(reason) if manifest.bad_lines.len() < BAD_LINES_MAX => {
                    manifest.bad_lines.push((number, reason));
                }
                Err(_) => {}
            }
            if line.len() > LINE_MAX && !line.ends_with(b"\n") {
                input.skip_until(b'\n')?;
            }
        }
    }

    fn take(&mut self, line: Line) {
        match line {
            Line::Sealed(entry) => {
                self.entries.insert(entry.first_seq, *entry);
            }
            Line::Removed(removed) => {
                self.entries.remove(&removed.first_seq);
                self.removed.insert(removed.first_seq, removed);
            }
        }
    }
}

fn read_line(line: &[u8]) -> Result<Line, String> {
    if line.len() > LINE_MAX {
        return Err(format!("more than {LINE_MAX} octets"));
    }
    let Some(line) = line.strip_suffix(b"\n") else {
        return Err("no end, as of a line that was not written whole".to_owned());
    };
    serde_json::from_slice(line).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::name::Content;

    fn entry(first_seq: u64, rows: u64) -> Entry {
        Entry {
            segment: SegmentName::open(first_seq, Content::Csv).sealed(),
            kind: Kind::Prepared,
            first_seq,
            next_seq: first_seq + rows,
            rows,
            from_ms: 5,
            to_ms: 9,
            frames: 2,
            octets: 300,
            plain_octets: 900,
            sha256: Checksum::of(&mut &b"x"[..]).unwrap(),
            program: "0.0.0".to_owned(),
            meta: Map::from_iter([("a".to_owned(), Value::Bool(true))]),
        }
    }

    fn sealed(first_seq: u64, rows: u64) -> Vec<u8> {
        Line::Sealed(Box::new(entry(first_seq, rows)))
            .encode()
            .unwrap()
    }

    fn read(octets: &[u8]) -> Manifest {
        Manifest::read(octets).unwrap()
    }

    #[test]
    fn a_line_is_as_documented() {
        let line = String::from_utf8(sealed(7, 3)).unwrap();
        let expected = r#"{"sealed":{"segment":"00000000000000000007.csv.zst","kind":"prepared","first_seq":7,"next_seq":10,"rows":3,"from_ms":5,"to_ms":9,"frames":2,"octets":300,"plain_octets":900,"sha256":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881","program":"0.0.0","meta":{"a":true}}}"#;
        assert_eq!(line, format!("{expected}\n"));
        let removed = Removed {
            segment: entry(7, 3).segment,
            first_seq: 7,
            next_seq: 10,
            reason: Removal::Age,
            at_ms: 11,
        };
        let expected = r#"{"removed":{"segment":"00000000000000000007.csv.zst","first_seq":7,"next_seq":10,"reason":"age","at_ms":11}}"#;
        let line = Line::Removed(removed).encode().unwrap();
        assert_eq!(
            String::from_utf8(line.clone()).unwrap(),
            format!("{expected}\n")
        );
        let manifest = read(&[sealed(7, 3), sealed(10, 1), line].concat());
        assert_eq!(manifest.entries, BTreeMap::from([(10, entry(10, 1))]));
        assert_eq!(manifest.removed, BTreeMap::from([(7, removed)]));
    }

    #[test]
    fn what_is_damaged_is_told_and_the_rest_is_read() {
        let torn = &sealed(30, 1)[..40];
        let long = [vec![b' '; LINE_MAX], b"\n".to_vec()].concat();
        let all = [&sealed(1, 2)[..], b"{}\n", &long, &sealed(3, 4), torn].concat();
        let manifest = read(&all);
        assert_eq!(manifest.entries.keys().collect::<Vec<_>>(), [&1, &3]);
        let bad: Vec<u64> = manifest
            .bad_lines
            .iter()
            .map(|(number, _)| *number)
            .collect();
        assert_eq!(bad, [2, 3, 5]);
        let much = read(&b"x\n".repeat(100));
        assert_eq!(much.bad_lines.len(), BAD_LINES_MAX);
    }

    proptest! {
        #[test]
        fn no_octets_make_it_fall_over(octets in prop::collection::vec(any::<u8>(), 0..600)) {
            read(&octets);
        }
    }
}
