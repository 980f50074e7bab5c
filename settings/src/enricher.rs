//! `[enricher]`: the databases that flows are looked up in.

use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Value;

use crate::check::{Check, item};
use crate::duration::{DAY, SECOND};
use crate::raw;
use crate::site::Site;

/// The databases that flows are looked up in; `None` where there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Enricher {
    private_prefixes: Option<DatabaseFile>,
    private_prefixes_vlans: Option<DatabaseFile>,
    country: Option<DatabaseFile>,
    city: Option<DatabaseFile>,
    asn: Option<DatabaseFile>,
    filter: String,
    rare_under: u64,
    site: Site,
    look_interval: Duration,
    versions_keep: usize,
    versions_keep_time: Duration,
}

/// The file of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFile {
    path: PathBuf,
    required: bool,
}

impl DatabaseFile {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it must be there. A file that only the defaults name may be absent.
    #[must_use]
    pub const fn is_required(&self) -> bool {
        self.required
    }
}

impl Enricher {
    /// The operator's own prefixes (CSV).
    #[must_use]
    pub const fn private_prefixes(&self) -> Option<&DatabaseFile> {
        self.private_prefixes.as_ref()
    }

    /// The operator's own prefixes with their VLANs (CSV).
    #[must_use]
    pub const fn private_prefixes_vlans(&self) -> Option<&DatabaseFile> {
        self.private_prefixes_vlans.as_ref()
    }

    /// Countries (MaxMind's format).
    #[must_use]
    pub const fn country(&self) -> Option<&DatabaseFile> {
        self.country.as_ref()
    }

    /// Cities, for positions (MaxMind's format).
    #[must_use]
    pub const fn city(&self) -> Option<&DatabaseFile> {
        self.city.as_ref()
    }

    /// Autonomous Systems (MaxMind's format).
    #[must_use]
    pub const fn asn(&self) -> Option<&DatabaseFile> {
        self.asn.as_ref()
    }

    /// What an enriched flow must be to leave, in the filter language; empty: anything.
    #[must_use]
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// ASNs and countries with fewer addresses are not known in flows; 0: all are.
    #[must_use]
    pub const fn rare_under(&self) -> u64 {
        self.rare_under
    }

    /// How often the files are looked at for changes; zero for never.
    #[must_use]
    pub const fn look_interval(&self) -> Duration {
        self.look_interval
    }

    /// How many versions of the databases are kept besides the last; with none, the last
    /// is not kept either.
    #[must_use]
    pub const fn versions_keep(&self) -> usize {
        self.versions_keep
    }

    /// How long a version is kept after another took its place.
    #[must_use]
    pub const fn versions_keep_time(&self) -> Duration {
        self.versions_keep_time
    }

    /// What private addresses get.
    #[must_use]
    pub const fn site(&self) -> &Site {
        &self.site
    }

    pub(crate) fn check(raw: &raw::Enricher, check: &mut Check<'_>) -> Option<Self> {
        let mut file = |key, value| database(key, value, check);
        let private_prefixes = file("enricher.private_prefixes", &raw.private_prefixes);
        let vlans = file(
            "enricher.private_prefixes_vlans",
            &raw.private_prefixes_vlans,
        );
        let country = file("enricher.country", &raw.country);
        let city = file("enricher.city", &raw.city);
        let asn = file("enricher.asn", &raw.asn);
        let filter = check.text(item("enricher.filter", &raw.filter));
        let rare = item("enricher.rare_under", &raw.rare_under);
        let rare_under = check.integer(rare, &(0..=1 << 32));
        let interval = item("enricher.look_interval", &raw.look_interval);
        let look_interval = check.duration(interval, &(Duration::ZERO..=DAY));
        let keep = item("enricher.versions_keep", &raw.versions_keep);
        let versions_keep = check.integer(keep, &(0..=10_000));
        let time = item("enricher.versions_keep_time", &raw.versions_keep_time);
        let versions_keep_time = check.duration(time, &(SECOND..=DAY * 3_650));
        let site = Site::check(&raw.site, check);
        Some(Self {
            private_prefixes: private_prefixes?,
            private_prefixes_vlans: vlans?,
            country: country?,
            city: city?,
            asn: asn?,
            filter: filter?,
            rare_under: u64::try_from(rare_under?).ok()?,
            site: site?,
            look_interval: look_interval?,
            versions_keep: usize::try_from(versions_keep?).ok()?,
            versions_keep_time: versions_keep_time?,
        })
    }
}

fn database(key: &str, value: &Value, check: &mut Check<'_>) -> Option<Option<DatabaseFile>> {
    let required = !check.origin(key).is_default();
    let path = check.path_or_none(item(key, value))?;
    Some(path.map(|path| DatabaseFile { path, required }))
}

/// Whether a default of this key means less than the same value written by the operator.
pub(crate) fn is_optional_by_default(key: &str) -> bool {
    key.starts_with("enricher.private_prefixes")
}
