//! Structured data (RFC 6313) and biflows (RFC 5103): D01 to D03, B056 to B059, F01.

use std::net::IpAddr;

use decode::{Limits, Reason};
use flow::OriginalFlow;

use crate::encode::{Field, Message, VARIABLE, shorts, specs};
use crate::support::{Collector, source};

const BASIC: u16 = 291;
const LIST: u16 = 292;
const MULTI: u16 = 293;

/// Source, destination, octets.
const INNER: [Field; 3] = [(8, 4), (12, 4), (1, 4)];

/// Octets with their length before them.
fn counted(octets: &[u8]) -> Vec<u8> {
    let length = shorts(&[u16::try_from(octets.len()).unwrap()]);
    [&[255][..], &length, octets].concat()
}

fn inner(last: u8, octets: u8) -> Vec<u8> {
    vec![10, 0, 0, last, 10, 0, 1, last, 0, 0, 0, octets]
}

/// A `subTemplateList` of a template.
fn list(id: u16, records: &[u8]) -> Vec<u8> {
    [&[3][..], &shorts(&[id]), records].concat()
}

/// An entry of a `subTemplateMultiList`.
fn entry(id: u16, records: &[u8]) -> Vec<u8> {
    let length = u16::try_from(records.len() + 4).unwrap();
    [&shorts(&[id, length])[..], records].concat()
}

fn basic(element: u16, length: u16, values: &[u8]) -> Vec<u8> {
    [&[3][..], &shorts(&[element, length]), values].concat()
}

/// What comes of one record of a template of one list: flows as the last octet of the
/// source and the octets.
fn decoded(limits: Limits, element: u16, octets: &[u8]) -> (Vec<(u8, u64)>, Collector) {
    let mut collector = Collector::new(limits);
    let message = Message::ipfix().template(256, &INNER);
    let message = message.template(300, &[(element, VARIABLE)]);
    let message = message.template(301, &[(LIST, VARIABLE)]);
    let message = message.set(300, &counted(octets));
    let (flows, report) = collector.receive(source(1, 2_055), &message.octets());
    assert_eq!((report.error, report.records as usize), (None, flows.len()));
    (flows.iter().map(brief).collect(), collector)
}

fn brief(flow: &OriginalFlow) -> (u8, u64) {
    match flow.key.src_addr {
        IpAddr::V4(addr) => (addr.octets()[3], flow.bytes),
        IpAddr::V6(_) => (0, flow.bytes),
    }
}

#[test]
fn records_of_a_list_become_flows_in_their_order() {
    let two = [inner(1, 11), inner(2, 22)].concat();
    let one = inner(3, 33);
    for (element, octets, flows) in [
        (LIST, list(256, &two), &[(1, 11), (2, 22)][..]),
        (LIST, list(256, &[]), &[]),
        (
            MULTI,
            [vec![3], entry(256, &two), entry(256, &one)].concat(),
            &[(1, 11), (2, 22), (3, 33)],
        ),
        (
            BASIC,
            basic(
                LIST,
                VARIABLE,
                &[counted(&list(256, &two)), counted(&list(256, &one))].concat(),
            ),
            &[(1, 11), (2, 22), (3, 33)],
        ),
    ] {
        let (found, collector) = decoded(Limits::default(), element, &octets);
        assert_eq!(found, flows, "{element}");
        let none = u64::from(flows.is_empty());
        let missing = flows.len() as u64;
        collector.assert_counts(&[(Reason::NoKey, none), (Reason::TimeMissing, missing)]);
    }
}

#[test]
fn what_the_record_itself_says_counts_first() {
    let outer = [(152, 8), (153, 8), (10, 4), (LIST, VARIABLE), (2, 4)];
    let mut collector = Collector::default();
    let message = Message::ipfix().template(256, &INNER).template(300, &outer);
    let time = |ago: u64| 1_700_000_000_000_u64 - ago;
    let record = [
        &time(9_000).to_be_bytes()[..],
        &time(4_000).to_be_bytes(),
        &[0, 0, 0, 5],
        &counted(&list(256, &inner(1, 11))),
        &[0, 0, 0, 7],
    ];
    let flow = collector.flow(&message.set(300, &record.concat()).octets());
    let usual = crate::golden::tcp_flow();
    assert_eq!((flow.start_ms, flow.end_ms), (usual.start_ms, usual.end_ms));
    assert_eq!(flow.end_seen_ms, usual.end_seen_ms);
    assert_eq!((flow.packets, flow.bytes, flow.in_if), (7, 11, Some(5)));
    collector.assert_counts(&[]);
}

#[test]
fn lists_of_records_that_have_addresses_are_skipped_and_counted() {
    let mut collector = Collector::default();
    let fields = [&INNER[..], &[(LIST, VARIABLE)]].concat();
    let message = Message::ipfix()
        .template(256, &INNER)
        .template(300, &fields);
    let record = [inner(9, 99), counted(&list(256, &inner(1, 11)))].concat();
    let flows = collector.flows(&message.set(300, &record.repeat(2)).octets());
    assert_eq!(flows.iter().map(brief).collect::<Vec<_>>(), [(9, 99); 2]);
    collector.assert_counts(&[(Reason::StructuredSkipped, 2), (Reason::TimeMissing, 2)]);
}

