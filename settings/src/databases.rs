//! `[databases]`: the global database, and the sources it is built from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::{Table, Value};

use crate::check::{Check, Item, item};
use crate::duration::{DAY, HOUR, MINUTE, SECOND, parse};
use crate::raw;
use crate::size::{ByteSize, GIB, KIB};

/// The global database, and the sources it is built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Databases {
    directory: PathBuf,
    update: bool,
    look_interval: Duration,
    sources: Vec<DatabaseSource>,
    maxmind_account: Option<PathBuf>,
    proxy: Option<String>,
    authorities: Option<PathBuf>,
    download_max: ByteSize,
    stall_timeout: Duration,
    download_timeout: Duration,
}

/// One source. What a known source is by itself need not be said of it; which are known,
/// and which formats there are, is for the databases to say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DatabaseSource {
    key: String,
    name: String,
    urls: Vec<String>,
    format: Option<String>,
    max_age: Option<Duration>,
    account: Option<PathBuf>,
}

impl DatabaseSource {
    /// The key of the setting, for errors: `databases.sources[0]`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Its name: 1 to 64 of `a-z`, `0-9`, `-` and `_`; no other source has it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is to be had, in the order in which to try; empty: where a known source
    /// of this name is.
    #[must_use]
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// The name of its format; `None`: that of the known source.
    #[must_use]
    pub fn format(&self) -> Option<&str> {
        self.format.as_deref()
    }

    /// How old it may become until it is fetched again; `None`: as the known source.
    #[must_use]
    pub const fn max_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// The file with the account that it asks for.
    #[must_use]
    pub fn account(&self) -> Option<&Path> {
        self.account.as_deref()
    }
}

impl Databases {
    /// Where the sources and what is built of them are.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether the service fetches by itself what is missing or has become too old.
    #[must_use]
    pub const fn update(&self) -> bool {
        self.update
    }

    /// How often it looks whether something is; at least 1 s.
    #[must_use]
    pub const fn look_interval(&self) -> Duration {
        self.look_interval
    }

    /// The sources; what those before say of an address counts before what those after
    /// say.
    #[must_use]
    pub fn sources(&self) -> &[DatabaseSource] {
        &self.sources
    }

    /// The file with the operator's account at MaxMind, for all of its sources.
    #[must_use]
    pub fn maxmind_account(&self) -> Option<&Path> {
        self.maxmind_account.as_deref()
    }

    /// The proxy to fetch by; `None`: the one that the environment names, if any.
    #[must_use]
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// A file of authorities that are trusted besides those of the system, if there is one.
    #[must_use]
    pub fn authorities(&self) -> Option<&Path> {
        self.authorities.as_deref()
    }

    /// How large a source may be.
    #[must_use]
    pub const fn download_max(&self) -> ByteSize {
        self.download_max
    }

    /// After how long without an octet fetching a source is given up.
    #[must_use]
    pub const fn stall_timeout(&self) -> Duration {
        self.stall_timeout
    }

    /// After how long it is given up whatever comes; at least the stall timeout.
    #[must_use]
    pub const fn download_timeout(&self) -> Duration {
        self.download_timeout
    }

    /// `recorder` is the directory of datasets, beside which databases are by default.
    pub(crate) fn check(
        raw: &raw::Databases,
        recorder: Option<&Path>,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        let directory = check.path_or_none(item("databases.directory", &raw.directory));
        let update = check.boolean(item("databases.update", &raw.update));
        let look = item("databases.look_interval", &raw.look_interval);
        let look_interval = check.duration(look, &(SECOND..=DAY));
        let sources = sources(item(SOURCES, &raw.sources), check);
        let account = item("databases.maxmind_account", &raw.maxmind_account);
        let maxmind_account = check.path_or_none(account);
        let proxy = check.text(item("databases.proxy", &raw.proxy));
        let authorities = check.path_or_none(item("databases.authorities", &raw.authorities));
        let max = item("databases.download_max", &raw.download_max);
        let sizes = KIB..=GIB.times(64);
        let download_max = check.size(max, &sizes);
        let stall = item("databases.stall_timeout", &raw.stall_timeout);
        let stall_timeout = check.duration(stall, &(SECOND..=MINUTE * 10));
        let whole = item("databases.download_timeout", &raw.download_timeout);
        let download_timeout = check.duration(whole, &(SECOND..=DAY));
        check.at_most((stall, stall_timeout), (whole, download_timeout));
        let beside = || recorder.map(|recorder| recorder.join("databases"));
        Some(Self {
            directory: directory?.or_else(beside)?,
            update: update?,
            look_interval: look_interval?,
            sources: sources?,
            maxmind_account: maxmind_account?,
            proxy: Some(proxy?).filter(|proxy| !proxy.is_empty()),
            authorities: authorities?,
            download_max: download_max?,
            stall_timeout: stall_timeout?,
            download_timeout: download_timeout?,
        })
    }
}

