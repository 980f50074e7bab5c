//! Versions that were in use, kept for replays.

use std::fs;
use std::time::Duration;

use db::{Kept, MadeOf};

use super::*;

const LONG: Duration = Duration::from_secs(3_600);

fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("kept_{name}"));
    drop(fs::remove_dir_all(&path));
    path
}

/// The fixtures, with an own network of that name.
fn version(name: &str, number: u32) -> Files {
    let own = written(
        &format!("kept_{name}.csv"),
        format!("198.19.0.0/16,v{number}\n"),
    );
    Files {
        private_prefixes: Some(File::required(own)),
        ..all_files()
    }
}

fn keep(files: &Files, kept: &Kept) -> MadeOf {
    let (databases, is_kept) = Databases::open_and_keep(files, kept).unwrap();
    is_kept.unwrap();
    databases.made_of().clone()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn a_version_is_opened_again_as_it_was_after_its_files_have_changed() {
    let directory = directory("again");
    let kept = Kept::new(directory.clone(), 3, LONG);
    let first = keep(&version("again", 1), &kept);
    let second = keep(&version("again", 2), &kept);
    assert_ne!(first, second);
    for (made_of, name) in [(&first, "v1"), (&second, "v2")] {
        let text = serde_json::to_string(made_of).unwrap();
        let told: MadeOf = serde_json::from_str(&text).unwrap();
        let databases = Databases::reopen(&told, &kept, Site::default()).unwrap();
        assert_eq!(databases.made_of(), made_of);
        let place = place(&databases, "198.19.1.1");
        assert_eq!(place.network.as_deref(), Some(name));
        assert_eq!(place.asn, Some(64_496));
    }
    let files = names(&directory).len();
    assert_eq!(
        files,
        5 + 2 + 2,
        "shared files once, two of their own, two lists"
    );
}

#[test]
fn versions_beyond_the_limit_are_let_go_with_the_files_that_only_they_have() {
    let directory = directory("many");
    let kept = Kept::new(directory.clone(), 2, LONG);
    fs::create_dir_all(&directory).unwrap();
    let other = written("kept_many/other.txt", "not ours");
    let made: Vec<MadeOf> = (0..5)
        .map(|number| {
            // Files of one moment have no order.
            std::thread::sleep(Duration::from_millis(20));
            keep(&version("many", number), &kept)
        })
        .collect();
    for (number, made_of) in made.iter().enumerate() {
        let opened = Databases::reopen(made_of, &kept, Site::default());
        match opened {
            Ok(_) => assert!(number >= 2, "the last and two more: {number}"),
            Err(DbError::NotKept { kind, .. }) => {
                assert_eq!((number < 2, kind), (true, db::Kind::PrivatePrefixes));
            }
            Err(other) => panic!("another error: {other}"),
        }
    }
    assert_eq!(names(&directory).len(), 5 + 3 + 3 + 1);
    assert!(
        other.try_exists().unwrap(),
        "what is not ours is left alone"
    );
}

#[test]
fn versions_that_were_replaced_too_long_ago_are_let_go() {
    let directory = directory("old");
    let kept = Kept::new(directory.clone(), 9, Duration::from_secs(2));
    let first = keep(&version("old", 1), &kept);
    let second = keep(&version("old", 2), &kept);
    std::thread::sleep(Duration::from_millis(2_500));
    let third = keep(&version("old", 3), &kept);
    let is_kept = |made_of| Databases::reopen(made_of, &kept, Site::default()).is_ok();
    assert!(!is_kept(&first), "replaced when the second came");
    assert!(is_kept(&second), "replaced just now");
    assert!(is_kept(&third));
}

#[test]
fn what_is_not_kept_or_has_changed_says_what_to_do() {
    let directory = directory("altered");
    let kept = Kept::new(directory.clone(), 3, LONG);
    let made_of = keep(&version("altered", 1), &kept);
    let sum = made_of.sources[0].sha256.to_string();
    fs::write(directory.join(&sum), "198.19.0.0/16,other\n").unwrap();
    let reopened = Databases::reopen(&made_of, &kept, Site::default());
    let error = reopened.unwrap_err().to_string();
    assert!(error.contains("has changed, its SHA-256 is"), "{error}");
    fs::remove_file(directory.join(&sum)).unwrap();
    let reopened = Databases::reopen(&made_of, &kept, Site::default());
    let error = reopened.unwrap_err().to_string();
    assert!(
        error.contains(&sum) && error.contains("the list of own prefixes that was used then"),
        "{error}"
    );
    assert!(
        error.ends_with("or replay with `replay.databases = \"current\"`"),
        "{error}"
    );
}

#[test]
fn that_nothing_can_be_kept_is_no_error_of_the_databases() {
    let directory = written("kept_in_a_file", "no directory");
    let kept = Kept::new(directory, 3, LONG);
    let (databases, is_kept) = Databases::open_and_keep(&version("full", 1), &kept).unwrap();
    assert_eq!(
        place(&databases, "198.19.1.1").network.as_deref(),
        Some("v1")
    );
    let error = is_kept.unwrap_err().to_string();
    assert!(
        error.contains("a replay as recorded will lack it"),
        "{error}"
    );
}

#[test]
fn only_the_owner_reads_what_is_kept() {
    use std::os::unix::fs::PermissionsExt;

    let directory = directory("private");
    keep(
        &version("private", 1),
        &Kept::new(directory.clone(), 3, LONG),
    );
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for name in names(&directory) {
        assert_eq!(mode(&directory.join(name)), 0o600);
    }
}
