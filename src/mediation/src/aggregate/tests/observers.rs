//! One flow, several Observation Points.

use super::*;

/// Feeds records in the second after they were reported, `delay` after their end; gives
/// what left until a second, and the state.
fn run_reported(
    rules: Rules,
    mut records: Vec<(i64, OriginalFlow)>,
    until: i64,
) -> (Vec<AggregatedFlow>, Aggregator) {
    records.sort_by_key(|(at, _)| *at);
    let timeouts = rules.timeouts.clone();
    let mut core = Aggregator::new(rules, 1);
    core.hear(heard(&timeouts, true));
    let mut out = Vec::new();
    let mut records = records.into_iter().peekable();
    for second in 0..until {
        let mut batch = Vec::new();
        while let Some((_, record)) = records.next_if(|(at, _)| at.div_euclid(1_000) == second) {
            batch.push(record);
        }
        feed(&mut core, &batch, second);
        out.extend(core.tick(Tick::from_secs(T0 + second + 1)));
    }
    assert!(records.next().is_none(), "all were fed");
    (out, core)
}

/// The records of a flow that lasts `length` ms by an exporter that cuts it each `active`
/// ms, with one packet of 100 octets each 100 ms; with the ms in which each is reported.
fn pieces(exporter: u8, protocol: u8, length: i64, active: i64) -> Vec<(i64, OriginalFlow)> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < length {
        let end = (start + active - 100).min(length - 100);
        let is_last = end == length - 100;
        let first = if start == 0 { SYN } else { 0 };
        let last = if is_last { FIN } else { 0 };
        let mut piece = record(protocol, start, end, ACK | first | last);
        piece.exporter = exporter_of(exporter, 0);
        piece.packets = (end - start).unsigned_abs() / 100 + 1;
        piece.bytes = piece.packets * 100;
        pieces.push((end + 200, piece));
        start = end + 100;
    }
    pieces
}

#[test]
fn a_flow_that_two_exporters_report_is_counted_once() {
    let records = [pieces(1, 6, 10_000, 60_000), pieces(2, 6, 10_000, 60_000)].concat();
    let (out, core) = run_reported(rules(), records, 300);
    assert_eq!(out.iter().map(|f| f.packets).collect::<Vec<_>>(), [100]);
    assert_eq!(out[0].exporter, exporter_of(1, 0));
    let c = core.counters();
    assert_eq!(
        (c.duplicates, c.duplicate.packets, c.duplicate.bytes),
        (1, 100, 10_000)
    );
    assert_eq!(c.observed_by, [0, 1, 0, 0]);
}

#[test]
fn the_ingress_and_the_egress_side_of_a_router_count_once() {
    let mut sides = [pieces(1, 6, 10_000, 60_000), pieces(1, 6, 10_000, 60_000)];
    sides[0][0].1.observed = Some(Observed::Ingress);
    sides[1][0].1.observed = Some(Observed::Egress);
    let (out, core) = run_reported(rules(), sides.concat(), 300);
    assert_eq!(out.iter().map(|f| f.packets).collect::<Vec<_>>(), [100]);
    assert_eq!(
        (core.counters().duplicates, core.counters().observed_by),
        (1, [0, 1, 0, 0])
    );
}

#[test]
fn what_another_reports_after_the_flow_has_left_is_still_a_duplicate() {
    let mut late = pieces(2, 6, 10_000, 60_000);
    late[0].0 += 50_000;
    let (out, core) = run_reported(rules(), [pieces(1, 6, 10_000, 60_000), late].concat(), 300);
    assert_eq!(out.iter().map(|f| f.packets).collect::<Vec<_>>(), [100]);
    assert_eq!(core.counters().duplicates, 1);
    assert_eq!(core.live(), 0);
}

#[test]
fn the_next_connection_of_the_same_ports_is_not_taken_for_a_duplicate() {
    let mut next = pieces(2, 6, 10_000, 60_000);
    next[0].0 += 20_000;
    next[0].1.start_ms += 20_000;
    next[0].1.end_ms += 20_000;
    next[0].1.end_seen_ms += 20_000;
    let (out, core) = run_reported(rules(), [pieces(1, 6, 10_000, 60_000), next].concat(), 300);
    assert_eq!(
        out.iter().map(|f| f.packets).collect::<Vec<_>>(),
        [100, 100]
    );
    assert_eq!(core.counters().duplicates, 0);
}

