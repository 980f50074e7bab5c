//! Files of sources, read through the public door.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of this is test code; the exemption in clippy.toml sees only test functions"
)]

mod any_octets;
mod archives;
mod damaged;
mod ip_to_asn;
mod known;
mod max_mind;
#[path = "../support/mmdb_writer.rs"]
mod mmdb_writer;
mod mrt;
#[path = "../support/mrt_writer.rs"]
mod mrt_writer;
mod pfx2as;
mod ranges;
#[path = "../support/tar_writer.rs"]
mod tar_writer;

use std::io::Write;

use db::source::{Format, Limits, SourceError, Tally};
use db::{Full, Statement, Statements};

/// Keeps what was stated, as texts; refuses what is beyond its limit.
struct Kept {
    texts: Vec<String>,
    limit: usize,
}

impl Statements for Kept {
    fn state(&mut self, statement: Statement<'_>) -> Result<(), Full> {
        if self.texts.len() == self.limit {
            return Err(Full { limit: self.limit });
        }
        self.texts.push(match statement {
            Statement::Origin { prefix, asn, peers } => format!("{prefix} AS{asn} by {peers}"),
            Statement::Derived { prefix, asn } => format!("{prefix} of AS{asn}"),
            Statement::AsName { asn, name } => format!("AS{asn} is {name}"),
            Statement::Country { prefix, country } => format!("{prefix} in {}", country.as_str()),
            Statement::Position { prefix, position } => {
                format!("{prefix} at {} {}", position.latitude, position.longitude)
            }
        });
        Ok(())
    }
}

/// Reads a file with small limits: 64 KiB unpacked, 256 octets a line, 1,024 a
/// record, 1,000 statements.
fn read(format: Format, octets: &[u8]) -> Result<(Vec<String>, Tally), SourceError> {
    let limits = Limits {
        unpacked: 64 << 10,
        line: 256,
        record: 1024,
    };
    let mut kept = Kept {
        texts: Vec::new(),
        limit: 1000,
    };
    let tally = format.read("there/file", octets, limits, &mut kept)?;
    Ok((kept.texts, tally))
}

/// The text of the error that a file is refused with.
fn refused(format: Format, octets: &[u8]) -> String {
    match read(format, octets) {
        Ok(read) => panic!("taken: {read:?}"),
        Err(error) => error.to_string(),
    }
}

fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(octets).unwrap();
    packer.finish().unwrap()
}

fn bzip2(octets: &[u8]) -> Vec<u8> {
    let mut packer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    packer.write_all(octets).unwrap();
    packer.finish().unwrap()
}

#[test]
fn a_format_is_found_by_the_name_it_is_written_by() {
    for format in Format::ALL {
        assert_eq!(format.to_string().parse(), Ok(format));
    }
    let error = "geolite".parse::<Format>().unwrap_err().to_string();
    assert_eq!(
        error,
        "found `geolite`; expected `iptoasn`, `pfx2as`, `mmdb` or `mrt`"
    );
}
