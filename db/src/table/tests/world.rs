//! Everything that a builder is told, as a list, and what follows from it by trying each
//! statement on each address.

use std::cmp::Reverse;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flow::{CountryCode, Locality, Place, Position, Prefix};
use proptest::prelude::*;

use super::super::{Builder, Table};
use crate::own::Attributes;
use crate::{Statement, Statements};

/// A statement that owns what it says.
#[derive(Debug, Clone)]
pub(super) enum Said {
    Origin(Prefix, u32, u32),
    Derived(Prefix, u32),
    AsName(u32, String),
    Country(Prefix, CountryCode),
    Position(Prefix, Position),
}

impl Said {
    fn statement(&self) -> Statement<'_> {
        match *self {
            Self::Origin(prefix, asn, peers) => Statement::Origin { prefix, asn, peers },
            Self::Derived(prefix, asn) => Statement::Derived { prefix, asn },
            Self::AsName(asn, ref name) => Statement::AsName { asn, name },
            Self::Country(prefix, country) => Statement::Country { prefix, country },
            Self::Position(prefix, position) => Statement::Position { prefix, position },
        }
    }
}

/// All that a builder is told.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    /// What each source says, in order.
    pub(super) sources: Vec<Vec<Said>>,
    pub(super) own: Vec<(Prefix, Attributes)>,
    pub(super) site: Attributes,
}

impl World {
    pub(super) fn tell_sources(&self, builder: &mut Builder) {
        for source in &self.sources {
            for said in source {
                builder.state(said.statement()).unwrap();
            }
            builder.next_source();
        }
    }

    pub(super) fn tell_own(&self, builder: &mut Builder) {
        for (prefix, attributes) in &self.own {
            builder.own(*prefix, attributes.clone()).unwrap();
        }
        builder.site(self.site.clone());
    }

    pub(super) fn table(&self) -> Table {
        let mut builder = Builder::default();
        self.tell_sources(&mut builder);
        self.tell_own(&mut builder);
        builder.build()
    }

    /// The most specific of the values that one source states, the first of equals.
    fn of_source<T>(source: &[Said], pick: impl Fn(&Said) -> Option<(Prefix, T)>) -> Option<T> {
        let picked = source.iter().filter_map(pick);
        picked.rev_max_by_len()
    }

    fn name_of(&self, asn: u32) -> Option<String> {
        self.sources.iter().flatten().find_map(|said| match said {
            Said::AsName(of, name) if *of == asn => Some(name.clone()),
            _ => None,
        })
    }

    /// The most specific announced prefix and its origin that counts; a derived one where
    /// none is announced.
    fn origin(&self, addr: IpAddr) -> Option<(Prefix, u32)> {
        let announced = self.origin_among(addr, |said| match said {
            Said::Origin(prefix, asn, peers) => Some((*prefix, *asn, *peers)),
            _ => None,
        });
        let derived = |said: &Said| match said {
            Said::Derived(prefix, asn) => Some((*prefix, *asn, 1)),
            _ => None,
        };
        announced.or_else(|| self.origin_among(addr, derived))
    }

    fn origin_among(
        &self,
        addr: IpAddr,
        pick: impl Fn(&Said) -> Option<(Prefix, u32, u32)>,
    ) -> Option<(Prefix, u32)> {
        let origins = || {
            let numbered = self.sources.iter().enumerate();
            let all = numbered.flat_map(|(number, source)| source.iter().map(move |s| (number, s)));
            all.filter_map(|(number, said)| {
                let (prefix, asn, peers) = pick(said)?;
                Some((number, prefix, asn, peers))
            })
        };
        let around = origins().map(|(_, prefix, ..)| prefix);
        let prefix = around
            .filter(|it| it.contains(addr))
            .max_by_key(|it| it.len())?;
        let of_prefix = || origins().filter(|(_, it, ..)| *it == prefix);
        let first = of_prefix().map(|(number, ..)| number).min()?;
        let of_first = || of_prefix().filter(|(number, ..)| *number == first);
        let peers = |asn| -> u32 { of_first().filter(|it| it.2 == asn).map(|it| it.3).sum() };
        let asn = of_first()
            .map(|it| it.2)
            .min_by_key(|asn| (Reverse(peers(*asn)), *asn))?;
        Some((prefix, asn))
    }

