//! Any world, any address.

use proptest::prelude::*;

use super::super::Builder;
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
