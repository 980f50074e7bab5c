//! A table as octets, and back.

use std::io;

use flow::Prefix;

use super::Table;
use super::address::Address;
use super::names::Names;
use super::origins::Claim;
use super::ranges::Ranges;
use super::row::Row;
use super::search::Search;
use crate::flowdb::{BadBody, Octets, short};

/// Octets of a claim: length and family of a prefix, its address, AS, peers.
const CLAIM: usize = 2 + 16 + 4 + 4;

impl Table {
    /// The table as octets.
    pub(crate) fn to_body(&self) -> io::Result<Vec<u8>> {
        let (v4, v6) = (self.search.ranges_v4(), self.search.ranges_v6());
        let names = self.names.get(1..).unwrap_or_default();
        let counts = [v4.len(), v6.len(), self.rows.len(), names.len()];
        let mut out = Vec::new();
        for count in counts.into_iter().chain([self.claims.len()]) {
            out.extend(short(count)?.to_le_bytes());
        }
        for name in names {
            let name = name.as_deref().unwrap_or_default();
            out.extend(short(name.len())?.to_le_bytes());
            out.extend(name.as_bytes());
        }
        self.rows.iter().for_each(|row| out.extend(row.octets()));
        out.extend(v4.iter().flat_map(|(start, _)| start.to_le_bytes()));
        out.extend(v4.iter().flat_map(|(_, value)| value.to_le_bytes()));
        out.extend(v6.iter().flat_map(|(start, _)| start.to_le_bytes()));
        out.extend(v6.iter().flat_map(|(_, value)| value.to_le_bytes()));
        self.claims
            .iter()
            .for_each(|claim| out.extend(claim_octets(claim)));
        Ok(out)
    }

    /// The table of such octets.
    pub(crate) fn from_body(body: &[u8]) -> Result<Self, BadBody> {
        let mut octets = Octets::new(body);
        let [v4, v6, rows, names, claims] = counts(&mut octets)?;
        let names = read_names(&mut octets, names)?;
        let rows = read_rows(&mut octets, rows, names.len())?;
        let v4: Ranges<u32> = read_ranges(&mut octets, v4, &rows, u32::from_le_bytes, 32)?;
        let v6: Ranges<u128> = read_ranges(&mut octets, v6, &rows, u128::from_le_bytes, 128)?;
        let claims = read_claims(&mut octets, claims)?;
        if !octets.is_empty() {
            return Err(bad(&octets, "more octets", "the end"));
        }
        Ok(Self {
            search: Search::new(&v4, &v6),
            rows,
            names,
            claims,
        })
    }
}

fn bad(octets: &Octets<'_>, found: impl Into<String>, expected: &'static str) -> BadBody {
    BadBody {
        at: octets.at(),
        found: found.into(),
        expected,
    }
}

/// The next of what there should be so many of.
fn some<'a, T>(
    octets: &mut Octets<'a>,
    take: impl FnOnce(&mut Octets<'a>) -> Option<T>,
    expected: &'static str,
) -> Result<T, BadBody> {
    take(octets).ok_or_else(|| bad(octets, "the end", expected))
}

fn counts(octets: &mut Octets<'_>) -> Result<[usize; 5], BadBody> {
    let mut counts = [0; 5];
    for count in &mut counts {
        let stated = some(octets, Octets::u32, "a count")?;
        *count = usize::try_from(stated).map_err(|_| bad(octets, "a huge count", "a count"))?;
    }
    Ok(counts)
}

fn read_names(octets: &mut Octets<'_>, count: usize) -> Result<Names, BadBody> {
    let mut names = vec![None];
    for _ in 0..count {
        let len = some(octets, Octets::u32, "the length of a name")?;
        let take =
            |octets: &mut Octets<'_>| Some(octets.take(usize::try_from(len).ok()?)?.to_vec());
        let name = String::from_utf8(some(octets, take, "a name")?);
        let name = name.map_err(|_| bad(octets, "a name that is no UTF-8", "a name in UTF-8"))?;
        if name.is_empty() {
            return Err(bad(octets, "an empty name", "a name"));
        }
        names.push(Some(name.into()));
    }
    Ok(names)
}