    /// What the operator says of an address, most specific first, then the site.
    fn told(&self, addr: IpAddr, is_private: bool) -> Vec<&Attributes> {
        let mut around: Vec<_> = self
            .own
            .iter()
            .filter(|(own, _)| own.contains(addr))
            .collect();
        around.sort_by_key(|(prefix, _)| Reverse(prefix.len()));
        around.dedup_by_key(|(prefix, _)| *prefix);
        let own = around.into_iter().map(|(_, attributes)| attributes);
        own.chain(is_private.then_some(&self.site)).collect()
    }

    /// What is known of an address.
    pub(super) fn place(&self, addr: IpAddr) -> Place {
        let locality = crate::locality(addr);
        let told = self.told(addr, locality == Locality::Private);
        let own = self.own.iter().map(|(prefix, _)| *prefix);
        let own = own.filter(|it| it.contains(addr)).max_by_key(|it| it.len());
        let origin = self.origin(addr);
        let (asn, as_name) = match told.iter().find(|told| told.asn.is_some()) {
            Some(told) => (told.asn, told.as_name.as_deref().map(str::to_owned)),
            None => (origin.map(|(_, asn)| asn), None),
        };
        let as_name = as_name.or_else(|| self.name_of(asn?));
        let country = |said: &Said| match said {
            Said::Country(prefix, it) if prefix.contains(addr) => Some((*prefix, *it)),
            _ => None,
        };
        let position = |said: &Said| match said {
            Said::Position(prefix, it) if prefix.contains(addr) => Some((*prefix, *it)),
            _ => None,
        };
        let mut sources = self.sources.iter();
        let stated_country = sources.find_map(|source| Self::of_source(source, country));
        let mut sources = self.sources.iter();
        let stated_position = sources.find_map(|source| Self::of_source(source, position));
        let announced = origin
            .map(|(prefix, _)| prefix)
            .filter(|prefix| !prefix.is_empty());
        Place {
            prefix: own.or(announced).map(Into::into),
            asn,
            as_name: as_name.map(Into::into),
            country: told.iter().find_map(|told| told.country).or(stated_country),
            position: told
                .iter()
                .find_map(|told| told.position)
                .or(stated_position),
            vlan: told.iter().find_map(|told| told.vlan),
            network: told.iter().find_map(|told| told.name.clone()),
            locality: Some(locality),
        }
    }

    fn prefixes(&self) -> impl Iterator<Item = Prefix> {
        let stated = self.sources.iter().flatten().filter_map(|said| match said {
            Said::Origin(it, ..)
            | Said::Derived(it, _)
            | Said::Country(it, _)
            | Said::Position(it, _) => Some(*it),
            Said::AsName(..) => None,
        });
        stated.chain(self.own.iter().map(|(prefix, _)| *prefix))
    }

    /// The first and last address of each prefix and their neighbours, and any others.
    pub(super) fn probes(&self, others: &[(u32, u128)]) -> Vec<IpAddr> {
        let edges = self.prefixes().flat_map(edges);
        let others = others.iter().flat_map(|(v4, v6)| {
            [
                Ipv4Addr::from_bits(*v4).into(),
                Ipv6Addr::from_bits(*v6).into(),
            ]
        });
        edges.chain(others).collect()
    }
}

trait MostSpecific<T> {
    fn rev_max_by_len(self) -> Option<T>;
}

