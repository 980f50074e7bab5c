//! What each switch does while it is on, and mends while it is off.

use flow::EndReason;
use flow::protocol::{ICMP, TCP, UDP};
use flow::tcp_flag::{ACK, FIN, SYN};

use super::*;

/// The flows of the original rules, and of those with one of them changed.
fn before_and_after(
    records: &[OriginalFlow],
    change: impl Fn(&mut Rules),
) -> [Vec<AggregatedFlow>; 2] {
    let mut mended = Rules::ORIGINAL;
    change(&mut mended);
    assert_ne!(mended, Rules::ORIGINAL);
    [Rules::ORIGINAL, mended].map(|rules| {
        let (flows, _) = block(records, rules);
        flows.into_iter().map(|flow| flow.flow).collect()
    })
}

fn times_and_active(flows: &[AggregatedFlow]) -> Vec<(i64, i64, u64)> {
    let times = |flow: &AggregatedFlow| (flow.start_ms, flow.end_ms, flow.active_ms);
    flows.iter().map(times).collect()
}

#[test]
fn the_original_has_every_defect_and_the_mended_rules_have_none() {
    let Rules {
        block_records,
        udp_gap_ms,
        ..
    } = Rules::ORIGINAL;
    assert_eq!((block_records, udp_gap_ms), (100_000, 30_000));
    let switches = |rules: Rules| {
        [
            rules.other_exporters_left_out,
            rules.tcp_without_opening_left_out,
            rules.tcp_without_closing_left_out,
            rules.udp_gap_of_the_limit_is_active,
            rules.gaps_from_the_record_before,
            rules.sampling_ignored,
            rules.last_part_left_out,
        ]
    };
    assert_eq!(switches(Rules::ORIGINAL), [true; 7]);
    assert_eq!(switches(Rules::MENDED), [false; 7]);
}

#[test]
fn flows_of_other_exporters_are_left_out_or_kept_apart() {
    let first = record(UDP, 0, 1_000, 0);
    let mut domain = record(UDP, 2_000, 3_000, 0);
    domain.exporter.domain = 9;
    let mut other = record(UDP, 10, 1_000, 0);
    other.exporter = exporter(2);
    let [original, mended] = before_and_after(&[other, first, domain], |rules| {
        rules.other_exporters_left_out = false;
    });
    // The original knows exporters by their address alone.
    assert_eq!(times_and_active(&original), [(0, 3_000, 2_000)]);
    assert_eq!(
        times_and_active(&mended),
        [(0, 1_000, 1_000), (10, 1_000, 990), (2_000, 3_000, 1_000)]
    );
}

#[test]
fn records_of_other_protocols_leave_whoever_reported_them() {
    let mut other = record(ICMP, 10, 1_000, 0);
    other.exporter = exporter(2);
    let records = [record(ICMP, 0, 1_000, 0), other];
    let found = before_and_after(&records, |rules| rules.other_exporters_left_out = false);
    for flows in found {
        assert_eq!(
            times_and_active(&flows),
            [(0, 1_000, 1_000), (10, 1_000, 990)]
        );
    }
}

#[test]
fn tcp_without_opening_is_left_out_or_incomplete() {
    let [original, mended] = before_and_after(&[record(TCP, 0, 1_000, ACK | FIN)], |rules| {
        rules.tcp_without_opening_left_out = false;
    });
    assert!(original.is_empty());
    let [flow] = mended[..] else { panic!() };
    assert_eq!(
        (flow.complete, flow.end_reason),
        (Some(false), EndReason::End)
    );
}

#[test]
fn only_the_first_record_is_asked_for_the_opening() {
    let late = [
        record(TCP, 0, 900, ACK),
        record(TCP, 1_000, 2_000, SYN | FIN),
    ];
    let [original, mended] = before_and_after(&late, |rules| {
        rules.tcp_without_opening_left_out = false;
    });
    assert!(original.is_empty());
    let [flow] = mended[..] else { panic!() };
    assert_eq!((flow.complete, flow.records), (Some(true), 2));
}

#[test]
fn tcp_without_closing_is_left_out_or_incomplete() {
    let open = [record(TCP, 0, 900, SYN), record(TCP, 50_000, 51_000, ACK)];
    let [original, mended] = before_and_after(&open, |rules| {
        rules.tcp_without_closing_left_out = false;
    });
    assert!(original.is_empty());
    let [flow] = mended[..] else { panic!() };
    assert_eq!(
        (flow.complete, flow.end_reason, flow.records),
        (Some(false), EndReason::Forced, 2)
    );
}

#[test]
fn a_udp_gap_of_the_limit_is_active_or_not() {
    let records = [record(UDP, 0, 1_000, 0), record(UDP, 31_000, 32_000, 0)];
    let [original, mended] = before_and_after(&records, |rules| {
        rules.udp_gap_of_the_limit_is_active = false;
    });
    assert_eq!(times_and_active(&original), [(0, 32_000, 32_000)]);
    assert_eq!(times_and_active(&mended), [(0, 32_000, 2_000)]);
}

