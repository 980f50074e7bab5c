//! Databases that were in use, kept so that a replay can use them again.
//!
//! A directory has each of their files once, named by the SHA-256 of its octets, and for
//! each version a list of its files, `SHA-256.json`. So versions that differ in one small
//! file share the large ones, and what is there is what its name says or is refused.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::{DbError, Files, MadeOf, Sha256Sum, Site};

/// Octets of the longest list that is read.
const LIST_MAX: u64 = 64 << 10;

/// The directory where versions are kept, and how many.
#[derive(Debug, Clone)]
pub struct Kept {
    directory: PathBuf,
    versions: usize,
    time: Duration,
}

/// A list of a version's files.
struct List {
    path: PathBuf,
    used: SystemTime,
    made_of: MadeOf,
}

impl Kept {
    /// Keeps in a directory so many versions besides the last, none for longer than
    /// `time` after another one took its place.
    #[must_use]
    pub const fn new(directory: PathBuf, versions: usize, time: Duration) -> Self {
        Self {
            directory,
            versions,
            time,
        }
    }

    /// Keeps the octets of a file.
    pub(crate) fn put(&self, sha256: Sha256Sum, octets: &[u8]) -> Result<(), DbError> {
        let path = self.path(sha256);
        let len = u64::try_from(octets.len()).ok();
        if fs::metadata(&path).map(|found| found.len()).ok() == len {
            return Ok(());
        }
        self.write(&path, octets)
    }

    /// Notes that a version, whose files were put, is in use from now on, and lets go of
    /// those that are too many or too old.
    pub(crate) fn note(&self, made_of: &MadeOf) -> Result<(), DbError> {
        let list = serde_json::to_vec(made_of).unwrap_or_default();
        let path = self.path(Sha256Sum::of(&list)).with_extension("json");
        // Anew, even if it is there: its time says when it was last in use.
        self.write(&path, &list)?;
        self.let_go(&path)
            .map_err(|source| self.failed(&path, source))
    }

    /// The files of a version, by the names that they are kept under.
    pub(crate) fn files(&self, made_of: &MadeOf, site: Site) -> Files {
        let mut files = Files {
            site,
            ..Files::default()
        };
        for source in &made_of.sources {
            let path = self.path(source.sha256);
            *files.of_mut(source.kind) = Some(crate::File::required(path));
        }
        files
    }

    /// Where a file is kept.
    pub(crate) fn path(&self, sha256: Sha256Sum) -> PathBuf {
        self.directory.join(sha256.to_string())
    }

    fn failed(&self, path: &Path, source: io::Error) -> DbError {
        DbError::Keep {
            path: path.to_owned(),
            source,
        }
    }

    /// Writes a file beside its place, and renames it there when it is whole. Only the
    /// owner may read it: the operator's own networks may be in it.
    fn write(&self, path: &Path, octets: &[u8]) -> Result<(), DbError> {
        let new = path.with_added_extension("new");
        let write = || {
            let mut directory = DirBuilder::new();
            directory
                .recursive(true)
                .mode(0o700)
                .create(&self.directory)?;
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            let mut file = options.open(&new)?;
            file.write_all(octets)?;
            file.sync_all()?;
            fs::rename(&new, path)?;
            File::open(&self.directory)?.sync_all()
        };
        write().map_err(|source| {
            drop(fs::remove_file(&new));
            self.failed(path, source)
        })
    }

    /// Removes lists beyond the limits, and then the files that no list names.
    fn let_go(&self, current: &Path) -> io::Result<()> {
        let entries = fs::read_dir(&self.directory)?;
        let paths: Vec<PathBuf> = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<_>>()?;
        let mut lists: Vec<List> = paths.iter().filter_map(|path| list(path)).collect();
        lists.sort_by_key(|list| (list.path != current, std::cmp::Reverse(list.used)));
        let now = SystemTime::now();
        let mut needed: HashSet<PathBuf> = HashSet::new();
        // A version is in use until the next one is: its age is that of the next.
        let mut replaced = now;
        for (
            number,
            List {
                path,
                used,
                made_of,
            },
        ) in lists.into_iter().enumerate()
        {
            let age = now.duration_since(replaced).unwrap_or_default();
            replaced = used;
            if number > self.versions || age > self.time {
                continue;
            }
            needed.extend(
                made_of
                    .sources
                    .iter()
                    .map(|source| self.path(source.sha256)),
            );
            needed.insert(path);
        }
        let ours = |path: &&PathBuf| is_ours(path) && !needed.contains(*path);
        paths.iter().filter(ours).try_for_each(fs::remove_file)
    }
}

/// A list of files, if it is one.
fn list(path: &Path) -> Option<List> {
    if path.extension()? != "json" {
        return None;
    }
    let metadata = fs::metadata(path).ok()?;
    if metadata.len() > LIST_MAX {
        return None;
    }
    Some(List {
        path: path.to_owned(),
        used: metadata.modified().ok()?,
        made_of: serde_json::from_slice(&fs::read(path).ok()?).ok()?,
    })
}

/// Whether a file is named as this module names them: nothing else is ever removed.
fn is_ours(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let Some(name) = name else { return false };
    let (stem, rest) = name.split_once('.').unwrap_or((name, ""));
    stem.parse::<Sha256Sum>().is_ok() && matches!(rest, "" | "json" | "new" | "json.new")
}
