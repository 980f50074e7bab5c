//! What holds of the decoder whatever comes.

use std::net::SocketAddr;

use decode::{Datagram, Decoder, Limits, Reason, Report, Transport};
use flow::{OriginalFlow, ReceiveTime};

use crate::encode::EXPORT_MS;
use crate::messages::Messages;
use crate::support::assert_balanced;

/// A decoder whose every step is checked.
#[derive(Debug)]
pub struct Watched {
    decoder: Decoder,
    /// Plans each message once, where the other plans it twice.
    twin: Decoder,
    limits: Limits,
    now_ms: i64,
    datagrams: u64,
    octets: u64,
    /// Data Sets without a template over streams, where none wait.
    unwaited: u64,
}

impl Watched {
    /// One that knows no exporter.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            decoder: Decoder::new(limits),
            twin: Decoder::new(limits),
            limits,
            now_ms: EXPORT_MS,
            datagrams: 0,
            octets: 0,
            unwaited: 0,
        }
    }

    /// Lets time pass.
    pub fn wait(&mut self, ms: i64) {
        self.now_ms += ms;
    }

    /// Lets time pass, and tells the decoder.
    pub fn expire(&mut self) {
        let now = ReceiveTime::from_millis(self.now_ms);
        self.decoder.expire(now);
        self.twin.expire(now);
    }

    /// How often a reason applied so far.
    #[must_use]
    pub fn count(&self, reason: Reason) -> u64 {
        self.decoder.counters().reason(reason).events
    }

    /// Ends a stream.
    pub fn end_session(&mut self, source: SocketAddr) {
        self.decoder.end_session(source);
        self.twin.end_session(source);
    }

    /// Decodes one message.
    pub fn receive(
        &mut self,
        transport: Transport,
        source: SocketAddr,
        payload: &[u8],
    ) -> (Vec<OriginalFlow>, Report) {
        let datagram = Datagram {
            source,
            received: ReceiveTime::from_millis(self.now_ms),
            payload,
        };
        // The one that is dropped may have changed nothing.
        drop(self.decoder.plan_over(transport, datagram, Vec::new()));
        let plan = self.decoder.plan_over(transport, datagram, Vec::new());
        let unknown = self.unknown();
        let (flows, report) = self.decoder.apply(plan);
        if transport == Transport::Stream {
            self.unwaited += self.unknown() - unknown;
        }
        let twin = self.twin.plan_over(transport, datagram, Vec::new());
        assert_eq!(self.twin.apply(twin), (flows.clone(), report));
        self.datagrams += 1;
        self.octets += payload.len() as u64;
        self.check(&flows, &report, payload.len());
        (flows, report)
    }

    /// Data Sets whose template was not there.
    fn unknown(&self) -> u64 {
        self.count(Reason::NoTemplate) + self.count(Reason::TemplateExpired)
    }

    fn check(&self, flows: &[OriginalFlow], report: &Report, octets: usize) {
        assert_eq!(flows.len(), (report.records + report.biflows) as usize);
        if let Some(error) = report.error {
            assert!(flows.is_empty() && error.offset <= octets, "{error}");
            assert_eq!((report.options_records, report.templates), (0, 0));
        }
        // A record has an octet at least, also one that waited, and makes two flows at
        // most; within lists there may be no more of them either.
        let waited = self.limits.pending_octets_per_exporter;
        assert!(flows.len() <= 2 * (octets + waited), "{}", flows.len());
        for flow in flows {
            assert!(flow.start_ms <= flow.end_ms);
            let delay_ms = self.now_ms - flow.end_seen_ms;
            // What waited for its template counts as received when it was.
            let longest_ms = self.limits.longest_delay_ms + self.limits.pending_ms;
            assert!((0..=longest_ms).contains(&delay_ms), "{delay_ms}");
            assert_eq!(flow.key.src_addr.is_ipv4(), flow.key.dst_addr.is_ipv4());
        }
        let (held, waiting) = self.decoder.pending();
        assert!(waiting <= self.limits.pending_octets);
        assert_eq!(held == 0, waiting == 0);
    }

    /// What holds of the counters, at any moment.
    pub fn finish(&self) {
        let counters = self.decoder.counters();
        assert_balanced(counters);
        assert_eq!(counters.total(), self.twin.counters().total());
        assert_eq!(counters.total().datagrams, self.datagrams);
        assert_eq!(counters.total().octets, self.octets);
        assert!(counters.exporters().count() <= self.limits.exporters);
        let sum = |reasons: &[Reason]| reasons.iter().map(|&of| self.count(of)).sum::<u64>();
        let waited = self.unknown() - self.unwaited;
        let left = sum(&[
            Reason::PendingDecoded,
            Reason::PendingMalformed,
            Reason::PendingFull,
            Reason::PendingExpired,
            Reason::PendingEnded,
        ]);
        let held = self.decoder.pending().0 as u64;
        assert_eq!(waited, left + held, "Data Sets that wait or waited");
        let samples = counters.total().samples;
        let sflow = counters.protocol(decode::Protocol::SflowV5);
        assert_eq!(
            samples.taken,
            sflow.records + sflow.events(decode::Scope::Record)
        );
    }
}

/// Gives the messages of an input to a decoder, as datagrams of one version.
pub fn run(data: &[u8], amend: impl Fn(&mut [u8])) {
    let mut watched = Watched::new(crate::small());
    for sent in Messages::new(data, amend) {
        watched.wait(sent.later_ms);
        watched.receive(Transport::Udp, sent.source, &sent.payload);
    }
    watched.finish();
}
