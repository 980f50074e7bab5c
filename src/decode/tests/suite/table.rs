//! Tables of cases: what is sent, and what is to come of it. Each row names its case;
//! whatever it sends, nothing panics, every reason is counted, and the exporter's
//! neighbour does not notice.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::{fmt, fs};

use decode::explain::{EventKind, ExplainLimits, Record};
use decode::{Datagram, Decoder, Limits, Reason, SequenceCounters, Transport};
use flow::{OriginalFlow, ReceiveTime};

use crate::encode::{ABSOLUTE, Message, absolute_record};
use crate::support::{Collector, assert_balanced, source};

type Check = Box<dyn Fn(&Seen)>;

/// What happens in a row, one after the other.
enum Step {
    Message(Transport, SocketAddr, Vec<u8>),
    /// It is later by so many milliseconds.
    Later(i64),
    /// It is this time, in Unix milliseconds.
    At(i64),
    /// The stream of a source is closed.
    End(SocketAddr),
}

/// One row: what is sent, and what is to come of it.
pub(crate) struct Case {
    pub(crate) id: &'static str,
    what: &'static str,
    limits: Limits,
    steps: Vec<Step>,
    flows: usize,
    counts: Vec<(Reason, u64)>,
    closes: bool,
    explained: bool,
    check: Option<Check>,
    neighbour_leaves: bool,
}

/// What came of a row.
pub(crate) struct Seen {
    pub(crate) flows: Vec<OriginalFlow>,
    pub(crate) sequence: SequenceCounters,
    pub(crate) collector: Collector,
    /// The Data Records with all values, if the row asks for them.
    pub(crate) records: Vec<Record>,
}

/// A row that expects nothing yet.
pub(crate) fn case(id: &'static str, what: &'static str) -> Case {
    Case {
        id,
        what,
        limits: Limits::default(),
        steps: Vec::new(),
        flows: 0,
        counts: Vec::new(),
        closes: false,
        explained: false,
        check: None,
        neighbour_leaves: false,
    }
}

impl Case {
    pub(crate) fn send(self, octets: Vec<u8>) -> Self {
        self.send_from(source(1, 2_055), octets)
    }

    pub(crate) fn send_from(mut self, from: SocketAddr, octets: Vec<u8>) -> Self {
        self.steps.push(Step::Message(Transport::Udp, from, octets));
        self
    }

    /// Sends what is made of an empty v9 and of an empty IPFIX message.
    pub(crate) fn send_both(self, make: impl Fn(Message) -> Message) -> Self {
        self.send(make(Message::v9()).octets())
            .send(make(Message::ipfix()).octets())
    }

    /// Sends a message over the stream of the usual exporter.
    pub(crate) fn stream(self, message: &Message) -> Self {
        self.stream_from(stream_source(), message.octets())
    }

    pub(crate) fn stream_from(mut self, from: SocketAddr, octets: Vec<u8>) -> Self {
        let message = Step::Message(Transport::Stream, from, octets);
        self.steps.push(message);
        self
    }

    /// Closes the stream of the usual exporter.
    pub(crate) fn end_stream(mut self) -> Self {
        self.steps.push(Step::End(stream_source()));
        self
    }

    pub(crate) fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub(crate) fn received_ms(mut self, at: i64) -> Self {
        self.steps.push(Step::At(at));
        self
    }

    pub(crate) fn later_ms(mut self, more: i64) -> Self {
        self.steps.push(Step::Later(more));
        self
    }

    pub(crate) fn flows(mut self, flows: usize) -> Self {
        self.flows = flows;
        self
    }

    /// Expects a reason so often; reasons that are not expected must not occur.
    pub(crate) fn counts(mut self, reason: Reason, events: u64) -> Self {
        self.counts.push((reason, events));
        self
    }

    /// Expects that the last message closes its stream, and that none before does.
    pub(crate) fn closes(mut self) -> Self {
        self.closes = true;
        self
    }

