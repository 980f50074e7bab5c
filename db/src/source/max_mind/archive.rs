//! A tar archive with a database in it, as `MaxMind` gives its databases away.

use std::io::{self, Chain, Read};

use tar::{Entry, EntryType, PaxExtensions};

use super::other;
use crate::error::shown;
use crate::source::input::{Unpacked, unreadable};
use crate::source::{At, Fault};

/// Entries of an archive; one of `MaxMind`'s has about five.
const ENTRIES_MAX: usize = 64;

/// Octets of what an archive says of an entry beyond its header.
const EXTENSION_MAX: u64 = 4096;

/// Where the header of a tar archive says what it is (POSIX.1-1988; GNU's says so too).
const MAGIC: std::ops::Range<usize> = 257..262;

/// Whether a file that begins so is a tar archive.
pub(super) fn is_archive(start: &[u8]) -> bool {
    start.get(MAGIC) == Some(b"ustar")
}

/// What an archive is read from: its start, and the rest behind it.
type Octets<'a, 'r> = Chain<&'a [u8], &'a mut Unpacked<'r>>;

/// An archive. Nothing of it is ever written to a file; it is refused all the same if it
/// has what an honest one has not, for then it is not what it seems.
pub(super) struct Archive<'a, 'r> {
    archive: tar::Archive<Octets<'a, 'r>>,
    /// The name of the next entry, where it is too long for a header.
    long_name: Option<Vec<u8>>,
    database: Option<Vec<u8>>,
}

impl<'a, 'r> Archive<'a, 'r> {
    pub(super) fn new(start: &'a [u8], rest: &'a mut Unpacked<'r>) -> Self {
        Self {
            archive: tar::Archive::new(start.chain(rest)),
            long_name: None,
            database: None,
        }
    }

    /// The octets of the one database in it. The file is read to its end, so that its
    /// checksums are looked at.
    pub(super) fn database(mut self) -> Result<Vec<u8>, Fault> {
        let Self {
            archive,
            long_name,
            database,
        } = &mut self;
        // Raw: what is said beyond the headers is read here, within a limit.
        let entries = archive.entries().map_err(unpackable)?.raw(true);
        for (number, entry) in (1..).zip(entries) {
            if number > ENTRIES_MAX {
                return Err(other(format!(
                    "a tar archive with more than {ENTRIES_MAX} entries"
                )));
            }
            take(&mut entry.map_err(unpackable)?, long_name, database)?;
        }
        let mut rest = self.archive.into_inner();
        io::copy(&mut rest, &mut io::sink()).map_err(unpackable)?;
        let none = || other("a tar archive without a `.mmdb` file".to_owned());
        self.database.ok_or_else(none)
    }
}

/// Looks at one entry, and takes it if it is the database.
fn take(
    entry: &mut Entry<'_, Octets<'_, '_>>,
    long_name: &mut Option<Vec<u8>>,
    database: &mut Option<Vec<u8>>,
) -> Result<(), Fault> {
    let kind = entry.header().entry_type();
    match kind {
        EntryType::XGlobalHeader => return Ok(()),
        EntryType::XHeader => {
            *long_name = path_of(&extension(entry)?)?.or(long_name.take());
            return Ok(());
        }
        EntryType::GNULongName => {
            let mut name = extension(entry)?;
            name.truncate(
                name.iter()
                    .position(|octet| *octet == 0)
                    .unwrap_or(name.len()),
            );
            *long_name = Some(name);
            return Ok(());
        }
        _ => {}
    }
    let in_header = entry.path_bytes().into_owned();
    let name = long_name.take().unwrap_or(in_header);
    let shown = || shown(&String::from_utf8_lossy(&name));
    if is_outside(&name) {
        let found = format!(
            "a tar archive with a path that leads out of it: {}",
            shown()
        );
        return Err(other(found));
    }
    match kind {
        EntryType::Directory => Ok(()),
        EntryType::Regular | EntryType::Continuous if !is_database(&name) => Ok(()),
        EntryType::Regular | EntryType::Continuous => {
            if database.is_some() {
                let found = format!("a tar archive with a second database: {}", shown());
                return Err(other(found));
            }
            *database = Some(whole(entry)?);
            Ok(())
        }
        _ => {
            let found = format!(
                "a tar archive with a link or another entry that is no file: {}",
                shown()
            );
            Err(other(found))
        }
    }
}

/// All octets of an entry.
fn whole(entry: &mut Entry<'_, Octets<'_, '_>>) -> Result<Vec<u8>, Fault> {
    let at = At::Octet(entry.raw_file_position());
    let mut octets = Vec::new();
    let read = entry.read_to_end(&mut octets);
    let read = read.map_err(|error| unreadable(at, error))?;
    if u64::try_from(read) != Ok(entry.size()) {
        return Err(Fault::Truncated { at });
    }
    Ok(octets)
}

/// All octets of an entry that says something of the next one.
fn extension(entry: &mut Entry<'_, Octets<'_, '_>>) -> Result<Vec<u8>, Fault> {
    if entry.size() > EXTENSION_MAX {
        return Err(other(format!(
            "a tar archive that says more than {EXTENSION_MAX} octets of one entry"
        )));
    }
    whole(entry)
}

/// The path that an extended header of POSIX.1-2001 gives the next entry.
fn path_of(extension: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
    let mut path = None;
    for record in PaxExtensions::new(extension) {
        let record = record.map_err(unpackable)?;
        if record.key_bytes() == b"path" {
            path = Some(record.value_bytes().to_vec());
        }
    }
    Ok(path)
}

/// Whether a path leads out of the folder that an archive would be unpacked in, on any
/// system.
fn is_outside(path: &[u8]) -> bool {
    let is_separator = |octet: &u8| matches!(octet, b'/' | b'\\');
    let is_absolute = path.first().is_some_and(is_separator) || path.get(1) == Some(&b':');
    let mut parts = path.split(is_separator);
    is_absolute || parts.any(|part| part.trim_ascii() == b"..")
}

fn is_database(path: &[u8]) -> bool {
    let extension = path.len().checked_sub(5).and_then(|at| path.get(at..));
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case(b".mmdb"))
}

/// An archive that cannot be read; what reads it says why.
fn unpackable(error: io::Error) -> Fault {
    match unreadable(At::Octet(0), error) {
        Fault::Read { source, .. } if source.get_ref().is_some() => {
            other(format!("a damaged tar archive ({source})"))
        }
        fault => fault,
    }
}
