//! Countries and positions.

use std::path::Path;

use flow::{CountryCode, Position, Prefix};
use serde::Deserialize;

use super::table::{Form, Found, Table};
use crate::degrees::Degrees;
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

#[derive(Deserialize)]
struct RawCountry<'a> {
    #[serde(borrow)]
    iso_code: Option<&'a str>,
}

#[derive(Deserialize)]
struct RawLocation {
    latitude: Option<Degrees>,
    longitude: Option<Degrees>,
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

/// The record, and how many of its values are unusable. Half a position is none.
fn record(raw: &Raw<'_>) -> (GeoRecord, usize) {
    let code = raw.country.as_ref().and_then(|country| country.iso_code);
    let country = code.and_then(CountryCode::new);
    let (latitude, longitude) = raw.location.as_ref().map_or((None, None), |location| {
        (location.latitude, location.longitude)
    });
    let position = latitude
        .zip(longitude)
        .and_then(|(latitude, longitude)| Position::new(latitude.0, longitude.0));
    let has_position = latitude.is_some() || longitude.is_some();
    let unusable = usize::from(code.is_some() && country.is_none())
        + usize::from(has_position && position.is_none());
    (GeoRecord { country, position }, unusable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(code: &str, latitude: f64, longitude: Option<f64>) -> Raw<'_> {
        Raw {
            country: Some(RawCountry {
                iso_code: Some(code),
            }),
            location: Some(RawLocation {
                latitude: Some(Degrees(latitude)),
                longitude: longitude.map(Degrees),
            }),
        }
    }

    #[test]
    fn latitude_and_longitude_are_not_swapped() {
        let (record, unusable) = record(&raw("ch", 47.5, Some(8.5)));
        let position = record.position.unwrap();
        assert_eq!((position.latitude, position.longitude), (47.5, 8.5));
        assert_eq!(record.country, CountryCode::new("CH"));
        assert_eq!(unusable, 0);
    }

    #[test]
    fn values_that_are_none_are_left_out_and_counted() {
        assert_eq!(
            record(&raw("CHE", 91.0, Some(8.5))),
            (GeoRecord::default(), 2)
        );
        assert_eq!(record(&raw("CHE", 47.5, None)), (GeoRecord::default(), 2));
        assert_eq!(record(&raw("CH", f64::NAN, Some(8.5))).1, 1);
        assert_eq!(record(&Raw::default()), (GeoRecord::default(), 0));
    }
}
