//! A network address with its length, as flows carry it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use crate::{Prefix, PrefixError};

/// A network address and the length of its prefix. Unlike in a [`Prefix`], bits beyond the
/// length may be set: anonymization may replace them too, and then they are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    addr: IpAddr,
    len: u8,
}

impl Network {
    /// All of IPv4, 0.0.0.0/0: what a network that is not known is where there is no null.
    pub const DEFAULT_ROUTE: Self = Self {
        addr: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        len: 0,
    };

    /// The network of that address and length, all bits as they are.
    ///
    /// # Errors
    /// [`PrefixError::Length`] if `len` is beyond the family's bits.
    pub fn new(addr: IpAddr, len: u8) -> Result<Self, PrefixError> {
        Prefix::containing(addr, len).map(|_| Self { addr, len })
    }

    /// The network address.
    #[must_use]
    pub const fn addr(self) -> IpAddr {
        self.addr
    }

    /// The length of the prefix, in bits.
    #[must_use]
    pub const fn prefix_len(self) -> u8 {
        self.len
    }

    /// Another address with the length of this one, as anonymization makes it; `None` if it
    /// is of the other family.
    #[must_use]
    pub const fn with_addr(self, addr: IpAddr) -> Option<Self> {
        if addr.is_ipv4() == self.addr.is_ipv4() {
            Some(Self { addr, ..self })
        } else {
            None
        }
    }
}

impl From<Prefix> for Network {
    #[inline]
    fn from(prefix: Prefix) -> Self {
        Self {
            addr: prefix.addr(),
            len: prefix.len(),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.addr, self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_beyond_the_length_are_kept() {
        let addr = "233.31.143.68".parse().unwrap();
        let network = Network::new(addr, 23).unwrap();
        assert_eq!((network.addr(), network.prefix_len()), (addr, 23));
        assert_eq!(network.to_string(), "233.31.143.68/23");
    }

    #[test]
    fn the_network_of_a_prefix_is_its_address_and_length() {
        let prefix: Prefix = "10.1.2.3/8".parse().unwrap();
        assert_eq!(Network::from(prefix).to_string(), "10.0.0.0/8");
    }

    #[test]
    fn a_length_beyond_the_family_is_none() {
        let new = |addr: &str, len| Network::new(addr.parse().unwrap(), len);
        assert!(new("10.0.0.0", 32).is_ok() && new("::", 128).is_ok());
        assert_eq!(
            new("10.0.0.0", 33),
            Err(PrefixError::Length("33".to_owned()))
        );
        assert_eq!(new("::", 129), Err(PrefixError::Length("129".to_owned())));
    }

    #[test]
    fn another_address_keeps_the_length_within_its_family() {
        let network = Network::from("10.0.0.0/8".parse::<Prefix>().unwrap());
        let other = network.with_addr("192.0.2.77".parse().unwrap()).unwrap();
        assert_eq!(other.to_string(), "192.0.2.77/8");
        assert_eq!(network.with_addr("::1".parse().unwrap()), None);
    }
}
