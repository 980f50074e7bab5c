//! TLS of exporters (RFC 7011, 11): who shows which certificate to whom.

mod admission;
mod error;
mod files;

use std::io;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{CertificateError, Error, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use crate::exporter_session::Refused;
use admission::Admission;
pub use error::{TlsError, TlsFile};

/// TLS of a collector, with its certificate and what it asks of exporters.
#[derive(Clone)]
pub struct ExporterTls(TlsAcceptor);

impl ExporterTls {
    /// Reads the files that the settings name.
    ///
    /// # Errors
    /// [`TlsError`] with the file, what was found and what would be right.
    pub fn load(settings: &settings::Tls) -> Result<Self, TlsError> {
        let certificate = TlsFile::Certificate.at(settings.certificate());
        let chain = files::certificates(&certificate)?;
        let key_file = TlsFile::Key.at(settings.key());
        let key = files::key(&key_file)?;
        let provider = Arc::new(ring::default_provider());
        let admission = admission(settings, &provider)?;
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| certificate.unusable(&error))?;
        let mut config = builder
            .with_client_cert_verifier(Arc::new(admission))
            .with_single_cert(chain, key)
            .map_err(|error| match error {
                Error::InconsistentKeys(_) => TlsError::Mismatch {
                    key: settings.key().to_owned(),
                    certificate: settings.certificate().to_owned(),
                },
                Error::InvalidCertificate(_) => certificate.unusable(&error),
                error => key_file.unusable(&error),
            })?;
        // Every connection is looked at anew: nobody resumes what was allowed once.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// What connections are accepted by.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.0.clone()
    }
}

/// Which certificates of exporters hold, and whose are admitted.
fn admission(
    settings: &settings::Tls,
    provider: &Arc<CryptoProvider>,
) -> Result<Admission, TlsError> {
    let file = TlsFile::ClientCa.at(settings.client_ca());
    let mut roots = RootCertStore::empty();
    for authority in files::certificates(&file)? {
        roots
            .add(authority)
            .map_err(|error| file.unusable(&error))?;
    }
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()
            .map_err(|error| file.unusable(&error))?;
    Ok(Admission::new(verifier, settings.exporters()))
}

/// Why a handshake failed.
pub(crate) fn refused(error: &io::Error) -> Refused {
    let of_tls = error.get_ref().and_then(|error| error.downcast_ref());
    match of_tls {
        Some(Error::NoCertificatesPresented) => Refused::CertificateMissing,
        Some(Error::InvalidCertificate(error)) => match error {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                Refused::CertificateUnknown
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Refused::CertificateExpired,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Refused::CertificateName
            }
            _ => Refused::CertificateInvalid,
        },
        _ => Refused::HandshakeFailed,
    }
}
