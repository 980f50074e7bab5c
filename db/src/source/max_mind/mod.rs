//! Databases in MaxMind's format: origin AS, its name, country, position.

mod archive;
mod record;

use std::collections::{HashMap, HashSet};
use std::io::Read;

use flow::Prefix;
use maxminddb::{LookupResult, MaxMindDbError, Reader, WithinOptions};

use super::input::{Unpacked, other_kind, unreadable};
use super::{At, Dropped, Fault, Tally};
use crate::error::shown;
use crate::{Statement, Statements};
use archive::Archive;
use record::Record;

pub(super) const SHAPE: &str = "a database in MaxMind's format, version 2, of ASes, countries or cities, or a \
            tar archive with one such `.mmdb` file";

/// Octets by which a tar archive is told from a database.
const START: u64 = 512;

/// States what each network's record says, and each AS's first name.
///
/// Networks of IPv4 that a database has a second time within IPv6 (as 6to4 or Teredo)
/// are stated once. A network that holds the whole address space says nothing of any.
pub(super) fn read(mut unpacked: Unpacked<'_>, into: &mut dyn Statements) -> Result<Tally, Fault> {
    let octets = octets_of(&mut unpacked)?;
    let guess = other_kind(octets.get(..octets.len().min(64)).unwrap_or_default());
    let reader = Reader::from_source(octets).map_err(|error| match guess {
        Some(found) => other(found.to_owned()),
        None => damaged(&error),
    })?;
    reader.verify().map_err(|error| damaged(&error))?;
    let mut stating = Stating {
        into,
        tally: Tally::default(),
        records: HashMap::new(),
        named: HashSet::new(),
    };
    let networks = reader.networks(WithinOptions::default());
    for network in networks.map_err(|error| damaged(&error))? {
        stating.network(&network.map_err(|error| damaged(&error))?)?;
    }
    if stating.tally.stated == 0 {
        return Err(other(format!(
            "a database of type {} with {} networks, none with an AS, a country or a position",
            shown(&reader.metadata().database_type),
            stating.tally.rows
        )));
    }
    Ok(stating.tally)
}

/// The octets of the database, of that in the archive if the file is one.
///
/// They are all read into memory, and never mapped: a file that is cut short while it is
/// mapped ends the process.
fn octets_of(unpacked: &mut Unpacked<'_>) -> Result<Vec<u8>, Fault> {
    let mut octets = Vec::new();
    let start = unpacked.by_ref().take(START).read_to_end(&mut octets);
    start.map_err(|error| unreadable(At::Octet(unpacked.taken()), error))?;
    if archive::is_archive(&octets) {
        return Archive::new(&octets, unpacked).database();
    }
    let rest = unpacked.read_to_end(&mut octets);
    rest.map_err(|error| unreadable(At::Octet(unpacked.taken()), error))?;
    Ok(octets)
}

fn other(found: String) -> Fault {
    Fault::OtherKind {
        found,
        expected: SHAPE,
    }
}

fn damaged(error: &MaxMindDbError) -> Fault {
    other(format!("damage ({error})"))
}

/// A network of a database, and where its record is.
type Network<'a> = LookupResult<'a, Vec<u8>>;

/// The statements of one database, as they are made.
struct Stating<'a> {
    into: &'a mut dyn Statements,
    tally: Tally,
    /// Records that say something, by where they are: most networks share theirs.
    records: HashMap<usize, Record>,
    /// ASes whose name was stated.
    named: HashSet<u32>,
}

impl Stating<'_> {
    fn network(&mut self, network: &Network<'_>) -> Result<(), Fault> {
        self.tally.rows += 1;
        let Some(offset) = network.offset() else {
            return Ok(());
        };
        let net = network.network().map_err(|error| damaged(&error))?;
        let Ok(prefix) = Prefix::containing(net.network(), net.prefix()) else {
            return Ok(());
        };
        if prefix.is_empty() {
            self.tally.drop(Dropped::DefaultRoute);
            return Ok(());
        }
        let at = At::Octet(u64::try_from(offset).unwrap_or(u64::MAX));
        let record = match self.records.get(&offset) {
            Some(record) => *record,
            None => self.decode(network, offset, at)?,
        };
        self.record(at, prefix, record)
    }

    /// The record of a network, whose AS is named if it was not yet.
    fn decode(&mut self, network: &Network<'_>, offset: usize, at: At) -> Result<Record, Fault> {
        let decoded = record::decode(network).map_err(|error| damaged(&error))?;
        let Some((record, name)) = decoded else {
            return Ok(Record::default());
        };
        if record != Record::default() {
            self.records.insert(offset, record);
        }
        if let (Some(asn), Some(name)) = (record.asn, name)
            && asn != 0
            && self.named.insert(asn)
        {
            let named = Statement::AsName { asn, name: &name };
            self.tally.state(at, named, self.into)?;
        }
        Ok(record)
    }

    fn record(&mut self, at: At, prefix: Prefix, record: Record) -> Result<(), Fault> {
        let origin = record.asn.filter(|asn| *asn != 0);
        let origin = origin.map(|asn| Statement::Derived { prefix, asn });
        let country = record.country.known();
        let country = country.map(|country| Statement::Country { prefix, country });
        let position = record.position.known();
        let position = position.map(|position| Statement::Position { prefix, position });
        for statement in [origin, country, position].into_iter().flatten() {
            self.tally.state(at, statement, self.into)?;
        }
        let unusable = [
            (record.asn == Some(0), Dropped::NotRouted),
            (record.country.is_unusable(), Dropped::Country),
            (record.position.is_unusable(), Dropped::Position),
        ];
        for (_, reason) in unusable.into_iter().filter(|(is, _)| *is) {
            self.tally.drop(reason);
        }
        Ok(())
    }
}
