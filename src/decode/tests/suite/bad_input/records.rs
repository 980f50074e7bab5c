//! B050 to B070: data records, structured data, NetFlow v5.

use decode::Reason;

use super::{Case, case};
use crate::encode::{Field, Message, V5, V5Record, VARIABLE, absolute_record, record};

pub(super) fn cases() -> Vec<Case> {
    let sections = [sets(), variable(), structured(), amplification(), v5()];
    sections.into_iter().flatten().collect()
}

fn sets() -> Vec<Case> {
    let len = absolute_record().len();
    vec![
        case("B050", "a data set shorter than one record")
            .send_both(move |message| message.set(256, &absolute_record()[..len - 1]))
            .counts(Reason::ShortDataSet, 2),
        case("B051", "a record cut off by the end of its set")
            .send_both(move |message| {
                let cut = absolute_record()[..len - 1].to_vec();
                message.data(256, &[absolute_record(), cut])
            })
            .flows(2),
        case("B052", "padding as long as a record, and longer")
            .send_both(move |message| message.data(256, &[absolute_record(), vec![0; len]]))
            .send_both(move |message| message.data(256, &[absolute_record(), vec![0; 2 * len + 3]]))
            .flows(4)
            .counts(Reason::ZeroRecord, 6),
        case("B064", "data of a template without fields")
            .send({
                let message = Message::v9().template(300, &[]);
                message.set(300, &[1; 40]).octets()
            })
            .counts(Reason::TemplateEmpty, 1)
            .counts(Reason::NoTemplate, 1),
        case("B065", "counters beyond what is possible")
            .send_both(|message| {
                let fields = [(8, 4), (12, 4), (1, 8), (2, 8)];
                let most = u128::from(u64::MAX);
                let record = record(&fields, &[1, 2, most, most]);
                message.template(300, &fields).data(300, &[record])
            })
            .flows(2)
            .counts(Reason::TimeMissing, 2)
            .check(|seen| assert_eq!(seen.flows[0].bytes, u64::MAX)),
        case("B066", "fewer octets than packets, and none of either")
            .send_both(|message| {
                let fields = [(8, 4), (12, 4), (1, 8), (2, 8)];
                let records = [[1, 2, 3, 9], [1, 2, 0, 9], [1, 2, 9, 0], [1, 2, 0, 0]];
                let records = records.map(|values| record(&fields, &values));
                message.template(300, &fields).data(300, &records)
            })
            .flows(8)
            .counts(Reason::TimeMissing, 8),
    ]
}

const NAMED: [Field; 4] = [(8, 4), (12, 4), (82, VARIABLE), (1, 4)];

/// A message with one record whose variable-length field is these octets.
fn named(message: Message, field: &[u8]) -> Message {
    let record = [&[10, 0, 0, 1, 10, 0, 0, 2][..], field, &[0, 0, 0, 77]].concat();
    message.template(300, &NAMED).data(300, &[record])
}

fn variable() -> Vec<Case> {
    let beyond: [&[u8]; 4] = [&[5], &[254, 1, 2], &[255, 0, 5], &[255, 255, 255]];
    let forms: [&[u8]; 4] = [&[255, 0, 3, 1, 2, 3], &[255, 0, 0], &[0], &[1, 9]];
    let texts: [&[u8]; 4] = [&[2, 0xFF, 0xFE], &[2, 0, 0], b"\x03abc", b"\x04\x1b[2J"];
    let all = |case: Case, fields: [&'static [u8]; 4]| {
        fields.into_iter().fold(case, |case, field| {
            case.send_both(|message| named(message, field))
        })
    };
    vec![
        all(case("B053", "a variable length beyond the set"), beyond)
            .counts(Reason::VariableLength, 8),
        all(case("B054", "a long form with a short length"), forms)
            .flows(8)
            .counts(Reason::TimeMissing, 8)
            .check(|seen| assert!(seen.flows.iter().all(|flow| flow.bytes == 77))),
        all(
            case("B055", "text that is ill-formed or controls terminals"),
            texts,
        )
        .flows(8)
        .counts(Reason::TimeMissing, 8),
    ]
}

/// A record with one structured element (RFC 6313) of these octets.
fn structured_message(element: u16, content: &[u8]) -> Vec<u8> {
    let fields = [(8, 4), (12, 4), (element, VARIABLE), (1, 4)];
    let length = u8::try_from(content.len()).unwrap();
    let addrs = [10, 0, 0, 1, 10, 0, 0, 2];
    let record = [&addrs[..], &[length], content, &[0, 0, 0, 77]].concat();
    let message = Message::ipfix().template(300, &fields);
    message.data(300, &[record]).octets()
}

