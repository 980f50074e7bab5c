//! A table as a file.

use proptest::prelude::*;

use super::super::{Builder, Table};
use super::world::any_world;
use crate::flowdb::{FlowDbError, Header, SourceUsed};
use crate::{Sha256Sum, Statement, Statements};

fn header() -> Header {
    Header {
        builder: "flowstream 0.1.0".to_owned(),
        sources: vec![SourceUsed {
            name: "example".to_owned(),
            format: "mrt".to_owned(),
            url: "https://example.com/rib".to_owned(),
            date: Some("2026-11-28T00:00:00Z".to_owned()),
            sha256: Sha256Sum::of(b"example"),
            licence: "none".to_owned(),
            attribution: "Example".to_owned(),
            rows: 3,
            stated: 2,
            dropped: [("length".to_owned(), 1)].into(),
        }],
    }
}

fn written(table: &Table) -> Vec<u8> {
    let mut octets = Vec::new();
    table.write_to(&mut octets, &header()).unwrap();
    octets
}

/// A table with everything in it: both families, second halves, names, several origins.
fn some_table() -> Table {
    let mut builder = Builder::default();
    for (prefix, asn) in [
        ("192.0.2.0/24", 64_500),
        ("192.0.2.0/24", 64_501),
        ("192.0.2.128/25", 64_502),
        ("2001:db8::/32", 64_503),
        ("2001:db8::1/128", 64_504),
    ] {
        let prefix = prefix.parse().unwrap();
        builder
            .state(Statement::Origin {
                prefix,
                asn,
                peers: 1,
            })
            .unwrap();
        let position = flow::Position::new(47.5, 8.5).unwrap();
        builder
            .state(Statement::Position { prefix, position })
            .unwrap();
        let country = flow::CountryCode::new("CH").unwrap();
        builder
            .state(Statement::Country { prefix, country })
            .unwrap();
        let name = format!("Example {asn}");
        builder
            .state(Statement::AsName { asn, name: &name })
            .unwrap();
    }
    builder.build()
}

proptest! {
    #[test]
    fn what_is_written_is_read_and_equal_tables_give_equal_octets(
        world in any_world(),
        others in prop::collection::vec(any::<(u32, u128)>(), 0..20),
    ) {
        let table = world.table();
        let octets = written(&table);
        let (read, found) = Table::read_from(&octets).unwrap();
        prop_assert_eq!(found, header());
        for addr in world.probes(&others) {
            prop_assert_eq!(read.lookup(addr), table.lookup(addr), "of {}", addr);
        }
        prop_assert_eq!(&written(&read), &octets);
        // Built anew upon itself it knows the same, and is the same.
        prop_assert_eq!(&written(&Builder::upon(read).build()), &octets);
    }
}

/// Six networks cut the first halves into four parts; the host is in the last of the first.
#[test]
fn a_host_in_the_last_network_of_a_part_is_read_as_it_was_written() {
    let hosts = (1..=6).map(|number| format!("{number}000::/16"));
    let mut builder = Builder::default();
    for (asn, prefix) in (1..).zip(hosts.chain(["3fff:ffff:ffff:ffff::1/128".to_owned()])) {
        let prefix = prefix.parse().unwrap();
        let origin = Statement::Origin {
            prefix,
            asn,
            peers: 1,
        };
        builder.state(origin).unwrap();
    }
    let octets = written(&builder.build());
    let (read, _) = Table::read_from(&octets).unwrap();
    assert_eq!(written(&read), octets);
    let host = "3fff:ffff:ffff:ffff::1".parse().unwrap();
    assert_eq!(read.place(host).asn, Some(7));
    let neighbour = "3fff:ffff:ffff:ffff::2".parse().unwrap();
    assert_eq!(read.place(neighbour).asn, None);
}

