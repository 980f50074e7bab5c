//! Two files of rows become one list of networks, each with what it inherits.

use std::fmt::Display;
use std::path::Path;

use flow::Prefix;

use super::row::Row;
use super::{Attributes, Network};
use crate::{DbError, StatedRow};

/// The rows of a file; none by default.
pub(crate) struct Source<'a> {
    pub(crate) path: &'a Path,
    pub(crate) rows: Vec<Row>,
}

impl Default for Source<'_> {
    fn default() -> Self {
        Self {
            path: Path::new(""),
            rows: Vec::new(),
        }
    }
}

/// The networks of both files, in ascending order of address and length, each once.
///
/// # Errors
/// [`DbError::TwoValues`] if both say something of one network, and not the same.
pub(super) fn merge(prefixes: Source<'_>, vlans: Source<'_>) -> Result<Vec<Network>, DbError> {
    let paths = (prefixes.path, vlans.path);
    let (mut first, mut second) = (prefixes.rows, vlans.rows);
    first.sort_by_key(|row| row.prefix);
    second.sort_by_key(|row| row.prefix);
    let mut networks = Vec::with_capacity(first.len().saturating_add(second.len()));
    let mut second = second.into_iter().peekable();
    for row in first {
        while let Some(vlan_row) = second.next_if(|other| other.prefix < row.prefix) {
            networks.push(network(vlan_row));
        }
        let same = second.next_if(|other| other.prefix == row.prefix);
        networks.push(match same {
            Some(vlan_row) => join(row, vlan_row, paths)?,
            None => network(row),
        });
    }
    networks.extend(second.map(network));
    Ok(networks)
}

fn network(row: Row) -> Network {
    Network {
        prefix: row.prefix,
        attributes: row.attributes,
    }
}

/// One network that both files speak of.
fn join(row: Row, other: Row, paths: (&Path, &Path)) -> Result<Network, DbError> {
    let prefix = row.prefix;
    let both = Both {
        prefix,
        first: (paths.0, row.line),
        second: (paths.1, other.line),
    };
    let (one, two) = (row.attributes, other.attributes);
    let position = |position: &Option<flow::Position>| {
        position.map(|at| format!("{},{}", at.latitude, at.longitude))
    };
    let country = |country: &Option<flow::CountryCode>| country.map(|it| it.as_str().to_owned());
    both.agree("vlan", one.vlan, two.vlan)?;
    both.agree("name", one.name.as_deref(), two.name.as_deref())?;
    both.agree("asn", one.asn, two.asn)?;
    both.agree("country", country(&one.country), country(&two.country))?;
    both.agree("position", position(&one.position), position(&two.position))?;
    let mut attributes: Attributes = one;
    attributes.inherit(&two);
    Ok(Network { prefix, attributes })
}

/// A network that two rows speak of.
struct Both<'a> {
    prefix: Prefix,
    first: (&'a Path, u64),
    second: (&'a Path, u64),
}

impl Both<'_> {
    fn agree<T: PartialEq + Display>(
        &self,
        what: &'static str,
        one: Option<T>,
        two: Option<T>,
    ) -> Result<(), DbError> {
        let (Some(one), Some(two)) = (one, two) else {
            return Ok(());
        };
        if one == two {
            return Ok(());
        }
        let stated = |(path, line): (&Path, u64), value: T| StatedRow {
            path: path.to_owned(),
            line,
            value: value.to_string(),
        };
        Err(DbError::TwoValues {
            prefix: self.prefix,
            what,
            rows: Box::new((stated(self.first, one), stated(self.second, two))),
        })
    }
}

/// Gives each network what it does not say itself from the nearest network around it that
/// does. The networks are in ascending order, so that the one around comes first.
pub(crate) fn inherit(networks: &mut [Network]) {
    let mut around: Vec<Network> = Vec::new();
    for network in networks {
        while around
            .pop_if(|outer| !contains(outer.prefix, network.prefix))
            .is_some()
        {}
        if let Some(outer) = around.last() {
            network.attributes.inherit(&outer.attributes);
        }
        around.push(network.clone());
    }
}

fn contains(outer: Prefix, inner: Prefix) -> bool {
    outer.len() <= inner.len() && outer.contains(inner.addr())
}
