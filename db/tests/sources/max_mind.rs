//! Databases in MaxMind's format.

use std::path::Path;

use db::source::{Dropped, Format, Limits};
use flow::Prefix;

use crate::mmdb_writer::{Metadata, MmdbWriter, Value};
use crate::{bzip2, gzip, read, refused};

fn prefix(text: &str) -> Prefix {
    text.parse().unwrap()
}

fn writer(database_type: &'static str, ip_version: u16) -> MmdbWriter {
    MmdbWriter::new(Metadata {
        database_type,
        description: "made for a test",
        ip_version,
        record_size: 24,
        build_epoch: 1_767_225_600,
    })
}

fn database(ip_version: u16, records: &[(&str, Value)]) -> Vec<u8> {
    let mut writer = writer("Test", ip_version);
    for (network, record) in records {
        writer.insert(prefix(network), record);
    }
    writer.finish()
}

fn origin(asn: u32, name: &str) -> Value {
    Value::Map(vec![
        ("autonomous_system_number", Value::U32(asn)),
        ("autonomous_system_organization", Value::text(name)),
    ])
}

fn country(code: &str) -> (&'static str, Value) {
    let fields = vec![
        ("geoname_id", Value::U32(1)),
        ("iso_code", Value::text(code)),
    ];
    ("country", Value::Map(fields))
}

fn location(latitude: Value, longitude: Value) -> (&'static str, Value) {
    let fields = vec![
        ("accuracy_radius", Value::U16(20)),
        ("latitude", latitude),
        ("longitude", longitude),
    ];
    ("location", Value::Map(fields))
}

/// A database of ASes as the other tests of files need one.
pub(crate) fn ases() -> Vec<u8> {
    database(
        6,
        &[
            ("192.0.2.0/24", origin(64_500, "Example")),
            ("198.51.100.0/25", origin(64_501, "Another")),
            ("2001:db8::/32", origin(64_500, "Example")),
        ],
    )
}

const ASES: [&str; 5] = [
    "AS64500 is Example",
    "192.0.2.0/24 of AS64500",
    "AS64501 is Another",
    "198.51.100.0/25 of AS64501",
    "2001:db8::/32 of AS64500",
];

#[test]
fn each_network_of_an_asn_database_has_its_origin_and_an_as_is_named_once() {
    let (stated, tally) = read(Format::MaxMind, &ases()).unwrap();
    assert_eq!(stated, ASES);
    assert_eq!((tally.rows, tally.stated), (3, 5));
    assert!(tally.dropped.is_empty());
}

#[test]
fn packed_and_plain_databases_say_the_same() {
    let plain = read(Format::MaxMind, &ases()).unwrap();
    for packed in [gzip(&ases()), bzip2(&ases())] {
        assert_eq!(read(Format::MaxMind, &packed).unwrap(), plain);
    }
}

#[test]
fn a_city_database_gives_country_and_position_as_either_of_the_two_publishers_writes_them() {
    let maxmind = vec![
        country("ch"),
        location(Value::Double(47.5), Value::Double(8.25)),
    ];
    let db_ip = vec![
        (
            "city",
            Value::Map(vec![(
                "names",
                Value::Map(vec![("en", Value::text("Town"))]),
            )]),
        ),
        country("FR"),
        location(Value::Float(48.5), Value::Float(-2.25)),
    ];
    let file = database(
        4,
        &[
            ("192.0.2.0/24", Value::Map(maxmind)),
            ("198.51.100.0/24", Value::Map(db_ip)),
        ],
    );
    let (stated, _) = read(Format::MaxMind, &file).unwrap();
    assert_eq!(
        stated,
        [
            "192.0.2.0/24 in CH",
            "192.0.2.0/24 at 47.5 8.25",
            "198.51.100.0/24 in FR",
            "198.51.100.0/24 at 48.5 -2.25",
        ]
    );
}

#[test]
fn networks_of_ipv4_that_are_there_again_within_ipv6_are_stated_once() {
    let mut writer = writer("Test-Country", 6);
    writer.insert(prefix("192.0.2.0/24"), &Value::Map(vec![country("CH")]));
    writer.insert(prefix("2001:db8::/32"), &Value::Map(vec![country("CH")]));
    for again in ["::ffff:0:0/96", "2002::/16", "2001::/32"] {
        writer.alias_of_ipv4(prefix(again));
    }
    let (stated, tally) = read(Format::MaxMind, &writer.finish()).unwrap();
    assert_eq!(stated, ["192.0.2.0/24 in CH", "2001:db8::/32 in CH"]);
    assert_eq!(tally.rows, 2);
}

#[test]
fn values_that_are_none_are_left_out_and_counted_for_each_network() {
    let half = (
        "location",
        Value::Map(vec![("latitude", Value::Double(1.0))]),
    );
    let far = location(Value::Double(91.0), Value::Double(0.0));
    let file = database(
        6,
        &[
            ("192.0.2.0/25", Value::Map(vec![country("CHE"), half])),
            ("198.51.100.0/25", Value::Map(vec![country("CH"), far])),
            ("203.0.113.0/24", origin(0, "Nobody")),
            ("203.0.113.0/25", origin(0, "Nobody")),
        ],
    );
    let (stated, tally) = read(Format::MaxMind, &file).unwrap();
    assert_eq!(stated, ["198.51.100.0/25 in CH"]);
    let dropped = [
        (Dropped::Country, 1),
        (Dropped::Position, 2),
        (Dropped::NotRouted, 2),
    ];
    assert_eq!(tally.dropped, dropped.into());
}

