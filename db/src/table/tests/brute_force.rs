//! Any world, any address.

use flow::Place;
use proptest::prelude::*;

use super::super::{Builder, Entry, Table};
use super::world::{World, any_world};

proptest! {
    #[test]
    fn what_is_found_is_what_trying_each_statement_finds(
        world in any_world(),
        others in prop::collection::vec(any::<(u32, u128)>(), 0..20),
    ) {
        let table = world.table();
        for addr in world.probes(&others) {
            prop_assert_eq!(table.place(addr), world.place(addr), "of {}", addr);
        }
    }

    #[test]
    fn many_addresses_at_once_are_found_as_each_alone(
        world in any_world(),
        others in prop::collection::vec(any::<(u32, u128)>(), 0..200),
    ) {
        let table = world.table();
        let addrs = world.probes(&others);
        let mut places = vec![Place::default()];
        table.places(&addrs, &mut places);
        let mut expected = vec![Place::default()];
        expected.extend(addrs.iter().map(|addr| table.place(*addr)));
        prop_assert_eq!(places, expected, "appended, in order");
        let mut found = Vec::new();
        table.find_all(&addrs, |entry| found.push(entry.map(Entry::place)));
        let alone = addrs.iter().map(|addr| table.find(*addr).map(Entry::place));
        prop_assert_eq!(found, alone.collect::<Vec<_>>());
    }

    #[test]
    fn own_networks_laid_upon_a_table_are_as_if_all_was_built_at_once(
        world in any_world(),
        others in prop::collection::vec(any::<(u32, u128)>(), 0..20),
    ) {
        let mut builder = Builder::default();
        world.tell_sources(&mut builder);
        let mut builder = Builder::upon(builder.build());
        world.tell_own(&mut builder);
        let table = builder.build();
        let at_once = world.table();
        for addr in world.probes(&others) {
            let (found, expected) = (table.lookup(addr), at_once.lookup(addr));
            // A table knows the names of those AS only that originate something.
            if found.place.as_name.is_some() {
                prop_assert_eq!(found, expected, "of {}", addr);
            } else {
                let mut expected = expected;
                expected.place.as_name = None;
                prop_assert_eq!(found, expected, "of {}", addr);
            }
        }
    }

    #[test]
    fn the_order_of_statements_of_one_source_does_not_matter_for_origins(
        world in any_world(),
    ) {
        let turned = World {
            sources: world.sources.iter().map(|source| source.iter().rev().cloned().collect()).collect(),
            ..world.clone()
        };
        let (one, other) = (world.table(), turned.table());
        for addr in world.probes(&[]) {
            let (one, other) = (one.lookup(addr), other.lookup(addr));
            prop_assert_eq!(one.place.prefix, other.place.prefix);
            prop_assert_eq!(one.place.asn, other.place.asn);
            prop_assert_eq!(one.origins, other.origins);
        }
    }
}

#[test]
fn an_empty_table_knows_nothing_of_any_of_many_addresses() {
    let addrs = ["192.0.2.1", "2001:db8::1"].map(|addr| addr.parse().unwrap());
    let table = Table::default();
    let mut found = 0;
    table.find_all(&addrs, |entry| {
        assert!(entry.is_none());
        found += 1;
    });
    let mut places = Vec::new();
    table.places(&addrs, &mut places);
    assert_eq!((found, places), (2, vec![Place::default(); 2]));
}
