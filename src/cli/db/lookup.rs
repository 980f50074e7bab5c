//! `flowstream db lookup`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::IpAddr;

use db::{Databases, Found};
use serde_json::json;
use settings::Settings;

use super::{DbCommandError, Format};
use crate::cli::safe::shown;
use crate::cli::{CliError, library};

/// Says what flows from and to these addresses are given, and what was stated besides.
pub(super) fn lookup(
    settings: &Settings,
    addresses: &[IpAddr],
    format: Format,
) -> Result<(), CliError> {
    let files = library::files(settings);
    let databases = Databases::open(&files).map_err(DbCommandError::Open)?;
    let mut text = String::new();
    for &addr in addresses {
        let found = databases.lookup(addr);
        match format {
            Format::Table => table(&mut text, addr, &found),
            Format::Jsonl => jsonl(&mut text, addr, &found),
        }
    }
    let written = std::io::stdout().write_all(text.as_bytes());
    written.map_err(CliError::Stdout)
}

fn table(text: &mut String, addr: IpAddr, found: &Found) {
    let place = &found.place;
    let none = || "-".to_owned();
    let asn = match (place.asn, &place.as_name) {
        (None, _) => none(),
        (Some(asn), None) => format!("AS{asn}"),
        (Some(asn), Some(name)) => format!("AS{asn} {}", shown(name)),
    };
    let position = place.position;
    let position = position.map(|at| format!("{}, {}", at.latitude, at.longitude));
    writeln!(text, "{addr}").ok();
    for (name, value) in [
        (
            "prefix",
            place.prefix.map_or_else(none, |prefix| prefix.to_string()),
        ),
        ("origin", asn),
        (
            "country",
            place
                .country
                .map_or_else(none, |code| code.as_str().to_owned()),
        ),
        ("position", position.unwrap_or_else(none)),
        ("network", place.network.as_deref().map_or_else(none, shown)),
        (
            "vlan",
            place.vlan.map_or_else(none, |vlan| vlan.to_string()),
        ),
        (
            "locality",
            place.locality.map_or("-", flow::Locality::name).to_owned(),
        ),
    ] {
        writeln!(text, "  {name:<9} {value}").ok();
    }
    for (number, origin) in found.origins.iter().enumerate() {
        let counts = if number == 0 { ", which counts" } else { "" };
        let (asn, weight) = (origin.asn, origin.peers);
        writeln!(text, "  stated    AS{asn}, weight {weight}{counts}").ok();
    }
}

fn jsonl(text: &mut String, addr: IpAddr, found: &Found) {
    let place = &found.place;
    let origins = found.origins.iter();
    let origins: Vec<_> = origins
        .map(|origin| json!({"asn": origin.asn, "weight": origin.peers}))
        .collect();
    let line = json!({
        "addr": addr.to_string(),
        "prefix": place.prefix.map(|prefix| prefix.to_string()),
        "asn": place.asn,
        "as_name": place.as_name.as_deref(),
        "country": place.country.as_ref().map(|code| code.as_str()),
        "latitude": place.position.map(|at| at.latitude),
        "longitude": place.position.map(|at| at.longitude),
        "network": place.network.as_deref(),
        "vlan": place.vlan,
        "locality": place.locality.map(flow::Locality::name),
        "origins": origins,
    });
    writeln!(text, "{line}").ok();
}
