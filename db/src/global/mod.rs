//! The rest of the world: databases in MaxMind's format.

mod asn;
mod geo;
mod table;

pub(crate) use asn::{AsRecord, asn_database};
pub(crate) use geo::{GeoRecord, city_database, country_database};
pub(crate) use table::{Table, foreign_format, prefix_of};

/// Octets that such a file may have.
pub(crate) const SIZE_MAX: u64 = 2 << 30;
