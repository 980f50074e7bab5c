//! `flowstream dataset diff`: in which flows two prepared datasets differ, however they are
//! cut into segments.

use std::io::{self, Write};
use std::path::Path;

use actors::store::{Compared, Side, compare};
use indicatif::HumanCount;

use super::DatasetCommandError;
use crate::cli::CliError;
use crate::cli::progress::Progress;

/// Prints the flows that one of two datasets has alone, at most `flows_max` of them, and fails
/// if there are any.
pub(super) fn diff(one: &Path, other: &Path, flows_max: u64) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    let (mut progress, mut left, mut written) = (Progress::new(), flows_max, Ok(()));
    let alone = |side, line: &[u8]| {
        if left > 0 && written.is_ok() {
            left -= 1;
            written = write(&mut stdout, side, line);
        }
    };
    let compared = compare(one, other, alone, |octets| {
        progress.octets("comparing", octets, None);
    });
    progress.clear();
    let compared = compared.map_err(DatasetCommandError::Store)?;
    written
        .and_then(|()| sum(&mut stdout, compared))
        .map_err(CliError::Stdout)?;
    match compared.first_alone + compared.second_alone {
        0 => Ok(()),
        flows => Err(DatasetCommandError::Differ { flows }.into()),
    }
}

fn write(out: &mut impl Write, side: Side, line: &[u8]) -> io::Result<()> {
    let sign: &[u8] = match side {
        Side::First => b"- ",
        Side::Second => b"+ ",
    };
    out.write_all(sign)?;
    out.write_all(line)
}

fn sum(out: &mut impl Write, compared: Compared) -> io::Result<()> {
    writeln!(
        out,
        "{} flows in both, {} in the first alone, {} in the second alone",
        HumanCount(compared.same),
        HumanCount(compared.first_alone),
        HumanCount(compared.second_alone)
    )
}
