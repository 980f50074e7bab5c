//! Biflow records (RFC 5103): two flows of one record, by both ways to state them.

use decode::Reason;
use flow::{Direction, Icmp, OriginalFlow};

use crate::encode::{EXPORT, EXPORT_MS, Field, Message, record, shorts};
use crate::support::{Collector, TRANSIT_MS};

/// Number, length and, where it is one's own, the enterprise of an element.
type Spec = (u16, u16, Option<u32>);

const REVERSE: Option<u32> = Some(29_305);
/// Addresses, ports, protocol, interfaces.
const KEY: [Spec; 7] = [
    (8, 4, None),
    (12, 4, None),
    (7, 2, None),
    (11, 2, None),
    (4, 1, None),
    (10, 4, None),
    (14, 4, None),
];
const KEY_VALUES: [u128; 7] = [0xC612_0001, 0xC613_0002, 40_000, 443, 6, 3, 4];
/// Start and end in milliseconds.
const TIMES: [Spec; 2] = [(152, 8, None), (153, 8, None)];

const fn ago(ms: u128) -> u128 {
    EXPORT as u128 * 1_000 - ms
}

/// A message with a template of these fields and a record of it.
fn message(fields: &[Spec], values: &[u128]) -> Vec<u8> {
    let mut template = shorts(&[300, u16::try_from(fields.len()).unwrap()]);
    for &(element, length, enterprise) in fields {
        match enterprise {
            None => template.extend(shorts(&[element, length])),
            Some(number) => {
                template.extend(shorts(&[0x8000 | element, length]));
                template.extend(number.to_be_bytes());
            }
        }
    }
    let plain: Vec<Field> = fields.iter().map(|&(e, length, _)| (e, length)).collect();
    let message = Message::ipfix().set(2, &template);
    message.data(300, &[record(&plain, values)]).octets()
}

/// What comes of the key, times and some further fields; nothing but `reasons` counts.
fn decoded(further: &[(Spec, u128)], reasons: &[(Reason, u64)]) -> Vec<OriginalFlow> {
    let (specs, values): (Vec<Spec>, Vec<u128>) = further.iter().copied().unzip();
    let fields = [&KEY[..], &TIMES, &specs].concat();
    let values = [&KEY_VALUES[..], &[ago(9_000), ago(4_000)], &values].concat();
    let mut collector = Collector::default();
    let flows = collector.flows(&message(&fields, &values));
    let total = collector.decoder.counters().total();
    let made = u64::try_from(flows.len()).unwrap();
    assert_eq!(total.records + total.biflows, made, "each flow is counted");
    collector.assert_counts(reasons);
    flows
}

fn amounts(flow: &OriginalFlow) -> (u16, u64, u64, Direction) {
    (flow.key.src_port, flow.packets, flow.bytes, flow.direction)
}

#[test]
fn a_biflow_gives_both_directions_each_with_what_is_its_own() {
    let flows = decoded(
        &[
            ((2, 8, None), 12),
            ((1, 8, None), 3_400),
            ((6, 1, None), 0x1B),
            ((5, 1, None), 0x28),
            ((136, 1, None), 3),
            ((2, 8, REVERSE), 9),
            ((1, 8, REVERSE), 9_100),
            ((6, 1, REVERSE), 0x12),
            ((5, 1, REVERSE), 0x08),
            ((152, 8, REVERSE), ago(8_500)),
            ((153, 8, REVERSE), ago(4_200)),
        ],
        &[],
    );
    let [forward, reverse] = flows.try_into().unwrap();
    let expected = OriginalFlow {
        key: forward.key.reversed(),
        start_ms: EXPORT_MS - 8_500,
        end_ms: EXPORT_MS - 4_200,
        end_seen_ms: EXPORT_MS + TRANSIT_MS - 4_200,
        packets: 9,
        bytes: 9_100,
        in_if: Some(4),
        out_if: Some(3),
        tcp_flags: Some(0x12),
        tos: Some(0x08),
        direction: Direction::Reverse,
        ..forward
    };
    assert_eq!(reverse, expected);
    assert_eq!(amounts(&forward), (40_000, 12, 3_400, Direction::Forward));
    assert_eq!((forward.in_if, forward.out_if), (Some(3), Some(4)));
    assert_eq!(forward.end_ms, EXPORT_MS - 4_000);
}

#[test]
fn a_reverse_direction_without_times_has_those_of_the_forward_one() {
    let flows = decoded(&[((2, 8, None), 1), ((86, 4, REVERSE), 2)], &[]);
    let times = |flow: &OriginalFlow| (flow.start_ms, flow.end_ms, flow.end_seen_ms);
    assert_eq!(times(&flows[0]), times(&flows[1]));
    assert_eq!((flows[1].tcp_flags, flows[1].tos), (None, None));
}

