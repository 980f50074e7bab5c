//! What is known about an address: its prefix, origin, place and network.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use crate::Network;

/// An address prefix in CIDR notation; bits beyond the length are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    addr: IpAddr,
    len: u8,
}

/// Why a text or a pair is no prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrefixError {
    /// The part before the slash is no IPv4 or IPv6 address.
    Address(String),
    /// The length is no number, or beyond 32 (IPv4) or 128 (IPv6).
    Length(String),
}

impl fmt::Display for PrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(found) => write!(f, "`{found}` is no IPv4 or IPv6 address"),
            Self::Length(found) => {
                write!(
                    f,
                    "`{found}` is no prefix length; 0 to 32 for IPv4, 0 to 128 for IPv6"
                )
            }
        }
    }
}

impl std::error::Error for PrefixError {}

impl Prefix {
    /// The prefix of that length that contains `addr`.
    ///
    /// # Errors
    /// [`PrefixError::Length`] if `len` is beyond the family's bits.
    #[inline]
    pub fn containing(addr: IpAddr, len: u8) -> Result<Self, PrefixError> {
        let too_long = || PrefixError::Length(len.to_string());
        let addr = match addr {
            IpAddr::V4(v4) if len <= 32 => {
                let mask = u32::MAX.checked_shl(32 - u32::from(len)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
            }
            IpAddr::V6(v6) if len <= 128 => {
                let mask = u128::MAX.checked_shl(128 - u32::from(len)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
            }
            _ => return Err(too_long()),
        };
        Ok(Self { addr, len })
    }

    /// The network address: the lowest of the prefix.
    #[must_use]
    pub const fn addr(self) -> IpAddr {
        self.addr
    }

    /// The number of leading bits that addresses of the prefix share.
    #[must_use]
    pub const fn len(self) -> u8 {
        self.len
    }

    /// Whether the prefix is the default route, which contains every address.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Whether `addr` lies in the prefix; never across families.
    #[must_use]
    pub fn contains(self, addr: IpAddr) -> bool {
        Self::containing(addr, self.len).is_ok_and(|prefix| prefix == self)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.addr, self.len)
    }
}

/// `ADDRESS/LENGTH`, or an address alone for the prefix of its full length.
impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let (addr, len) = text
            .split_once('/')
            .map_or((text, None), |(a, l)| (a, Some(l)));
        let addr: IpAddr = addr
            .parse()
            .map_err(|_| PrefixError::Address(addr.to_owned()))?;
        let len = match len {
            Some(text) => text
                .parse()
                .map_err(|_| PrefixError::Length(text.to_owned()))?,
            None => {
                if addr.is_ipv4() {
                    32
                } else {
                    128
                }
            }
        };
        Self::containing(addr, len)
    }
}

/// A country as two capital letters (ISO 3166-1 alpha-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountryCode([u8; 2]);

impl CountryCode {
    /// The country of two ASCII letters; lower case is raised. `None` for anything else.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        Self::from_octets(text.as_bytes().try_into().ok()?)
    }

    /// The country of two ASCII letters in octets; likewise.
    #[must_use]
    #[inline]
    pub const fn from_octets([a, b]: [u8; 2]) -> Option<Self> {
        if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() {
            Some(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
        } else {
            None
        }
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }
}

/// A position on Earth in degrees (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// Degrees north of the equator, -90 to 90.
    pub latitude: f64,
    /// Degrees east of Greenwich, -180 to 180.
    pub longitude: f64,
}

impl Position {
    /// A position; `None` where either value is no number or out of range.
    #[must_use]
    #[inline]
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let valid = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        valid.then_some(Self {
            latitude,
            longitude,
        })
    }
}

/// Whether an address means the same host everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Locality {
    /// Not globally reachable by IANA's special-purpose registries (RFC 6890):
    /// private, shared, loopback, link-local, unique local, documentation, benchmarking.
    Private,
    /// Any other address.
    Public,
}

impl Locality {
    /// The name as prepared flows carry it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
        }
    }

    /// The locality of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Private, Self::Public]
            .into_iter()
            .find(|locality| locality.name() == name)
    }
}

/// What is known about one address of a flow; `None` is unknown, never 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Place {
    /// The most specific known prefix that contains the address, or what stands for it.
    pub prefix: Option<Network>,
    /// The origin Autonomous System number.
    pub asn: Option<u32>,
    /// The name of that Autonomous System.
    pub as_name: Option<Arc<str>>,
    /// Country.
    pub country: Option<CountryCode>,
    /// Position.
    pub position: Option<Position>,
    /// IEEE 802.1Q VLAN identifier, 1 to 4094.
    pub vlan: Option<u16>,
    /// The operator's own name of the network.
    pub network: Option<Arc<str>>,
    /// Private or public; known for every address once it was enriched.
    pub locality: Option<Locality>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_cut_to_its_length_and_contains_what_it_should() {
        let prefix: Prefix = "10.1.2.3/8".parse().unwrap();
        assert_eq!(prefix.to_string(), "10.0.0.0/8");
        assert!(prefix.contains("10.255.0.1".parse().unwrap()));
        assert!(!prefix.contains("11.0.0.1".parse().unwrap()));
        assert!(
            !prefix.contains("::a00:1".parse().unwrap()),
            "never across families"
        );
        let all: Prefix = "::/0".parse().unwrap();
        assert!(all.is_empty() && all.contains("2001:db8::1".parse().unwrap()));
        assert_eq!("2001:db8::1".parse::<Prefix>().unwrap().len(), 128);
        assert_eq!(
            "192.0.2.1/32".parse::<Prefix>().unwrap().to_string(),
            "192.0.2.1/32"
        );
    }

    #[test]
    fn what_is_no_prefix_says_why() {
        let error = |text: &str| text.parse::<Prefix>().unwrap_err();
        assert_eq!(error("10.1.2/8"), PrefixError::Address("10.1.2".to_owned()));
        assert_eq!(error("10.0.0.0/33"), PrefixError::Length("33".to_owned()));
        assert_eq!(error("10.0.0.0/"), PrefixError::Length(String::new()));
        assert_eq!(error("::/129"), PrefixError::Length("129".to_owned()));
        assert_eq!(error("::/-1"), PrefixError::Length("-1".to_owned()));
    }

    #[test]
    fn a_country_is_two_letters() {
        assert_eq!(CountryCode::new("ch").unwrap().as_str(), "CH");
        assert_eq!(CountryCode::new("C1"), None);
        assert_eq!(CountryCode::new("CHE"), None);
        assert_eq!(CountryCode::new("é"), None);
    }

    #[test]
    fn a_position_is_on_earth() {
        assert!(Position::new(47.4, 8.5).is_some());
        assert!(Position::new(91.0, 0.0).is_none());
        assert!(Position::new(0.0, f64::NAN).is_none());
    }
}
