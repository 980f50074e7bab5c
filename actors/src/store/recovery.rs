//! Segments that were not sealed in order: after a crash, or because the disk failed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use dataset::name::SegmentName;
use dataset::segment::{Tail, Writer, recover};
use tracing::{info, warn};

use super::StoreError;
use super::medium::Medium;
use super::syncer::sync_directory;

/// Gives a segment that is on the disk its final name.
pub(super) fn rename_sealed(directory: &Path, name: SegmentName) -> Result<(), StoreError> {
    let from = directory.join(name.to_string());
    fs::rename(&from, directory.join(name.sealed().to_string()))
        .map_err(StoreError::file(&from))?;
    sync_directory(directory).map_err(StoreError::directory(directory))
}

/// Brings a segment whose sync failed back to the `durable` octets that were on the disk before,
/// and seals that. Without rows on the disk there is nothing to keep: its frames are in memory.
///
/// A file that cannot be cut is set aside, and what was on the disk of it is copied.
pub(super) fn retire(
    medium: &dyn Medium,
    directory: &Path,
    name: SegmentName,
    durable: u64,
) -> Result<(), StoreError> {
    let path = directory.join(name.to_string());
    if let Err(error) = medium.cut(durable) {
        let suspect = path.with_added_extension(SUSPECT);
        fs::rename(&path, &suspect).map_err(StoreError::file(&path))?;
        warn!(%error, segment = %suspect.display(), "a segment that could not be synced cannot be cut back either, and is set aside");
        copy(&suspect, &path, durable).map_err(StoreError::file(&path))?;
    }
    if durable == 0 {
        return fs::remove_file(&path).map_err(StoreError::file(&path));
    }
    recover_segment(directory, name)
}

/// Copies the beginning of a file to a new one.
fn copy(from: &Path, to: &Path, len: u64) -> io::Result<()> {
    let from = File::open(from)?;
    let mode = from.metadata()?.permissions().mode() & 0o666;
    let mut options = OpenOptions::new();
    let mut to = options.write(true).create_new(true).mode(mode).open(to)?;
    io::copy(&mut from.take(len), &mut to).map(drop)
}

/// What the name of a segment ends with that is set aside because the disk failed.
const SUSPECT: &str = "suspect";

/// Brings a segment that a crash left open to its last whole frame, and seals it. What
/// was torn is set aside, not thrown away; a segment without rows is removed.
pub(super) fn recover_segment(directory: &Path, name: SegmentName) -> Result<(), StoreError> {
    let path = directory.join(name.to_string());
    let opened = OpenOptions::new().read(true).write(true).open(&path);
    let mut file = opened.map_err(StoreError::file(&path))?;
    let recovery = recover(&mut file).map_err(StoreError::content(&path))?;
    let (valid_len, rows) = (recovery.valid_len, recovery.rows);
    if let Tail::Torn(torn) = &recovery.tail {
        warn!(segment = %path.display(), octets = torn.len, reason = %torn.reason, "torn tail set aside");
        set_aside(&path, &mut file, valid_len)?;
    }
    info!(segment = %path.display(), rows, "recovered a segment that was not sealed");
    if rows == 0 {
        return fs::remove_file(&path).map_err(StoreError::file(&path));
    }
    if !recovery.is_sealed() {
        file.seek(SeekFrom::Start(valid_len))
            .map_err(StoreError::file(&path))?;
        let writer = Writer::resume(&file, recovery, 1).map_err(StoreError::content(&path))?;
        writer.seal().map_err(StoreError::content(&path))?;
    }
    file.sync_all().map_err(StoreError::file(&path))?;
    rename_sealed(directory, name)
}

/// Copies what is behind `valid_len` to a file of its own and cuts it off.
fn set_aside(path: &Path, file: &mut File, valid_len: u64) -> Result<(), StoreError> {
    let torn = path.with_added_extension("torn");
    let mut copy = || {
        file.seek(SeekFrom::Start(valid_len))?;
        let mut to = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&torn)?;
        io::copy(file, &mut to)?;
        file.set_len(valid_len)
    };
    copy().map_err(StoreError::file(path))
}
