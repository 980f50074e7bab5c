//! Writing a dataset: one open segment at a time, sealed and renamed when it is full.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use dataset::checksum::{Checksum, Summed};
use dataset::manifest::{Entry, Line};
use dataset::name::{Content, SegmentName};
use dataset::segment::{Kind, SegmentHeader, Tail, Totals, Writer, recover};
use serde_json::{Map, Value};
use tracing::{error, info, warn};

use super::listing::Listing;
use super::lock::Lock;
use super::{StoreError, next_seq_of, segments};

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
    /// What goes into each segment's header besides.
    pub meta: Map<String, Value>,
    /// What comes before the first row of each segment.
    pub preamble: Vec<u8>,
}

struct Open {
    writer: Writer<Summed<File>>,
    name: SegmentName,
    header: SegmentHeader,
    begun_ms: i64,
}

/// A dataset that is being written. A segment is begun with its first row, so there is
/// none without rows.
pub struct Store {
    options: Options,
    open: Option<Open>,
    next_seq: u64,
    listing: Listing,
    _lock: Lock,
}

impl Store {
    /// Opens a dataset for writing, recovers what a crash left open, and goes on behind
    /// the last row.
    ///
    /// # Errors
    /// [`StoreError`] if the directory cannot be used or a segment in it is damaged.
    pub fn open(options: Options) -> Result<Self, StoreError> {
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
        let next_seq = next_seq_of(directory)?;
        let listing = Listing::open(directory, options.kind)?;
        Ok(Self {
            options,
            open: None,
            next_seq,
            listing,
            _lock: lock,
        })
    }

    /// The position of the next row.
    #[must_use]
    pub const fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Positions up to here will never be written: the next row is at `seq`.
    ///
    /// # Errors
    /// [`StoreError`] if the open segment cannot be sealed.
    pub fn skip_to(&mut self, seq: u64) -> Result<(), StoreError> {
        if seq != self.next_seq {
            self.seal()?;
            self.next_seq = seq;
        }
        Ok(())
    }

    /// What the headers of segments say under `key` from the next row on. If that is
    /// something else than so far, the open segment is sealed.
    ///
    /// # Errors
    /// [`StoreError`] if the open segment cannot be sealed.
    pub fn set_meta(&mut self, key: &str, value: &Value) -> Result<(), StoreError> {
        if self.options.meta.get(key) == Some(value) {
            return Ok(());
        }
        self.options.meta.insert(key.to_owned(), value.clone());
        self.seal()
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
        if self
            .open
            .as_ref()
            .is_some_and(|open| self.is_full(open, time_ms))
        {
            self.seal()?;
        }
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.begin(time_ms)?,
        };
        open.writer.get_mut().mark();
        let written = open.writer.append(self.next_seq, time_ms, rows, payload);
        self.keep_or_cut_back(open, written.map(drop))?;
        self.next_seq += u64::from(rows);
        Ok(())
    }

    /// Appends what belongs behind the rows of the open segment, if there is one.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    pub fn append_trailer(&mut self, time_ms: i64, payload: &[u8]) -> Result<(), StoreError> {
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        open.writer.get_mut().mark();
        let written = open.writer.append(self.next_seq, time_ms, 0, payload);
        self.keep_or_cut_back(open, written.map(drop))
    }

    /// Seals the open segment: seek table, sync, final name.
    ///
    /// # Errors
    /// [`StoreError`] if that fails; the segment stays open on disk and is recovered by
    /// the next start.
    pub fn seal(&mut self) -> Result<(), StoreError> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        let from = self.path(open.name);
        let (summed, totals) = open.writer.seal().map_err(StoreError::content(&from))?;
        let (file, sum) = summed.finish();
        finish(&self.options.directory, &file, open.name)?;
        self.list(&open.header, &totals, sum);
        Ok(())
    }

    /// Lists a sealed segment. It is whole without that, and the next start tries again.
    fn list(&mut self, header: &SegmentHeader, totals: &Totals, sum: Checksum) {
        let entry = Entry::new(header, totals, sum);
        if let Err(error) = self.listing.add(&Line::Sealed(Box::new(entry))) {
            error!(%error, "a sealed segment is not listed; the next start will list it");
        }
    }

    fn path(&self, name: SegmentName) -> PathBuf {
        self.options.directory.join(name.to_string())
    }

    fn is_full(&self, open: &Open, time_ms: i64) -> bool {
        open.writer.len() >= self.options.segment_bytes
            || time_ms.saturating_sub(open.begun_ms) >= self.options.segment_ms
    }

    fn begin(&self, time_ms: i64) -> Result<Open, StoreError> {
        let options = &self.options;
        let name = SegmentName::open(self.next_seq, options.content);
        let path = self.path(name);
        let mode = if options.kind == Kind::Raw {
            0o600
        } else {
            0o644
        };
        let created = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&path);
        let file = created.map_err(StoreError::file(&path))?;
        let header = SegmentHeader {
            kind: options.kind,
            content: options.content,
            first_seq: self.next_seq,
            created_ms: time_ms,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            meta: options.meta.clone(),
        };
        let begin = || {
            let mut writer = Writer::new(Summed::new(file), &header, options.level)?;
            if !options.preamble.is_empty() {
                writer.append(self.next_seq, time_ms, 0, &options.preamble)?;
            }
            Ok(writer)
        };
        let begun = begin().map_err(|error| {
            // A segment without a whole beginning is none; the rows will try again.
            drop(fs::remove_file(&path));
            StoreError::content(&path)(error)
        });
        Ok(Open {
            writer: begun?,
            name,
            header,
            begun_ms: time_ms,
        })
    }

    /// After a failed write the file is cut back to its last whole frame, so that what
    /// is on disk stays readable and the next write may succeed.
    fn keep_or_cut_back(
        &mut self,
        mut open: Open,
        written: dataset::Result<()>,
    ) -> Result<(), StoreError> {
        let path = self.path(open.name);
        let Err(error) = written else {
            self.open = Some(open);
            return Ok(());
        };
        let len = open.writer.len();
        let summed = open.writer.get_mut();
        let file = summed.get_mut();
        let cut = file
            .set_len(len)
            .and_then(|()| file.seek(SeekFrom::Start(len)));
        if cut.is_ok() {
            summed.go_back();
            open.writer.cut_back();
            self.open = Some(open);
        }
        Err(StoreError::content(&path)(error))
    }
}

