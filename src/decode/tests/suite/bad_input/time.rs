//! B094 to B102: time.

use decode::Reason;
use flow::OriginalFlow;

use super::{Case, case};
use crate::encode::{
    EXPORT, EXPORT_MS, Field, Message, UPTIME, V5, V5Record, absolute_record, record,
};

pub(super) fn cases() -> Vec<Case> {
    [uptimes(), absent(), absolute(), odd()]
        .into_iter()
        .flatten()
        .collect()
}

/// A message with one record of these elements.
fn timed(message: Message, fields: &[Field], values: &[u128]) -> Message {
    let fields = [&[(8, 4), (12, 4)][..], fields].concat();
    let values = [&[1, 2][..], values].concat();
    message
        .template(300, &fields)
        .data(300, &[record(&fields, &values)])
}

/// A v9 datagram and a v5 one of a flow between two uptimes.
fn uptime(case: Case, now: u32, first: u32, last: u32) -> Case {
    let v9 = timed(
        Message::v9().uptime(now),
        &[(22, 4), (21, 4)],
        &[first.into(), last.into()],
    );
    let v5 = V5 {
        uptime: now,
        nanos: 0,
        records: vec![V5Record {
            first,
            last,
            ..V5Record::default()
        }],
        ..V5::new(0)
    };
    case.send(v9.octets()).send(v5.octets())
}

/// How long before its export each flow started and ended, in milliseconds.
fn ago(flows: &[OriginalFlow]) -> Vec<(i64, i64)> {
    let ago = |flow: &OriginalFlow| (EXPORT_MS - flow.start_ms, EXPORT_MS - flow.end_ms);
    flows.iter().map(ago).collect()
}

fn uptimes() -> Vec<Case> {
    let wrapped = |case| uptime(case, 1_000, u32::MAX - 3_999, 500);
    let ahead = |case| uptime(case, 60_000, 59_000, 60_007);
    vec![
        wrapped(case(
            "B094",
            "an uptime that wraps between packet and export",
        ))
        .flows(2)
        .check(|seen| assert_eq!(ago(&seen.flows), [(5_000, 500); 2])),
        ahead(case("B095", "a last packet just after the header's uptime"))
            .flows(2)
            .check(|seen| {
                assert_eq!(ago(&seen.flows), [(1_000, -7); 2]);
                let received = seen.collector.received_ms;
                assert!(seen.flows.iter().all(|flow| flow.end_seen_ms == received));
            }),
        ahead(wrapped(case("B096", "both in one stream")))
            .flows(4)
            .check(|seen| {
                let (wrapped, ahead) = ([(5_000, 500); 2], [(1_000, -7); 2]);
                assert_eq!(ago(&seen.flows), [wrapped, ahead].concat());
            }),
    ]
}

