//! Databases in MaxMind's format: which record wins, and which files are refused.

use super::support::fixture;
use super::support::mmdb_writer::{Metadata, MmdbWriter, Value};
use super::*;

fn writer(ip_version: u16, record_size: u16) -> MmdbWriter {
    MmdbWriter::new(Metadata {
        database_type: "Test",
        description: "a test",
        ip_version,
        record_size,
        build_epoch: 0,
    })
}

fn as_record(asn: u32, name: &str) -> Value {
    Value::Map(vec![
        ("autonomous_system_number", Value::U32(asn)),
        ("autonomous_system_organization", Value::text(name)),
    ])
}

fn country_record(code: &str) -> Value {
    let country = Value::Map(vec![("iso_code", Value::text(code))]);
    Value::Map(vec![("country", country)])
}

fn fixture_octets(name: &str) -> Vec<u8> {
    std::fs::read(crate_file("fixture").join(name)).unwrap()
}

#[test]
fn what_an_own_network_does_not_say_is_that_of_the_global_ones() {
    let mut files = all_files();
    let own = written("own_wins.csv", "198.19.0.0/16,remote\n");
    files.private_prefixes = Some(File::required(own));
    let databases = Databases::open(&files).unwrap();
    let known = told(&place(&databases, "198.19.0.1"));
    assert_eq!(
        known,
        "198.19.0.0/16 | 64496 | Example Network 0 | CH | 47.37 | 8.54 | - | remote | private"
    );
}

#[test]
fn the_country_database_wins_over_the_city_database() {
    let mut countries = writer(6, 24);
    countries.insert("198.19.0.0/20".parse().unwrap(), &country_record("LI"));
    let mut files = all_files();
    files.country = Some(File::required(written(
        "country_wins.mmdb",
        countries.finish(),
    )));
    let databases = Databases::open(&files).unwrap();
    let country = |addr| place(&databases, addr).country.unwrap();
    assert_eq!(country("198.19.0.1").as_str(), "LI");
    assert_eq!(
        country("198.19.16.1").as_str(),
        "DE",
        "unknown there, known to the city database"
    );
}

#[test]
fn every_record_size_and_address_family_is_read() {
    for (ip_version, record_size) in [(4, 24), (4, 28), (4, 32), (6, 24), (6, 28), (6, 32)] {
        let mut writer = writer(ip_version, record_size);
        writer.insert("192.0.0.0/8".parse().unwrap(), &as_record(64_500, "Outer"));
        writer.insert("192.0.2.0/24".parse().unwrap(), &as_record(64_501, "Inner"));
        writer.insert(
            "192.0.2.255/32".parse().unwrap(),
            &as_record(64_502, "Host"),
        );
        let name = format!("size_{ip_version}_{record_size}.mmdb");
        let databases = open_asn(&written(&name, writer.finish())).unwrap();
        let origin = |addr| {
            let place = place(&databases, addr);
            place
                .prefix
                .zip(place.asn)
                .map(|(prefix, asn)| format!("{prefix} {asn}"))
        };
        assert_eq!(
            origin("192.0.2.1").as_deref(),
            Some("192.0.2.0/25 64501"),
            "{name}"
        );
        assert_eq!(
            origin("192.0.2.255").as_deref(),
            Some("192.0.2.255/32 64502"),
            "{name}"
        );
        assert_eq!(
            origin("192.128.0.1").as_deref(),
            Some("192.128.0.0/9 64500"),
            "{name}"
        );
        assert_eq!(origin("193.0.0.1"), None, "{name}");
        assert_eq!(origin("2001:db8::1"), None, "{name}");
    }
}

#[test]
fn a_record_for_more_than_all_of_ipv4_gives_an_ipv4_address_no_ipv6_prefix() {
    let mut writer = writer(6, 24);
    writer.insert(
        "::/1".parse().unwrap(),
        &as_record(64_500, "Half of everything"),
    );
    let databases = open_asn(&written("above_ipv4.mmdb", writer.finish())).unwrap();
    let v4 = place(&databases, "192.0.3.1");
    assert_eq!((v4.prefix, v4.asn), (None, Some(64_500)));
    let v6 = place(&databases, "2001:db8::1");
    let all: flow::Prefix = "::/1".parse().unwrap();
    assert_eq!(v6.prefix, Some(all.into()));
}