#[test]
fn a_file_cut_short_anywhere_or_with_more_behind_it_is_refused() {
    let octets = written(&some_table());
    for len in 0..octets.len() {
        let error = Table::read_from(&octets[..len]).unwrap_err();
        let expected = match len {
            0 => matches!(
                error,
                FlowDbError::Foreign {
                    found: "an empty file"
                }
            ),
            _ => matches!(error, FlowDbError::CutShort { found, .. } if found == len as u64),
        };
        assert!(expected, "cut to {len}: {error}");
    }
    let more = [&octets[..], &[0]].concat();
    let error = Table::read_from(&more).unwrap_err();
    assert!(matches!(error, FlowDbError::TooLong { .. }), "{error}");
}

#[test]
fn every_flipped_bit_is_refused() {
    let octets = written(&some_table());
    let mut flipped = 0;
    for at in 0..octets.len() {
        for bit in 0..8 {
            let mut damaged = octets.clone();
            damaged[at] ^= 1 << bit;
            let error = Table::read_from(&damaged).unwrap_err();
            assert!(
                !matches!(error, FlowDbError::Body(_) | FlowDbError::Header(_)),
                "found before anything is read: {error}"
            );
            flipped += 1;
        }
    }
    assert!(flipped > 10_000, "{flipped}");
}

/// The same file with other octets in the body, and the checksum made right.
fn forged(octets: &[u8], change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut octets = octets[..octets.len() - 32].to_vec();
    let header = u32::from_le_bytes(octets[12..16].try_into().unwrap());
    change(&mut octets[24 + header as usize..]);
    let sum = Sha256Sum::of(&octets);
    octets.extend(sum.octets());
    octets
}

proptest! {
    #[test]
    fn a_body_with_changed_octets_and_a_right_checksum_is_refused_or_does_no_harm(
        at in any::<prop::sample::Index>(),
        octet in any::<u8>(),
        addrs in prop::collection::vec(any::<(u32, u128)>(), 20),
    ) {
        let octets = written(&some_table());
        let changed = forged(&octets, |body| body[at.index(body.len())] = octet);
        match Table::read_from(&changed) {
            Ok((table, _)) => for (v4, v6) in addrs {
                drop(table.lookup(std::net::Ipv4Addr::from_bits(v4).into()));
                drop(table.lookup(std::net::Ipv6Addr::from_bits(v6).into()));
                drop(table.lookup("192.0.2.1".parse().unwrap()));
            },
            Err(error) => prop_assert!(error.to_string().contains("of the body"), "{}", error),
        }
    }
}

#[test]
fn counts_beyond_the_file_are_refused_before_room_is_made_for_them() {
    let octets = written(&some_table());
    for count in 0..5 {
        let many = |body: &mut [u8]| body[count * 4..][..4].fill(0xff);
        let error = Table::read_from(&forged(&octets, many))
            .unwrap_err()
            .to_string();
        assert!(error.contains("of the body: found"), "{error}");
    }
}

#[test]
fn what_is_no_such_file_or_of_another_version_says_so() {
    let error = |octets: &[u8]| Table::read_from(octets).unwrap_err().to_string();
    assert!(error(b"<html>").starts_with("found a web page"));
    assert!(error(b"\x1f\x8b\x08").starts_with("found a gzip archive"));
    assert!(error(&[7; 100]).starts_with("found something else"));
    let mut octets = written(&some_table());
    octets[8] = 2;
    assert!(error(&octets).starts_with("found version 2 of the format; expected 1"));
    octets[8] = 1;
    octets[15] = 0xff;
    assert!(
        error(&octets).starts_with("found a header of 42"),
        "{}",
        error(&octets)
    );
}

#[test]
fn a_header_of_unknown_parts_is_refused() {
    let octets = written(&some_table());
    let mut octets = octets[..octets.len() - 32].to_vec();
    let at = octets
        .windows(7)
        .position(|window| window == b"builder")
        .unwrap();
    octets[at] = b'x';
    let sum = Sha256Sum::of(&octets);
    octets.extend(sum.octets());
    let error = Table::read_from(&octets).unwrap_err().to_string();
    assert!(error.contains("unknown field `xuilder`"), "{error}");
}
