//! A dataset that is written, damaged, checked and brought into order.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use dataset::manifest::FILE;
use dataset::name::Content;
use dataset::segment::Kind;
use serde_json::{Map, json};

use super::listing::Listing;
use super::{Checked, Options, Retention, Store, Summary, SyncRule, check, manifest_of, repair};
use crate::test_directory::TestDirectory;

mod faults;
mod retention;

fn options(directory: &TestDirectory) -> Options {
    Options {
        directory: directory.path().to_owned(),
        kind: Kind::Prepared,
        content: Content::Csv,
        level: 1,
        segment_bytes: u64::MAX,
        segment_ms: 10,
        sync: SyncRule::Never,
        retention: Retention::default(),
        meta: Map::from_iter([("policy".to_owned(), json!("standard"))]),
        preamble: b"column\n".to_vec(),
    }
}

/// Rows of so many segments of 20 rows each, in two frames.
fn write(directory: &TestDirectory, segments: i64) -> Store {
    let mut store = Store::open(options(directory)).unwrap();
    for segment in 0..segments {
        for frame in 0..2 {
            let rows = format!("{segment} {frame}\n").repeat(10);
            store
                .append(segment * 10 + frame, 10, rows.as_bytes())
                .unwrap();
        }
    }
    store
}

fn summary(directory: &TestDirectory) -> Summary {
    Summary::of(directory.path()).unwrap()
}

fn checked(directory: &TestDirectory) -> Checked {
    check(&summary(directory), |_| {}).unwrap()
}

fn segment(directory: &TestDirectory, first_seq: u64) -> PathBuf {
    directory.path().join(format!("{first_seq:020}.csv.zst"))
}

fn manifest(directory: &TestDirectory) -> PathBuf {
    directory.path().join(FILE)
}

#[test]
fn what_is_sealed_is_listed_as_it_is() {
    let directory = TestDirectory::new("listed");
    let mut store = write(&directory, 3);
    assert_eq!(manifest_of(directory.path()).unwrap().entries.len(), 2);
    // The third is being written, and checked as far as it goes.
    let now = checked(&directory);
    assert_eq!((now.segments, now.rows, now.is_sound()), (3, 60, true));
    store.seal().unwrap();
    let listed = manifest_of(directory.path()).unwrap();
    let ranges: Vec<_> = listed
        .entries
        .values()
        .map(|entry| (entry.first_seq, entry.next_seq, entry.from_ms, entry.to_ms))
        .collect();
    assert_eq!(ranges, [(0, 20, 0, 1), (20, 40, 10, 11), (40, 60, 20, 21)]);
    assert!(
        listed
            .entries
            .values()
            .all(|entry| entry.meta["policy"] == "standard")
    );
    let now = checked(&directory);
    assert_eq!(
        (now.segments, now.rows, now.problems.as_slice()),
        (3, 60, &[][..])
    );
    let summary = summary(&directory);
    assert_eq!((summary.rows(), summary.gaps().len()), (60, 0));
    assert!(summary.segments.iter().all(|segment| segment.is_listed));
}

#[test]
fn one_flipped_bit_anywhere_is_found_and_told_with_the_rows_it_costs() {
    let directory = TestDirectory::new("flipped");
    write(&directory, 2).seal().unwrap();
    let path = segment(&directory, 20);
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut octets = whole.clone();
        octets[at] ^= 1 << (at % 8);
        fs::write(&path, &octets).unwrap();
        let checked = checked(&directory);
        let here = checked
            .problems
            .iter()
            .filter(|problem| problem.path == path);
        assert!(here.count() > 0, "octet {at}");
        assert!(checked.rows >= 20, "octet {at}: the other segment is whole");
        for (first, end) in checked.problems.iter().filter_map(|problem| problem.lost) {
            assert!(first >= 20 && end <= 40, "octet {at}: {first} to {end}");
        }
    }
    fs::write(&path, &whole).unwrap();
    assert!(checked(&directory).is_sound());
}

#[test]
fn one_cut_anywhere_is_found() {
    let directory = TestDirectory::new("cut");
    write(&directory, 2).seal().unwrap();
    let path = segment(&directory, 20);
    let whole = fs::read(&path).unwrap();
    for len in 0..whole.len() {
        fs::write(&path, &whole[..len]).unwrap();
        assert!(!checked(&directory).is_sound(), "{len} octets");
    }
    fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
    assert!(!checked(&directory).is_sound(), "one octet more");
}

