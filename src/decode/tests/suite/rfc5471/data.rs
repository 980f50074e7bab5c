//! T02 to T05, T10 to T12: types, lengths, padding, enterprises, repeated elements.

use std::net::IpAddr;

use decode::Reason;
use decode::explain::{Record, Value};

use super::{names, values};
use crate::encode::{EXPORT, Field, Message, VARIABLE, absolute_record, record, shorts, specs};
use crate::table::{Case, case};

pub(super) fn cases() -> Vec<Case> {
    [types(), variable(), padding(), elements()]
        .into_iter()
        .flatten()
        .collect()
}

const PAIR: [Field; 2] = [(8, 4), (12, 4)];

fn with_pair(more: &[Field]) -> Vec<Field> {
    [&PAIR[..], more].concat()
}

fn types() -> Vec<Case> {
    // Each type of which IANA's registry has an element: unsigned, signed, floating,
    // boolean, MAC address, octets, text, the five times, both addresses.
    let fields: [Field; 18] = [
        (4, 1),
        (7, 2),
        (10, 4),
        (1, 8),
        (434, 4),
        (311, 8),
        (276, 1),
        (56, 6),
        (70, 3),
        (83, 4),
        (150, 4),
        (153, 8),
        (154, 8),
        (156, 8),
        (8, 4),
        (12, 4),
        (27, 16),
        (28, 16),
    ];
    let export = u128::from(EXPORT);
    let ntp = (export + 2_208_988_800) << 32;
    let half = u128::from(0.5_f64.to_bits());
    let minus = u128::from((-9_i32).cast_unsigned());
    let text = u128::from(u32::from_be_bytes(*b"eth0"));
    let values_of = [
        17,
        53,
        7,
        u128::from(u64::MAX),
        minus,
        half,
        1,
        0x0002_5E00_0001,
        0x01_E240,
        text,
        export,
        export * 1_000,
        ntp,
        ntp,
        0xC612_0001,
        0xC613_0001,
        1,
        2,
    ];
    vec![
        case("T02", "every data type once, at its full size")
            .send_both(|message| {
                let message = message.template(300, &fields);
                message.data(300, &[record(&fields, &values_of)])
            })
            .flows(2)
            .check_values(|records| {
                let [v9, ipfix] = records else {
                    panic!("{records:?}")
                };
                assert_eq!(v9.values, ipfix.values);
                assert_types(ipfix);
            }),
    ]
}

