//! Private or public, by IANA's special-purpose address registries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flow::{Locality, Prefix};

/// Whether an address is globally reachable by the IANA IPv4 and IPv6 Special-Purpose
/// Address Registries (RFC 6890, updated by RFC 8190), as of 2025-10-09.
///
/// The most specific entry decides. One whose reachability is "N/A" says nothing: what
/// surrounds it decides (Teredo and the old ORCHID lie in 2001::/23 and are private,
/// 6to4 is public). What is in no entry is public, multicast too.
#[must_use]
pub fn locality(addr: IpAddr) -> Locality {
    let private = match addr {
        IpAddr::V4(v4) => any_v4(&PRIVATE_V4, v4) && !any_v4(&REACHABLE_V4, v4),
        IpAddr::V6(v6) => any_v6(&PRIVATE_V6, v6) && !any_v6(&REACHABLE_V6, v6),
    };
    if private {
        Locality::Private
    } else {
        Locality::Public
    }
}

/// The blocks that [`locality`] rests on; the most specific around an address decides.
pub(crate) fn blocks() -> impl Iterator<Item = (Prefix, Locality)> {
    let v4 = |blocks: &'static [BlockV4]| {
        let blocks = blocks.iter();
        blocks.map(|(network, len)| (IpAddr::V4(*network), *len))
    };
    let v6 = |blocks: &'static [BlockV6]| {
        let blocks = blocks.iter();
        blocks.map(|(network, len)| (IpAddr::V6(*network), *len))
    };
    let private = v4(&PRIVATE_V4).chain(v6(&PRIVATE_V6));
    let reachable = v4(&REACHABLE_V4).chain(v6(&REACHABLE_V6));
    let private = private.map(|block| (block, Locality::Private));
    let all = private.chain(reachable.map(|block| (block, Locality::Public)));
    all.filter_map(|((network, len), locality)| {
        let prefix = Prefix::containing(network, u8::try_from(len).ok()?);
        Some((prefix.ok()?, locality))
    })
}

/// A block of addresses and the length of its prefix, 1 to the bits of the family.
type BlockV4 = (Ipv4Addr, u32);
type BlockV6 = (Ipv6Addr, u32);

/// Entries with "Globally Reachable: False", as of 2025-10-09. Those that lie in
/// another one are left out.
const PRIVATE_V4: [BlockV4; 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),          // this network, RFC 791
    (Ipv4Addr::new(10, 0, 0, 0), 8),         // private use, RFC 1918
    (Ipv4Addr::new(100, 64, 0, 0), 10),      // shared address space, RFC 6598
    (Ipv4Addr::new(127, 0, 0, 0), 8),        // loopback, RFC 1122
    (Ipv4Addr::new(169, 254, 0, 0), 16),     // link local, RFC 3927
    (Ipv4Addr::new(172, 16, 0, 0), 12),      // private use, RFC 1918
    (Ipv4Addr::new(192, 0, 0, 0), 24),       // IETF protocol assignments, RFC 6890
    (Ipv4Addr::new(192, 0, 2, 0), 24),       // documentation, RFC 5737
    (Ipv4Addr::new(192, 88, 99, 2), 32),     // 6a44 relay anycast, RFC 6751
    (Ipv4Addr::new(192, 168, 0, 0), 16),     // private use, RFC 1918
    (Ipv4Addr::new(198, 18, 0, 0), 15),      // benchmarking, RFC 2544
    (Ipv4Addr::new(198, 51, 100, 0), 24),    // documentation, RFC 5737
    (Ipv4Addr::new(203, 0, 113, 0), 24),     // documentation, RFC 5737
    (Ipv4Addr::new(240, 0, 0, 0), 4),        // reserved, RFC 1112
    (Ipv4Addr::new(255, 255, 255, 255), 32), // limited broadcast, RFC 919
];

/// Entries with "Globally Reachable: True" that lie in one of the above.
const REACHABLE_V4: [BlockV4; 2] = [
    (Ipv4Addr::new(192, 0, 0, 9), 32), // Port Control Protocol anycast, RFC 7723
    (Ipv4Addr::new(192, 0, 0, 10), 32), // TURN anycast, RFC 8155
];

