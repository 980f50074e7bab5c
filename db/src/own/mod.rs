//! The operator's own networks: two CSV files, and the set of them.

mod columns;
mod merge;
mod network_set;
mod row;
mod rows;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use flow::{CountryCode, Position, Prefix};

pub(crate) use columns::Layout;
pub(crate) use merge::{Source, inherit};
pub(crate) use row::Row;
pub(crate) use rows::{Limits, Rows, parse};

use crate::DbError;
use network_set::NetworkSet;

/// What the operator says of a network; `None` where nothing is said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attributes {
    /// IEEE 802.1Q VLAN identifier, 1 to 4094.
    pub vlan: Option<u16>,
    /// The operator's name of it.
    pub name: Option<Arc<str>>,
    /// The AS it belongs to.
    pub asn: Option<u32>,
    /// The name of that AS; without it, the one that sources state.
    pub as_name: Option<Arc<str>>,
    /// Its country.
    pub country: Option<CountryCode>,
    /// Where it is.
    pub position: Option<Position>,
}

impl Attributes {
    /// Takes over what is not said here.
    fn inherit(&mut self, outer: &Self) {
        self.vlan = self.vlan.or(outer.vlan);
        self.name = self.name.take().or_else(|| outer.name.clone());
        if self.asn.is_none() {
            // A number and its name come from one place.
            self.asn = outer.asn;
            self.as_name.clone_from(&outer.as_name);
        }
        self.country = self.country.or(outer.country);
        self.position = self.position.or(outer.position);
    }
}

/// One of the operator's networks, with what it inherits from those around it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Network {
    pub(crate) prefix: Prefix,
    pub(crate) attributes: Attributes,
}

/// The operator's networks, both address families.
#[derive(Default)]
pub(crate) struct Own {
    /// In ascending order of address and length, each with what is said of itself.
    pub(crate) networks: Vec<Network>,
    set: NetworkSet,
}

impl Own {
    /// The networks of both files.
    ///
    /// # Errors
    /// [`DbError::TwoValues`] if the files disagree, [`DbError::Scattered`] if there is
    /// no room for the set.
    pub(crate) fn new(prefixes: Source<'_>, vlans: Source<'_>) -> Result<Self, DbError> {
        let networks = merge::merge(prefixes, vlans)?;
        let set = NetworkSet::new(networks.iter().map(|network| network.prefix))?;
        Ok(Self { networks, set })
    }

    /// Whether the address lies in one of the networks.
    pub(crate) fn contains(&self, addr: IpAddr) -> bool {
        self.set.contains(addr)
    }
}