fn absent() -> Vec<Case> {
    let uptimes: [Field; 2] = [(22, 4), (21, 4)];
    let booted = u128::from(EXPORT) * 1_000 - 100_000;
    let told = Message::ipfix().options(301, &[(144, 4)], &[(160, 8)]);
    let told = told.data(301, &[record(&[(144, 4), (160, 8)], &[1, booted])]);
    vec![
        case("B097", "no times at all, and times of 0")
            .send_both(|message| timed(message, &[(1, 4)], &[77]))
            .send_both(|message| timed(message, &[(152, 8), (153, 8)], &[0, 0]))
            .flows(4)
            .counts(Reason::TemplateReplaced, 2)
            .counts(Reason::TimeMissing, 4)
            .check(|seen| assert_eq!(ago(&seen.flows), [(0, 0); 4])),
        case("B097", "one time only")
            .send_both(|message| timed(message, &[(152, 8)], &[booted]))
            .send_both(|message| timed(message, &[(153, 8)], &[booted]))
            .flows(4)
            .counts(Reason::TemplateReplaced, 2)
            .check(|seen| assert_eq!(ago(&seen.flows), [(100_000, 100_000); 4])),
        case(
            "B097",
            "a v9 header's uptime before a start that options data tell",
        )
        .send({
            let message = Message::v9().options(301, &[], &[(160, 8)]);
            message
                .data(301, &[record(&[(160, 8)], &[booted])])
                .octets()
        })
        .send({
            let values = [UPTIME - 9_000, UPTIME - 4_000].map(u128::from);
            timed(Message::v9(), &uptimes, &values).octets()
        })
        .send({
            let fields = [(22, 4), (21, 4), (160, 8)];
            let [first, last] = [UPTIME - 9_000, UPTIME - 4_000].map(u128::from);
            timed(Message::v9(), &fields, &[first, last, booted]).octets()
        })
        .flows(2)
        .counts(Reason::TemplateReplaced, 1)
        .check(|seen| assert_eq!(ago(&seen.flows), [(9_000, 4_000); 2])),
        case(
            "B097",
            "uptimes without a known start: the duration is kept",
        )
        .send(timed(Message::ipfix(), &uptimes, &[1_000, 6_000]).octets())
        .flows(1)
        .counts(Reason::TimeUnanchored, 1)
        .check(|seen| assert_eq!(ago(&seen.flows), [(5_000, 0)])),
        case(
            "B097",
            "uptimes with a start told before, in the message, or in the record",
        )
        .send(told.clone().octets())
        .send(timed(Message::ipfix(), &uptimes, &[91_000, 96_000]).octets())
        .send(timed(told.clone().domain(8), &uptimes, &[91_000, 96_000]).octets())
        .send({
            let fields = [(22, 4), (21, 4), (160, 8)];
            let message = Message::ipfix().domain(9);
            timed(message, &fields, &[91_000, 96_000, booted]).octets()
        })
        .flows(3)
        .check(|seen| assert_eq!(ago(&seen.flows), [(9_000, 4_000); 3])),
    ]
}

/// The NTP timestamp of so many milliseconds before the export.
fn ntp(ago: u64) -> u128 {
    let millis = u64::from(EXPORT) * 1_000 - ago;
    let secs = millis / 1_000 + 2_208_988_800;
    u128::from((secs << 32) | (((millis % 1_000) << 32) / 1_000))
}

fn absolute() -> Vec<Case> {
    let export = u128::from(EXPORT);
    let forms: [(Field, Field, u128, u128); 5] = [
        ((150, 4), (151, 4), export - 9, export - 4),
        (
            (152, 8),
            (153, 8),
            export * 1_000 - 9_000,
            export * 1_000 - 4_000,
        ),
        ((154, 8), (155, 8), ntp(9_000) | 0x7FF, ntp(4_000)),
        ((156, 8), (157, 8), ntp(9_000), ntp(4_000)),
        ((158, 4), (159, 4), 9_000_000, 4_000_000),
    ];
    let all = |case: Case| {
        forms
            .into_iter()
            .fold(case, |case, (start, end, from, to)| {
                case.send_both(|message| timed(message, &[start, end], &[from, to]))
            })
    };
    let first_named = [(150, 4), (152, 8), (151, 4), (153, 8)];
    let millis = export * 1_000 - 1_500;
    vec![
        all(case(
            "B098",
            "seconds, milliseconds, microseconds, nanoseconds, differences",
        ))
        .flows(10)
        .counts(Reason::TemplateReplaced, 8)
        .check(|seen| assert_eq!(ago(&seen.flows), [(9_000, 4_000); 10])),
        case(
            "B098",
            "several forms in one record: the finest that is filled in",
        )
        .send_both(|m| timed(m, &first_named, &[export - 2, millis, export - 2, millis]))
        .send_both(|m| timed(m, &first_named, &[export - 2, 0, export - 2, 0]))
        .flows(4)
        .check(|seen| {
            let (fine, coarse) = ([(1_500, 1_500); 2], [(2_000, 2_000); 2]);
            assert_eq!(ago(&seen.flows), [fine, coarse].concat());
        }),
        case("B102", "differences as large as they can be")
            .send_both(|m| timed(m, &[(158, 4), (159, 4)], &[u32::MAX.into(), 0]))
            .flows(2)
            .check(|seen| assert_eq!(ago(&seen.flows), [(4_294_967, 0); 2])),
        case("B100", "seconds come round in 2106, and NTP's in 2036")
            .received_ms((1 << 32) * 1_000 + 9_000)
            .send(
                timed(
                    Message::ipfix().secs(8),
                    &[(150, 4), (151, 4)],
                    &[u32::MAX.into(), 3],
                )
                .octets(),
            )
            .send({
                let fields = [(154, 8), (155, 8)];
                let second = 2_208_988_800_u128 << 32;
                timed(
                    Message::ipfix().secs(8),
                    &fields,
                    &[second, 4 << 32 | second],
                )
                .octets()
            })
            .flows(2)
            .counts(Reason::TemplateReplaced, 1)
            .check(|seen| {
                let round = (1_i64 << 32) * 1_000;
                let times = seen.flows.iter().map(|flow| (flow.start_ms, flow.end_ms));
                assert!(times.eq([(round - 1_000, round + 3_000), (round, round + 4_000)]));
            }),
    ]
}

