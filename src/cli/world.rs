//! The global database that the settings speak of.

use std::time::{SystemTime, UNIX_EPOCH};

use db::fetch::{Limits, Proxy, ProxyUrl};
use db::world::{By, Said, Wanted, WantedError, World};
use settings::{DatabaseSource, Settings};

/// Why the settings speak of no global database.
#[derive(Debug, thiserror::Error)]
#[error("{key}: {found}")]
pub(crate) struct SourceError {
    /// The key of the setting.
    key: String,
    /// What is wrong with it, and what would be right.
    found: String,
}

/// The global database, whose sources the settings name.
///
/// # Errors
/// A source that is not known and not described, or a proxy that is none.
pub(crate) fn world(settings: &Settings) -> Result<World, SourceError> {
    let databases = settings.databases();
    let wanted = databases.sources().iter().map(|source| {
        wanted(source, databases.maxmind_account()).map_err(|error| SourceError {
            key: source.key().to_owned(),
            found: error.to_string(),
        })
    });
    let wanted = wanted.collect::<Result<Vec<_>, _>>()?;
    let proxy = match databases.proxy() {
        None => Proxy::Environment,
        Some(proxy) => Proxy::At(proxy.parse::<ProxyUrl>().map_err(|error| SourceError {
            key: "databases.proxy".to_owned(),
            found: error.to_string(),
        })?),
    };
    let by = By {
        proxy,
        authorities: databases.authorities().map(ToOwned::to_owned),
        limits: Limits {
            octets: databases.download_max().bytes(),
            stall: databases.stall_timeout(),
            total: databases.download_timeout(),
            ..Limits::default()
        },
    };
    Ok(World::new(databases.directory().to_owned(), wanted, by))
}

fn wanted(
    source: &DatabaseSource,
    maxmind_account: Option<&std::path::Path>,
) -> Result<Wanted, WantedError> {
    Wanted::of(Said {
        name: source.name(),
        urls: source.urls(),
        format: source.format(),
        max_age: source.max_age(),
        account: source.account(),
        maxmind_account,
    })
}

/// The time, in seconds since 1970.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// A number that tells this machine from others.
pub(crate) fn seed() -> u64 {
    // Without one, all such machines try again at the same time, which harms little.
    getrandom::u64().unwrap_or(0)
}
