//! The Information Elements that are known: IANA's, and those of a file of the operator's.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use decode::{Elements, ElementsFileError};

/// The largest file of elements, in octets.
const FILE_MAX: u64 = 16 << 20;

/// Why a file of elements is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ElementsError {
    /// It cannot be read.
    #[error("cannot read the elements {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is too large.
    #[error("{}: larger than {FILE_MAX} octets, where that many are allowed", path.display())]
    Large {
        /// The file.
        path: PathBuf,
    },
    /// A line of it is wrong.
    #[error("{}: {source}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which, and why.
        source: ElementsFileError,
    },
}

/// IANA's elements, and those of a file if one is named.
pub(crate) fn named(path: Option<&Path>) -> Result<Arc<Elements>, ElementsError> {
    let Some(path) = path else {
        return Ok(Arc::default());
    };
    let mut file = Vec::new();
    File::open(path)
        .and_then(|opened| opened.take(FILE_MAX + 1).read_to_end(&mut file))
        .map_err(|source| ElementsError::Read {
            path: path.to_owned(),
            source,
        })?;
    if file.len() as u64 > FILE_MAX {
        return Err(ElementsError::Large {
            path: path.to_owned(),
        });
    }
    let elements = Elements::read(&file).map_err(|source| ElementsError::Line {
        path: path.to_owned(),
        source,
    })?;
    Ok(Arc::new(elements))
}
