//! One database in MaxMind's format, wholly decoded when it is opened.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use flow::{Civil, Prefix};
use maxminddb::{LookupResult, MaxMindDbError, Reader, WithinOptions};

use crate::error::shown;
use crate::{Content, DbError, Kind, Statement, Statements, Summary};

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
/// Many networks share a record, which is decoded once.
pub(crate) struct Table<R> {
    reader: Reader<Vec<u8>>,
    records: HashMap<usize, R>,
    networks: usize,
    unusable: usize,
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

    /// States what `say` makes of each network and its record.
    ///
    /// # Errors
    /// [`DbError::TooMuch`] if no more is taken, and damage, though there can be none in
    /// what was walked through before.
    pub(crate) fn state(
        &self,
        path: &Path,
        into: &mut dyn Statements,
        say: fn(Prefix, &R) -> [Option<Statement<'static>>; 2],
    ) -> Result<(), DbError> {
        let damaged = |error: MaxMindDbError| damage(path, &error);
        let networks = self.reader.networks(WithinOptions::default());
        for network in networks.map_err(damaged)? {
            let network = network.map_err(damaged)?;
            let found = network.offset().and_then(|at| self.records.get(&at));
            let Some(record) = found else { continue };
            for prefix in prefixes_of(&network).into_iter().flatten() {
                for statement in say(prefix, record).into_iter().flatten() {
                    let stated = into.state(statement);
                    stated.map_err(|full| DbError::TooMuch {
                        path: path.to_owned(),
                        limit: full.limit,
                    })?;
                }
            }
        }
        Ok(())
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

/// The network of a record as a prefix. One of IPv6 may have all of IPv4 within: such an
/// address has what is recorded, but no prefix of its own family.
fn prefixes_of(found: &Found<'_>) -> [Option<Prefix>; 2] {
    let network = found.network().ok();
    let prefix = network.and_then(|network| {
        let prefix = Prefix::containing(network.network(), network.prefix());
        prefix.ok()
    });
    let first = |prefix: &Prefix| prefix.addr() == Ipv6Addr::UNSPECIFIED && prefix.len() <= 96;
    let v4 = prefix.filter(first).and_then(|_| {
        let all = Prefix::containing(Ipv4Addr::UNSPECIFIED.into(), 0);
        all.ok()
    });
    [prefix, v4]
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
    fn what_is_stated_of_a_database_has_a_limit() {
        let (path, octets) = fixture();
        let table = Table::open(&path, octets, form(|_: &Found<'_>| Ok(((), 0)))).unwrap();
        let say = |prefix, (): &()| [Some(Statement::Derived { prefix, asn: 1 }), None];
        let stated = |limit| {
            let mut builder = crate::Builder::default().with_limit(limit);
            table.state(&path, &mut builder, say)
        };
        assert!(stated(table.networks).is_ok());
        let error = stated(table.networks - 1).unwrap_err().to_string();
        assert!(error.contains("more than 29 statements"), "{error}");
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
