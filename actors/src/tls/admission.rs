//! Which exporters are admitted: those whose certificate holds and has an admitted name.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

/// Verifies a certificate as any other, and its name besides (RFC 7011, 11.3; RFC 6125, 6).
#[derive(Debug)]
pub(super) struct Admission {
    certificates: Arc<dyn ClientCertVerifier>,
    /// Whoever has one of these names is admitted; if there are none, everybody.
    names: Vec<ServerName<'static>>,
}

impl Admission {
    /// Names that no certificate can have admit nobody; the settings refuse them.
    pub(super) fn new(certificates: Arc<dyn ClientCertVerifier>, names: &[String]) -> Self {
        let name = |name: &String| ServerName::try_from(name.clone()).ok();
        Self {
            certificates,
            names: names.iter().filter_map(name).collect(),
        }
    }

    fn admits(&self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        if self.names.is_empty() {
            return Ok(());
        }
        let parsed = ParsedCertificate::try_from(certificate)?;
        let has = |name| verify_server_name(&parsed, name).is_ok();
        if self.names.iter().any(has) {
            Ok(())
        } else {
            Err(CertificateError::NotValidForName.into())
        }
    }
}

impl ClientCertVerifier for Admission {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.certificates.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self
            .certificates
            .verify_client_cert(end_entity, intermediates, now)?;
        self.admits(end_entity)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.certificates.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.certificates.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.certificates.supported_verify_schemes()
    }
}
