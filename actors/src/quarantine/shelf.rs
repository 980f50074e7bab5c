//! Bounded room on disk: the newest items, in two files that take turns.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A directory of at most so many octets. When the current file holds half of them, it
/// becomes the previous one, and what was the previous one is gone.
#[derive(Debug)]
pub struct Shelf {
    directory: PathBuf,
    bytes_max: u64,
    current: Option<(File, u64)>,
}

const CURRENT: &str = "quarantine.jsonl";
const PREVIOUS: &str = "quarantine.previous.jsonl";

impl Shelf {
    /// A shelf in `directory`, which is made when the first item comes.
    #[must_use]
    pub fn new(directory: &Path, bytes_max: u64) -> Self {
        Self {
            directory: directory.to_owned(),
            bytes_max,
            current: None,
        }
    }

    /// Keeps a line.
    ///
    /// # Errors
    /// What the file system says, or that the line alone is larger than half the shelf.
    pub fn put(&mut self, line: &[u8]) -> io::Result<()> {
        let len = line.len() as u64;
        let half = self.bytes_max / 2;
        if len > half {
            return Err(io::Error::other(format!(
                "{len} octets, more than half of the shelf"
            )));
        }
        if self
            .current
            .as_ref()
            .is_some_and(|(_, used)| used + len > half)
        {
            self.current = None;
            fs::rename(self.directory.join(CURRENT), self.directory.join(PREVIOUS))?;
        }
        let (mut file, used) = match self.current.take() {
            Some(current) => current,
            None => self.open()?,
        };
        file.write_all(line)?;
        self.current = Some((file, used + len));
        Ok(())
    }

    fn open(&self) -> io::Result<(File, u64)> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.directory)?;
        let path = self.directory.join(CURRENT);
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)?;
        let used = file.metadata()?.len();
        Ok((file, used))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_directory::TestDirectory;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn it_holds_the_newest_items_within_its_bounds() {
        let directory = TestDirectory::new("shelf");
        let mut shelf = Shelf::new(&directory.path().join("q"), 100);
        for number in 0..50 {
            shelf.put(format!("item {number:03}\n").as_bytes()).unwrap();
        }
        let read = |name: &str| fs::read_to_string(directory.path().join("q").join(name)).unwrap();
        let all = read(PREVIOUS) + &read(CURRENT);
        assert!(
            all.len() <= 100 && all.ends_with("item 048\nitem 049\n"),
            "{all}"
        );
        assert!(shelf.put(&[b'x'; 51]).is_err());
        let mode = fs::metadata(directory.path().join("q"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn it_goes_on_where_an_earlier_run_stopped() {
        let directory = TestDirectory::new("shelf-again");
        Shelf::new(directory.path(), 1_000).put(b"one\n").unwrap();
        Shelf::new(directory.path(), 1_000).put(b"two\n").unwrap();
        let text = fs::read_to_string(directory.path().join(CURRENT)).unwrap();
        assert_eq!(text, "one\ntwo\n");
    }
}
