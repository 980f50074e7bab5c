//! A disk that fails: what was written is there all the same, once, and in order.

use std::collections::VecDeque;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;

use super::super::medium::{Disk, FileSystem, Medium};
use super::super::{Options, Store, Stream, SyncRule, segments};
use super::{checked, options, summary};
use crate::test_directory::TestDirectory;

/// How a write ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Whole,
    /// So many octets of it, and then there is no room.
    Short(u8),
    /// EIO.
    Broken,
}

/// What is to fail, in order; afterwards nothing does.
#[derive(Debug, Default)]
struct Script {
    writes: VecDeque<Written>,
    syncs: VecDeque<bool>,
    cuts: VecDeque<bool>,
    /// Octets of each file that outlast the loss of power.
    durable: Vec<(PathBuf, u64)>,
}

/// A file system with faults.
#[derive(Clone, Default)]
struct Faulty(Arc<Mutex<Script>>);

struct File {
    inner: Arc<dyn Medium>,
    path: PathBuf,
    script: Faulty,
}

impl Disk for Faulty {
    fn create(&self, path: &Path, mode: u32) -> io::Result<Arc<dyn Medium>> {
        Ok(Arc::new(File {
            inner: FileSystem.create(path, mode)?,
            path: path.to_owned(),
            script: self.clone(),
        }))
    }
}

fn outcome(fails: Option<bool>) -> io::Result<()> {
    if fails == Some(true) {
        // EIO has no kind of its own.
        return Err(io::Error::other("input/output error"));
    }
    Ok(())
}

impl Medium for File {
    fn write(&self, octets: &[u8]) -> io::Result<usize> {
        let mut script = self.script.0.lock().unwrap();
        match script.writes.pop_front().unwrap_or(Written::Whole) {
            Written::Whole => self.inner.write(octets),
            Written::Broken => outcome(Some(true)).map(|()| 0),
            Written::Short(0) => Err(ErrorKind::StorageFull.into()),
            Written::Short(len) => {
                script.writes.push_front(Written::Short(0));
                self.inner.write(&octets[..octets.len().min(len.into())])
            }
        }
    }

    fn cut(&self, len: u64) -> io::Result<()> {
        outcome(self.script.0.lock().unwrap().cuts.pop_front())?;
        self.inner.cut(len)
    }

    fn sync(&self) -> io::Result<()> {
        // As on a disk: what is written meanwhile is not in it.
        let len = fs::metadata(&self.path).map_or(0, |found| found.len());
        let mut script = self.script.0.lock().unwrap();
        outcome(script.syncs.pop_front())?;
        script.durable.retain(|(path, _)| *path != self.path);
        script.durable.push((self.path.clone(), len));
        Ok(())
    }
}

#[derive(Debug, Clone)]
enum Step {
    Append(u32),
    Skip(u64),
    Seal,
    Look,
    /// As another edition of the databases.
    Meta(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1..20_u32).prop_map(Step::Append),
        1 => (1..50_u64).prop_map(Step::Skip),
        1 => Just(Step::Seal),
        4 => Just(Step::Look),
        1 => (0..3_u8).prop_map(Step::Meta),
    ]
}

fn script() -> impl Strategy<Value = Script> {
    let written = prop_oneof![
        6 => Just(Written::Whole),
        1 => (0..90_u8).prop_map(Written::Short),
        1 => Just(Written::Broken),
    ];
    let fails = || prop::collection::vec(prop::bool::weighted(0.3), 0..12);
    (prop::collection::vec(written, 0..40), fails(), fails()).prop_map(|(writes, syncs, cuts)| {
        Script {
            writes: writes.into(),
            syncs: syncs.into(),
            cuts: cuts.into(),
            durable: Vec::new(),
        }
    })
}

fn rule() -> impl Strategy<Value = SyncRule> {
    let paced = |bytes| SyncRule::Paced {
        interval: Duration::ZERO,
        bytes,
    };
    prop_oneof![
        Just(SyncRule::Always),
        Just(paced(1)),
        Just(paced(500)),
        Just(paced(1 << 20)),
    ]
}

fn options_with(directory: &TestDirectory, sync: SyncRule) -> Options {
    Options {
        segment_bytes: 2_000,
        segment_ms: i64::MAX,
        sync,
        ..options(directory)
    }
}

