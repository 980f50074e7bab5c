//! Writing a dataset: one open segment at a time, sealed and renamed when it is full.

use std::collections::VecDeque;
use std::fmt::Display;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::Instant;

use dataset::checksum::Checksum;
use dataset::manifest::{Entry, Line};
use dataset::name::{Content, SegmentName};
use dataset::segment::{Kind, SegmentHeader, Totals};
use serde_json::{Map, Value};
use tracing::{error, warn};

use super::listing::Listing;
use super::lock::Lock;
use super::medium::{Disk, FileSystem};
use super::open::{Beginning, Open, SealError};
use super::recovery::{recover_segment, rename_sealed, retire};
use super::removal::remove_surplus;
use super::retention::Retention;
use super::syncer::{Job, Syncer};
use super::unsynced::{SyncRule, Unsynced};
use super::{StoreError, entry_of, next_seq_of, segments};

/// What a dataset is and how it is written.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where its segments are.
    pub directory: PathBuf,
    /// Raw or prepared.
    pub kind: Kind,
    /// What a row is.
    pub content: Content,
    /// zstd's level.
    pub level: i32,
    /// A segment of so many octets is full.
    pub segment_bytes: u64,
    /// A segment is full after so long on the pipeline's clock, in milliseconds.
    pub segment_ms: i64,
    /// When written data are synced.
    pub sync: SyncRule,
    /// What of it is kept.
    pub retention: Retention,
    /// What goes into each segment's header besides.
    pub meta: Map<String, Value>,
    /// What comes before the first row of each segment.
    pub preamble: Vec<u8>,
}

/// A dataset that is being written. A segment is begun with its first row, so there is
/// none without rows.
///
/// What was written is synced by another thread, which this looks after in
/// [`Store::append`] and [`Store::look`]. If that fails, what is not known to be on the disk
/// is written anew, to another segment.
pub struct Store {
    options: Options,
    disk: Box<dyn Disk>,
    open: Option<Open>,
    next_seq: u64,
    unsynced: Unsynced,
    syncer: Option<Syncer>,
    syncs_failed: u64,
    /// How the segment began whose frames are to be written anew.
    given_up: Option<Beginning>,
    listing: Listing,
    /// What the manifest is to say and could not be told yet.
    unlisted: VecDeque<Line>,
    _lock: Lock,
}

impl Store {
    /// Opens a dataset for writing, recovers what a crash left open, and goes on behind
    /// the last row.
    ///
    /// # Errors
    /// [`StoreError`] if the directory cannot be used or a segment in it is damaged.
    pub fn open(options: Options) -> Result<Self, StoreError> {
        Self::open_on(options, Box::new(FileSystem))
    }

    /// The same, with segments on another disk.
    pub(super) fn open_on(options: Options, disk: Box<dyn Disk>) -> Result<Self, StoreError> {
        let directory = &options.directory;
        let mode = if options.kind == Kind::Raw {
            0o700
        } else {
            0o755
        };
        let made = DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(directory);
        made.map_err(StoreError::directory(directory))?;
        let lock = Lock::take(directory)?;
        for name in segments(directory)?.into_iter().filter(|name| name.open) {
            recover_segment(directory, name)?;
        }
        let listing = Listing::open(directory, options.kind)?;
        // A position is never used again, not even if all segments were removed.
        let next_seq = next_seq_of(directory)?.max(listing.next_seq());
        let unsynced = Unsynced::new(options.sync, next_seq);
        let syncer = unsynced.keeps().then(Syncer::start).transpose();
        let syncer = syncer.map_err(StoreError::directory(directory))?;
        Ok(Self {
            options,
            disk,
            open: None,
            next_seq,
            unsynced,
            syncer,
            syncs_failed: 0,
            given_up: None,
            listing,
            unlisted: VecDeque::new(),
            _lock: lock,
        })
    }