    pub(crate) fn check(mut self, check: impl Fn(&Seen) + 'static) -> Self {
        self.check = Some(Box::new(check));
        self
    }

    /// Checks the Data Records with all their values.
    pub(crate) fn check_values(mut self, check: impl Fn(&[Record]) + 'static) -> Self {
        self.explained = true;
        self.check(move |seen| check(&seen.records))
    }

    /// The neighbour's state leaves too: the flood comes from everywhere.
    pub(crate) fn neighbour_leaves(mut self) -> Self {
        self.neighbour_leaves = true;
        self
    }

    fn name(&self) -> String {
        format!("{} ({})", self.id, self.what)
    }

    fn run(&self) {
        let name = self.name();
        let mut collector = Collector::new(self.limits);
        for exporter in [1, NEIGHBOUR] {
            introduce(&mut collector, exporter);
        }
        let before = collector.decoder.counters().total().sequence;
        assert_eq!(before, SequenceCounters::default());
        let usual_ms = collector.received_ms;
        let flows = self.take_steps(&mut collector);
        assert_eq!(flows.len(), self.flows, "{name}: flows");
        for reason in Reason::ALL {
            let expected = self.counts.iter().filter(|(of, _)| *of == reason);
            let expected: u64 = expected.map(|(_, events)| events).sum();
            assert_eq!(collector.count(reason), expected, "{name}: {reason:?}");
        }
        assert_balanced(collector.decoder.counters());
        let sequence = collector.decoder.counters().total().sequence;
        collector.received_ms = usual_ms;
        assert_neighbour_decodes(&mut collector, self.neighbour_leaves, &name);
        if let Some(check) = &self.check {
            check(&Seen {
                flows,
                sequence,
                collector,
                records: self.records(usual_ms),
            });
        }
    }

    fn take_steps(&self, collector: &mut Collector) -> Vec<OriginalFlow> {
        let mut flows = Vec::new();
        let mut closed = false;
        for step in &self.steps {
            match step {
                Step::Message(transport, from, octets) => {
                    assert!(!closed, "{}: closed before its last message", self.name());
                    let (more, report) = match transport {
                        Transport::Udp => collector.receive(*from, octets),
                        Transport::Stream => collector.receive_stream(*from, octets),
                    };
                    flows.extend(more);
                    closed = report.close;
                }
                Step::Later(more) => collector.received_ms += more,
                Step::At(at) => collector.received_ms = *at,
                Step::End(from) => collector.decoder.end_session(*from),
            }
        }
        assert_eq!(closed, self.closes, "{}: closed", self.name());
        flows
    }

    /// The Data Records, of a decoder of their own that explains them.
    fn records(&self, mut received_ms: i64) -> Vec<Record> {
        let mut decoder = Decoder::new(self.limits);
        let mut records = Vec::new();
        for step in self.steps.iter().filter(|_| self.explained) {
            match step {
                Step::Message(transport, from, octets) => {
                    let datagram = Datagram {
                        source: *from,
                        received: ReceiveTime::from_millis(received_ms),
                        payload: octets,
                    };
                    let told = decoder.explain(*transport, datagram, ExplainLimits::default());
                    records.extend(
                        told.events
                            .into_iter()
                            .filter_map(|event| match event.kind {
                                EventKind::Record(record) | EventKind::Options(record) => {
                                    Some(record)
                                }
                                _ => None,
                            }),
                    );
                }
                Step::Later(more) => received_ms += more,
                Step::At(at) => received_ms = *at,
                Step::End(from) => decoder.end_session(*from),
            }
        }
        records
    }
}

/// What is to come of a row, in a few words.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts.iter().filter(|(_, events)| *events > 0);
        let counts = counts.map(|(reason, events)| format!("`{}` {events}", reason.name()));
        let close = self.closes.then(|| "the stream is closed".to_owned());
        let counted: Vec<String> = counts.chain(close).collect();
        let (id, what, flows) = (self.id, self.what, self.flows);
        write!(f, "| {id} | {what} | {flows} | {} |", counted.join(", "))
    }
}

