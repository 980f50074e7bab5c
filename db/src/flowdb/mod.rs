//! A table of the world as a file, `global.flowdb`.
//!
//! Numbers are little-endian. After the frame's head come a header in JSON, the body, and
//! the SHA-256 of everything before it:
//!
//! | octets | what |
//! |---|---|
//! | 8 | `89 46 4c 4f 57 44 42 0a`: no text, and damaged by whoever takes it for one |
//! | 4 | version of the format, 1 |
//! | 4 | octets of the header |
//! | 8 | octets of the body |
//! | | header, then body |
//! | 32 | SHA-256 |
//!
//! The body is that of [`Table`]: how many ranges of IPv4 and IPv6, rows, names and claims
//! there are (4 octets each), then names, rows, the ranges' starts and values, and claims.
//! Equal tables with equal headers give equal octets. What is read is checked to the last
//! number, so that no look-up can meet one that leads nowhere.

mod error;
mod header;
mod octets;

use std::io::{self, Write};

use sha2::{Digest, Sha256};

pub use error::{BadBody, FlowDbError};
pub use header::{Header, SourceUsed};
pub(crate) use octets::Octets;

use crate::{Sha256Sum, Table};

/// What such a file begins with.
const MAGIC: [u8; 8] = *b"\x89FLOWDB\n";
/// The version of the format.
const VERSION: u32 = 1;
/// Octets before the header.
const HEAD: usize = 24;
/// Octets of the checksum.
const SUM: usize = 32;
/// Octets that a header may have.
const HEADER_MAX: usize = 1 << 20;
/// Octets that a file may have.
pub const SIZE_MAX: u64 = 2 << 30;

impl Table {
    /// Writes a file of the table.
    ///
    /// # Errors
    /// Those of the writer; and [`io::ErrorKind::FileTooLarge`] if the header has more
    /// than 1 MiB, or the file would have more than [`SIZE_MAX`] octets.
    pub fn write_to(&self, mut out: impl Write, header: &Header) -> io::Result<()> {
        let header = serde_json::to_vec(header)?;
        let body = self.to_body()?;
        let size = HEAD + header.len() + body.len() + SUM;
        let fits = u64::try_from(size).is_ok_and(|size| size <= SIZE_MAX);
        if header.len() > HEADER_MAX || !fits {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut head = Vec::with_capacity(HEAD);
        head.extend(MAGIC);
        head.extend(VERSION.to_le_bytes());
        head.extend(short(header.len())?.to_le_bytes());
        head.extend(u64::from(short(body.len())?).to_le_bytes());
        let mut sum = Sha256::new();
        for part in [&head, &header, &body] {
            sum.update(part);
            out.write_all(part)?;
        }
        out.write_all(&sum.finalize())
    }

    /// Reads the octets of such a file.
    ///
    /// # Errors
    /// What is wrong with them, and what would be right.
    pub fn read_from(octets: &[u8]) -> Result<(Self, Header), FlowDbError> {
        let Frame { header, body } = frame(octets)?;
        let header: Header = serde_json::from_slice(header)?;
        let table = Self::from_body(body)?;
        Ok((table, header))
    }
}

/// The parts of a file, once its checksum was found right.
struct Frame<'a> {
    header: &'a [u8],
    body: &'a [u8],
}

fn frame(octets: &[u8]) -> Result<Frame<'_>, FlowDbError> {
    let found = size(octets.len());
    if !octets.starts_with(&MAGIC[..octets.len().min(MAGIC.len())]) || octets.is_empty() {
        return Err(FlowDbError::Foreign {
            found: crate::global::foreign_format(octets).unwrap_or("something else"),
        });
    }
    let short = || FlowDbError::CutShort {
        found,
        expected: size(HEAD + SUM),
    };
    let mut head = Octets::new(octets.get(MAGIC.len()..HEAD).ok_or_else(short)?);
    let numbers = (head.u32(), head.u32(), head.u64());
    let (Some(version), Some(header), Some(body)) = numbers else {
        return Err(short());
    };
    if version != VERSION {
        return Err(FlowDbError::Version { found: version });
    }
    if usize::try_from(header).is_ok_and(|header| header > HEADER_MAX) || body > SIZE_MAX {
        return Err(FlowDbError::Lengths { header, body });
    }
    let expected = size(HEAD + SUM) + u64::from(header) + body;
    if found < expected {
        return Err(FlowDbError::CutShort { found, expected });
    }
    if found > expected {
        return Err(FlowDbError::TooLong { found, expected });
    }
    let (summed, sum) = octets.split_at(octets.len() - SUM);
    if Sha256Sum::of(summed).octets() != sum {
        return Err(FlowDbError::Checksum);
    }
    let parts = &summed[HEAD..];
    // The lengths were just found to add up.
    let (header, body) = parts.split_at(parts.len().min(usize::try_from(header).unwrap_or(0)));
    Ok(Frame { header, body })
}

fn size(octets: usize) -> u64 {
    u64::try_from(octets).unwrap_or(u64::MAX)
}

/// A length or number as a file holds it.
pub(crate) fn short(number: usize) -> io::Result<u32> {
    u32::try_from(number).map_err(|_| io::ErrorKind::FileTooLarge.into())
}