/// A flow in so many lists of template 301, one in the other.
fn nested(depth: usize) -> Vec<u8> {
    let innermost = list(256, &inner(1, 11));
    (1..depth).fold(innermost, |list_of, _| list(301, &counted(&list_of)))
}

#[test]
fn lists_within_lists_are_read_so_deep_as_the_limit_says() {
    let limits = |structured_depth| Limits {
        structured_depth,
        ..Limits::default()
    };
    for (limit, depth, flows) in [(8, 1, 1), (8, 8, 1), (8, 9, 0), (2, 3, 0), (0, 1, 0)] {
        let (found, collector) = decoded(limits(limit), LIST, &nested(depth));
        assert_eq!(found.len(), flows, "{depth} of {limit}");
        let skipped = collector.count(Reason::StructuredSkipped);
        assert_eq!(skipped, 1 - flows as u64);
    }
}

#[test]
fn b058_ten_thousand_lists_in_each_other_take_no_stack() {
    let limits = Limits {
        structured_depth: usize::MAX,
        ..Limits::default()
    };
    let (found, _) = decoded(limits, LIST, &nested(10_000));
    assert_eq!(found, [(1, 11)]);
    let (found, collector) = decoded(Limits::default(), LIST, &nested(10_000));
    assert!(found.is_empty());
    assert_eq!(collector.count(Reason::StructuredSkipped), 1);
}

#[test]
fn a_malformed_list_costs_itself_alone() {
    let good = entry(256, &inner(1, 11));
    for (element, octets) in [
        (MULTI, [vec![3], good.clone(), shorts(&[256, 0])].concat()),
        (MULTI, [vec![3], good.clone(), shorts(&[256, 3])].concat()),
        (MULTI, [vec![3], good.clone(), shorts(&[256, 99])].concat()),
        (MULTI, [vec![3], good, vec![1, 0]].concat()),
        (LIST, vec![3, 1]),
        (BASIC, vec![3, 1, 35, 0]),
        (BASIC, basic(LIST, VARIABLE, &[9, 1])),
        (BASIC, basic(LIST, 0, &[9, 1])),
        (LIST, list(301, &[200, 1, 2])),
    ] {
        let (found, collector) = decoded(Limits::default(), element, &octets);
        assert_eq!(found, [], "{octets:?}");
        collector.assert_counts(&[(Reason::StructuredMalformed, 1), (Reason::NoKey, 1)]);
    }
}

#[test]
fn b057_a_list_of_an_unknown_template_is_skipped() {
    let known = entry(256, &inner(1, 11));
    let octets = [vec![3], entry(999, &[1; 8]), known].concat();
    let (found, collector) = decoded(Limits::default(), MULTI, &octets);
    assert_eq!(found, [(1, 11)]);
    assert_eq!(collector.count(Reason::StructuredSkipped), 1);
}

#[test]
fn a_list_makes_no_more_flows_than_a_datagram_may() {
    let limits = Limits {
        records_per_datagram: 3,
        ..Limits::default()
    };
    let records = inner(1, 11).repeat(9);
    let (found, collector) = decoded(limits, LIST, &list(256, &records));
    assert_eq!(found.len(), 3);
    assert_eq!(collector.count(Reason::StructuredSkipped), 6);
}

#[test]
fn lists_of_fixed_length_are_read_too() {
    let mut collector = Collector::default();
    let octets = list(256, &inner(1, 11));
    let length = u16::try_from(octets.len()).unwrap();
    let message = Message::ipfix()
        .template(256, &INNER)
        .template(300, &[(LIST, length)]);
    let flow = collector.flow(&message.set(300, &octets).octets());
    assert_eq!(brief(&flow), (1, 11));
}

#[test]
fn a_biflow_within_a_list_gives_both_directions() {
    let reverse = |element: u16| [shorts(&[0x8000 | element, 4]), vec![0, 0, 0x72, 0x79]].concat();
    let fields = [specs(&INNER), reverse(1), reverse(2)].concat();
    let template = [shorts(&[300, 5]), fields].concat();
    let record =
        |octets: u8, packets: u8| [inner(1, 11), vec![0, 0, 0, octets, 0, 0, 0, packets]].concat();
    let records = [record(5, 1), record(0, 0), record(0, 1)].concat();
    let mut collector = Collector::default();
    let message = Message::ipfix()
        .set(2, &template)
        .template(301, &[(LIST, VARIABLE), (2, 4)]);
    let octets = [list(300, &records), vec![0, 0, 0, 9]].concat();
    let octets = [vec![u8::try_from(octets.len() - 4).unwrap()], octets].concat();
    let flows = collector.flows(&message.set(301, &octets).octets());
    let packets: Vec<u64> = flows.iter().map(|flow| flow.packets).collect();
    assert_eq!(packets, [9, 1, 9, 9, 1]);
    assert_eq!(flows[1].key, flows[0].key.reversed());
    collector.assert_counts(&[(Reason::TimeMissing, 3)]);
}
