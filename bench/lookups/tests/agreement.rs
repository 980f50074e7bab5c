//! What is measured side by side gives the same answers.

use flow::CountryCode;
use lookups::peers::{Maxmind, Set, Trie, table};
use lookups::{Family, Traffic, World, addresses};

#[test]
fn all_four_say_the_same_of_every_address() {
    let world = World::new(1, 20_000, 10_000);
    let (table, maxmind) = (table(&world), Maxmind::new(&world));
    let (trie, set) = (Trie::new(&world), Set::new(&world));
    let of = |family| addresses(world.of(family), Traffic::Random, 2, 20_000);
    let inside = of(Family::V4).into_iter().chain(of(Family::V6));
    let outside = ["0.0.0.1", "240.0.0.1", "::1", "3fff::1", "fe80::1"];
    let outside = outside.iter().map(|addr| addr.parse().unwrap());
    let mut found = 0;
    for addr in inside.chain(outside) {
        let ours = table.place(addr);
        let of_trie = trie.find(addr).unwrap_or_default();
        assert_eq!(
            ours,
            flow::Place {
                locality: ours.locality,
                ..of_trie
            },
            "{addr}"
        );
        assert_eq!(set.contains(addr), ours.asn.is_some(), "{addr}");
        let record = maxmind.find(addr);
        assert_eq!(record.is_some(), ours.asn.is_some(), "{addr}");
        let Some(record) = record else { continue };
        found += 1;
        assert_eq!(Some(record.autonomous_system_number), ours.asn, "{addr}");
        let name = record.autonomous_system_organization;
        assert_eq!(Some(name), ours.as_name.as_deref(), "{addr}");
        let code = record.country.iso_code;
        assert_eq!(CountryCode::new(code), ours.country, "{addr}");
        let (at, ours) = (record.location, ours.position.unwrap());
        assert_eq!((at.latitude, at.longitude), (ours.latitude, ours.longitude));
    }
    assert_eq!(found, 40_000);
}

#[test]
fn a_world_follows_from_its_seed_and_its_prefixes_are_all_different() {
    let [one, same, other] = [1, 1, 2].map(|seed| World::new(seed, 5_000, 2_000));
    assert_eq!((&one.v4, &one.v6), (&same.v4, &same.v6));
    assert_ne!(one.v4, other.v4);
    for family in [Family::V4, Family::V6] {
        let mut prefixes: Vec<_> = one.of(family).iter().map(|known| known.prefix).collect();
        let count = prefixes.len();
        prefixes.sort();
        prefixes.dedup();
        assert_eq!(prefixes.len(), count);
    }
}
