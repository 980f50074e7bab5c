//! TLS of the generator: an exporter that shows a certificate and looks at the collector's.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// The longest file that is read, in octets.
const OCTETS_MAX: u64 = 4 << 20;

/// The files that TLS needs, all PEM.
#[derive(Debug, Clone)]
pub(super) struct TlsFiles {
    /// The authorities of collectors.
    pub(super) ca: PathBuf,
    /// The generator's own certificate.
    pub(super) certificate: PathBuf,
    /// The key of that.
    pub(super) key: PathBuf,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsClientError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}; expected a PEM file that this user may read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file holds nothing of the kind.
    #[error("{}: {source}; expected {expected} in PEM", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: pem::Error,
        /// What would be right.
        expected: &'static str,
    },
    /// The files do not serve.
    #[error("{} cannot be used: {source}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: rustls::Error,
    },
    /// A destination has no name that a certificate could have.
    #[error("`{0}` is no name that a certificate can have; expected HOST:PORT")]
    Name(String),
}

/// What connections are made with.
#[derive(Debug, Clone)]
pub(super) struct TlsClient {
    config: Arc<ClientConfig>,
    /// Which name each collector's certificate must have.
    names: BTreeMap<SocketAddr, ServerName<'static>>,
}

impl TlsClient {
    /// Reads the files; `hosts` are the names under which destinations are known.
    pub(super) fn load(
        files: &TlsFiles,
        hosts: impl IntoIterator<Item = (SocketAddr, String)>,
    ) -> Result<Self, TlsClientError> {
        let mut roots = RootCertStore::empty();
        for authority in certificates(&files.ca)? {
            roots
                .add(authority)
                .map_err(|source| unusable(&files.ca, source))?;
        }
        let chain = certificates(&files.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&read(&files.key)?);
        let key = key.map_err(|source| TlsClientError::Pem {
            path: files.key.clone(),
            source,
            expected: "a private key",
        })?;
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|source| unusable(&files.certificate, source))?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)
            .map_err(|source| unusable(&files.key, source))?;
        let named = |(to, host): (SocketAddr, String)| {
            let name = ServerName::try_from(host.clone());
            name.map(|name| (to, name))
                .map_err(|_| TlsClientError::Name(host))
        };
        Ok(Self {
            config: Arc::new(config),
            names: hosts.into_iter().map(named).collect::<Result<_, _>>()?,
        })
    }

    /// TLS over a connection; the handshake is over when this returns.
    pub(super) fn over(
        &self,
        stream: TcpStream,
        to: SocketAddr,
    ) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
        let name = self.names.get(&to).cloned();
        let name = name.unwrap_or_else(|| ServerName::from(to.ip()));
        let connection = ClientConnection::new(Arc::clone(&self.config), name);
        let mut connection = connection.map_err(io::Error::other)?;
        let mut socket = stream;
        while connection.is_handshaking() {
            connection.complete_io(&mut socket)?;
        }
        Ok(StreamOwned::new(connection, socket))
    }
}

fn unusable(path: &Path, source: rustls::Error) -> TlsClientError {
    TlsClientError::Unusable {
        path: path.to_owned(),
        source,
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsClientError> {
    let mut octets = Vec::new();
    File::open(path)
        .and_then(|file| file.take(OCTETS_MAX).read_to_end(&mut octets))
        .map_err(|source| TlsClientError::Read {
            path: path.to_owned(),
            source,
        })?;
    Ok(octets)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsClientError> {
    let octets = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&octets).collect();
    found
        .and_then(|found| match found.is_empty() {
            true => Err(pem::Error::NoItemsFound),
            false => Ok(found),
        })
        .map_err(|source| TlsClientError::Pem {
            path: path.to_owned(),
            source,
            expected: "certificates",
        })
}
