//! The manifest of a dataset on disk, and how it is kept true.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use dataset::checksum::Checksum;
use dataset::manifest::{Entry, FILE, LINE_MAX, Line, Manifest};
use dataset::name::SegmentName;
use dataset::segment::Kind;
use tracing::warn;

use super::reading::walk;
use super::retention::Sealed;
use super::{StoreError, segments};

/// Octets of segments that a start reads for a manifest that lacks them.
const CATCH_UP: u64 = 1 << 30;

/// The manifest of a directory; an empty one where there is no file.
///
/// # Errors
/// [`StoreError::File`] if the file cannot be read.
pub fn manifest_of(directory: &Path) -> Result<Manifest, StoreError> {
    let path = directory.join(FILE);
    match File::open(&path) {
        Ok(file) => Manifest::read(BufReader::new(file)).map_err(StoreError::file(&path)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Manifest::default()),
        Err(error) => Err(StoreError::file(&path)(error)),
    }
}

/// What the manifest would say of a sealed segment: its headers are walked along, and its
/// octets summed up.
///
/// # Errors
/// [`StoreError`] if it cannot be read.
pub fn entry_of(directory: &Path, name: SegmentName) -> Result<Entry, StoreError> {
    let (reader, path) = walk(directory, name)?;
    let (header, totals) = (reader.header().clone(), *reader.totals());
    let mut file = reader.into_inner();
    let octets = file.metadata().map_err(StoreError::file(&path))?.len();
    file.seek(SeekFrom::Start(0))
        .map_err(StoreError::file(&path))?;
    let sha256 = Checksum::of(&mut file).map_err(StoreError::file(&path))?;
    let entry = Entry::new(&header, &totals, sha256);
    Ok(Entry { octets, ..entry })
}

/// The manifest of a dataset that is being written.
#[derive(Debug)]
pub(super) struct Listing {
    path: PathBuf,
    file: File,
    /// The segments that it lists, by position.
    sealed: BTreeMap<u64, Sealed>,
    /// The position after all that were ever listed.
    next_seq: u64,
}

impl Listing {
    /// Opens the manifest, and lists what a crash left unlisted.
    pub(super) fn open(directory: &Path, kind: Kind) -> Result<Self, StoreError> {
        Self::open_reading(directory, kind, CATCH_UP)
    }

    /// The same, with so many octets of segments read at most.
    pub(super) fn open_reading(
        directory: &Path,
        kind: Kind,
        octets: u64,
    ) -> Result<Self, StoreError> {
        let path = directory.join(FILE);
        let mode = if kind == Kind::Raw { 0o600 } else { 0o644 };
        let opened = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(mode)
            .open(&path);
        let file = opened.map_err(StoreError::file(&path))?;
        let (sealed, next_seq) = (BTreeMap::new(), 0);
        let mut listing = Self {
            path,
            file,
            sealed,
            next_seq,
        };
        listing.cut_torn_line()?;
        let manifest = manifest_of(directory)?;
        for entry in manifest.entries.values() {
            listing.took(&Line::Sealed(Box::new(entry.clone())));
        }
        for removed in manifest.removed.values() {
            listing.took(&Line::Removed(*removed));
        }
        listing.finish_removing(directory, &manifest);
        listing.catch_up(directory, &manifest, octets)?;
        Ok(listing)
    }

    /// The position after all that were ever listed, whether or not it is there.
    pub(super) const fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// What is listed of a sealed segment.
    pub(super) fn sealed(&self, name: SegmentName) -> Option<Sealed> {
        self.sealed.get(&name.first_seq).copied()
    }

    /// Removes segments of which the manifest says that they are about to be.
    fn finish_removing(&self, directory: &Path, manifest: &Manifest) {
        let removed = manifest.removed.values();
        for removed in removed.filter(|of| !manifest.entries.contains_key(&of.first_seq)) {
            // It mostly is gone, and where it cannot be removed it is listed again.
            drop(fs::remove_file(directory.join(removed.segment.to_string())));
        }
    }

    fn took(&mut self, line: &Line) {
        match line {
            Line::Sealed(entry) => {
                let sealed = Sealed {
                    name: entry.segment,
                    next_seq: entry.next_seq,
                    to_ms: entry.to_ms,
                    octets: entry.octets,
                };
                self.sealed.insert(entry.first_seq, sealed);
                self.next_seq = self.next_seq.max(entry.next_seq);
            }
            Line::Removed(removed) => {
                self.next_seq = self.next_seq.max(removed.next_seq);
            }
        }
    }

    /// Cuts off the end of a line that was not written whole.
    fn cut_torn_line(&mut self) -> Result<(), StoreError> {
        let path = self.path.clone();
        let file = &mut self.file;
        let mut cut = || {
            let len = file.metadata()?.len();
            let from = len.saturating_sub(LINE_MAX as u64);
            file.seek(SeekFrom::Start(from))?;
            let mut tail = Vec::new();
            file.take(LINE_MAX as u64).read_to_end(&mut tail)?;
            let ended = tail.iter().rposition(|octet| *octet == b'\n');
            let whole = ended.map_or(from, |at| from + at as u64 + 1);
            if whole == len {
                Ok(())
            } else {
                file.set_len(whole)
            }
        };
        cut().map_err(StoreError::file(&path))
    }

    /// Lists the segments that are not, the newest first, as far as reading them takes no
    /// time that anybody would notice.
    fn catch_up(
        &mut self,
        directory: &Path,
        manifest: &Manifest,
        octets: u64,
    ) -> Result<(), StoreError> {
        if let Some((line, reason)) = manifest.bad_lines.first() {
            let path = self.path.display();
            warn!(%path, line, %reason, "the manifest has lines that cannot be read; `flowstream dataset repair` makes it anew");
        }
        let all = segments(directory)?;
        let mut unlisted: Vec<_> = all
            .into_iter()
            .filter(|name| !name.open && !manifest.entries.contains_key(&name.first_seq))
            .collect();
        let mut left = octets;
        while let Some(name) = unlisted.pop() {
            let path = directory.join(name.to_string());
            let len = path.metadata().map_or(0, |metadata| metadata.len());
            let Some(rest) = left.checked_sub(len) else {
                unlisted.push(name);
                break;
            };
            left = rest;
            match entry_of(directory, name) {
                Ok(entry) => self.add(&Line::Sealed(Box::new(entry)))?,
                // Whoever reads it is told; it is no reason not to write the next ones.
                Err(error) => warn!(%error, "a segment is damaged, and not listed"),
            }
        }
        if !unlisted.is_empty() {
            let path = self.path.display();
            let segments = unlisted.len();
            warn!(%path, segments, "the manifest lacks segments; `flowstream dataset repair` lists them");
        }
        Ok(())
    }

    /// Appends a line, and has it on the disk.
    pub(super) fn add(&mut self, line: &Line) -> Result<(), StoreError> {
        let mut write = || {
            let octets = line.encode()?;
            let len = self.file.metadata()?.len();
            let written = self.file.write_all(&octets);
            if written.is_err() {
                self.file.set_len(len)?;
            }
            written.and_then(|()| self.file.sync_data())
        };
        write().map_err(StoreError::file(&self.path))?;
        self.took(line);
        Ok(())
    }
}
