//! Our decoder, for one exporter.

use std::net::{IpAddr, SocketAddr};

use decode::{Datagram, Decoder, Limits, Reason, Report, Scope};
use flow::{OriginalFlow, ReceiveTime};

/// The exporter's address.
pub(crate) const ADDR: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
/// How long after its export a message arrives, in milliseconds.
pub(crate) const TRANSIT_MS: i64 = 20;

pub(crate) struct Ours(Decoder);

impl Ours {
    pub(crate) fn new() -> Self {
        Self(Decoder::new(Limits::default()))
    }

    /// Decodes a datagram that is valid.
    pub(crate) fn decode(
        &mut self,
        payload: &[u8],
        received_ms: i64,
    ) -> (Vec<OriginalFlow>, Report) {
        let datagram = Datagram {
            source: SocketAddr::new(ADDR, 2_055),
            received: ReceiveTime::from_millis(received_ms),
            payload,
        };
        let plan = self.0.plan(datagram, Vec::new());
        let (flows, report) = self.0.apply(plan);
        assert_eq!(report.error, None);
        (flows, report)
    }

    /// Asserts that nothing was left out so far.
    pub(crate) fn assert_whole(&self) {
        let total = self.0.counters().total();
        for scope in [Scope::Datagram, Scope::Set, Scope::Record] {
            assert_eq!(total.events(scope), 0, "{scope:?}");
        }
        for reason in Reason::ALL {
            let told = [Reason::TemplateReplaced, Reason::ElementUnknown];
            let allowed = told.contains(&reason) || reason.scope() == Scope::Value;
            assert!(allowed || total.reason(reason).events == 0, "{reason:?}");
        }
    }
}
