//! Four ways to look up: ours, and three others.

use std::net::IpAddr;
use std::sync::Arc;

use db::{Builder, Statement, Statements, Table};
use flow::{CountryCode, Place, Position, Prefix};
use ipnet::{Ipv4Net, Ipv6Net};
use iprange::IpRange;
use maxminddb::Reader;
use prefix_trie::PrefixMap;
use serde::Deserialize;

use crate::mmdb_writer::{Metadata, MmdbWriter, Value};
use crate::world::{Known, World, as_name};

fn all(world: &World) -> impl Iterator<Item = &Known> {
    world.v4.iter().chain(&world.v6)
}

/// The table of a world.
///
/// # Panics
/// If a builder does not take that many statements.
#[must_use]
pub fn table(world: &World) -> Table {
    let mut builder = Builder::default();
    let mut state = |statement: Statement<'_>| {
        let stated = builder.state(statement);
        assert!(stated.is_ok(), "it takes more");
    };
    for known in all(world) {
        let Known {
            prefix,
            asn,
            country,
            position,
        } = *known;
        state(Statement::Origin {
            prefix,
            asn,
            peers: 1,
        });
        state(Statement::Country { prefix, country });
        state(Statement::Position { prefix, position });
        state(Statement::AsName {
            asn,
            name: &as_name(asn),
        });
    }
    builder.build()
}

/// The package `maxminddb` over a database of one record for each prefix.
#[derive(Debug)]
pub struct Maxmind(Reader<Vec<u8>>);

/// What it finds. Texts are borrowed from the database.
#[derive(Debug, Deserialize)]
pub struct Record<'a> {
    /// The origin AS.
    pub autonomous_system_number: u32,
    /// Its name.
    pub autonomous_system_organization: &'a str,
    /// The country.
    #[serde(borrow)]
    pub country: Country<'a>,
    /// The position.
    pub location: Location,
}

/// A country.
#[derive(Debug, Deserialize)]
pub struct Country<'a> {
    /// ISO 3166-1 alpha-2.
    pub iso_code: &'a str,
}

/// A position.
#[derive(Debug, Deserialize)]
pub struct Location {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

impl Maxmind {
    /// That of a world.
    ///
    /// # Panics
    /// If the database that is made of it cannot be read.
    #[must_use]
    pub fn new(world: &World) -> Self {
        let mut writer = MmdbWriter::new(Metadata {
            database_type: "Test",
            description: "a made-up world",
            ip_version: 6,
            record_size: 28,
            build_epoch: 0,
        });
        let mut known: Vec<&Known> = all(world).collect();
        known.sort_by_key(|known| known.prefix.len());
        for known in known {
            writer.insert(known.prefix, &record(known));
        }
        let reader = Reader::from_source(writer.finish());
        Self(reader.unwrap_or_else(|error| unreachable!("it was just made: {error}")))
    }

    /// What is known of an address.
    #[must_use]
    pub fn find(&self, addr: IpAddr) -> Option<Record<'_>> {
        self.0.lookup(addr).ok()?.decode().ok()?
    }
}

fn record(known: &Known) -> Value {
    let text = |text: &str| Value::text(text);
    let country = ("iso_code", text(known.country.as_str()));
    let latitude = ("latitude", Value::Double(known.position.latitude));
    let longitude = ("longitude", Value::Double(known.position.longitude));
    let name = as_name(known.asn);
    Value::Map(vec![
        ("autonomous_system_number", Value::U32(known.asn)),
        ("autonomous_system_organization", Value::text(name)),
        ("country", Value::Map(vec![country])),
        ("location", Value::Map(vec![latitude, longitude])),
    ])
}

/// The package `prefix-trie`, a map of prefixes for each family.
#[derive(Debug, Default)]
pub struct Trie {
    v4: PrefixMap<Ipv4Net, Attributes>,
    v6: PrefixMap<Ipv6Net, Attributes>,
    names: Vec<Option<Arc<str>>>,
}

/// What the trie has of a prefix.
#[derive(Debug, Clone, Copy)]
struct Attributes {
    asn: u32,
    country: CountryCode,
    position: Position,
}

impl Trie {
    /// That of a world.
    #[must_use]
    pub fn new(world: &World) -> Self {
        let mut trie = Self::default();
        for known in all(world) {
            let attributes = Attributes {
                asn: known.asn,
                country: known.country,
                position: known.position,
            };
            match Net::of(known.prefix) {
                Net::V4(net) => drop(trie.v4.insert(net, attributes)),
                Net::V6(net) => drop(trie.v6.insert(net, attributes)),
            }
            let asn = known.asn as usize;
            trie.names.resize(trie.names.len().max(asn + 1), None);
            trie.names[asn].get_or_insert_with(|| as_name(known.asn).into());
        }
        trie
    }

    /// What is known of an address.
    #[must_use]
    pub fn find(&self, addr: IpAddr) -> Option<Place> {
        let (addr, len, found) = match addr {
            IpAddr::V4(v4) => {
                let (net, found) = self.v4.get_lpm(&Ipv4Net::from(v4))?;
                (net.addr().into(), net.prefix_len(), found)
            }
            IpAddr::V6(v6) => {
                let (net, found) = self.v6.get_lpm(&Ipv6Net::from(v6))?;
                (net.addr().into(), net.prefix_len(), found)
            }
        };
        Some(Place {
            prefix: Prefix::containing(addr, len).ok().map(Into::into),
            asn: Some(found.asn),
            as_name: self.names.get(found.asn as usize).cloned().flatten(),
            country: Some(found.country),
            position: Some(found.position),
            ..Place::default()
        })
    }
}

/// The package `iprange`, a set for each family. It knows whether an address is in it,
/// and nothing else.
#[derive(Debug, Default)]
pub struct Set {
    v4: IpRange<Ipv4Net>,
    v6: IpRange<Ipv6Net>,
}

impl Set {
    /// That of a world.
    #[must_use]
    pub fn new(world: &World) -> Self {
        let mut set = Self::default();
        for known in all(world) {
            match Net::of(known.prefix) {
                Net::V4(net) => drop(set.v4.add(net)),
                Net::V6(net) => drop(set.v6.add(net)),
            }
        }
        set.v4.simplify();
        set.v6.simplify();
        set
    }

    /// Whether the address is in it.
    #[must_use]
    pub fn contains(&self, addr: IpAddr) -> bool {
        match addr {
            IpAddr::V4(v4) => self.v4.contains(&v4),
            IpAddr::V6(v6) => self.v6.contains(&v6),
        }
    }
}

enum Net {
    V4(Ipv4Net),
    V6(Ipv6Net),
}

impl Net {
    fn of(prefix: Prefix) -> Self {
        match prefix.addr() {
            IpAddr::V4(addr) => Self::V4(Ipv4Net::new_assert(addr, prefix.len())),
            IpAddr::V6(addr) => Self::V6(Ipv6Net::new_assert(addr, prefix.len())),
        }
    }
}
