//! Brings a dataset that nothing writes to into order: what a crash left open is sealed, and
//! the manifest is made anew from the segments. Nothing that can be read is thrown away.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use dataset::manifest::{FILE, Line, Manifest};
use dataset::name::SegmentName;

use super::lock::Lock;
use super::recovery::recover_segment;
use super::{StoreError, Summary, entry_of, manifest_of, segments};

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Segments that were open and are sealed now, or removed because they had no rows.
    pub sealed: u64,
    /// Segments that the manifest lists now.
    pub listed: u64,
    /// Segments that it cannot list, with why. They are left as they are.
    pub damaged: Vec<(SegmentName, String)>,
}

/// Repairs a dataset, and tells how many octets were read after each segment.
///
/// # Errors
/// [`StoreError`] if something writes to it, or it cannot be written to.
pub fn repair(summary: &Summary, mut read: impl FnMut(u64)) -> Result<Repaired, StoreError> {
    let directory = &summary.directory;
    let _lock = Lock::take(directory)?;
    let mut repaired = Repaired::default();
    for name in segments(directory)?.into_iter().filter(|name| name.open) {
        match recover_segment(directory, name) {
            Ok(()) => repaired.sealed += 1,
            Err(error) => repaired.damaged.push((name, error.to_string())),
        }
    }
    let before = manifest_of(directory)?;
    let mut lines = removals(&before)?;
    for name in segments(directory)?.into_iter().filter(|name| !name.open) {
        match entry_of(directory, name) {
            Ok(entry) => {
                read(entry.octets);
                repaired.listed += 1;
                lines.extend(encoded(directory, &Line::Sealed(Box::new(entry)))?);
            }
            Err(error) => repaired.damaged.push((name, error.to_string())),
        }
    }
    replace(directory, &lines)?;
    Ok(repaired)
}

/// What the manifest knew of segments that were removed.
fn removals(before: &Manifest) -> Result<Vec<u8>, StoreError> {
    let mut lines = Vec::new();
    for removed in before.removed.values() {
        lines.extend(encoded(Path::new(FILE), &Line::Removed(*removed))?);
    }
    Ok(lines)
}

fn encoded(path: &Path, line: &Line) -> Result<Vec<u8>, StoreError> {
    let encoded = line.encode().map_err(std::io::Error::from);
    encoded.map_err(StoreError::file(path))
}

/// Puts a manifest in place of the old one, or leaves that as it is.
fn replace(directory: &Path, lines: &[u8]) -> Result<(), StoreError> {
    let path = directory.join(FILE);
    let new = path.with_added_extension("new");
    let write = || {
        let mode = fs::metadata(&path).map(|old| old.permissions().mode());
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(mode.unwrap_or(0o600) & 0o666)
            .open(&new)?;
        file.write_all(lines)?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        File::open(directory)?.sync_all()
    };
    write().map_err(StoreError::file(&path))
}
