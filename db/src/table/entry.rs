//! What was found of an address, before it is copied.

use std::net::IpAddr;
use std::sync::Arc;

use flow::{CountryCode, Locality, Place, Position, Prefix};

use super::names::Names;
use super::row::Row;

/// What a table knows of an address, borrowed from it: to look it up counts no reference
/// to any name, which lanes on several cores would contend for.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'t> {
    pub(super) addr: IpAddr,
    pub(super) row: &'t Row,
    pub(super) names: &'t Names,
}

impl<'t> Entry<'t> {
    /// The most specific known prefix that contains the address.
    #[must_use]
    #[inline]
    pub fn prefix(&self) -> Option<Prefix> {
        self.row.prefix(self.addr)
    }

    /// The origin AS.
    #[must_use]
    #[inline]
    pub const fn asn(&self) -> Option<u32> {
        match self.row.asn {
            0 => None,
            asn => Some(asn),
        }
    }

    /// The name of that AS.
    #[must_use]
    #[inline]
    pub fn as_name(&self) -> Option<&'t str> {
        self.name(self.row.as_name).map(AsRef::as_ref)
    }

    /// The country.
    #[must_use]
    #[inline]
    pub fn country(&self) -> Option<CountryCode> {
        self.row.country()
    }

    /// The position.
    #[must_use]
    #[inline]
    pub fn position(&self) -> Option<Position> {
        self.row.position()
    }

    /// IEEE 802.1Q VLAN identifier, 1 to 4094.
    #[must_use]
    #[inline]
    pub fn vlan(&self) -> Option<u16> {
        self.row.vlan()
    }

    /// The operator's name of the network.
    #[must_use]
    #[inline]
    pub fn network(&self) -> Option<&'t str> {
        self.name(self.row.network).map(AsRef::as_ref)
    }

    /// Private or public.
    #[must_use]
    #[inline]
    pub fn locality(&self) -> Locality {
        self.row.locality()
    }

    /// All of it, as flows carry it.
    #[must_use]
    #[inline]
    pub fn place(self) -> Place {
        Place {
            prefix: self.prefix().map(Into::into),
            asn: self.asn(),
            as_name: self.name(self.row.as_name).cloned(),
            country: self.country(),
            position: self.position(),
            vlan: self.vlan(),
            network: self.name(self.row.network).cloned(),
            locality: Some(self.locality()),
        }
    }

    #[inline]
    fn name(&self, number: u32) -> Option<&'t Arc<str>> {
        self.names.get(usize::try_from(number).ok()?)?.as_ref()
    }
}