fn odd() -> Vec<Case> {
    let from_to: [Field; 2] = [(152, 8), (153, 8)];
    let at = |millis: i64| u128::try_from(EXPORT_MS + millis).unwrap();
    let record_of = |message: Message| message.data(256, &[absolute_record()]);
    vec![
        case("B099", "an exporter whose clock is in 1970, or years ahead")
            .send(
                timed(
                    Message::v9().secs(5),
                    &[(22, 4), (21, 4)],
                    &[3_590_000, 3_596_000],
                )
                .octets(),
            )
            .send(
                timed(
                    Message::ipfix().secs(4_000_000_000),
                    &[(158, 4), (159, 4)],
                    &[9_000_000, 4_000_000],
                )
                .octets(),
            )
            .flows(2)
            .check(|seen| {
                let received = seen.collector.received_ms;
                assert_eq!(seen.flows[0].end_ms, 1_000);
                assert_eq!(seen.flows[1].end_ms, 3_999_999_996_000);
                assert!(seen.flows.iter().all(|f| f.end_seen_ms == received - 4_000));
            }),
        case("B099", "a header that is stuck, with records that go on")
            .send(record_of(Message::ipfix().secs(EXPORT - 60)).octets())
            .flows(1)
            .counts(Reason::EndAfterExport, 1)
            .check(|seen| assert_eq!(seen.flows[0].end_seen_ms, seen.collector.received_ms)),
        case("B099", "a header that is days ahead of its records")
            .send(record_of(Message::ipfix().secs(EXPORT + 864_000)).octets())
            .flows(1)
            .counts(Reason::EndLongBefore, 1)
            .check(|seen| {
                let day_ago = seen.collector.received_ms - 86_400_000;
                assert_eq!(seen.flows[0].end_seen_ms, day_ago);
            }),
        case("B098", "a v5 header with nanoseconds of a second and more")
            .send(
                V5 {
                    nanos: 1_000_000_000,
                    ..V5::new(1)
                }
                .octets(),
            )
            .send(
                V5 {
                    nanos: 999_999_999,
                    ..V5::new(1)
                }
                .octets(),
            )
            .flows(2)
            .check(|seen| assert_eq!(ago(&seen.flows), [(9_000, 4_000), (8_001, 3_001)])),
        case("B101", "an end a little before its start")
            .send_both(|m| timed(m, &from_to, &[at(-4_000), at(-4_003)]))
            .flows(2)
            .counts(Reason::EndBeforeStart, 2)
            .check(|seen| assert_eq!(ago(&seen.flows), [(4_000, 4_000); 2])),
        case(
            "B101",
            "a start that is far off: the time nearer to the export counts",
        )
        .send_both(|m| timed(m, &from_to, &[at(4_294_967_296), at(-4_000)]))
        .flows(2)
        .counts(Reason::EndBeforeStart, 2)
        .check(|seen| assert_eq!(ago(&seen.flows), [(4_000, 4_000); 2])),
        case("B098", "times beyond the year 9999")
            .send_both(|m| timed(m, &from_to, &[u64::MAX.into(), at(-4_000)]))
            .flows(2)
            .counts(Reason::TimeImplausible, 2)
            .check(|seen| assert_eq!(ago(&seen.flows), [(4_000, 4_000); 2])),
    ]
}
