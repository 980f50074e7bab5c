//! The set of the operator's networks: "is this address ours at all?"

use std::net::IpAddr;

use flow::Prefix;
use ipnet::{Ipv4Net, Ipv6Net};
use iprange::IpRange;

use crate::DbError;

/// Nodes that the trie of the set may have, of 32 octets each with the allocator's own.
const NODES_MAX: usize = 1 << 24;

/// The union of the operator's networks.
#[derive(Default)]
pub(super) struct NetworkSet {
    v4: IpRange<Ipv4Net>,
    v6: IpRange<Ipv6Net>,
}

impl NetworkSet {
    /// The set of prefixes in ascending order.
    ///
    /// # Errors
    /// [`DbError::Scattered`] beyond [`NODES_MAX`]: a set of hosts all over IPv6 takes a
    /// hundred nodes for each.
    pub(super) fn new(prefixes: impl Iterator<Item = Prefix> + Clone) -> Result<Self, DbError> {
        let found = nodes(outermost(prefixes.clone()));
        if found > NODES_MAX {
            let limit = NODES_MAX;
            return Err(DbError::Scattered { found, limit });
        }
        let mut set = Self::default();
        outermost(prefixes).for_each(|prefix| set.add(prefix));
        set.v4.simplify();
        set.v6.simplify();
        Ok(set)
    }

    /// A prefix whose length does not fit its family does not exist, so nothing is lost.
    fn add(&mut self, prefix: Prefix) {
        match prefix.addr() {
            IpAddr::V4(addr) => {
                if let Ok(network) = Ipv4Net::new(addr, prefix.len()) {
                    self.v4.add(network);
                }
            }
            IpAddr::V6(addr) => {
                if let Ok(network) = Ipv6Net::new(addr, prefix.len()) {
                    self.v6.add(network);
                }
            }
        }
    }

    /// Whether the address lies in one of the networks.
    pub(super) fn contains(&self, addr: IpAddr) -> bool {
        match addr {
            IpAddr::V4(v4) => self.v4.contains(&v4),
            IpAddr::V6(v6) => self.v6.contains(&v6),
        }
    }
}

/// The prefixes that lie in no other one, of prefixes in ascending order.
fn outermost(prefixes: impl Iterator<Item = Prefix>) -> impl Iterator<Item = Prefix> {
    let mut around: Option<Prefix> = None;
    prefixes.filter(move |prefix| {
        let inside = around.is_some_and(|outer| outer.contains(prefix.addr()));
        if !inside {
            around = Some(*prefix);
        }
        !inside
    })
}

/// The nodes of a binary trie of these prefixes, without its root.
fn nodes(prefixes: impl Iterator<Item = Prefix>) -> usize {
    let mut before: Option<Prefix> = None;
    prefixes
        .map(|prefix| {
            let shared = before.map_or(0, |before| shared_bits(before, prefix));
            before = Some(prefix);
            usize::from(prefix.len()).saturating_sub(shared)
        })
        .sum()
}

/// The leading bits that two network addresses share; none across families.
fn shared_bits(one: Prefix, other: Prefix) -> usize {
    let bits = match (one.addr(), other.addr()) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
        _ => 0,
    };
    usize::try_from(bits).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    fn prefixes(texts: &[&str]) -> Vec<Prefix> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn nodes_are_counted_as_a_trie_has_them() {
        let count = |texts: &[&str]| nodes(outermost(prefixes(texts).into_iter()));
        assert_eq!(count(&["10.0.0.0/8"]), 8);
        assert_eq!(
            count(&["10.0.0.0/8", "10.1.0.0/16"]),
            8,
            "the inner one adds none"
        );
        assert_eq!(
            count(&["10.0.0.0/9", "10.128.0.0/9"]),
            10,
            "two leaves below eight"
        );
        assert_eq!(count(&["0.0.0.0/0", "10.0.0.0/8"]), 0);
        assert_eq!(
            count(&["10.0.0.0/8", "fc00::/7"]),
            15,
            "families share nothing"
        );
    }

    #[test]
    fn scattered_hosts_beyond_the_limit_are_refused() {
        // Hosts that differ in the first 18 bits only: each takes about 110 nodes.
        let hosts = |n: u128| {
            (0..n).map(|i| Prefix::containing(Ipv6Addr::from_bits(i << 110).into(), 128).unwrap())
        };
        assert!(NetworkSet::new(hosts(1_000)).is_ok());
        let error = NetworkSet::new(hosts(160_000)).err().unwrap();
        assert!(
            matches!(error, DbError::Scattered { found, limit: NODES_MAX } if found > NODES_MAX)
        );
    }
}
