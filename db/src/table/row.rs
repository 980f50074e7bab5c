//! What is known of the addresses of a range, in half a cache line.

use std::net::IpAddr;

use flow::{CountryCode, Locality, Position, Prefix};

use crate::flowdb::Octets;

/// What is known of an address, but for its prefix only the length: the rest of that are
/// bits of the address. So neighbouring networks of one origin share a row.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Known {
    /// The length of the prefix.
    pub(super) prefix_len: Option<u8>,
    /// The origin AS; 0 is unknown.
    pub(super) asn: u32,
    /// The number of its name; 0 is unknown.
    pub(super) as_name: u32,
    pub(super) country: Option<CountryCode>,
    pub(super) position: Option<Position>,
    pub(super) vlan: Option<u16>,
    /// The number of the network's name; 0 is unknown.
    pub(super) network: u32,
    pub(super) is_private: bool,
}

/// [`Known`], packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(align(32))]
pub(super) struct Row {
    /// The bits of the position's values; those of no number where there is none.
    latitude: u64,
    longitude: u64,
    pub(super) asn: u32,
    pub(super) as_name: u32,
    pub(super) network: u32,
    /// From the lowest bit on: the prefix length and one, the VLAN, the country, and
    /// whether the address is private. 0 is unknown.
    packed: u32,
}

/// Bits of the parts of `packed`.
const LEN_BITS: u32 = 8;
const VLAN_BITS: u32 = 12;
const COUNTRY_BITS: u32 = 10;
const VLAN_AT: u32 = LEN_BITS;
const COUNTRY_AT: u32 = VLAN_AT + VLAN_BITS;
const PRIVATE_AT: u32 = COUNTRY_AT + COUNTRY_BITS;

const NO_POSITION: u64 = u64::MAX;

/// The low bits of a number.
const fn low(bits: u32, count: u32) -> u32 {
    bits & ((1 << count) - 1)
}

impl Row {
    pub(super) fn new(known: &Known) -> Self {
        let position = known.position.map(|at| (at.latitude, at.longitude));
        let bits = |degrees: f64| degrees.to_bits();
        let (latitude, longitude) = position.map_or((NO_POSITION, NO_POSITION), |(lat, long)| {
            (bits(lat), bits(long))
        });
        let len = known.prefix_len.map_or(0, |len| u32::from(len) + 1);
        let vlan = known.vlan.map_or(0, u32::from);
        let country = known.country.map_or(0, country_number);
        Self {
            latitude,
            longitude,
            asn: known.asn,
            as_name: known.as_name,
            network: known.network,
            packed: low(len, LEN_BITS)
                | low(vlan, VLAN_BITS) << VLAN_AT
                | low(country, COUNTRY_BITS) << COUNTRY_AT
                | u32::from(known.is_private) << PRIVATE_AT,
        }
    }

    pub(super) fn known(&self) -> Known {
        Known {
            prefix_len: self.prefix_len(),
            asn: self.asn,
            as_name: self.as_name,
            country: self.country(),
            position: self.position(),
            vlan: self.vlan(),
            network: self.network,
            is_private: self.locality() == Locality::Private,
        }
    }

    #[inline]
    pub(super) fn prefix_len(&self) -> Option<u8> {
        let len = low(self.packed, LEN_BITS).checked_sub(1)?;
        u8::try_from(len).ok()
    }

    /// The numbers of its names; 0 is none.
    pub(super) const fn names(&self) -> [u32; 2] {
        [self.as_name, self.network]
    }

    /// Octets that a row takes in a file.
    pub(super) const OCTETS: usize = 32;

    pub(super) fn octets(&self) -> [u8; Self::OCTETS] {
        let mut octets = [0; Self::OCTETS];
        octets[..8].copy_from_slice(&self.latitude.to_le_bytes());
        octets[8..16].copy_from_slice(&self.longitude.to_le_bytes());
        let numbers = [self.asn, self.as_name, self.network, self.packed];
        for (octets, number) in octets[16..].chunks_exact_mut(4).zip(numbers) {
            octets.copy_from_slice(&number.to_le_bytes());
        }
        octets
    }

