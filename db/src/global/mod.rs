//! The operator's databases of the world, in MaxMind's format.

mod asn;
mod geo;
mod table;

pub(crate) use asn::{as_names, asn_database, say_origin};
pub(crate) use geo::{city_database, country_database, say_country, say_place};
pub(crate) use table::{Table, foreign_format};

/// Octets that such a file may have.
pub(crate) const SIZE_MAX: u64 = 2 << 30;
