//! The longest match against brute force, and the rules of inheritance.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use proptest::prelude::*;

use super::row::Row;
use super::*;
use crate::{Builder, Table};

fn row(line: u64, prefix: &str, vlan: Option<u16>, name: &str) -> Row {
    Row {
        line,
        prefix: prefix.parse().unwrap(),
        attributes: Attributes {
            vlan,
            name: (!name.is_empty()).then(|| name.into()),
            ..Attributes::default()
        },
    }
}

fn own_of(prefixes: Vec<Row>, vlans: Vec<Row>) -> Result<Own, DbError> {
    let source = |path, rows| Source {
        path: Path::new(path),
        rows,
    };
    let (prefixes, vlans) = (source("prefixes.csv", prefixes), source("vlans.csv", vlans));
    Own::new(prefixes, vlans)
}

/// The table of these networks alone.
fn table(own: &Own) -> Table {
    let mut builder = Builder::default();
    for Network { prefix, attributes } in &own.networks {
        builder.own(*prefix, attributes.clone()).unwrap();
    }
    builder.build()
}

/// `PREFIX VLAN NAME` of the match, `-` for what is unknown.
fn found(own: &Own, addr: &str) -> String {
    let place = table(own).place(addr.parse().unwrap());
    place.prefix.map_or("-".to_owned(), |prefix| {
        let vlan = place.vlan.map_or("-".to_owned(), |vlan| vlan.to_string());
        let name = place.network.as_deref().unwrap_or("-");
        format!("{prefix} {vlan} {name}")
    })
}

#[test]
fn the_cases_that_the_original_system_got_wrong_are_right() {
    let rows = ["8.0.0.0/8", "8.8.8.0/24", "10.0.0.0/8", "10.1.2.0/24"];
    // The order of insertion broke the original too: try both.
    for rows in [rows.to_vec(), rows.into_iter().rev().collect()] {
        let rows = rows.into_iter().map(|prefix| row(1, prefix, None, ""));
        let own = own_of(rows.collect(), Vec::new()).unwrap();
        assert_eq!(found(&own, "8.1.1.1"), "8.0.0.0/8 - -");
        assert_eq!(found(&own, "8.8.9.1"), "8.0.0.0/8 - -");
        assert_eq!(found(&own, "8.8.8.8"), "8.8.8.0/24 - -");
        assert_eq!(found(&own, "10.9.9.9"), "10.0.0.0/8 - -");
        assert_eq!(found(&own, "10.1.2.255"), "10.1.2.0/24 - -");
        assert_eq!(found(&own, "11.0.0.0"), "-");
    }
}

#[test]
fn single_hosts_and_the_whole_space_are_prefixes_like_any_other() {
    let rows = vec![
        row(1, "0.0.0.0/0", Some(1), ""),
        row(2, "192.0.2.1/32", Some(2), ""),
        row(3, "255.255.255.255/32", Some(3), ""),
        row(4, "2001:db8::1/128", Some(4), ""),
    ];
    let own = own_of(Vec::new(), rows).unwrap();
    assert_eq!(found(&own, "0.0.0.0"), "0.0.0.0/0 1 -");
    assert_eq!(found(&own, "192.0.2.1"), "192.0.2.1/32 2 -");
    assert_eq!(found(&own, "192.0.2.2"), "0.0.0.0/0 1 -");
    assert_eq!(found(&own, "255.255.255.255"), "255.255.255.255/32 3 -");
    assert_eq!(found(&own, "2001:db8::1"), "2001:db8::1/128 4 -");
    assert_eq!(found(&own, "2001:db8::2"), "-");
    assert_eq!(found(&own, "::192.0.2.1"), "-", "never across families");
}

#[test]
fn vlan_and_name_are_inherited_from_the_nearest_network_that_has_them() {
    let prefixes = vec![
        row(1, "10.0.0.0/8", None, "site"),
        row(2, "10.1.0.0/16", None, ""),
        row(3, "10.1.2.0/24", None, "lab"),
        row(4, "10.1.2.128/25", None, ""),
        row(5, "10.2.0.0/16", None, ""),
    ];
    let vlans = vec![
        row(1, "10.1.0.0/16", Some(100), ""),
        row(2, "10.1.2.128/25", Some(200), ""),
    ];
    let own = own_of(prefixes, vlans).unwrap();
    assert_eq!(found(&own, "10.9.0.1"), "10.0.0.0/8 - site");
    assert_eq!(found(&own, "10.1.9.1"), "10.1.0.0/16 100 site");
    assert_eq!(found(&own, "10.1.2.1"), "10.1.2.0/24 100 lab");
    assert_eq!(found(&own, "10.1.2.129"), "10.1.2.128/25 200 lab");
    assert_eq!(found(&own, "10.2.0.1"), "10.2.0.0/16 - site");
}