fn read_rows(octets: &mut Octets<'_>, count: usize, names: usize) -> Result<Vec<Row>, BadBody> {
    let chunks = some(octets, |octets| octets.chunks(count), "rows")?;
    let row = |chunk: &[u8; Row::OCTETS]| {
        let row = Row::from_octets(*chunk)?;
        let known = |name: u32| usize::try_from(name).is_ok_and(|name| name < names);
        (known(row.as_name) && known(row.network)).then_some(row)
    };
    let rows: Option<Vec<Row>> = chunks.iter().map(row).collect();
    rows.ok_or_else(|| bad(octets, "a row with a value that cannot be", "rows"))
}

fn read_ranges<A: Address, const N: usize>(
    octets: &mut Octets<'_>,
    count: usize,
    rows: &[Row],
    number: impl Fn([u8; N]) -> A,
    len_max: u8,
) -> Result<Ranges<A>, BadBody> {
    let starts = some(octets, |octets| octets.chunks(count), "starts of ranges")?;
    let values = some(octets, |octets| octets.chunks(count), "values of ranges")?;
    let mut ranges = Ranges::with_capacity(count);
    for (start, value) in starts.iter().zip(values) {
        let (start, value) = (number(*start), u32::from_le_bytes(*value));
        let follows = match ranges.last() {
            None => start == A::ZERO,
            Some((before, _)) => *before < start,
        };
        if !follows {
            return Err(bad(
                octets,
                "starts out of order",
                "starts that ascend from 0",
            ));
        }
        let row = usize::try_from(value).ok().and_then(|row| rows.get(row));
        let Some(row) = row else {
            return Err(bad(octets, format!("row {value}"), "a row that there is"));
        };
        if row.prefix_len().is_some_and(|len| len > len_max) {
            return Err(bad(
                octets,
                "a length of IPv6 in IPv4",
                "lengths of the family",
            ));
        }
        ranges.push((start, value));
    }
    Ok(ranges)
}

fn read_claims(octets: &mut Octets<'_>, count: usize) -> Result<Vec<Claim>, BadBody> {
    let chunks = some(octets, |octets| octets.chunks::<CLAIM>(count), "claims")?;
    let claims: Option<Vec<Claim>> = chunks.iter().map(|chunk| claim(chunk)).collect();
    let claims = claims.ok_or_else(|| bad(octets, "a claim on no prefix", "claims"))?;
    if !claims.is_sorted_by_key(|claim| claim.prefix) {
        return Err(bad(
            octets,
            "claims out of order",
            "claims in ascending order",
        ));
    }
    Ok(claims)
}

fn claim_octets(claim: &Claim) -> [u8; CLAIM] {
    let (family, addr) = match claim.prefix.addr() {
        std::net::IpAddr::V4(v4) => (4, u128::from(v4.to_bits())),
        std::net::IpAddr::V6(v6) => (6, v6.to_bits()),
    };
    let mut octets = [0; CLAIM];
    octets[0] = claim.prefix.len();
    octets[1] = family;
    octets[2..18].copy_from_slice(&addr.to_le_bytes());
    octets[18..22].copy_from_slice(&claim.asn.to_le_bytes());
    octets[22..].copy_from_slice(&claim.peers.to_le_bytes());
    octets
}

fn claim(octets: &[u8]) -> Option<Claim> {
    let mut octets = Octets::new(octets);
    let [len, family] = octets.array()?;
    let bits = u128::from_le_bytes(octets.array()?);
    let addr = match family {
        4 => std::net::Ipv4Addr::from_bits(u32::try_from(bits).ok()?).into(),
        6 => std::net::Ipv6Addr::from_bits(bits).into(),
        _ => return None,
    };
    let prefix = Prefix::containing(addr, len).ok()?;
    let (asn, peers) = (octets.u32()?, octets.u32()?);
    (prefix.addr() == addr).then_some(Claim { prefix, asn, peers })
}
