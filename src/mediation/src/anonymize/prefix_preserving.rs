//! Permutations of addresses that keep prefixes (RFC 6235, 4.1.4).
//!
//! Bit `i` of an address is flipped or not by a keyed function of the bits before it.
//! Two addresses with a common prefix therefore keep a common prefix of exactly the
//! same length, and the map is one to one.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Key;
use super::flips::Flips;
use super::remembered::{CHUNK, MEMORY, Pool, Remembered};

/// A permutation under one key, of each family for itself.
///
/// It remembers addresses, within bounds ([`PrefixPreserving::MEMORY`]), for whoever maps
/// many. What it remembers is wiped with the key.
pub struct PrefixPreserving<F> {
    flips: F,
    pub(super) pool: Pool,
}

impl<F: Flips> PrefixPreserving<F> {
    /// The permutation of a key.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        Self::of_flips(F::of_key(key))
    }

    pub(super) fn of_flips(flips: F) -> Self {
        Self {
            flips,
            pool: Pool::default(),
        }
    }

    /// The address that stands for `addr`, of the same family.
    #[must_use]
    pub fn anonymize(&self, addr: IpAddr) -> IpAddr {
        match addr {
            IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(self.v4(v4.to_bits()))),
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(self.v6(v6.to_bits()))),
        }
    }

    /// Puts in the place of each address the one that stands for it.
    pub fn anonymize_all(&self, addrs: &mut [IpAddr]) {
        let mut remembered = Remembered::new(self);
        for addrs in addrs.chunks_mut(CHUNK) {
            remembered.learn(addrs.iter().copied());
            for addr in addrs {
                *addr = remembered.anonymize(*addr);
            }
        }
    }

    pub(super) fn v4(&self, addr: u32) -> u32 {
        let [image] = self.v4_each([addr]);
        image
    }

    /// The images of several addresses, which cost less together.
    pub(super) fn v4_each<const N: usize>(&self, addrs: [u32; N]) -> [u32; N] {
        let mut images = self.flips.v4(&addrs);
        for (image, addr) in images.iter_mut().zip(addrs) {
            *image ^= addr;
        }
        images
    }

    pub(super) fn v6(&self, addr: u128) -> u128 {
        let [prefix] = self.v6_prefixes([addr]);
        let [rest] = self.v6_rests([addr]);
        addr ^ (u128::from(prefix) << 64 | u128::from(rest))
    }

    /// The flips of the first 64 bits of each address.
    pub(super) fn v6_prefixes<const N: usize>(&self, addrs: [u128; N]) -> [u64; N] {
        self.flips.v6_first(&addrs)
    }

    /// The flips of the last 64 bits of each address.
    pub(super) fn v6_rests<const N: usize>(&self, addrs: [u128; N]) -> [u64; N] {
        self.flips.v6_last(&addrs)
    }
}

impl<F> PrefixPreserving<F> {
    /// Whether this processor has instructions for AES, and they are in use.
    #[must_use]
    pub fn hardware_accelerated() -> bool {
        aes::hardware_accelerated()
    }

    /// The most octets of memory that a batch takes, once both families were seen; there are
    /// as many memories as batches were in work at a time: one for each lane.
    pub const MEMORY: usize = MEMORY;
}

impl<F: Flips> fmt::Debug for PrefixPreserving<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(..)", F::NAME)
    }
}