/// Rows that tell their positions.
fn payload(first_seq: u64, rows: u32) -> Vec<u8> {
    let rows = first_seq..first_seq + u64::from(rows);
    let rows = rows.map(|seq| format!("{seq} {}\n", seq.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    rows.collect::<String>().into_bytes()
}

/// Takes a step; gives the positions that were written.
fn take(store: &mut Store, step: &Step) -> Option<(u64, u32)> {
    let first_seq = store.next_seq();
    let done = match *step {
        Step::Append(rows) => store.append(0, rows, &payload(first_seq, rows)),
        Step::Skip(positions) => store.skip_to(first_seq + positions),
        Step::Seal => store.seal(),
        Step::Look => store.look(),
        Step::Meta(value) => store.set_meta("edition", &value.into()),
    };
    match (done, step) {
        (Ok(()), Step::Append(rows)) => Some((first_seq, *rows)),
        (Err(error), _) => {
            assert!(error.is_of_the_disk(), "{error}");
            None
        }
        _ => None,
    }
}

/// The frames of a dataset, each of whose rows tells its position.
fn stored(directory: &Path) -> Vec<(u64, u32)> {
    let (mut stream, mut all) = (Stream::new(directory.to_owned(), 0), Vec::new());
    while let Some(frame) = stream.next_frame().unwrap() {
        if frame.rows > 0 {
            assert_eq!(frame.payload, payload(frame.first_seq, frame.rows));
            all.push((frame.first_seq, frame.rows));
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_was_written_is_there_once_whatever_failed(
        steps in prop::collection::vec(step(), 1..80),
        script in script(),
        rule in rule(),
    ) {
        let directory = TestDirectory::new("faults");
        let disk = Faulty(Arc::new(Mutex::new(script)));
        let options = options_with(&directory, rule);
        let mut store = Store::open_on(options, Box::new(disk.clone())).unwrap();
        let written: Vec<_> = steps.iter().filter_map(|step| take(&mut store, step)).collect();
        prop_assert!(store.durable_seq() <= store.next_seq());
        *disk.0.lock().unwrap() = Script::default();
        store.seal().unwrap();
        prop_assert_eq!((store.durable_seq(), store.is_synced()), (store.next_seq(), true));
        prop_assert_eq!(stored(directory.path()), written.clone());
        if !written.is_empty() {
            // Positions that were never written are all that is missing.
            for problem in checked(&directory).problems {
                let (first, end) = problem.lost.unwrap_or_default();
                let is_gap = written.iter().all(|(seq, _)| *seq < first || *seq >= end);
                prop_assert!(problem.path == directory.path() && is_gap, "{problem:?}");
            }
            let rows: u64 = written.iter().map(|(_, rows)| u64::from(*rows)).sum();
            let summary = summary(&directory);
            prop_assert_eq!(summary.rows(), rows);
            prop_assert!(summary.segments.iter().all(|segment| segment.is_listed));
        }
    }

    #[test]
    fn what_is_durable_outlasts_the_loss_of_power(
        steps in prop::collection::vec(step(), 1..80),
        script in script(),
        rule in rule(),
    ) {
        let directory = TestDirectory::new("power");
        let disk = Faulty(Arc::new(Mutex::new(script)));
        let options = options_with(&directory, rule);
        let mut store = Store::open_on(options.clone(), Box::new(disk.clone())).unwrap();
        let written: Vec<_> = steps.iter().filter_map(|step| take(&mut store, step)).collect();
        let durable_seq = store.durable_seq();
        drop(store);
        lose_power(&directory, &disk);
        drop(Store::open(options).unwrap());
        let stored = stored(directory.path());
        prop_assert_eq!(&stored[..], &written[..stored.len()]);
        let lost = &written[stored.len()..];
        prop_assert!(lost.iter().all(|(first_seq, _)| *first_seq >= durable_seq), "{lost:?}");
    }
}

/// Cuts the open segments back to what was synced.
fn lose_power(directory: &TestDirectory, disk: &Faulty) {
    let script = disk.0.lock().unwrap();
    let open = segments(directory.path()).unwrap();
    for name in open.into_iter().filter(|name| name.open) {
        let path = directory.path().join(name.to_string());
        let synced = script.durable.iter().find(|(synced, _)| *synced == path);
        let len = synced.map_or(0, |(_, len)| *len);
        let file = OpenOptions::new().write(true).open(path).unwrap();
        if file.metadata().unwrap().len() > len {
            file.set_len(len).unwrap();
        }
    }
}
