//! The vectors of the original system: what it was seen to make of each input.

use flow::protocol::{ICMP, TCP, UDP};
use flow::tcp_flag::{ACK, FIN, RST, SYN};

use super::*;

/// What the original makes of some records.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) records: Vec<OriginalFlow>,
    pub(super) original: &'static [Row],
}

/// SYN, ACK and FIN: a connection in one record.
const WHOLE: u16 = SYN | ACK | FIN;
/// A connection of one record, as the original passes it on.
const ONE: Row = (5, 500, 0, 1_000, 19, 1.0, 4_000.0);

pub(super) fn cases() -> Vec<Case> {
    let mut cases = tcp();
    cases.extend(udp());
    cases.push(Case {
        name: "two ICMP records of one key",
        records: vec![record(ICMP, 0, 1_000, 0), record(ICMP, 2_000, 3_000, 0)],
        original: &[
            (5, 500, 0, 1_000, 0, 1.0, 4_000.0),
            (5, 500, 2_000, 3_000, 0, 1.0, 4_000.0),
        ],
    });
    cases
}

fn tcp() -> Vec<Case> {
    let whole = record(TCP, 0, 1_000, WHOLE);
    let mut larger = record(TCP, 3_000, 4_000, WHOLE);
    (larger.packets, larger.bytes) = (7, 700);
    let mut elsewhere = record(TCP, 1, 1_001, WHOLE);
    elsewhere.exporter = exporter(2);
    let case = |name, records: &[OriginalFlow], original| Case {
        name,
        records: records.to_vec(),
        original,
    };
    vec![
        case("TCP in one record", &[whole], &[ONE]),
        case("TCP without end", &[record(TCP, 0, 1_000, SYN | ACK)], &[]),
        case(
            "TCP without opening",
            &[record(TCP, 0, 1_000, ACK | FIN)],
            &[],
        ),
        case(
            "TCP in two records",
            &[
                record(TCP, 0, 1_000, SYN | ACK),
                record(TCP, 3_000, 4_000, ACK | FIN),
            ],
            &[(10, 1_000, 0, 4_000, 19, 2.0, 4_000.0)],
        ),
        case(
            "TCP twice",
            &[whole, larger],
            &[ONE, (7, 700, 3_000, 4_000, 19, 1.0, 5_600.0)],
        ),
        case(
            "TCP, then another without end",
            &[whole, record(TCP, 3_000, 4_000, SYN | ACK)],
            &[ONE],
        ),
        case(
            "TCP, then a lone RST",
            &[whole, record(TCP, 3_000, 3_000, RST)],
            &[ONE],
        ),
        case(
            "the same TCP flow from two exporters",
            &[elsewhere, whole],
            &[ONE],
        ),
    ]
}

fn udp() -> Vec<Case> {
    let of = |starts_and_ends: &[(i64, i64)]| {
        let record = |&(start, end): &(i64, i64)| record(UDP, start, end, 0);
        starts_and_ends.iter().map(record).collect::<Vec<_>>()
    };
    let mut point = record(UDP, 0, 0, 0);
    (point.packets, point.bytes) = (1, 60);
    let case = |name, records, original| Case {
        name,
        records,
        original,
    };
    vec![
        case(
            "UDP with a gap of 10 s",
            of(&[(0, 1_000), (11_000, 12_000)]),
            &[(10, 1_000, 0, 12_000, 0, 2.0, 4_000.0)],
        ),
        case(
            "UDP with a gap of 31 s",
            of(&[(0, 1_000), (32_000, 33_000)]),
            &[
                (5, 500, 0, 1_000, 0, 1.0, 4_000.0),
                (5, 500, 32_000, 33_000, 0, 1.0, 4_000.0),
            ],
        ),
        case(
            "UDP with a gap of exactly 30 s",
            of(&[(0, 1_000), (31_000, 32_000)]),
            &[(10, 1_000, 0, 32_000, 0, 32.0, 250.0)],
        ),
        case(
            "UDP records that overlap",
            of(&[(0, 5_000), (1_000, 2_000)]),
            &[(10, 1_000, 0, 5_000, 0, 5.0, 1_600.0)],
        ),
        case(
            "UDP of no duration",
            vec![point],
            &[(1, 60, 0, 0, 0, 0.0, 0.0)],
        ),
    ]
}

#[test]
fn the_original_rules_give_the_rows_of_the_original() {
    for case in cases() {
        let (flows, counters) = block(&case.records, Rules::ORIGINAL);
        assert_eq!(rows(&flows), case.original, "{}", case.name);
        assert_eq!(counters.taken.records, case.records.len() as u64);
    }
}

#[test]
fn what_the_original_left_out_is_counted_by_its_reason() {
    let left_out: Vec<(&str, &str)> = cases()
        .iter()
        .flat_map(|case| {
            let (_, counters) = block(&case.records, Rules::ORIGINAL);
            let mut reasons = LeftOut::ALL.to_vec();
            reasons.retain(|&reason| counters.left_out(reason).records > 0);
            reasons.into_iter().map(|why| (case.name, why.name()))
        })
        .collect();
    assert_eq!(
        left_out,
        [
            ("TCP without end", "without_closing"),
            ("TCP without opening", "without_opening"),
            ("TCP, then another without end", "without_closing"),
            ("TCP, then a lone RST", "without_opening"),
            ("the same TCP flow from two exporters", "other_exporter"),
        ]
    );
}
