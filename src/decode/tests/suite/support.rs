//! A collector without sockets.

use std::net::{IpAddr, SocketAddr};

use decode::{Counters, Datagram, Decoder, Ledger, Limits, Reason, Report, Transport};
use flow::{OriginalFlow, ReceiveTime};

use crate::encode::EXPORT_MS;

/// How long after its export a message arrives.
pub(crate) const TRANSIT_MS: i64 = 20;

/// A decoder and the time at which its datagrams arrive.
#[derive(Debug)]
pub(crate) struct Collector {
    pub(crate) decoder: Decoder,
    pub(crate) received_ms: i64,
}

impl Collector {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            decoder: Decoder::new(limits),
            received_ms: EXPORT_MS + TRANSIT_MS,
        }
    }

    /// Receives one datagram: its flows, and the report.
    pub(crate) fn receive(
        &mut self,
        source: SocketAddr,
        payload: &[u8],
    ) -> (Vec<OriginalFlow>, Report) {
        let datagram = Datagram {
            source,
            received: ReceiveTime::from_millis(self.received_ms),
            payload,
        };
        let plan = self.decoder.plan(datagram, Vec::new());
        self.decoder.apply(plan)
    }

    /// Receives one message of a stream.
    pub(crate) fn receive_stream(
        &mut self,
        source: SocketAddr,
        payload: &[u8],
    ) -> (Vec<OriginalFlow>, Report) {
        let datagram = Datagram {
            source,
            received: ReceiveTime::from_millis(self.received_ms),
            payload,
        };
        let transport = Transport::Stream;
        let plan = self.decoder.plan_over(transport, datagram, Vec::new());
        self.decoder.apply(plan)
    }

    /// Asserts that reasons occurred so often, and no others.
    pub(crate) fn assert_counts(&self, expected: &[(Reason, u64)]) {
        for reason in Reason::ALL {
            let of = expected.iter().filter(|(of, _)| *of == reason);
            let events: u64 = of.map(|(_, events)| events).sum();
            assert_eq!(self.count(reason), events, "{reason:?}");
        }
        assert_balanced(self.decoder.counters());
    }

    /// Receives a datagram of the usual exporter; its flows.
    pub(crate) fn flows(&mut self, payload: &[u8]) -> Vec<OriginalFlow> {
        self.receive(source(1, 2_055), payload).0
    }

    /// Receives a datagram of the usual exporter; its only flow.
    pub(crate) fn flow(&mut self, payload: &[u8]) -> OriginalFlow {
        let flows = self.flows(payload);
        assert_eq!(flows.len(), 1);
        flows[0]
    }

    pub(crate) fn count(&self, reason: Reason) -> u64 {
        self.decoder.counters().reason(reason).events
    }
}

impl Default for Collector {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

/// An exporter's address and source port.
pub(crate) fn source(last: u8, port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::from([192, 0, 2, last]), port)
}

/// What holds of counters at every moment.
pub(crate) fn assert_balanced(counters: &Counters) {
    let total = counters.total();
    let parts: Vec<&Ledger> = counters
        .exporters()
        .map(|(_, ledger)| ledger)
        .chain([counters.others()])
        .collect();
    for ledger in parts.iter().copied().chain([total]) {
        assert_eq!(ledger.datagrams, ledger.decoded + ledger.rejected);
        assert_eq!(ledger.rejected, ledger.events(decode::Scope::Datagram));
    }
    let sum = |of: fn(&Ledger) -> u64| parts.iter().map(|part| of(part)).sum::<u64>();
    assert_eq!(total.datagrams, sum(|l| l.datagrams));
    assert_eq!(total.octets, sum(|l| l.octets));
    assert_eq!(total.records, sum(|l| l.records));
    assert_eq!(total.options_records, sum(|l| l.options_records));
    assert_eq!(total.templates, sum(|l| l.templates));
    assert_eq!(total.sequence.lost, sum(|l| l.sequence.lost));
    assert_eq!(total.samples.taken, sum(|l| l.samples.taken));
    assert_eq!(total.samples.lost, sum(|l| l.samples.lost));
    for reason in Reason::ALL {
        let parts = parts.iter().map(|part| part.reason(reason));
        let (events, octets) = parts.fold((0, 0), |(events, octets), count| {
            (events + count.events, octets + count.octets)
        });
        let count = total.reason(reason);
        assert_eq!((count.events, count.octets), (events, octets), "{reason:?}");
    }
}
