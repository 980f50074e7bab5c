//! What private addresses are given where no own network says otherwise.

use flow::{CountryCode, Position};

use super::*;

fn site() -> Site {
    Site {
        country: CountryCode::new("CH"),
        position: Position::new(47.5, 8.5),
        asn: Some(64_500),
        as_name: None,
    }
}

fn opened(name: &str, prefixes: &str, site: Site) -> Databases {
    let prefixes = written(&format!("site_{name}.csv"), prefixes);
    Databases::open(&Files {
        private_prefixes: Some(File::required(prefixes)),
        site,
        ..all_files()
    })
    .unwrap()
}

#[test]
fn a_private_address_is_at_the_site_and_a_public_one_is_not() {
    let databases = opened("private", "", site());
    for private in [
        "10.1.2.3",
        "192.168.0.1",
        "100.64.0.1",
        "fd00::1",
        "fe80::1",
        "127.0.0.1",
    ] {
        let told = told(&place(&databases, private));
        assert!(
            told.contains(" | 64500 | Example Network 4 | CH | 47.5 | 8.5 | - | "),
            "{private}: {told}"
        );
    }
    for public in ["8.8.8.8", "2a00::1", "224.0.0.1"] {
        assert_eq!(
            told(&place(&databases, public)),
            "- | - | - | - | - | - | - | - | public"
        );
    }
}

#[test]
fn an_own_network_wins_over_the_site_and_the_site_over_the_databases() {
    let databases = opened("between", "198.19.1.0/24,lab,64506,LI\n", site());
    assert_eq!(
        told(&place(&databases, "198.19.1.1")),
        "198.19.1.0/24 | 64506 | Example Network 10 | LI | 47.5 | 8.5 | - | lab | private"
    );
    let only_country = Site {
        country: CountryCode::new("AT"),
        ..Site::default()
    };
    let databases = opened("partly", "", only_country);
    let partly = told(&place(&databases, "198.19.1.1"));
    assert!(
        partly.ends_with(" | 64496 | Example Network 0 | AT | 47.37 | 8.54 | - | - | private"),
        "{partly}"
    );
}

#[test]
fn the_name_of_the_sites_as_is_the_operators_if_there_is_one() {
    let named = Site {
        as_name: Some("Our network".into()),
        ..site()
    };
    let databases = opened("named", "", named);
    let place = place(&databases, "10.0.0.1");
    assert_eq!(place.as_name.as_deref(), Some("Our network"));
}

#[test]
fn without_a_site_nothing_is_said_of_private_addresses() {
    let databases = opened("none", "", Site::default());
    let none = told(&place(&databases, "10.1.2.3"));
    assert!(
        none.ends_with(" | - | - | - | - | - | - | Private-Use | private"),
        "{none}"
    );
}