#[test]
fn every_gap_is_subtracted() {
    let records = [(0, 1_000), (11_000, 12_000), (32_000, 33_000)];
    let udp = records.map(|(start, end)| record(UDP, start, end, 0));
    let tcp = records.map(|(start, end)| record(TCP, start, end, SYN));
    let fin = record(TCP, 93_000, 94_000, FIN);
    let (flows, _) = block(&[&udp[..], &tcp, &[fin]].concat(), Rules::ORIGINAL);
    let flows: Vec<AggregatedFlow> = flows.into_iter().map(|flow| flow.flow).collect();
    // Both keys appear at 0; the records of UDP were received first.
    assert_eq!(
        times_and_active(&flows),
        [(0, 33_000, 3_000), (0, 94_000, 4_000)]
    );
}

#[test]
fn a_short_record_within_a_long_one_makes_a_gap_or_not() {
    let records = [
        record(UDP, 0, 60_000, 0),
        record(UDP, 1_000, 2_000, 0),
        record(UDP, 40_000, 41_000, 0),
        record(UDP, 51_000, 60_000, 0),
    ];
    let [original, mended] = before_and_after(&records, |rules| {
        rules.gaps_from_the_record_before = false;
    });
    assert_eq!(
        times_and_active(&original),
        [(0, 60_000, 60_000), (40_000, 60_000, 10_000)],
        "38 s after the second record, and 10 s after the third"
    );
    assert_eq!(original[0].end_reason, EndReason::Idle);
    assert_eq!(times_and_active(&mended), [(0, 60_000, 60_000)]);
}

#[test]
fn the_sampling_rate_is_ignored_or_scales() {
    let mut sampled = record(UDP, 0, 1_000, 0);
    sampled.sampling_rate = flow::SamplingRate::new(100);
    let [original, mended] = before_and_after(&[sampled], |rules| rules.sampling_ignored = false);
    let counted = |flows: &[AggregatedFlow]| {
        let flow = flows[0];
        (
            flow.packets,
            flow.bytes,
            flow.sampling_rate.map(|rate| rate.get()),
        )
    };
    assert_eq!(counted(&original), (5, 500, None));
    assert_eq!(counted(&mended), (500, 50_000, Some(100)));
}

#[test]
fn mixed_sampling_rates_are_unknown() {
    let mut sampled = record(UDP, 0, 1_000, 0);
    sampled.sampling_rate = flow::SamplingRate::new(100);
    let (flows, _) = block(&[sampled, record(UDP, 2_000, 3_000, 0)], Rules::MENDED);
    assert_eq!(
        (flows[0].flow.packets, flows[0].flow.sampling_rate),
        (505, None)
    );
}

#[test]
fn the_last_part_is_left_out_or_a_block() {
    for (rules, flows, left_out) in [(Rules::ORIGINAL, 0, 2), (Rules::MENDED, 1, 0)] {
        let mut blocks = Blocks::new(rules);
        blocks.take_in(placed(&[record(UDP, 0, 1, 0), record(UDP, 2, 3, 0)]));
        let plan = blocks.plan_last();
        assert_eq!(blocks.end_block(plan).len(), flows);
        let counters = blocks.counters();
        assert_eq!(counters.left_out(LeftOut::LastPart).records, left_out);
        assert_eq!(blocks.held(), 0);
    }
}

/// The original kept the rate of the first record then, here 400 bit/s.
#[test]
fn where_there_is_no_active_time_there_is_no_rate() {
    // The record before the last one has ended at 0, though the first one goes on.
    let records = [
        record(UDP, 0, 10_000, 0),
        record(UDP, 0, 0, 0),
        record(UDP, 10_000, 10_000, 0),
    ];
    let (flows, _) = block(&records, Rules::ORIGINAL);
    assert_eq!(rows(&flows), [(15, 1_500, 0, 10_000, 0, 0.0, 0.0)]);
    // Mended, it has active time, and both are one.
    let (flows, _) = block(&records, Rules::MENDED);
    assert_eq!(rows(&flows), [(15, 1_500, 0, 10_000, 0, 10.0, 1_200.0)]);
}

#[test]
fn icmp_of_another_type_is_another_key() {
    let ping = record(ICMP, 10, 20, 0);
    let mut unreachable = record(ICMP, 0, 5, 0);
    unreachable.icmp = Some(Icmp { kind: 3, code: 1 });
    unreachable.exporter = exporter(2);
    let (flows, counters) = block(&[ping, unreachable], Rules::ORIGINAL);
    assert_eq!(flows.len(), 2);
    assert_eq!(counters.left_out(LeftOut::OtherExporter), Amount::default());
}

#[test]
fn an_exporters_own_reason_stands_where_the_rules_know_none() {
    let mut cut = record(UDP, 10, 1_000, 0);
    cut.end_reason = Some(EndReason::Active);
    let before = record(UDP, 0, 5, 0);
    let mut ping = record(ICMP, 0, 1_000, 0);
    ping.end_reason = Some(EndReason::Idle);
    let tcp = record(TCP, 0, 1, SYN | FIN);
    let (flows, _) = block(&[cut, ping, before, tcp], Rules::ORIGINAL);
    let mut reasons: Vec<_> = flows
        .iter()
        .map(|flow| (flow.flow.key.protocol, flow.flow.end_reason))
        .collect();
    reasons.sort_unstable();
    assert_eq!(
        reasons,
        [
            (ICMP, EndReason::Idle),
            (TCP, EndReason::End),
            (UDP, EndReason::Active)
        ]
    );
}
