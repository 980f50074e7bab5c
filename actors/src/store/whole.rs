//! Reading a prepared dataset from end to end, whatever of it is damaged.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use dataset::DatasetError;
use dataset::name::{Content, SegmentName};
use dataset::segment::{Frame, Kind, Reader, SegmentHeader, Tail};
use mediation::anonymize::AnonymizedFlow;

use super::prepared::restored;
use super::reading::{open_segment, segments};
use super::{StoreError, locate};

/// All of a prepared dataset, segment after segment. What is damaged is told and stepped
/// over.
pub struct Whole {
    directory: PathBuf,
    names: std::vec::IntoIter<SegmentName>,
    current: Option<Current>,
    /// Octets of the segments before the current one.
    passed: u64,
    octets: u64,
}

struct Current {
    reader: Reader<File>,
    path: PathBuf,
    /// Whether it may end anywhere, since it is still being written.
    is_open: bool,
}

/// A part of a dataset.
#[derive(Debug)]
pub enum Part {
    /// A segment begins.
    Segment(Box<SegmentHeader>),
    /// Flows of the segment that began last.
    Flows(Vec<AnonymizedFlow>),
    /// Something is damaged.
    Damage(Damage),
}

/// What is damaged in a dataset.
#[derive(Debug)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// Flows that are lost by it; `None` if nobody can tell.
    pub flows: Option<u64>,
    /// What is wrong, and where.
    pub text: String,
}

impl Whole {
    /// The prepared dataset that a path names: segments in it, or in `prepared` in it.
    ///
    /// # Errors
    /// [`StoreError::NotPrepared`] for a raw dataset, [`StoreError::Nothing`] without any,
    /// [`StoreError::Directory`] if a directory cannot be listed.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        for directory in [path.to_owned(), path.join("prepared")] {
            if !directory.is_dir() {
                continue;
            }
            let mut names = segments(&directory)?;
            names.retain(|name| name.content == Content::Csv);
            if !names.is_empty() {
                return Ok(Self::of(directory, names));
            }
        }
        // If there is a raw one, that is what is wrong.
        match locate(path) {
            Ok((path, _)) => Err(StoreError::NotPrepared { path }),
            Err(StoreError::Content { path, .. }) => Err(StoreError::NotPrepared { path }),
            Err(_) => Err(StoreError::Nothing {
                path: path.to_owned(),
            }),
        }
    }

    fn of(directory: PathBuf, names: Vec<SegmentName>) -> Self {
        let octets = |name: &SegmentName| {
            let file = fs::metadata(directory.join(name.to_string()));
            file.map_or(0, |file| file.len())
        };
        Self {
            octets: names.iter().map(octets).sum(),
            names: names.into_iter(),
            directory,
            current: None,
            passed: 0,
        }
    }

    /// The directory with the segments.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Octets of segment files that have been read, and that there were at the beginning.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        let current = self.current.as_ref().map_or(0, |at| at.reader.offset());
        (self.passed + current, self.octets)
    }

    fn enter(&mut self, name: SegmentName) -> Part {
        let damage = |path: PathBuf, text: String| {
            Part::Damage(Damage {
                path,
                flows: None,
                text,
            })
        };
        let (reader, path) = match open_segment(&self.directory, name) {
            Ok(opened) => opened,
            Err(error) => {
                let path = self.directory.join(name.to_string());
                return damage(path, cause(&error));
            }
        };
        let header = reader.header().clone();
        if header.kind != Kind::Prepared || header.content != Content::Csv {
            return damage(path, "it is no segment of a prepared dataset".to_owned());
        }
        self.current = Some(Current {
            reader,
            path,
            is_open: name.open,
        });
        Part::Segment(Box::new(header))
    }

    fn leave(&mut self) {
        if let Some(current) = self.current.take() {
            self.passed += current.reader.offset();
        }
    }
}

/// What is wrong with a file, without its name.
fn cause(error: &StoreError) -> String {
    match error {
        StoreError::File { source, .. } => source.to_string(),
        StoreError::Content { source, .. } => source.to_string(),
        other => other.to_string(),
    }
}

impl Iterator for Whole {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        loop {
            let Some(current) = &mut self.current else {
                let name = self.names.next()?;
                return Some(self.enter(name));
            };
            match current.read() {
                Read::Flows(flows) => return Some(Part::Flows(flows)),
                Read::Nothing => {}
                Read::Damage(damage) => return Some(Part::Damage(damage)),
                Read::End(damage) => {
                    self.leave();
                    if let Some(damage) = damage {
                        return Some(Part::Damage(damage));
                    }
                }
            }
        }
    }
}

/// What comes next of a segment.
enum Read {
    Flows(Vec<AnonymizedFlow>),
    /// A frame without flows.
    Nothing,
    /// Something is damaged, and the rest may be read.
    Damage(Damage),
    /// The end, and if that is where something is damaged.
    End(Option<Damage>),
}

impl Current {
    fn read(&mut self) -> Read {
        match self.reader.next_frame() {
            Ok(Some(frame)) if frame.meta.rows == 0 => Read::Nothing,
            Ok(Some(frame)) => restore(&frame, &self.path),
            Ok(None) => Read::End(self.torn()),
            Err(error) => self.step_over(&error),
        }
    }

    /// A segment that ends within a frame, unless it is still being written.
    fn torn(&self) -> Option<Damage> {
        match self.reader.tail() {
            Tail::Torn(torn) if !self.is_open => Some(self.damage(None, torn.reason.to_string())),
            _ => None,
        }
    }

    fn step_over(&mut self, error: &DatasetError) -> Read {
        let text = error.to_string();
        match self.reader.next_meta() {
            Ok(Some(meta)) => Read::Damage(self.damage(Some(meta.rows.into()), text)),
            Ok(None) | Err(_) => Read::End(Some(self.damage(None, text))),
        }
    }

    fn damage(&self, flows: Option<u64>, text: String) -> Damage {
        Damage {
            path: self.path.clone(),
            flows,
            text,
        }
    }
}

fn restore(frame: &Frame<'_>, path: &Path) -> Read {
    match restored(frame.payload, frame.meta.first_seq) {
        Ok(flows) => Read::Flows(flows),
        Err(error) => Read::Damage(Damage {
            path: path.to_owned(),
            flows: Some(frame.meta.rows.into()),
            text: error.to_string(),
        }),
    }
}
