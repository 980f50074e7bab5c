//! Gets one file here, from a server or from this machine, whole or not at all.
//!
//! [`fetch`] waits until it is done, so it is called on a thread of its own. What it gets
//! is in a temporary file beside where it will be, which its caller looks into, and then
//! [commits](TemporaryFile::commit) or drops. A packed file stays packed.
//!
//! HTTP is that of RFC 9110 and RFC 9112, as a client that asks for one representation at
//! a time: conditional by what is known of the last one (RFC 9110, 13), through redirects
//! (15.4), with basic authentication (RFC 7617). When to try again is up to the caller;
//! [`Backoff`] says it.

mod authorities;
mod backoff;
mod copy;
mod error;
mod guard;
mod html;
mod http;
mod local;
mod proxy;
mod secret;
mod transport;
mod url;

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Sha256Sum, TemporaryFile};

pub use self::backoff::Backoff;
pub use self::error::{Fault, FetchError, Sent};
pub use self::guard::{Cancel, Limits};
pub use self::proxy::{Proxy, ProxyUrl};
pub use self::secret::{BasicAuth, SecretError};
pub use self::url::{Url, UrlError};

use self::guard::Guard;

/// What is asked for, and how.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Where it is.
    pub url: &'a Url,
    /// What is known of the one that is here, if it need not come again.
    pub known: Option<&'a Validators>,
    /// Whom to be. It goes to the scheme, host and port of `url` and to no other, in the
    /// clear if that is http.
    pub secret: Option<&'a BasicAuth>,
    /// Which way to take.
    pub proxy: Proxy,
    /// A file of authorities, as PEM, that are trusted besides those of this machine.
    pub authorities: Option<&'a Path>,
    /// What it may take.
    pub limits: Limits,
    /// Ends it when it is raised.
    pub cancel: Cancel,
}

impl<'a> Request<'a> {
    /// A file, unconditionally, as nobody in particular, within the default limits.
    #[must_use]
    pub fn new(url: &'a Url) -> Self {
        Self {
            url,
            known: None,
            secret: None,
            proxy: Proxy::default(),
            authorities: None,
            limits: Limits::default(),
            cancel: Cancel::default(),
        }
    }
}

/// What tells a representation of a file from another one (RFC 9110, 8.8). Of a local
/// file, `etag` is its length and the time of its last change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validators {
    /// The entity tag, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// When it was modified last, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

/// What came of a request.
#[derive(Debug)]
pub enum Fetched {
    /// The file is still the one that is known.
    NotModified,
    /// A file.
    New {
        /// Where it is.
        temporary: TemporaryFile,
        /// Its size; not 0.
        octets: u64,
        /// The sum of its octets.
        sha256: Sha256Sum,
        /// What to know of it the next time.
        validators: Validators,
        /// Where redirects led to, as it may be shown: without the query.
        final_url: String,
    },
}

/// Gets a file into a temporary one in `directory`, which must exist and should be that of
/// its place. `progress` is told of the octets that are done, and of those expected.
///
/// # Errors
///
/// If it did not come, whole and as a file; then nothing is left in `directory`.
pub fn fetch(
    request: &Request<'_>,
    directory: &Path,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<Fetched, FetchError> {
    let guard = Guard::begin(request.limits, &request.cancel);
    let fetched = match request.url.file() {
        Some(path) => local::fetch(request, &path, &guard, directory, progress),
        None => http::fetch(request, &guard, directory, progress),
    };
    fetched.map_err(|fault| FetchError {
        url: request.url.to_string(),
        fault: Box::new(fault),
    })
}

fn unwritten(directory: &Path) -> impl Fn(io::Error) -> Fault {
    let path = directory.to_owned();
    move |source| Fault::Write {
        path: path.clone(),
        source,
    }
}

fn temporary(directory: &Path) -> Result<TemporaryFile, Fault> {
    TemporaryFile::create(directory).map_err(unwritten(directory))
}
