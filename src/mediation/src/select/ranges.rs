//! Sets of numbers and addresses, searched by halving.

use std::net::IpAddr;

use flow::Prefix;

/// A set of values as disjoint ranges in order; both ends of a range belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ranges<T> {
    lows: Box<[T]>,
    highs: Box<[T]>,
}

impl<T: Copy + Ord> Ranges<T> {
    /// The union of ranges in any order. Those within others vanish; so the others stand
    /// in the order of their lowest values and of their highest ones alike.
    pub(super) fn new(mut ranges: Vec<(T, T)>) -> Self {
        ranges.sort_unstable();
        let mut lows: Vec<T> = Vec::with_capacity(ranges.len());
        let mut highs: Vec<T> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            match highs.last_mut() {
                Some(last) if low <= *last => *last = high.max(*last),
                _ => {
                    lows.push(low);
                    highs.push(high);
                }
            }
        }
        Self {
            lows: lows.into(),
            highs: highs.into(),
        }
    }

    /// Whether a value belongs to the set.
    pub(super) fn contains(&self, value: T) -> bool {
        let after = self.lows.partition_point(|low| *low <= value);
        let high = after.checked_sub(1).and_then(|at| self.highs.get(at));
        high.is_some_and(|high| value <= *high)
    }
}

/// A set of addresses of both families.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddrSet {
    ipv4: Ranges<u32>,
    ipv6: Ranges<u128>,
}

impl AddrSet {
    /// The addresses of these prefixes.
    pub(crate) fn new(prefixes: &[Prefix]) -> Self {
        let ipv4 = prefixes.iter().filter_map(|prefix| ipv4_range(*prefix));
        let ipv6 = prefixes.iter().filter_map(|prefix| ipv6_range(*prefix));
        Self {
            ipv4: Ranges::new(ipv4.collect()),
            ipv6: Ranges::new(ipv6.collect()),
        }
    }

    /// This address and no other.
    pub(super) fn only(addr: IpAddr) -> Self {
        let (mut ipv4, mut ipv6) = (Vec::new(), Vec::new());
        match addr {
            IpAddr::V4(addr) => ipv4.push((addr.to_bits(), addr.to_bits())),
            IpAddr::V6(addr) => ipv6.push((addr.to_bits(), addr.to_bits())),
        }
        Self {
            ipv4: Ranges::new(ipv4),
            ipv6: Ranges::new(ipv6),
        }
    }

    /// Whether an address belongs to the set.
    pub(crate) fn contains(&self, addr: IpAddr) -> bool {
        match addr {
            IpAddr::V4(addr) => self.ipv4.contains(addr.to_bits()),
            IpAddr::V6(addr) => self.ipv6.contains(addr.to_bits()),
        }
    }
}

/// The lowest and the highest address of a prefix of IPv4.
pub(super) fn ipv4_range(prefix: Prefix) -> Option<(u32, u32)> {
    let IpAddr::V4(addr) = prefix.addr() else {
        return None;
    };
    let host = u32::MAX.checked_shr(prefix.len().into()).unwrap_or(0);
    Some((addr.to_bits(), addr.to_bits() | host))
}

/// The lowest and the highest address of a prefix of IPv6.
fn ipv6_range(prefix: Prefix) -> Option<(u128, u128)> {
    let IpAddr::V6(addr) = prefix.addr() else {
        return None;
    };
    let host = u128::MAX.checked_shr(prefix.len().into()).unwrap_or(0);
    Some((addr.to_bits(), addr.to_bits() | host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_set_contains_what_one_of_its_ranges_contains(
            ranges in prop::collection::vec((0_u64..100, 0_u64..20), 0..20),
            value in 0_u64..130,
        ) {
            let ranges: Vec<_> = ranges.into_iter().map(|(low, len)| (low, low + len)).collect();
            let expected = ranges.iter().any(|(low, high)| (low..=high).contains(&&value));
            prop_assert_eq!(Ranges::new(ranges).contains(value), expected);
        }
    }

    #[test]
    fn a_set_of_prefixes_contains_their_addresses_and_no_neighbours() {
        let prefixes = [
            "10.0.0.0/8",
            "10.1.0.0/16",
            "192.0.2.1",
            "2001:db8::/32",
            "::1",
        ];
        let set = AddrSet::new(&prefixes.map(|text| text.parse().unwrap()));
        for (addr, is_in) in [
            ("10.0.0.0", true),
            ("10.255.255.255", true),
            ("9.255.255.255", false),
            ("11.0.0.0", false),
            ("192.0.2.1", true),
            ("192.0.2.2", false),
            ("2001:db8:ffff::1", true),
            ("2001:db9::", false),
            ("::1", true),
            ("::a00:1", false),
        ] {
            assert_eq!(set.contains(addr.parse().unwrap()), is_in, "{addr}");
        }
        let all = AddrSet::new(&["0.0.0.0/0", "::/0"].map(|text| text.parse().unwrap()));
        assert!(all.contains("255.255.255.255".parse().unwrap()));
        assert!(all.contains("ffff::".parse().unwrap()));
    }
}
