//! One table of everything that is known of addresses, looked up once for each.

mod address;
mod builder;
mod combine;
mod names;
mod numbered;
mod origins;
mod ranges;
mod row;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use flow::Place;

pub use builder::Builder;
use names::Names;
use origins::Claim;
use ranges::Ranges;
use row::Row;

/// What is known of every address: built once, by a [`Builder`], and then only read.
#[derive(Clone)]
pub struct Table {
    v4: Ranges<u32>,
    v6: Ranges<u128>,
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
    /// What is known of an address.
    #[must_use]
    pub fn place(&self, addr: IpAddr) -> Place {
        let row = match addr {
            IpAddr::V4(v4) => find(&self.v4, v4.to_bits()),
            IpAddr::V6(v6) => find(&self.v6, v6.to_bits()),
        };
        let Some(row) = row.and_then(|row| self.rows.get(usize::try_from(row).ok()?)) else {
            return Place::default();
        };
        Place {
            prefix: row.prefix(addr),
            asn: (row.asn != 0).then_some(row.asn),
            as_name: self.name(row.as_name),
            country: row.country(),
            position: row.position(),
            vlan: row.vlan(),
            network: self.name(row.network),
            locality: Some(row.locality()),
        }
    }

    /// What is known of an address, and what was stated but does not count.
    #[must_use]
    pub fn lookup(&self, addr: IpAddr) -> Found {
        let place = self.place(addr);
        let claims = place.prefix.map(|prefix| {
            let start = self.claims.partition_point(|claim| claim.prefix < prefix);
            let from = self.claims.get(start..).unwrap_or_default();
            from.iter().take_while(move |claim| claim.prefix == prefix)
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

    fn name(&self, number: u32) -> Option<Arc<str>> {
        let number = usize::try_from(number).ok()?;
        self.names.get(number).cloned().flatten()
    }
}

/// The value of the range that the address lies in.
fn find<A: Copy + Ord>(ranges: &Ranges<A>, addr: A) -> Option<u32> {
    let after = ranges.partition_point(|(start, _)| *start <= addr);
    ranges.get(after.checked_sub(1)?).map(|(_, value)| *value)
}

/// Of nothing at all is anything known.
impl Default for Table {
    fn default() -> Self {
        Self {
            v4: Ranges::new(),
            v6: Ranges::new(),
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