    /// The row of such octets; `None` if it would be none that was made of something known.
    pub(super) fn from_octets(octets: [u8; Self::OCTETS]) -> Option<Self> {
        let mut octets = Octets::new(&octets);
        let (latitude, longitude) = (octets.u64()?, octets.u64()?);
        let (asn, as_name) = (octets.u32()?, octets.u32()?);
        let row = Self {
            latitude,
            longitude,
            asn,
            as_name,
            network: octets.u32()?,
            packed: octets.u32()?,
        };
        let known = row.known();
        let is_sound = known
            .position
            .is_none_or(|at| Position::new(at.latitude, at.longitude).is_some())
            && known.prefix_len.is_none_or(|len| len <= 128)
            && known.vlan.is_none_or(|vlan| vlan <= 4_094);
        (is_sound && Self::new(&known) == row).then_some(row)
    }

    /// The prefix of an address of this row.
    #[inline]
    pub(super) fn prefix(&self, addr: IpAddr) -> Option<Prefix> {
        Prefix::containing(addr, self.prefix_len()?).ok()
    }

    #[inline]
    pub(super) fn country(&self) -> Option<CountryCode> {
        let number = low(self.packed >> COUNTRY_AT, COUNTRY_BITS);
        country_of(number)
    }

    #[inline]
    pub(super) fn position(&self) -> Option<Position> {
        // Made of a position, or of none: there is nothing to check again.
        (self.latitude != NO_POSITION).then(|| Position {
            latitude: f64::from_bits(self.latitude),
            longitude: f64::from_bits(self.longitude),
        })
    }

    #[inline]
    pub(super) fn vlan(&self) -> Option<u16> {
        let vlan = low(self.packed >> VLAN_AT, VLAN_BITS);
        u16::try_from(vlan).ok().filter(|vlan| *vlan != 0)
    }

    #[inline]
    pub(super) fn locality(&self) -> Locality {
        match self.packed >> PRIVATE_AT {
            0 => Locality::Public,
            _ => Locality::Private,
        }
    }
}

/// Bits of a letter as its place in the alphabet, from 1 on.
const LETTER_BITS: u32 = COUNTRY_BITS / 2;

/// A country as a number that is not 0.
pub(super) fn country_number(country: CountryCode) -> u32 {
    let letter = |octet: u8| u32::from(octet.saturating_sub(b'A') + 1);
    match *country.as_str().as_bytes() {
        [first, second] => letter(first) << LETTER_BITS | letter(second),
        _ => 0,
    }
}

/// The country of a number; none is 0.
#[inline]
pub(super) fn country_of(number: u32) -> Option<CountryCode> {
    let letter = |number: u32| {
        let [place, ..] = low(number, LETTER_BITS).to_le_bytes();
        b'A' - 1 + place
    };
    CountryCode::from_octets([letter(number >> LETTER_BITS), letter(number)])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_row_takes_half_a_cache_line() {
        assert_eq!(size_of::<Row>(), 32);
    }

    prop_compose! {
        fn any_known()(
            prefix_len in prop::option::of(0..=128_u8),
            (asn, as_name, network) in any::<(u32, u32, u32)>(),
            country in prop::option::of("[A-Z]{2}"),
            position in prop::option::of((-90.0..=90.0, -180.0..=180.0)),
            vlan in prop::option::of(1..=4094_u16),
            is_private in any::<bool>(),
        ) -> Known {
            Known {
                prefix_len, asn, as_name, network, vlan, is_private,
                country: country.as_deref().and_then(CountryCode::new),
                position: position.and_then(|(latitude, longitude)| Position::new(latitude, longitude)),
            }
        }
    }

    proptest! {
        #[test]
        fn a_row_keeps_what_is_known(known in any_known()) {
            prop_assert_eq!(Row::new(&known).known(), known);
        }
    }
}
