//! The rules, each with a case.

use flow::Position;

use super::super::{Builder, Origin, Table};
use crate::own::Attributes;
use crate::{Full, Statement, Statements};

/// Tells a builder in short words.
#[derive(Default)]
struct Told(Builder);

impl Told {
    fn state(mut self, statement: Statement<'_>) -> Self {
        self.0.state(statement).unwrap();
        self
    }

    fn origin(self, prefix: &str, asn: u32, peers: u32) -> Self {
        let prefix = prefix.parse().unwrap();
        self.state(Statement::Origin { prefix, asn, peers })
    }

    fn derived(self, prefix: &str, asn: u32) -> Self {
        let prefix = prefix.parse().unwrap();
        self.state(Statement::Derived { prefix, asn })
    }

    fn with_name(self, asn: u32, name: &str) -> Self {
        self.state(Statement::AsName { asn, name })
    }

    fn country(self, prefix: &str, code: &str) -> Self {
        let prefix = prefix.parse().unwrap();
        let country = flow::CountryCode::new(code).unwrap();
        self.state(Statement::Country { prefix, country })
    }

    fn position(self, prefix: &str, latitude: f64, longitude: f64) -> Self {
        let prefix = prefix.parse().unwrap();
        let position = Position::new(latitude, longitude).unwrap();
        self.state(Statement::Position { prefix, position })
    }

    fn next_source(mut self) -> Self {
        self.0.next_source();
        self
    }

    fn own(mut self, prefix: &str, attributes: Attributes) -> Self {
        self.0.own(prefix.parse().unwrap(), attributes).unwrap();
        self
    }

    fn table(self) -> Table {
        self.0.build()
    }
}

fn vlan(vlan: u16) -> Attributes {
    Attributes {
        vlan: Some(vlan),
        ..Attributes::default()
    }
}

fn named(name: &str) -> Attributes {
    Attributes {
        name: Some(name.into()),
        ..Attributes::default()
    }
}

/// `PREFIX ASN NAME COUNTRY VLAN NETWORK`, `-` for what is unknown.
fn told(table: &Table, addr: &str) -> String {
    fn field(value: Option<impl ToString>) -> String {
        value.map_or_else(|| "-".to_owned(), |value| value.to_string())
    }
    let place = table.place(addr.parse().unwrap());
    [
        field(place.prefix),
        field(place.asn),
        field(place.as_name.as_deref()),
        field(place.country.as_ref().map(flow::CountryCode::as_str)),
        field(place.vlan),
        field(place.network.as_deref()),
    ]
    .join(" ")
}

#[test]
fn the_cases_that_the_original_system_got_wrong_are_right() {
    let announced = [
        ("8.0.0.0/8", 3356),
        ("8.8.8.0/24", 15_169),
        ("10.0.0.0/8", 64_500),
        ("10.1.2.0/24", 64_501),
    ];
    // The order of insertion broke the original too: try both.
    for announced in [announced.to_vec(), announced.into_iter().rev().collect()] {
        let tell = |told: Told, (prefix, asn)| told.origin(prefix, asn, 1);
        let table = announced.into_iter().fold(Told::default(), tell).table();
        assert_eq!(told(&table, "8.1.1.1"), "8.0.0.0/8 3356 - - - -");
        assert_eq!(told(&table, "8.8.9.1"), "8.0.0.0/8 3356 - - - -");
        assert_eq!(told(&table, "8.8.8.8"), "8.8.8.0/24 15169 - - - -");
        assert_eq!(told(&table, "10.9.9.9"), "10.0.0.0/8 64500 - - - -");
        assert_eq!(told(&table, "10.1.2.255"), "10.1.2.0/24 64501 - - - -");
        assert_eq!(told(&table, "11.0.0.0"), "- - - - - -");
    }
}

#[test]
fn public_campus_prefixes_have_their_vlans() {
    let table = Told::default()
        .origin("192.41.0.0/16", 64_500, 1)
        .own("192.41.128.0/20", vlan(12))
        .own("2001:620:8::/48", vlan(13))
        .table();
    assert_eq!(
        told(&table, "192.41.130.1"),
        "192.41.128.0/20 64500 - - 12 -"
    );
    assert_eq!(told(&table, "192.41.1.1"), "192.41.0.0/16 64500 - - - -");
    assert_eq!(
        told(&table, "2001:620:8:1::1"),
        "2001:620:8::/48 - - - 13 -"
    );
}

