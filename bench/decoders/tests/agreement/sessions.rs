//! NetFlow v9 and IPFIX.

use decode::Protocol;
use decoders::{Message, Rates, Set};
use flow::{Exporter, OriginalFlow};
use proptest::prelude::*;

use crate::deviations::avoided;
use crate::drawn;
use crate::ours::{ADDR, Ours, TRANSIT_MS};
use crate::peers::{Read, meaning, netflow_parser, netgauze};

/// The other decoders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    NetflowParser,
    Netgauze,
}

/// A decoder that reads message after message of a session.
pub(crate) enum Peer {
    NetflowParser(Box<netflow_parser::Peer>),
    Netgauze(netgauze::Peer),
}

impl Peer {
    pub(crate) fn new(name: Name) -> Self {
        match name {
            Name::NetflowParser => Self::NetflowParser(Box::new(netflow_parser::Peer::new())),
            Name::Netgauze => Self::Netgauze(netgauze::Peer::default()),
        }
    }

    pub(crate) fn read(&mut self, payload: &[u8]) -> Result<Read, String> {
        match self {
            Self::NetflowParser(peer) => peer.read(payload),
            Self::Netgauze(peer) => peer.read(payload),
        }
    }
}

fn received_ms(message: &Message) -> i64 {
    message.export.unix_ms() + TRANSIT_MS
}

/// What the records of a message come to, by what was told.
fn expected(message: &Message, rates: &mut Rates) -> Vec<OriginalFlow> {
    let exporter = Exporter::new(ADDR, message.export.domain);
    let mut flows = Vec::new();
    for (set, _) in &message.sets {
        let Set::Data(template, told) = set else {
            continue;
        };
        for told in told {
            if template.is_options() {
                template.tell(told, rates);
            } else {
                let received = received_ms(message);
                flows.push(template.flow(told, &message.export, rates, exporter, received));
            }
        }
    }
    flows
}

/// Templates, records of flows and records of options in a message.
fn counts(message: &Message) -> (usize, usize, usize) {
    let mut counts = (0, 0, 0);
    for (set, _) in &message.sets {
        match set {
            Set::Templates(templates) => counts.0 += templates.len(),
            Set::Data(template, told) if template.is_options() => counts.2 += told.len(),
            Set::Data(_, told) => counts.1 += told.len(),
        }
    }
    counts
}

/// Where flows differ, if they do.
fn differ(left: &[OriginalFlow], right: &[OriginalFlow]) -> Result<(), String> {
    if left.len() != right.len() {
        return Err(format!("{} and {} flows", left.len(), right.len()));
    }
    match left.iter().zip(right).find(|(left, right)| left != right) {
        None => Ok(()),
        Some((left, right)) => Err(format!("{left:#?} and {right:#?}")),
    }
}

/// Whether our decoder comes to what was told; if not, how they differ.
fn ours_comes_to(session: &[Message]) -> Result<(), String> {
    let (mut ours, mut rates) = (Ours::new(), Rates::default());
    for message in session {
        let (flows, report) = ours.decode(&message.octets(), received_ms(message));
        differ(&flows, &expected(message, &mut rates))?;
        let counted = [report.templates, report.records, report.options_records];
        let [templates, records, options] = counted.map(|n| n as usize);
        assert_eq!((templates, records, options), counts(message));
        assert_eq!(report.exporter, Exporter::new(ADDR, message.export.domain));
    }
    ours.assert_whole();
    Ok(())
}

/// Whether a peer and our decoder come to the same; if not, how they differ.
pub(crate) fn compare(name: Name, session: &[Message]) -> Result<(), String> {
    let (mut ours, mut peer, mut rates) = (Ours::new(), Peer::new(name), Rates::default());
    for message in session {
        let octets = message.octets();
        let (flows, report) = ours.decode(&octets, received_ms(message));
        let read = peer.read(&octets)?;
        let options = read.lines.iter().filter(|line| line.options).count();
        let theirs = (read.templates, read.lines.len() - options, options);
        let counted = [report.templates, report.records, report.options_records];
        let [templates, records, options] = counted.map(|n| n as usize);
        if theirs != (templates, records, options) {
            return Err(format!("{theirs:?} templates, records, options"));
        }
        let sequence = (read.sequence, read.domain);
        if sequence != (message.export.sequence, message.export.domain) {
            return Err(format!("{sequence:?} sequence, domain"));
        }
        let theirs = meaning::flows(&read, &mut rates, ADDR, received_ms(message));
        differ(&flows, &theirs)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn v9_comes_to_what_was_told(session in drawn::session(Protocol::NetflowV9)) {
        prop_assert_eq!(ours_comes_to(&session), Ok(()));
    }

    #[test]
    fn ipfix_comes_to_what_was_told(session in drawn::session(Protocol::Ipfix)) {
        prop_assert_eq!(ours_comes_to(&session), Ok(()));
    }

    #[test]
    fn netflow_parser_agrees_on_v9(session in drawn::session(Protocol::NetflowV9)) {
        let session = avoided(Name::NetflowParser, session);
        prop_assert_eq!(compare(Name::NetflowParser, &session), Ok(()));
    }

    #[test]
    fn netflow_parser_agrees_on_ipfix(session in drawn::session(Protocol::Ipfix)) {
        let session = avoided(Name::NetflowParser, session);
        prop_assert_eq!(compare(Name::NetflowParser, &session), Ok(()));
    }

    #[test]
    fn netgauze_agrees_on_v9(session in drawn::session(Protocol::NetflowV9)) {
        let session = avoided(Name::Netgauze, session);
        prop_assert_eq!(compare(Name::Netgauze, &session), Ok(()));
    }

    #[test]
    fn netgauze_agrees_on_ipfix(session in drawn::session(Protocol::Ipfix)) {
        let session = avoided(Name::Netgauze, session);
        prop_assert_eq!(compare(Name::Netgauze, &session), Ok(()));
    }
}