/// Syncs a sealed segment and gives it its final name.
fn finish(directory: &Path, file: &File, name: SegmentName) -> Result<(), StoreError> {
    let from = directory.join(name.to_string());
    file.sync_all().map_err(StoreError::file(&from))?;
    fs::rename(&from, directory.join(name.sealed().to_string()))
        .map_err(StoreError::file(&from))?;
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(StoreError::directory(directory))
}

/// Brings a segment that a crash left open to its last whole frame, and seals it. What
/// was torn is set aside, not thrown away; a segment without rows is removed.
pub(super) fn recover_segment(directory: &Path, name: SegmentName) -> Result<(), StoreError> {
    let path = directory.join(name.to_string());
    let opened = OpenOptions::new().read(true).write(true).open(&path);
    let mut file = opened.map_err(StoreError::file(&path))?;
    let recovery = recover(&mut file).map_err(StoreError::content(&path))?;
    let (valid_len, rows) = (recovery.valid_len, recovery.rows);
    if let Tail::Torn(torn) = &recovery.tail {
        warn!(segment = %path.display(), octets = torn.len, reason = %torn.reason, "torn tail set aside");
        set_aside(&path, &mut file, valid_len)?;
    }
    info!(segment = %path.display(), rows, "recovered a segment that was not sealed");
    if rows == 0 {
        return fs::remove_file(&path).map_err(StoreError::file(&path));
    }
    if !recovery.is_sealed() {
        file.seek(SeekFrom::Start(valid_len))
            .map_err(StoreError::file(&path))?;
        let writer = Writer::resume(&file, recovery, 1).map_err(StoreError::content(&path))?;
        writer.seal().map_err(StoreError::content(&path))?;
    }
    finish(directory, &file, name)
}

/// Copies what is behind `valid_len` to a file of its own and cuts it off.
fn set_aside(path: &Path, file: &mut File, valid_len: u64) -> Result<(), StoreError> {
    let torn = path.with_added_extension("torn");
    let mut copy = || {
        file.seek(SeekFrom::Start(valid_len))?;
        let mut to = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&torn)?;
        std::io::copy(file, &mut to)?;
        file.set_len(valid_len)
    };
    copy().map_err(StoreError::file(path))
}
