//! One database in MaxMind's format, wholly decoded when it is opened.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use flow::{Civil, Prefix};
use maxminddb::{LookupResult, MaxMindDbError, Reader, WithinOptions};

use crate::error::shown;
use crate::{Content, DbError, Kind, Summary};

/// A match: the offset of its record, and its network.
pub(super) type Found<'a> = LookupResult<'a, Vec<u8>>;

/// What a database of a kind holds, and how it is read.
pub(super) struct Form<R, F> {
    pub(super) kind: Kind,
    /// A field without which no record is of this kind.
    pub(super) wanted: &'static str,
    /// Decodes a record, and says how many of its values are unusable.
    pub(super) decode: F,
    /// Whether a record has the wanted field.
    pub(super) is_wanted: fn(&R) -> bool,
}

/// A database, its records by their offsets.
///
/// Many networks share a record. To keep each record decoded, rather than to decode one
/// at each lookup, makes a lookup free of allocation and of failure.
pub(crate) struct Table<R> {
    reader: Reader<Vec<u8>>,
    records: HashMap<usize, R>,
    networks: usize,
    unusable: usize,
    damaged: AtomicU64,
}

impl<R> Table<R> {
    /// Opens the octets of a file: verifies them, and decodes every record.
    ///
    /// # Errors
    /// [`DbError::Database`] if the file is damaged, or no record is of the kind.
    pub(super) fn open<F>(path: &Path, octets: Vec<u8>, form: Form<R, F>) -> Result<Self, DbError>
    where
        F: FnMut(&Found<'_>) -> Result<(R, usize), MaxMindDbError>,
    {
        let damaged = |error: &MaxMindDbError| damage(path, error);
        let guess = foreign_format(&octets);
        let reader = Reader::from_source(octets).map_err(|error| match guess {
            Some(guess) => wrong_kind(path, guess.to_owned(), form.kind, form.wanted),
            None => damaged(&error),
        })?;
        reader.verify().map_err(|error| damaged(&error))?;
        let mut table = Self {
            reader,
            records: HashMap::new(),
            networks: 0,
            unusable: 0,
            damaged: AtomicU64::new(0),
        };
        table.decode_all(form.decode).map_err(|error| {
            let found = format!("a record that cannot be read ({error})");
            wrong_kind(path, found, form.kind, form.wanted)
        })?;
        if table.records.values().any(form.is_wanted) {
            return Ok(table);
        }
        let found = table.without(form.wanted);
        Err(wrong_kind(path, found, form.kind, form.wanted))
    }

    /// Decodes each record once. That the walk ends was verified before.
    fn decode_all<F>(&mut self, mut decode: F) -> Result<(), MaxMindDbError>
    where
        F: FnMut(&Found<'_>) -> Result<(R, usize), MaxMindDbError>,
    {
        for network in self.reader.networks(WithinOptions::default())? {
            let network = network?;
            self.networks += 1;
            let Some(offset) = network.offset() else {
                continue;
            };
            if let Entry::Vacant(vacant) = self.records.entry(offset) {
                let (record, unusable) = decode(&network)?;
                vacant.insert(record);
                self.unusable += unusable;
            }
        }
        Ok(())
    }

    fn without(&self, wanted: &str) -> String {
        format!(
            "a database of type {} with {} records, none with {wanted}",
            shown(&self.reader.metadata().database_type),
            self.records.len()
        )
    }

    /// Every record, in no order.
    pub(crate) fn records(&self) -> impl Iterator<Item = &R> {
        self.records.values()
    }

    /// The record of an address, and the network it is recorded for.
    ///
    /// A record that cannot be read is unknown and counted; since all of them were
    /// read before, there should be none.
    pub(crate) fn find(&self, addr: IpAddr) -> Option<(&R, Found<'_>)> {
        if addr.is_ipv6() && self.reader.metadata().ip_version == 4 {
            return None;
        }
        let Ok(found) = self.reader.lookup(addr) else {
            return self.count_damaged();
        };
        match self.records.get(&found.offset()?) {
            Some(record) => Some((record, found)),
            None => self.count_damaged(),
        }
    }

    fn count_damaged<T>(&self) -> Option<T> {
        self.damaged.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// Lookups that met a record which cannot be read.
    pub(crate) fn damaged(&self) -> u64 {
        self.damaged.load(Ordering::Relaxed)
    }

    /// For the log.
    pub(crate) fn summary(&self, kind: Kind, path: &Path) -> Summary {
        let metadata = self.reader.metadata();
        Summary {
            kind,
            path: path.to_owned(),
            content: Content::Database {
                database_type: metadata.database_type.clone(),
                nodes: metadata.node_count,
                networks: self.networks,
                records: self.records.len(),
                unusable: self.unusable,
                built: civil(metadata.build_epoch),
            },
        }
    }
}

/// The network of a match as a prefix; `None` where it is of the other family, as that
/// of an IPv4 address is in a database whose whole IPv4 space is part of one record.
pub(crate) fn prefix_of(found: &Found<'_>, addr: IpAddr) -> Option<Prefix> {
    let network = found.network().ok()?;
    let prefix = Prefix::containing(network.network(), network.prefix()).ok()?;
    (prefix.addr().is_ipv4() == addr.is_ipv4()).then_some(prefix)
}

fn civil(epoch: u64) -> Option<Civil> {
    let millis = i64::try_from(epoch).ok()?.checked_mul(1_000)?;
    Some(Civil::from_millis(millis))
}

fn damage(path: &Path, error: &MaxMindDbError) -> DbError {
    let offset = match error {
        MaxMindDbError::InvalidDatabase { offset, .. } => *offset,
        _ => None,
    };
    DbError::Database {
        path: path.to_owned(),
        offset: offset.and_then(|offset| u64::try_from(offset).ok()),
        found: format!("damage ({error})"),
        expected: "a whole file in MaxMind's format, version 2; fetch or build it again".to_owned(),
    }
}

fn wrong_kind(path: &Path, found: String, kind: Kind, wanted: &str) -> DbError {
    let article = if kind == Kind::Asn { "an" } else { "a" };
    DbError::Database {
        path: path.to_owned(),
        offset: None,
        found,
        expected: format!("{article} {kind}, whose records have {wanted}"),
    }
}

/// What a file that is no such database is instead, if its first octets tell.
pub(crate) fn foreign_format(octets: &[u8]) -> Option<&'static str> {
    match octets {
        [] => Some("an empty file"),
        [0x1f, 0x8b, ..] => Some("a gzip archive that is not unpacked"),
        [b'P', b'K', 3, 4, ..] => Some("a zip archive that is not unpacked"),
        [b'<', ..] => Some("a web page, perhaps the refusal of a download"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn fixture() -> (PathBuf, Vec<u8>) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixture/asn.mmdb");
        let octets = std::fs::read(&path).unwrap();
        (path, octets)
    }

    fn form<F>(decode: F) -> Form<(), F> {
        Form {
            kind: Kind::Asn,
            wanted: "anything",
            decode,
            is_wanted: |()| true,
        }
    }

    #[test]
    fn a_record_that_cannot_be_read_at_lookup_time_is_unknown_and_counted() {
        let (path, octets) = fixture();
        let mut table = Table::open(&path, octets, form(|_: &Found<'_>| Ok(((), 0)))).unwrap();
        let addr = "198.19.0.1".parse().unwrap();
        assert!(table.find(addr).is_some());
        assert_eq!(table.damaged(), 0);
        table.records.clear();
        assert!(table.find(addr).is_none());
        assert!(table.find(addr).is_none());
        assert_eq!(table.damaged(), 2);
        assert!(table.find("192.0.2.1".parse().unwrap()).is_none());
        assert_eq!(
            table.damaged(),
            2,
            "an address without a record is no damage"
        );
    }

    #[test]
    fn a_record_that_cannot_be_decoded_is_an_error_at_open() {
        let (path, octets) = fixture();
        let decode = |_: &Found<'_>| Err(MaxMindDbError::decoding("no such thing"));
        let error = Table::<()>::open(&path, octets, form(decode))
            .err()
            .unwrap();
        assert!(error.to_string().contains("no such thing"), "{error}");
    }

    #[test]
    fn each_record_is_decoded_once_however_many_networks_have_it() {
        let (path, octets) = fixture();
        let mut decoded = 0;
        let table = Table::open(
            &path,
            octets,
            form(|_: &Found<'_>| {
                decoded += 1;
                Ok(((), 0))
            }),
        )
        .unwrap();
        assert_eq!(decoded, table.records.len());
        assert!(table.networks > decoded, "IPv4 and IPv6 share records");
    }
}
