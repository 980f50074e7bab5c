//! CAIDA's prefix-to-AS files: announced prefixes, and who originates them.

use flow::Prefix;

use super::input::{Lines, Row};
use super::prefixes::GlobalTable;
use super::{Dropped, Fault, Tally, asns};
use crate::{Statement, Statements};

pub(super) const SHAPE: &str = "lines of a CAIDA prefix-to-AS file, with tabs between: network, length, \
            origin AS (`1`, several as `1_2`, a set as `1,2`)";

/// Origins that one prefix may have.
const ORIGINS_MAX: usize = 64;

/// States the origins of each prefix.
///
/// The file gives several origins in the order of how many peers saw them, most first,
/// without the numbers. So each is given the number of those from it to the last, which
/// keeps the order.
pub(super) fn read(lines: &mut Lines<'_>, into: &mut dyn Statements) -> Result<Tally, Fault> {
    let mut tally = Tally::default();
    let table = GlobalTable::new();
    while let Some(row) = lines.next()? {
        if row.text.is_empty() || row.text.starts_with('#') {
            continue;
        }
        tally.rows += 1;
        let columns: Vec<&str> = row.text.split('\t').collect();
        let [network, len, origins] = columns[..] else {
            return Err(row.wrong(&row.text, SHAPE));
        };
        let prefix = prefix_of(&row, network, len)?;
        let origins = origins_of(&row, origins, &mut tally)?;
        if let Some(reason) = table.left_out(prefix) {
            tally.drop(reason);
            continue;
        }
        for (peers, asn) in (1..).zip(origins.into_iter().rev()) {
            let origin = Statement::Origin { prefix, asn, peers };
            row.state(origin, into, &mut tally)?;
        }
    }
    Ok(tally)
}

fn prefix_of(row: &Row, network: &str, len: &str) -> Result<Prefix, Fault> {
    let prefix = format!("{network}/{len}").parse();
    prefix.map_err(|_| row.wrong(&row.text, "a network and the length of its prefix"))
}

/// The single ASes among the origins, in the order of the file.
fn origins_of(row: &Row, column: &str, tally: &mut Tally) -> Result<Vec<u32>, Fault> {
    let mut origins = Vec::new();
    for origin in column.split('_') {
        let set = origin.trim_start_matches('{').trim_end_matches('}');
        if set.len() < origin.len() || set.contains(',') {
            for member in set.split(',') {
                number(row, member)?;
            }
            tally.drop(Dropped::AsSet);
        } else {
            let asn = number(row, origin)?;
            match asns::left_out(asn) {
                Some(reason) => tally.drop(reason),
                None => origins.push(asn),
            }
        }
    }
    if origins.len() > ORIGINS_MAX {
        return Err(row.wrong(column, "at most 64 origins"));
    }
    Ok(origins)
}

/// The AS number that a column holds; a member of a set must be one too, though it is not
/// used.
fn number(row: &Row, text: &str) -> Result<u32, Fault> {
    let parsed = text.parse();
    parsed.map_err(|_| row.wrong(text, "an AS number from 0 to 4294967295"))
}
