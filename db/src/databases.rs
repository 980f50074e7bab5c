//! All databases together, and the lookup in them.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use flow::{Locality, Place};
use mediation::enrich::Lookup;

use crate::global::{self, AsRecord, GeoRecord, Table};
use crate::own::{self, Attributes, Layout, Limits, Own, Rows, Source};
use crate::{
    Absent, Content, DbError, File, Files, Kept, Kind, MadeOf, Sha256Sum, Site, Summary, locality,
};

/// The blocks of IANA's special-purpose address registries, as part of the program.
const SPECIAL_PURPOSE: &[u8] = include_bytes!("../special_purpose.csv");
const SPECIAL_PURPOSE_NAME: &str = "special_purpose.csv (built in)";

/// The look-up databases, in memory and checked. Nothing changes them once they are
/// open: newer files are opened as other `Databases`, which take the place of these.
pub struct Databases {
    own: Own,
    site: Attributes,
    country: Option<Table<GeoRecord>>,
    city: Option<Table<GeoRecord>>,
    asn: Option<Table<AsRecord>>,
    /// The blocks of IANA's special-purpose registries.
    special_purpose: Own,
    absent: Vec<Absent>,
    summary: Vec<Summary>,
    made_of: MadeOf,
}

impl Databases {
    /// Opens the files, each whole. With none at all, only the blocks of
    /// IANA's special-purpose registries are known.
    ///
    /// # Errors
    /// The first [`DbError`]: a required file is missing, or a file is unreadable, too
    /// large, damaged, or of the wrong kind. A missing file that is not required is no
    /// error; see [`absent`](Self::absent).
    pub fn open(files: &Files) -> Result<Self, DbError> {
        Self::open_with(&mut Opening::default(), files)
    }

    /// The same, and keeps what was opened. That it cannot be kept is no error of the
    /// databases; it comes beside them.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_and_keep(
        files: &Files,
        kept: &Kept,
    ) -> Result<(Self, Result<(), DbError>), DbError> {
        let mut opening = Opening {
            kept: Some(kept),
            ..Opening::default()
        };
        let databases = Self::open_with(&mut opening, files)?;
        let is_kept = match opening.not_kept {
            Some(error) => Err(error),
            None => kept.note(&databases.made_of),
        };
        Ok((databases, is_kept))
    }

    /// Opens what was in use once, if it was kept.
    ///
    /// # Errors
    /// [`DbError::NotKept`], [`DbError::Altered`], and those of [`open`](Self::open).
    pub fn reopen(made_of: &MadeOf, kept: &Kept, site: Site) -> Result<Self, DbError> {
        let opened = Self::open(&kept.files(made_of, site));
        let databases = opened.map_err(|error| match error {
            DbError::Missing { path, kind } => DbError::NotKept { path, kind },
            other => other,
        })?;
        for then in &made_of.sources {
            let now = &databases.made_of.sources;
            let now = now.iter().find(|source| source.kind == then.kind);
            if let Some(now) = now.filter(|now| now.sha256 != then.sha256) {
                return Err(DbError::Altered {
                    path: kept.path(then.sha256),
                    kind: then.kind,
                    found: now.sha256,
                });
            }
        }
        Ok(databases)
    }

    fn open_with(opening: &mut Opening<'_>, files: &Files) -> Result<Self, DbError> {
        let prefixes = (&files.private_prefixes, Kind::PrivatePrefixes);
        let prefixes = opening.rows(prefixes, Layout::Prefixes)?;
        let vlans = (&files.private_prefixes_vlans, Kind::PrivatePrefixesVlans);
        let vlans = opening.rows(vlans, Layout::Vlans)?;
        let country = (&files.country, Kind::Country);
        let asn = (&files.asn, Kind::Asn);
        let country = opening.table(country, global::country_database)?;
        let city = opening.table((&files.city, Kind::City), global::city_database)?;
        let asn = opening.table(asn, global::asn_database)?;
        let special_purpose = opening.special_purpose(&files.special_purpose)?;
        let names = asn.as_ref().map(as_names).unwrap_or_default();
        let as_name = |asn: u32| names.get(&asn).cloned();
        let Site {
            country: site_country,
            position,
            asn: site_asn,
            as_name: site_as_name,
        } = files.site.clone();
        let site = Attributes {
            asn: site_asn,
            as_name: site_as_name.or_else(|| site_asn.and_then(as_name)),
            country: site_country,
            position,
            ..Attributes::default()
        };
        Ok(Self {
            own: Own::new(prefixes, vlans, as_name)?,
            site,
            country,
            city,
            asn,
            special_purpose,
            absent: std::mem::take(&mut opening.absent),
            summary: std::mem::take(&mut opening.summary),
            made_of: std::mem::take(&mut opening.made_of),
        })
    }

    /// The files that were wanted, not required, and not there.
    #[must_use]
    pub fn absent(&self) -> &[Absent] {
        &self.absent
    }

    /// One entry for each opened file, whose text is a line for the log.
    #[must_use]
    pub fn summary(&self) -> &[Summary] {
        &self.summary
    }

    /// What they were made of, for datasets to name them.
    #[must_use]
    pub const fn made_of(&self) -> &MadeOf {
        &self.made_of
    }

    /// Whether the address lies in one of the operator's own networks.
    #[must_use]
    pub fn is_own(&self, addr: IpAddr) -> bool {
        self.own.contains(addr)
    }

    /// Lookups that met a record which cannot be read, whose fields are therefore
    /// unknown. Since all records are read at open, any is a sign of damaged memory.
    #[must_use]
    pub fn damaged(&self) -> u64 {
        let geo = [&self.country, &self.city];
        let geo = geo.into_iter().flatten().map(Table::damaged);
        geo.chain(self.asn.iter().map(Table::damaged))
            .fold(0, u64::saturating_add)
    }
}

