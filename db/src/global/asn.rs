//! Origin Autonomous Systems.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use flow::Prefix;
use serde::Deserialize;

use super::table::{Form, Found, Table};
use crate::{DbError, Kind, Statement};

/// The origin of a network.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AsRecord {
    /// Never 0, which stands for no AS (RFC 7607).
    pub(crate) asn: Option<u32>,
    /// Shared with every other record of the same name.
    pub(crate) name: Option<Arc<str>>,
}

/// The fields as the database has them.
#[derive(Deserialize)]
struct Raw<'a> {
    autonomous_system_number: Option<u32>,
    #[serde(borrow)]
    autonomous_system_organization: Option<&'a str>,
}

/// What a record states of a network.
pub(crate) fn say_origin(prefix: Prefix, record: &AsRecord) -> [Option<Statement<'static>>; 2] {
    let origin = record.asn.map(|asn| Statement::Derived { prefix, asn });
    [origin, None]
}

/// The name of each AS that has one. Where a database gives one AS several, the least in
/// order is taken, so that the same database always gives the same.
pub(crate) fn as_names(table: &Table<AsRecord>) -> BTreeMap<u32, Arc<str>> {
    let mut names: BTreeMap<u32, Arc<str>> = BTreeMap::new();
    for record in table.records() {
        if let (Some(asn), Some(name)) = (record.asn, &record.name) {
            let known = names.entry(asn).or_insert_with(|| Arc::clone(name));
            if name < known {
                *known = Arc::clone(name);
            }
        }
    }
    names
}

/// Opens an ASN database.
///
/// # Errors
/// [`DbError::Database`] if it is damaged, or has no AS number at all.
pub(crate) fn asn_database(path: &Path, octets: Vec<u8>) -> Result<Table<AsRecord>, DbError> {
    let mut names = HashSet::new();
    Table::open(
        path,
        octets,
        Form {
            kind: Kind::Asn,
            wanted: "`autonomous_system_number`",
            decode: |found: &Found<'_>| {
                let raw: Option<Raw<'_>> = found.decode()?;
                Ok((record(raw, &mut names), 0))
            },
            is_wanted: |record| record.asn.is_some(),
        },
    )
}

fn record(raw: Option<Raw<'_>>, names: &mut HashSet<Arc<str>>) -> AsRecord {
    let (asn, name) = raw.map_or((None, None), |raw| {
        (
            raw.autonomous_system_number,
            raw.autonomous_system_organization,
        )
    });
    AsRecord {
        asn: asn.filter(|asn| *asn != 0),
        name: name
            .and_then(crate::name::clean)
            .map(|name| intern(&name, names)),
    }
}

/// One allocation for all equal names.
fn intern(name: &str, names: &mut HashSet<Arc<str>>) -> Arc<str> {
    if let Some(known) = names.get(name) {
        return Arc::clone(known);
    }
    let name: Arc<str> = name.into();
    names.insert(Arc::clone(&name));
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_are_one_allocation() {
        let mut names = HashSet::new();
        let raw = |name| {
            Some(Raw {
                autonomous_system_number: Some(64_496),
                autonomous_system_organization: Some(name),
            })
        };
        let one = record(raw("Example"), &mut names).name.unwrap();
        let two = record(raw("Example"), &mut names).name.unwrap();
        let other = record(raw("Another"), &mut names).name.unwrap();
        assert!(Arc::ptr_eq(&one, &two));
        assert_eq!((&*one, &*other), ("Example", "Another"));
    }

    #[test]
    fn as_0_is_no_as() {
        let raw = Raw {
            autonomous_system_number: Some(0),
            autonomous_system_organization: Some(" "),
        };
        let none = AsRecord {
            asn: None,
            name: None,
        };
        assert_eq!(record(Some(raw), &mut HashSet::new()), none);
        assert_eq!(record(None, &mut HashSet::new()), none);
    }
}
