//! Reading certificates and keys (RFC 7468).

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::TlsError;
use super::error::Named;

/// The longest file that is read, in octets: a thousand authorities.
const OCTETS_MAX: u64 = 4 << 20;

/// All certificates in a file; at least one.
pub(super) fn certificates(file: &Named<'_>) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let octets = read(file, &open(file)?)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&octets).collect();
    let found = found.map_err(|error| file.unusable(&error))?;
    if found.is_empty() {
        return Err(file.found("no certificate"));
    }
    Ok(found)
}

/// The private key in a file, which only its owner may read.
pub(super) fn key(file: &Named<'_>) -> Result<PrivateKeyDer<'static>, TlsError> {
    let opened = open(file)?;
    let mode = opened.metadata().map_err(|e| file.read(e))?.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(TlsError::Rights {
            path: file.path.to_owned(),
            mode,
        });
    }
    let mut octets = read(file, &opened)?;
    let key = PrivateKeyDer::from_pem_slice(&octets);
    octets.fill(0);
    key.map_err(|error| match error {
        pem::Error::NoItemsFound => file.found("no private key"),
        error => file.unusable(&error),
    })
}

fn open(file: &Named<'_>) -> Result<File, TlsError> {
    File::open(file.path).map_err(|error| file.read(error))
}

fn read(file: &Named<'_>, opened: &File) -> Result<Vec<u8>, TlsError> {
    let mut octets = Vec::new();
    opened
        .take(OCTETS_MAX + 1)
        .read_to_end(&mut octets)
        .map_err(|error| file.read(error))?;
    if octets.len() as u64 > OCTETS_MAX {
        return Err(file.found(format!("more than {OCTETS_MAX} octets")));
    }
    Ok(octets)
}
