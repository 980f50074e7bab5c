//! B081 to B091: identity, sequence, session.

use std::net::IpAddr;

use decode::{Reason, SequenceCounters};

use super::{Case, Seen, case};
use crate::encode::{ABSOLUTE, Field, Message, V5, absolute_record, record};
use crate::support::source;

pub(super) fn cases() -> Vec<Case> {
    [identity(), sequence()].into_iter().flatten().collect()
}

const OCTETS_FIRST: [Field; 3] = [(1, 4), (8, 4), (12, 4)];
const OCTETS_LAST: [Field; 3] = [(8, 4), (12, 4), (1, 4)];

fn data(message: Message) -> Vec<u8> {
    let record = record(&OCTETS_LAST, &[0x0A00_0001, 0x0A00_0002, 77]);
    message.data(300, &[record]).octets()
}

fn octets_of(seen: &Seen) -> Vec<u64> {
    seen.flows.iter().map(|flow| flow.bytes).collect()
}

fn identity() -> Vec<Case> {
    let first = Message::v9().template(300, &OCTETS_FIRST).octets();
    let last = Message::v9().template(300, &OCTETS_LAST).octets();
    let in_domain = |domain| Message::v9().domain(domain);
    let rate = Message::v9().options(301, &[(1, 4)], &[(34, 4)]);
    let rate = rate.set(301, &[0, 0, 0, 0, 0, 0, 0, 50]).octets();
    let roaming = case("B083", "one exporter that rotates its source port")
        .send_from(source(1, 1_000), last.clone())
        .send_from(source(1, 1_001), rate);
    vec![
        case(
            "B081",
            "two exporters behind one address, with templates that differ",
        )
        .send_from(source(1, 1_000), first.clone())
        .send_from(source(1, 1_001), last.clone())
        .send_from(source(1, 1_000), data(Message::v9()))
        .send_from(source(1, 1_001), data(Message::v9()))
        .send_from(source(1, 1_002), data(Message::v9()))
        .flows(2)
        .counts(Reason::TemplateAmbiguous, 1)
        .counts(Reason::TimeMissing, 2)
        .check(|seen| assert_eq!(octets_of(seen), [0x0A00_0001, 77])),
        case(
            "B081",
            "two exporters behind one address, with the same template",
        )
        .send_from(source(1, 1_000), last.clone())
        .send_from(source(1, 1_001), last.clone())
        .send_from(source(1, 1_002), data(Message::v9()))
        .flows(1)
        .counts(Reason::TemplateRoamed, 1)
        .counts(Reason::TimeMissing, 1),
        case("B082", "one exporter with a template ID in many domains")
            .send(in_domain(1).template(300, &OCTETS_FIRST).octets())
            .send(in_domain(2).template(300, &OCTETS_LAST).octets())
            .send(data(in_domain(1)))
            .send(data(in_domain(2)))
            .send(data(in_domain(3)))
            .flows(2)
            .counts(Reason::NoTemplate, 1)
            .counts(Reason::TimeMissing, 2)
            .check(|seen| assert_eq!(octets_of(seen), [0x0A00_0001, 77])),
        (1_002..1_012)
            .fold(roaming, |case, port| {
                case.send_from(source(1, port), data(Message::v9()))
            })
            .flows(10)
            .counts(Reason::TemplateRoamed, 10)
            .counts(Reason::TimeMissing, 10)
            .check(|seen| {
                let rates = seen
                    .flows
                    .iter()
                    .map(|flow| flow.sampling_rate.unwrap().get());
                assert!(rates.eq([50; 10]));
            }),
        case("B084", "one exporter as IPv4 and as IPv4-mapped IPv6")
            .send_from(source(1, 1_000), last.clone())
            .send_from(
                "[::ffff:192.0.2.1]:1000".parse().unwrap(),
                data(Message::v9()),
            )
            .flows(1)
            .counts(Reason::TimeMissing, 1)
            .check(|seen| {
                let exporter = seen.flows[0].exporter.addr;
                assert_eq!(exporter, IpAddr::from([192, 0, 2, 1]));
            }),
        case("B081", "a template of v9 is none of IPFIX")
            .send(last)
            .send(data(Message::ipfix()))
            .counts(Reason::NoTemplate, 1),
    ]
}

/// Messages of a record each with these sequence numbers, from a new session.
fn numbered(case: Case, message: fn() -> Message, numbers: &[u32]) -> Case {
    let one = |number| {
        let message = message().domain(99).sequence(number);
        let message = message.template(300, &ABSOLUTE);
        message.data(300, &[absolute_record()]).octets()
    };
    numbers
        .iter()
        .fold(case, |case, &number| case.send(one(number)))
}

fn sees(expected: SequenceCounters) -> impl Fn(&Seen) {
    move |seen| assert_eq!(seen.sequence, expected)
}

