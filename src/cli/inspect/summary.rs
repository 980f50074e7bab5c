//! The sums of what a file held, for each exporter and in all.

use std::collections::BTreeMap;
use std::net::IpAddr;

use dataset::capture::Counts;
use decode::explain::{Event, EventKind, Explanation, Note, Record};
use decode::{DecodeError, Protocol, Report, SequenceCounters};

use super::input::Message;

/// The most exporters that are told apart; what comes from others is summed up together.
const EXPORTERS_MAX: usize = 4_096;
/// The most elements that are named for one exporter.
const UNKNOWN_MAX: usize = 1_024;
/// The most sampling rates that are named for one exporter.
const RATES_MAX: usize = 64;

/// An exporter as the summary tells it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Who {
    /// Its address; `None` if the file does not say it, or for all that were too many.
    pub(super) addr: Option<IpAddr>,
    /// The protocol; `None` for messages of no known one.
    pub(super) protocol: Option<Protocol>,
    /// Its Observation Domain.
    pub(super) domain: Option<u32>,
}

/// What came of one exporter.
#[derive(Debug, Clone, Default)]
pub(super) struct OfExporter {
    pub(super) messages: u64,
    pub(super) rejected: u64,
    pub(super) octets: u64,
    pub(super) templates: u64,
    pub(super) options: u64,
    pub(super) flows: u64,
    pub(super) sequence: SequenceCounters,
    /// How many flows had each sampling rate.
    pub(super) rates: BTreeMap<u32, u64>,
    /// How often each reason applied.
    pub(super) reasons: BTreeMap<&'static str, u64>,
    /// How many values each unknown element had.
    pub(super) unknown: BTreeMap<(u32, u16), u64>,
    /// Values of further ones.
    pub(super) more_unknown: u64,
}

/// What came of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct OfFile {
    pub(super) path: String,
    pub(super) form: &'static str,
    pub(super) compressed: bool,
    pub(super) messages: u64,
    pub(super) rejected: u64,
    pub(super) templates: u64,
    pub(super) options: u64,
    pub(super) flows: u64,
    /// Data Sets whose template did not come.
    pub(super) waiting: usize,
    /// Streams that were out of step, or ended within a message.
    pub(super) stream_faults: u64,
    /// Events and values that were not printed because of a limit.
    pub(super) left_out: u64,
    /// Whether it was read to its end.
    pub(super) whole: bool,
    /// What became of the packets of a capture.
    pub(super) packets: Option<Counts>,
}

/// Sums up what is explained.
#[derive(Debug, Default)]
pub(super) struct Summary {
    exporters: BTreeMap<Who, OfExporter>,
    file: OfFile,
}

impl Summary {
    pub(super) fn exporters(&self) -> impl Iterator<Item = (&Who, &OfExporter)> {
        self.exporters.iter()
    }

    pub(super) const fn file(&self) -> &OfFile {
        &self.file
    }

    pub(super) const fn file_mut(&mut self) -> &mut OfFile {
        &mut self.file
    }

    /// Adds a message.
    pub(super) fn add(&mut self, message: &Message<'_>, explained: &Explanation) {
        let report = &explained.report;
        self.file.add(report);
        let left_out = explained.left_out;
        self.file.left_out += left_out.events + left_out.values;
        let who = Who {
            addr: message.source.map(|source| source.ip().to_canonical()),
            protocol: report.protocol,
            domain: explained.header.map(|header| header.domain),
        };
        let row = self.row(who);
        row.add(report, message.payload.len());
        for event in &explained.events {
            row.event(event, report.error.is_some());
        }
        if let Some(error) = report.error {
            row.error(error);
        }
    }

    fn row(&mut self, who: Who) -> &mut OfExporter {
        let full = self.exporters.len() >= EXPORTERS_MAX && !self.exporters.contains_key(&who);
        let who = if full { Who::OTHERS } else { who };
        self.exporters.entry(who).or_default()
    }
}

impl Who {
    /// All that were too many.
    const OTHERS: Self = Self {
        addr: None,
        protocol: None,
        domain: None,
    };
}

impl OfFile {
    fn add(&mut self, report: &Report) {
        self.messages += 1;
        self.rejected += u64::from(report.error.is_some());
        self.templates += u64::from(report.templates);
        self.options += u64::from(report.options_records);
        self.flows += u64::from(report.records);
    }
}

impl OfExporter {
    fn add(&mut self, report: &Report, octets: usize) {
        self.messages += 1;
        self.rejected += u64::from(report.error.is_some());
        self.octets += u64::try_from(octets).unwrap_or(u64::MAX);
        self.templates += u64::from(report.templates);
        self.options += u64::from(report.options_records);
        self.flows += u64::from(report.records);
        self.sequence.add(report.sequence);
    }

    fn error(&mut self, error: DecodeError) {
        *self.reasons.entry(error.kind.reason().name()).or_default() += 1;
    }