/// Entries with "Globally Reachable: False", as of 2025-10-09.
const PRIVATE_V6: [BlockV6; 12] = [
    (Ipv6Addr::UNSPECIFIED, 128),                         // RFC 4291
    (Ipv6Addr::LOCALHOST, 128),                           // RFC 4291
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96),     // IPv4-mapped, RFC 4291
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48),  // local translation, RFC 8215
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64),      // discard only, RFC 6666
    (Ipv6Addr::new(0x100, 0, 0, 1, 0, 0, 0, 0), 64),      // dummy prefix, RFC 9780
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),     // IETF protocol assignments, RFC 2928
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation, RFC 3849
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),     // documentation, RFC 9637
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16),     // segment routing SIDs, RFC 9602
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),      // unique local, RFC 4193
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),     // link local, RFC 4291
];

/// Entries with "Globally Reachable: True" that lie in one of the above.
const REACHABLE_V6: [BlockV6; 7] = [
    (Ipv6Addr::new(0x2001, 1, 0, 0, 0, 0, 0, 1), 128), // Port Control Protocol, RFC 7723
    (Ipv6Addr::new(0x2001, 1, 0, 0, 0, 0, 0, 2), 128), // TURN anycast, RFC 8155
    (Ipv6Addr::new(0x2001, 1, 0, 0, 0, 0, 0, 3), 128), // service registration, RFC 9665
    (Ipv6Addr::new(0x2001, 3, 0, 0, 0, 0, 0, 0), 32),  // AMT, RFC 7450
    (Ipv6Addr::new(0x2001, 4, 0x112, 0, 0, 0, 0, 0), 48), // AS112, RFC 7535
    (Ipv6Addr::new(0x2001, 0x20, 0, 0, 0, 0, 0, 0), 28), // ORCHIDv2, RFC 7343
    (Ipv6Addr::new(0x2001, 0x30, 0, 0, 0, 0, 0, 0), 28), // drone remote ID, RFC 9374
];

fn any_v4(blocks: &[BlockV4], addr: Ipv4Addr) -> bool {
    let bits = addr.to_bits();
    blocks
        .iter()
        .any(|(network, len)| (bits ^ network.to_bits()).leading_zeros() >= *len)
}

