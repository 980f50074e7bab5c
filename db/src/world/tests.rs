//! What is kept and read has limits.

use std::fs;
use std::path::PathBuf;

use super::manifest::{Entry, Manifest};
use super::{By, NotFetched, Occasion, World};
use crate::fetch::{Cancel, Fault, FetchError};

/// A directory that is removed with all that is in it.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let name = format!("flowstream-world-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(path.join("sources")).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn occasion() -> Occasion {
    Occasion {
        now: 1_000,
        seed: 1,
        after_failures: false,
        cancel: Cancel::default(),
    }
}

#[test]
fn a_manifest_comes_back_as_it_was_written_and_none_is_an_empty_one() {
    let directory = Directory::new("manifest");
    assert_eq!(Manifest::read(&directory.0).unwrap(), Manifest::default());
    let mut manifest = Manifest::default();
    manifest.sources.insert("a".to_owned(), Entry::default());
    manifest.write(&directory.0).unwrap();
    assert_eq!(Manifest::read(&directory.0).unwrap(), manifest);
}

#[test]
fn a_manifest_that_is_too_large_or_of_another_version_is_refused_with_the_remedy() {
    let directory = Directory::new("large");
    let path = directory.0.join("manifest.json");
    let whole = r#"{"version": 1, "sources": {}}"#;
    let padded = |octets: usize| whole.to_owned() + &" ".repeat(octets - whole.len());
    fs::write(&path, padded(1 << 20)).unwrap();
    assert!(Manifest::read(&directory.0).is_ok(), "1 MiB is read");
    fs::write(&path, padded((1 << 20) + 1)).unwrap();
    let error = Manifest::read(&directory.0).unwrap_err().to_string();
    assert!(error.contains("larger than that; expected"), "{error}");
    fs::write(&path, whole.replace('1', "2")).unwrap();
    let error = Manifest::read(&directory.0).unwrap_err().to_string();
    assert!(
        error.contains("version 2; expected a manifest of version 1"),
        "{error}"
    );
    assert!(error.contains("remove it"), "{error}");
}

#[test]
fn an_error_is_kept_with_at_most_1024_characters() {
    let error = NotFetched::Fetch(FetchError {
        url: "x".repeat(5_000),
        fault: Box::new(Fault::NoHost),
    });
    let mut entry = Entry::default();
    entry.failed(&error, 1_000, 1);
    assert_eq!(entry.error().map(str::len), Some(1_024));
    assert!(!entry.backoff.is_due(1_000) && entry.backoff.is_due(2_000));
    entry.succeeded();
    assert_eq!((entry.error(), entry.backoff.failures()), (None, 0));
}

#[test]
fn a_log_of_files_is_read_up_to_its_limit() {
    let directory = Directory::new("log");
    let world = World::new(directory.0.clone(), Vec::new(), By::default());
    let path = directory.0.join("log.txt");
    let url = format!("file://{}", path.display());
    fs::write(&path, "1 2 2026/01/a.gz\n").unwrap();
    assert_eq!(world.log(&url, &occasion()).unwrap(), "1 2 2026/01/a.gz\n");
    fs::write(&path, vec![b'#'; (16 << 20) + 1]).unwrap();
    let error = world.log(&url, &occasion()).unwrap_err().to_string();
    assert!(error.contains("16777216"), "{error}");
    let left = fs::read_dir(directory.0.join("sources")).unwrap().count();
    assert_eq!(left, 0, "nothing is left of it");
}