    /// The position of the next row: all before it are written, or will never be.
    #[must_use]
    pub const fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// The position up to which all rows are on the disk, or will never be.
    #[must_use]
    pub const fn durable_seq(&self) -> u64 {
        self.unsynced.durable_seq()
    }

    /// Rows that were written and are not known to be on the disk.
    #[must_use]
    pub fn rows_at_risk(&self) -> u64 {
        self.unsynced.rows()
    }

    /// How many syncs failed.
    #[must_use]
    pub const fn syncs_failed(&self) -> u64 {
        self.syncs_failed
    }

    /// Whether all that was written is on the disk.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        self.unsynced.is_empty()
    }

    /// Whether segments are ever removed.
    #[must_use]
    pub const fn removes(&self) -> bool {
        self.options.retention.removes()
    }

    /// Removes the segments that are not to be kept any longer at `now_ms`, in Unix
    /// milliseconds; gives how many. The open one never is.
    ///
    /// # Errors
    /// [`StoreError`] if the manifest cannot say so first, or a file cannot be removed.
    pub fn remove_surplus(&mut self, now_ms: i64) -> Result<u64, StoreError> {
        // First what is there, so that the manifest ends with what is not.
        self.catch_up();
        if !self.unlisted.is_empty() {
            return Ok(0);
        }
        let (directory, rules) = (&self.options.directory, &self.options.retention);
        remove_surplus(directory, &mut self.listing, rules, now_ms)
    }

    /// Positions up to here will never be written: the next row is at `seq`.
    ///
    /// # Errors
    /// [`StoreError`] if the open segment cannot be sealed.
    pub fn skip_to(&mut self, seq: u64) -> Result<(), StoreError> {
        if seq != self.next_seq {
            self.seal()?;
            self.next_seq = seq;
            self.unsynced.sealed(seq);
        }
        Ok(())
    }

    /// What the headers of segments say under `key` from the next row on. If that is
    /// something else than so far, the open segment is sealed.
    ///
    /// # Errors
    /// [`StoreError`] if the open segment cannot be sealed; then nothing has changed.
    pub fn set_meta(&mut self, key: &str, value: &Value) -> Result<(), StoreError> {
        if self.options.meta.get(key) == Some(value) {
            return Ok(());
        }
        self.seal()?;
        self.options.meta.insert(key.to_owned(), value.clone());
        Ok(())
    }

    /// What comes before the first row of segments that are not begun yet.
    pub fn set_preamble(&mut self, preamble: Vec<u8>) {
        self.options.preamble = preamble;
    }

    /// Appends rows as one frame, in a new segment if the open one is full.
    ///
    /// # Errors
    /// [`StoreError`] if they could not be written; then nothing of them is there, and
    /// the next rows may be tried.
    pub fn append(&mut self, time_ms: i64, rows: u32, payload: &[u8]) -> Result<(), StoreError> {
        self.settle()?;
        if self
            .open
            .as_ref()
            .is_some_and(|open| self.is_full(open, time_ms))
        {
            self.seal()?;
        }
        if self.open.is_none() {
            self.begin(time_ms)?;
        }
        self.write(time_ms, rows, payload)
    }

    /// Appends what belongs behind the rows of the open segment, if there is one.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    pub fn append_trailer(&mut self, time_ms: i64, payload: &[u8]) -> Result<(), StoreError> {
        self.settle()?;
        self.write(time_ms, 0, payload)
    }

    fn write(&mut self, time_ms: i64, rows: u32, payload: &[u8]) -> Result<(), StoreError> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        let frame = match open.append(self.next_seq, time_ms, rows, payload) {
            Ok(frame) => frame,
            Err(error) => return Err(self.failed(error)),
        };
        self.next_seq += u64::from(rows);
        self.unsynced.wrote(frame, Instant::now());
        // The frame is kept from here on: what fails now is tried again before the next.
        let synced = self.sync_if_due().and_then(|()| {
            if self.unsynced.is_strict() {
                self.await_sync()?;
            }
            Ok(())
        });
        if let Err(error) = synced {
            warn!(%error, "what was written is not on the disk yet");
        }
        Ok(())
    }

    /// Looks after syncing: to be called now and then while [`Store::is_synced`] is false.
    ///
    /// # Errors
    /// [`StoreError`] if a sync failed and what it was for cannot be written anew yet.
    pub fn look(&mut self) -> Result<(), StoreError> {
        self.settle()?;
        self.sync_if_due()
    }

    /// Takes in what the syncing thread says, and writes anew what is to be.
    fn settle(&mut self) -> Result<(), StoreError> {
        if self.unsynced.is_full() {
            self.sync_if_due()?;
            self.await_sync()?;
        } else if let Some(report) = self.syncer.as_ref().and_then(Syncer::report) {
            self.take(report);
        }
        self.rewrite()?;
        if self.unsynced.is_full() {
            let path = self.options.directory.clone();
            return Err(StoreError::NotSynced { path });
        }
        Ok(())
    }

    /// After a failed write: a segment that could not be cut back is not written to any more.
    fn failed(&mut self, error: StoreError) -> StoreError {
        if self.open.as_ref().is_some_and(Open::is_broken) {
            if self.unsynced.keeps() {
                self.drop_in_flight();
                self.give_up(&error);
            } else {
                // What is whole of it is recovered by the next start.
                self.open = None;
            }
        }
        error
    }

    /// Waits for a sync of a segment that is about to be given up.
    fn drop_in_flight(&mut self) {
        if self.unsynced.is_in_flight()
            && let Some(syncer) = &self.syncer
            && syncer.wait().is_ok()
        {
            self.unsynced.succeeded();
        }
    }

    fn sync_if_due(&mut self) -> Result<(), StoreError> {
        let (Some(syncer), Some(open)) = (&self.syncer, &mut self.open) else {
            return Ok(());
        };
        if !self.unsynced.is_due(Instant::now()) {
            return Ok(());
        }
        let directory = &self.options.directory;
        let enter = !std::mem::replace(&mut open.is_entered, true);
        let job = Job {
            medium: open.medium(),
            directory: enter.then(|| directory.clone()),
        };
        syncer.sync(job).map_err(StoreError::directory(directory))?;
        self.unsynced.begun();
        Ok(())
    }

    /// Waits until no sync is under way.
    fn await_sync(&mut self) -> Result<(), StoreError> {
        if self.unsynced.is_in_flight()
            && let Some(syncer) = &self.syncer
        {
            let report = syncer.wait();
            self.take(report);
        }
        self.rewrite()
    }

    fn take(&mut self, report: io::Result<()>) {
        match report {
            Ok(()) => self.unsynced.succeeded(),
            Err(error) => self.give_up(&error),
        }
    }

    /// Gives the open segment up, since a sync of it failed: what is on the disk of it is
    /// sealed, and the rest will be written anew.
    fn give_up(&mut self, error: &dyn Display) {
        self.syncs_failed += 1;
        let durable = self.unsynced.durable_len();
        self.unsynced.failed(Instant::now());
        let Some(open) = self.open.take() else {
            return;
        };
        let (name, directory) = (open.name, &self.options.directory);
        let rows = self.unsynced.rows();
        error!(%error, segment = %directory.join(name.to_string()).display(), rows, "a sync failed; rows since the last one are written anew");
        let medium = open.medium();
        let retired = retire(&*medium, directory, name, durable);
        let listed = retired.and_then(|()| match durable {
            0 => Ok(()),
            _ => self.list_retired(name.sealed()),
        });
        if let Err(error) = listed {
            error!(%error, "a segment whose sync failed is not sealed; the next start will recover it");
        }
        // What was begun to be written anew belongs to the same beginning.
        self.given_up = Some(open.beginning);
    }

    fn list_retired(&mut self, name: SegmentName) -> Result<(), StoreError> {
        let entry = entry_of(&self.options.directory, name)?;
        self.unlisted.push_back(Line::Sealed(Box::new(entry)));
        self.catch_up();
        Ok(())
    }

    /// Writes anew what a failed sync was for, to a segment that begins as its own did.
    fn rewrite(&mut self) -> Result<(), StoreError> {
        while let Some(frame) = self.unsynced.next_to_rewrite() {
            let open = match &mut self.open {
                Some(open) => open,
                none => {
                    let Some(mut beginning) = self.given_up.clone() else {
                        return Ok(());
                    };
                    beginning.header.first_seq = frame.meta.first_seq;
                    beginning.header.created_ms = frame.meta.time_ms;
                    let options = &self.options;
                    let (directory, level) = (&options.directory, options.level);
                    none.insert(Open::begin(&*self.disk, directory, beginning, level)?)
                }
            };
            let written = match open.append_again(frame) {
                Ok(written) => written,
                Err(error) => return Err(self.failed(error)),
            };
            self.unsynced.rewrote(written.meta, Instant::now());
        }
        self.given_up = None;
        Ok(())
    }

    /// Seals the open segment: seek table, sync, final name.
    ///
    /// # Errors
    /// [`StoreError`] if that fails: if it cannot be written to, it is open as before; if it
    /// cannot be synced, its rows are kept and written anew; if it cannot be renamed, the
    /// next start will seal it.
    pub fn seal(&mut self) -> Result<(), StoreError> {
        self.await_sync()?;
        self.catch_up();
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        if open.has_no_rows() {
            return self.discard(open);
        }
        match open.seal() {
            Ok(totals) => {
                self.unsynced.sealed(self.next_seq);
                let name = open.name;
                let (beginning, sum) = open.checksum();
                rename_sealed(&self.options.directory, name)?;
                self.list(&beginning.header, &totals, sum);
                Ok(())
            }
            Err(SealError::Write(error)) => {
                self.open = Some(open);
                Err(self.failed(error))
            }
            Err(SealError::Sync(error)) if self.unsynced.keeps() => {
                self.open = Some(open);
                self.give_up(&error);
                self.rewrite()?;
                Err(error)
            }
            Err(SealError::Sync(error)) => Err(error),
        }
    }

    /// Removes a segment whose first rows could not be written: the next one begins where it
    /// does, and would have its name.
    fn discard(&mut self, open: Open) -> Result<(), StoreError> {
        if let Err(error) = open.remove() {
            self.open = Some(open);
            return Err(error);
        }
        self.unsynced.sealed(self.next_seq);
        Ok(())
    }

    /// Lists a sealed segment. It is whole without that: the next one tries again, and the next
    /// start.
    fn list(&mut self, header: &SegmentHeader, totals: &Totals, sum: Checksum) {
        let entry = Entry::new(header, totals, sum);
        self.unlisted.push_back(Line::Sealed(Box::new(entry)));
        self.catch_up();
    }

    /// Tells the manifest what it could not be told before.
    fn catch_up(&mut self) {
        while let Some(line) = self.unlisted.front() {
            if let Err(error) = self.listing.add(line) {
                let segments = self.unlisted.len();
                warn!(%error, segments, "sealed segments are not listed yet");
                return;
            }
            self.unlisted.pop_front();
        }
    }

    const fn is_full(&self, open: &Open, time_ms: i64) -> bool {
        open.len() >= self.options.segment_bytes
            || time_ms.saturating_sub(open.begun_ms()) >= self.options.segment_ms
    }

    fn begin(&mut self, time_ms: i64) -> Result<(), StoreError> {
        let options = &self.options;
        let header = SegmentHeader {
            kind: options.kind,
            content: options.content,
            first_seq: self.next_seq,
            created_ms: time_ms,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            meta: options.meta.clone(),
        };
        let preamble = options.preamble.clone();
        let beginning = Beginning { header, preamble };
        let (directory, level) = (&options.directory, options.level);
        self.open = Some(Open::begin(&*self.disk, directory, beginning, level)?);
        Ok(())
    }
}
