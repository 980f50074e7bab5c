//! IPtoASN: ranges of addresses with their origin AS, its country and its name.

use std::collections::HashSet;
use std::net::IpAddr;

use flow::CountryCode;

use super::input::{Lines, Row};
use super::{Dropped, Fault, Tally, prefixes};
use crate::{Statement, Statements, name};

pub(super) const SHAPE: &str = "lines of IPtoASN, with tabs between: first address, last address, AS number, \
            country, name of the AS";

/// Countries that say that none is known.
const NO_COUNTRY: [&str; 3] = ["", "None", "Unknown"];

/// States origin and country of each range, prefix by prefix, and each AS's first name.
///
/// A range is no announcement: neighbours of one AS are one range, so the prefixes it is
/// cut into are the fewest that hold it, and of one origin each.
pub(super) fn read(lines: &mut Lines<'_>, into: &mut dyn Statements) -> Result<Tally, Fault> {
    let mut tally = Tally::default();
    let mut named = HashSet::new();
    while let Some(row) = lines.next()? {
        if row.text.is_empty() {
            continue;
        }
        tally.rows += 1;
        let columns: Vec<&str> = row.text.splitn(5, '\t').collect();
        let [first, last, asn, country, name] = columns[..] else {
            return Err(row.wrong(&row.text, SHAPE));
        };
        let range = prefixes::of_range(address(&row, first)?, address(&row, last)?);
        let range = range.ok_or_else(|| {
            row.wrong(
                &row.text,
                "a range of one family, from its first address to its last",
            )
        })?;
        let Some(asn) = row.asn(asn, &mut tally)? else {
            continue;
        };
        let country = country_of(country, &mut tally);
        for prefix in range {
            row.state(Statement::Derived { prefix, asn }, into, &mut tally)?;
            if let Some(country) = country {
                row.state(Statement::Country { prefix, country }, into, &mut tally)?;
            }
        }
        if let Some(name) = name::clean(name)
            && named.insert(asn)
        {
            let name = Statement::AsName { asn, name: &name };
            row.state(name, into, &mut tally)?;
        }
    }
    Ok(tally)
}

fn address(row: &Row, column: &str) -> Result<IpAddr, Fault> {
    let parsed = column.parse();
    parsed.map_err(|_| row.wrong(column, "an IPv4 or IPv6 address"))
}

fn country_of(column: &str, tally: &mut Tally) -> Option<CountryCode> {
    if NO_COUNTRY.contains(&column) {
        return None;
    }
    let country = CountryCode::new(column);
    if country.is_none() {
        tally.drop(Dropped::Country);
    }
    country
}