#[test]
fn a_database_of_another_kind_is_refused_with_both_kinds() {
    let refused = |error: DbError, found: &str, wanted: &str| {
        let DbError::Database {
            found: is,
            expected,
            ..
        } = error
        else {
            panic!("another error: {error}");
        };
        assert!(
            is.contains(found) && expected.contains(wanted),
            "{is}; {expected}"
        );
    };
    let asn = crate_file("fixture/asn.mmdb");
    let country = crate_file("fixture/country.mmdb");
    refused(
        open_city(&asn).unwrap_err(),
        "`Test-ASN` with 15 records",
        "a city database",
    );
    refused(
        open_country(&asn).unwrap_err(),
        "none with `country.iso_code`",
        "a country database",
    );
    refused(
        open_city(&country).unwrap_err(),
        "`Test-Country`",
        "`location.latitude`",
    );
    refused(
        open_asn(&country).unwrap_err(),
        "`Test-Country`",
        "an ASN database",
    );
    let city = open_country(&crate_file("fixture/city.mmdb")).unwrap();
    assert_eq!(
        place(&city, "198.19.0.1").country.unwrap().as_str(),
        "CH",
        "it has countries"
    );
}

#[test]
fn a_database_without_records_is_refused() {
    let path = written("no_records.mmdb", writer(6, 24).finish());
    for error in [open_asn(&path), open_city(&path), open_country(&path)] {
        let error = error.unwrap_err().to_string();
        assert!(error.contains("`Test` with 0 records"), "{error}");
    }
}

#[test]
fn a_field_of_another_type_is_refused() {
    let mut writer = writer(6, 24);
    let record = Value::Map(vec![("country", Value::text("CH"))]);
    writer.insert("192.0.2.0/24".parse().unwrap(), &record);
    let path = written("other_type.mmdb", writer.finish());
    let error = open_country(&path).unwrap_err().to_string();
    assert!(error.contains("a record that cannot be read") && error.contains("a country database"));
}

#[test]
fn values_that_cannot_be_are_unknown_and_counted() {
    let mut writer = writer(6, 24);
    writer.insert("192.0.2.0/25".parse().unwrap(), &country_record("CHE"));
    writer.insert("192.0.2.128/25".parse().unwrap(), &country_record("ch"));
    let databases = open_country(&written("unusable.mmdb", writer.finish())).unwrap();
    assert_eq!(place(&databases, "192.0.2.1").country, None);
    assert_eq!(
        place(&databases, "192.0.2.128").country.unwrap().as_str(),
        "CH"
    );
    let line = databases.summary()[0].to_string();
    assert!(line.contains("1 values unusable"), "{line}");
}

#[test]
fn what_is_no_database_is_refused_with_what_it_seems_to_be() {
    let cases: [(&str, &[u8], &str); 5] = [
        ("empty", b"", "an empty file"),
        ("gzip", b"\x1f\x8b\x08\x00rest", "a gzip archive"),
        ("zip", b"PK\x03\x04rest", "a zip archive"),
        ("html", b"<!DOCTYPE html>", "a web page"),
        (
            "noise",
            &[0xa5; 4_096],
            "damage (invalid database: could not find MaxMind DB metadata",
        ),
    ];
    for (name, octets, found) in cases {
        let path = written(&format!("foreign_{name}.mmdb"), octets);
        let error = open_asn(&path).unwrap_err();
        assert_eq!(error.path(), Some(path.as_path()));
        assert!(
            error.to_string().contains(&format!("found {found}")),
            "{error}"
        );
    }
}

#[test]
fn a_database_cut_short_anywhere_is_refused() {
    for name in ["asn.mmdb", "city.mmdb", "country.mmdb"] {
        let octets = fixture_octets(name);
        for len in 0..octets.len() {
            let path = written(&format!("cut_{name}"), &octets[..len]);
            let result = match name {
                "asn.mmdb" => open_asn(&path),
                "city.mmdb" => open_city(&path),
                _ => open_country(&path),
            };
            assert!(
                result.is_err(),
                "{name} cut to {len} of {} octets",
                octets.len()
            );
        }
    }
}

#[test]
fn a_flipped_octet_is_refused_or_does_no_harm() {
    let octets = fixture_octets("city.mmdb");
    let mut refused = 0;
    for at in 0..octets.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = octets.clone();
            damaged[at] ^= flip;
            match open_city(&written("flipped.mmdb", damaged)) {
                Err(_) => refused += 1,
                Ok(databases) => {
                    for network in 0..16 {
                        for prefix in fixture::prefixes(network) {
                            databases.place(prefix.addr());
                        }
                    }
                }
            }
        }
    }
    assert!(refused > octets.len(), "only {refused} refused");
}
