//! The longest match: any prefixes, as dense as may be, against trying each of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flow::Prefix;
use proptest::prelude::*;

use super::super::{Builder, Table};
use crate::{Statement, Statements};

/// A table of announced prefixes, each with an origin of its own.
fn table(prefixes: &[Prefix]) -> Table {
    let mut builder = Builder::default();
    for (asn, prefix) in (1..).zip(prefixes) {
        let origin = Statement::Origin {
            prefix: *prefix,
            asn,
            peers: 1,
        };
        builder.state(origin).unwrap();
    }
    builder.build()
}

/// The most specific of the prefixes that contain an address.
fn longest(prefixes: &[Prefix], addr: IpAddr) -> Option<Prefix> {
    let around = prefixes.iter().filter(|prefix| prefix.contains(addr));
    around.max_by_key(|prefix| prefix.len()).copied()
}

/// The first and last address of a prefix, and their neighbours.
fn edges(prefix: Prefix) -> [IpAddr; 4] {
    let host = |bits: u32| u128::MAX.checked_shr(bits).unwrap_or(0);
    match prefix.addr() {
        IpAddr::V4(addr) => {
            let first = addr.to_bits();
            let last = first | u32::MAX.checked_shr(prefix.len().into()).unwrap_or(0);
            [first, last, first.wrapping_sub(1), last.wrapping_add(1)]
                .map(|bits| Ipv4Addr::from_bits(bits).into())
        }
        IpAddr::V6(addr) => {
            let first = addr.to_bits();
            let last = first | host(prefix.len().into());
            [first, last, first.wrapping_sub(1), last.wrapping_add(1)]
                .map(|bits| Ipv6Addr::from_bits(bits).into())
        }
    }
}

/// Prefixes of any length, all in a few places: thousands of neighbours, deeply nested.
fn dense() -> impl Strategy<Value = Prefix> {
    let v4 = (
        prop::sample::select(vec![0_u32, 0x0800_0000, 0x0a01_0200, 0xffff_ff00]),
        any::<u32>(),
        0..=32_u32,
        1..=32_u8,
    );
    let v4 = v4.prop_map(|(place, bits, below, len)| {
        let bits = place ^ bits.checked_shr(below).unwrap_or(0);
        Prefix::containing(Ipv4Addr::from_bits(bits).into(), len).unwrap()
    });
    let v6 = (
        prop::sample::select(vec![0_u128, 0x2001_0db8 << 96, 0x2a02 << 112, u128::MAX]),
        any::<u128>(),
        0..=128_u32,
        1..=128_u8,
    );
    let v6 = v6.prop_map(|(place, bits, below, len)| {
        let bits = place ^ bits.checked_shr(below).unwrap_or(0);
        Prefix::containing(Ipv6Addr::from_bits(bits).into(), len).unwrap()
    });
    prop_oneof![v4, v6]
}

proptest! {
    #[test]
    fn the_longest_match_is_what_trying_each_prefix_finds(
        prefixes in prop::collection::vec(dense(), 0..300),
        others in prop::collection::vec(any::<(u32, u128)>(), 0..50),
    ) {
        let table = table(&prefixes);
        let others = others.iter().flat_map(|(v4, v6)| {
            [Ipv4Addr::from_bits(*v4).into(), Ipv6Addr::from_bits(*v6).into()]
        });
        for addr in prefixes.iter().copied().flat_map(edges).chain(others) {
            let found = table.place(addr).prefix;
            prop_assert_eq!(found, longest(&prefixes, addr).map(Into::into), "of {}", addr);
        }
    }
}

/// The prefixes in which addresses lie, in the order of the addresses.
fn matches(prefixes: &[&str], addrs: &[&str]) -> Vec<String> {
    let prefixes: Vec<Prefix> = prefixes.iter().map(|text| text.parse().unwrap()).collect();
    let table = table(&prefixes);
    let matched = addrs.iter().map(|addr| {
        let prefix = table.place(addr.parse().unwrap()).prefix;
        prefix.map_or("-".to_owned(), |prefix| prefix.to_string())
    });
    matched.collect()
}

#[test]
fn an_address_beside_a_longer_prefix_lies_in_the_shorter_one() {
    let addrs = ["8.1.1.1", "8.8.9.1", "8.8.7.255", "8.8.8.8", "9.0.0.0"];
    assert_eq!(
        matches(&["8.0.0.0/8", "8.8.8.0/24"], &addrs),
        ["8.0.0.0/8", "8.0.0.0/8", "8.0.0.0/8", "8.8.8.0/24", "-"]
    );
    assert_eq!(
        matches(&["10.0.0.0/8", "10.1.2.0/24"], &["10.9.9.9", "10.1.2.3"]),
        ["10.0.0.0/8", "10.1.2.0/24"]
    );
    assert_eq!(
        matches(
            &["2001:db8::/32", "2001:db8:8::/48"],
            &["2001:db8:1::1", "2001:db8:9::1", "2001:db8:8::1"]
        ),
        ["2001:db8::/32", "2001:db8::/32", "2001:db8:8::/48"]
    );
}

#[test]
fn a_shorter_prefix_that_comes_after_a_longer_one_leaves_it_there() {
    let addrs = ["8.8.8.8", "8.8.9.1", "8.1.1.1"];
    assert_eq!(
        matches(&["8.8.8.0/24", "8.8.0.0/16", "8.0.0.0/8"], &addrs),
        ["8.8.8.0/24", "8.8.0.0/16", "8.0.0.0/8"]
    );
}

#[test]
fn single_hosts_count_up_to_the_last_address() {
    let prefixes = ["255.255.255.255/32", "255.255.255.254/32", "ffff::/16"];
    let last_v6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    assert_eq!(
        matches(&prefixes, &["255.255.255.255", "255.255.255.253", last_v6]),
        ["255.255.255.255/32", "-", "ffff::/16"]
    );
}

/// Every /24 of a /10 and every /48 of a /34, each with one prefix more in it.
#[test]
fn tens_of_thousands_of_prefixes_side_by_side_are_told_apart() {
    let mut prefixes = Vec::new();
    for number in 0..1_u32 << 14 {
        let bits = 0x6440_0000 | number << 8;
        let v4 = IpAddr::from(Ipv4Addr::from_bits(bits));
        let v6 = (0x2a00_1450 << 96) | u128::from(number) << 80;
        let v6 = IpAddr::from(Ipv6Addr::from_bits(v6));
        let deeper = u8::try_from(number.wrapping_mul(0x9e37_79b9) >> 29).unwrap();
        prefixes.extend([
            Prefix::containing(v4, 24).unwrap(),
            Prefix::containing(v4, 25 + deeper).unwrap(),
            Prefix::containing(v6, 48).unwrap(),
            Prefix::containing(v6, 49 + 8 * deeper).unwrap(),
        ]);
    }
    let table = table(&prefixes);
    for pair in prefixes.chunks_exact(2) {
        for addr in pair.iter().copied().flat_map(edges) {
            if let Some(found) = longest(pair, addr) {
                assert_eq!(table.place(addr).prefix, Some(found.into()), "of {addr}");
            }
        }
    }
}
