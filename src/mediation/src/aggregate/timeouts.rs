//! The times by which flows end.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// Times by which flows end, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// The longest gap within a flow.
    pub idle_ms: i64,
    /// After how long exporters cut a flow and report it in pieces.
    pub exporter_active_ms: i64,
    /// The same, of exporters that differ, by address.
    pub exporter_active_ms_of: BTreeMap<IpAddr, i64>,
    /// For datagrams that come late.
    pub slack_ms: i64,
    /// How long a flow whose end was seen waits for late records.
    pub linger_ms: i64,
    /// When a part of a flow leaves although it goes on.
    pub longest_lifetime_ms: i64,
}

impl Timeouts {
    /// How long after its last packet a flow may still get a record from an exporter
    /// that cuts flows after so long.
    pub(super) const fn waiting_ms(&self, active_ms: i64) -> i64 {
        self.idle_ms
            .saturating_add(active_ms)
            .saturating_add(self.slack_ms)
    }

    /// After how many seconds without a record a flow has left, however long its
    /// exporter's active timeout: none is longer than the longest lifetime.
    pub(super) const fn longest_wait_secs(&self) -> i64 {
        self.waiting_ms(self.longest_lifetime_ms) / 1_000 + 1
    }

    /// After how many seconds without a record every flow has left.
    #[must_use]
    pub fn horizon_secs(&self) -> i64 {
        let linger_secs = self.linger_ms.saturating_add(2_000) / 1_000;
        self.longest_wait_secs().max(linger_secs)
    }
}
