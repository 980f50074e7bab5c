//! The octet permutation of the original system of 2019: a permutation of addresses
//! (RFC 6235, 4.1.3) that is made of one for each of their four octets.
//!
//! It is here so that published work can be reproduced, and it is weak: 256 known
//! addresses that differ in every octet disclose it wholly. Of two addresses it tells in
//! which octets they are equal, whatever the octets before are.
//!
//! The tables are those that numpy's `RandomState(seed).permutation(256)` gives: the
//! legacy shuffle over MT19937, which numpy keeps as it is for good (NEP 19).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flow::Network;
use rand_mt::Mt;
use sha2::{Digest, Sha512};
use zeroize::Zeroize;

/// Where the seeds of the four tables begin in the digest, in octets; each has four.
const SEEDS_AT: [usize; 4] = [0, 28, 32, 60];

/// The image of each octet.
type Table = [u8; 256];

/// Four permutations of 0 to 255, one for each octet of an IPv4 address.
///
/// An IPv6 address, of which the original knew nothing, has octet `i` permuted by table
/// `i` mod 4. So the map is one to one for every address there is: no flow is held back
/// and none leaves with an original address. Of its zeros it tells as much as of
/// IPv4's: which octets are zero shows in their repeated images.
pub struct OctetPermutation {
    tables: Box<[Table; 4]>,
}

impl OctetPermutation {
    /// The seed that the original came with. Everybody knows it: under it, addresses are
    /// disguised and not anonymized.
    pub const PUBLISHED_SEED: &'static [u8] = b"foobar";

    /// The permutation of a seed of any length: the tables are drawn with four seeds of
    /// 32 bits that are cut from its SHA-512 digest.
    #[must_use]
    pub fn new(seed: &[u8]) -> Self {
        let digest = Sha512::digest(seed);
        let tables = SEEDS_AT.map(|at| {
            let cut = digest.iter().skip(at).take(4);
            shuffled(cut.fold(0, |seed, &octet| seed << 8 | u32::from(octet)))
        });
        Self {
            tables: Box::new(tables),
        }
    }

    /// The IPv4 address that stands for `addr`.
    #[must_use]
    pub fn map_v4(&self, addr: Ipv4Addr) -> Ipv4Addr {
        self.map_octets(addr.octets()).into()
    }

    /// The IPv6 address that stands for `addr`.
    #[must_use]
    pub fn map_v6(&self, addr: Ipv6Addr) -> Ipv6Addr {
        self.map_octets(addr.octets()).into()
    }

    /// The address that stands for `addr`, of the same family.
    #[must_use]
    pub fn map(&self, addr: IpAddr) -> IpAddr {
        match addr {
            IpAddr::V4(v4) => self.map_v4(v4).into(),
            IpAddr::V6(v6) => self.map_v6(v6).into(),
        }
    }

    /// The network that stands for `network`, of the same length.
    ///
    /// All octets of its address are permuted, also the zeros beyond the length. So it is
    /// no [`flow::Prefix`], and unless the length is a multiple of 8, the address that
    /// stands for one within the network need not share that many bits with it.
    #[must_use]
    pub fn map_network(&self, network: Network) -> Option<Network> {
        network.with_addr(self.map(network.addr()))
    }

    fn map_octets<const N: usize>(&self, mut octets: [u8; N]) -> [u8; N] {
        for (octet, table) in octets.iter_mut().zip(self.tables.iter().cycle()) {
            *octet = table[usize::from(*octet)];
        }
        octets
    }
}

/// The octets in the order of numpy's legacy shuffle: from the last place down, each
/// changes places with one at or before it.
fn shuffled(seed: u32) -> Table {
    let mut draws = Mt::new(seed);
    let mut table = [0; 256];
    for (image, octet) in table.iter_mut().zip(0..=u8::MAX) {
        *image = octet;
    }
    for last in (1..=u8::MAX).rev() {
        let other = at_most(last, &mut draws);
        table.swap(usize::from(last), usize::from(other));
    }
    table
}

/// A number from 0 to `max`: draws cut to the bits of `max` are thrown away until one is
/// not above it, which is at least every other one.
fn at_most(max: u8, draws: &mut Mt) -> u8 {
    let mask = u8::MAX.checked_shr(max.leading_zeros()).unwrap_or(0);
    loop {
        let [low, ..] = draws.next_u32().to_le_bytes();
        if low & mask <= max {
            return low & mask;
        }
    }
}

impl Drop for OctetPermutation {
    fn drop(&mut self) {
        self.tables.zeroize();
    }
}

