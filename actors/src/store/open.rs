//! The segment that is being written.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dataset::checksum::{Checksum, Summed};
use dataset::name::SegmentName;
use dataset::segment::{Kind, SegmentHeader, Totals, Writer, Written};
use dataset::{DatasetError, Result};

use super::StoreError;
use super::medium::{Disk, Medium, Output};
use super::unsynced::Kept;

/// How a segment begins.
#[derive(Debug, Clone)]
pub(super) struct Beginning {
    pub(super) header: SegmentHeader,
    /// What comes before its first row.
    pub(super) preamble: Vec<u8>,
}

/// A segment that is being written.
pub(super) struct Open {
    writer: Writer<Summed<Output>>,
    medium: Arc<dyn Medium>,
    path: PathBuf,
    pub(super) name: SegmentName,
    pub(super) beginning: Beginning,
    /// Whether its name in the directory is on the disk.
    pub(super) is_entered: bool,
}

impl Open {
    /// Begins one.
    pub(super) fn begin(
        disk: &dyn Disk,
        directory: &Path,
        beginning: Beginning,
        level: i32,
    ) -> std::result::Result<Self, StoreError> {
        let header = &beginning.header;
        let name = SegmentName::open(header.first_seq, header.content);
        let path = directory.join(name.to_string());
        let mode = if header.kind == Kind::Raw {
            0o600
        } else {
            0o644
        };
        let medium = disk.create(&path, mode).map_err(StoreError::file(&path))?;
        let begin = || {
            let output = Summed::new(Output(Arc::clone(&medium)));
            let mut writer = Writer::new(output, header, level)?;
            if !beginning.preamble.is_empty() {
                let (seq, time) = (header.first_seq, header.created_ms);
                writer.append(seq, time, 0, &beginning.preamble)?;
            }
            Ok(writer)
        };
        let writer = begin().map_err(|error| {
            // A segment without a whole beginning is none; the rows will try again.
            drop(fs::remove_file(&path));
            StoreError::content(&path)(error)
        })?;
        Ok(Self {
            writer,
            medium,
            path,
            name,
            beginning,
            is_entered: false,
        })
    }

    /// Octets so far.
    pub(super) const fn len(&self) -> u64 {
        self.writer.len()
    }

    /// Whether a write failed and the file could not be cut back.
    pub(super) fn is_broken(&self) -> bool {
        self.writer.is_broken()
    }

    /// When it was begun, on the pipeline's clock in milliseconds.
    pub(super) const fn begun_ms(&self) -> i64 {
        self.beginning.header.created_ms
    }

    /// Whether there is nothing in it but what comes before its rows, or behind them.
    pub(super) fn has_no_rows(&self) -> bool {
        self.writer.totals().rows() == 0
    }

    /// Removes its file.
    pub(super) fn remove(&self) -> std::result::Result<(), StoreError> {
        fs::remove_file(&self.path).map_err(StoreError::file(&self.path))
    }

    /// What syncs it.
    pub(super) fn medium(&self) -> Arc<dyn Medium> {
        Arc::clone(&self.medium)
    }

    /// Appends a frame, or leaves the file as it was. Gives it as it was written.
    pub(super) fn append(
        &mut self,
        seq: u64,
        time_ms: i64,
        rows: u32,
        payload: &[u8],
    ) -> std::result::Result<Kept, StoreError> {
        self.writer.get_mut().mark();
        let written = self.writer.append(seq, time_ms, rows, payload);
        let written = self.cut_back(written)?;
        Ok(self.kept(&written))
    }

    /// Appends a frame that was written to another segment.
    pub(super) fn append_again(
        &mut self,
        frame: &Kept,
    ) -> std::result::Result<Written, StoreError> {
        self.writer.get_mut().mark();
        let written = self.writer.append_again(&frame.meta, &frame.octets);
        self.cut_back(written)
    }

    fn kept(&self, written: &Written) -> Kept {
        Kept {
            meta: written.meta,
            octets: self.writer.last_frame(written).into(),
        }
    }

    /// Writes the seek table and has everything on the disk. A failed write leaves the file
    /// as it was.
    pub(super) fn seal(&mut self) -> std::result::Result<Totals, SealError> {
        self.writer.get_mut().mark();
        let written = self.writer.write_seek_table();
        let totals = self.cut_back(written).map_err(SealError::Write)?;
        let synced = self.medium.sync().map_err(StoreError::file(&self.path));
        synced.map(|()| totals).map_err(SealError::Sync)
    }

    /// Its sum, once it is sealed.
    pub(super) fn checksum(self) -> (Beginning, Checksum) {
        (self.beginning, self.writer.into_inner().finish().1)
    }

    /// After a failed write the file is cut back to its last whole frame, so that what is on
    /// disk stays readable and the next write may succeed. Where that fails too, the writer
    /// refuses everything from then on.
    fn cut_back<T>(&mut self, written: Result<T>) -> std::result::Result<T, StoreError> {
        if let Err(DatasetError::Io { .. }) = &written
            && self.medium.cut(self.writer.len()).is_ok()
        {
            self.writer.get_mut().go_back();
            self.writer.cut_back();
        }
        written.map_err(StoreError::content(&self.path))
    }
}

/// Why a segment is not sealed.
#[derive(Debug)]
pub(super) enum SealError {
    /// Its seek table could not be written. It is as it was before.
    Write(StoreError),
    /// It could not be synced, and is not to be trusted.
    Sync(StoreError),
}
