//! Fetching what is missing or has become too old, and building anew what it is part of.

use std::fs::{self, File};
use std::path::Path;

use super::manifest::{Manifest, SourceFile};
use super::reading::{Reading, Unheard};
use super::wanted::Places;
use super::{Built, Event, NotFetched, Observer, SOURCES, Wanted, World, WorldError};
use crate::TemporaryFile;
use crate::fetch::{self, BasicAuth, Cancel, Request, Url};

/// Octets of the largest log that says where files are.
const LOG_MAX: u64 = 16 << 20;

/// Which sources are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that are missing or too old, unless they failed a short time ago.
    Due,
    /// All of them; of one whose server says that it has not changed, the file stays.
    All,
}

/// What came of an update.
#[derive(Debug, Default)]
pub struct Updated {
    /// Sources with a new file.
    pub fetched: Vec<String>,
    /// Sources that were asked for, and have not changed.
    pub current: Vec<String>,
    /// Sources that could not be had.
    pub failed: Vec<(String, NotFetched)>,
    /// What was built, if something was.
    pub built: Option<Built>,
}

/// What an update is made with.
#[derive(Debug, Clone)]
pub struct Occasion {
    /// The time, in seconds since 1970.
    pub now: u64,
    /// A number that tells this machine from others, so that not all try again at once.
    pub seed: u64,
    /// Whether what failed a short time ago is tried again at once.
    pub after_failures: bool,
    /// Ends it when it is raised.
    pub cancel: Cancel,
}

impl World {
    /// Fetches sources, and builds the global database if anything of it is new.
    ///
    /// That a source cannot be had is no error of the whole; it is in what is returned.
    ///
    /// # Errors
    /// [`WorldError`]: the directory is in use or cannot be written, or what is there
    /// cannot be built. What was built before stays.
    pub fn update(
        &self,
        occasion: &Occasion,
        which: Which,
        observer: Observer<'_>,
    ) -> Result<Updated, WorldError> {
        let _lock = self.lock()?;
        let mut manifest = self.manifest_or_none(observer)?;
        let mut updated = Updated::default();
        for wanted in &self.wanted {
            let due = which == Which::All || self.is_due(wanted, &manifest, occasion);
            if due && !occasion.cancel.is_cancelled() {
                self.update_one(wanted, &mut manifest, occasion, &mut updated, observer);
                self.write(&manifest)?;
            }
        }
        if self.has_files(&manifest) && !self.is_built(&manifest) {
            updated.built = Some(self.build_of(&mut manifest, occasion.now, observer)?);
        }
        Ok(updated)
    }

    fn update_one(
        &self,
        wanted: &Wanted,
        manifest: &mut Manifest,
        occasion: &Occasion,
        updated: &mut Updated,
        observer: Observer<'_>,
    ) {
        let entry = manifest.sources.entry(wanted.name.clone()).or_default();
        let there = entry.file.as_ref();
        let there = there.filter(|file| self.is_there(wanted, file));
        let name = wanted.name.clone();
        match self.fetch(wanted, there, occasion, observer) {
            Ok(came) => {
                match came {
                    Some(file) => {
                        entry.file = Some(file);
                        updated.fetched.push(name);
                    }
                    None => {
                        if let Some(file) = &mut entry.file {
                            file.confirmed = occasion.now;
                        }
                        updated.current.push(name);
                    }
                }
                entry.succeeded();
            }
            Err(error) => {
                if !error.is_cancelled() {
                    entry.failed(&error, occasion.now, occasion.seed);
                }
                updated.failed.push((name, error));
            }
        }
    }

    /// Whether a source is to be fetched.
    fn is_due(&self, wanted: &Wanted, manifest: &Manifest, occasion: &Occasion) -> bool {
        let now = occasion.now;
        let Some(entry) = manifest.sources.get(&wanted.name) else {
            return true;
        };
        let file = entry.file.as_ref();
        let good =
            file.is_some_and(|file| self.is_there(wanted, file) && !file.is_stale(wanted, now));
        !good && (occasion.after_failures || entry.backoff.is_due(now))
    }

    /// Whether the file of a source is there, as far as one can tell without reading it,
    /// and is what is wanted.
    pub(super) fn is_there(&self, wanted: &Wanted, file: &SourceFile) -> bool {
        let found = fs::metadata(self.file_of(&wanted.name));
        found.is_ok_and(|found| found.len() == file.octets)
            && file.format == wanted.format.name()
            && wanted.may_come_from(&file.url)
    }

