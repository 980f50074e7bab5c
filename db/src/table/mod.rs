//! One table of everything that is known of addresses, looked up once for each.

mod address;
mod body;
mod builder;
mod combine;
mod entry;
mod many;
mod multibit;
mod names;
mod numbered;
mod origins;
mod ranges;
mod rare;
mod row;
mod search;
#[cfg(test)]
mod tests;
mod tree;

use std::fmt;
use std::net::IpAddr;

use flow::{Network, Place};

pub use builder::Builder;
pub use entry::Entry;
use names::Names;
use origins::Claim;
use row::Row;
use search::Search;

/// What is known of every address: built once, by a [`Builder`], and then only read.
#[derive(Clone)]
pub struct Table {
    search: Search,
    rows: Vec<Row>,
    names: Names,
    /// In ascending order of prefixes, those of one prefix side by side.
    claims: Vec<Claim>,
}

/// What is known of an address, for people.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What flows are given.
    pub place: Place,
    /// Where several origins were stated of the announced prefix: the one that counts,
    /// then the others, those that most peers saw first. Else empty.
    pub origins: Vec<Origin>,
}

/// One of several origins of a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The AS number.
    pub asn: u32,
    /// How many peers saw it so, of all sources together.
    pub peers: u32,
}

impl Table {
    /// How many different rows there are of what is known.
    pub(crate) const fn rows(&self) -> usize {
        self.rows.len()
    }

    /// What is known of an address; `None` of an empty table.
    #[must_use]
    #[inline]
    pub fn find(&self, addr: IpAddr) -> Option<Entry<'_>> {
        let row = usize::try_from(self.search.find(addr)?).ok()?;
        Some(Entry {
            addr,
            row: self.rows.get(row)?,
            names: &self.names,
        })
    }

    /// What is known of an address, as flows carry it.
    #[must_use]
    #[inline]
    pub fn place(&self, addr: IpAddr) -> Place {
        self.find(addr).map(Entry::place).unwrap_or_default()
    }

    /// What is known of an address, and what was stated but does not count.
    #[must_use]
    pub fn lookup(&self, addr: IpAddr) -> Found {
        let place = self.place(addr);
        let claims = place.prefix.map(|network| {
            let of = |claim: &Claim| Network::from(claim.prefix);
            let start = self.claims.partition_point(|claim| of(claim) < network);
            let from = self.claims.get(start..).unwrap_or_default();
            from.iter().take_while(move |claim| of(claim) == network)
        });
        let origins = claims.into_iter().flatten().map(|claim| Origin {
            asn: claim.asn,
            peers: claim.peers,
        });
        let mut origins: Vec<Origin> = origins.collect();
        // The operator may have said otherwise of that prefix.
        if origins.first().map(|origin| origin.asn) != place.asn {
            origins.clear();
        }
        Found { place, origins }
    }
}

/// Of nothing at all is anything known.
impl Default for Table {
    fn default() -> Self {
        Self {
            search: Search::default(),
            rows: Vec::new(),
            names: vec![None],
            claims: Vec::new(),
        }
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}
