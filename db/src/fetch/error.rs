//! Why a file was not fetched.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a file was not fetched. No text of it has a secret.
#[derive(Debug, thiserror::Error)]
#[error("{url}: {fault}")]
pub struct FetchError {
    /// Where it was asked for, without the query.
    pub url: String,
    /// What is wrong.
    #[source]
    pub fault: Box<Fault>,
}

impl FetchError {
    /// The rest that the server asked for (`Retry-After`).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match &*self.fault {
            Fault::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether it is only that the caller did not want it any more.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(*self.fault, Fault::Cancelled)
    }
}

/// What is wrong with a fetch.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// No such host.
    #[error("no such host; check its name, the name server of this machine, and the proxy")]
    NoHost,
    /// No connection.
    #[error(
        "no connection: {source}; check the address, the network, and whether a proxy is needed"
    )]
    Connect {
        /// The refusal.
        source: io::Error,
    },
    /// No connection in time.
    #[error(
        "no connection within {} s; check the network, and whether a proxy is needed",
        limit.as_secs_f64()
    )]
    ConnectTime {
        /// The limit.
        limit: Duration,
    },
    /// The proxy refuses.
    #[error("the proxy does not connect to it: {found}; check the proxy and who may use it")]
    Proxy {
        /// What it said.
        found: String,
    },
    /// The proxy's address cannot be used.
    #[error("found a proxy of the kind {found}; expected `http` or `https`")]
    ProxyKind {
        /// The kind.
        found: String,
    },
    /// No trusted connection.
    #[error(
        "no trusted connection: {found}; if a proxy of your network signs its certificates, \
         name the file of that authority in the settings"
    )]
    Tls {
        /// What is wrong.
        found: String,
    },
    /// The authorities to trust cannot be read.
    #[error("{place}: found {found}; expected certificates of authorities as PEM")]
    Authorities {
        /// The file, or the system's store.
        place: String,
        /// What is wrong.
        found: String,
    },
    /// Something that is not HTTP/1.1.
    #[error("found an answer that is not HTTP: {found}; check address and port")]
    Protocol {
        /// What is wrong.
        found: String,
    },
    /// Too many redirects.
    #[error("more than {limit} redirects; give the address that they lead to")]
    Redirects {
        /// The limit.
        limit: usize,
    },
    /// Redirects that lead back.
    #[error("the redirects lead in a circle, back to {to}; give the address of the file itself")]
    Circle {
        /// Where to, without the query.
        to: String,
    },
    /// A redirect out of TLS.
    #[error("a redirect leads from https to {to}, which is not followed; expected https")]
    Downgrade {
        /// Where to, without the query.
        to: String,
    },
    /// A redirect to nowhere.
    #[error("a redirect leads to {found}; expected an address of http or https")]
    Astray {
        /// What it says.
        found: String,
    },
    /// A status that gives no file.
    #[error("the server answers {}", Answer(*status, *secret, said.as_deref(), *retry_after))]
    Status {
        /// The status (RFC 9110, 15).
        status: u16,
        /// What was done about a secret.
        secret: Sent,
        /// The beginning of what the server says about it, escaped.
        said: Option<String>,
        /// The rest that it asked for.
        retry_after: Option<Duration>,
    },
    /// A page in place of a file.
    #[error(
        "found an HTML page{}; expected a file: look at the address with a browser, there may \
         be a login, a licence to agree to, or a new address",
        Titled(title.as_deref())
    )]
    Html {
        /// The beginning of its title, escaped.
        title: Option<String>,
    },
    /// No octets.
    #[error("found an empty file; try again later, or check the address")]
    Empty,
    /// More octets than are taken.
    #[error("{found} octets; at most {limit} are taken: check the address, or raise the limit")]
    TooLarge {
        /// The octets that are announced, or came until it was given up.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// Fewer octets than were announced.
    #[error("cut short: {octets} octets{} came; try again", Of(*expected))]
    Cut {
        /// Those that came.
        octets: u64,
        /// Those that were announced.
        expected: Option<u64>,
    },
    /// Nothing comes any more.
    #[error(
        "nothing came for {} s, after {octets} octets{}; try again later",
        limit.as_secs_f64(), Of(*expected)
    )]
    Stalled {
        /// The limit.
        limit: Duration,
        /// Those that came.
        octets: u64,
        /// Those that were announced.
        expected: Option<u64>,
    },
    /// It takes too long.
    #[error(
        "too slow: {octets} octets{} within {} s, the limit; try another mirror, or raise the limit",
        Of(*expected), limit.as_secs_f64()
    )]
    TooSlow {
        /// The limit.
        limit: Duration,
        /// Those that came.
        octets: u64,
        /// Those that were announced.
        expected: Option<u64>,
    },
    /// The connection failed on the way.
    #[error("the connection broke after {octets} octets: {source}; try again")]
    Broken {
        /// Those that came.
        octets: u64,
        /// What the system says.
        source: io::Error,
    },
    /// A local file cannot be read.
    #[error("cannot be read: {source}")]
    Read {
        /// The refusal.
        source: io::Error,
    },
    /// A directory, a pipe or a device.
    #[error("not a regular file; name the file itself")]
    NotAFile,
    /// A local file changed while it was read.
    #[error("changed while it was read; replace a file by renaming a new one over it")]
    Changed,
    /// The file cannot be written here.
    #[error("{}: cannot be written: {source}{}", path.display(), Room(source))]
    Write {
        /// The file, or its directory.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
    /// The caller does not want it any more.
    #[error("given up, since it is not wanted any more")]
    Cancelled,
}

/// What was done about a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// There is none.
    None,
    /// It was sent.
    Sent,
    /// It was held back, since a redirect led to another host.
    HeldBack,
}

/// An answer that gives no file: status, what was done about a secret, what the server
/// says, the rest it asked for.
struct Answer<'a>(u16, Sent, Option<&'a str>, Option<Duration>);

impl fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(status, secret, said, retry_after) = *self;
        write!(f, "{status}")?;
        if let Some(said) = said {
            write!(f, " and {said}")?;
        }
        f.write_str(match (status, secret) {
            (401 | 403, Sent::None) => {
                "; it may want an account: name the file of its secret in the settings"
            }
            (401 | 403, Sent::Sent) => {
                "; check user and key in the file of the secret, and what the account may fetch"
            }
            (401 | 403, Sent::HeldBack) => {
                "; the secret was held back, since a redirect led to another host: give the \
                 address of that host"
            }
            (404 | 410, _) => "; there is no such file (any more): check the address",
            (429 | 503, _) => "; it is busy, or was asked too often",
            (500.., _) => "; try again later",
            _ => "; expected 200 and a file: check the address",
        })?;
        match retry_after {
            Some(rest) => write!(f, "; try again in {} s", rest.as_secs()),
            None => Ok(()),
        }
    }
}

/// A title, if there is one.
struct Titled<'a>(Option<&'a str>);

impl fmt::Display for Titled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(title) => write!(f, " with the title {title}"),
            None => Ok(()),
        }
    }
}

/// Of how many octets, if that is known.
struct Of(Option<u64>);

impl fmt::Display for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(expected) => write!(f, " of {expected}"),
            None => Ok(()),
        }
    }
}

/// What to do where there is no room.
struct Room<'a>(&'a io::Error);

impl fmt::Display for Room<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match self.0.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => {
                f.write_str("; make room there, or name another directory in the settings")
            }
            _ => Ok(()),
        }
    }
}
