//! The files that are opened, and reading them whole within a limit.

use std::fmt;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flow::{CountryCode, Position};
use serde::{Deserialize, Serialize};

use crate::DbError;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The operator's own prefixes, as CSV.
    PrivatePrefixes,
    /// The VLANs of the operator's own prefixes, as CSV.
    PrivatePrefixesVlans,
    /// Countries, in MaxMind's format.
    Country,
    /// Countries and positions, in MaxMind's format.
    City,
    /// Origin Autonomous Systems, in MaxMind's format.
    Asn,
    /// A table of the world, as [`flowdb`](crate::flowdb).
    Global,
    /// IANA's special-purpose address registries, as CSV.
    SpecialPurpose,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PrivatePrefixes => "list of own prefixes",
            Self::PrivatePrefixesVlans => "list of own VLANs",
            Self::Country => "country database",
            Self::City => "city database",
            Self::Asn => "ASN database",
            Self::Global => "table of the world",
            Self::SpecialPurpose => "list of special-purpose blocks",
        })
    }
}

/// A file to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is an error if there is none.
    pub required: bool,
}

impl File {
    /// A file without which the databases do not open.
    #[must_use]
    pub fn required(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            required: true,
        }
    }

    /// A file that is used if it exists.
    #[must_use]
    pub fn optional(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            required: false,
        }
    }
}

/// What private addresses are given where no own network says otherwise; `None` is left
/// unknown. Private are those of [`locality`](crate::locality).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Site {
    /// The country.
    pub country: Option<CountryCode>,
    /// Where it is.
    pub position: Option<Position>,
    /// The AS that its traffic leaves from.
    pub asn: Option<u32>,
    /// The name of that AS; where there is none, the one that the ASN database has of it.
    pub as_name: Option<Arc<str>>,
}

/// The files of all databases, of which `None` is one that is not wanted; and the site.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Files {
    /// The operator's own prefixes.
    pub private_prefixes: Option<File>,
    /// Their VLANs.
    pub private_prefixes_vlans: Option<File>,
    /// The country database.
    pub country: Option<File>,
    /// The city database.
    pub city: Option<File>,
    /// The ASN database.
    pub asn: Option<File>,
    /// The table of the world.
    pub global: Option<File>,
    /// The special-purpose blocks; `None` is the list that is part of the program.
    pub special_purpose: Option<File>,
    /// What private addresses are given.
    pub site: Site,
}

impl Files {
    /// The file of a kind.
    pub(crate) const fn of_mut(&mut self, kind: Kind) -> &mut Option<File> {
        match kind {
            Kind::PrivatePrefixes => &mut self.private_prefixes,
            Kind::PrivatePrefixesVlans => &mut self.private_prefixes_vlans,
            Kind::Country => &mut self.country,
            Kind::City => &mut self.city,
            Kind::Asn => &mut self.asn,
            Kind::Global => &mut self.global,
            Kind::SpecialPurpose => &mut self.special_purpose,
        }
    }

    /// The files that are wanted, there or not.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let files = [
            &self.private_prefixes,
            &self.private_prefixes_vlans,
            &self.country,
            &self.city,
            &self.asn,
            &self.global,
            &self.special_purpose,
        ];
        let files = files.into_iter().flatten();
        files.map(|file| file.path.as_path())
    }
}

/// A file that was wanted, not required, and not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// What it would hold.
    pub kind: Kind,
    /// Where it was looked for.
    pub path: PathBuf,
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}: no such file, not used",
            self.path.display(),
            self.kind
        )
    }
}

/// Whether that means that there is no file. What the program builds itself is not there
/// either where its directory cannot be; whoever makes that says so.
fn is_absent(error: ErrorKind, kind: Kind) -> bool {
    error == ErrorKind::NotFound || (error == ErrorKind::NotADirectory && kind == Kind::Global)
}

/// The octets of a file; `None` if it does not exist and need not.
///
/// It is copied into memory, never mapped: a mapped file that is cut short in place
/// kills the process with SIGBUS at the next lookup.
pub(crate) fn read(file: &File, kind: Kind, limit: u64) -> Result<Option<Vec<u8>>, DbError> {
    let path = || file.path.clone();
    let failed = |source| DbError::Read {
        path: path(),
        source,
    };
    // Before it is opened, since to open a pipe may wait for ever.
    let metadata = match fs::metadata(&file.path) {
        Err(error) if is_absent(error.kind(), kind) => {
            return if file.required {
                Err(DbError::Missing { path: path(), kind })
            } else {
                Ok(None)
            };
        }
        other => other.map_err(failed)?,
    };
    if !metadata.is_file() {
        return Err(DbError::NotAFile { path: path() });
    }
    let within = |found: u64| {
        let path = path();
        let error = DbError::TooLarge { path, found, limit };
        (found <= limit).then_some(()).ok_or(error)
    };
    within(metadata.len())?;
    let mut octets = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    // It may have grown since: read one octet beyond the limit to see that.
    fs::File::open(&file.path)
        .and_then(|opened| {
            opened
                .take(limit.saturating_add(1))
                .read_to_end(&mut octets)
        })
        .map_err(failed)?;
    within(u64::try_from(octets.len()).unwrap_or(u64::MAX))?;
    Ok(Some(octets))
}
