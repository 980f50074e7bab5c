//! Settings files on a real disk, and those that cannot be read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{FILE_BYTES_MAX, Sources, load};

/// A directory that goes away with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let name = format!("flowstream-settings-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).expect("a file");
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn files(files: &[&Path]) -> Sources {
    Sources {
        files: files.iter().map(|path| path.to_path_buf()).collect(),
        ..Sources::default()
    }
}

fn said(path: &Path) -> String {
    let errors = load(&files(&[path])).expect_err("a file that is refused");
    let text = errors.to_string();
    let (place, rest) = text.split_once(": ").expect("a place");
    assert_eq!(place, path.to_string_lossy());
    rest.to_owned()
}

#[test]
fn files_are_read_in_order() {
    let directory = Directory::new("order");
    let first = directory.file(
        "a.toml",
        b"[aggregator]\nidle_timeout = \"40 s\"\nslack = \"1 s\"\n",
    );
    let second = directory.file("b.toml", b"[aggregator]\nidle_timeout = \"50 s\"\n");
    let settings = load(&files(&[&first, &second])).expect("settings");
    assert_eq!(
        settings.aggregator().idle_timeout(),
        Duration::from_secs(50)
    );
    assert_eq!(settings.aggregator().slack(), Duration::from_secs(1));
}

#[test]
fn a_file_that_is_not_there_is_an_error_that_names_it() {
    let directory = Directory::new("absent");
    let said = said(&directory.0.join("absent.toml"));
    assert!(said.starts_with("found "), "{said}");
    assert!(
        said.ends_with("; expected a settings file that can be read"),
        "{said}"
    );
}

#[test]
fn a_directory_is_no_settings_file() {
    let directory = Directory::new("directory");
    let said = said(&directory.0);
    assert!(
        said.ends_with("; expected a settings file that can be read"),
        "{said}"
    );
}

#[test]
fn a_file_that_is_not_utf_8_is_refused_with_the_line() {
    let directory = Directory::new("utf8");
    let path = directory.file("a.toml", b"# one\n# \xff\n");
    assert_eq!(
        said(&path),
        "found bytes that are not UTF-8 in line 2; expected UTF-8"
    );
}

#[test]
fn a_file_may_be_so_long_and_no_longer() {
    let directory = Directory::new("long");
    let mut content = vec![b'#'; usize::try_from(FILE_BYTES_MAX).expect("a length")];
    load(&files(&[&directory.file("full.toml", &content)])).expect("the longest file");
    content.push(b'#');
    let path = directory.file("more.toml", &content);
    assert_eq!(
        said(&path),
        "found more than 262144 bytes; expected a settings file, which is shorter"
    );
}
