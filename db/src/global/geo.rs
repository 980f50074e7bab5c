//! Countries and positions.

use std::path::Path;

use flow::{CountryCode, Position, Prefix};
use serde::Deserialize;

use super::table::{Form, Found, Table};
use crate::recorded::{RawCountry, RawLocation};
use crate::{DbError, Kind, Statement};

/// Where a network is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct GeoRecord {
    pub(crate) country: Option<CountryCode>,
    pub(crate) position: Option<Position>,
}

/// The fields as the databases have them.
#[derive(Deserialize, Default)]
struct Raw<'a> {
    #[serde(borrow)]
    country: Option<RawCountry<'a>>,
    location: Option<RawLocation>,
}

/// What a record states of a network to those who ask for its country.
pub(crate) fn say_country(prefix: Prefix, record: &GeoRecord) -> [Option<Statement<'static>>; 2] {
    let country = record.country;
    [
        country.map(|country| Statement::Country { prefix, country }),
        None,
    ]
}

/// What a record states of a network to those who ask for its place.
pub(crate) fn say_place(prefix: Prefix, record: &GeoRecord) -> [Option<Statement<'static>>; 2] {
    let [country, _] = say_country(prefix, record);
    let position = record.position;
    let position = position.map(|position| Statement::Position { prefix, position });
    [country, position]
}

/// Opens a country database.
///
/// # Errors
/// [`DbError::Database`] if it is damaged, or has no country at all.
pub(crate) fn country_database(path: &Path, octets: Vec<u8>) -> Result<Table<GeoRecord>, DbError> {
    Table::open(
        path,
        octets,
        Form {
            kind: Kind::Country,
            wanted: "`country.iso_code`",
            decode: |found: &Found<'_>| Ok(record(&found.decode()?.unwrap_or_default())),
            is_wanted: |record| record.country.is_some(),
        },
    )
}

/// Opens a city database.
///
/// # Errors
/// [`DbError::Database`] if it is damaged, or has no position at all.
pub(crate) fn city_database(path: &Path, octets: Vec<u8>) -> Result<Table<GeoRecord>, DbError> {
    Table::open(
        path,
        octets,
        Form {
            kind: Kind::City,
            wanted: "`location.latitude` and `location.longitude`",
            decode: |found: &Found<'_>| Ok(record(&found.decode()?.unwrap_or_default())),
            is_wanted: |record| record.position.is_some(),
        },
    )
}

/// The record, and how many of its values are unusable.
fn record(raw: &Raw<'_>) -> (GeoRecord, usize) {
    let country = RawCountry::value(raw.country.as_ref());
    let position = RawLocation::value(raw.location.as_ref());
    let unusable = usize::from(country.is_unusable()) + usize::from(position.is_unusable());
    let record = GeoRecord {
        country: country.known(),
        position: position.known(),
    };
    (record, unusable)
}
