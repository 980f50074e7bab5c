//! T06 to T09, T19, T31 to T35: templates, their withdrawal and their life.

use decode::Reason;

use crate::encode::{ABSOLUTE, Field, Message, absolute_record, record, shorts};
use crate::table::{Case, case};

pub(super) fn cases() -> Vec<Case> {
    [withdrawals(), streams(), datagrams(), largest()]
        .into_iter()
        .flatten()
        .collect()
}

const PAIR: [Field; 2] = [(8, 4), (12, 4)];

/// Over a stream there has been no template yet.
fn acquainted(case: Case) -> Case {
    let message = Message::ipfix().template(300, &ABSOLUTE);
    let message = message.template(301, &ABSOLUTE);
    case.stream(&message.options(302, &[(144, 4)], &[(34, 4)]))
}

fn withdraw(set: u16, id: u16) -> Message {
    Message::ipfix().set(set, &shorts(&[id, 0]))
}

fn data(id: u16) -> Message {
    Message::ipfix().data(id, &[absolute_record()])
}

/// Data of both templates and of the options template.
fn all_data(case: Case) -> Case {
    let case = case.stream(&data(300)).stream(&data(301));
    case.stream(&Message::ipfix().set(302, &[0; 8]))
}

fn withdrawals() -> Vec<Case> {
    let after = |case: Case, withdrawals: &[(u16, u16)]| {
        let known = acquainted(case);
        let gone = withdrawals
            .iter()
            .fold(known, |case, &(set, id)| case.stream(&withdraw(set, id)));
        all_data(gone)
    };
    vec![
        after(case("T06", "a template withdrawn"), &[(2, 300)])
            .flows(1)
            .counts(Reason::TemplateWithdrawn, 1)
            .counts(Reason::NoTemplate, 1),
        after(case("T06", "an options template withdrawn"), &[(3, 302)])
            .flows(2)
            .counts(Reason::TemplateWithdrawn, 1)
            .counts(Reason::NoTemplate, 1),
        after(
            case("T07", "a template withdrawn twice"),
            &[(2, 300), (2, 300)],
        )
        .flows(1)
        .counts(Reason::TemplateWithdrawn, 1)
        .counts(Reason::WithdrawalUnknown, 1)
        .counts(Reason::NoTemplate, 1),
        after(
            case("T08", "a template withdrawn that was never sent"),
            &[(2, 999), (3, 998)],
        )
        .flows(2)
        .counts(Reason::WithdrawalUnknown, 2),
        after(case("T09", "all templates withdrawn"), &[(2, 2)])
            .counts(Reason::TemplateWithdrawn, 2)
            .counts(Reason::NoTemplate, 2),
        after(case("T09", "all options templates withdrawn"), &[(3, 3)])
            .flows(2)
            .counts(Reason::TemplateWithdrawn, 1)
            .counts(Reason::NoTemplate, 1),
    ]
}

fn streams() -> Vec<Case> {
    let again = Message::ipfix().template(300, &ABSOLUTE);
    vec![
        acquainted(case(
            "T23",
            "a stream that ends, and another from the same port",
        ))
        .stream(&data(300))
        .end_stream()
        .stream(&data(300))
        .stream(&again)
        .stream(&data(300))
        .flows(2)
        .counts(Reason::NoTemplate, 1),
        all_data(acquainted(case("T31", "the same template again over a stream")).stream(&again))
            .flows(2),
        acquainted(case(
            "T32",
            "another definition of a template over a stream",
        ))
        .stream(&data(300))
        .stream(&Message::ipfix().template(300, &PAIR))
        .flows(1)
        .counts(Reason::TemplateRedefined, 1)
        .closes(),
        acquainted(case(
            "T33",
            "data after a withdrawal, the template again, data",
        ))
        .stream(&withdraw(2, 300))
        .stream(&data(300))
        .stream(&again)
        .stream(&data(300))
        .flows(1)
        .counts(Reason::TemplateWithdrawn, 1)
        .counts(Reason::NoTemplate, 1),
    ]
}

fn datagrams() -> Vec<Case> {
    const HOUR: i64 = 3_600_000;
    let template = |message: Message| message.template(300, &ABSOLUTE);
    let data = |message: Message| message.data(300, &[absolute_record()]);
    vec![
        case(
            "T24",
            "a collector that starts anew, until templates return",
        )
        .send_both(data)
        .send_both(data)
        .send_both(|message| data(template(message)))
        .send_both(data)
        .flows(8)
        .counts(Reason::NoTemplate, 4)
        .counts(Reason::PendingDecoded, 4),
        case(
            "T34",
            "the same template again over UDP, then another of its ID",
        )
        .send_both(template)
        .send_both(|message| data(template(message)))
        .send_both(|message| message.template(300, &PAIR).set(300, &[1; 8]))
        .flows(4)
        .counts(Reason::TemplateReplaced, 2)
        .counts(Reason::TimeMissing, 2),
        case(
            "T35",
            "data after their template expired, the template, data",
        )
        .send_both(template)
        .later_ms(HOUR + 1)
        .send_both(data)
        .send_both(template)
        .send_both(data)
        .flows(4)
        .counts(Reason::TemplateExpired, 2)
        .counts(Reason::PendingDecoded, 2),
    ]
}

/// As many fields as a datagram has room for: 65,507 octets, less the headers of message
/// and Set, of four octets each.
const MOST_FIELDS: usize = 16_370;

fn largest() -> Vec<Case> {
    let mut fields = PAIR.to_vec();
    fields.resize(MOST_FIELDS - 1, (210, 1));
    fields.push((1, 4));
    let mut values = vec![1; MOST_FIELDS];
    values[MOST_FIELDS - 1] = 77;
    vec![
        case(
            "T19",
            "the largest template that is possible over UDP, and data",
        )
        .send(Message::ipfix().template(300, &fields).octets())
        .send(
            Message::ipfix()
                .data(300, &[record(&fields, &values)])
                .octets(),
        )
        .flows(1)
        .counts(Reason::TimeMissing, 1)
        .check(|seen| assert_eq!(seen.flows[0].bytes, 77)),
    ]
}
