//! The databases below `fixture/`: the remote hosts of the built-in generator.
//!
//! 198.19.0.0/16 is cut into sixteen /20, 2001:db8:ffff::/48 into sixteen /52. Network
//! number n of both has the same origin, country and position. All numbers and names
//! are reserved for documentation or private use; the places are invented for them.

use flow::Prefix;

use super::mmdb_writer::{Metadata, MmdbWriter, Value};

/// Country, latitude and longitude of each of the sixteen networks.
pub(crate) const PLACES: [(&str, f64, f64); 16] = [
    ("CH", 47.37, 8.54),
    ("DE", 52.52, 13.4),
    ("FR", 48.86, 2.35),
    ("GB", 51.51, -0.13),
    ("US", 37.77, -122.42),
    ("BR", -23.55, -46.63),
    ("ZA", -33.92, 18.42),
    ("IN", 19.08, 72.88),
    ("JP", 35.68, 139.69),
    ("AU", -33.87, 151.21),
    ("SE", 59.33, 18.07),
    ("PL", 52.23, 21.01),
    ("CA", 45.5, -73.57),
    ("KE", -1.29, 36.82),
    ("SG", 1.35, 103.82),
    ("NZ", -36.85, 174.76),
];

/// The network without origin, as some of the Internet has none.
pub(crate) const WITHOUT_ORIGIN: u8 = 14;
/// The network without country and position.
pub(crate) const WITHOUT_PLACE: u8 = 15;

/// The AS of a network: in turn from the 16-bit numbers for documentation (RFC 5398)
/// and the 32-bit ones for private use (RFC 6996).
pub(crate) fn asn(network: u8) -> u32 {
    match network % 2 {
        0 => 64_496 + u32::from(network),
        _ => 4_200_000_000 + u32::from(network),
    }
}

/// The name of that AS.
pub(crate) fn as_name(network: u8) -> String {
    format!("Example Network {network}")
}

/// The IPv4 and the IPv6 prefix of a network.
pub(crate) fn prefixes(network: u8) -> [Prefix; 2] {
    let v4 = format!("198.19.{}.0/20", u16::from(network) << 4);
    let v6 = format!("2001:db8:ffff:{:x}::/52", u16::from(network) << 12);
    [v4, v6].map(|text| text.parse().expect("a prefix"))
}

/// File name and octets of each fixture.
pub(crate) fn all() -> [(&'static str, Vec<u8>); 3] {
    [
        ("country.mmdb", country()),
        ("city.mmdb", city()),
        ("asn.mmdb", origin()),
    ]
}

/// Each has another record size, so that all three are read in tests.
fn writer(database_type: &'static str, record_size: u16) -> MmdbWriter {
    MmdbWriter::new(Metadata {
        database_type,
        description: "invented records for the addresses of the flow generator",
        ip_version: 6,
        record_size,
        // 2026-01-01T00:00:00Z
        build_epoch: 1_767_225_600,
    })
}

fn country_of(network: u8) -> (&'static str, Value) {
    let (code, ..) = PLACES[usize::from(network)];
    let fields = Value::Map(vec![("iso_code", Value::text(code))]);
    ("country", fields)
}

fn country() -> Vec<u8> {
    build("Test-Country", 24, WITHOUT_PLACE, |network| {
        Value::Map(vec![country_of(network)])
    })
}

fn city() -> Vec<u8> {
    build("Test-City", 28, WITHOUT_PLACE, |network| {
        let (_, latitude, longitude) = PLACES[usize::from(network)];
        let location = Value::Map(vec![
            ("latitude", Value::Double(latitude)),
            ("longitude", Value::Double(longitude)),
        ]);
        Value::Map(vec![country_of(network), ("location", location)])
    })
}

fn origin() -> Vec<u8> {
    build("Test-ASN", 32, WITHOUT_ORIGIN, |network| {
        Value::Map(vec![
            ("autonomous_system_number", Value::U32(asn(network))),
            (
                "autonomous_system_organization",
                Value::text(as_name(network)),
            ),
        ])
    })
}

fn build(
    database_type: &'static str,
    record_size: u16,
    without: u8,
    record: impl Fn(u8) -> Value,
) -> Vec<u8> {
    let mut writer = writer(database_type, record_size);
    for network in (0..16).filter(|network| *network != without) {
        for prefix in prefixes(network) {
            writer.insert(prefix, &record(network));
        }
    }
    writer.finish()
}
