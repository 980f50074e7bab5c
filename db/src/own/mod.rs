//! The operator's own networks: two CSV files, the set of them, the longest match.

mod columns;
mod merge;
mod network_set;
mod ranges;
mod row;
mod rows;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use flow::{CountryCode, Position, Prefix};

pub(crate) use columns::Layout;
pub(crate) use merge::{Source, inherit};
pub(crate) use rows::{Limits, Rows, parse};

use crate::DbError;
use network_set::NetworkSet;
use ranges::Ranges;

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
    networks: Vec<Network>,
    v4: Ranges<u32>,
    v6: Ranges<u128>,
    set: NetworkSet,
}

impl Own {
    /// The networks of both files; `as_name` knows the names of Autonomous Systems.
    ///
    /// # Errors
    /// [`DbError::TwoValues`] if the files disagree, [`DbError::Scattered`] if there is
    /// no room for the set.
    pub(crate) fn new(
        prefixes: Source<'_>,
        vlans: Source<'_>,
        as_name: impl Fn(u32) -> Option<Arc<str>>,
    ) -> Result<Self, DbError> {
        let mut networks = merge::merge(prefixes, vlans)?;
        let set = NetworkSet::new(networks.iter().map(|network| network.prefix))?;
        inherit(&mut networks);
        for Network { attributes, .. } in &mut networks {
            attributes.as_name = attributes.asn.and_then(&as_name);
        }
        Ok(Self {
            v4: Ranges::new(spans_v4(&networks)),
            v6: Ranges::new(spans_v6(&networks)),
            networks,
            set,
        })
    }

    /// Whether the address lies in one of the networks.
    pub(crate) fn contains(&self, addr: IpAddr) -> bool {
        self.set.contains(addr)
    }

    /// The most specific network that contains the address.
    pub(crate) fn find(&self, addr: IpAddr) -> Option<&Network> {
        let index = match addr {
            IpAddr::V4(v4) => self.v4.find(v4.to_bits()),
            IpAddr::V6(v6) => self.v6.find(v6.to_bits()),
        };
        self.networks.get(index?)
    }
}

/// First and last address and index of each IPv4 network, in the networks' order.
fn spans_v4(networks: &[Network]) -> impl Iterator<Item = (u32, u32, usize)> {
    networks.iter().enumerate().filter_map(|(index, network)| {
        let IpAddr::V4(addr) = network.prefix.addr() else {
            return None;
        };
        let first = addr.to_bits();
        let hosts = u32::MAX.checked_shr(u32::from(network.prefix.len()));
        Some((first, first | hosts.unwrap_or(0), index))
    })
}

/// The same of each IPv6 network.
fn spans_v6(networks: &[Network]) -> impl Iterator<Item = (u128, u128, usize)> {
    networks.iter().enumerate().filter_map(|(index, network)| {
        let IpAddr::V6(addr) = network.prefix.addr() else {
            return None;
        };
        let first = addr.to_bits();
        let hosts = u128::MAX.checked_shr(u32::from(network.prefix.len()));
        Some((first, first | hosts.unwrap_or(0), index))
    })
}