impl Lookup for Databases {
    /// What an own network says comes first, then, for private addresses, the site, then
    /// the databases: the prefix is that of the ASN database; the country that of the
    /// country database, else of the city database; the position that of the city database.
    /// Where none of them knows a prefix, a special-purpose block gives prefix and name.
    fn place(&self, addr: IpAddr) -> Place {
        // Not after `is_own`: the search in ranges is two to three times faster than the
        // walk through that set (measured with 32 to a million networks), so that the
        // test would cost more than it saves.
        let own = self.own.find(addr);
        let locality = locality(addr);
        let site = (locality == Locality::Private).then_some(&self.site);
        let origin = self.asn.as_ref().and_then(|table| table.find(addr));
        let country = record_of(&self.country, addr);
        let city = record_of(&self.city, addr);
        let announced = || {
            let origin = origin.as_ref();
            origin.and_then(|(_, found)| global::prefix_of(found, addr))
        };
        let prefix = own.map(|network| network.prefix).or_else(announced);
        let block = match prefix {
            Some(_) => None,
            None => self.special_purpose.find(addr),
        };
        let own = own.map(|network| &network.attributes);
        let named = own.or(block.map(|block| &block.attributes));
        let told = || own.into_iter().chain(site);
        // A number and its name come from the same place, or the name would be another's.
        let (asn, as_name) = match told().find(|told| told.asn.is_some()) {
            Some(told) => (told.asn, told.as_name.clone()),
            None => origin.map_or((None, None), |(record, _)| {
                (record.asn, record.name.clone())
            }),
        };
        let told_country = told().find_map(|told| told.country);
        let told_position = told().find_map(|told| told.position);
        Place {
            prefix: prefix.or(block.map(|block| block.prefix)).map(Into::into),
            asn,
            as_name,
            country: told_country.or(country.country).or(city.country),
            position: told_position.or(city.position),
            vlan: own.and_then(|own| own.vlan),
            network: named.and_then(|named| named.name.clone()),
            locality: Some(locality),
        }
    }
}

/// The name of each AS that has one. Where a database gives one AS several, the least in
/// order is taken, so that the same database always gives the same.
fn as_names(table: &Table<AsRecord>) -> HashMap<u32, Arc<str>> {
    let mut names: HashMap<u32, Arc<str>> = HashMap::new();
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

fn record_of(table: &Option<Table<GeoRecord>>, addr: IpAddr) -> GeoRecord {
    let found = table.as_ref().and_then(|table| table.find(addr));
    found.map(|(record, _)| *record).unwrap_or_default()
}

impl fmt::Debug for Databases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Databases")
            .field("summary", &self.summary)
            .field("absent", &self.absent)
            .finish_non_exhaustive()
    }
}

