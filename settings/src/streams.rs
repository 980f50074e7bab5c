//! `[receiver]`, the part about TCP and TLS.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Value;

use crate::check::{Check, Item, item};
use crate::duration::{DAY, MILLISECOND, MINUTE, SECOND};
use crate::raw;

/// How IPFIX is received over TCP and TLS (RFC 7011, 10.4 and 11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Streams {
    tcp: Vec<SocketAddr>,
    tls: Option<Tls>,
    most: NonZeroUsize,
    per_exporter: NonZeroUsize,
    idle_timeout: Duration,
    handshake_timeout: Duration,
}

/// Where TLS is listened for, and who is admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    listen: Vec<SocketAddr>,
    certificate: PathBuf,
    key: PathBuf,
    client_ca: PathBuf,
    exporters: Vec<String>,
}

impl Streams {
    /// Where exporters connect over plain TCP. Sockets of IPv6 take IPv6 only.
    #[must_use]
    pub fn tcp(&self) -> &[SocketAddr] {
        &self.tcp
    }

    /// Where they connect over TLS, if they may.
    #[must_use]
    pub const fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// How many sessions may be open at once.
    #[must_use]
    pub const fn most(&self) -> NonZeroUsize {
        self.most
    }

    /// How many of them one address may have; at most [`Self::most`].
    #[must_use]
    pub const fn per_exporter(&self) -> NonZeroUsize {
        self.per_exporter
    }

    /// After how long without a message a session is closed.
    #[must_use]
    pub const fn idle_timeout(&self) -> Duration {
        self.idle_timeout
    }

    /// How long the handshake of TLS may take.
    #[must_use]
    pub const fn handshake_timeout(&self) -> Duration {
        self.handshake_timeout
    }

    pub(crate) fn check(raw: &raw::Receiver, check: &mut Check<'_>) -> Option<Self> {
        let listen = item("receiver.listen_tcp", &raw.listen_tcp);
        let tcp = check.addresses(listen, &(0..=64));
        let tls = Tls::check(raw, tcp.as_deref().unwrap_or_default(), check);
        let most = item("receiver.streams_max", &raw.streams_max);
        let most_value = check.count(most, &(1..=65_536));
        let each = item(
            "receiver.streams_per_exporter_max",
            &raw.streams_per_exporter_max,
        );
        let each_value = check.count(each, &(1..=65_536));
        check.at_most((each, each_value), (most, most_value));
        let idle = item("receiver.stream_idle_timeout", &raw.stream_idle_timeout);
        let idle_timeout = check.duration(idle, &(SECOND..=DAY));
        let handshake = item("receiver.handshake_timeout", &raw.handshake_timeout);
        let handshake_timeout = check.duration(handshake, &(MILLISECOND * 100..=MINUTE * 10));
        Some(Self {
            tcp: tcp?,
            tls: tls?,
            most: most_value?,
            per_exporter: each_value?,
            idle_timeout: idle_timeout?,
            handshake_timeout: handshake_timeout?,
        })
    }
}

impl Tls {
    /// Where exporters connect over TLS; at least one address.
    #[must_use]
    pub fn listen(&self) -> &[SocketAddr] {
        &self.listen
    }

    /// The file of the collector's certificate and those that lead to its authority (PEM).
    #[must_use]
    pub fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// The file of the certificate's private key (PEM).
    #[must_use]
    pub fn key(&self) -> &Path {
        &self.key
    }

    /// The file of the authorities that sign exporters' certificates (PEM).
    #[must_use]
    pub fn client_ca(&self) -> &Path {
        &self.client_ca
    }

    /// The names or addresses of the exporters that are admitted; none for all whose
    /// certificate holds.
    #[must_use]
    pub fn exporters(&self) -> &[String] {
        &self.exporters
    }