    /// What a rejected message told does not count; what waited in vain was counted.
    fn event(&mut self, event: &Event, rejected: bool) {
        if rejected && event.void {
            return;
        }
        match &event.kind {
            EventKind::Record(record) | EventKind::Options(record) => {
                self.notes(&record.notes);
                if !event.void {
                    self.record(record);
                }
            }
            EventKind::Sample(sample) => {
                self.notes(&sample.notes);
                let rate = sample.flow.and_then(|flow| flow.sampling_rate);
                rate.into_iter().for_each(|rate| self.rate(rate.get()));
            }
            EventKind::Note(note) => self.notes(std::slice::from_ref(note)),
            EventKind::Template(template) => {
                let fields = template.layout.fields.iter();
                for field in fields.filter(|field| !field.known) {
                    self.unknown(field.enterprise, field.id, 0);
                }
            }
            EventKind::Withdrawal { .. } => {}
        }
    }

    fn notes(&mut self, notes: &[Note]) {
        for note in notes {
            *self.reasons.entry(note.reason.name()).or_default() += note.events;
        }
    }

    fn record(&mut self, record: &Record) {
        let rates = record.flows.iter().filter_map(|flow| flow.sampling_rate);
        rates.for_each(|rate| self.rate(rate.get()));
        let fields = record.layout.fields.iter().zip(&record.values);
        for (field, _) in fields.filter(|(field, _)| !field.known) {
            self.unknown(field.enterprise, field.id, 1);
        }
    }

    fn rate(&mut self, rate: u32) {
        if self.rates.len() < RATES_MAX || self.rates.contains_key(&rate) {
            *self.rates.entry(rate).or_default() += 1;
        }
    }

    fn unknown(&mut self, enterprise: u32, id: u16, values: u64) {
        let key = (enterprise, id);
        if self.unknown.len() < UNKNOWN_MAX || self.unknown.contains_key(&key) {
            *self.unknown.entry(key).or_default() += values;
        } else {
            self.more_unknown += values;
        }
    }
}

/// What became of the packets of a capture, by name.
pub(super) fn packets(counts: &Counts) -> [(&'static str, u64); 15] {
    let Counts {
        datagrams,
        cut,
        segments,
        streams,
        repeated,
        streams_lost,
        octets_lost,
        streams_not_followed,
        other_packets,
        fragments,
        malformed,
        unknown_link,
        untimed,
        statistics,
        other_blocks,
    } = *counts;
    [
        ("datagrams", datagrams),
        ("cut", cut),
        ("segments", segments),
        ("streams", streams),
        ("repeated", repeated),
        ("streams_lost", streams_lost),
        ("octets_lost", octets_lost),
        ("streams_not_followed", streams_not_followed),
        ("other_packets", other_packets),
        ("fragments", fragments),
        ("malformed", malformed),
        ("unknown_link", unknown_link),
        ("untimed", untimed),
        ("statistics", statistics),
        ("other_blocks", other_blocks),
    ]
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use decode::explain::ExplainLimits;
    use decode::{Datagram, Decoder, Limits, Transport};
    use flow::ReceiveTime;

    use super::*;

    #[test]
    fn exporters_beyond_the_limit_are_summed_up_together() {
        let (mut summary, mut decoder) = (Summary::default(), Decoder::new(Limits::default()));
        let most = u32::try_from(EXPORTERS_MAX).unwrap();
        for number in 0..most + 10 {
            let source = SocketAddr::from((Ipv4Addr::from_bits(number), 2_055));
            let received = ReceiveTime::default();
            let payload = &[0, 9];
            let datagram = Datagram {
                source,
                received,
                payload,
            };
            let limits = ExplainLimits::default();
            let explained = decoder.explain(Transport::Udp, datagram, limits);
            let message = Message {
                transport: Transport::Udp,
                received: Some(received),
                source: Some(source),
                payload,
            };
            summary.add(&message, &explained);
        }
        assert_eq!(summary.exporters().count(), EXPORTERS_MAX + 1);
        let others = summary.exporters().find(|(who, _)| **who == Who::OTHERS);
        assert_eq!(others.unwrap().1.messages, 10);
        assert_eq!(summary.file().messages, u64::from(most) + 10);
    }

    #[test]
    fn rates_and_elements_beyond_their_limits_are_not_named() {
        let mut row = OfExporter::default();
        for number in 0..2_000 {
            row.rate(u32::from(number));
            row.unknown(9, number, 2);
        }
        assert_eq!(row.rates.len(), RATES_MAX);
        assert_eq!(row.unknown.len(), UNKNOWN_MAX);
        assert_eq!(row.more_unknown, 2 * (2_000 - 1_024));
        row.unknown(9, 0, 1);
        assert_eq!(row.unknown[&(9, 0)], 3, "those that are named go on");
    }
}