fn sequence() -> Vec<Case> {
    let nothing = SequenceCounters::default();
    let v5 = |sequence| {
        V5 {
            sequence,
            ..V5::new(3)
        }
        .octets()
    };
    let three = |message: Message| message.data(256, &[(); 3].map(|()| absolute_record()));
    let wrap = case("B087", "sequence numbers that wrap")
        .send(v5(u32::MAX - 1))
        .send(v5(1))
        .flows(6 + 3 + 3);
    let wrap = numbered(wrap, Message::v9, &[u32::MAX - 1, u32::MAX, 0]);
    let options = |sequence| {
        let message = Message::ipfix().sequence(sequence);
        let message = message.options(301, &[(144, 4)], &[(41, 4)]);
        message.set(301, &[0; 8]).data(256, &[absolute_record()])
    };
    let one = |message: Message, sequence, port| {
        let message = message.domain(99).sequence(sequence);
        let message = message.template(300, &ABSOLUTE);
        let message = message.data(300, &[absolute_record()]);
        move |case: Case| case.send_from(source(1, port), message.octets())
    };
    let numbers = (0..40).chain([43]).chain(44..50);
    let rotating = numbers.clone().fold(
        case(
            "B083",
            "a sequence that goes on from port to port, with a gap",
        ),
        |case, number| {
            let port = 1_000 + u16::try_from(number % 7).unwrap();
            let case = one(Message::v9(), number, port)(case);
            one(Message::ipfix(), number, port + 100)(case)
        },
    );
    let sharing = (0..40).fold(
        case(
            "B081",
            "two exporters behind one address, each with its own sequence",
        ),
        |case, number| {
            let case = one(Message::v9(), number, 1_000)(case);
            one(Message::v9(), number + u32::from(number > 20), 1_001)(case)
        },
    );
    vec![
        rotating
            .flows(2 * numbers.count())
            .check(sees(SequenceCounters { lost: 6, ..nothing })),
        sharing
            .flows(80)
            .check(sees(SequenceCounters { lost: 1, ..nothing })),
        numbered(
            case("B086", "an exporter that restarts"),
            Message::v9,
            &[70_000, 70_001, 0, 1, 2],
        )
        .flows(5)
        .check(sees(SequenceCounters {
            restarted: 1,
            ..nothing
        })),
        numbered(wrap, Message::ipfix, &[u32::MAX - 1, u32::MAX, 0]).check(sees(nothing)),
        numbered(
            case("B088", "datagrams repeated and out of order"),
            Message::v9,
            &[10, 11, 11, 14, 13, 12, 15, 10],
        )
        .flows(8)
        .check(sees(SequenceCounters {
            lost: 2,
            recovered: 2,
            reordered: 2,
            duplicated: 2,
            ..nothing
        })),
        numbered(
            case("B089", "a forged number far ahead"),
            Message::ipfix,
            &[500, 501, 2_000_000_000, 502, 503],
        )
        .flows(5)
        .check(sees(SequenceCounters {
            unconfirmed: 1,
            ..nothing
        })),
        case("B090", "an exporter that does not count its options data")
            .send(options(0).octets())
            .send(options(1).octets())
            .send(options(2).octets())
            .flows(3)
            .check(|seen| assert_eq!(seen.sequence.lost, 0)),
        case("B091", "v9 counts datagrams, IPFIX records, v5 flows")
            .send(three(Message::v9().sequence(1)).octets())
            .send(three(Message::v9().sequence(2)).octets())
            .send(three(Message::ipfix()).octets())
            .send(three(Message::ipfix().sequence(3)).octets())
            .send(options(6).octets())
            .send(three(Message::ipfix().sequence(8)).octets())
            .send(v5(40))
            .send(v5(43))
            .flows(22)
            .check(sees(nothing)),
        case(
            "B091",
            "records that cannot be read, and padding, make no gap",
        )
        .send(three(Message::ipfix()).octets())
        .send(Message::ipfix().sequence(3).set(300, &[1; 90]).octets())
        .send({
            let records = [absolute_record(), vec![0; absolute_record().len()]];
            Message::ipfix().sequence(9).data(256, &records).octets()
        })
        .send(three(Message::ipfix().sequence(10)).octets())
        .flows(7)
        .counts(Reason::NoTemplate, 1)
        .counts(Reason::ZeroRecord, 1)
        .check(sees(nothing)),
        case("B091", "a rejected message is a gap in the sequence")
            .send(three(Message::ipfix()).octets())
            .send(
                three(Message::ipfix().sequence(3))
                    .set_of(9, 1, &[])
                    .octets(),
            )
            .send(three(Message::ipfix().sequence(6)).octets())
            .flows(6)
            .counts(Reason::SetLength, 1)
            .check(sees(SequenceCounters { lost: 3, ..nothing })),
    ]
}
