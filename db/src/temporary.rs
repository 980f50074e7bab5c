//! Files that appear whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How the names of such files begin and end.
const BEGINNING: &str = ".unfinished-";
const END: &str = ".part";

/// A file that is being written. It is removed when it is dropped, unless
/// [`commit`](Self::commit) has given it its name.
///
/// Its mode is 0644 as far as the umask allows. While it is open it is locked, so that
/// [`clear`](Self::clear) can tell it from what a process left behind that was killed.
#[derive(Debug)]
pub struct TemporaryFile {
    file: File,
    path: PathBuf,
}

impl TemporaryFile {
    /// A new, empty one in a directory, which must exist.
    ///
    /// # Errors
    ///
    /// If the operating system refuses.
    pub fn create(directory: &Path) -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NUMBER.fetch_add(1, Relaxed);
            let name = format!("{BEGINNING}{}-{number}{END}", std::process::id());
            let path = directory.join(name);
            let mut options = OpenOptions::new();
            options.read(true).write(true).create_new(true).mode(0o644);
            let file = match options.open(&path) {
                // Left behind by a process that had the same number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                other => other?,
            };
            // Without a lock, where the file system has none, nobody removes it.
            drop(file.try_lock());
            // Another process may have cleared it away before it was locked.
            if fs::symlink_metadata(&path).is_ok() {
                return Ok(Self { file, path });
            }
        }
    }

    /// Where it is until it is committed.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name, in the same directory, in place of what has it now. It is on
    /// the disk when this returns.
    ///
    /// # Errors
    ///
    /// If the operating system refuses; then the file is removed, and what had the name
    /// keeps it.
    pub fn commit(mut self, to: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, to)?;
        // Nothing is left to be removed.
        self.path.clear();
        let parent = to.parent().filter(|path| !path.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
    }

    /// Removes from a directory what processes that were killed left behind, and says how
    /// many files it was. Those that are being written, by whatever process, stay.
    ///
    /// # Errors
    ///
    /// If the operating system refuses.
    pub fn clear(directory: &Path) -> io::Result<u64> {
        let mut removed = 0;
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let name = entry.file_name();
            let is_ours = |name: &str| name.starts_with(BEGINNING) && name.ends_with(END);
            if !name.to_str().is_some_and(is_ours) || !entry.file_type()?.is_file() {
                continue;
            }
            if File::open(entry.path())?.try_lock().is_ok() {
                fs::remove_file(entry.path())?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

impl Write for TemporaryFile {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.file.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            drop(fs::remove_file(&self.path));
        }
    }
}