#[test]
fn single_hosts_and_the_whole_space_are_prefixes_like_any_other() {
    let table = Told::default()
        .own("0.0.0.0/0", vlan(1))
        .own("192.0.2.1/32", vlan(2))
        .own("255.255.255.255/32", vlan(3))
        .own("2001:db8::1/128", vlan(4))
        .table();
    assert_eq!(told(&table, "0.0.0.0"), "0.0.0.0/0 - - - 1 -");
    assert_eq!(told(&table, "192.0.2.1"), "192.0.2.1/32 - - - 2 -");
    assert_eq!(told(&table, "192.0.2.2"), "0.0.0.0/0 - - - 1 -");
    assert_eq!(
        told(&table, "255.255.255.255"),
        "255.255.255.255/32 - - - 3 -"
    );
    assert_eq!(told(&table, "2001:db8::1"), "2001:db8::1/128 - - - 4 -");
    assert_eq!(told(&table, "2001:db8::2"), "- - - - - -");
    assert_eq!(
        told(&table, "::192.0.2.1"),
        "- - - - - -",
        "never across families"
    );
}

#[test]
fn each_attribute_is_inherited_for_itself() {
    let table = Told::default()
        .origin("192.0.0.0/16", 64_500, 1)
        .with_name(64_500, "Outer")
        .country("192.0.0.0/8", "CH")
        .position("192.0.2.0/25", 1.0, 2.0)
        .own("192.0.2.0/24", named("lab"))
        .own("192.0.2.128/25", vlan(7))
        .table();
    assert_eq!(
        told(&table, "192.0.2.129"),
        "192.0.2.128/25 64500 Outer CH 7 lab"
    );
    assert_eq!(
        told(&table, "192.0.2.1"),
        "192.0.2.0/24 64500 Outer CH - lab"
    );
    assert_eq!(told(&table, "192.0.3.1"), "192.0.0.0/16 64500 Outer CH - -");
    assert_eq!(told(&table, "192.1.0.1"), "- - - CH - -");
    let position = |addr: &str| table.place(addr.parse().unwrap()).position;
    assert_eq!(position("192.0.2.127"), Position::new(1.0, 2.0));
    assert_eq!(position("192.0.2.128"), None);
}

#[test]
fn what_the_operator_says_wins_over_more_specific_prefixes_of_the_world() {
    let own = Attributes {
        asn: Some(64_511),
        country: flow::CountryCode::new("LI"),
        ..Attributes::default()
    };
    let table = Told::default()
        .origin("192.0.2.0/25", 64_500, 1)
        .country("192.0.2.0/25", "CH")
        .own("192.0.2.0/24", own)
        .table();
    assert_eq!(told(&table, "192.0.2.1"), "192.0.2.0/24 64511 - LI - -");
}

#[test]
fn of_several_origins_most_peers_count_and_the_others_are_kept() {
    let table = Told::default()
        .origin("192.0.2.0/24", 64_503, 2)
        .origin("192.0.2.0/24", 64_502, 1)
        .origin("192.0.2.0/24", 64_501, 2)
        .origin("192.0.2.0/24", 64_502, 1)
        .origin("198.51.0.0/16", 64_500, 9)
        .table();
    let found = table.lookup("192.0.2.1".parse().unwrap());
    assert_eq!(found.place.asn, Some(64_501), "the lowest of equals");
    let origin = |asn, peers| Origin { asn, peers };
    assert_eq!(
        found.origins,
        [origin(64_501, 2), origin(64_502, 2), origin(64_503, 2)]
    );
    assert_eq!(table.lookup("198.51.0.1".parse().unwrap()).origins, []);
}