/// The source of the usual exporter's stream.
pub(crate) fn stream_source() -> SocketAddr {
    source(1, 40_000)
}

/// The exporter that sends nothing bad.
pub(crate) const NEIGHBOUR: u8 = 200;

/// Sends the template 256, [`ABSOLUTE`], in both protocols.
fn introduce(collector: &mut Collector, exporter: u8) {
    for message in [Message::v9(), Message::ipfix()] {
        let template = message.template(256, &ABSOLUTE).octets();
        let (_, report) = collector.receive(source(exporter, 2_055), &template);
        assert_eq!((report.error, report.templates), (None, 1));
    }
}

fn assert_neighbour_decodes(collector: &mut Collector, again: bool, name: &str) {
    if again {
        introduce(collector, NEIGHBOUR);
    }
    for message in [Message::v9().sequence(1), Message::ipfix()] {
        let data = message.data(256, &[absolute_record()]).octets();
        let (flows, report) = collector.receive(source(NEIGHBOUR, 2_055), &data);
        assert_eq!(report.error, None, "{name}: neighbour");
        assert_eq!(flows.len(), 1, "{name}: neighbour");
    }
}

/// A case that more than the decoder takes part in, and a test of it.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    pub(crate) id: &'static str,
    pub(crate) what: &'static str,
    /// The file with the test, from the root of the project.
    pub(crate) file: &'static str,
    /// The name of the test.
    pub(crate) test: &'static str,
}

impl Elsewhere {
    /// Whether the file has a test of that name.
    fn exists(&self) -> bool {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let source = fs::read_to_string(path.join(self.file)).unwrap_or_default();
        let lines: Vec<&str> = source.lines().map(str::trim).collect();
        let head = format!("fn {}(", self.test);
        let place = lines.iter().position(|line| line.starts_with(&head));
        // There may be a comment between the attribute and the function.
        let before = place.and_then(|at| lines.get(at.saturating_sub(6)..at));
        before.is_some_and(|lines| lines.contains(&"#[test]"))
    }
}

impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            what,
            file,
            test,
        } = self;
        write!(f, "| {id} | {what} | `{file}`: `{test}` |")
    }
}

/// Runs all rows; fails with the names of all that fail.
pub(crate) fn assert_all(cases: &[Case]) {
    let failed: Vec<String> = cases
        .iter()
        .filter(|case| catch_unwind(AssertUnwindSafe(|| case.run())).is_err())
        .map(Case::name)
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

/// Asserts that each case of a list has a row or a test elsewhere that exists, and that
/// there is no other.
pub(crate) fn assert_covers(expected: &BTreeSet<String>, cases: &[Case], elsewhere: &[Elsewhere]) {
    let rows = cases.iter().map(|case| case.id);
    let others = elsewhere.iter().map(|case| case.id);
    let covered: BTreeSet<String> = rows.chain(others).map(str::to_owned).collect();
    let missing: Vec<_> = expected.difference(&covered).collect();
    let unknown: Vec<_> = covered.difference(expected).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "{missing:?} {unknown:?}"
    );
    let gone: Vec<&Elsewhere> = elsewhere.iter().filter(|case| !case.exists()).collect();
    assert!(gone.is_empty(), "there are no such tests: {gone:#?}");
}

/// A page of both tables below its head.
pub(crate) fn page(head: &str, cases: &mut [Case], elsewhere: &[Elsewhere]) -> String {
    cases.sort_by_key(|case| case.id);
    let mut page =
        format!("{head}\n| case | what is sent | flows | counted |\n|---|---|---|---|\n");
    for case in cases {
        writeln!(page, "{case}").unwrap();
    }
    page.push_str("\n## Beyond the decoder\n\n| case | what | test |\n|---|---|---|\n");
    for case in elsewhere {
        writeln!(page, "{case}").unwrap();
    }
    page
}
