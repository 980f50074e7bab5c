//! The look-up databases of the settings, opened as often as they change.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use actors::ActorsError;
use actors::edition::Edition;
use actors::librarian::{Library, LibraryError, Stock};
use actors::store::locate;
use db::{Databases, File, Files, Kept, MadeOf, Site};
use serde::Deserialize;
use serde_json::Value;
use settings::{DatabaseFile, Enricher, Mode, ReplayDatabases, Settings};
use tracing::{info, warn};

use super::CliError;

/// Where versions are kept, beside the datasets that they were used for.
const KEPT: &str = "kept/databases";

/// The databases to begin with, and where others come from.
pub(super) fn stock(settings: &Settings) -> Result<Stock, CliError> {
    let files = files(settings.enricher());
    if let Some(dataset) = as_recorded(settings) {
        let (directory, _) = locate(dataset).map_err(ActorsError::Store)?;
        let kept = Some(kept(settings, directory.join("..").join(KEPT)));
        return Ok(Stock::as_recorded(Arc::new(Shelf { files, kept })));
    }
    let recorder = settings.recorder();
    let keeps = settings.enricher().versions_keep() > 0
        && settings.mode() == Mode::Collect
        && recorder.records_raw();
    let kept = keeps.then(|| kept(settings, recorder.directory().join(KEPT)));
    Stock::open(Arc::new(Shelf { files, kept })).map_err(CliError::Databases)
}

/// The dataset that is replayed with the databases of then, if one is.
fn as_recorded(settings: &Settings) -> Option<&Path> {
    let replay = settings.replay();
    let asked =
        settings.mode() == Mode::Replay && replay.databases() == ReplayDatabases::AsRecorded;
    replay.dataset().filter(|_| asked)
}

fn kept(settings: &Settings, directory: PathBuf) -> Kept {
    let enricher = settings.enricher();
    let time = enricher.versions_keep_time();
    Kept::new(directory, enricher.versions_keep(), time)
}

/// The files that the settings name, and the versions that are kept.
struct Shelf {
    files: Files,
    kept: Option<Kept>,
}

impl Library for Shelf {
    fn files(&self) -> Vec<PathBuf> {
        self.files.paths().map(ToOwned::to_owned).collect()
    }

    fn open(&self) -> Result<Edition, LibraryError> {
        let databases = match &self.kept {
            None => Databases::open(&self.files)?,
            Some(kept) => {
                let (databases, is_kept) = Databases::open_and_keep(&self.files, kept)?;
                if let Err(error) = is_kept {
                    warn!(%error, "a version of the databases is not kept");
                }
                databases
            }
        };
        for absent in databases.absent() {
            info!("database: {absent}");
        }
        edition(databases)
    }

    fn reopen(&self, made_of: &Value) -> Result<Edition, LibraryError> {
        let made_of = MadeOf::deserialize(made_of)?;
        let Some(kept) = &self.kept else {
            return Err("no versions of the databases are kept".into());
        };
        let site = self.files.site.clone();
        edition(Databases::reopen(&made_of, kept, site)?)
    }
}

fn edition(databases: Databases) -> Result<Edition, LibraryError> {
    for summary in databases.summary() {
        info!("database: {summary}");
    }
    let made_of = serde_json::to_value(databases.made_of())?;
    Ok(Edition::new(Arc::new(databases), made_of))
}

/// What `[enricher]` says.
fn files(enricher: &Enricher) -> Files {
    let file = |file: Option<&DatabaseFile>| {
        file.map(|file| File {
            path: file.path().to_owned(),
            required: file.is_required(),
        })
    };
    Files {
        private_prefixes: file(enricher.private_prefixes()),
        private_prefixes_vlans: file(enricher.private_prefixes_vlans()),
        country: file(enricher.country()),
        city: file(enricher.city()),
        asn: file(enricher.asn()),
        global: None,
        special_purpose: None,
        site: site(enricher.site()),
    }
}

fn site(site: &settings::Site) -> Site {
    Site {
        country: site.country(),
        position: site.position(),
        asn: site.asn(),
        as_name: site.as_name().map(Into::into),
    }
}