    /// A new file of a source, from the first place that has it; `None` if the one that
    /// is there is the newest.
    fn fetch(
        &self,
        wanted: &Wanted,
        there: Option<&SourceFile>,
        occasion: &Occasion,
        observer: Observer<'_>,
    ) -> Result<Option<SourceFile>, NotFetched> {
        let secret = wanted.account.as_deref().map(BasicAuth::read).transpose()?;
        let urls = match wanted.places(occasion.now) {
            Places::At(urls) => urls,
            Places::In(log, known) => known.urls_in(&self.log(log, occasion)?)?,
        };
        let mut first_error = None;
        for (place, url) in urls.iter().enumerate() {
            let there = there.filter(|file| file.url == *url);
            let came = self.fetch_from(wanted, (url, there), secret.as_ref(), occasion, observer);
            let error = match came {
                Ok(came) => return Ok(came),
                Err(error) => error,
            };
            let goes_on = place + 1 < urls.len() && !error.is_cancelled();
            observer(&Event::Failed {
                source: &wanted.name,
                error: &error,
                goes_on,
            });
            if !goes_on {
                return Err(first_error.unwrap_or(error));
            }
            first_error.get_or_insert(error);
        }
        Ok(None)
    }

    /// The text of a log that says where files are.
    pub(super) fn log(&self, log: &str, occasion: &Occasion) -> Result<String, NotFetched> {
        let url: Url = log.parse()?;
        let mut request = self.request(&url, occasion);
        request.limits.octets = request.limits.octets.min(LOG_MAX);
        let directory = self.directory.join(SOURCES);
        let fetched = fetch::fetch(&request, &directory, &mut |_, _| {})?;
        let fetch::Fetched::New { temporary, .. } = fetched else {
            return Ok(String::new());
        };
        let path = temporary.path();
        fs::read_to_string(path).map_err(|source| NotFetched::Write {
            path: path.to_owned(),
            source,
        })
    }

    fn request<'a>(&'a self, url: &'a Url, occasion: &Occasion) -> Request<'a> {
        Request {
            proxy: self.by.proxy.clone(),
            authorities: self.by.authorities.as_deref(),
            limits: self.by.limits,
            cancel: occasion.cancel.clone(),
            ..Request::new(url)
        }
    }

    /// The file at one place, put into its own.
    fn fetch_from(
        &self,
        wanted: &Wanted,
        (url, there): (&str, Option<&SourceFile>),
        secret: Option<&BasicAuth>,
        occasion: &Occasion,
        observer: Observer<'_>,
    ) -> Result<Option<SourceFile>, NotFetched> {
        let address: Url = url.parse()?;
        let request = Request {
            known: there.map(|file| &file.validators),
            secret,
            ..self.request(&address, occasion)
        };
        let source = wanted.name.as_str();
        let mut progress = |octets, of| {
            observer(&Event::Fetching {
                source,
                url,
                octets,
                of,
            });
        };
        let directory = self.directory.join(SOURCES);
        let fetched = fetch::fetch(&request, &directory, &mut progress)?;
        let fetch::Fetched::New {
            temporary,
            octets,
            sha256,
            validators,
            ..
        } = fetched
        else {
            observer(&Event::Current { source });
            return Ok(None);
        };
        let stated = stated(wanted, url, temporary.path(), observer)?;
        self.put(wanted, temporary)?;
        observer(&Event::Fetched {
            source,
            url,
            octets,
        });
        Ok(Some(SourceFile {
            url: url.to_owned(),
            format: wanted.format.name().to_owned(),
            fetched: occasion.now,
            confirmed: occasion.now,
            validators,
            sha256,
            octets,
            stated,
            licence: wanted.licence().to_owned(),
            attribution: wanted.attribution().to_owned(),
        }))
    }

    fn put(&self, wanted: &Wanted, temporary: TemporaryFile) -> Result<(), NotFetched> {
        let path = self.file_of(&wanted.name);
        let committed = temporary.commit(&path);
        committed.map_err(|source| NotFetched::Write { path, source })
    }

    pub(super) fn write(&self, manifest: &Manifest) -> Result<(), WorldError> {
        let written = manifest.write(&self.directory);
        written.map_err(|source| WorldError::Write {
            path: self.directory.clone(),
            source,
        })
    }

    /// The manifest; an empty one in the place of one that cannot be used, which is set
    /// aside.
    fn manifest_or_none(&self, observer: Observer<'_>) -> Result<Manifest, WorldError> {
        let read = Manifest::read(&self.directory);
        let Err(error) = read else {
            return Ok(read?);
        };
        let aside = Manifest::set_aside(&self.directory);
        aside.map_err(|source| WorldError::Write {
            path: self.directory.clone(),
            source,
        })?;
        observer(&Event::SetAside(&error));
        Ok(Manifest::default())
    }
}

/// Reads a file that was fetched, to see whether it can be used; what it states.
fn stated(
    wanted: &Wanted,
    url: &str,
    path: &Path,
    observer: Observer<'_>,
) -> Result<u64, NotFetched> {
    let reading = File::open(path).and_then(|file| Reading::new(file, &wanted.name, observer));
    let reading = reading.map_err(|source| NotFetched::Write {
        path: path.to_owned(),
        source,
    })?;
    let read = wanted
        .format
        .read(url, reading, wanted.format.limits(), &mut Unheard);
    read.map(|tally| tally.stated)
        .map_err(|error| NotFetched::Unusable { error })
}