#[test]
fn yaf_says_how_long_after_the_forward_direction_the_reverse_one_began() {
    let flows = decoded(
        &[
            ((86, 8, None), 5),
            ((86, 8, REVERSE), 4),
            ((21, 4, Some(6_871)), 30),
        ],
        &[(Reason::ElementUnknown, 1)],
    );
    assert_eq!((flows[0].packets, flows[1].packets), (5, 4));
    assert_eq!(flows[1].start_ms - flows[0].start_ms, 30);
    assert_eq!(flows[1].end_ms, flows[0].end_ms);
}

#[test]
fn a_direction_that_counts_nothing_is_no_flow() {
    let one_way = |forward, reverse| {
        let flows = decoded(&[((2, 8, None), forward), ((2, 8, REVERSE), reverse)], &[]);
        assert_eq!(flows.len(), 1);
        amounts(&flows[0])
    };
    assert_eq!(one_way(5, 0), (40_000, 5, 0, Direction::Uniflow));
    assert_eq!(one_way(0, 5), (443, 5, 0, Direction::Uniflow));
    assert_eq!(one_way(0, 0), (40_000, 0, 0, Direction::Uniflow));
}

#[test]
fn the_counters_of_initiator_and_responder_are_those_of_two_directions() {
    let counters = [
        ((298, 8, None), 12),
        ((231, 8, None), 3_400),
        ((299, 8, None), 9),
        ((232, 8, None), 9_100),
    ];
    let payload = [(Reason::OctetsOfPayload, 2)];
    let flows = decoded(&counters, &payload);
    assert_eq!(amounts(&flows[0]), (40_000, 12, 3_400, Direction::Forward));
    assert_eq!(amounts(&flows[1]), (443, 9, 9_100, Direction::Reverse));

    for (direction, swapped) in [(0, false), (1, false), (2, true), (3, false)] {
        let told = [&counters[..], &[((239, 1, None), direction)]].concat();
        let flows = decoded(&told, &payload);
        let of = |direction| flows.iter().find(|flow| flow.direction == direction);
        let (port, other) = if swapped {
            (443, 40_000)
        } else {
            (40_000, 443)
        };
        let initiator = of(Direction::Forward).unwrap();
        let responder = of(Direction::Reverse).unwrap();
        assert_eq!(amounts(initiator).0, port, "{direction}");
        assert_eq!((initiator.packets, initiator.bytes), (12, 3_400));
        assert_eq!(amounts(responder).0, other, "{direction}");
        assert_eq!((responder.packets, responder.bytes), (9, 9_100));
    }
}

#[test]
fn counters_of_the_ip_layer_come_before_those_of_a_session() {
    let flows = decoded(
        &[
            ((1, 8, None), 3_800),
            ((2, 8, None), 12),
            ((231, 8, None), 3_400),
            ((232, 8, None), 9_100),
            ((299, 8, None), 9),
        ],
        &[(Reason::OctetsOfPayload, 1)],
    );
    assert_eq!(amounts(&flows[0]), (40_000, 12, 3_800, Direction::Forward));
    assert_eq!(amounts(&flows[1]), (443, 9, 9_100, Direction::Reverse));
}

#[test]
fn only_what_the_initiator_sent_is_one_flow() {
    let flows = decoded(&[((231, 4, None), 70)], &[(Reason::OctetsOfPayload, 1)]);
    assert_eq!(
        flows.iter().map(amounts).collect::<Vec<_>>(),
        [(40_000, 0, 70, Direction::Uniflow)]
    );
}

#[test]
fn an_answer_over_icmp_has_its_own_type() {
    let icmp = |further: &[(Spec, u128)]| {
        let fields = [(8, 4, None), (12, 4, None), (4, 1, None), (32, 2, None)];
        let counters = [(2, 4, None), (2, 4, REVERSE)];
        let (specs, values): (Vec<Spec>, Vec<u128>) = further.iter().copied().unzip();
        let fields = [&fields[..], &counters, &TIMES, &specs].concat();
        let known = [1, 2, 1, 0x0800, 4, 3, ago(9_000), ago(4_000)];
        let flows = Collector::default().flows(&message(&fields, &[&known[..], &values].concat()));
        [flows[0].icmp, flows[1].icmp]
    };
    let is = |kind, code| Some(Icmp { kind, code });
    assert_eq!(icmp(&[]), [is(8, 0), is(0, 0)]);
    assert_eq!(icmp(&[((32, 2, REVERSE), 0x030D)]), [is(8, 0), is(3, 13)]);
}

#[test]
fn b030_reverse_elements_without_a_directional_key_are_dropped_and_counted() {
    let fields = [(4, 1, None), (2, 8, None), (2, 8, REVERSE)];
    let mut collector = Collector::default();
    assert_eq!(collector.flows(&message(&fields, &[6, 5, 4])), []);
    collector.assert_counts(&[(Reason::ReverseNoKey, 1)]);
}
