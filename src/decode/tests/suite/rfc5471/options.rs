//! T13 to T16: scopes, and the options of RFC 7011, 4.

use decode::Reason;
use decode::explain::Record;

use super::names;
use crate::encode::{ABSOLUTE, Field, Message, absolute_record, record, shorts, specs};
use crate::table::{Case, Seen, case};

pub(super) fn cases() -> Vec<Case> {
    [scopes(), statistics(), flow_keys()]
        .into_iter()
        .flatten()
        .collect()
}

fn options_records(expected: u64) -> impl Fn(&Seen) {
    move |seen| {
        let total = seen.collector.decoder.counters().total();
        assert_eq!(total.options_records, expected);
    }
}

fn scope_names(record: &Record) -> Vec<&str> {
    let fields = &record.layout.fields;
    let scopes = fields.iter().filter(|field| field.scope);
    scopes.map(|field| &*field.name).collect()
}

fn scopes() -> Vec<Case> {
    // Those of RFC 7011, 3.4.2.1, and elements that are no usual scope.
    let elements: [Field; 10] = [
        (149, 4),
        (144, 4),
        (143, 4),
        (145, 2),
        (141, 4),
        (130, 4),
        (131, 16),
        (10, 4),
        (82, 5),
        (1, 8),
    ];
    let count = elements.len();
    let each = elements.iter().enumerate().fold(
        case("T13", "each usual element as scope, and others"),
        |case, (at, &scope)| {
            let id = 400 + u16::try_from(at).unwrap();
            let message = Message::ipfix().options(id, &[scope], &[(41, 8)]);
            let fields = [scope, (41, 8)];
            case.send(message.data(id, &[record(&fields, &[1, 2])]).octets())
        },
    );
    let own = [shorts(&[0x8000 | 9, 4]), 4_711_u32.to_be_bytes().to_vec()].concat();
    let of_enterprise = [shorts(&[300, 2, 1]), own, specs(&[(41, 4)])].concat();
    let several = [(149, 4), (143, 4), (10, 4)];
    let without = [shorts(&[300, 1, 0]), specs(&[(41, 4)])].concat();
    vec![
        each.check(options_records(count as u64)),
        case("T13", "an element of an enterprise as scope")
            .send(
                Message::ipfix()
                    .set(3, &of_enterprise)
                    .set(300, &[0, 0, 0, 1, 0, 0, 0, 2])
                    .octets(),
            )
            .counts(Reason::ElementUnknown, 1)
            .check_values(|records| assert_eq!(scope_names(&records[0]), ["4711/9"])),
        case("T13", "no scope at all")
            .send(Message::ipfix().set(3, &without).octets())
            .counts(Reason::ScopeCount, 1),
        case("T14", "several scopes, in their order")
            .send({
                let message = Message::ipfix().options(300, &several, &[(41, 4)]);
                message.set(300, &[1; 16]).octets()
            })
            .check_values(|records| {
                let scopes = [
                    "observationDomainId",
                    "meteringProcessId",
                    "ingressInterface",
                ];
                assert_eq!(scope_names(&records[0]), scopes);
                assert_eq!(names(&records[0]).len(), 4);
            }),
    ]
}

fn statistics() -> Vec<Case> {
    let of = |case: Case, id: u16, scope: Field, fields: &[Field]| {
        let all = [&[scope][..], fields].concat();
        let message = Message::ipfix().options(id, &[scope], fields);
        let record = record(&all, &vec![1; all.len()]);
        case.send(message.data(id, &[record.clone(), record]).octets())
    };
    let metering = of(
        case(
            "T15",
            "statistics and reliability of metering and exporting",
        ),
        400,
        (149, 4),
        &[(40, 8), (41, 8), (42, 8)],
    );
    let reliability = of(
        metering,
        401,
        (143, 4),
        &[(164, 8), (165, 8), (323, 8), (323, 8)],
    );
    let exporting = of(
        reliability,
        402,
        (144, 4),
        &[(166, 8), (167, 8), (168, 8), (323, 8), (323, 8)],
    );
    vec![exporting.check(options_records(6))]
}

fn flow_keys() -> Vec<Case> {
    let keys = |case: Case, id: u16, indicator: u64| {
        let message = Message::ipfix().template(300, &ABSOLUTE);
        let message = message.options(301, &[(145, 2)], &[(173, 8)]);
        let record = [&shorts(&[id])[..], &indicator.to_be_bytes()].concat();
        let message = message.set(301, &record);
        case.send(message.data(300, &[absolute_record()]).octets())
    };
    let all = (1 << ABSOLUTE.len()) - 1;
    vec![
        keys(
            keys(case("T16", "Flow Keys of a template"), 300, 0b1_1111),
            300,
            all,
        )
        .flows(2)
        .check(options_records(2)),
        keys(
            keys(
                case("T16", "Flow Keys of more fields than the template has"),
                300,
                all + 1,
            ),
            300,
            u64::MAX,
        )
        .flows(2)
        .counts(Reason::FlowKeysInvalid, 2),
        keys(
            case("T16", "Flow Keys of a template that is not known"),
            999,
            1,
        )
        .flows(1)
        .counts(Reason::FlowKeysInvalid, 1),
    ]
}
