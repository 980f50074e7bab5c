//! Reading a dataset from its directory, segment after segment.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use dataset::DatasetError;
use dataset::name::SegmentName;
use dataset::segment::{Kind, Reader, SegmentHeader, Tail};

use super::StoreError;

/// The segments in a directory, by position; no directory, no segments.
///
/// # Errors
/// [`StoreError::Directory`] if it cannot be listed.
pub fn segments(directory: &Path) -> Result<Vec<SegmentName>, StoreError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::directory(directory)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(StoreError::directory(directory))?;
        names.extend(
            entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<SegmentName>().ok()),
        );
    }
    names.sort_unstable();
    // A segment is there under both names only if it is renamed just now.
    names.dedup_by_key(|name| name.first_seq);
    Ok(names)
}

/// The position of the first row there; `None` without segments.
///
/// # Errors
/// [`StoreError::Directory`] if the directory cannot be listed.
pub fn oldest_seq_of(directory: &Path) -> Result<Option<u64>, StoreError> {
    Ok(segments(directory)?.first().map(|name| name.first_seq))
}

/// The position after the last row there; 0 without segments.
///
/// # Errors
/// [`StoreError`] if the last segment cannot be read.
pub fn next_seq_of(directory: &Path) -> Result<u64, StoreError> {
    let Some(&last) = segments(directory)?.last() else {
        return Ok(0);
    };
    let (mut reader, path) = open_segment(directory, last)?;
    let mut next_seq = last.first_seq;
    while let Some(meta) = reader.next_meta().map_err(StoreError::content(&path))? {
        next_seq = meta.first_seq + u64::from(meta.rows);
    }
    Ok(next_seq)
}

/// The header of the segment that a position would be in, of those that there are.
///
/// # Errors
/// [`StoreError`] if it cannot be read.
pub(super) fn header_at(directory: &Path, seq: u64) -> Result<Option<SegmentHeader>, StoreError> {
    let names = segments(directory)?;
    let after = names.partition_point(|name| name.first_seq <= seq);
    let Some(&name) = names.get(after.saturating_sub(1)) else {
        return Ok(None);
    };
    let (reader, _) = open_segment(directory, name)?;
    Ok(Some(reader.header().clone()))
}

/// Opens a segment, whether or not it was sealed and renamed since it was listed.
pub(super) fn open_segment(
    directory: &Path,
    name: SegmentName,
) -> Result<(Reader<File>, PathBuf), StoreError> {
    let listed = directory.join(name.to_string());
    let sealed = directory.join(name.sealed().to_string());
    let (file, path) = match File::open(&listed) {
        Ok(file) => (file, listed),
        Err(_) => (
            File::open(&sealed).map_err(StoreError::file(&sealed))?,
            sealed,
        ),
    };
    let reader = Reader::open(file).map_err(StoreError::content(&path))?;
    Ok((reader, path))
}

