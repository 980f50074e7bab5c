//! Certificates of tests: an authority, and whom it signs.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::Scratch;
use super::ipfix::connect;

/// An authority that signs certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

/// A certificate and its key.
pub(crate) struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

/// When a certificate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Valid {
    /// Now.
    Now,
    /// Until some years ago.
    Formerly,
    /// In some decades.
    Later,
}

impl Authority {
    /// A new one; all have the same name.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "authority of tests");
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let issuer = Issuer::new(params, key);
        Self {
            issuer,
            certificate,
        }
    }

    /// A certificate for a name or address.
    pub(crate) fn sign(&self, name: &str, valid: Valid) -> Identity {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        let (from, to) = match valid {
            Valid::Now => (2020, 4_000),
            Valid::Formerly => (2020, 2022),
            Valid::Later => (3_000, 4_000),
        };
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity { certificate, key }
    }

    /// Its certificate in a file.
    pub(crate) fn file(&self, scratch: &Scratch, name: &str) -> PathBuf {
        scratch.file(name, self.certificate.pem())
    }
}

impl Identity {
    /// The certificate in a file, and the key in another that only its owner may read.
    pub(crate) fn files(&self, scratch: &Scratch, name: &str) -> [PathBuf; 2] {
        let certificate = scratch.file(&format!("{name}.pem"), self.certificate.pem());
        let key = scratch.file(&format!("{name}.key"), self.key.serialize_pem());
        fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
        [certificate, key]
    }
}

/// A connection over TLS.
pub(crate) type Secured = StreamOwned<ClientConnection, TcpStream>;

/// Connects over TLS to a collector whose certificate an authority signed. The handshake
/// is not over when this returns.
pub(crate) fn connect_tls(to: SocketAddr, ca: &Authority, own: Option<&Identity>) -> Secured {
    let mut roots = RootCertStore::empty();
    roots.add(ca.certificate.der().clone()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match own {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let chain: Vec<CertificateDer<'_>> = vec![own.certificate.der().clone()];
            let key = PrivateKeyDer::try_from(own.key.serialize_der()).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    let name = ServerName::from(to.ip());
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(connection, connect(to))
}

/// Closes in order, as TLS does it.
pub(crate) fn close(mut stream: Secured) {
    stream.conn.send_close_notify();
    stream.flush().unwrap();
}

/// Whether a connection is refused: whatever is said, it is closed.
pub(crate) fn is_refused(mut stream: Secured) -> bool {
    let said = stream.write_all(b"hello").and_then(|()| stream.flush());
    // With TLS 1.3 the exporter hears of it only when it reads.
    said.is_err() || stream.read(&mut [0; 16]).is_err()
}
