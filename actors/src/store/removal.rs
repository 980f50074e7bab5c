//! Removing segments that are not kept any longer.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use dataset::manifest::{Line, Removal, Removed};
use dataset::name::SegmentName;
use nix::sys::statvfs::statvfs;
use tracing::{info, warn};

use super::listing::Listing;
use super::reading::walk;
use super::retention::{Retention, Sealed};
use super::{StoreError, segments};

/// Removes what is not to be kept; gives how many segments that was. The manifest says so
/// before a file goes, and whoever reads it keeps it until then.
pub(super) fn remove_surplus(
    directory: &Path,
    listing: &mut Listing,
    rules: &Retention,
    now_ms: i64,
) -> Result<u64, StoreError> {
    let names = segments(directory)?.into_iter().filter(|name| !name.open);
    // What cannot be read is not removed: somebody may want to see to it.
    let sealed: Vec<Sealed> = names
        .filter_map(|name| listing.sealed(name).or_else(|| unlisted(directory, name)))
        .collect();
    let mut removed = 0;
    for (segment, reason) in rules.surplus(&sealed, now_ms, free(directory)) {
        remove(directory, listing, &segment, reason, now_ms)?;
        removed += 1;
    }
    Ok(removed)
}

fn remove(
    directory: &Path,
    listing: &mut Listing,
    segment: &Sealed,
    reason: Removal,
    at_ms: i64,
) -> Result<(), StoreError> {
    let removed = Removed {
        segment: segment.name,
        first_seq: segment.name.first_seq,
        next_seq: segment.next_seq,
        reason,
        at_ms,
    };
    listing.add(&Line::Removed(removed))?;
    let path = directory.join(segment.name.to_string());
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(StoreError::file(&path)(error)),
        _ => {
            info!(segment = %path.display(), ?reason, octets = segment.octets, "a segment is removed");
            Ok(())
        }
    }
}

fn unlisted(directory: &Path, name: SegmentName) -> Option<Sealed> {
    let (reader, path) = walk(directory, name).ok()?;
    let totals = reader.totals();
    Some(Sealed {
        name,
        next_seq: totals.next_seq,
        to_ms: totals.last_time_ms.unwrap_or(reader.header().created_ms),
        octets: fs::metadata(path).ok()?.len(),
    })
}

/// Octets that are free for this user where a directory is.
fn free(directory: &Path) -> Option<u64> {
    match statvfs(directory) {
        Ok(found) => Some(
            found
                .blocks_available()
                .saturating_mul(found.fragment_size()),
        ),
        Err(error) => {
            warn!(%error, directory = %directory.display(), "how much is free on the disk cannot be known");
            None
        }
    }
}
