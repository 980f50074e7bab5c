//! Table dumps of route collectors in MRT format (RFC 6396), as RouteViews and RIPE RIS
//! publish them: announced prefixes, and who originates them.
//!
//! Of each record only what says that is looked at, in place: a dump has a path of each
//! peer to each prefix, tens of millions, and each path many attributes.

mod octets;
mod path;
mod records;
mod rib;

use super::asns;
use super::input::{Limits, Unpacked};
use super::prefixes::GlobalTable;
use super::{At, Dropped, Fault, Tally};
use crate::{Statement, Statements};
use path::End;
use records::{Record, Records};
use rib::Rib;

pub(super) const SHAPE: &str = "a table dump in MRT format, TABLE_DUMP_V2 (RFC 6396)";

/// The type of the records of a table dump.
const TABLE_DUMP_V2: u16 = 13;

/// Their subtypes (RFC 6396, 4.3; RFC 8050, 4).
mod subtype {
    pub(super) const PEER_INDEX_TABLE: u16 = 1;
    pub(super) const RIB_IPV4_UNICAST: u16 = 2;
    pub(super) const RIB_IPV6_UNICAST: u16 = 4;
    pub(super) const RIB_IPV4_UNICAST_ADDPATH: u16 = 8;
    pub(super) const RIB_IPV6_UNICAST_ADDPATH: u16 = 10;
}

/// States the origins of each prefix, with the number of peers that saw them.
pub(super) fn read(
    unpacked: Unpacked<'_>,
    limits: Limits,
    into: &mut dyn Statements,
) -> Result<Tally, Fault> {
    let mut records = Records::of(unpacked, limits, SHAPE);
    let mut reading = Reading {
        table: GlobalTable::new(),
        peers: None,
        seen: Vec::new(),
        tally: Tally::default(),
        into,
    };
    while let Some(record) = records.next()? {
        reading.record(&record)?;
    }
    Ok(reading.tally)
}

/// A dump on the way through it.
struct Reading<'a> {
    table: GlobalTable,
    /// How many peers the dump lists, once it has.
    peers: Option<u16>,
    /// Origins of the current prefix and the peers that saw them so.
    seen: Vec<(u32, u16)>,
    tally: Tally,
    into: &'a mut dyn Statements,
}

impl Reading<'_> {
    fn record(&mut self, record: &Record<'_>) -> Result<(), Fault> {
        let wrong = |found: String| record.wrong(found, SHAPE);
        if record.kind != TABLE_DUMP_V2 {
            return Err(wrong(other_kind(record.kind)));
        }
        let (is_v6, has_path_ids) = match record.subtype {
            subtype::PEER_INDEX_TABLE => {
                let peers = rib::peers(record.body);
                self.peers = Some(peers.map_err(|found| wrong(found.to_owned()))?);
                return Ok(());
            }
            subtype::RIB_IPV4_UNICAST => (false, false),
            subtype::RIB_IPV6_UNICAST => (true, false),
            subtype::RIB_IPV4_UNICAST_ADDPATH => (false, true),
            subtype::RIB_IPV6_UNICAST_ADDPATH => (true, true),
            _ => {
                self.tally.drop(Dropped::OtherTable);
                return Ok(());
            }
        };
        let Some(peers) = self.peers else {
            return Err(wrong("a prefix before the list of peers".to_owned()));
        };
        let rib = Rib::of(record.body, is_v6, has_path_ids, peers);
        self.prefix(record.at, rib).map_err(|error| match error {
            Stop::Damaged(found) => wrong(found.to_owned()),
            Stop::Fault(fault) => fault,
        })
    }

    /// States the origins of one prefix. Damage to any path counts, also where the prefix
    /// is not used.
    fn prefix(&mut self, at: At, rib: Result<Rib<'_>, &'static str>) -> Result<(), Stop> {
        let mut rib = rib?;
        self.tally.rows += 1;
        let left_out = self.table.left_out(rib.prefix);
        if let Some(reason) = left_out {
            self.tally.drop(reason);
        }
        self.seen.clear();
        while let Some(entry) = rib.next()? {
            let end = path::end(entry.attributes)?;
            if left_out.is_some() {
                continue;
            }
            match origin(end) {
                Ok(asn) => self.seen.push((asn, entry.peer)),
                Err(reason) => self.tally.drop(reason),
            }
        }
        self.state_seen(at, rib.prefix).map_err(Stop::Fault)
    }

    /// A peer that has several paths of one origin saw it once.
    fn state_seen(&mut self, at: At, prefix: flow::Prefix) -> Result<(), Fault> {
        self.seen.sort_unstable();
        self.seen.dedup();
        for of_origin in self.seen.chunk_by(|(one, _), (other, _)| one == other) {
            let [(asn, _), ..] = *of_origin else { continue };
            let peers = u32::try_from(of_origin.len()).unwrap_or(u32::MAX);
            let origin = Statement::Origin { prefix, asn, peers };
            self.tally.state(at, origin, self.into)?;
        }
        Ok(())
    }
}

/// Why a record is not read to its end.
enum Stop {
    Damaged(&'static str),
    Fault(Fault),
}

impl From<&'static str> for Stop {
    fn from(found: &'static str) -> Self {
        Self::Damaged(found)
    }
}

/// The origin that a path ends in, if it is one that counts.
fn origin(end: End) -> Result<u32, Dropped> {
    match end {
        End::Nowhere => Err(Dropped::NoOrigin),
        End::Set => Err(Dropped::AsSet),
        End::As(asn) => match asns::left_out(asn) {
            Some(reason) => Err(reason),
            None => Ok(asn),
        },
    }
}

/// What a record is that is none of a table dump.
fn other_kind(kind: u16) -> String {
    let of = match kind {
        12 => "a table dump of the first version, TABLE_DUMP",
        16 | 17 => "a file of messages, BGP4MP",
        _ => "none of a table dump",
    };
    format!("a record of MRT type {kind}, {of}")
}
