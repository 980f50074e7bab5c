//! The Keeper: writes down what was learnt of exporters, so that a restart of the service
//! does not forget it.
//!
//! One file, written anew beside the old one, synced and renamed, so that there is always
//! a whole one. Whatever is wrong with it never keeps the service from starting.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use actix::prelude::*;
use decode::Snapshot;
use tracing::{error, info, warn};

use crate::message::Keep;
use crate::rate_limit::RateLimit;

/// The name in logs.
pub const NAME: &str = "keeper";

/// Where it is in the Recorder's directory.
const DIRECTORY: &str = "kept";
const FILE: &str = "exporters.json";

/// Octets of the longest file that is read.
const OCTETS_MAX: u64 = 16 << 20;

/// The file of a Recorder's directory.
#[must_use]
pub fn path(recorder: &Path) -> PathBuf {
    recorder.join(DIRECTORY).join(FILE)
}

/// What was kept within the last `keep`; `None` if there is nothing, or nothing that can
/// be read, which is logged.
#[must_use]
pub fn kept(path: &Path, keep: Duration) -> Option<Snapshot> {
    let mut snapshot = match read(path) {
        Ok(octets) => match Snapshot::from_bytes(&octets) {
            Ok(snapshot) => snapshot,
            Err(error) => {
                let path = path.display();
                warn!(%path, %error, "what was kept of exporters is not used");
                return None;
            }
        },
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => {
            let path = path.display();
            warn!(%path, %error, "what was kept of exporters cannot be read");
            return None;
        }
    };
    let since = SystemTime::now().checked_sub(keep);
    let since = since.and_then(|since| since.duration_since(SystemTime::UNIX_EPOCH).ok());
    let since_ms = since.map_or(i64::MIN, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    });
    snapshot.forget_before(since_ms);
    let templates = snapshot.templates();
    info!(
        templates,
        "kept of exporters, used until they say otherwise"
    );
    (!snapshot.is_empty()).then_some(snapshot)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    // One octet more than is read shows that it is too long.
    File::open(path)?
        .take(OCTETS_MAX + 1)
        .read_to_end(&mut octets)?;
    Ok(octets)
}

fn write(path: &Path, octets: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    let new = path.with_added_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(octets)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(directory)?.sync_all()
}

/// Writes what it is given, the last of which counts.
pub struct Keeper {
    path: PathBuf,
    log: RateLimit,
}

impl Keeper {
    /// A Keeper of a file.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        let log = RateLimit::per_second(1);
        Self { path, log }
    }
}

impl Actor for Keeper {
    type Context = Context<Self>;
}

impl Supervised for Keeper {}

impl Handler<Keep> for Keeper {
    type Result = ();

    fn handle(&mut self, Keep(snapshot): Keep, _: &mut Context<Self>) {
        if let Err(error) = write(&self.path, &snapshot.to_bytes())
            && let Some(suppressed) = self.log.permit()
        {
            let path = self.path.display();
            error!(%path, %error, suppressed, "what was learnt of exporters is not kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_directory::TestDirectory;

    #[test]
    fn what_cannot_be_read_is_nothing() {
        let directory = TestDirectory::new("keeper");
        let path = path(directory.path());
        assert_eq!(kept(&path, Duration::MAX), None);
        for octets in [&b"torn"[..], b"{\"version\":9}", &[0xFF; 100]] {
            write(&path, octets).unwrap();
            assert_eq!(read(&path).unwrap(), octets);
            assert_eq!(kept(&path, Duration::MAX), None);
        }
    }
}