    /// None where nothing is listened for.
    fn check(
        raw: &raw::Receiver,
        tcp: &[SocketAddr],
        check: &mut Check<'_>,
    ) -> Option<Option<Self>> {
        let listen = item("receiver.listen_tls", &raw.listen_tls);
        let addresses = check.addresses(listen, &(0..=64));
        let apart = addresses
            .as_deref()
            .is_none_or(|addresses| are_apart(listen, addresses, tcp, check));
        let wanted = addresses.as_ref().is_some_and(|list| !list.is_empty());
        let mut file = |key, value| path(item(key, value), listen.key, wanted, check);
        let certificate = file("receiver.tls.certificate", &raw.tls.certificate);
        let key = file("receiver.tls.key", &raw.tls.key);
        let client_ca = file("receiver.tls.client_ca", &raw.tls.client_ca);
        let exporters = names(item("receiver.tls.exporters", &raw.tls.exporters), check);
        let (certificate, key, client_ca) = (certificate?, key?, client_ca?);
        let (listen, exporters) = (addresses.filter(|_| apart)?, exporters?);
        let (true, Some(certificate), Some(key), Some(client_ca)) =
            (wanted, certificate, key, client_ca)
        else {
            return Some(None);
        };
        Some(Some(Self {
            listen,
            certificate,
            key,
            client_ca,
            exporters,
        }))
    }
}

/// Whether no address is listened to with and without TLS.
fn are_apart(
    item: Item<'_>,
    addresses: &[SocketAddr],
    tcp: &[SocketAddr],
    check: &mut Check<'_>,
) -> bool {
    let twice = |address: &&SocketAddr| address.port() != 0 && tcp.contains(address);
    let twice = addresses.iter().find(twice);
    if twice.is_some() {
        check.refuse(item, "addresses that are not in receiver.listen_tcp");
    }
    twice.is_none()
}

/// The path of a file, which has to be given where TLS is wanted.
fn path(
    item: Item<'_>,
    listen: &str,
    wanted: bool,
    check: &mut Check<'_>,
) -> Option<Option<PathBuf>> {
    let path = check.path_or_none(item)?;
    if path.is_some() || !wanted || !check.is_whole() {
        return Some(path);
    }
    // The operator asked for TLS, so that is where the error is, unless an empty path was
    // written.
    let (written, cause) = (check.origin(item.key), check.origin(listen));
    let expected = format!("the path of a PEM file, as {listen} is not empty ({cause})");
    let origin = if written.is_default() { cause } else { written };
    check.refuse_at(origin, item, expected);
    None
}

/// Most names of exporters.
const NAMES_MAX: usize = 10_000;

fn names(list: Item<'_>, check: &mut Check<'_>) -> Option<Vec<String>> {
    let Some(values) = list.value.as_array().filter(|l| l.len() <= NAMES_MAX) else {
        let example = "such as [\"exporter.example.org\", \"192.0.2.1\"]";
        let expected = format!("a list of 0 to {NAMES_MAX} names or addresses, {example}");
        check.refuse(list, expected);
        return None;
    };
    let names: Vec<Option<String>> = (0..)
        .zip(values)
        .map(|(index, value): (usize, &Value)| {
            let key = format!("{}[{index}]", list.key);
            let name = value.as_str().filter(|name| is_name(name));
            if name.is_none() {
                let expected = "a DNS name or an IP address, as in the certificate";
                check.refuse(item(&key, value), expected);
            }
            name.map(str::to_owned)
        })
        .collect();
    names.into_iter().collect()
}

/// Whether a text is an address, or a DNS name as certificates have them (RFC 5890, 2.3.1).
fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (1..=63).contains(&label.len())
            && label.chars().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_dns = text.len() <= 253
        && text.split('.').all(is_label)
        && !text.chars().all(|c| c.is_ascii_digit() || c == '.');
    is_dns || text.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_a_certificate_may_have() {
        for name in [
            "a",
            "exporter.example.org",
            "x-1.example",
            "192.0.2.1",
            "2001:db8::1",
        ] {
            assert!(is_name(name), "{name}");
        }
        let long = "a".repeat(64);
        for text in [
            "",
            ".",
            "a..b",
            "-a",
            "a-.b",
            "a b",
            "*.example.org",
            "1.2.3",
            &long,
        ] {
            assert!(!is_name(text), "{text}");
        }
    }
}
