//! What is known of exporters, and said of them.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use decode::ExporterView;
use flow::{Exporter, OriginalFlow, Tick};
use mediation::aggregate::{Cuts, Heard, Listener, Timeout};
use mediation::anonymize::Anonymization;
use tracing::info;

use crate::rate_limit::RateLimit;

/// Listens to exporters, and says in the log how each cuts flows, and when that changes.
pub struct Exporters {
    listener: Listener,
    log: RateLimit,
}

impl Exporters {
    /// Nobody has been heard of.
    #[must_use]
    pub fn new(listener: Listener) -> Self {
        let log = RateLimit::per_second(5);
        Self { listener, log }
    }

    /// Hears the records of a datagram.
    pub fn hear(&mut self, exporter: Exporter, flows: &[OriginalFlow], received: Tick) {
        if !flows.is_empty() {
            self.listener.hear(exporter, flows, received);
        }
    }

    /// Takes over the timeouts that an exporter told in its options data, of its domains
    /// the longest active and the shortest idle one.
    pub fn read(&mut self, addr: IpAddr, told: Option<ExporterView<'_>>) {
        let millis = |seconds: u16| i64::from(seconds) * 1_000;
        let timeouts = told.map(|told| told.timeouts()).unwrap_or_default();
        let active = timeouts.values().filter_map(|told| told.active_s).max();
        let idle = timeouts.values().filter_map(|told| told.idle_s).min();
        if active.is_some() || idle.is_some() {
            self.listener
                .told_by(addr, active.map(millis), idle.map(millis));
        }
    }

    /// What the lanes are to know from a tick on. Logs tell addresses as flows of that tick
    /// have them.
    pub fn tick(&mut self, tick: Tick, anonymization: &Anonymization) -> Arc<Heard> {
        let (heard, news) = self.listener.tick(tick);
        for (exporter, cuts) in news {
            self.tell(anonymization.told(exporter), cuts);
        }
        heard
    }

    /// Forgets everything, for another run.
    pub fn forget(&mut self) {
        self.listener = self.listener.anew();
    }

    fn tell(&mut self, exporter: IpAddr, cuts: Cuts) {
        let Some(suppressed) = self.log.permit() else {
            return;
        };
        let millis = |timeout: Timeout| Duration::from_millis(timeout.ms.unsigned_abs());
        let (active_timeout, active_known_from) = (millis(cuts.active), cuts.active.source.name());
        let idle_timeout = cuts.idle.map(millis);
        let idle_known_from = cuts.idle.map(|idle| idle.source.name());
        info!(
            %exporter, ?active_timeout, active_known_from, ?idle_timeout, idle_known_from,
            suppressed,
            "how an exporter cuts flows"
        );
    }
}
