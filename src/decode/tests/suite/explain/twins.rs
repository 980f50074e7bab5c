//! Two decoders that get the same: one decodes, the other explains.

use std::net::SocketAddr;

use decode::explain::{Event, EventKind, ExplainLimits, Explanation, Note, TemplateState, Value};
use decode::{Datagram, Decoder, Limits, Reason, Report, Transport};
use flow::{OriginalFlow, ReceiveTime};

use crate::encode::{EXPORT_MS, VARIABLE};
use crate::support::{TRANSIT_MS, assert_balanced, source};

/// Two decoders of the same state.
#[derive(Debug)]
pub(super) struct Twins {
    pub(super) plain: Decoder,
    explaining: Decoder,
    limits: ExplainLimits,
    pub(super) received_ms: i64,
}

impl Twins {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            plain: Decoder::new(limits),
            explaining: Decoder::new(limits),
            limits: ExplainLimits::default(),
            received_ms: EXPORT_MS + TRANSIT_MS,
        }
    }

    pub(super) fn within(limits: ExplainLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// The explanation of a datagram of the usual exporter.
    pub(super) fn explain(&mut self, payload: &[u8]) -> Explanation {
        self.receive(Transport::Udp, source(1, 2_055), payload)
    }

    /// Gives a message to both, and asserts that they agree.
    pub(super) fn receive(
        &mut self,
        transport: Transport,
        source: SocketAddr,
        payload: &[u8],
    ) -> Explanation {
        let datagram = Datagram {
            source,
            received: ReceiveTime::from_millis(self.received_ms),
            payload,
        };
        let before = self.plain.counters().total().clone();
        let plan = self.plain.plan_over(transport, datagram, Vec::new());
        let (flows, report) = self.plain.apply(plan);
        let explained = self.explaining.explain(transport, datagram, self.limits);
        let (plain, explaining) = (self.plain.counters(), self.explaining.counters());
        assert_balanced(explaining);
        assert_eq!(plain.total(), explaining.total());
        assert_eq!(self.plain.pending(), self.explaining.pending());
        assert_eq!(report, explained.report);
        if explained.left_out.events == 0 {
            assert_tells(&explained, &flows, &report);
            for reason in Reason::ALL {
                let counted = plain.reason(reason).events - before.reason(reason).events;
                let error = report.error.filter(|error| error.kind.reason() == reason);
                let noted = noted(&explained, reason) + u64::from(error.is_some());
                assert_eq!(noted, counted, "{reason:?}");
            }
        }
        for event in &explained.events {
            assert_fits(event, payload.len(), explained.left_out.values);
        }
        explained
    }

    /// Ends a stream for both.
    pub(super) fn end_session(&mut self, source: SocketAddr) {
        self.plain.end_session(source);
        self.explaining.end_session(source);
    }
}

impl Default for Twins {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

/// All notes of an explanation that count: those of a rejected message do not.
pub(super) fn notes(explained: &Explanation) -> impl Iterator<Item = &Note> {
    let rejected = explained.error().is_some();
    let events = explained.events.iter();
    let counting = events.filter(move |event| !(rejected && event.void));
    counting.flat_map(|event| match &event.kind {
        EventKind::Note(note) => std::slice::from_ref(note),
        EventKind::Record(record) | EventKind::Options(record) => &record.notes,
        EventKind::Sample(sample) => &sample.notes,
        EventKind::Template(_) | EventKind::Withdrawal { .. } => &[],
    })
}

fn noted(explained: &Explanation, reason: Reason) -> u64 {
    let of = notes(explained).filter(|note| note.reason == reason);
    of.map(|note| note.events).sum()
}

/// The events tell of the same flows, options and templates as the report.
fn assert_tells(explained: &Explanation, flows: &[OriginalFlow], report: &Report) {
    let valid = explained.events.iter().filter(|event| !event.void);
    let (mut told, mut options, mut templates) = (Vec::new(), 0, 0);
    for event in valid {
        match &event.kind {
            EventKind::Record(record) => told.extend_from_slice(&record.flows),
            EventKind::Sample(sample) => told.extend(sample.flow),
            EventKind::Options(_) => options += 1,
            EventKind::Template(_) => templates += 1,
            EventKind::Withdrawal { .. } | EventKind::Note(_) => {}
        }
    }
    assert_eq!(told, flows);
    assert_eq!(
        (options, templates),
        (report.options_records, report.templates)
    );
}

/// What holds of any event: it lies within its message, its values tile its octets, and
/// they say what its flow says.
fn assert_fits(event: &Event, octets: usize, left_out: u64) {
    assert!(event.waited.is_some() || event.at + event.octets <= octets);
    match &event.kind {
        EventKind::Record(record) | EventKind::Options(record) => {
            if left_out == 0 {
                assert_eq!(record.values.len(), record.layout.fields.len());
            }
            if let ([flow], true) = (&*record.flows, left_out == 0) {
                assert_agrees(record, flow);
            }
            let lacks = !record.layout.options && record.flows.is_empty();
            assert_eq!(record.reason.is_some(), lacks, "{record:?}");
        }
        EventKind::Template(template) => {
            let fields = &template.layout.fields;
            let refused = template.state == TemplateState::Refused;
            assert!(left_out > 0 || refused || !fields.is_empty());
        }
        EventKind::Sample(sample) => {
            let items = sample.items.iter().map(|item| item.rest.len());
            assert!(items.sum::<usize>() + sample.rest.len() <= event.octets);
        }
        EventKind::Withdrawal { .. } | EventKind::Note(_) => {}
    }
}

/// The values that a flow takes as they are.
fn assert_agrees(record: &decode::explain::Record, flow: &OriginalFlow) {
    // Numbers that say their length in each record are shown and not read.
    let fields = record.layout.fields.iter().zip(&record.values);
    let fixed = fields.filter(|(field, _)| field.length != VARIABLE);
    let named: Vec<_> = fixed.map(|(field, value)| (&*field.name, value)).collect();
    let has = |name: &str| named.iter().any(|(of, _)| of.starts_with(name));
    let lists = has("basicList") || has("subTemplate");
    // A record may count its reverse direction alone, and then that is its flow.
    let reverse = has("reverse") || has("initiator") || has("responder");
    for (name, value) in &named {
        let repeated = has(&format!("{name}#"));
        let v6 = has("sourceIPv6") || has("destinationIPv6");
        match (*name, value) {
            _ if repeated || lists || reverse => {}
            ("octetDeltaCount", Value::Unsigned(octets)) => {
                assert_eq!(flow.bytes, *octets, "{record:?}");
            }
            ("packetDeltaCount", Value::Unsigned(packets)) => {
                assert_eq!(flow.packets, *packets, "{record:?}");
            }
            ("sourceIPv4Address", Value::Address(addr)) if !v6 => {
                assert_eq!(flow.key.src_addr, *addr);
            }
            ("destinationIPv4Address", Value::Address(addr)) if !v6 => {
                assert_eq!(flow.key.dst_addr, *addr);
            }
            _ => {}
        }
    }
}
