//! B017, B041 to B043, B048, B085, B092, B093 and B103: what a session, an exporter or
//! the collector goes through.

use decode::{Reason, SequenceCounters};

use super::{Case, Seen, case};
use crate::encode::{ABSOLUTE, EXPORT, Message, V5, absolute_record, shorts, template_record};
use crate::support::source;

pub(super) fn cases() -> Vec<Case> {
    [lost(), templates(), restarts(), leap()]
        .into_iter()
        .flatten()
        .collect()
}

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

fn template(message: Message) -> Message {
    message.template(300, &ABSOLUTE)
}

fn data(message: Message) -> Message {
    message.data(300, &[absolute_record()])
}

fn lost() -> Vec<Case> {
    let message = |sequence| data(Message::v9().domain(9).sequence(sequence));
    vec![
        case(
            "B017",
            "a datagram that never comes whole, as its last fragment was lost",
        )
        .send(template(message(1)).octets())
        .send(message(3).octets())
        .flows(2)
        // The data of the first message came before their template.
        .counts(Reason::NoTemplate, 1)
        .counts(Reason::PendingDecoded, 1)
        .check(|seen| {
            let lost = SequenceCounters {
                lost: 1,
                ..SequenceCounters::default()
            };
            assert_eq!(seen.sequence, lost);
        }),
    ]
}

fn templates() -> Vec<Case> {
    let with_data = |case: Case| case.stream(&data(Message::ipfix()));
    let refreshed = (0..1_000).fold(
        case("B043", "a template that is refreshed with every message"),
        |case, _| case.send_both(|message| data(template(message))),
    );
    vec![
        with_data(
            case(
                "B041",
                "a template that is sent once for a stream of a year",
            )
            .stream(&template(Message::ipfix()))
            .later_ms(365 * DAY),
        )
        .flows(1),
        case("B042", "a template that is refreshed once a day")
            .send_both(template)
            .later_ms(DAY)
            .send_both(template)
            .later_ms(3 * DAY)
            .send_both(data)
            .flows(2),
        case("B042", "a template that is not refreshed for an hour")
            .send_both(template)
            .later_ms(60 * MINUTE + 1)
            .send_both(data)
            .send_both(template)
            .flows(2)
            .counts(Reason::TemplateExpired, 2)
            .counts(Reason::PendingDecoded, 2),
        refreshed.flows(2_000),
        with_data(
            case("B048", "a withdrawal of an unknown template over a stream")
                .stream(&template(Message::ipfix()).set(2, &shorts(&[999, 0]))),
        )
        .flows(1)
        .counts(Reason::WithdrawalUnknown, 1),
        many_known(case(
            "B048",
            "sixteen thousand withdrawals of all templates in a message",
        ))
        .stream(&Message::ipfix().set(2, &shorts(&[2, 0]).repeat(16_000)))
        .counts(Reason::TemplateWithdrawn, 4_000)
        .counts(Reason::WithdrawalUnknown, 15_999),
    ]
}

/// Four thousand templates that a stream has sent.
fn many_known(case: Case) -> Case {
    let records: Vec<Vec<u8>> = (300..4_300)
        .map(|id| template_record(id, &[(8, 4)]))
        .collect();
    case.stream(&Message::ipfix().set(2, &records.concat()))
}

fn restarts() -> Vec<Case> {
    let told = |case: Case, port| case.send_from(source(1, port), template(Message::v9()).octets());
    let rebooted = |at: u32, sequence| {
        let message = Message::v9().domain(9).secs(EXPORT + at);
        message.uptime(1_000 * at + 1_000).sequence(sequence)
    };
    vec![
        told(
            case(
                "B085",
                "a template through one port of a load balancer, data through another",
            ),
            1_000,
        )
        .send_from(source(1, 1_001), data(Message::v9()).octets())
        .flows(1)
        .counts(Reason::TemplateRoamed, 1),
        case(
            "B092",
            "data of an exporter whose templates a restart of the collector cost",
        )
        .send_both(data)
        .later_ms(14 * MINUTE)
        .send_both(|message| data(template(message)))
        .flows(4)
        .counts(Reason::NoTemplate, 2)
        .counts(Reason::PendingDecoded, 2),
        case(
            "B093",
            "a template of before an exporter's upgrade, and its successor",
        )
        .send_both(template)
        .send_both(|message| message.template(300, &[(8, 4), (12, 4)]))
        .send_both(|message| message.set(300, &[1; 16]))
        .flows(4)
        .counts(Reason::TemplateReplaced, 2)
        .counts(Reason::TimeMissing, 4),
        case(
            "B093",
            "a template of before an exporter's restart, and data of another layout",
        )
        .send(template(Message::v9().domain(9).sequence(5_000)).octets())
        .later_ms(1_000)
        .send(rebooted(0, 0).octets())
        .send(rebooted(1, 1).octets())
        .send(data(rebooted(2, 2)).octets())
        .counts(Reason::TemplateOutdated, 1)
        .counts(Reason::NoTemplate, 1),
    ]
}

/// 2016-12-31T23:59:59Z, the second before the last leap second so far.
const BEFORE_LEAP: u32 = 1_483_228_799;

fn leap() -> Vec<Case> {
    let at = |secs, sequence| {
        let v5 = V5 {
            secs,
            sequence,
            ..V5::new(1)
        };
        v5.octets()
    };
    vec![
        case("B103", "a leap second, in which a second comes twice")
            .received_ms(i64::from(BEFORE_LEAP) * 1_000)
            .send(at(BEFORE_LEAP, 0))
            .later_ms(1_000)
            .send(at(BEFORE_LEAP, 1))
            .send(at(BEFORE_LEAP + 1, 2))
            .flows(3)
            .check(|seen: &Seen| {
                let started = seen.flows.iter().map(|flow| flow.start_ms);
                let first = i64::from(BEFORE_LEAP) * 1_000 + 250 - 9_000;
                assert!(started.eq([first, first, first + 1_000]));
                assert_eq!(seen.sequence, SequenceCounters::default());
            }),
    ]
}