const SOURCES: &str = "databases.sources";
const SOURCES_MAX: usize = 64;
const NAME_MAX: usize = 64;
const URLS_MAX: usize = 16;
const URL_MAX: usize = 2_048;
const NAME: &str = "a name of 1 to 64 of a-z, 0-9, - and _";

fn sources(list: Item<'_>, check: &mut Check<'_>) -> Option<Vec<DatabaseSource>> {
    let found = list.value.as_array();
    let Some(found) = found.filter(|found| found.len() <= SOURCES_MAX) else {
        check.refuse(list, format!("a list of 0 to {SOURCES_MAX} sources"));
        return None;
    };
    let mut names = BTreeSet::new();
    let sources = found.iter().enumerate().map(|(index, value)| {
        let key = format!("{SOURCES}[{index}]");
        let source = source(item(&key, value), check)?;
        if !names.insert(source.name.clone()) {
            check.refuse(item(&key, value), "each source only once");
            return None;
        }
        Some(source)
    });
    // All of them, so that each error is told.
    let sources: Vec<_> = sources.collect();
    sources.into_iter().collect()
}

/// A name, or a table with a name and what is different.
fn source(at: Item<'_>, check: &mut Check<'_>) -> Option<DatabaseSource> {
    let table = match at.value {
        Value::Table(table) => table,
        name => {
            return Some(DatabaseSource {
                key: at.key.to_owned(),
                name: named(item(at.key, name), check)?,
                ..DatabaseSource::default()
            });
        }
    };
    const KEYS: [&str; 5] = ["name", "url", "format", "max_age", "account"];
    if let Some(other) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        let found = format!("the key {other}");
        check.note(check.origin(SOURCES), at.key, found, KEYS.join(", "));
        return None;
    }
    let Some(name) = table.get("name") else {
        check.refuse(at, "a table with a name");
        return None;
    };
    let mut text = |key: &str| text(at, table, key, check);
    let (format, account) = (text("format"), text("account"));
    let name = named(item(at.key, name), check);
    let urls = table.get("url").map(|url| urls(item(at.key, url), check));
    let max_age = max_age(at, table, check);
    Some(DatabaseSource {
        key: at.key.to_owned(),
        name: name?,
        urls: urls.unwrap_or_else(|| Some(Vec::new()))?,
        format: format?,
        max_age: max_age?,
        account: account?.map(PathBuf::from),
    })
}

fn named(at: Item<'_>, check: &mut Check<'_>) -> Option<String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let name = at.value.as_str();
    let name = name.filter(|name| (1..=NAME_MAX).contains(&name.len()) && name.chars().all(plain));
    if name.is_none() {
        check.refuse(at, NAME);
    }
    name.map(str::to_owned)
}

/// A text of a source; a key that is absent says nothing.
fn text(at: Item<'_>, table: &Table, key: &str, check: &mut Check<'_>) -> Option<Option<String>> {
    let Some(value) = table.get(key) else {
        return Some(None);
    };
    let text = value.as_str().filter(|text| !text.is_empty());
    if text.is_none() {
        check.refuse(item(at.key, value), format!("a text as {key}"));
    }
    Some(Some(text?.to_owned()))
}

fn max_age(at: Item<'_>, table: &Table, check: &mut Check<'_>) -> Option<Option<Duration>> {
    let Some(value) = table.get("max_age") else {
        return Some(None);
    };
    let age = value.as_str().and_then(parse);
    let age = age.filter(|age| (HOUR..=DAY * 3_650).contains(age));
    if age.is_none() {
        check.refuse(
            item(at.key, value),
            "a duration from 1 h to 3650 d as max_age",
        );
    }
    Some(Some(age?))
}

/// One address, or several of which each is tried if the one before cannot be had.
fn urls(at: Item<'_>, check: &mut Check<'_>) -> Option<Vec<String>> {
    let one = std::slice::from_ref(at.value);
    let several = at.value.as_array().map_or(one, Vec::as_slice);
    let texts = several.iter().filter_map(Value::as_str);
    if texts.clone().any(has_credentials) {
        // Not shown: they would be in the log.
        let found = "an address with credentials".to_owned();
        check.note(
            check.origin(SOURCES),
            at.key,
            found,
            "credentials in a file, as account",
        );
        return None;
    }
    let urls: Option<Vec<String>> = several.iter().map(url).collect();
    let urls = urls.filter(|urls| (1..=URLS_MAX).contains(&urls.len()));
    if urls.is_none() {
        let expected =
            "an address that begins with https://, http:// or file://, or a list of them";
        check.refuse(at, expected);
    }
    urls
}

fn url(value: &Value) -> Option<String> {
    let url = value.as_str().filter(|url| url.len() <= URL_MAX)?;
    let rest = ["https://", "http://", "file:///"];
    let rest = rest.iter().find_map(|scheme| url.strip_prefix(scheme))?;
    let plain = !rest.is_empty() && rest.chars().all(|c| !c.is_control() && c != ' ');
    plain.then(|| url.to_owned())
}

/// Whether an address names a user before its host.
fn has_credentials(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.contains('@')
}