#[test]
fn a_name_has_no_control_characters_and_an_end() {
    let long = "\u{1b}]0;x".to_owned() + &"y".repeat(400);
    let file = database(4, &[("192.0.2.0/24", origin(64_500, &long))]);
    let (stated, _) = read(Format::MaxMind, &file).unwrap();
    let kept = format!("AS64500 is \u{fffd}]0;x{}", "y".repeat(256 - 7));
    assert_eq!(stated[0], kept);
}

#[test]
fn a_database_of_something_else_is_refused_and_named() {
    let mut writer = writer("Test-Domain\u{1b}", 4);
    let domain = Value::Map(vec![("domain", Value::text("example.net"))]);
    writer.insert(prefix("192.0.2.0/24"), &domain);
    let error = refused(Format::MaxMind, &writer.finish());
    assert!(
        error.starts_with(
            "there/file: found a database of type `Test-Domain\\u{1b}` with 1 networks, none \
             with an AS, a country or a position; expected a database in MaxMind's format"
        ),
        "{error}"
    );
    let text = Value::Map(vec![("autonomous_system_number", Value::text("64500"))]);
    let error = refused(Format::MaxMind, &database(4, &[("192.0.2.0/24", text)]));
    assert!(error.contains("found damage (decoding error"), "{error}");
}

#[test]
fn a_database_cut_at_any_octet_is_refused() {
    let whole = ases();
    for end in 1..whole.len() {
        let error = refused(Format::MaxMind, &whole[..end]);
        assert!(error.contains("found damage ("), "cut at {end}: {error}");
    }
}

#[test]
fn a_flipped_bit_is_refused_or_read_as_what_it_says() {
    let whole = ases();
    let mut refused = 0;
    for octet in 0..whole.len() {
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[octet] ^= 1 << bit;
            match read(Format::MaxMind, &flipped) {
                Ok((stated, _)) => assert!(stated.len() <= 2 * ASES.len(), "{stated:?}"),
                Err(error) => {
                    refused += 1;
                    assert!(error.to_string().contains("expected a"), "{error}");
                }
            }
        }
    }
    // The format has no checksum: what is flipped in a number or a name is another one.
    assert!(refused > whole.len(), "{refused} of {}", whole.len() * 8);
}

#[test]
fn a_database_of_more_octets_than_the_limit_is_refused() {
    let file = ases();
    let limits = |unpacked| Limits {
        unpacked,
        ..Limits::default()
    };
    let read = |unpacked| {
        let mut kept = crate::Kept {
            texts: Vec::new(),
            limit: 10,
        };
        Format::MaxMind.read("there/file", &*file, limits(unpacked), &mut kept)
    };
    let size = u64::try_from(file.len()).unwrap();
    assert!(read(size).is_ok());
    let error = read(size - 1).unwrap_err().to_string();
    assert!(
        error.contains(&format!("more than {} octets, unpacked", size - 1)),
        "{error}"
    );
}

/// MaxMind's own test databases, where they lie beside the workspace: the names of those
/// below a folder, and how many statements they make, 0 if they are refused.
fn vectors(part: &str) -> Option<Vec<(String, u64)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/vectors/maxmind");
    let mut folders = vec![root.join(part)];
    if !folders[0].is_dir() {
        println!("left out: no test data at {}", folders[0].display());
        return None;
    }
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "mmdb")
            {
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                found.push((name, stated(&std::fs::read(&path).unwrap())));
            }
        }
    }
    Some(found)
}

fn stated(file: &[u8]) -> u64 {
    let mut kept = crate::Kept {
        texts: Vec::new(),
        limit: usize::MAX,
    };
    let read = Format::MaxMind.read("there/file", file, Limits::default(), &mut kept);
    read.map_or(0, |tally| tally.stated)
}

#[test]
fn maxminds_databases_of_ases_countries_and_cities_are_read_and_others_refused() {
    let Some(found) = vectors("test-data") else {
        return;
    };
    for (name, stated) in found {
        let of_use = ["-ASN-", "-City-", "-Country-", "-Enterprise-", "-ISP-"];
        let is_of_use = of_use.iter().any(|kind| name.contains(kind));
        let is_sound = !["Broken", "Invalid"].iter().any(|word| name.contains(word));
        assert_eq!(stated > 0, is_of_use && is_sound, "{name}: {stated}");
    }
}

#[test]
fn maxminds_damaged_databases_are_refused() {
    let Some(found) = vectors("bad-data") else {
        return;
    };
    assert!(found.len() > 15, "{found:?}");
    for (name, stated) in found {
        assert_eq!(stated, 0, "{name}");
    }
}
