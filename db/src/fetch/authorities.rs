//! Which authorities are trusted to sign the certificates of servers.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use super::error::Fault;

/// The longest file that is read, in octets: a thousand authorities.
const OCTETS_MAX: u64 = 4 << 20;

/// Those that this machine trusts, or that `SSL_CERT_FILE` and `SSL_CERT_DIR` name, and
/// those of a file. Where the machine has none at all, as in a small container, and no
/// file is given, those of Mozilla as this program was built with.
pub(super) fn trusted(file: Option<&Path>) -> Result<RootCerts, Fault> {
    let mut trusted = file.map(read).transpose()?.unwrap_or_default();
    let native = rustls_native_certs::load_native_certs();
    let certificates = native.certs.iter();
    trusted.extend(certificates.map(|native| Certificate::from_der(native).to_owned()));
    match native.errors.first() {
        _ if !trusted.is_empty() => Ok(RootCerts::new_with_certs(&trusted)),
        Some(error) => Err(Fault::Authorities {
            place: "the authorities of this machine".to_owned(),
            found: error.to_string(),
        }),
        None => Ok(RootCerts::WebPki),
    }
}

fn read(path: &Path) -> Result<Vec<Certificate<'static>>, Fault> {
    let wrong = |found| Fault::Authorities {
        place: path.display().to_string(),
        found,
    };
    let mut pem = Vec::new();
    File::open(path)
        .and_then(|file| file.take(OCTETS_MAX + 1).read_to_end(&mut pem))
        .map_err(|error| wrong(error.to_string()))?;
    if pem.len() as u64 > OCTETS_MAX {
        return Err(wrong(format!("more than {OCTETS_MAX} octets")));
    }
    let mut found = Vec::new();
    for item in parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(error) => return Err(wrong(error.to_string())),
        }
    }
    if found.is_empty() {
        return Err(wrong("no certificate".to_owned()));
    }
    Ok(found)
}
