//! T25 to T30: lengths that do not fit, and what is not known.

use decode::Reason;

use crate::encode::{Field, Message, VARIABLE, absolute_record, record, shorts, specs};
use crate::table::{Case, case};

pub(super) fn cases() -> Vec<Case> {
    [templates(), options(), data(), sets()]
        .into_iter()
        .flatten()
        .collect()
}

const PAIR: [Field; 2] = [(8, 4), (12, 4)];
/// Octets of a message with one template of two fields: 16, 4, 4 and two of 4.
const WHOLE: u16 = 32;

/// A message with a template of two fields; its length, that of its Set and its count of
/// fields may be others than they are.
fn template(message: u16, set: u16, fields: u16) -> Vec<u8> {
    let record = [shorts(&[300, fields]), specs(&PAIR)].concat();
    Message::ipfix().set_of(2, set, &record).octets_of(message)
}

fn templates() -> Vec<Case> {
    let of = |case: Case, octets: Vec<u8>| {
        // Whether the template was taken over shows in the data after it.
        case.send(octets)
            .send(Message::ipfix().set(300, &[1; 8]).octets())
    };
    vec![
        of(
            case("T25", "a message longer by its header than it is"),
            template(WHOLE + 4, 16, 2),
        )
        .counts(Reason::LengthMismatch, 1)
        .counts(Reason::NoTemplate, 1),
        of(
            case("T25", "a message shorter by its header than its Set"),
            template(WHOLE - 4, 16, 2),
        )
        .counts(Reason::SetLength, 1)
        .counts(Reason::NoTemplate, 1),
        of(
            case("T25", "a Set that ends within a Field Specifier"),
            template(WHOLE - 2, 14, 2),
        )
        .counts(Reason::TemplateTruncated, 1)
        .counts(Reason::NoTemplate, 1),
        of(
            case("T25", "a count of fields below what the Set holds"),
            template(WHOLE, 16, 1),
        )
        .counts(Reason::TemplateId, 1)
        .counts(Reason::NoTemplate, 1),
        of(
            case("T25", "a count of fields beyond what the Set holds"),
            template(WHOLE, 16, 3),
        )
        .counts(Reason::TemplateTruncated, 1)
        .counts(Reason::NoTemplate, 1),
        of(
            case("T26", "the same with all lengths right"),
            template(WHOLE, 16, 2),
        )
        .flows(1)
        .counts(Reason::TimeMissing, 1),
    ]
}

fn options() -> Vec<Case> {
    let of = |fields: u16, scopes: u16| {
        let record = [shorts(&[300, fields, scopes]), specs(&[(149, 4), (41, 4)])].concat();
        Message::ipfix().set(3, &record).octets()
    };
    vec![
        case("T27", "options without a scope")
            .send(of(2, 0))
            .counts(Reason::ScopeCount, 1),
        case("T27", "options of fewer fields than scopes")
            .send(of(2, 3))
            .send(of(1, 2))
            .counts(Reason::ScopeCount, 2),
    ]
}

fn data() -> Vec<Case> {
    let stream = |case: Case, message: Message| case.stream(&message);
    let bad = || Message::ipfix().set_of(300, 1, &[]);
    let short = |fields: &[Field], values: &[u128]| {
        let message = Message::ipfix().template(300, fields);
        message.data(300, &[record(fields, values)]).octets()
    };
    let reduced = [(8, 3), (12, 4), (153, 4), (1, 4)];
    let variable = [(8, 4), (12, 4), (313, VARIABLE)];
    let beyond = [&[1; 8][..], &[9, 1, 2]].concat();
    let length = absolute_record().len();
    let few = move |message: Message| message.set(256, &absolute_record()[..length - 1]);
    let more = |extra: usize| {
        let set = [absolute_record(), vec![7; extra]].concat();
        move |message: Message| message.set(256, &set)
    };
    vec![
        case("T28", "messages too short for their header")
            .send(Message::ipfix().octets()[..15].to_vec())
            .send(Message::ipfix().octets_of(15))
            .counts(Reason::Short, 1)
            .counts(Reason::LengthMismatch, 1),
        case("T28", "addresses and times of fewer octets than they have")
            .send(short(&reduced, &[1, 2, 3, 77]))
            .flows(1)
            .counts(Reason::FieldLength, 2)
            .counts(Reason::TimeMissing, 1)
            .check(|seen| {
                let flow = &seen.flows[0];
                assert!(flow.key.src_addr.is_unspecified());
                assert_eq!(flow.bytes, 77);
            }),
        case("T28", "a variable length beyond its Set")
            .send(
                Message::ipfix()
                    .template(300, &variable)
                    .set(300, &beyond)
                    .octets(),
            )
            .counts(Reason::VariableLength, 1),
        stream(
            stream(
                stream(
                    case("T28", "malformed messages in a row over a stream"),
                    bad(),
                ),
                bad(),
            ),
            bad(),
        )
        .counts(Reason::SetLength, 3)
        .closes(),
        stream(
            stream(
                stream(
                    case(
                        "T28",
                        "malformed messages over a stream, with a good one between",
                    ),
                    bad(),
                ),
                Message::ipfix(),
            ),
            bad(),
        )
        .counts(Reason::SetLength, 2),
        case("T29", "a record that lacks a field")
            .send_both(few)
            .counts(Reason::ShortDataSet, 2),
        case(
            "T29",
            "a record with fields beyond its template: shorter than a record, they are padding",
        )
        .send_both(more(1))
        .send_both(more(length - 1))
        .flows(4),
    ]
}

fn sets() -> Vec<Case> {
    let unknown = |case: Case, id: u16| {
        let message = Message::ipfix().set(id, &[1; 8]);
        case.send(message.data(256, &[absolute_record()]).octets())
    };
    vec![
        [0, 1, 4, 100, 255]
            .into_iter()
            .fold(case("T30", "Sets of IDs that are not used"), unknown)
            .flows(5)
            .counts(Reason::ReservedSet, 5),
        unknown(
            case("T30", "a Data Set of a template that is not known"),
            999,
        )
        .flows(1)
        .counts(Reason::NoTemplate, 1),
    ]
}
