//! All databases together, and the lookup in them.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;

use flow::Place;
use mediation::enrich::Lookup;

use crate::own::{self, Attributes, Layout, Limits, Network, Own, Row, Rows, Source};
use crate::{
    Absent, Builder, Content, DbError, File, Files, Found, Full, Kept, Kind, MadeOf, Sha256Sum,
    Site, Statement, Statements, Summary, Table,
};
use crate::{flowdb, global};

/// The blocks of IANA's special-purpose address registries, as part of the program.
const SPECIAL_PURPOSE: &[u8] = include_bytes!("../special_purpose.csv");
const SPECIAL_PURPOSE_NAME: &str = "special_purpose.csv (built in)";
/// What an error calls both files of own prefixes.
const OWN_NAME: &str = "own prefixes";

/// The look-up databases, in memory and checked: one table, in which an address is looked
/// up once. Nothing changes them once they are open: newer files are opened as other
/// `Databases`, which take the place of these.
pub struct Databases {
    table: Table,
    own: Own,
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
        let own = Own::new(prefixes, vlans)?;
        // The first that is told counts before the others.
        let mut builder = opening.global(&files.global)?;
        let asn = (&files.asn, Kind::Asn);
        let country = (&files.country, Kind::Country);
        let city = (&files.city, Kind::City);
        if let Some((path, country)) = opening.database(country, global::country_database)? {
            country.state(path, &mut builder, global::say_country)?;
            builder.next_source();
        }
        if let Some((path, city)) = opening.database(city, global::city_database)? {
            city.state(path, &mut builder, global::say_place)?;
        }
        if let Some((path, asn)) = opening.database(asn, global::asn_database)? {
            for (asn, name) in global::as_names(&asn) {
                let named = Statement::AsName { asn, name: &name };
                builder.state(named).map_err(|full| too_much(path, full))?;
            }
            asn.state(path, &mut builder, global::say_origin)?;
        }
        for Network { prefix, attributes } in &own.networks {
            let told = builder.own(*prefix, attributes.clone());
            told.map_err(|full| too_much(Path::new(OWN_NAME), full))?;
        }
        builder.site(site(&files.site));
        let blocks = opening.special_purpose(&files.special_purpose)?;
        for Row {
            prefix, attributes, ..
        } in blocks.rows
        {
            let told = builder.block(prefix, attributes.name.as_deref());
            told.map_err(|full| too_much(blocks.path, full))?;
        }
        Ok(Self {
            table: builder.build(),
            own,
            absent: std::mem::take(&mut opening.absent),
            summary: std::mem::take(&mut opening.summary),
            made_of: std::mem::take(&mut opening.made_of),
        })
    }

    /// The same, in which [rare](Table::without_rare) ASNs and countries are not known.
    #[must_use]
    pub fn without_rare(self, limit: u64) -> Self {
        let table = self.table.without_rare(limit);
        Self { table, ..self }
    }

    /// What is known of an address, and what else was stated, for people.
    #[must_use]
    pub fn lookup(&self, addr: IpAddr) -> Found {
        self.table.lookup(addr)
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
}

impl Lookup for Databases {
    /// What an own network says comes first, then, for private addresses, the site, then
    /// the operator's databases, then the table of the world: the prefix is that of the ASN
    /// database; the country that of the country database, else of the city database; the
    /// position that of the city database. Where none of them knows a prefix, a
    /// special-purpose block gives prefix and name.
    fn place(&self, addr: IpAddr) -> Place {
        self.table.place(addr)
    }

    fn places(&self, addrs: &[IpAddr], into: &mut Vec<Place>) {
        self.table.places(addrs, into);
    }
}

/// What the operator says of all private addresses.
fn site(site: &Site) -> Attributes {
    Attributes {
        asn: site.asn,
        as_name: site.as_name.clone(),
        country: site.country,
        position: site.position,
        ..Attributes::default()
    }
}

fn too_much(path: &Path, full: Full) -> DbError {
    DbError::TooMuch {
        path: path.to_owned(),
        limit: full.limit,
    }
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
    fn special_purpose<'a>(&mut self, file: &'a Option<File>) -> Result<Source<'a>, DbError> {
        let wanted = (file, Kind::SpecialPurpose);
        match file {
            Some(_) => self.rows(wanted, Layout::Prefixes),
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
                Ok(Source { path, rows })
            }
        }
    }

    /// A builder upon the table of the world, if there is one.
    fn global(&mut self, file: &Option<File>) -> Result<Builder, DbError> {
        let wanted = (file, Kind::Global);
        let Some((path, octets)) = self.read(wanted, flowdb::SIZE_MAX)? else {
            return Ok(Builder::default());
        };
        let read = Table::read_from(&octets).map_err(|source| DbError::Global {
            path: path.to_owned(),
            source,
        });
        let (table, header) = read?;
        let content = Content::World {
            builder: header.builder,
            sources: header
                .sources
                .into_iter()
                .map(|source| source.name)
                .collect(),
            rows: table.rows(),
        };
        let summary = Summary {
            kind: Kind::Global,
            path: path.to_owned(),
            content,
        };
        let sha256 = self.keep(&octets);
        self.opened(sha256, summary);
        Ok(Builder::upon(table))
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
    fn database<'a, R>(
        &mut self,
        wanted: Wanted<'a>,
        open: impl FnOnce(&Path, Vec<u8>) -> Result<global::Table<R>, DbError>,
    ) -> Result<Option<(&'a Path, global::Table<R>)>, DbError> {
        let Some((path, octets)) = self.read(wanted, global::SIZE_MAX)? else {
            return Ok(None);
        };
        // Kept first, as opening takes the octets. What does not open is let go of
        // with the next version that does.
        let sha256 = self.keep(&octets);
        let table = open(path, octets)?;
        self.opened(sha256, table.summary(wanted.1, path));
        Ok(Some((path, table)))
    }
}
