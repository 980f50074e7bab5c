//! Two files of rows become one list of networks, each with what it inherits.

use std::path::Path;
use std::sync::Arc;

use flow::Prefix;

use super::Network;
use super::row::Row;
use crate::{DbError, NamedRow};

/// The rows of a file.
pub(crate) struct Source<'a> {
    pub(crate) path: &'a Path,
    pub(crate) rows: Vec<Row>,
}

/// The networks of both files, in ascending order of address and length, each once.
///
/// # Errors
/// [`DbError::TwoNames`] if both name one network, and not alike.
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
        vlan: row.vlan,
        name: row.name,
    }
}

/// One network that both files speak of.
fn join(row: Row, vlan_row: Row, paths: (&Path, &Path)) -> Result<Network, DbError> {
    if let (Some(name), Some(other)) = (&row.name, &vlan_row.name)
        && name != other
    {
        let named = |path: &Path, line, name: &Arc<str>| NamedRow {
            path: path.to_owned(),
            line,
            name: Arc::clone(name),
        };
        let first = named(paths.0, row.line, name);
        let second = named(paths.1, vlan_row.line, other);
        return Err(DbError::TwoNames {
            prefix: row.prefix,
            rows: Box::new((first, second)),
        });
    }
    Ok(Network {
        prefix: row.prefix,
        vlan: vlan_row.vlan.or(row.vlan),
        name: row.name.or(vlan_row.name),
    })
}

/// Gives each network without VLAN or name those of the nearest network around it.
/// The networks are in ascending order, so that the one around comes first.
pub(super) fn inherit(networks: &mut [Network]) {
    let mut around: Vec<Network> = Vec::new();
    for network in networks {
        while around
            .pop_if(|outer| !contains(outer.prefix, network.prefix))
            .is_some()
        {}
        if let Some(outer) = around.last() {
            network.vlan = network.vlan.or(outer.vlan);
            network.name = network.name.take().or_else(|| outer.name.clone());
        }
        around.push(network.clone());
    }
}

fn contains(outer: Prefix, inner: Prefix) -> bool {
    outer.len() <= inner.len() && outer.contains(inner.addr())
}
