//! Addresses that leave as they are, whatever the method of their field.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flow::Prefix;

use crate::select::AddrSet;

/// What becomes of addresses that name no host, but the same everywhere: 0.0.0.0, ::,
/// loopback, 255.255.255.255, 224.0.0.0/23 and the well-known groups of IPv6.
///
/// RFC 6235, 7.2.5, advises to leave special-use addresses alone or to filter them out: who
/// knows their traffic recognizes them, and under a permutation that keeps prefixes, each of
/// them discloses something of others. Of what is registered as special, only the addresses
/// above are left alone. Private, shared, link-local and documentation addresses name hosts;
/// IPv6 groups of other kinds hold parts of addresses (RFC 3306; RFC 4291, 2.7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecialUse {
    /// Like any other address.
    Anonymized,
    /// Left as they are.
    Clear,
}

/// Which source and destination addresses leave as they are.
#[derive(Debug, Clone)]
pub struct Scopes {
    clear: Option<AddrSet>,
    prefixes: usize,
    special: SpecialUse,
}

impl Scopes {
    /// The addresses in these prefixes, and special ones or not.
    #[must_use]
    pub fn new(clear: &[Prefix], special: SpecialUse) -> Self {
        Self {
            clear: (!clear.is_empty()).then(|| AddrSet::new(clear)),
            prefixes: clear.len(),
            special,
        }
    }

    /// No address.
    pub const NONE: Self = Self {
        clear: None,
        prefixes: 0,
        special: SpecialUse::Anonymized,
    };

    /// Whether an address leaves as it is.
    #[must_use]
    pub fn leave_clear(&self, addr: IpAddr) -> bool {
        self.special == SpecialUse::Clear && names_no_host(addr)
            || self.clear.as_ref().is_some_and(|set| set.contains(addr))
    }

    /// Whether no address is.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.clear.is_none() && matches!(self.special, SpecialUse::Anonymized)
    }

    /// How many prefixes there are.
    #[must_use]
    pub const fn prefixes(&self) -> usize {
        self.prefixes
    }

    /// What becomes of special addresses.
    #[must_use]
    pub const fn special(&self) -> SpecialUse {
        self.special
    }
}

/// Whether an address stands for no host of its own. An IPv4-mapped one is an address of
/// IPv6 here, as it is for the permutations.
fn names_no_host(addr: IpAddr) -> bool {
    match addr {
        IpAddr::V4(v4) => {
            let [first, second, third, _] = v4.octets();
            v4.is_loopback()
                || v4 == Ipv4Addr::UNSPECIFIED
                || v4 == Ipv4Addr::BROADCAST
                || (first, second) == (224, 0) && third <= 1
        }
        IpAddr::V6(v6) => {
            const SOLICITED_NODE: [u16; 7] = [0xFF02, 0, 0, 0, 0, 1, 0xFF00];
            let [a, b, c, d, e, f, g, _] = v6.segments();
            let is_well_known = a & 0xFFF0 == 0xFF00;
            let is_of_a_node = [a, b, c, d, e, f, g & 0xFF00] == SOLICITED_NODE;
            v6 == Ipv6Addr::UNSPECIFIED || v6.is_loopback() || is_well_known && !is_of_a_node
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn special_addresses_that_are_left_alone_name_no_host() {
        let scopes = Scopes::new(&[], SpecialUse::Clear);
        for text in [
            "0.0.0.0",
            "127.0.0.1",
            "224.0.0.251",
            "224.0.1.1",
            "255.255.255.255",
            "::",
            "::1",
            "ff02::1",
            "ff0e::101",
        ] {
            assert!(scopes.leave_clear(addr(text)), "{text}");
            assert!(!Scopes::NONE.leave_clear(addr(text)), "{text}");
        }
        for text in [
            "0.0.0.1",
            "10.0.0.1",
            "100.64.0.1",
            "169.254.1.1",
            "192.168.0.1",
            "192.0.2.1",
            "224.0.2.1",
            "233.252.0.1",
            "240.0.0.1",
            "::ffff:127.0.0.1",
            "fe80::1",
            "fd00::1",
            "2001:db8::1",
            "ff02::1:ff12:3456",
            "ff3e:40:2001:db8::1",
        ] {
            assert!(!scopes.leave_clear(addr(text)), "{text}");
        }
    }

    #[test]
    fn addresses_in_the_prefixes_leave_as_they_are() {
        let prefixes = ["192.0.2.0/25", "2001:db8:1::/48"].map(|text| text.parse().unwrap());
        let scopes = Scopes::new(&prefixes, SpecialUse::Anonymized);
        for (text, is_clear) in [
            ("192.0.2.0", true),
            ("192.0.2.127", true),
            ("192.0.2.128", false),
            ("2001:db8:1:ffff::", true),
            ("2001:db8:2::", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(scopes.leave_clear(addr(text)), is_clear, "{text}");
        }
        assert!(!scopes.is_none() && Scopes::NONE.is_none());
        assert!(!Scopes::new(&[], SpecialUse::Clear).is_none());
    }
}