impl<T, I: Iterator<Item = (Prefix, T)>> MostSpecific<T> for I {
    fn rev_max_by_len(self) -> Option<T> {
        // Of equals `min_by_key` takes the first.
        let found = self.min_by_key(|(prefix, _)| Reverse(prefix.len()));
        found.map(|(_, value)| value)
    }
}

fn edges(prefix: Prefix) -> [IpAddr; 4] {
    match prefix.addr() {
        IpAddr::V4(addr) => {
            let first = addr.to_bits();
            let last = first | u32::MAX.checked_shr(prefix.len().into()).unwrap_or(0);
            [first, last, first.wrapping_sub(1), last.wrapping_add(1)]
                .map(|bits| Ipv4Addr::from_bits(bits).into())
        }
        IpAddr::V6(addr) => {
            let first = addr.to_bits();
            let last = first | u128::MAX.checked_shr(prefix.len().into()).unwrap_or(0);
            [first, last, first.wrapping_sub(1), last.wrapping_add(1)]
                .map(|bits| Ipv6Addr::from_bits(bits).into())
        }
    }
}

/// Prefixes that often nest, touch and are equal: few values of each octet, any length.
pub(super) fn any_prefix() -> impl Strategy<Value = Prefix> {
    let octet = || prop::sample::select(vec![0_u8, 10, 127, 128, 255]);
    let v4 = (prop::array::uniform4(octet()), 0..=32_u8)
        .prop_map(|(octets, len)| Prefix::containing(Ipv4Addr::from(octets).into(), len).unwrap());
    let v6 = (prop::array::uniform16(octet()), 0..=128_u8)
        .prop_map(|(octets, len)| Prefix::containing(Ipv6Addr::from(octets).into(), len).unwrap());
    prop_oneof![v4, v6]
}

fn any_country() -> impl Strategy<Value = CountryCode> {
    prop::sample::select(vec!["AA", "CH", "ZZ"]).prop_map(|code| CountryCode::new(code).unwrap())
}

fn any_position() -> impl Strategy<Value = Position> {
    prop::sample::select(vec![(0.0, 0.0), (-90.0, 180.0), (47.37, 8.54)])
        .prop_map(|(latitude, longitude)| Position::new(latitude, longitude).unwrap())
}

fn any_asn() -> impl Strategy<Value = u32> {
    prop::sample::select(vec![1_u32, 64_496, 64_497, u32::MAX - 1])
}

fn any_said() -> impl Strategy<Value = Said> {
    prop_oneof![
        3 => (any_prefix(), any_asn(), 1..4_u32).prop_map(|(p, asn, n)| Said::Origin(p, asn, n)),
        1 => (any_prefix(), any_asn()).prop_map(|(p, asn)| Said::Derived(p, asn)),
        1 => (any_asn(), "[a-c]").prop_map(|(asn, name)| Said::AsName(asn, name)),
        2 => (any_prefix(), any_country()).prop_map(|(p, country)| Said::Country(p, country)),
        2 => (any_prefix(), any_position()).prop_map(|(p, at)| Said::Position(p, at)),
    ]
}

prop_compose! {
    fn any_attributes()(
        vlan in prop::option::of(1..=4094_u16),
        name in prop::option::of("[x-z]"),
        asn in prop::option::of(any_asn()),
        as_name in prop::option::of("[d-f]"),
        country in prop::option::of(any_country()),
        position in prop::option::of(any_position()),
    ) -> Attributes {
        Attributes {
            vlan,
            name: name.map(Into::into),
            asn,
            as_name: as_name.filter(|_| asn.is_some()).map(Into::into),
            country,
            position,
        }
    }
}

prop_compose! {
    pub(super) fn any_world()(
        sources in prop::collection::vec(prop::collection::vec(any_said(), 0..25), 0..4),
        own in prop::collection::vec((any_prefix(), any_attributes()), 0..12),
        site in any_attributes(),
    ) -> World {
        // The site has neither VLAN nor name.
        let site = Attributes { vlan: None, name: None, ..site };
        World { sources, own, site }
    }
}
