//! A record of a database, whatever kind of database it is of.

use flow::{CountryCode, Position};
use maxminddb::{LookupResult, MaxMindDbError};
use serde::Deserialize;

use crate::degrees::Degrees;
use crate::name;

/// What a record says, but for the name of the AS.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Record {
    /// The origin AS, as the record has it: 0 is none.
    pub(super) asn: Option<u32>,
    pub(super) country: Value<CountryCode>,
    pub(super) position: Value<Position>,
}

/// A value of a record.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) enum Value<T> {
    /// There is none.
    #[default]
    Absent,
    /// There is one, which is none of its kind.
    Unusable,
    Known(T),
}

impl<T> Value<T> {
    /// A value that may be absent, and may be of use.
    fn of(is_there: bool, value: Option<T>) -> Self {
        match value {
            Some(value) => Self::Known(value),
            None if is_there => Self::Unusable,
            None => Self::Absent,
        }
    }

    pub(super) fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unusable => None,
        }
    }

    pub(super) const fn is_unusable(&self) -> bool {
        matches!(self, Self::Unusable)
    }
}

/// The fields as `MaxMind` and DB-IP name them, in databases of all kinds.
#[derive(Deserialize)]
struct Raw<'a> {
    autonomous_system_number: Option<u32>,
    #[serde(borrow)]
    autonomous_system_organization: Option<&'a str>,
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

/// Decodes the record of a network, and the name of its AS; `None` if there is none.
pub(super) fn decode(
    network: &LookupResult<'_, Vec<u8>>,
) -> Result<Option<(Record, Option<String>)>, MaxMindDbError> {
    let raw: Option<Raw<'_>> = network.decode()?;
    Ok(raw.map(|raw| {
        let name = raw.autonomous_system_organization.and_then(name::clean);
        (record(&raw), name)
    }))
}

/// Half a position is none.
fn record(raw: &Raw<'_>) -> Record {
    let code = raw.country.as_ref().and_then(|country| country.iso_code);
    let (latitude, longitude) = raw.location.as_ref().map_or((None, None), |location| {
        (location.latitude, location.longitude)
    });
    let both = latitude.zip(longitude);
    let position = both.and_then(|(latitude, longitude)| Position::new(latitude.0, longitude.0));
    Record {
        asn: raw.autonomous_system_number,
        country: Value::of(code.is_some(), code.and_then(CountryCode::new)),
        position: Value::of(latitude.is_some() || longitude.is_some(), position),
    }
}
