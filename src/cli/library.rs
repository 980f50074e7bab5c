//! The look-up databases of the settings, opened as often as they change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actors::ActorsError;
use actors::edition::Edition;
use actors::librarian::{Library, LibraryError, Stock, Update};
use actors::store::locate;
use db::fetch::Cancel;
use db::world::{Event, Occasion, Which, World, WorldError};
use db::{Databases, DbError, File, Files, Kept, MadeOf, Site};
use serde::Deserialize;
use serde_json::Value;
use settings::{DatabaseFile, Mode, ReplayDatabases, Settings};
use tracing::{error, info, warn};

use super::CliError;
use super::world::{now, seed, world};

/// Where versions are kept, beside the datasets that they were used for.
const KEPT: &str = "kept/databases";

/// The databases to begin with, and where others come from.
pub(super) fn stock(settings: &Settings) -> Result<Stock, CliError> {
    let rare_under = settings.enricher().rare_under();
    let files = files(settings);
    let world = world(settings)?;
    if let Some(dataset) = as_recorded(settings) {
        let (directory, _) = locate(dataset).map_err(ActorsError::Store)?;
        let kept = Some(kept(settings, directory.join("..").join(KEPT)));
        return Ok(Stock::as_recorded(Arc::new(Shelf {
            files,
            kept,
            world,
            rare_under,
        })));
    }
    let recorder = settings.recorder();
    let keeps = settings.enricher().versions_keep() > 0
        && settings.mode() == Mode::Collect
        && recorder.records_raw();
    let kept = keeps.then(|| kept(settings, recorder.directory().join(KEPT)));
    let shelf = Arc::new(Shelf {
        files,
        kept,
        world,
        rare_under,
    });
    let stock = match settings.mode() {
        Mode::Collect => open(Arc::clone(&shelf)),
        // A replay without it would give other flows.
        Mode::Replay => Stock::open(Arc::clone(&shelf) as Arc<dyn Library>),
    };
    if settings.mode() == Mode::Collect && !settings.databases().update() {
        shelf.advise();
    }
    stock.map_err(CliError::Databases)
}

/// Opens the files. A damaged global database does not keep the service from its work: it
/// is set aside, and built anew of its sources.
fn open(shelf: Arc<Shelf>) -> Result<Stock, LibraryError> {
    let opened = Stock::open(Arc::clone(&shelf) as Arc<dyn Library>);
    let Err(error) = opened else {
        return opened;
    };
    if !matches!(error.downcast_ref(), Some(DbError::Global { .. })) {
        return Err(error);
    }
    shelf.world.set_global_aside()?;
    error!(%error, "set aside; the next update builds it anew");
    Stock::open(shelf)
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
    world: World,
    rare_under: u64,
}

impl Shelf {
    /// Says what there is to do where the service does not do it.
    fn advise(&self) {
        match self.world.status(now()) {
            Ok(status) => {
                if let Some(advice) = status.advice() {
                    info!("the global database is not as new as wanted: {advice}");
                }
            }
            Err(error) => error!(%error, "the global database cannot be told of"),
        }
    }
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
        edition(databases, self.rare_under)
    }

    fn update(&self) -> Update {
        let occasion = Occasion {
            now: now(),
            seed: seed(),
            after_failures: false,
            cancel: Cancel::default(),
        };
        match self
            .world
            .update(&occasion, Which::Due, &mut |event| tell(event))
        {
            Ok(updated) => Update {
                is_new: updated.built.is_some(),
                failed: updated.failed.len(),
            },
            // Whoever is at it does what there is to do.
            Err(WorldError::Busy { .. }) => Update::default(),
            Err(error) => {
                error!(%error, "the global database is not updated; the one in use stays");
                Update {
                    is_new: false,
                    failed: 1,
                }
            }
        }
    }

    fn age(&self) -> Option<Duration> {
        let status = self.world.status(now()).ok()?;
        status.oldest().map(Duration::from_secs)
    }

    fn reopen(&self, made_of: &Value) -> Result<Edition, LibraryError> {
        let made_of = MadeOf::deserialize(made_of)?;
        let Some(kept) = &self.kept else {
            return Err("no versions of the databases are kept".into());
        };
        let site = self.files.site.clone();
        edition(Databases::reopen(&made_of, kept, site)?, self.rare_under)
    }
}

fn edition(databases: Databases, rare_under: u64) -> Result<Edition, LibraryError> {
    for summary in databases.summary() {
        info!("database: {summary}");
    }
    let made_of = serde_json::to_value(databases.made_of())?;
    let databases = databases.without_rare(rare_under);
    Ok(Edition::new(Arc::new(databases), made_of))
}

/// Says in the log what an update does.
fn tell(event: &Event<'_>) {
    match event {
        Event::SetAside(error) => warn!(%error, "set aside; all sources are fetched anew"),
        Event::Fetched {
            source,
            url,
            octets,
        } => info!(source, url, octets, "fetched a source of the databases"),
        Event::Current { source } => info!(source, "a source of the databases has not changed"),
        Event::Failed {
            source,
            error,
            goes_on,
        } => warn!(source, %error, another_place = goes_on, "a source cannot be had"),
        Event::Built(built) => info!(octets = built.octets, "built the global database anew"),
        Event::Fetching { .. } | Event::Reading { .. } | Event::Merging => {}
    }
}

/// The files that the settings name.
pub(super) fn files(settings: &Settings) -> Files {
    let (enricher, databases) = (settings.enricher(), settings.databases());
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
        global: (!databases.sources().is_empty())
            .then(|| File::optional(World::global_in(databases.directory()))),
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
