//! One process at a time works in the directory.

use std::fs::{self, File, TryLockError};

use super::{SOURCES, World, WorldError};
use crate::TemporaryFile;

/// Held while the directory is worked in.
pub(super) struct Lock {
    /// Locked until it is closed.
    _file: File,
}

impl World {
    /// Makes the directory, and locks it.
    pub(super) fn lock(&self) -> Result<Lock, WorldError> {
        let sources = self.directory.join(SOURCES);
        let path = self.directory.join(".lock");
        let made = fs::create_dir_all(&sources).and_then(|()| {
            let mut options = File::options();
            options.create(true).truncate(false).write(true).open(&path)
        });
        let file = made.map_err(|source| WorldError::Write {
            path: self.directory.clone(),
            source,
        })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let path = self.directory.clone();
                return Err(WorldError::Busy { path });
            }
            Err(TryLockError::Error(source)) => return Err(WorldError::Write { path, source }),
        }
        // What cannot be cleared away harms nothing.
        drop(TemporaryFile::clear(&self.directory));
        drop(TemporaryFile::clear(&sources));
        Ok(Lock { _file: file })
    }
}
