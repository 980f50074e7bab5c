//! Segments that are removed: what is left says so, and nobody stumbles.

use std::fs;

use dataset::manifest::{Line, Removal};

use super::super::{Gap, Options, Retention, Store, Stream, oldest_seq_of};
use super::{checked, manifest, manifest_of, options, segment, summary, write};
use crate::test_directory::TestDirectory;

fn keeping(directory: &TestDirectory, octets: u64) -> Options {
    let retention = Retention {
        octets: Some(octets),
        ..Retention::default()
    };
    Options {
        retention,
        ..options(directory)
    }
}

/// Three segments of 20 rows, sealed, and one row in an open one.
fn with_one_open(directory: &TestDirectory, octets: u64) -> Store {
    write(directory, 3).seal().unwrap();
    let mut store = Store::open(keeping(directory, octets)).unwrap();
    store.append(30, 1, b"last\n").unwrap();
    store
}

fn removed(first_seq: u64, next_seq: u64) -> Gap {
    Gap {
        first_seq,
        next_seq,
        is_removed: true,
    }
}

#[test]
fn the_oldest_go_with_a_word_and_the_open_one_never() {
    let directory = TestDirectory::new("retention");
    write(&directory, 3).seal().unwrap();
    let len = fs::metadata(segment(&directory, 40)).unwrap().len();
    let mut store = Store::open(keeping(&directory, len)).unwrap();
    store.append(30, 1, b"last\n").unwrap();
    assert_eq!(store.remove_surplus(50).unwrap(), 2);
    assert_eq!(store.remove_surplus(50).unwrap(), 0);
    assert_eq!(oldest_seq_of(directory.path()).unwrap(), Some(40));
    assert_eq!(summary(&directory).gaps(), [removed(0, 40)]);
    assert!(checked(&directory).is_sound());
    let listed = manifest_of(directory.path()).unwrap();
    assert_eq!(listed.entries.keys().collect::<Vec<_>>(), [&40]);
    let said = listed.removed.values().map(|of| (of.reason, of.at_ms));
    assert_eq!(said.collect::<Vec<_>>(), [(Removal::Size, 50); 2]);
    assert_eq!(summary(&directory).rows(), 21);
}

#[test]
fn who_reads_a_segment_reads_it_to_its_end_and_goes_on_behind_what_is_gone() {
    let directory = TestDirectory::new("read-on");
    let mut store = with_one_open(&directory, 0);
    let mut reading = Stream::new(directory.path().to_owned(), 0);
    let mut next = || loop {
        match reading.next_frame().unwrap() {
            Some(frame) if frame.rows == 0 => {}
            frame => return frame.map(|frame| frame.first_seq),
        }
    };
    assert_eq!(next(), Some(0));
    assert_eq!(store.remove_surplus(0).unwrap(), 3);
    assert_eq!([next(), next(), next()], [Some(10), Some(60), None]);
    assert_eq!(summary(&directory).rows(), 1, "the open one");
}

#[test]
fn a_position_is_not_used_again_though_all_segments_are_gone() {
    let directory = TestDirectory::new("all-gone");
    write(&directory, 2).seal().unwrap();
    let mut store = Store::open(keeping(&directory, 0)).unwrap();
    // Somebody was faster with one of them.
    fs::remove_file(segment(&directory, 20)).unwrap();
    store.remove_surplus(0).unwrap();
    assert_eq!(oldest_seq_of(directory.path()).unwrap(), None);
    drop(store);
    let store = Store::open(keeping(&directory, 0)).unwrap();
    assert_eq!((store.next_seq(), store.durable_seq()), (40, 40));
}

#[test]
fn what_was_about_to_be_removed_is_removed_by_the_next_start() {
    let directory = TestDirectory::new("about-to");
    let mut store = with_one_open(&directory, 0);
    let whole = fs::read(segment(&directory, 0)).unwrap();
    store.remove_surplus(7).unwrap();
    drop(store);
    fs::write(segment(&directory, 0), whole).unwrap();
    let said = fs::read(manifest(&directory)).unwrap();
    let removals = said.split_inclusive(|octet| *octet == b'\n');
    let removals = removals.filter(|line| {
        let line = serde_json::from_slice(line).unwrap();
        matches!(line, Line::Removed(_))
    });
    assert_eq!(removals.count(), 3);
    drop(Store::open(options(&directory)).unwrap());
    assert_eq!(oldest_seq_of(directory.path()).unwrap(), Some(60));
    assert_eq!(summary(&directory).gaps(), [removed(0, 60)]);
}
