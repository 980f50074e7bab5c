//! Prefixes of sources: which are of the global table, and those that make up a range.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use flow::{Locality, Prefix};
use ipnet::{IpSubnets, Ipv4Subnets, Ipv6Subnets};

use super::Dropped;
use crate::locality;

/// Lengths of IPv4 prefixes in the global table. Nothing shorter than /8 was ever
/// assigned, and what is longer than /24 is filtered between providers (RFC 7454, 6.1.3).
const LENGTHS_V4: RangeInclusive<u8> = 8..=24;

/// Lengths of IPv6 prefixes in the global table: nothing shorter than /16 is assigned,
/// and what is longer than /48 is filtered between providers (RFC 7454, 6.1.3).
const LENGTHS_V6: RangeInclusive<u8> = 16..=48;

/// Which prefixes of a routing table are of the global one (RFC 7454, 6.1).
pub(super) struct GlobalTable {
    /// Special-purpose blocks, and whether each is reachable.
    blocks: Vec<(Prefix, Locality)>,
}

impl GlobalTable {
    pub(super) fn new() -> Self {
        Self {
            blocks: locality::blocks().collect(),
        }
    }

    /// Why a prefix is not used; `None` if it is.
    pub(super) fn left_out(&self, prefix: Prefix) -> Option<Dropped> {
        let lengths = if prefix.addr().is_ipv4() {
            LENGTHS_V4
        } else {
            LENGTHS_V6
        };
        match prefix.len() {
            0 => Some(Dropped::DefaultRoute),
            len if !lengths.contains(&len) => Some(Dropped::Length),
            _ => self.is_bogon(prefix).then_some(Dropped::Bogon),
        }
    }

    /// Whether all addresses of a prefix are special ones that are not reachable, or none
    /// of unicast: of IPv4 multicast (RFC 5771), of IPv6 all that IANA assigns nobody
    /// addresses from (RFC 4291, 2.4).
    fn is_bogon(&self, prefix: Prefix) -> bool {
        let is_unicast = match prefix.addr() {
            IpAddr::V4(addr) => !addr.is_multicast(),
            IpAddr::V6(addr) => addr.to_bits() >> 125 == 1,
        };
        let around = self
            .blocks
            .iter()
            .filter(|(block, _)| block.len() <= prefix.len() && block.contains(prefix.addr()));
        let innermost = around.max_by_key(|(block, _)| block.len());
        !is_unicast || innermost.is_some_and(|(_, locality)| *locality == Locality::Private)
    }
}

/// The fewest prefixes that hold a range of addresses, both ends included; `None` if the
/// ends are of different families or in the wrong order.
pub(super) fn of_range(first: IpAddr, last: IpAddr) -> Option<impl Iterator<Item = Prefix>> {
    let subnets = match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => {
            IpSubnets::V4(Ipv4Subnets::new(first, last, 0))
        }
        (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => {
            IpSubnets::V6(Ipv6Subnets::new(first, last, 0))
        }
        _ => return None,
    };
    // A length that `ipnet` gives is always one of the family.
    Some(subnets.filter_map(|net| Prefix::containing(net.addr(), net.prefix_len()).ok()))
}