/// The same; `None` if it was removed since it was listed.
fn open_if_there(
    directory: &Path,
    name: SegmentName,
) -> Result<Option<(Reader<File>, PathBuf)>, StoreError> {
    match open_segment(directory, name) {
        Err(StoreError::File { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}

/// Walks along the frames of a segment, which are not read.
///
/// # Errors
/// [`StoreError`] if a header of them is damaged, or a sealed segment is not whole.
pub(super) fn walk(
    directory: &Path,
    name: SegmentName,
) -> Result<(Reader<File>, PathBuf), StoreError> {
    let (mut reader, path) = open_segment(directory, name)?;
    let content = StoreError::content;
    while reader.next_meta().map_err(content(&path))?.is_some() {}
    let is_whole = match reader.tail() {
        Tail::Sealed => true,
        Tail::Clean | Tail::Torn(_) => name.open,
    };
    if is_whole {
        return Ok((reader, path));
    }
    let source = DatasetError::Truncated {
        offset: reader.offset(),
        what: "sealed segment",
        found: reader.offset(),
        expected: reader.offset() + 1,
    };
    Err(content(&path)(source))
}

/// Rows of one frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRows {
    /// The position of the first.
    pub first_seq: u64,
    /// Their time on the pipeline's clock, Unix milliseconds.
    pub time_ms: i64,
    /// How many; 0 for what stands before or behind the rows of a segment.
    pub rows: u32,
    /// The rows.
    pub payload: Vec<u8>,
}

/// A cursor over a dataset, from a position on; it goes on while the dataset grows.
pub struct Stream {
    directory: PathBuf,
    current: Option<(Reader<File>, PathBuf)>,
    next_seq: u64,
}

impl Stream {
    /// A cursor at `seq`.
    #[must_use]
    pub const fn new(directory: PathBuf, seq: u64) -> Self {
        Self {
            directory,
            current: None,
            next_seq: seq,
        }
    }

    /// The header of the segment that is read.
    #[must_use]
    pub fn header(&self) -> Option<&SegmentHeader> {
        self.current.as_ref().map(|(reader, _)| reader.header())
    }

    /// The next frame that reaches to the position or beyond; frames without rows
    /// included. `None` at the end for now.
    ///
    /// # Errors
    /// [`StoreError`] if a segment cannot be read or is damaged.
    pub fn next_frame(&mut self) -> Result<Option<StoredRows>, StoreError> {
        loop {
            if self.current.is_none() && !self.enter()? {
                return Ok(None);
            }
            if let Some(rows) = self.read()? {
                return Ok(Some(rows));
            }
            let follows = self.following()?;
            // It may have grown between that reading and the listing.
            if let Some(rows) = self.read()? {
                return Ok(Some(rows));
            }
            let Some(name) = follows else { return Ok(None) };
            // One that was removed meanwhile is not in the next listing.
            if let Some(opened) = open_if_there(&self.directory, name)? {
                self.current = Some(opened);
            }
        }
    }

    /// The next frame of the current segment that is not wholly before the position.
    fn read(&mut self) -> Result<Option<StoredRows>, StoreError> {
        let Some((reader, path)) = &mut self.current else {
            return Ok(None);
        };
        while let Some(frame) = reader.next_frame().map_err(StoreError::content(path))? {
            let end = frame.meta.first_seq + u64::from(frame.meta.rows);
            if frame.meta.rows > 0 && end <= self.next_seq {
                continue;
            }
            self.next_seq = self.next_seq.max(end);
            return Ok(Some(StoredRows {
                first_seq: frame.meta.first_seq,
                time_ms: frame.meta.time_ms,
                rows: frame.meta.rows,
                payload: frame.payload.to_vec(),
            }));
        }
        Ok(None)
    }

    /// Opens the segment that holds the position, or the first behind it.
    fn enter(&mut self) -> Result<bool, StoreError> {
        let (name, (mut reader, path)) = loop {
            let names = segments(&self.directory)?;
            let after = names.partition_point(|name| name.first_seq <= self.next_seq);
            let Some(&name) = names.get(after.saturating_sub(1)) else {
                return Ok(false);
            };
            if let Some(opened) = open_if_there(&self.directory, name)? {
                break (name, opened);
            }
        };
        if self.next_seq > name.first_seq {
            reader
                .seek_to_seq(self.next_seq)
                .map_err(StoreError::content(&path))?;
        }
        self.current = Some((reader, path));
        Ok(true)
    }

    /// The segment that follows the current one, if there is one by now.
    fn following(&self) -> Result<Option<SegmentName>, StoreError> {
        let Some((reader, _)) = &self.current else {
            return Ok(None);
        };
        let here = reader.header().first_seq;
        Ok(segments(&self.directory)?
            .into_iter()
            .find(|name| name.first_seq > here))
    }
}

/// The directory of segments that a path names: itself, or `raw` in it.
///
/// # Errors
/// [`StoreError::Nothing`] if there are none.
pub fn locate(path: &Path) -> Result<(PathBuf, Kind), StoreError> {
    for directory in [path.to_owned(), path.join("raw")] {
        if let Some(&first) = segments(&directory)?.first() {
            let (reader, _) = open_segment(&directory, first)?;
            return Ok((directory, reader.header().kind));
        }
    }
    Err(StoreError::Nothing {
        path: path.to_owned(),
    })
}
