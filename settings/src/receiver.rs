//! `[receiver]`: how flow records are received.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::check::{Check, item};
use crate::duration::DAY;
use crate::raw;
use crate::size::{ByteSize, GIB, KIB};
use crate::streams::Streams;

/// How flow records are received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    listen: Vec<SocketAddr>,
    streams: Streams,
    receive_buffer: ByteSize,
    datagrams_per_read: NonZeroUsize,
    exporters_max: NonZeroUsize,
    templates_per_exporter_max: NonZeroUsize,
    templates_keep: Duration,
    elements: Option<PathBuf>,
}

impl Receiver {
    /// The UDP sockets; 1 to 64. Those of IPv6 take IPv6 only. Port 0 is any free port.
    #[must_use]
    pub fn listen(&self) -> &[SocketAddr] {
        &self.listen
    }

    /// What is received over TCP and TLS.
    #[must_use]
    pub const fn streams(&self) -> &Streams {
        &self.streams
    }

    /// The receive buffer to ask of the system for each socket.
    #[must_use]
    pub const fn receive_buffer(&self) -> ByteSize {
        self.receive_buffer
    }

    /// How many datagrams one system call reads at most; 1 to 1024.
    #[must_use]
    pub const fn datagrams_per_read(&self) -> NonZeroUsize {
        self.datagrams_per_read
    }

    /// How many exporters are known at once.
    #[must_use]
    pub const fn exporters_max(&self) -> NonZeroUsize {
        self.exporters_max
    }

    /// How many templates are kept for each exporter (RFC 7011, 8).
    #[must_use]
    pub const fn templates_per_exporter_max(&self) -> NonZeroUsize {
        self.templates_per_exporter_max
    }

    /// How long what exporters told is used after a restart; 0 s to 30 d, 0 is never.
    #[must_use]
    pub const fn templates_keep(&self) -> Duration {
        self.templates_keep
    }

    /// The file of enterprises' Information Elements (CSV); `None` for none.
    #[must_use]
    pub fn elements(&self) -> Option<&Path> {
        self.elements.as_deref()
    }

    pub(crate) fn check(raw: &raw::Receiver, check: &mut Check<'_>) -> Option<Self> {
        let listen = check.addresses(item("receiver.listen", &raw.listen), &(1..=64));
        let streams = Streams::check(raw, check);
        let receive_buffer = item("receiver.receive_buffer", &raw.receive_buffer);
        let receive_buffer = check.size(receive_buffer, &(KIB.times(64)..=GIB));
        let datagrams_per_read = item("receiver.datagrams_per_read", &raw.datagrams_per_read);
        let datagrams_per_read = check.count(datagrams_per_read, &(1..=1_024));
        let exporters_max = item("receiver.exporters_max", &raw.exporters_max);
        let exporters_max = check.count(exporters_max, &(1..=1_000_000));
        let templates = item(
            "receiver.templates_per_exporter_max",
            &raw.templates_per_exporter_max,
        );
        let templates = check.count(templates, &(1..=100_000));
        let keep = item("receiver.templates_keep", &raw.templates_keep);
        let templates_keep = check.duration(keep, &(Duration::ZERO..=DAY * 30));
        let elements = check.path_or_none(item("receiver.elements", &raw.elements));
        Some(Self {
            elements: elements?,
            listen: listen?,
            streams: streams?,
            receive_buffer: receive_buffer?,
            datagrams_per_read: datagrams_per_read?,
            exporters_max: exporters_max?,
            templates_per_exporter_max: templates?,
            templates_keep: templates_keep?,
        })
    }
}
