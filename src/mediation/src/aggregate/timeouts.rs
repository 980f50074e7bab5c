//! The times by which flows end.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::heard::{Cuts, Source, Timeout};

/// Times by which flows end, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// The longest gap within a flow.
    pub idle_ms: i64,
    /// After how long exporters cut a flow and report it in pieces.
    pub exporter_active_ms: i64,
    /// The same, of exporters that differ, by address.
    pub exporter_active_ms_of: BTreeMap<IpAddr, i64>,
    /// After how long without a packet exporters end a flow; `None` if that is not known.
    pub exporter_idle_ms: Option<i64>,
    /// The same, of exporters that differ, by address.
    pub exporter_idle_ms_of: BTreeMap<IpAddr, i64>,
    /// For datagrams that come late.
    pub slack_ms: i64,
    /// How long a flow whose end was seen waits for late records.
    pub linger_ms: i64,
    /// When a part of a flow leaves although it goes on.
    pub longest_lifetime_ms: i64,
}

impl Timeouts {
    /// How an exporter cuts flows, as far as the settings say.
    pub(super) fn cuts_of(&self, addr: IpAddr) -> Cuts {
        let (active_of, idle_of) = (&self.exporter_active_ms_of, &self.exporter_idle_ms_of);
        let own = |ms: &i64| Timeout {
            ms: *ms,
            source: Source::Settings,
        };
        let active = active_of.get(&addr).map(own);
        let idle = idle_of.get(&addr).map(own);
        let of_all = self.cuts_of_all();
        Cuts {
            active: active.unwrap_or(of_all.active),
            idle: idle.or(of_all.idle),
        }
    }

    /// How exporters cut flows of whom nothing else is known.
    pub(super) fn cuts_of_all(&self) -> Cuts {
        let of_all = |ms: i64| Timeout {
            ms,
            source: Source::Default,
        };
        Cuts {
            active: of_all(self.exporter_active_ms),
            idle: self.exporter_idle_ms.map(of_all),
        }
    }

    /// The exporters that the settings name; some of them may come twice.
    pub(super) fn exporters_of_their_own(&self) -> impl Iterator<Item = IpAddr> {
        let active = self.exporter_active_ms_of.keys();
        active.chain(self.exporter_idle_ms_of.keys()).copied()
    }

    /// How long after its last packet a flow may still get a record from an exporter
    /// that cuts flows after so long.
    pub(super) const fn waiting_ms(&self, active_ms: i64) -> i64 {
        self.idle_ms
            .saturating_add(active_ms)
            .saturating_add(self.slack_ms)
    }

    /// After how long without a packet a flow is over that its exporter reports only then:
    /// it has seen no more of it, and no record waits longer at the exporter.
    pub(super) const fn quiet_ms(&self) -> i64 {
        self.idle_ms.saturating_add(self.slack_ms)
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
