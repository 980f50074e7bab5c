//! Files of this machine.

use std::fs::{self, File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::copy::Transfer;
use super::error::Fault;
use super::guard::Guard;
use super::{Fetched, Request, Validators, temporary, unwritten};

pub(super) fn fetch(
    request: &Request<'_>,
    path: &Path,
    guard: &Guard,
    directory: &Path,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<Fetched, Fault> {
    let failed = |source| Fault::Read { source };
    // Before it is opened, since to open a pipe may wait for ever.
    let metadata = fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(Fault::NotAFile);
    }
    let validators = validators(&metadata);
    if request.known == Some(&validators) {
        return Ok(Fetched::NotModified);
    }
    let expected = metadata.len();
    let limit = guard.limits.octets;
    if expected > limit {
        let found = expected;
        return Err(Fault::TooLarge { found, limit });
    }
    let file = File::open(path).map_err(failed)?;
    let mut temporary = temporary(directory)?;
    let transfer = Transfer {
        guard,
        expected: Some(expected),
        progress,
    };
    let unread = |source, _| Fault::Read { source };
    // One octet beyond what it had shows that it has grown.
    let whole = (&file).take(expected.saturating_add(1));
    let copied = transfer.copy(whole, &mut temporary, unread, unwritten(directory))?;
    // What it is now is what was copied, if it has not changed since.
    let now = file.metadata().map_err(failed)?;
    if self::validators(&now) != validators || copied.octets != expected {
        return Err(Fault::Changed);
    }
    Ok(Fetched::New {
        temporary,
        octets: copied.octets,
        sha256: copied.sha256,
        validators,
        final_url: request.url.to_string(),
    })
}

/// Length and time of the last change, in place of an entity tag.
fn validators(metadata: &Metadata) -> Validators {
    let (length, seconds) = (metadata.len(), metadata.mtime());
    let nanoseconds = metadata.mtime_nsec();
    Validators {
        etag: Some(format!("{length}-{seconds}.{nanoseconds:09}")),
        last_modified: None,
    }
}
