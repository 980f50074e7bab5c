//! The files that come with the program.

use std::sync::Arc;

use super::support::fixture;
use super::*;

fn all() -> Databases {
    Databases::open(&all_files()).unwrap()
}

#[test]
fn the_writer_reproduces_the_committed_fixtures_octet_by_octet() {
    for (name, octets) in fixture::all() {
        let committed = std::fs::read(crate_file("fixture").join(name)).unwrap();
        assert!(
            committed == octets,
            "{name} differs: run `cargo run -p db --example make_fixture`"
        );
    }
}

#[test]
fn hosts_of_the_generators_campus_have_a_vlan_and_no_origin() {
    let databases = all();
    for network in 0..16_u16 {
        let (vlan, third) = (100 + network, network * 16);
        let v6: flow::Prefix = format!("2001:db8:0:{network:x}::/64").parse().unwrap();
        assert_eq!(
            told(&place(&databases, &format!("198.18.{}.77", third + 15))),
            format!(
                "198.18.{third}.0/20 | - | - | - | - | - | {vlan} | campus-{network} | private"
            )
        );
        assert_eq!(
            told(&place(&databases, &format!("2001:db8:0:{network:x}:1::7"))),
            format!("{v6} | - | - | - | - | - | {vlan} | campus-{network} | private")
        );
    }
    assert_eq!(
        told(&place(&databases, "2001:db8:0:10::1")),
        "2001:db8::/48 | - | - | - | - | - | - | campus | private"
    );
}

#[test]
fn remote_hosts_of_the_generator_have_what_the_fixtures_say_of_them() {
    let databases = all();
    for network in 0..16_u8 {
        let hosts = [
            format!("198.19.{}.250", network << 4 | 0xf),
            format!("2001:db8:ffff:{network:x}fff::1"),
        ];
        for (host, prefix) in hosts.iter().zip(fixture::prefixes(network)) {
            let (origin, name) = match network {
                fixture::WITHOUT_ORIGIN if prefix.addr().is_ipv4() => {
                    ("198.18.0.0/15 | - | -".to_owned(), "Benchmarking")
                }
                fixture::WITHOUT_ORIGIN => ("2001:db8::/32 | - | -".to_owned(), "Documentation"),
                _ => {
                    let (asn, as_name) = (fixture::asn(network), fixture::as_name(network));
                    (format!("{prefix} | {asn} | {as_name}"), "-")
                }
            };
            let (country, latitude, longitude) = fixture::PLACES[usize::from(network)];
            let geo = match network {
                fixture::WITHOUT_PLACE => "- | - | -".to_owned(),
                _ => format!("{country} | {latitude} | {longitude}"),
            };
            let told = told(&place(&databases, host));
            assert_eq!(
                told,
                format!("{origin} | {geo} | - | {name} | private"),
                "{host}"
            );
        }
    }
}

#[test]
fn private_networks_are_own_and_the_rest_of_the_world_is_not() {
    let databases = all();
    for own in [
        "10.1.2.3",
        "172.31.0.1",
        "192.168.255.255",
        "fd00::1",
        "fe80::1",
        "198.18.9.9",
    ] {
        assert!(databases.is_own(own.parse().unwrap()), "{own}");
    }
    for other in [
        "8.8.8.8",
        "172.32.0.1",
        "198.19.0.1",
        "2001:db8:ffff::1",
        "::ffff:10.0.0.1",
    ] {
        assert!(!databases.is_own(other.parse().unwrap()), "{other}");
    }
    assert_eq!(
        told(&place(&databases, "8.8.8.8")),
        "- | - | - | - | - | - | - | - | public"
    );
    assert_eq!(
        told(&place(&databases, "10.1.2.3")),
        "10.0.0.0/8 | - | - | - | - | - | - | - | private"
    );
}

#[test]
fn names_are_shared_and_not_copied_from_lookup_to_lookup() {
    let databases = all();
    let one = place(&databases, "198.19.0.1").as_name.unwrap();
    let two = place(&databases, "2001:db8:ffff::2").as_name.unwrap();
    assert!(Arc::ptr_eq(&one, &two), "IPv4 and IPv6 network of one AS");
    let one = place(&databases, "198.18.0.1").network.unwrap();
    let two = place(&databases, "198.18.0.2").network.unwrap();
    assert!(Arc::ptr_eq(&one, &two));
}

#[test]
fn the_summary_has_a_line_for_each_file() {
    let databases = all();
    let lines: Vec<_> = databases
        .summary()
        .iter()
        .map(ToString::to_string)
        .collect();
    let expected = [
        "private_prefixes.csv: list of own prefixes: 9 rows, 0 skipped, 0 repeated",
        "private_prefixes_vlans.csv: list of own VLANs: 32 rows, 0 skipped, 0 repeated",
        "country.mmdb: country database: `Test-Country`, 187 nodes, 30 networks, 15 records, \
         0 values unusable, built 2026-01-01",
        "city.mmdb: city database: `Test-City`, 187 nodes, 30 networks, 15 records, \
         0 values unusable, built 2026-01-01",
        "asn.mmdb: ASN database: `Test-ASN`, 187 nodes, 30 networks, 15 records, \
         0 values unusable, built 2026-01-01",
    ];
    assert_eq!(lines.len(), expected.len());
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.ends_with(expected), "{line}");
        assert!(!line.contains('\n'));
    }
    assert!(databases.absent().is_empty());
}

#[test]
fn databases_can_be_shared_with_guarded_threads() {
    fn shareable<T: Lookup + Send + Sync + std::panic::RefUnwindSafe + 'static>() {}
    shareable::<Databases>();
}
