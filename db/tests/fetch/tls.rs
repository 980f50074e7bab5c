//! Servers with certificates.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;

use super::server::{Bound, Server, Step, answer, file, say};
use super::{came, directory, refused, request};

/// An authority that signs certificates.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Certificate,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let issuer = Issuer::new(params, key);
        Self {
            issuer,
            certificate,
        }
    }

    /// Its certificate in a file.
    fn file(&self, name: &str) -> PathBuf {
        let path = directory(name).join("ca.pem");
        fs::write(&path, self.certificate.pem()).unwrap();
        path
    }

    /// What a server of that name needs.
    fn server(&self, name: &str) -> ServerConfig {
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let signed = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![signed.der().clone()], key)
            .unwrap()
    }
}

#[test]
fn a_server_is_trusted_that_an_authority_of_the_given_file_signed() {
    let authority = Authority::new();
    let trusted = authority.file("ca_given");
    let server = Bound::over_tls(authority.server("127.0.0.1"));
    let body = vec![7; 300_000];
    let server = server.answering(vec![file(&body)]);
    let url = server.url("/asn");
    let mut request = request(&url);
    request.authorities = Some(&trusted);
    assert_eq!(came("trusted", &request).octets, body);
    assert!(server.heard()[0].starts_with("GET /asn "));
}

#[test]
fn a_server_is_not_trusted_that_another_signed_or_that_has_another_name() {
    let authority = Authority::new();
    let trusted = authority.file("ca_other");
    for (name, config) in [
        ("other_ca", Authority::new().server("127.0.0.1")),
        ("other_name", authority.server("example.com")),
    ] {
        let server = Bound::over_tls(config).answering(vec![file(b"abc")]);
        let url = server.url("/");
        let mut request = request(&url);
        request.authorities = Some(&trusted);
        let error = refused(name, &request);
        assert!(error.starts_with("no trusted connection: "), "{error}");
        assert!(error.contains("certificate"), "{error}");
    }
}

#[test]
fn a_server_without_tls_is_not_trusted() {
    let authority = Authority::new();
    let trusted = authority.file("ca_plain");
    let server = Server::new(vec![say("HTTP/1.1 400 Bad Request\r\n\r\n"); 1]);
    let url = server.url("/").as_str().replace("http:", "https:");
    let url = url.parse().unwrap();
    let mut request = request(&url);
    request.limits.connect = Duration::from_secs(1);
    request.authorities = Some(&trusted);
    let error = refused("plain", &request);
    // A hello of TLS is no request, so this server says nothing.
    assert!(error.starts_with("no connection within 1 s"), "{error}");
}

#[test]
fn a_server_that_is_cut_off_within_tls_has_not_sent_a_file() {
    let authority = Authority::new();
    let trusted = authority.file("ca_cut");
    let server = Bound::over_tls(authority.server("127.0.0.1"));
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcde";
    let stalls = vec![Step::Say(half.into()), Step::Stall];
    let server = server.answering(vec![say(half), stalls]);
    let url = server.url("/");
    let mut request = request(&url);
    request.authorities = Some(&trusted);
    request.limits.stall = Duration::from_millis(500);
    let error = refused("cut_tls", &request);
    assert_eq!(error, "cut short: 5 octets of 10 came; try again");
    let error = refused("stalls_tls", &request);
    assert!(
        error.starts_with("nothing came for 0.5 s, after 5 octets of 10"),
        "{error}"
    );
}

#[test]
fn a_redirect_out_of_tls_is_not_followed() {
    let authority = Authority::new();
    let trusted = authority.file("ca_downgrade");
    let server = Bound::over_tls(authority.server("127.0.0.1"));
    let to = ["Location: http://127.0.0.1:9/x?GEHEIM"];
    let server = server.answering(vec![answer("302 Found", &to, b"")]);
    let url = server.url("/");
    let mut request = request(&url);
    request.authorities = Some(&trusted);
    let error = refused("downgrade", &request);
    assert_eq!(
        error,
        "a redirect leads from https to http://127.0.0.1:9/x?..., which is not followed; \
         expected https"
    );
}

#[test]
fn a_file_of_authorities_that_cannot_be_used_is_told() {
    let directory = directory("ca_files");
    let key = KeyPair::generate().unwrap();
    let cases: [(&str, String, &str); 4] = [
        ("empty", String::new(), "no certificate"),
        ("key", key.serialize_pem(), "no certificate"),
        (
            "broken",
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n".to_owned(),
            "",
        ),
        (
            "long",
            "x".repeat((4 << 20) + 1),
            "more than 4194304 octets",
        ),
    ];
    let url = "https://127.0.0.1:9/".parse().unwrap();
    for (name, text, found) in cases {
        let path = directory.join(name);
        fs::write(&path, text).unwrap();
        let mut request = request(&url);
        request.authorities = Some(&path);
        let error = refused("ca_unusable", &request);
        let start = format!("{}: found {found}", path.display());
        assert!(error.starts_with(&start), "{error}");
        assert!(
            error.ends_with("; expected certificates of authorities as PEM"),
            "{error}"
        );
    }
    let missing = directory.join("missing");
    let mut request = request(&url);
    request.authorities = Some(&missing);
    assert!(refused("ca_missing", &request).contains("missing: found No such file"));
}
