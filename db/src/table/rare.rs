//! What names few hosts is left out: an AS or a country with few addresses.

use std::collections::HashMap;
use std::hash::Hash;

use super::Table;
use super::ranges::Ranges;
use super::row::{Known, Row};

/// How many addresses of each family there are of each thing: IPv4 addresses, and IPv6
/// networks of 64 bits.
struct Sizes<T>(HashMap<T, [u64; 2]>);

impl<T: Eq + Hash> Sizes<T> {
    fn new() -> Self {
        Self(HashMap::new())
    }

    fn add(&mut self, thing: T, family: usize, size: u64) {
        if let Some(sum) = self.0.entry(thing).or_default().get_mut(family) {
            *sum = sum.saturating_add(size);
        }
    }

    /// Whether there are some, but too few, of one of the families: each tells its own.
    fn is_rare(&self, thing: &T, limit: u64) -> bool {
        let sizes = self.0.get(thing).copied().unwrap_or_default();
        sizes.into_iter().any(|size| size > 0 && size < limit)
    }
}

impl Table {
    /// The same without ASNs that have fewer addresses than `limit` in a family that they
    /// have any of, and without countries that do, whose positions go with them. IPv6 is
    /// counted in networks of 64 bits. 0 leaves all as it is.
    #[must_use]
    pub fn without_rare(mut self, limit: u64) -> Self {
        if limit == 0 {
            return self;
        }
        let known: Vec<Known> = self.rows.iter().map(Row::known).collect();
        let (mut ases, mut countries) = (Sizes::new(), Sizes::new());
        let mut add = |family, value: u32, size| {
            let known = usize::try_from(value).ok().and_then(|at| known.get(at));
            let Some(known) = known else { return };
            if known.asn != 0 {
                ases.add(known.asn, family, size);
            }
            if let Some(country) = known.country {
                countries.add(country, family, size);
            }
        };
        let v4 = self.search.ranges_v4();
        for (size, value) in sized(&v4, 1 << 32, u64::from) {
            add(0, value, size);
        }
        let v6 = self.search.ranges_v6();
        let networks = |start: u128| u64::try_from(start >> 64).unwrap_or(u64::MAX);
        for (size, value) in sized(&v6, u64::MAX, networks) {
            // A part of a network of 64 bits is one.
            add(1, value, size.max(1));
        }
        for (row, mut known) in self.rows.iter_mut().zip(known.iter().cloned()) {
            if ases.is_rare(&known.asn, limit) {
                (known.asn, known.as_name) = (0, 0);
            }
            if known
                .country
                .is_some_and(|country| countries.is_rare(&country, limit))
            {
                (known.country, known.position) = (None, None);
            }
            *row = Row::new(&known);
        }
        self
    }
}

/// How large each range is, and its value.
fn sized<A: Copy>(
    ranges: &Ranges<A>,
    end: u64,
    number: impl Fn(A) -> u64,
) -> impl Iterator<Item = (u64, u32)> {
    let ends = ranges
        .iter()
        .skip(1)
        .map(|(start, _)| Some(*start))
        .chain([None]);
    ranges.iter().zip(ends).map(move |((start, value), next)| {
        let next = next.map_or(end, &number);
        (next.saturating_sub(number(*start)), *value)
    })
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use flow::{CountryCode, Position};

    use crate::{Builder, Statement, Statements, Table};

    fn table() -> Table {
        let mut builder = Builder::default();
        for (prefix, asn, country) in [
            ("192.0.2.0/24", 64_500, "LI"),
            ("198.51.100.0/25", 64_501, "CH"),
            ("198.51.100.128/25", 64_501, "CH"),
            ("203.0.113.0/24", 64_502, "CH"),
            ("2001:db8::/56", 64_502, "CH"),
            ("2001:db8:1::/48", 64_501, "CH"),
        ] {
            let prefix = prefix.parse().unwrap();
            builder
                .state(Statement::Origin {
                    prefix,
                    asn,
                    peers: 1,
                })
                .unwrap();
            let country = CountryCode::new(country).unwrap();
            builder
                .state(Statement::Country { prefix, country })
                .unwrap();
            let position = Position::new(47.0, 9.5).unwrap();
            builder
                .state(Statement::Position { prefix, position })
                .unwrap();
        }
        for asn in [64_500, 64_501, 64_502] {
            builder
                .state(Statement::AsName { asn, name: "NAME" })
                .unwrap();
        }
        builder.build()
    }

    /// ASN and country of an address, and whether it has a name and a position.
    fn found(table: &Table, addr: &str) -> (Option<u32>, Option<String>, [bool; 2]) {
        let place = table.place(addr.parse::<IpAddr>().unwrap());
        let country = place.country.map(|country| country.as_str().to_owned());
        (
            place.asn,
            country,
            [place.as_name.is_some(), place.position.is_some()],
        )
    }

    #[test]
    fn what_has_fewer_addresses_in_a_family_is_not_known_in_any() {
        let swiss = || Some("CH".to_owned());
        let all = table().without_rare(0);
        assert_eq!(
            found(&all, "192.0.2.1"),
            (Some(64_500), Some("LI".to_owned()), [true; 2])
        );
        let same = table().without_rare(256);
        assert_eq!(found(&same, "192.0.2.1"), found(&all, "192.0.2.1"));
        assert_eq!(
            found(&same, "198.51.100.1"),
            (Some(64_501), swiss(), [true; 2]),
            "two halves"
        );
        let some = table().without_rare(257);
        assert_eq!(found(&some, "192.0.2.1"), (None, None, [false; 2]));
        assert_eq!(found(&some, "198.51.100.1"), (None, swiss(), [false, true]));
        // It has 65,536 networks of 64 bits, but too few addresses of IPv4.
        assert_eq!(
            found(&some, "2001:db8:1::1"),
            (None, swiss(), [false, true])
        );
        // 256 networks of 64 bits and 256 addresses.
        assert_eq!(found(&some, "2001:db8::1"), (None, swiss(), [false, true]));
        // Prefixes are for the policy to leave or not.
        assert!(some.place("192.0.2.1".parse().unwrap()).prefix.is_some());
    }
}
