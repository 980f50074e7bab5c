//! `[clients]`: who may connect, and how much they may cost.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use toml::Value;

use crate::check::{Check, Item, item};
use crate::duration::{HOUR, MILLISECOND, MINUTE};
use crate::raw;
use crate::size::{ByteSize, GIB, KIB, MIB};

/// Who may connect, and how much they may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clients {
    listen: Vec<SocketAddr>,
    insecure: bool,
    sessions_max: NonZeroUsize,
    request_timeout: Duration,
    request_bytes_max: ByteSize,
    ring_bytes: ByteSize,
    write_timeout: Duration,
    legacy_positions_swapped: bool,
}

impl Clients {
    /// The TCP sockets; 0 to 16. All are loopback unless [`Self::insecure`].
    #[must_use]
    pub fn listen(&self) -> &[SocketAddr] {
        &self.listen
    }

    /// Whether the operator accepts that others than this machine read the flows.
    #[must_use]
    pub const fn insecure(&self) -> bool {
        self.insecure
    }

    /// How many clients may be connected at once.
    #[must_use]
    pub const fn sessions_max(&self) -> NonZeroUsize {
        self.sessions_max
    }

    /// How long a client may take from connecting to the end of its request.
    #[must_use]
    pub const fn request_timeout(&self) -> Duration {
        self.request_timeout
    }

    /// How long a request may be.
    #[must_use]
    pub const fn request_bytes_max(&self) -> ByteSize {
        self.request_bytes_max
    }

    /// Memory for the most recent blocks.
    #[must_use]
    pub const fn ring_bytes(&self) -> ByteSize {
        self.ring_bytes
    }

    /// How long a client may take nothing before it is disconnected.
    #[must_use]
    pub const fn write_timeout(&self) -> Duration {
        self.write_timeout
    }

    /// Whether longitudes and latitudes stand in each other's columns, in the format `legacy`.
    #[must_use]
    pub const fn legacy_positions_swapped(&self) -> bool {
        self.legacy_positions_swapped
    }

    pub(crate) fn check(raw: &raw::Clients, check: &mut Check<'_>) -> Option<Self> {
        let insecure = check.boolean(item("clients.insecure", &raw.insecure));
        let listen = listen(&raw.listen, insecure, check);
        let sessions_max = item("clients.sessions_max", &raw.sessions_max);
        let sessions_max = check.count(sessions_max, &(1..=100_000));
        let request_timeout = item("clients.request_timeout", &raw.request_timeout);
        let request_timeout = check.duration(request_timeout, &(TENTH..=MINUTE * 10));
        let request_bytes_max = item("clients.request_bytes_max", &raw.request_bytes_max);
        let request_bytes_max = check.size(request_bytes_max, &(KIB..=MIB.times(16)));
        let ring_bytes = item("clients.ring_bytes", &raw.ring_bytes);
        let ring_bytes = check.size(ring_bytes, &(MIB..=GIB.times(64)));
        let write_timeout = item("clients.write_timeout", &raw.write_timeout);
        let write_timeout = check.duration(write_timeout, &(TENTH..=HOUR));
        let swapped = item(
            "clients.legacy_positions_swapped",
            &raw.legacy_positions_swapped,
        );
        let legacy_positions_swapped = check.boolean(swapped);
        Some(Self {
            listen: listen?,
            insecure: insecure?,
            sessions_max: sessions_max?,
            request_timeout: request_timeout?,
            request_bytes_max: request_bytes_max?,
            ring_bytes: ring_bytes?,
            write_timeout: write_timeout?,
            legacy_positions_swapped: legacy_positions_swapped?,
        })
    }
}

const TENTH: Duration = MILLISECOND.saturating_mul(100);

fn listen(value: &Value, insecure: Option<bool>, check: &mut Check<'_>) -> Option<Vec<SocketAddr>> {
    const KEY: &str = "clients.listen";
    let addresses = check.addresses(item(KEY, value), &(0..=16))?;
    if !check.is_whole() || insecure != Some(false) {
        return Some(addresses);
    }
    for (index, address) in addresses.iter().enumerate() {
        if !address.ip().to_canonical().is_loopback() {
            let (key, value) = (format!("{KEY}[{index}]"), Value::from(address.to_string()));
            refuse_open(
                Item {
                    key: &key,
                    value: &value,
                },
                check,
            );
        }
    }
    Some(addresses)
}

fn refuse_open(item: Item<'_>, check: &mut Check<'_>) {
    check.refuse(
        item,
        "a loopback address such as \"127.0.0.1:11338\", as clients have neither token nor TLS \
         yet (clients.insecure = true allows it all the same)",
    );
}
