//! Checks a dataset to the last octet: every checksum, every order, and the manifest.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

use dataset::checksum::Checksum;
use dataset::manifest::{Entry, Manifest};
use dataset::name::SegmentName;
use dataset::segment::{Reader, Tail, Totals};

use super::reading::open_segment;
use super::{StoreError, Summary, manifest_of};

/// What is wrong with a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// In which file.
    pub path: PathBuf,
    /// Which rows are lost by it, as far as they are known: from the first, to before the
    /// second.
    pub lost: Option<(u64, u64)>,
    /// What was found there, and what would be right.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.what)?;
        match self.lost {
            Some((first, end)) => write!(f, "; rows {first} to {} are lost", end.saturating_sub(1)),
            None => Ok(()),
        }
    }
}

/// What was checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Segments that were opened.
    pub segments: u64,
    /// Rows whose checksums held.
    pub rows: u64,
    /// Octets of files that were read.
    pub octets: u64,
    /// What is wrong, at most [`PROBLEMS_MAX`] of it.
    pub problems: Vec<Problem>,
    /// What else is wrong.
    pub more_problems: u64,
}

/// Problems that are kept to be told.
pub const PROBLEMS_MAX: usize = 1_000;

impl Checked {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    fn add(&mut self, path: &Path, lost: Option<(u64, u64)>, what: impl Into<String>) {
        if self.problems.len() >= PROBLEMS_MAX {
            self.more_problems += 1;
            return;
        }
        self.problems.push(Problem {
            path: path.to_owned(),
            lost: lost.filter(|(first, end)| first < end),
            what: what.into(),
        });
    }
}

/// Checks the dataset that was summed up, and tells how many octets were read after each
/// frame. A segment that is being written, or that a crash left open, is checked as far as
/// it goes.
///
/// # Errors
/// [`StoreError`] if the manifest cannot be read. What is wrong with a segment is a
/// [`Problem`].
pub fn check(summary: &Summary, mut read: impl FnMut(u64)) -> Result<Checked, StoreError> {
    let directory = &summary.directory;
    let manifest = manifest_of(directory)?;
    let mut checked = Checked::default();
    for (line, reason) in &manifest.bad_lines {
        let path = directory.join(dataset::manifest::FILE);
        checked.add(&path, None, format!("line {line}: {reason}"));
    }
    let mut names: Vec<SegmentName> = summary
        .segments
        .iter()
        .map(|segment| segment.name)
        .collect();
    names.extend(summary.unreadable.iter().map(|(name, _)| *name));
    names.sort_unstable();
    for name in &names {
        check_segment(directory, *name, &manifest, &mut checked, &mut read);
    }
    for entry in manifest.entries.values() {
        if !names.iter().any(|name| name.first_seq == entry.first_seq) {
            let path = directory.join(entry.segment.to_string());
            let lost = Some((entry.first_seq, entry.next_seq));
            checked.add(&path, lost, "is not there, although the manifest lists it");
        }
    }
    for gap in summary.gaps().iter().filter(|gap| !gap.is_removed) {
        let what = "positions that no segment has: flows that could not be recorded, or a segment that is missing";
        checked.add(directory, Some((gap.first_seq, gap.next_seq)), what);
    }
    Ok(checked)
}

fn check_segment(
    directory: &Path,
    name: SegmentName,
    manifest: &Manifest,
    checked: &mut Checked,
    read: &mut impl FnMut(u64),
) {
    let (mut reader, path) = match open_segment(directory, name) {
        Ok(opened) => opened,
        Err(error) => {
            let entry = manifest.entries.get(&name.first_seq);
            let lost = entry.map(|entry| (entry.first_seq, entry.next_seq));
            return checked.add(&directory.join(name.to_string()), lost, error.to_string());
        }
    };
    checked.segments += 1;
    let entry = manifest.entries.get(&name.first_seq).filter(|_| !name.open);
    let end = entry.map(|entry| entry.next_seq);
    check_frames(&mut reader, &path, end, checked, read);
    if name.open {
        return;
    }
    if !matches!(reader.tail(), Tail::Sealed)
        && checked.problems.last().is_none_or(|last| last.path != path)
    {
        checked.add(
            &path,
            None,
            "ends without a seek table, expected one in a sealed segment",
        );
    }
    let totals = *reader.totals();
    match entry {
        Some(entry) => check_entry(entry, &totals, reader.into_inner(), &path, checked),
        None => checked.add(&path, None, "is not listed in the manifest"),
    }
}

/// Reads all frames. One with a damaged content is stepped over; behind a damaged header
/// nothing can be told.
fn check_frames(
    reader: &mut Reader<File>,
    path: &Path,
    end: Option<u64>,
    checked: &mut Checked,
    read: &mut impl FnMut(u64),
) {
    let mut reached = 0;
    loop {
        let before = reader.next_seq();
        let found = match reader.next_frame() {
            Ok(Some(frame)) => {
                checked.rows += u64::from(frame.meta.rows);
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(error) => Err(error),
        };
        match found {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let stepped = reader.next_meta().ok().flatten();
                let next_seq = stepped.map(|_| reader.next_seq()).or(end);
                checked.add(
                    path,
                    next_seq.map(|next_seq| (before, next_seq)),
                    error.to_string(),
                );
                if stepped.is_none() {
                    break;
                }
            }
        }
        let now = reader.offset();
        read(now.saturating_sub(reached));
        checked.octets += now.saturating_sub(reached);
        reached = now;
    }
    if let (Tail::Torn(torn), Some(end)) = (reader.tail(), end) {
        let lost = Some((reader.next_seq(), end));
        checked.add(path, lost, torn.reason.to_string());
    }
}

fn check_entry(entry: &Entry, totals: &Totals, mut file: File, path: &Path, checked: &mut Checked) {
    use std::io::{Seek, SeekFrom};
    let sum = file
        .seek(SeekFrom::Start(0))
        .and_then(|_| Checksum::of(&mut file));
    match sum {
        Ok(sum) if sum == entry.sha256 => {}
        Ok(sum) => {
            let what = format!(
                "has the SHA-256 {sum}, expected {} as in the manifest",
                entry.sha256
            );
            checked.add(path, None, what);
        }
        Err(error) => checked.add(path, None, error.to_string()),
    }
    let found = (totals.first_seq, totals.next_seq, totals.frames);
    let expected = (entry.first_seq, entry.next_seq, entry.frames);
    if found != expected {
        let what = format!(
            "has rows {} to before {} in {} frames, expected {} to before {} in {} as in the manifest",
            found.0, found.1, found.2, expected.0, expected.1, expected.2
        );
        checked.add(path, None, what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_beyond_those_that_are_kept_are_counted() {
        let mut checked = Checked::default();
        for _ in 0..PROBLEMS_MAX + 2 {
            checked.add(Path::new("segment"), Some((1, 1)), "damaged");
        }
        assert_eq!(
            (checked.problems.len(), checked.more_problems),
            (PROBLEMS_MAX, 2)
        );
        assert_eq!(
            checked.problems[0].to_string(),
            "segment: damaged",
            "no row is lost"
        );
    }
}