/// A file that may be wanted, and what it holds.
type Wanted<'a> = (&'a Option<File>, Kind);

/// What is said of the files as they are opened.
#[derive(Default)]
struct Opening<'k> {
    /// Where what is opened is kept.
    kept: Option<&'k Kept>,
    /// Why something is not.
    not_kept: Option<DbError>,
    absent: Vec<Absent>,
    summary: Vec<Summary>,
    made_of: MadeOf,
}

impl Opening<'_> {
    /// Keeps what is about to be opened, if that is wanted; gives its name.
    fn keep(&mut self, octets: &[u8]) -> Sha256Sum {
        let sha256 = Sha256Sum::of(octets);
        if let Some(Err(error)) = self.kept.map(|kept| kept.put(sha256, octets)) {
            self.not_kept.get_or_insert(error);
        }
        sha256
    }

    /// Notes what was opened.
    fn opened(&mut self, sha256: Sha256Sum, summary: Summary) {
        self.made_of.add(sha256, summary.kind, &summary.content);
        self.summary.push(summary);
    }

    /// The octets of a wanted file; a missing one is noted.
    fn read<'a>(
        &mut self,
        (file, kind): Wanted<'a>,
        limit: u64,
    ) -> Result<Option<(&'a Path, Vec<u8>)>, DbError> {
        let Some(file) = file else {
            return Ok(None);
        };
        let octets = crate::files::read(file, kind, limit)?;
        if octets.is_none() {
            let path = file.path.clone();
            self.absent.push(Absent { kind, path });
        }
        Ok(octets.map(|octets| (file.path.as_path(), octets)))
    }

    /// The special-purpose blocks: those of the program, or of another version of it.
    fn special_purpose(&mut self, file: &Option<File>) -> Result<Own, DbError> {
        let wanted = (file, Kind::SpecialPurpose);
        let rows = match file {
            Some(_) => self.rows(wanted, Layout::Prefixes)?,
            None => {
                let (path, octets) = (Path::new(SPECIAL_PURPOSE_NAME), SPECIAL_PURPOSE);
                let parsed = own::parse(path, octets, Layout::Prefixes, Limits::default())?;
                let sha256 = self.keep(octets);
                let content = Content::Rows {
                    used: parsed.used.len(),
                    skipped: parsed.skipped,
                    repeated: parsed.repeated,
                };
                self.made_of.add(sha256, wanted.1, &content);
                let rows = parsed.used;
                Source { path, rows }
            }
        };
        Own::new(rows, Source::default(), |_| None)
    }

    /// The rows of a prefix file; none if there is no file.
    fn rows<'a>(&mut self, wanted: Wanted<'a>, layout: Layout) -> Result<Source<'a>, DbError> {
        let limits = Limits::default();
        let Some((path, octets)) = self.read(wanted, limits.file)? else {
            return Ok(Source::default());
        };
        let Rows {
            used: rows,
            skipped,
            repeated,
        } = own::parse(path, &octets, layout, limits)?;
        let used = rows.len();
        let content = Content::Rows {
            used,
            skipped,
            repeated,
        };
        let summary = Summary {
            kind: wanted.1,
            path: path.to_owned(),
            content,
        };
        let sha256 = self.keep(&octets);
        self.opened(sha256, summary);
        Ok(Source { path, rows })
    }

    /// A database in MaxMind's format; `None` if there is no file.
    fn table<R>(
        &mut self,
        wanted: Wanted<'_>,
        open: impl FnOnce(&Path, Vec<u8>) -> Result<Table<R>, DbError>,
    ) -> Result<Option<Table<R>>, DbError> {
        let Some((path, octets)) = self.read(wanted, global::SIZE_MAX)? else {
            return Ok(None);
        };
        // Kept first, as opening takes the octets. What does not open is let go of
        // with the next version that does.
        let sha256 = self.keep(&octets);
        let table = open(path, octets)?;
        self.opened(sha256, table.summary(wanted.1, path));
        Ok(Some(table))
    }
}