#[test]
fn the_first_source_that_states_a_prefix_decides_whatever_others_have_seen() {
    let table = Told::default()
        .origin("192.0.2.0/24", 64_501, 1)
        .next_source()
        .origin("192.0.2.0/24", 64_502, 99)
        .origin("192.0.2.0/25", 64_503, 1)
        .table();
    let found = table.lookup("192.0.2.129".parse().unwrap());
    let origin = |asn, peers| Origin { asn, peers };
    assert_eq!(found.origins, [origin(64_501, 1), origin(64_502, 99)]);
    assert_eq!(
        told(&table, "192.0.2.1"),
        "192.0.2.0/25 64503 - - - -",
        "most specific of all"
    );
}

#[test]
fn an_origin_that_the_operator_overrules_is_not_said_to_be_one_of_several() {
    let own = Attributes {
        asn: Some(64_511),
        ..Attributes::default()
    };
    let table = Told::default()
        .origin("192.0.2.0/24", 64_501, 2)
        .origin("192.0.2.0/24", 64_502, 1)
        .own("192.0.2.0/24", own)
        .table();
    assert_eq!(table.lookup("192.0.2.1".parse().unwrap()).origins, []);
}

#[test]
fn country_and_position_are_those_of_the_first_source_that_knows_them() {
    let table = Told::default()
        .country("192.0.0.0/16", "CH")
        .next_source()
        .country("192.0.2.0/24", "DE")
        .country("198.51.100.0/24", "FR")
        .table();
    assert_eq!(
        told(&table, "192.0.2.1"),
        "- - - CH - -",
        "however others cut the world"
    );
    assert_eq!(told(&table, "198.51.100.1"), "- - - FR - -");
}

#[test]
fn as_0_and_default_routes_are_no_origin_of_a_network() {
    let table = Told::default()
        .origin("192.0.2.0/24", 0, 1)
        .origin("0.0.0.0/0", 64_500, 1)
        .table();
    assert_eq!(told(&table, "192.0.2.1"), "- 64500 - - - -");
}

#[test]
fn a_builder_takes_as_many_statements_as_its_limit_and_not_one_more() {
    let mut builder = Builder::default().with_limit(2);
    let name = Statement::AsName {
        asn: 1,
        name: "Example",
    };
    let prefix = "192.0.2.0/24".parse().unwrap();
    assert_eq!(builder.state(name), Ok(()));
    assert_eq!(builder.own(prefix, vlan(1)), Ok(()));
    assert_eq!(builder.state(name), Err(Full { limit: 2 }));
    assert_eq!(builder.own(prefix, vlan(2)), Err(Full { limit: 2 }));
    assert_eq!(
        told(&builder.build(), "192.0.2.1"),
        "192.0.2.0/24 - - - 1 -"
    );
}

#[test]
fn a_table_of_nothing_knows_localities_and_an_empty_one_not_even_those() {
    let addr = "10.0.0.1".parse().unwrap();
    let locality = Builder::default().build().place(addr).locality;
    assert_eq!(locality, Some(flow::Locality::Private));
    assert_eq!(Table::default().place(addr), flow::Place::default());
}

#[test]
fn a_derived_origin_counts_where_no_announced_prefix_is_around() {
    let table = Told::default()
        .derived("11.0.0.0/24", 1)
        .derived("12.0.0.0/9", 2)
        .derived("12.0.0.0/24", 3)
        .next_source()
        .origin("11.0.0.0/16", 4, 1)
        .table();
    let found = |addr: &str| {
        let place = table.place(addr.parse().unwrap());
        (place.asn, place.prefix.map(|prefix| prefix.to_string()))
    };
    assert_eq!(found("11.0.0.1"), (Some(4), Some("11.0.0.0/16".to_owned())));
    assert_eq!(found("12.0.0.1"), (Some(3), Some("12.0.0.0/24".to_owned())));
    assert_eq!(found("12.0.1.1"), (Some(2), Some("12.0.0.0/9".to_owned())));
    assert_eq!(found("13.0.0.1"), (None, None));
}

#[test]
fn of_derived_origins_of_one_prefix_that_of_the_first_source_counts() {
    let table = Told::default()
        .derived("11.0.0.0/24", 9)
        .next_source()
        .derived("11.0.0.0/24", 1)
        .derived("11.0.0.0/24", 0)
        .table();
    let found = table.lookup("11.0.0.1".parse().unwrap());
    assert_eq!(found.place.asn, Some(9));
    assert_eq!(found.origins, []);
}
