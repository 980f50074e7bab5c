//! Which of the statements about an address count.

use std::cmp::Reverse;
use std::collections::HashMap;

use flow::{Locality, Position};

use super::Table;
use super::address::{Both, Spans};
use super::builder::Builder;
use super::names::Names;
use super::numbered::Numbered;
use super::origins::{self, Claim};
use super::ranges::{Ranges, flatten, merge};
use super::row::{Known, Row, country_of};
use super::search::Search;
use crate::locality;
use crate::own::{self, Attributes, Network};

/// What the values of a layer's ranges stand for. The layers lie in this order, of
/// countries and positions one for each source.
struct Said {
    own: Vec<Known>,
    site: Known,
    /// AS number and prefix length of origins.
    announced: Vec<(u32, u8)>,
    /// The same of derived ones.
    derived: Vec<(u32, u8)>,
    as_names: HashMap<u32, u32>,
    /// How many layers of countries there are, and of positions.
    sources: usize,
    places: Vec<[u64; 2]>,
    /// Prefix length and name of special-purpose blocks.
    blocks: Vec<(u8, u32)>,
    base: Vec<Row>,
}

/// The table of what a builder was told.
pub(super) fn combine(builder: Builder) -> Table {
    let Builder {
        base,
        origins,
        derived,
        countries,
        positions,
        places,
        mut names,
        mut as_names,
        own,
        site,
        blocks,
        block_names,
        ..
    } = builder;
    let base = base.unwrap_or_default();
    for row in &base.rows {
        if row.asn != 0 && row.as_name != 0 {
            as_names.entry(row.asn).or_insert(row.as_name);
        }
    }
    let mut known_of = |attributes: &Attributes| {
        let mut number = |name: &Option<_>| name.as_deref().map_or(0, |name| names.number(name));
        let as_name = attributes.asn.and_then(|asn| as_names.get(&asn));
        Known {
            prefix_len: None,
            asn: attributes.asn.unwrap_or(0),
            as_name: match number(&attributes.as_name) {
                0 => as_name.copied().unwrap_or(0),
                number => number,
            },
            country: attributes.country,
            position: attributes.position,
            vlan: attributes.vlan,
            network: number(&attributes.name),
            is_private: false,
        }
    };
    let site = known_of(&site);
    let (own, own_spans) = own_layer(own, known_of);
    let (announced, announced_spans, claims) = origin_layer(origins);
    let (derived, derived_spans, _) = origin_layer(derived);
    let mut layers = Layers::default();
    layers.add(own_spans);
    layers.add(locality_spans());
    layers.add(announced_spans);
    layers.add(derived_spans);
    layers.add(blocks);
    let sources = countries.len();
    for spans in countries.into_iter().chain(positions) {
        layers.add(spans);
    }
    layers.v4.push(numbers_from_1(base.search.ranges_v4()));
    layers.v6.push(numbers_from_1(base.search.ranges_v6()));
    let said = Said {
        own,
        site,
        announced,
        derived,
        as_names,
        sources,
        places: places.into_values(),
        blocks: block_names.into_values(),
        base: base.rows,
    };
    let mut rows = Numbered::default();
    let mut row_of = |values: &[u32]| rows.number(Row::new(&said.of(values)));
    let v4 = merge(&layers.v4, &mut row_of);
    let v6 = merge(&layers.v6, &mut row_of);
    let mut rows = rows.into_values();
    Table {
        search: Search::new(&v4, &v6),
        names: used(&names.into_names(), &mut rows),
        rows,
        claims: with_base(claims, base.claims),
    }
}

/// The names that rows have, numbered anew: those of most rows first, so that what is
/// looked up most lies in few cache lines, and those of as many in the order of the rows.
/// So tables that know the same are the same, whatever was stated besides and in which
/// order.
fn used(names: &Names, rows: &mut [Row]) -> Names {
    let at = |name: u32| usize::try_from(name).unwrap_or(0);
    // By old number: how many rows have it, and the first of them.
    let mut uses = vec![(0_usize, 0); names.len()];
    for (place, name) in rows.iter().flat_map(Row::names).enumerate() {
        if let Some(uses) = uses.get_mut(at(name)) {
            if uses.0 == 0 {
                uses.1 = place;
            }
            uses.0 += 1;
        }
    }
    let is_used = |old: &usize| uses[*old].0 != 0 && names[*old].is_some();
    let mut order: Vec<usize> = (0..names.len()).filter(is_used).collect();
    order.sort_unstable_by_key(|old| (Reverse(uses[*old].0), uses[*old].1));
    let mut numbers = vec![0; names.len()];
    for (number, old) in (1..).zip(&order) {
        numbers[*old] = number;
    }
    let number = |name: u32| numbers.get(at(name)).copied().unwrap_or(0);
    for row in rows {
        row.as_name = number(row.as_name);
        row.network = number(row.network);
    }
    let kept = order.into_iter().map(|old| names[old].clone());
    std::iter::once(None).chain(kept).collect()
}

type Layers = Both<Vec<Ranges<u32>>, Vec<Ranges<u128>>>;

