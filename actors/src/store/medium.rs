//! The file of an open segment, as far as it can fail.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

/// A file that is written from its start on, and synced by another thread meanwhile.
pub(super) trait Medium: Send + Sync {
    /// Writes at the end; gives how many octets were.
    fn write(&self, octets: &[u8]) -> io::Result<usize>;
    /// Cuts the file back to a length, and goes on there.
    fn cut(&self, len: u64) -> io::Result<()>;
    /// Has everything that was written on the disk (fdatasync(2)).
    fn sync(&self) -> io::Result<()>;
}

impl Medium for File {
    fn write(&self, octets: &[u8]) -> io::Result<usize> {
        (&mut &*self).write(octets)
    }

    fn cut(&self, len: u64) -> io::Result<()> {
        self.set_len(len)?;
        (&mut &*self).seek(SeekFrom::Start(len)).map(drop)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Where such files are made.
pub(super) trait Disk: Send {
    /// Makes a file that is not there yet.
    fn create(&self, path: &Path, mode: u32) -> io::Result<Arc<dyn Medium>>;
}

/// The file system.
pub(super) struct FileSystem;

impl Disk for FileSystem {
    fn create(&self, path: &Path, mode: u32) -> io::Result<Arc<dyn Medium>> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(mode);
        Ok(Arc::new(options.open(path)?))
    }
}

/// A file for what writes to files.
pub(super) struct Output(pub(super) Arc<dyn Medium>);

impl Write for Output {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
