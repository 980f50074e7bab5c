//! The blocks of IANA's special-purpose registries, which are part of the program.

use super::*;

fn known(databases: &Databases, addr: &str) -> String {
    let place = place(databases, addr);
    let prefix = place.prefix.map(|prefix| prefix.to_string());
    let name = place.network.as_deref().unwrap_or("-");
    format!("{} {name}", prefix.as_deref().unwrap_or("-"))
}

#[test]
fn where_nothing_else_is_known_the_most_specific_block_gives_prefix_and_name() {
    let databases = Databases::open(&Files::default()).unwrap();
    for (addr, expected) in [
        ("0.0.0.0", "0.0.0.0/32 This host on this network"),
        ("100.100.0.1", "100.64.0.0/10 Shared Address Space"),
        ("192.0.0.9", "192.0.0.9/32 Port Control Protocol Anycast"),
        ("192.0.0.200", "192.0.0.0/24 IETF Protocol Assignments"),
        ("203.0.113.7", "203.0.113.0/24 Documentation (TEST-NET-3)"),
        ("255.255.255.254", "240.0.0.0/4 Reserved"),
        ("::1", "::1/128 Loopback Address"),
        ("fe80::1", "fe80::/10 Link-Local Unicast"),
        ("fdff::1", "fc00::/7 Unique-Local"),
        ("2001:db8::1", "2001:db8::/32 Documentation"),
        ("2001:0:1::1", "2001::/32 TEREDO"),
        ("8.8.8.8", "- -"),
        ("224.0.0.1", "- -"),
        ("2a00::1", "- -"),
    ] {
        assert_eq!(known(&databases, addr), expected, "{addr}");
    }
    let told = told(&place(&databases, "10.0.0.1"));
    assert_eq!(
        told, "10.0.0.0/8 | - | - | - | - | - | - | Private-Use | private",
        "no AS, no country, no position"
    );
}

#[test]
fn an_own_network_or_an_announced_prefix_is_better() {
    let mut files = all_files();
    files.private_prefixes = Some(File::required(written("special.csv", "10.0.0.0/7\n")));
    let databases = Databases::open(&files).unwrap();
    assert_eq!(known(&databases, "10.0.0.1"), "10.0.0.0/7 -");
    assert_eq!(known(&databases, "198.19.0.1"), "198.19.0.0/20 -");
    assert_eq!(
        known(&databases, "192.168.0.1"),
        "192.168.0.0/16 Private-Use"
    );
}

#[test]
fn they_are_named_among_the_sources_and_can_be_those_of_another_version() {
    let databases = Databases::open(&Files::default()).unwrap();
    let built_in = databases.made_of().sources.clone();
    assert_eq!(built_in.len(), 1);
    assert_eq!(built_in[0].kind, db::Kind::SpecialPurpose);
    let other = written("special_other.csv", "10.0.0.0/8,Ten\n");
    let databases = Databases::open(&Files {
        special_purpose: Some(File::required(other)),
        ..Files::default()
    })
    .unwrap();
    assert_eq!(known(&databases, "10.0.0.1"), "10.0.0.0/8 Ten");
    assert_eq!(known(&databases, "192.168.0.1"), "- -");
    assert_ne!(databases.made_of().sources, built_in);
}
