//! Ranges of addresses as prefixes: exactly the range, and the fewest that hold it.

use std::net::{Ipv4Addr, Ipv6Addr};

use db::source::Format;
use flow::Prefix;
use proptest::prelude::*;

use crate::read;

/// The prefixes that a range of IPtoASN is cut into, as first and last address and
/// length.
fn cut(first: &str, last: &str) -> Vec<(u128, u128, u8)> {
    let row = format!("{first}\t{last}\t64500\tNone\t\n");
    let (stated, _) = read(Format::IpToAsn, row.as_bytes()).unwrap();
    let prefixes = stated.iter().map(|text| {
        let prefix: Prefix = text.split(' ').next().unwrap().parse().unwrap();
        let (bits, addr) = match prefix.addr() {
            std::net::IpAddr::V4(v4) => (32, u128::from(v4.to_bits())),
            std::net::IpAddr::V6(v6) => (128, v6.to_bits()),
        };
        let hosts = u128::MAX
            .checked_shr(128 - bits + u32::from(prefix.len()))
            .unwrap_or(0);
        (addr, addr + hosts, prefix.len())
    });
    prefixes.collect()
}

fn is_exact_and_fewest(cut: &[(u128, u128, u8)], first: u128, last: u128) {
    assert_eq!((cut[0].0, cut[cut.len() - 1].1), (first, last));
    for pair in cut.windows(2) {
        let [left, right] = pair else { unreachable!() };
        assert_eq!(left.1 + 1, right.0, "no gap, nothing twice");
        let size = left.1 - left.0 + 1;
        let joins = left.2 == right.2 && left.0 % (2 * size) == 0;
        assert!(!joins, "{left:?} and {right:?} are one prefix");
    }
}

proptest! {
    #[test]
    fn an_ipv4_range_is_cut_exactly_and_into_the_fewest(a: u32, b: u32) {
        let (first, last) = (a.min(b), a.max(b));
        let text = |bits| Ipv4Addr::from_bits(bits).to_string();
        is_exact_and_fewest(&cut(&text(first), &text(last)), first.into(), last.into());
    }

    #[test]
    fn an_ipv6_range_is_cut_exactly_and_into_the_fewest(a: u128, length in 0..=127_u32) {
        let last = a | (u128::MAX >> length);
        let text = |bits| Ipv6Addr::from_bits(bits).to_string();
        is_exact_and_fewest(&cut(&text(a), &text(last)), a, last);
    }
}

#[test]
fn the_whole_of_a_family_and_a_single_address_are_one_prefix() {
    assert_eq!(cut("0.0.0.0", "255.255.255.255"), [(0, u32::MAX.into(), 0)]);
    assert_eq!(
        cut("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        [(0, u128::MAX, 0)]
    );
    assert_eq!(cut("255.255.255.255", "255.255.255.255").len(), 1);
}