#[test]
fn both_files_speak_of_one_network_but_may_not_contradict_each_other() {
    let vlans = |name| vec![row(7, "10.1.0.0/16", Some(100), name)];
    let prefixes = || vec![row(3, "10.1.0.0/16", None, "lab")];
    for name in ["", "lab"] {
        let own = own_of(prefixes(), vlans(name)).unwrap();
        assert_eq!(found(&own, "10.1.0.1"), "10.1.0.0/16 100 lab");
    }
    let error = own_of(prefixes(), vlans("office"))
        .err()
        .unwrap()
        .to_string();
    for part in [
        "prefixes.csv: line 3",
        "`lab`",
        "`office` in vlans.csv: line 7",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

/// Prefixes that often nest and touch: few values of each octet, any length.
fn prefixes() -> impl Strategy<Value = Vec<Prefix>> {
    let octet = || prop::sample::select(vec![0_u8, 1, 127, 128, 255]);
    let v4 = (prop::array::uniform4(octet()), 0..=32_u8)
        .prop_map(|(octets, len)| Prefix::containing(Ipv4Addr::from(octets).into(), len).unwrap());
    let v6 = (prop::array::uniform16(octet()), 0..=128_u8)
        .prop_map(|(octets, len)| Prefix::containing(Ipv6Addr::from(octets).into(), len).unwrap());
    prop::collection::vec(prop_oneof![v4, v6], 0..40)
}

/// The first and last address of each prefix and their neighbours, and any others.
fn probes(prefixes: &[Prefix], others: &[(u32, u128)]) -> Vec<IpAddr> {
    let edges = prefixes.iter().flat_map(|prefix| match prefix.addr() {
        IpAddr::V4(addr) => {
            let first = addr.to_bits();
            let last = first | u32::MAX.checked_shr(prefix.len().into()).unwrap_or(0);
            [first, last, first.wrapping_sub(1), last.wrapping_add(1)]
                .map(|bits| Ipv4Addr::from_bits(bits).into())
        }
        IpAddr::V6(addr) => {
            let first = addr.to_bits();
            let last = first | u128::MAX.checked_shr(prefix.len().into()).unwrap_or(0);
            [first, last, first.wrapping_sub(1), last.wrapping_add(1)]
                .map(|bits| Ipv6Addr::from_bits(bits).into())
        }
    });
    let others = others.iter().flat_map(|(v4, v6)| {
        [
            Ipv4Addr::from_bits(*v4).into(),
            Ipv6Addr::from_bits(*v6).into(),
        ]
    });
    edges.chain(others).collect()
}

/// All networks around the address by trying each, the most specific first.
fn around(rows: &BTreeMap<Prefix, Option<u16>>, addr: IpAddr) -> Vec<(Prefix, Option<u16>)> {
    let mut around: Vec<_> = rows
        .iter()
        .filter(|(prefix, _)| prefix.contains(addr))
        .map(|(prefix, vlan)| (*prefix, *vlan))
        .collect();
    around.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
    around
}

proptest! {
    #[test]
    fn the_match_is_the_one_that_trying_each_prefix_finds(
        prefixes in prefixes(),
        others in prop::collection::vec(any::<(u32, u128)>(), 0..20),
    ) {
        // Each third has no VLAN; a VLAN row and a prefix row may be of one prefix.
        let vlan = |i: usize| (!i.is_multiple_of(3)).then_some(u16::try_from(i).unwrap_or(0) + 1);
        let unique: BTreeMap<_, _> =
            prefixes.iter().enumerate().map(|(i, prefix)| (*prefix, vlan(i))).collect();
        let rows = |with_vlan: bool| unique.iter()
            .filter(|(_, vlan)| vlan.is_some() == with_vlan)
            .map(|(prefix, vlan)| {
                let attributes = Attributes { vlan: *vlan, ..Attributes::default() };
                Row { line: 1, prefix: *prefix, attributes }
            })
            .collect();
        let own = own_of(rows(false), rows(true)).unwrap();
        let table = table(&own);
        for addr in probes(&prefixes, &others) {
            let around = around(&unique, addr);
            let expected = around.first().map(|(prefix, _)| {
                (flow::Network::from(*prefix), around.iter().find_map(|(_, vlan)| *vlan))
            });
            let place = table.place(addr);
            let actual = place.prefix.map(|prefix| (prefix, place.vlan));
            prop_assert_eq!(actual, expected, "of {}", addr);
            prop_assert_eq!(own.contains(addr), expected.is_some(), "set, of {}", addr);
        }
    }
}