fn any_v6(blocks: &[BlockV6], addr: Ipv6Addr) -> bool {
    let bits = addr.to_bits();
    blocks
        .iter()
        .any(|(network, len)| (bits ^ network.to_bits()).leading_zeros() >= *len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(addr: &str) -> Locality {
        locality(addr.parse().unwrap())
    }

    /// First and last address of each private block, and the neighbours beyond.
    const EDGES: [(&str, &str, Option<&str>, Option<&str>); 25] = [
        ("0.0.0.0", "0.255.255.255", None, Some("1.0.0.0")),
        (
            "10.0.0.0",
            "10.255.255.255",
            Some("9.255.255.255"),
            Some("11.0.0.0"),
        ),
        (
            "100.64.0.0",
            "100.127.255.255",
            Some("100.63.255.255"),
            Some("100.128.0.0"),
        ),
        (
            "127.0.0.0",
            "127.255.255.255",
            Some("126.255.255.255"),
            Some("128.0.0.0"),
        ),
        (
            "169.254.0.0",
            "169.254.255.255",
            Some("169.253.255.255"),
            Some("169.255.0.0"),
        ),
        (
            "172.16.0.0",
            "172.31.255.255",
            Some("172.15.255.255"),
            Some("172.32.0.0"),
        ),
        (
            "192.0.0.0",
            "192.0.0.8",
            Some("191.255.255.255"),
            Some("192.0.0.9"),
        ),
        (
            "192.0.0.11",
            "192.0.0.255",
            Some("192.0.0.10"),
            Some("192.0.1.0"),
        ),
        (
            "192.0.2.0",
            "192.0.2.255",
            Some("192.0.1.255"),
            Some("192.0.3.0"),
        ),
        (
            "192.88.99.2",
            "192.88.99.2",
            Some("192.88.99.1"),
            Some("192.88.99.3"),
        ),
        (
            "192.168.0.0",
            "192.168.255.255",
            Some("192.167.255.255"),
            Some("192.169.0.0"),
        ),
        (
            "198.18.0.0",
            "198.19.255.255",
            Some("198.17.255.255"),
            Some("198.20.0.0"),
        ),
        (
            "198.51.100.0",
            "198.51.100.255",
            Some("198.51.99.255"),
            Some("198.51.101.0"),
        ),
        (
            "203.0.113.0",
            "203.0.113.255",
            Some("203.0.112.255"),
            Some("203.0.114.0"),
        ),
        (
            "240.0.0.0",
            "255.255.255.255",
            Some("239.255.255.255"),
            None,
        ),
        ("::", "::1", None, Some("::2")),
        (
            "::ffff:0:0",
            "::ffff:255.255.255.255",
            Some("::fffe:ffff:ffff"),
            Some("::1:0:0:0"),
        ),
        (
            "64:ff9b:1::",
            "64:ff9b:1:ffff::1",
            Some("64:ff9b::808:808"),
            Some("64:ff9b:2::"),
        ),
        (
            "100::",
            "100:0:0:1:ffff::",
            Some("ff::"),
            Some("100:0:0:2::"),
        ),
        (
            "2001::",
            "2001:0:ffff::",
            Some("2000:ffff::"),
            Some("2001:1::1"),
        ),
        (
            "2001:1::4",
            "2001:2:ffff::",
            Some("2001:1::3"),
            Some("2001:3::"),
        ),
        (
            "2001:db8::",
            "2001:db8:ffff::",
            Some("2001:db7:ffff::"),
            Some("2001:db9::"),
        ),
        (
            "3fff::",
            "3fff:fff:ffff::",
            Some("3ffe:ffff::"),
            Some("3fff:1000::"),
        ),
        ("5f00::", "5f00:ffff::", Some("5eff:ffff::"), Some("5f01::")),
        ("fe80::", "febf:ffff::", Some("fe00::"), Some("fec0::")),
    ];

    #[test]
    fn a_special_block_is_private_from_its_first_address_to_its_last() {
        for (first, last, before, after) in EDGES {
            assert_eq!(of(first), Locality::Private, "{first}");
            assert_eq!(of(last), Locality::Private, "{last}");
            for outside in [before, after].into_iter().flatten() {
                assert_eq!(of(outside), Locality::Public, "{outside}");
            }
        }
        assert_eq!(of("fbff:ffff::"), Locality::Public);
        assert_eq!(of("fc00::"), Locality::Private);
        assert_eq!(of("fdff:ffff::"), Locality::Private);
    }

    #[test]
    fn reachable_assignments_inside_private_blocks_are_public() {
        for addr in [
            "2001:4:112::53",
            "2001:20::1",
            "2001:2f:ffff::",
            "2001:30::1",
        ] {
            assert_eq!(of(addr), Locality::Public, "{addr}");
        }
        for addr in ["2001:4:111::", "2001:10::1", "2001:40::", "2001:1ff:ffff::"] {
            assert_eq!(of(addr), Locality::Private, "{addr}");
        }
    }

    #[test]
    fn what_no_registry_lists_as_unreachable_is_public() {
        for addr in [
            "8.8.8.8",
            "192.31.196.1",
            "192.175.48.1",
            "224.0.0.1",
            "2002::1",
            "2620:4f:8000::1",
            "64:ff9b::1",
            "2001:200::",
            "ff02::1",
            "2a00::1",
        ] {
            assert_eq!(of(addr), Locality::Public, "{addr}");
        }
    }

    #[test]
    fn no_block_has_bits_beyond_its_length() {
        for (network, len) in PRIVATE_V4.into_iter().chain(REACHABLE_V4) {
            assert!(
                network.to_bits().trailing_zeros() >= 32 - len,
                "{network}/{len}"
            );
        }
        for (network, len) in PRIVATE_V6.into_iter().chain(REACHABLE_V6) {
            assert!(
                network.to_bits().trailing_zeros() >= 128 - len,
                "{network}/{len}"
            );
        }
    }

    #[test]
    fn every_block_is_in_the_list_of_named_blocks() {
        let list = include_str!("../special_purpose.csv");
        let listed = |prefix: String| {
            let start = format!("{prefix},");
            list.lines().any(|line| line.starts_with(&start))
        };
        for (network, len) in PRIVATE_V4.iter().chain(&REACHABLE_V4) {
            assert!(listed(format!("{network}/{len}")), "{network}/{len}");
        }
        for (network, len) in PRIVATE_V6.iter().chain(&REACHABLE_V6) {
            // As IANA writes it, in hexadecimal throughout.
            let text = network.to_string().replace("::ffff:0.0.0.0", "::ffff:0:0");
            assert!(listed(format!("{text}/{len}")), "{text}/{len}");
        }
    }
}
