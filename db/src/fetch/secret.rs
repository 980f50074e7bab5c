//! User and key of an account, out of a file.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// The longest file that is read, in octets.
const OCTETS_MAX: u64 = 1_024;

/// User and key for HTTP's basic authentication (RFC 7617). Nothing prints the key.
#[derive(Clone, PartialEq, Eq)]
pub struct BasicAuth {
    user: String,
    key: String,
}

/// A file with a secret cannot be used. It is never quoted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The operating system refuses.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
    /// Others may read it.
    #[error(
        "{}: mode {mode:03o}; expected a file that only its owner may read: `chmod 600` it",
        path.display()
    )]
    Rights {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It holds something else.
    #[error("{}: found {found}; expected one line `USER:KEY`", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: &'static str,
    },
}

impl BasicAuth {
    /// Reads one line, `USER:KEY`, from a file that only its owner may read.
    ///
    /// # Errors
    ///
    /// If it cannot be read, others may read it, or it holds something else.
    pub fn read(path: &Path) -> Result<Self, SecretError> {
        let failed = |source| SecretError::Read {
            path: path.to_owned(),
            source,
        };
        let form = |found| SecretError::Form {
            path: path.to_owned(),
            found,
        };
        // Before it is opened, since to open a pipe may wait for ever.
        if !path.metadata().map_err(failed)?.is_file() {
            return Err(form("no regular file"));
        }
        let file = File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.mode() & 0o7777;
        if mode & 0o077 != 0 {
            let path = path.to_owned();
            return Err(SecretError::Rights { path, mode });
        }
        let mut octets = Vec::new();
        let read = file.take(OCTETS_MAX + 1).read_to_end(&mut octets);
        read.map_err(failed)?;
        if octets.len() as u64 > OCTETS_MAX {
            return Err(form("more than 1024 octets"));
        }
        Self::of(&octets).map_err(form)
    }

    fn of(octets: &[u8]) -> Result<Self, &'static str> {
        let text = std::str::from_utf8(octets).map_err(|_| "text that is not UTF-8")?;
        let line = text.trim();
        if line.chars().any(char::is_control) {
            return Err("several lines, or control characters");
        }
        let (user, key) = line.split_once(':').ok_or("no colon")?;
        if user.is_empty() || key.is_empty() {
            return Err("no user or no key");
        }
        Ok(Self {
            user: user.to_owned(),
            key: key.to_owned(),
        })
    }

    /// The value of the header `Authorization`.
    pub(super) fn header(&self) -> String {
        let Self { user, key } = self;
        let encoded = BASE64_STANDARD.encode(format!("{user}:{key}"));
        format!("Basic {encoded}")
    }
}

impl fmt::Debug for BasicAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BasicAuth(...)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line_of_user_and_key() {
        let secret = BasicAuth::of(b"Aladdin:open sesame\n").unwrap();
        assert_eq!(secret.header(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(BasicAuth::of(b"anna:a:b").is_ok(), "a key may have a colon");
        for octets in [
            &b""[..],
            b"anna",
            b":key",
            b"anna:",
            b"a:b\nc:d",
            b"a:b\0",
            b"\xff:b",
        ] {
            assert!(BasicAuth::of(octets).is_err(), "{octets:?}");
        }
    }

    #[test]
    fn nothing_prints_a_secret() {
        let secret = BasicAuth::of(b"anna:GEHEIM").unwrap();
        assert_eq!(format!("{secret:?}"), "BasicAuth(...)");
    }
}
