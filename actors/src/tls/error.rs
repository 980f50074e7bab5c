//! What can be wrong with the files of TLS.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A file of TLS, by its setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFile {
    /// The collector's certificate.
    Certificate,
    /// The key of that.
    Key,
    /// The authorities of exporters.
    ClientCa,
}

impl TlsFile {
    pub(super) fn at(self, path: &Path) -> Named<'_> {
        Named { file: self, path }
    }
}

impl fmt::Display for TlsFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "receiver.tls.certificate",
            Self::Key => "receiver.tls.key",
            Self::ClientCa => "receiver.tls.client_ca",
        })
    }
}

/// A file and where it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) file: TlsFile,
    pub(super) path: &'a Path,
}

/// Why TLS cannot be had: the file, what was found, and what would be right.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{file}: cannot read {}: {source}; expected a PEM file that this user may read", path.display())]
    Read {
        /// Its setting.
        file: TlsFile,
        /// Where it is.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{file}: found {found} in {}; expected {expected}", path.display())]
    Content {
        /// Its setting.
        file: TlsFile,
        /// Where it is.
        path: PathBuf,
        /// What was found.
        found: String,
        /// What would be right.
        expected: &'static str,
    },
    /// Others may read the key.
    #[error(
        "receiver.tls.key: others than its owner may use {} (mode {mode:04o}); run: chmod 600 {}",
        path.display(), path.display()
    )]
    Rights {
        /// Where it is.
        path: PathBuf,
        /// Its rights.
        mode: u32,
    },
    /// The key is not that of the certificate.
    #[error(
        "receiver.tls.key: {} is not the key of the certificate in {}; expected the one it was \
         made with", key.display(), certificate.display()
    )]
    Mismatch {
        /// Where the key is.
        key: PathBuf,
        /// Where the certificate is.
        certificate: PathBuf,
    },
}

impl Named<'_> {
    pub(super) fn read(self, source: io::Error) -> TlsError {
        TlsError::Read {
            file: self.file,
            path: self.path.to_owned(),
            source,
        }
    }

    pub(super) fn found(self, found: impl Into<String>) -> TlsError {
        let expected = match self.file {
            TlsFile::Key => "a private key in PEM, without a password",
            TlsFile::Certificate | TlsFile::ClientCa => "certificates in PEM",
        };
        TlsError::Content {
            file: self.file,
            path: self.path.to_owned(),
            found: found.into(),
            expected,
        }
    }

    pub(super) fn unusable(self, error: &impl fmt::Display) -> TlsError {
        self.found(format!("something that cannot be used ({error})"))
    }
}
