//! What a dataset amounts to: of the manifest, and of segments that it does not list.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dataset::manifest::{Manifest, Removed};
use dataset::name::SegmentName;
use dataset::segment::Kind;
use serde_json::{Map, Value};

use super::reading::walk;
use super::{StoreError, manifest_of, segments};

/// A dataset in a directory.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Where it is.
    pub directory: PathBuf,
    /// Raw or prepared.
    pub kind: Kind,
    /// Its segments, by position.
    pub segments: Vec<SegmentSummary>,
    /// Segments that were removed, by position.
    pub removed: BTreeMap<u64, Removed>,
    /// Segments that cannot be read, with why.
    pub unreadable: Vec<(SegmentName, String)>,
    /// Lines of the manifest that cannot be read, with why.
    pub bad_lines: Vec<(u64, String)>,
}

/// A segment of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentSummary {
    /// Its file.
    pub name: SegmentName,
    /// The position of its first row.
    pub first_seq: u64,
    /// The position after its last row.
    pub next_seq: u64,
    /// Unix milliseconds of the pipeline's clock at which it was begun.
    pub from_ms: i64,
    /// The same of its last frame.
    pub to_ms: i64,
    /// Octets of the file.
    pub octets: u64,
    /// Octets of what is in it, uncompressed.
    pub plain_octets: u64,
    /// Whether the manifest lists it.
    pub is_listed: bool,
    /// The version of the program that began it.
    pub program: String,
    /// What its header says besides.
    pub meta: Map<String, Value>,
}

/// Why positions are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first position that is not there.
    pub first_seq: u64,
    /// The first that is there again.
    pub next_seq: u64,
    /// Whether they were removed with their segments.
    pub is_removed: bool,
}

impl Summary {
    /// Sums up the dataset in a directory: frames are walked along and not read.
    ///
    /// # Errors
    /// [`StoreError`] if the directory or its manifest cannot be read, or holds no segments
    /// at all.
    pub fn of(directory: &Path) -> Result<Self, StoreError> {
        let manifest = manifest_of(directory)?;
        let mut summary = Self {
            directory: directory.to_owned(),
            kind: Kind::Raw,
            segments: Vec::new(),
            removed: manifest.removed.clone(),
            unreadable: Vec::new(),
            bad_lines: manifest.bad_lines.clone(),
        };
        let mut kind = None;
        for name in segments(directory)? {
            match segment(directory, name, &manifest) {
                Ok((found, segment)) => {
                    kind = kind.or(Some(found));
                    summary.segments.push(segment);
                }
                Err(error) => summary.unreadable.push((name, error.to_string())),
            }
        }
        summary.kind = kind.unwrap_or(Kind::Raw);
        if summary.segments.is_empty() && summary.unreadable.is_empty() {
            return Err(StoreError::Nothing {
                path: directory.to_owned(),
            });
        }
        Ok(summary)
    }

    /// Rows that are there.
    #[must_use]
    pub fn rows(&self) -> u64 {
        let rows = |segment: &SegmentSummary| segment.next_seq.saturating_sub(segment.first_seq);
        self.segments.iter().map(rows).sum()
    }

    /// Octets of all files.
    #[must_use]
    pub fn octets(&self) -> u64 {
        self.segments.iter().map(|segment| segment.octets).sum()
    }

    /// Octets of what is in them, uncompressed.
    #[must_use]
    pub fn plain_octets(&self) -> u64 {
        let plain = |segment: &SegmentSummary| segment.plain_octets;
        self.segments.iter().map(plain).sum()
    }

    /// Positions between segments, and before the first, that are not there.
    #[must_use]
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let mut next_seq = self
            .removed
            .keys()
            .next()
            .copied()
            .unwrap_or_else(|| self.segments.first().map_or(0, |first| first.first_seq));
        for segment in &self.segments {
            if segment.first_seq > next_seq {
                gaps.push(Gap {
                    first_seq: next_seq,
                    next_seq: segment.first_seq,
                    is_removed: self.is_removed(next_seq, segment.first_seq),
                });
            }
            next_seq = next_seq.max(segment.next_seq);
        }
        gaps
    }

    /// Whether all positions of a range were in segments that were removed.
    fn is_removed(&self, first_seq: u64, end: u64) -> bool {
        let mut reached = first_seq;
        for removed in self.removed.values() {
            if removed.first_seq <= reached {
                reached = reached.max(removed.next_seq);
            }
        }
        reached >= end
    }
}

fn segment(
    directory: &Path,
    name: SegmentName,
    manifest: &Manifest,
) -> Result<(Kind, SegmentSummary), StoreError> {
    let listed = manifest.entries.get(&name.first_seq);
    let octets = |name: SegmentName| {
        let path = directory.join(name.to_string());
        let found = fs::metadata(&path).map_err(StoreError::file(&path))?;
        Ok(found.len())
    };
    if let Some(entry) = listed.filter(|_| !name.open) {
        let summary = SegmentSummary {
            name,
            first_seq: entry.first_seq,
            next_seq: entry.next_seq,
            from_ms: entry.from_ms,
            to_ms: entry.to_ms,
            octets: octets(name)?,
            plain_octets: entry.plain_octets,
            is_listed: true,
            program: entry.program.clone(),
            meta: entry.meta.clone(),
        };
        return Ok((entry.kind, summary));
    }
    let (reader, _) = walk(directory, name)?;
    let (header, totals) = (reader.header().clone(), *reader.totals());
    let summary = SegmentSummary {
        name,
        first_seq: header.first_seq,
        next_seq: totals.next_seq,
        from_ms: header.created_ms,
        to_ms: totals.last_time_ms.unwrap_or(header.created_ms),
        octets: octets(name).or_else(|_| octets(name.sealed()))?,
        plain_octets: totals.raw_len,
        is_listed: false,
        program: header.program,
        meta: header.meta,
    };
    Ok((header.kind, summary))
}