#[test]
fn sum_adds_everything_up_and_apart_keeps_everything_apart() {
    let records = [pieces(1, 17, 10_000, 60_000), pieces(2, 17, 10_000, 60_000)].concat();
    let observers = |observers| Rules {
        observers,
        ..rules()
    };
    let (out, _) = run_reported(observers(Observers::Sum), records.clone(), 300);
    assert_eq!(
        out.iter()
            .map(|f| (f.packets, f.records))
            .collect::<Vec<_>>(),
        [(200, 2)]
    );
    let (out, _) = run_reported(observers(Observers::Apart), records, 300);
    assert_eq!(
        out.iter().map(|f| f.packets).collect::<Vec<_>>(),
        [100, 100]
    );
}

/// Both exporters of a two-hour flow, one that cuts it each 60 s and one each 600 s.
fn two_hours(protocol: u8) -> [Vec<(i64, OriginalFlow)>; 2] {
    [
        pieces(1, protocol, 7_200_000, 60_000),
        pieces(2, protocol, 7_200_000, 600_000),
    ]
}

fn patient() -> Rules {
    let mut rules = rules();
    rules.timeouts.longest_lifetime_ms = 86_400_000;
    rules
        .timeouts
        .exporter_active_ms_of
        .insert(exporter_of(2, 0).addr, 600_000);
    rules
}

#[test]
fn a_two_hour_flow_of_two_exporters_is_one_flow_with_the_right_totals() {
    for protocol in [6, 17] {
        for first in [0, 1] {
            let mut records = two_hours(protocol);
            // Whoever reports first is believed: let each be the first once.
            for (_, piece) in &mut records[1 - first] {
                piece.start_ms += 3_600_000;
                piece.end_ms += 3_600_000;
            }
            if first == 1 {
                records[0].remove(0);
                for (at, _) in &mut records[0] {
                    *at += 600_000 - 60_000;
                }
            }
            let (out, core) = run_reported(patient(), records.concat(), 9_000);
            let told: Vec<_> = out.iter().map(|f| (f.packets, f.duration_ms())).collect();
            assert_eq!(told, [(72_000, 7_199_900)], "{protocol}, {first} first");
            assert_eq!(core.counters().observed_by, [0, 1, 0, 0]);
            assert_eq!(core.held(), 0);
        }
    }
}

#[test]
fn what_another_exporter_saw_bridges_the_gap_that_a_lost_record_leaves() {
    // One in a hundred records is lost, a gap longer than the idle timeout. Where the
    // first exporter lost it, the flow is one and lacks what was lost; where the second
    // did, it lacks nothing.
    for (active, loser) in [(60_000, 1), (60_000, 2), (600_000, 1), (600_000, 2)] {
        let records = |exporter: u8| {
            let all = pieces(exporter, 17, 7_200_000, active).into_iter();
            let delay = if exporter == 2 { 1_000 } else { 0 };
            let kept = |at: usize| exporter != loser || at != 6;
            let kept = all.enumerate().filter(|(at, _)| kept(*at));
            kept.map(|(_, (at, piece))| (at + delay, piece))
                .collect::<Vec<_>>()
        };
        let mut rules = patient();
        rules.timeouts.exporter_active_ms = active;
        let (out, _) = run_reported(rules, [records(1), records(2)].concat(), 9_000);
        let lost = if loser == 1 {
            active.unsigned_abs() / 100
        } else {
            0
        };
        let told: Vec<_> = out.iter().map(|f| (f.packets, f.duration_ms())).collect();
        assert_eq!(
            told,
            [(72_000 - lost, 7_199_900)],
            "{loser} loses at {active}"
        );
    }
}

#[test]
fn when_the_first_falls_silent_another_takes_over() {
    let first = pieces(1, 17, 7_200_000, 60_000)
        .into_iter()
        .take(30)
        .collect();
    let second: Vec<_> = pieces(2, 17, 7_200_000, 60_000).into_iter().collect();
    let mut rules = patient();
    rules.timeouts.exporter_active_ms_of.clear();
    let (out, core) = run_reported(rules, [first, second].concat(), 9_000);
    // After 30 minutes of the first, the second is believed from the first of its records
    // that begins later than two more of the first could have come: the fourth.
    let told: Vec<_> = out.iter().map(|f| (f.packets, f.duration_ms())).collect();
    assert_eq!(told, [(72_000 - 3 * 600, 7_199_900)]);
    assert_eq!(core.counters().duplicates, 33);
}

#[test]
fn exporters_that_come_and_go_leave_nothing_behind() {
    let mut core = aggregator();
    for number in 0..200 {
        let mut one = record(17, 0, 1_000, 0);
        one.exporter = exporter_of(number, 0);
        feed(&mut core, &[one], 2);
    }
    assert!(core.observers.len() <= 2, "{}", core.observers.len());
    core.drain();
    assert!(core.observers.len() <= 1);
}
