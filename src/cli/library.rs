//! The look-up databases of the settings, opened as often as they change.

use std::path::PathBuf;
use std::sync::Arc;

use actors::edition::Edition;
use actors::librarian::{Library, LibraryError};
use db::{Databases, File, Files, Site};
use settings::{DatabaseFile, Enricher};
use tracing::info;

/// The files that the settings name, and the site.
pub(crate) struct Shelf {
    files: Files,
}

impl Shelf {
    /// What `[enricher]` says.
    pub(crate) fn new(enricher: &Enricher) -> Self {
        let file = |file: Option<&DatabaseFile>| {
            file.map(|file| File {
                path: file.path().to_owned(),
                required: file.is_required(),
            })
        };
        let files = Files {
            private_prefixes: file(enricher.private_prefixes()),
            private_prefixes_vlans: file(enricher.private_prefixes_vlans()),
            country: file(enricher.country()),
            city: file(enricher.city()),
            asn: file(enricher.asn()),
            site: site(enricher.site()),
        };
        Self { files }
    }
}

impl Library for Shelf {
    fn files(&self) -> Vec<PathBuf> {
        self.files.paths().map(ToOwned::to_owned).collect()
    }

    fn open(&self) -> Result<Edition, LibraryError> {
        let databases = Databases::open(&self.files)?;
        for summary in databases.summary() {
            info!("database: {summary}");
        }
        for absent in databases.absent() {
            info!("database: {absent}");
        }
        let made_of = serde_json::to_value(databases.made_of())?;
        Ok(Edition::new(Arc::new(databases), made_of))
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
