//! Countries and positions as databases in MaxMind's format record them.

use flow::{CountryCode, Position};
use serde::Deserialize;

use crate::degrees::Degrees;

/// A value of a record.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum Value<T> {
    /// There is none.
    #[default]
    Absent,
    /// There is one, which is none of its kind.
    Unusable,
    /// This one.
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

    pub(crate) fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unusable => None,
        }
    }

    pub(crate) const fn is_unusable(&self) -> bool {
        matches!(self, Self::Unusable)
    }
}

/// A country, as a record names its member `country`.
#[derive(Deserialize)]
pub(crate) struct RawCountry<'a> {
    #[serde(borrow)]
    iso_code: Option<&'a str>,
}

impl RawCountry<'_> {
    /// The country of a record that may have none.
    pub(crate) fn value(raw: Option<&Self>) -> Value<CountryCode> {
        let code = raw.and_then(|country| country.iso_code);
        Value::of(code.is_some(), code.and_then(CountryCode::new))
    }
}

/// A position, as a record names its member `location`.
#[derive(Deserialize)]
pub(crate) struct RawLocation {
    latitude: Option<Degrees>,
    longitude: Option<Degrees>,
}

impl RawLocation {
    /// The position of a record that may have none. Half a position is none.
    pub(crate) fn value(raw: Option<&Self>) -> Value<Position> {
        let latitude = raw.and_then(|location| location.latitude);
        let longitude = raw.and_then(|location| location.longitude);
        let both = latitude.zip(longitude);
        let position = both.and_then(|(lat, long)| Position::new(lat.0, long.0));
        Value::of(latitude.is_some() || longitude.is_some(), position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(code: &str) -> Value<CountryCode> {
        let iso_code = Some(code);
        RawCountry::value(Some(&RawCountry { iso_code }))
    }

    fn position(latitude: f64, longitude: Option<f64>) -> Value<Position> {
        RawLocation::value(Some(&RawLocation {
            latitude: Some(Degrees(latitude)),
            longitude: longitude.map(Degrees),
        }))
    }

    #[test]
    fn latitude_and_longitude_are_not_swapped() {
        let position = position(47.5, Some(8.5)).known().unwrap();
        assert_eq!((position.latitude, position.longitude), (47.5, 8.5));
    }

    #[test]
    fn values_that_are_none_are_told_from_those_that_are_absent() {
        assert_eq!(country("ch").known(), CountryCode::new("CH"));
        assert_eq!(country("CHE"), Value::Unusable);
        assert_eq!(RawCountry::value(None), Value::Absent);
        for (latitude, longitude) in [(91.0, Some(8.5)), (47.5, None), (f64::NAN, Some(8.5))] {
            assert_eq!(position(latitude, longitude), Value::Unusable);
        }
        assert_eq!(RawLocation::value(None), Value::Absent);
    }
}
