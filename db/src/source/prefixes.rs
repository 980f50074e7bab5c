//! Prefixes of sources: which are of the global table, and those that make up a range.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use flow::Prefix;
use ipnet::{IpSubnets, Ipv4Subnets, Ipv6Subnets};

use super::Dropped;

/// Lengths of IPv4 prefixes in the global table. Nothing shorter than /8 was ever
/// assigned, and what is longer than /24 is filtered between providers (RFC 7454, 6.1.3).
const LENGTHS_V4: RangeInclusive<u8> = 8..=24;

/// Lengths of IPv6 prefixes in the global table: nothing shorter than /16 is assigned,
/// and what is longer than /48 is filtered between providers (RFC 7454, 6.1.3).
const LENGTHS_V6: RangeInclusive<u8> = 16..=48;

/// Why a prefix of a routing table is not used; `None` if it is.
pub(super) fn not_global(prefix: Prefix) -> Option<Dropped> {
    let lengths = if prefix.addr().is_ipv4() {
        LENGTHS_V4
    } else {
        LENGTHS_V6
    };
    match prefix.len() {
        0 => Some(Dropped::DefaultRoute),
        len if lengths.contains(&len) => None,
        _ => Some(Dropped::Length),
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
