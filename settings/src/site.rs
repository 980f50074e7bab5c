//! `[enricher.site]`: what private addresses get.

use flow::{CountryCode, Position};
use toml::Value;

use crate::check::{Check, Item, item};
use crate::raw;

/// What private addresses get where no row of the operator says otherwise; `None` is
/// unknown.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Site {
    country: Option<CountryCode>,
    position: Option<Position>,
    asn: Option<u32>,
    as_name: Option<String>,
}

impl Site {
    /// The country.
    #[must_use]
    pub const fn country(&self) -> Option<CountryCode> {
        self.country
    }

    /// The position.
    #[must_use]
    pub const fn position(&self) -> Option<Position> {
        self.position
    }

    /// The number of the Autonomous System.
    #[must_use]
    pub const fn asn(&self) -> Option<u32> {
        self.asn
    }

    /// The name of the Autonomous System, where it is not the usual one.
    #[must_use]
    pub fn as_name(&self) -> Option<&str> {
        self.as_name.as_deref()
    }

    pub(crate) fn check(raw: &raw::Site, check: &mut Check<'_>) -> Option<Self> {
        let country = country(item("enricher.site.country", &raw.country), check);
        let latitude = item("enricher.site.latitude", &raw.latitude);
        let longitude = item("enricher.site.longitude", &raw.longitude);
        let position = position(latitude, longitude, check);
        let asn = check.integer(item("enricher.site.asn", &raw.asn), &(0..=ASN_MAX));
        let as_name = as_name(item("enricher.site.as_name", &raw.as_name), check);
        Some(Self {
            country: country?,
            position: position?,
            asn: u32::try_from(asn?).ok().filter(|asn| *asn != 0),
            as_name: as_name?,
        })
    }
}

/// The largest AS number that an AS can have: the one after it is reserved (RFC 7300).
const ASN_MAX: i64 = 4_294_967_294;

/// Octets of a name; it goes into every flow of a private address.
const NAME_MAX: usize = 128;

fn country(item: Item<'_>, check: &mut Check<'_>) -> Option<Option<CountryCode>> {
    match item.value.as_str() {
        Some("") => return Some(None),
        text => {
            if let Some(country) = text.and_then(CountryCode::new) {
                return Some(Some(country));
            }
        }
    }
    let expected = "two letters (ISO 3166-1) such as \"CH\", or \"\" for unknown";
    check.refuse(item, expected);
    None
}

/// Both coordinates or none. Of one alone, the other one is missing.
fn position(
    latitude: Item<'_>,
    longitude: Item<'_>,
    check: &mut Check<'_>,
) -> Option<Option<Position>> {
    let north = degrees(latitude, 90, check);
    let east = degrees(longitude, 180, check);
    match (north?, east?) {
        (None, None) => Some(None),
        (Some(north), Some(east)) => Some(Position::new(north, east)),
        (north, _) if check.is_whole() => {
            let (given, missing) = if north.is_some() {
                (latitude, longitude)
            } else {
                (longitude, latitude)
            };
            let origin = check.origin(given.key);
            let expected = format!("a number as well, since {} is one ({origin})", given.key);
            check.refuse_at(origin, missing, expected);
            None
        }
        _ => None,
    }
}

fn degrees(item: Item<'_>, most: i32, check: &mut Check<'_>) -> Option<Option<f64>> {
    if item.value.as_str() == Some("unknown") {
        return Some(None);
    }
    let degrees = match item.value {
        Value::Float(degrees) => Some(*degrees),
        Value::Integer(degrees) => i32::try_from(*degrees).ok().map(f64::from),
        _ => None,
    };
    let degrees = degrees.filter(|degrees| degrees.abs() <= f64::from(most));
    if degrees.is_none() {
        let expected = format!("degrees from -{most} to {most}, or \"unknown\"");
        check.refuse(item, expected);
    }
    degrees.map(Some)
}

fn as_name(item: Item<'_>, check: &mut Check<'_>) -> Option<Option<String>> {
    let name = check.text(item)?;
    if name.len() > NAME_MAX || name.chars().any(char::is_control) {
        let expected = format!("at most {NAME_MAX} octets without control characters");
        check.refuse(item, expected);
        return None;
    }
    Some((!name.is_empty()).then_some(name))
}