/// The tables are the key, and never printed.
impl fmt::Debug for OctetPermutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OctetPermutation(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow::Prefix;
    use proptest::prelude::*;

    fn published() -> OctetPermutation {
        OctetPermutation::new(OctetPermutation::PUBLISHED_SEED)
    }

    #[test]
    fn the_published_seed_gives_the_addresses_of_the_original() {
        for (addr, expected) in [
            ("192.168.42.1", "233.31.143.128"),
            ("192.168.42.0", "233.31.143.68"),
            ("10.1.2.3", "169.149.250.207"),
            ("8.8.8.8", "240.39.126.115"),
            ("0.0.0.0", "173.79.13.68"),
        ] {
            let (addr, expected): (Ipv4Addr, Ipv4Addr) =
                (addr.parse().unwrap(), expected.parse().unwrap());
            assert_eq!(published().map_v4(addr), expected, "{addr}");
        }
    }

    #[test]
    fn the_published_seed_gives_the_tables_of_the_original() {
        let heads = [
            [173, 3, 39, 113, 69, 108, 95, 58],
            [79, 149, 25, 209, 213, 81, 132, 230],
            [13, 53, 250, 46, 216, 25, 42, 51],
            [68, 128, 241, 207, 170, 61, 153, 216],
        ];
        for (table, head) in published().tables.iter().zip(heads) {
            assert!(table.starts_with(&head), "{table:?}");
        }
    }

    /// From numpy 2.4.6, for each seed:
    ///
    /// ```python
    /// h = sha512(seed).hexdigest()
    /// t = [RandomState(int(h[a:a + 8], 16)).permutation(256) for a in (0, 56, 64, 120)]
    /// sha512(b"".join(bytes(map(int, x)) for x in t)).hexdigest()[:32]
    /// ".".join(str(x[o]) for x, o in zip(t, (198, 18, 0, 1)))
    /// ```
    #[test]
    fn any_seed_gives_the_tables_that_numpy_gives() {
        let long: Vec<u8> = (0..200).collect();
        let cases: [(&[u8], &str, [u8; 4]); 4] = [
            (
                b"foobar",
                "3ce22d38dd3bdca966173cd5ccc76af1",
                [51, 124, 13, 128],
            ),
            (b"", "f2f74c5a189b6b09d34d64f61ad624d2", [253, 72, 100, 42]),
            (
                b"flowstream",
                "2ae6556b29aeb9b3824b1fac75474550",
                [4, 160, 92, 254],
            ),
            (
                &long,
                "232877610163bf693a4f9ff52b7c9ec4",
                [232, 178, 168, 244],
            ),
        ];
        for (seed, digest, image) in cases {
            let map = OctetPermutation::new(seed);
            let found = Sha512::digest(map.tables.as_flattened());
            let found: String = found[..16].iter().map(|o| format!("{o:02x}")).collect();
            assert_eq!(found, digest, "{seed:?}");
            assert_eq!(map.map_v4([198, 18, 0, 1].into()), Ipv4Addr::from(image));
        }
    }

    #[test]
    fn a_network_is_mapped_octet_by_octet_and_may_not_hold_its_addresses() {
        let map = |prefix: &str| {
            let prefix: Prefix = prefix.parse().unwrap();
            published().map_network(prefix.into()).unwrap()
        };
        let prefix =
            |network: Network| Prefix::containing(network.addr(), network.prefix_len()).unwrap();
        let network = map("192.168.42.0/23");
        assert_eq!(
            network.to_string(),
            "233.31.143.68/23",
            "the last octet is beyond the length, and not zero"
        );
        let inside = published().map("192.168.43.1".parse().unwrap());
        assert!(!prefix(network).contains(inside));
        // Octet by octet, networks hold: equal octets stay equal.
        assert!(prefix(map("192.168.0.0/16")).contains(inside));
        // What the original said of a network that it did not know.
        assert_eq!(map("0.0.0.0/0").to_string(), "173.79.13.68/0");
    }

    #[test]
    fn nothing_of_the_tables_is_printed() {
        assert_eq!(format!("{:?}", published()), "OctetPermutation(..)");
    }

    proptest! {
        #[test]
        fn every_table_is_one_to_one(seed: [u8; 12]) {
            for mut table in *OctetPermutation::new(&seed).tables {
                table.sort_unstable();
                prop_assert!(table.iter().copied().eq(0..=u8::MAX));
            }
        }

        #[test]
        fn octets_are_equal_after_the_map_where_they_were_before(a: u32, b: u32, mask: u32) {
            let map = published();
            let [a, b] = [a, a & mask | b & !mask].map(Ipv4Addr::from_bits);
            let [x, y] = [a, b].map(|addr| map.map_v4(addr));
            for i in 0..4 {
                prop_assert_eq!(a.octets()[i] == b.octets()[i], x.octets()[i] == y.octets()[i]);
            }
        }

        #[test]
        fn an_ipv6_address_is_mapped_as_four_of_ipv4(addr: u128) {
            let map = published();
            let mapped = map.map_v6(Ipv6Addr::from_bits(addr)).octets();
            let octets = Ipv6Addr::from_bits(addr).octets();
            for (part, mapped) in octets.as_chunks::<4>().0.iter().zip(mapped.as_chunks::<4>().0) {
                prop_assert_eq!(map.map_v4((*part).into()).octets(), *mapped);
            }
        }
    }
}
