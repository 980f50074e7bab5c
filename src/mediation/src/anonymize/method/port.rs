//! Ports (RFC 6235, 4.5): bins, and a permutation. Port 0, which stands for a protocol
//! without ports, stays 0 under each.

use std::fmt;

use zeroize::Zeroize;

use super::random::below;
use super::{Purpose, Random};
use crate::anonymize::Key;

/// Where IANA's ranges begin: System, User and Dynamic Ports (RFC 6335, 6).
const BINS: [u16; 3] = [1, 1_024, 49_152];

/// A permutation of the ports 1 to 65535 (4.5.2), drawn evenly among all with the key.
pub struct PortPermutation(Box<[u16]>);

impl PortPermutation {
    /// The permutation under a key: from the last place down, each changes places with one
    /// at or before it.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        let random = Random::new(key, Purpose::Ports);
        let mut images: Box<[u16]> = (0..=u16::MAX).collect();
        for last in (2..images.len()).rev() {
            let draw = random.of([last as u128]);
            let other = usize::try_from(below(last as u64, draw)).unwrap_or(0);
            images.swap(last, other + 1);
        }
        Self(images)
    }

    /// What stands for a port.
    #[must_use]
    pub fn map(&self, port: u16) -> u16 {
        self.0.get(usize::from(port)).copied().unwrap_or(0)
    }
}

impl Drop for PortPermutation {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for PortPermutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PortPermutation(..)")
    }
}

/// What becomes of a port.
#[derive(Debug)]
pub enum PortMethod {
    /// As it is.
    Clear,
    /// The lowest port of IANA's range that it is in: 1, 1024 or 49152.
    Binning,
    /// Another one, one to one.
    Permutation(PortPermutation),
}

impl PortMethod {
    /// What stands for a port.
    #[must_use]
    pub fn port(&self, port: u16) -> u16 {
        match self {
            Self::Clear => port,
            Self::Binning => {
                let mut bins = BINS.into_iter().rev();
                bins.find(|&lowest| lowest <= port).unwrap_or(0)
            }
            Self::Permutation(permutation) => permutation.map(port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permutation(octet: u8) -> PortPermutation {
        PortPermutation::new(&Key::from_octets(&[octet; 32]).unwrap())
    }

    #[test]
    fn the_permutation_is_one_to_one_and_leaves_0_alone() {
        let permutation = permutation(1);
        let mut images: Vec<u16> = (0..=u16::MAX).map(|port| permutation.map(port)).collect();
        assert_eq!(images[0], 0);
        let fixed = (1..=u16::MAX).filter(|&port| permutation.map(port) == port);
        assert!(fixed.count() < 12, "hardly any port stays where it is");
        images.sort_unstable();
        assert!(images.into_iter().eq(0..=u16::MAX));
    }

    #[test]
    fn the_key_alone_decides_on_the_permutation() {
        let images = |octet| {
            let permutation = permutation(octet);
            [22, 53, 80, 443].map(|port| permutation.map(port))
        };
        assert_eq!(images(1), images(1));
        assert_ne!(images(1), images(2));
    }

    #[test]
    fn a_port_becomes_the_lowest_of_its_range() {
        for (port, bin) in [
            (0, 0),
            (1, 1),
            (80, 1),
            (1_023, 1),
            (1_024, 1_024),
            (49_151, 1_024),
            (49_152, 49_152),
            (u16::MAX, 49_152),
        ] {
            assert_eq!(PortMethod::Binning.port(port), bin, "{port}");
            assert_eq!(PortMethod::Clear.port(port), port);
        }
    }

    #[test]
    fn bins_keep_the_order_of_ports() {
        let bins = (0..=u16::MAX).map(|port| PortMethod::Binning.port(port));
        assert!(bins.is_sorted());
    }

    #[test]
    fn nothing_of_the_permutation_is_printed() {
        let method = PortMethod::Permutation(permutation(3));
        assert_eq!(format!("{method:?}"), "Permutation(PortPermutation(..))");
    }
}
