//! Flows that were cut: their records fit together, whatever the run.

use super::decoder::Seen;
use super::*;

const SYN: u16 = 2;
const CLOSED: u16 = 5;

/// Flows of more than one record, of a run of each kind.
fn each_cut_flow(check: impl Fn(&str, &Options, &[(i64, &Seen)])) {
    let mut checked = 0;
    for Kind { name, options, run } in kinds() {
        for records in run.flows().values().filter(|records| records.len() > 1) {
            check(name, options, records);
            checked += 1;
        }
    }
    assert!(checked > 10_000, "{checked} flows were cut");
}

#[test]
fn each_begins_where_the_one_before_ended() {
    each_cut_flow(|name, _, records| {
        for pair in records.windows(2) {
            let gap = pair[1].1.start_ms - pair[0].1.end_ms;
            assert!((0..1_000).contains(&gap), "{name}: {gap} {pair:?}");
        }
    });
}

#[test]
fn none_is_longer_than_the_active_timeout_and_the_first_is_as_long() {
    each_cut_flow(|name, options, records| {
        let lens = records.iter().map(|(_, seen)| seen.end_ms - seen.start_ms);
        let lens: Vec<i64> = lens.collect();
        let most = options.active_timeout_ms;
        assert!(lens.iter().all(|&len| len <= most), "{name}: {lens:?}");
        assert_eq!(lens[0], most, "{name}");
    });
}

#[test]
fn the_first_opens_and_the_last_closes() {
    each_cut_flow(|name, _, records| {
        if records[0].1.key.4 != 6 {
            return;
        }
        for (number, (_, seen)) in records.iter().enumerate() {
            assert_eq!(seen.flags & SYN != 0, number == 0, "{name}");
            assert!(seen.flags & CLOSED == 0 || number + 1 == records.len());
        }
    });
}

#[test]
fn only_the_last_says_that_the_flow_ended() {
    each_cut_flow(|name, _, records| {
        for (number, (_, seen)) in records.iter().enumerate() {
            let last = number + 1 == records.len();
            assert!(
                seen.reason.is_none_or(|reason| (reason != 2) == last),
                "{name}"
            );
        }
    });
}

/// A collector waits for its idle timeout of 30 s and the active timeout after the
/// last packet it knows of, on its own clock; it needs to wait no longer.
#[test]
fn the_next_one_comes_before_a_collector_gives_up() {
    each_cut_flow(|name, options, records| {
        for pair in records.windows(2) {
            let wait = pair[1].0 - pair[0].1.end_ms;
            let patience = 30_000 + options.active_timeout_ms;
            assert!(wait < patience, "{name}: {wait} ms {pair:?}");
        }
    });
}

#[test]
fn no_record_is_exported_long_after_it_ended() {
    for Kind { name, run, .. } in kinds() {
        for (at, seen) in run.records() {
            let lag = at - seen.end_ms;
            assert!(lag < 32_000, "{name}: {lag} ms {seen:?}");
        }
    }
}

#[test]
fn a_slow_run_has_flows_of_many_records_an_active_timeout_apart() {
    let flows = kinds()[1].run.flows();
    let longest = flows.values().max_by_key(|records| records.len()).unwrap();
    assert!(longest.len() >= 6, "{}", longest.len());
    for pair in longest.windows(2).take(longest.len() - 2).skip(1) {
        let apart = pair[1].0 - pair[0].0;
        assert!((56_000..64_000).contains(&apart), "{apart}");
    }
}

#[test]
fn records_of_one_flow_are_apart_if_the_run_lasts() {
    let run = Run::of(&options(20_000));
    for records in run.flows().values() {
        for pair in records.windows(2) {
            assert!(pair[1].0 > pair[0].0, "{pair:?}");
        }
    }
}

#[test]
fn about_as_many_flows_are_long_as_were_asked_for() {
    let totals = Run::of(&options(50_000)).totals;
    let share = totals.flows_cut as f64 / totals.flows as f64;
    assert!((0.017..0.023).contains(&share), "{share}");
}