impl Layers {
    fn add(&mut self, spans: Spans) {
        self.v4.push(flatten(spans.v4));
        self.v6.push(flatten(spans.v6));
    }
}

/// What is said of each own network, and their spans.
fn own_layer(
    mut own: Vec<Network>,
    mut known_of: impl FnMut(&Attributes) -> Known,
) -> (Vec<Known>, Spans) {
    own.sort_by_key(|network| network.prefix);
    own.dedup_by_key(|network| network.prefix);
    own::inherit(&mut own);
    let mut spans = Spans::default();
    let mut numbered = |(number, network): (u32, &Network)| {
        spans.push(network.prefix, number);
        Known {
            prefix_len: Some(network.prefix.len()),
            ..known_of(&network.attributes)
        }
    };
    let known = (1..).zip(&own).map(&mut numbered).collect();
    (known, spans)
}

fn locality_spans() -> Spans {
    let mut spans = Spans::default();
    for (prefix, locality) in locality::blocks() {
        spans.push(prefix, PUBLIC + u32::from(locality == Locality::Private));
    }
    spans
}

/// The values of the layer of localities.
const PUBLIC: u32 = 1;
const PRIVATE: u32 = 2;

/// AS number and length of prefixes, their spans, and claims on them.
fn origin_layer(origins: Vec<origins::Origin>) -> (Vec<(u32, u8)>, Spans, Vec<Claim>) {
    let mut announced = Numbered::default();
    let mut spans = Spans::default();
    let claims = origins::decide(origins, |prefix, asn| {
        spans.push(prefix, announced.number((asn, prefix.len())) + 1);
    });
    (announced.into_values(), spans, claims)
}

/// Ranges whose values count from 0, as those of a layer.
fn numbers_from_1<A>(mut ranges: Ranges<A>) -> Ranges<A> {
    for (_, value) in &mut ranges {
        *value += 1;
    }
    ranges
}

/// The claims, and those of the base on other prefixes, in ascending order of prefixes.
fn with_base(mut claims: Vec<Claim>, mut base: Vec<Claim>) -> Vec<Claim> {
    let is_stated = |claim: &Claim| {
        let found = claims.binary_search_by_key(&claim.prefix, |stated| stated.prefix);
        found.is_ok()
    };
    base.retain(|claim| !is_stated(claim));
    claims.append(&mut base);
    claims.sort_by_key(|claim| claim.prefix);
    claims
}

/// What a value stands for; nothing if it is 0.
fn at<T>(list: &[T], value: u32) -> Option<&T> {
    list.get(usize::try_from(value).ok()?.checked_sub(1)?)
}

impl Said {
    /// What counts where the layers have these values.
    fn of(&self, values: &[u32]) -> Known {
        let (head, rest) = values.split_first_chunk().unwrap_or((&[0; 5], &[]));
        let [own, locality, origin, derived, block] = head;
        let (countries, rest) = rest.split_at_checked(self.sources).unwrap_or_default();
        let (positions, base) = rest.split_at_checked(self.sources).unwrap_or_default();
        let is_private = *locality == PRIVATE;
        let own = at(&self.own, *own);
        let told = [own, is_private.then_some(&self.site)];
        let base = base.first().and_then(|base| at(&self.base, *base));
        let base = base.map(Row::known).unwrap_or_default();
        let origin = at(&self.announced, *origin).or(at(&self.derived, *derived));
        let origin = origin.copied();
        let as_told = || told.into_iter().flatten().find(|told| told.asn != 0);
        let (asn, as_name) = match (as_told(), origin) {
            (Some(told), _) => (told.asn, told.as_name),
            (None, Some((asn, _))) => (asn, self.as_names.get(&asn).copied().unwrap_or(0)),
            (None, None) => (base.asn, base.as_name),
        };
        let country = told.iter().flatten().find_map(|told| told.country);
        let stated_country = || countries.iter().find_map(|value| country_of(*value));
        let position = told.iter().flatten().find_map(|told| told.position);
        let stated_position = || positions.iter().find_map(|value| self.position(*value));
        let prefix_len = own
            .and_then(|own| own.prefix_len)
            // Nobody announces the whole address space: it is a way out, no network.
            .or(origin.map(|(_, len)| len).filter(|len| *len != 0))
            .or(base.prefix_len);
        let block = at(&self.blocks, *block).filter(|_| prefix_len.is_none());
        Known {
            prefix_len: prefix_len.or(block.map(|(len, _)| *len)),
            asn,
            as_name,
            country: country.or_else(stated_country).or(base.country),
            position: position.or_else(stated_position).or(base.position),
            vlan: own.and_then(|own| own.vlan).or(base.vlan),
            network: match own.map_or(0, |own| own.network) {
                0 if base.network != 0 => base.network,
                0 => block.map_or(0, |(_, name)| *name),
                network => network,
            },
            is_private,
        }
    }

    fn position(&self, value: u32) -> Option<Position> {
        let [latitude, longitude] = at(&self.places, value)?.map(f64::from_bits);
        Position::new(latitude, longitude)
    }
}