#[test]
fn a_segment_that_is_missing_is_missed() {
    let directory = TestDirectory::new("missing");
    write(&directory, 3).seal().unwrap();
    fs::remove_file(segment(&directory, 20)).unwrap();
    let gaps = summary(&directory).gaps();
    assert_eq!(gaps.len(), 1);
    assert_eq!(
        (gaps[0].first_seq, gaps[0].next_seq, gaps[0].is_removed),
        (20, 40, false)
    );
    let lost: Vec<_> = checked(&directory)
        .problems
        .into_iter()
        .map(|problem| problem.lost)
        .collect();
    assert_eq!(lost, [Some((20, 40)), Some((20, 40))]);
}

#[test]
fn a_start_lists_what_a_crash_left_unlisted_and_cuts_a_torn_line() {
    let directory = TestDirectory::new("unlisted");
    drop(write(&directory, 3));
    let whole = fs::read(manifest(&directory)).unwrap();
    let first = whole.iter().position(|octet| *octet == b'\n').unwrap() + 1;
    for torn in [&whole[..first + 9], &whole[..first], b"", b"torn"] {
        fs::write(manifest(&directory), torn).unwrap();
        drop(Store::open(options(&directory)).unwrap());
        let listed = manifest_of(directory.path()).unwrap();
        assert_eq!(listed.entries.keys().collect::<Vec<_>>(), [&0, &20, &40]);
        assert_eq!(listed.bad_lines, []);
        assert!(checked(&directory).is_sound());
    }
}

#[test]
fn a_failed_write_is_not_in_the_sum() {
    let directory = TestDirectory::new("failed");
    let mut store = write(&directory, 1);
    // More than a frame may have: refused, with nothing written.
    let large = vec![b'x'; dataset::segment::RAW_LEN_MAX as usize + 1];
    store.append(5, 1, &large).unwrap_err();
    store.append(5, 1, b"row\n").unwrap();
    store.seal().unwrap();
    let now = checked(&directory);
    assert_eq!((now.rows, now.problems.as_slice()), (21, &[][..]));
}

#[test]
fn repairing_seals_and_lists_what_can_be_read() {
    let directory = TestDirectory::new("repair");
    let store = write(&directory, 3);
    let whole = summary(&directory);
    repair(&whole, |_| {}).unwrap_err();
    drop(store);
    fs::remove_file(manifest(&directory)).unwrap();
    let mut damaged = OpenOptions::new()
        .append(true)
        .open(segment(&directory, 20))
        .unwrap();
    damaged.write_all(b"more").unwrap();
    let repaired = repair(&whole, |_| {}).unwrap();
    assert_eq!((repaired.sealed, repaired.listed), (1, 2));
    assert_eq!(repaired.damaged.len(), 1);
    let listed = manifest_of(directory.path()).unwrap();
    assert_eq!(listed.entries.keys().collect::<Vec<_>>(), [&0, &40]);
}

#[test]
fn a_segment_whose_first_rows_failed_leaves_its_name_to_the_next() {
    let directory = TestDirectory::new("nameless");
    let mut store = write(&directory, 1);
    store.seal().unwrap();
    // More than a frame may have: refused, when the segment has begun.
    let large = vec![b'x'; dataset::segment::RAW_LEN_MAX as usize + 1];
    store.append(5, 1, &large).unwrap_err();
    store.seal().unwrap();
    assert_eq!(summary(&directory).segments.len(), 1);
    store.append(6, 1, b"row\n").unwrap();
    drop(store);
    drop(Store::open(options(&directory)).unwrap());
    let now = checked(&directory);
    assert_eq!((now.rows, now.problems.as_slice()), (21, &[][..]));
}

#[test]
fn a_start_reads_no_more_for_the_manifest_than_nobody_notices() {
    let directory = TestDirectory::new("much");
    write(&directory, 3).seal().unwrap();
    fs::remove_file(manifest(&directory)).unwrap();
    let newest = fs::metadata(segment(&directory, 40)).unwrap().len();
    for (octets, listed) in [(newest - 1, vec![]), (newest, vec![40])] {
        drop(Listing::open_reading(directory.path(), Kind::Prepared, octets).unwrap());
        let manifest = manifest_of(directory.path()).unwrap();
        assert_eq!(manifest.entries.into_keys().collect::<Vec<_>>(), listed);
    }
}