fn assert_types(record: &Record) {
    let of = |name: &str| values(std::slice::from_ref(record), name)[0].clone();
    let addr = |bits: [u8; 4]| Value::Address(IpAddr::from(bits));
    assert_eq!(of("protocolIdentifier"), Value::Unsigned(17));
    assert_eq!(of("sourceTransportPort"), Value::Unsigned(53));
    assert_eq!(of("octetDeltaCount"), Value::Unsigned(u64::MAX));
    assert_eq!(of("mibObjectValueInteger"), Value::Signed(-9));
    assert_eq!(of("samplingProbability"), Value::Float64(0.5));
    assert_eq!(of("dataRecordsReliability"), Value::Boolean(true));
    assert_eq!(of("sourceMacAddress"), Value::Mac([0, 2, 0x5E, 0, 0, 1]));
    let label = Value::Octets([0x01, 0xE2, 0x40].into());
    assert_eq!(of("mplsTopLabelStackSection"), label);
    assert_eq!(of("interfaceDescription"), Value::Text("eth0".into()));
    for name in [
        "flowStartSeconds",
        "flowEndMilliseconds",
        "flowStartMicroseconds",
        "flowStartNanoseconds",
    ] {
        match of(name) {
            Value::Time(time) => assert_eq!((time.secs, time.nanos), (EXPORT.into(), 0)),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(of("sourceIPv4Address"), addr([198, 18, 0, 1]));
    let v6 = Value::Address("::2".parse().unwrap());
    assert_eq!(of("destinationIPv6Address"), v6);
}

fn variable() -> Vec<Case> {
    let of = |case: Case, fields: &[Field], values: &[u128], value_count: usize| {
        let record = record(fields, values);
        case.send(
            Message::ipfix()
                .template(300, fields)
                .data(300, &[record.clone(), record])
                .octets(),
        )
        .check_values(move |records| {
            let texts = records.iter().flat_map(|record| &record.values);
            let texts = texts.filter(|value| matches!(value, Value::Octets(_)));
            assert_eq!(texts.count(), 2 * value_count);
        })
    };
    vec![
        of(
            case("T03", "a variable length alone"),
            &[(313, VARIABLE)],
            &[300],
            1,
        )
        .counts(Reason::NoKey, 2),
        of(
            case("T03", "a variable length before fixed ones"),
            &[(313, VARIABLE), (8, 4), (12, 4), (1, 4)],
            &[5, 1, 2, 77],
            1,
        )
        .flows(2)
        .counts(Reason::TimeMissing, 2),
        of(
            case("T03", "a variable length behind fixed ones"),
            &[(8, 4), (12, 4), (1, 4), (313, VARIABLE)],
            &[1, 2, 77, 255],
            1,
        )
        .flows(2)
        .counts(Reason::TimeMissing, 2),
        of(
            case("T03", "several variable lengths among fixed ones"),
            &[
                (313, VARIABLE),
                (8, 4),
                (314, VARIABLE),
                (12, 4),
                (313, VARIABLE),
            ],
            &[0, 1, 254, 2, 1_000],
            3,
        )
        .flows(2)
        .counts(Reason::TimeMissing, 2),
    ]
}

fn padding() -> Vec<Case> {
    let padded = |octets: usize| {
        let set = [absolute_record(), vec![0; octets]].concat();
        move |message: Message| message.set(256, &set).data(256, &[absolute_record()])
    };
    let elements = |case: Case, length: u16| {
        let fields = with_pair(&[(210, length), (1, 4)]);
        let octets = u128::from(length);
        let octets = if length == VARIABLE { 9 } else { octets };
        let value = if length == VARIABLE { octets } else { 0 };
        let values = [1, 2, value, 77];
        let record = record(&fields, &values);
        case.send(
            Message::ipfix()
                .template(300, &fields)
                .data(300, &[record.clone(), record])
                .octets(),
        )
    };
    let elements = [1, 3, 7, 60, VARIABLE].into_iter().fold(
        case(
            "T05",
            "padding as an element, of odd, great and variable size",
        ),
        elements,
    );
    let length = absolute_record().len();
    vec![
        case("T04", "padding of zeros between two Data Sets")
            .send_both(padded(1))
            .send_both(padded(3))
            .send_both(padded(7))
            .flows(12),
        elements
            .flows(10)
            .counts(Reason::TemplateReplaced, 4)
            .counts(Reason::TimeMissing, 10)
            .check(|seen| assert!(seen.flows.iter().all(|flow| flow.bytes == 77))),
        case(
            "T05",
            "padding behind the records of a Data Set, as long as one and longer",
        )
        .send_both(padded(length))
        .send_both(padded(length + 5))
        .flows(8)
        .counts(Reason::ZeroRecord, 4),
    ]
}

fn elements() -> Vec<Case> {
    let enterprise = [shorts(&[0x8000 | 5, 4]), 4_711_u32.to_be_bytes().to_vec()].concat();
    let fields = [specs(&PAIR), enterprise, specs(&[(1, 4)])].concat();
    let template = [shorts(&[300, 4]), fields].concat();
    let own = [1_u32, 2, 0xDEAD_BEEF, 77].map(u32::to_be_bytes).concat();
    let reduced = with_pair(&[(1, 3), (2, 1), (10, 2)]);
    let twice = with_pair(&[(1, 4), (1, 4), (2, 4), (1, 4)]);
    vec![
        case("T10", "an element of an enterprise that is not known")
            .send(Message::ipfix().set(2, &template).set(300, &own).octets())
            .flows(1)
            .counts(Reason::ElementUnknown, 1)
            .counts(Reason::TimeMissing, 1)
            .check_values(|records| {
                let kept = Value::Octets([0xDE, 0xAD, 0xBE, 0xEF].into());
                assert_eq!(values(records, "4711/5"), [&kept]);
                assert_eq!(values(records, "octetDeltaCount"), [&Value::Unsigned(77)]);
            }),
        case(
            "T11",
            "counters and an interface in fewer octets than their types",
        )
        .send_both(|message| {
            let message = message.template(300, &reduced);
            message.data(300, &[record(&reduced, &[1, 2, 0xFF_FFFF, 0xFF, 0xFFFF])])
        })
        .flows(2)
        .counts(Reason::TimeMissing, 2)
        .check(|seen| {
            let flow = &seen.flows[0];
            assert_eq!((flow.bytes, flow.packets), (0xFF_FFFF, 0xFF));
            assert_eq!(flow.in_if, Some(0xFFFF));
        }),
        case("T12", "the same element twice, side by side and apart")
            .send(
                Message::ipfix()
                    .template(300, &twice)
                    .data(300, &[record(&twice, &[1, 2, 11, 12, 9, 13])])
                    .octets(),
            )
            .flows(1)
            .counts(Reason::TimeMissing, 1)
            .check_values(|records| {
                assert_eq!(
                    names(&records[0])[2..],
                    [
                        "octetDeltaCount",
                        "octetDeltaCount#2",
                        "packetDeltaCount",
                        "octetDeltaCount#3"
                    ]
                );
                let kept = [11, 12, 9, 13].map(Value::Unsigned);
                assert_eq!(records[0].values[2..], kept);
            }),
    ]
}
