//! What files look like from outside, to see whether they have changed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What files look like from outside. Nothing is read of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Stamps(Vec<(PathBuf, Option<Stamp>)>);

/// A file that is replaced has another inode, one that is written to another time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    octets: u64,
    modified: (i64, i64),
    /// A change of content too, unlike access: a copy may restore the time of writing.
    changed: (i64, i64),
}

impl Stamps {
    /// What these files look like now. One that cannot be looked at counts as absent.
    pub(super) fn of(files: &[PathBuf]) -> Self {
        let stamps = files.iter().map(|path| (path.clone(), Stamp::of(path)));
        Self(stamps.collect())
    }
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            octets: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_directory::TestDirectory;

    #[test]
    fn files_that_come_go_grow_or_are_replaced_look_different() {
        let directory = TestDirectory::new("stamps");
        let path = directory.path().join("file");
        let files = [path.clone()];
        let absent = Stamps::of(&files);
        assert_eq!(absent, Stamps::of(&files));
        fs::write(&path, "one").unwrap();
        let one = Stamps::of(&files);
        assert_ne!(absent, one);
        assert_eq!(one, Stamps::of(&files));
        fs::write(&path, "three").unwrap();
        let three = Stamps::of(&files);
        assert_ne!(one, three);
        let other = directory.path().join("other");
        fs::write(&other, "three").unwrap();
        fs::rename(&other, &path).unwrap();
        assert_ne!(three, Stamps::of(&files), "replaced by as many octets");
        fs::remove_file(&path).unwrap();
        assert_eq!(absent, Stamps::of(&files));
    }
}
