//! The catalogue of bad input: what other collectors fell over. Each row names its
//! case; whatever is sent, nothing panics, every reason is counted, and the exporter's
//! neighbour does not notice.

mod fixed;
mod floods;
mod framing;
mod identity;
mod meaning;
mod records;
mod sflow;
mod templates;
mod time;

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use decode::{Limits, Reason, SequenceCounters};
use flow::OriginalFlow;

use crate::encode::{ABSOLUTE, Message, absolute_record};
use crate::support::{Collector, assert_balanced, source};

/// The cases that concern NetFlow, IPFIX over UDP and sFlow, and state in memory.
const CASES: [&str; 103] = [
    "B001", "B002", "B003", "B004", "B005", "B006", "B007", "B008", "B009", "B010", "B011", "B012",
    "B014", "B015", "B016", "B018", "B019", "B020", "B021", "B022", "B023", "B024", "B025", "B026",
    "B027", "B028", "B029", "B030", "B031", "B032", "B033", "B034", "B035", "B036", "B037", "B038",
    "B039", "B040", "B044", "B045", "B046", "B047", "B049", "B050", "B051", "B052", "B053", "B054",
    "B055", "B056", "B057", "B058", "B059", "B060", "B061", "B062", "B063", "B064", "B065", "B066",
    "B067", "B068", "B069", "B070", "B071", "B072", "B073", "B074", "B075", "B076", "B077", "B078",
    "B079", "B080", "B081", "B082", "B083", "B084", "B086", "B087", "B088", "B089", "B090", "B091",
    "B094", "B095", "B096", "B097", "B098", "B099", "B100", "B101", "B102", "B104", "B105", "B106",
    "B107", "B108", "B109", "B110", "B111", "C20", "C23",
];

type Check = Box<dyn Fn(&Seen)>;

/// One row: what is sent, and what is to come of it.
pub(crate) struct Case {
    id: &'static str,
    what: &'static str,
    limits: Limits,
    received_ms: Option<i64>,
    sent: Vec<(SocketAddr, Vec<u8>)>,
    flows: usize,
    counts: Vec<(Reason, u64)>,
    check: Option<Check>,
    neighbour_leaves: bool,
}

/// What came of a row.
pub(crate) struct Seen {
    pub(crate) flows: Vec<OriginalFlow>,
    pub(crate) sequence: SequenceCounters,
    pub(crate) collector: Collector,
}

/// A row that expects nothing yet.
pub(crate) fn case(id: &'static str, what: &'static str) -> Case {
    Case {
        id,
        what,
        limits: Limits::default(),
        received_ms: None,
        sent: Vec::new(),
        flows: 0,
        counts: Vec::new(),
        check: None,
        neighbour_leaves: false,
    }
}

impl Case {
    pub(crate) fn send(self, octets: Vec<u8>) -> Self {
        self.send_from(source(1, 2_055), octets)
    }

    pub(crate) fn send_from(mut self, from: SocketAddr, octets: Vec<u8>) -> Self {
        self.sent.push((from, octets));
        self
    }

    /// Sends what is made of an empty v9 and of an empty IPFIX message.
    pub(crate) fn send_both(self, make: impl Fn(Message) -> Message) -> Self {
        self.send(make(Message::v9()).octets())
            .send(make(Message::ipfix()).octets())
    }

    pub(crate) fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub(crate) fn received_ms(mut self, at: i64) -> Self {
        self.received_ms = Some(at);
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

    pub(crate) fn check(mut self, check: impl Fn(&Seen) + 'static) -> Self {
        self.check = Some(Box::new(check));
        self
    }

    /// The neighbour's state leaves too: the flood comes from everywhere.
    pub(crate) fn neighbour_leaves(mut self) -> Self {
        self.neighbour_leaves = true;
        self
    }

    fn run(self) {
        let name = format!("{} ({})", self.id, self.what);
        let mut collector = Collector::new(self.limits);
        for exporter in [1, NEIGHBOUR] {
            introduce(&mut collector, exporter);
        }
        let before = collector.decoder.counters().total().sequence;
        assert_eq!(before, SequenceCounters::default());
        let usual_ms = collector.received_ms;
        collector.received_ms = self.received_ms.unwrap_or(usual_ms);
        let mut flows = Vec::new();
        for (from, octets) in &self.sent {
            flows.extend(collector.receive(*from, octets).0);
        }
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
        if let Some(check) = self.check {
            check(&Seen {
                flows,
                sequence,
                collector,
            });
        }
    }
}

/// The exporter that sends nothing bad.
const NEIGHBOUR: u8 = 200;

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

#[test]
fn no_bad_input_of_the_catalogue_does_harm_or_goes_uncounted() {
    let sections = [
        framing::cases(),
        templates::cases(),
        records::cases(),
        identity::cases(),
        time::cases(),
        meaning::cases(),
        floods::cases(),
        fixed::cases(),
        sflow::cases(),
    ];
    let cases: Vec<Case> = sections.into_iter().flatten().collect();
    for id in CASES {
        assert!(cases.iter().any(|case| case.id == id), "{id} has no row");
    }
    let failed: Vec<String> = cases
        .into_iter()
        .filter_map(|case| {
            assert!(CASES.contains(&case.id), "{} is not listed", case.id);
            let name = format!("{} ({})", case.id, case.what);
            let run = AssertUnwindSafe(|| case.run());
            catch_unwind(run).is_err().then_some(name)
        })
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
