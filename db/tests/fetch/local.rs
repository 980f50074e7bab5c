//! Files of this machine.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, SystemTime};

use db::fetch::{Fetched, Url, fetch};

use super::{came, directory, fetched, names, refused, request};

fn url(path: &Path) -> Url {
    format!("file://{}", path.display()).parse().unwrap()
}

#[test]
fn a_local_file_is_copied_and_comes_again_only_if_it_has_changed() {
    let path = directory("local").join("asn.gz");
    fs::write(&path, "abc").unwrap();
    let url = url(&path);
    let first = came("local_first", &request(&url));
    assert_eq!(first.octets, b"abc");
    assert_eq!(fs::read(&path).unwrap(), b"abc", "and stays where it is");
    let mut request = request(&url);
    request.known = Some(&first.validators);
    let (again, _) = fetched("local_again", &request);
    assert!(matches!(again, Ok(Fetched::NotModified)), "{again:?}");
    // Of the same length, but later.
    fs::write(&path, "abd").unwrap();
    let later = SystemTime::now() + Duration::from_secs(10);
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(later)
        .unwrap();
    assert_eq!(came("local_changed", &request).octets, b"abd");
}

#[test]
fn what_is_no_file_is_refused() {
    let directory = directory("no_file");
    let error = refused("local_missing", &request(&url(&directory.join("not"))));
    assert!(error.starts_with("cannot be read: No such file"), "{error}");
    let socket = directory.join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    for path in [&directory, &socket] {
        let error = refused("local_other", &request(&url(path)));
        assert!(error.starts_with("not a regular file"), "{error}");
    }
    let empty = directory.join("empty");
    fs::write(&empty, "").unwrap();
    let error = refused("local_empty", &request(&url(&empty)));
    assert!(error.starts_with("found an empty file"), "{error}");
    fs::write(&empty, "<html><title>Hm</title>").unwrap();
    let error = refused("local_page", &request(&url(&empty)));
    assert!(
        error.starts_with("found an HTML page with the title `Hm`"),
        "{error}"
    );
}

#[test]
fn a_local_file_has_the_same_limit() {
    let path = directory("local_large").join("file");
    fs::write(&path, [7; 1_001]).unwrap();
    let url = url(&path);
    let mut request = request(&url);
    request.limits.octets = 1_000;
    let error = refused("local_limit", &request);
    assert!(
        error.starts_with("1001 octets; at most 1000 are taken"),
        "{error}"
    );
}

#[test]
fn a_local_file_that_changes_while_it_is_read_is_not_taken() {
    let path = directory("local_changing").join("file");
    fs::write(&path, vec![7; 200_000]).unwrap();
    let url = url(&path);
    let directory = directory("local_changed_on_the_way");
    let change = || {
        let file = File::options().append(true).open(&path);
        file.unwrap().write_all(b"more").unwrap();
    };
    let error = fetch(&request(&url), &directory, &mut |_, _| change()).unwrap_err();
    assert!(
        error.to_string().contains("changed while it was read"),
        "{error}"
    );
    assert_eq!(names(&directory), [""; 0]);
}

#[test]
fn a_local_file_that_is_cut_while_it_is_read_is_not_taken() {
    let path = directory("local_cutting").join("file");
    fs::write(&path, vec![7; 200_000]).unwrap();
    let url = url(&path);
    let directory = directory("local_cut");
    let cut = || {
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(70_000)
    };
    let error = fetch(&request(&url), &directory, &mut |_, _| cut().unwrap()).unwrap_err();
    let text = "cut short: 70000 octets of 200000 came";
    assert!(error.to_string().contains(text), "{error}");
    assert_eq!(names(&directory), [""; 0]);
}