/// Structured data of records that have addresses are skipped by their length: nothing
/// in them can do harm.
fn structured() -> Vec<Case> {
    let skipped = |id, what, element, content: &[u8]| {
        case(id, what)
            .send(structured_message(element, content))
            .flows(1)
            .counts(Reason::TimeMissing, 1)
            .counts(Reason::StructuredSkipped, 1)
            .check(|seen| assert_eq!(seen.flows[0].bytes, 77))
    };
    vec![
        skipped(
            "B056",
            "a multi list entry of no octets",
            293,
            &[3, 1, 44, 0, 0],
        ),
        skipped(
            "B057",
            "a list of an unknown template",
            292,
            &[3, 9, 9, 1, 2],
        ),
        skipped(
            "B058",
            "a list of its own template",
            292,
            &[3, 1, 44, 3, 1, 44, 3, 1, 44],
        ),
        skipped(
            "B059",
            "a basic list of elements of no octets",
            291,
            &[3, 0, 1, 0, 0],
        ),
        case("B060", "options data whose size is beyond 16 bits")
            .send_both(|message| {
                let message = message.options(300, &[(144, 4)], &[(94, 0xFFF0), (95, 0x20)]);
                message.set(300, &[1; 200])
            })
            .counts(Reason::TemplateTooLong, 2)
            .counts(Reason::NoTemplate, 2),
        case("B061", "options of size 0")
            .send_both(|message| {
                let message = message.options(300, &[(144, 0)], &[(34, 0)]);
                message.set(300, &[1; 200])
            })
            .counts(Reason::TemplateEmpty, 2)
            .counts(Reason::NoTemplate, 2),
    ]
}

fn amplification() -> Vec<Case> {
    vec![
        case("B062", "sixty thousand records of 1 octet")
            .send_both(|message| {
                let message = message.template(300, &[(4, 1)]);
                message.set(300, &[6; 60_000])
            })
            .counts(Reason::NoKey, 120_000),
        case("B062", "sixty thousand fields in one record")
            .send_both(|message| {
                let fields = [&[(8, 4), (12, 4)][..], &[(82, VARIABLE); 9_000]].concat();
                let message = message.template(300, &fields);
                message.set(
                    300,
                    &[&[10, 0, 0, 1, 10, 0, 0, 2][..], &[0; 9_000]].concat(),
                )
            })
            .flows(2)
            .counts(Reason::TimeMissing, 2),
        case(
            "B062",
            "sixty thousand records, each with sixteen thousand lists of no octets",
        )
        .send_both(|message| message.template(300, &[&[(4, 1)][..], &[(292, 0); 16_000]].concat()))
        .send_both(|message| message.set(300, &[6; 60_000]))
        .counts(Reason::NoKey, 120_000),
        case("B063", "one field that fills the message")
            .send_both(|message| {
                let fields = [(8, 4), (12, 4), (313, VARIABLE), (1, 4)];
                let record = record(&fields, &[1, 2, 60_000, 77]);
                message.template(300, &fields).data(300, &[record])
            })
            .flows(2)
            .counts(Reason::TimeMissing, 2)
            .check(|seen| assert_eq!(seen.flows[1].bytes, 77)),
    ]
}

fn v5() -> Vec<Case> {
    let sampled = |sampling| {
        V5 {
            sampling,
            ..V5::new(1)
        }
        .octets()
    };
    let whole = V5::new(2).octets();
    let rates = [None, None, Some(1_000), Some(1_000), Some(16_383)];
    vec![
        case("B067", "v5 counts of 0, 31 and 65,535")
            .send(V5::new(0).octets())
            .send(V5::new(30).octets_of(31))
            .send(V5::new(30).octets_of(29))
            .send(V5::new(30).octets_of(0))
            .send(V5::new(30).octets_of(u16::MAX))
            .counts(Reason::CountMismatch, 4),
        case("B068", "v5 with more than 30 records")
            .send(V5::new(500).octets())
            .flows(500),
        case("B069", "v5 with a record cut off")
            .send(whole[..whole.len() - 1].to_vec())
            .counts(Reason::CountMismatch, 1),
        case("B069", "v5 with octets after its last record")
            .send([&whole[..], &[0; 6]].concat())
            .flows(2)
            .counts(Reason::TrailingOctets, 1),
        case("B070", "v5 sampling: mode and interval")
            .send(sampled(0))
            .send(sampled(0x4000))
            .send(sampled(0x4000 | 1_000))
            .send(sampled(1_000))
            .send(sampled(0xFFFF))
            .flows(5)
            .check(move |seen| {
                let told = seen
                    .flows
                    .iter()
                    .map(|f| f.sampling_rate.map(|rate| rate.get()));
                assert!(told.eq(rates));
            }),
        case("B066", "v5 without packets and octets")
            .send({
                let mut v5 = V5::new(0);
                let (packets, octets) = (0, 0);
                v5.records = vec![V5Record {
                    packets,
                    octets,
                    ..V5Record::default()
                }];
                v5.octets()
            })
            .flows(1),
    ]
}
