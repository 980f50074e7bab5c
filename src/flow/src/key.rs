//! The Flow Key, and how it spreads over partitions.

use std::hash::{Hash, Hasher};
use std::net::IpAddr;

/// The Flow Key: what all packets of a flow have in common (RFC 7011, 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowKey {
    /// Source address.
    pub src_addr: IpAddr,
    /// Destination address.
    pub dst_addr: IpAddr,
    /// Source port; 0 where the protocol has none.
    pub src_port: u16,
    /// Destination port; 0 where the protocol has none.
    pub dst_port: u16,
    /// Protocol number (IPv6: the upper-layer header).
    pub protocol: u8,
}

/// Over how many partitions keys spread, whatever the number of lanes.
///
/// Limits on state are kept for each partition, so that which flow a limit hits
/// does not depend on how many lanes share the work.
pub const PARTITIONS: usize = 64;

/// One of the [`PARTITIONS`] parts of the key space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(u8);

impl Partition {
    /// Its number, below [`PARTITIONS`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The lane that works on it, of so many; lane 0 if there are none.
    #[must_use]
    pub const fn lane(self, lanes: usize) -> usize {
        if lanes == 0 { 0 } else { self.index() % lanes }
    }
}

/// An odd number whose bits look random.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// One end of a flow, mixed.
const fn mix_end((high, low): (u64, u64), port: u16) -> u64 {
    let addr = (high.wrapping_mul(MULTIPLIER).rotate_left(29) ^ low).wrapping_mul(MULTIPLIER);
    (addr.rotate_left(29) ^ port as u64).wrapping_mul(MULTIPLIER)
}

/// The two 64-bit halves of an address, an IPv4 one marked in the upper half.
#[expect(
    clippy::cast_possible_truncation,
    reason = "each half of 128 bits has 64"
)]
const fn halves(addr: IpAddr) -> (u64, u64) {
    match addr {
        IpAddr::V4(v4) => (0x0004_0000_0000_0000, v4.to_bits() as u64),
        IpAddr::V6(v6) => {
            let bits = v6.to_bits();
            ((bits >> 64) as u64, bits as u64)
        }
    }
}

impl FlowKey {
    /// The five words that identify the key, for hashing.
    const fn words(&self) -> [u64; 5] {
        let (src_high, src_low) = halves(self.src_addr);
        let (dst_high, dst_low) = halves(self.dst_addr);
        let rest =
            (self.src_port as u64) << 24 | (self.dst_port as u64) << 8 | self.protocol as u64;
        [src_high, src_low, dst_high, dst_low, rest]
    }

    /// The partition of this key: the same in every run, on every machine, and for both
    /// directions.
    ///
    /// An attacker who crafts keys for one partition spends that partition's limit
    /// and no other's.
    #[must_use]
    pub const fn partition(&self) -> Partition {
        let src = mix_end(halves(self.src_addr), self.src_port);
        let dst = mix_end(halves(self.dst_addr), self.dst_port);
        // A sum is the same whichever end comes first.
        let mixed = (src.wrapping_add(dst) ^ self.protocol as u64).wrapping_mul(MULTIPLIER);
        // The top bits of a product depend on all bits of its factors; six of them
        // number the 64 partitions.
        Partition((mixed >> 58) as u8)
    }

    /// The key of the opposite direction.
    #[must_use]
    pub const fn reversed(&self) -> Self {
        Self {
            src_addr: self.dst_addr,
            dst_addr: self.src_addr,
            src_port: self.dst_port,
            dst_port: self.src_port,
            protocol: self.protocol,
        }
    }
}

/// Five words instead of a derived walk over two enums: a key is hashed once for
/// every record that arrives.
impl Hash for FlowKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for word in self.words() {
            state.write_u64(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(last: u8, port: u16) -> FlowKey {
        FlowKey {
            src_addr: IpAddr::from([198, 18, 0, last]),
            dst_addr: IpAddr::from([198, 19, 0, 1]),
            src_port: port,
            dst_port: 443,
            protocol: 6,
        }
    }

    #[test]
    fn partitions_are_even_and_fixed() {
        let mut seen = [0_u32; PARTITIONS];
        for last in 0..=255 {
            for port in 1_024..1_280 {
                seen[key(last, port).partition().index()] += 1;
            }
        }
        assert!(seen.iter().all(|&n| (700..1_400).contains(&n)), "{seen:?}");
        assert_eq!(
            key(1, 1_024).partition().index(),
            FIXED,
            "the same in every version"
        );
    }

    /// What [`FlowKey::partition`] gave when it was written; replays depend on it.
    const FIXED: usize = 12;

    #[test]
    fn every_lane_gets_its_share() {
        let lanes: Vec<usize> = (0..64).map(|i| Partition(i).lane(4)).collect();
        assert!((0..4).all(|lane| lanes.iter().filter(|&&l| l == lane).count() == 16));
        assert_eq!(Partition(9).lane(0), 0);
    }

    #[test]
    fn a_mapped_ipv4_address_does_not_hash_like_the_ipv6_one() {
        let v4 = key(1, 1);
        let v6 = FlowKey {
            src_addr: "::c612:1".parse().unwrap(),
            ..v4
        };
        assert_ne!(v4.words(), v6.words());
    }

    #[test]
    fn reversing_twice_gives_the_key() {
        assert_eq!(key(3, 9).reversed().reversed(), key(3, 9));
        assert_eq!(key(3, 9).reversed().dst_port, 9);
    }

    #[test]
    fn both_directions_are_in_one_partition() {
        for last in 0..=255 {
            let key = key(last, u16::from(last) * 7);
            assert_eq!(key.reversed().partition(), key.partition());
        }
    }
}
