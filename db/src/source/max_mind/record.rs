//! A record of a database, whatever kind of database it is of.

use flow::{CountryCode, Position};
use maxminddb::{LookupResult, MaxMindDbError};
use serde::Deserialize;

use crate::name;
use crate::recorded::{RawCountry, RawLocation, Value};

/// What a record says, but for the name of the AS.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Record {
    /// The origin AS, as the record has it: 0 is none.
    pub(super) asn: Option<u32>,
    pub(super) country: Value<CountryCode>,
    pub(super) position: Value<Position>,
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

fn record(raw: &Raw<'_>) -> Record {
    Record {
        asn: raw.autonomous_system_number,
        country: RawCountry::value(raw.country.as_ref()),
        position: RawLocation::value(raw.location.as_ref()),
    }
}
