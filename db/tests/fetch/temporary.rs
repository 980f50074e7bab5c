//! Files that appear whole or not at all.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use db::TemporaryFile;

use super::{directory, names};

#[test]
fn a_file_takes_the_place_of_the_old_one_at_once_and_whole() {
    let directory = directory("commit");
    let place = directory.join("file");
    fs::write(&place, "old").unwrap();
    let mut new = TemporaryFile::create(&directory).unwrap();
    new.write_all(b"new").unwrap();
    assert_eq!(fs::read(&place).unwrap(), b"old");
    assert_eq!(fs::read(new.path()).unwrap(), b"new");
    new.commit(&place).unwrap();
    assert_eq!(fs::read(&place).unwrap(), b"new");
    assert_eq!(names(&directory), ["file"]);
    let mode = fs::metadata(&place).unwrap().permissions().mode();
    assert_eq!(mode & 0o133, 0, "others may read it at most: {mode:o}");
}

#[test]
fn a_file_that_is_not_committed_is_removed() {
    let directory = directory("dropped");
    drop(TemporaryFile::create(&directory).unwrap());
    assert_eq!(names(&directory), [""; 0]);
    let place = directory.join("place");
    fs::create_dir(&place).unwrap();
    let file = TemporaryFile::create(&directory).unwrap();
    assert!(file.commit(&place).is_err(), "a directory has the name");
    assert_eq!(names(&directory), ["place"]);
}

#[test]
fn only_what_was_left_behind_is_cleared_away() {
    let directory = directory("cleared");
    for name in [".unfinished-1-0.part", ".unfinished-other", "file"] {
        fs::write(directory.join(name), "x").unwrap();
    }
    let alive = TemporaryFile::create(&directory).unwrap();
    assert_eq!(TemporaryFile::clear(&directory).unwrap(), 1);
    assert!(alive.path().try_exists().unwrap());
    let mut names = names(&directory);
    names.sort();
    let own = alive.path().file_name().unwrap().to_str().unwrap();
    assert_eq!(names, [own, ".unfinished-other", "file"]);
}
