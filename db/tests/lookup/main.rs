//! The databases through their public face, over real files.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of this is test code; the exemption in clippy.toml sees only test functions"
)]

#[path = "../support/mod.rs"]
mod support;

mod attributes;
mod files;
mod global;
mod kept;
mod maxmind;
mod prefix_files;
mod shipped;
mod site;
mod special_purpose;
mod world;

use std::path::{Path, PathBuf};

use db::{Databases, DbError, File, Files, Site};
use flow::Place;
use mediation::enrich::Lookup;

/// A file below the crate.
fn crate_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Writes a file for one test; `name` is its own.
fn written(name: &str, octets: impl AsRef<[u8]>) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, octets).unwrap();
    path
}

/// The shipped and the fixture files, all required.
fn all_files() -> Files {
    let file = |name| Some(File::required(crate_file(name)));
    Files {
        private_prefixes: file("private_prefixes.csv"),
        private_prefixes_vlans: file("private_prefixes_vlans.csv"),
        country: file("fixture/country.mmdb"),
        city: file("fixture/city.mmdb"),
        asn: file("fixture/asn.mmdb"),
        ..Files::default()
    }
}

fn open_prefixes(path: &Path) -> Result<Databases, DbError> {
    Databases::open(&Files {
        private_prefixes: Some(File::required(path)),
        ..Files::default()
    })
}

fn open_vlans(path: &Path) -> Result<Databases, DbError> {
    Databases::open(&Files {
        private_prefixes_vlans: Some(File::required(path)),
        ..Files::default()
    })
}

fn open_country(path: &Path) -> Result<Databases, DbError> {
    Databases::open(&Files {
        country: Some(File::required(path)),
        ..Files::default()
    })
}

fn open_city(path: &Path) -> Result<Databases, DbError> {
    Databases::open(&Files {
        city: Some(File::required(path)),
        ..Files::default()
    })
}

fn open_asn(path: &Path) -> Result<Databases, DbError> {
    Databases::open(&Files {
        asn: Some(File::required(path)),
        ..Files::default()
    })
}

fn place(databases: &Databases, addr: &str) -> Place {
    databases.place(addr.parse().unwrap())
}

/// A place in one line, `-` for what is unknown.
fn told(place: &Place) -> String {
    fn field(value: Option<impl ToString>) -> String {
        value.map_or_else(|| "-".to_owned(), |value| value.to_string())
    }
    let position = place.position;
    [
        field(place.prefix),
        field(place.asn),
        field(place.as_name.as_deref()),
        field(place.country.as_ref().map(flow::CountryCode::as_str)),
        field(position.map(|position| position.latitude)),
        field(position.map(|position| position.longitude)),
        field(place.vlan),
        field(place.network.as_deref()),
        field(place.locality.map(flow::Locality::name)),
    ]
    .join(" | ")
}
