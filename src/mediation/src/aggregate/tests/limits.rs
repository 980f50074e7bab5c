//! At the limit, the flows that were touched longest ago leave early.

use super::*;

fn flows(range: std::ops::Range<u16>, second: i64) -> Vec<OriginalFlow> {
    let flow = |port| {
        let mut one = record(17, second * 1_000, second * 1_000 + 500, 0);
        one.key.src_port = port;
        one
    };
    range.map(flow).collect()
}

#[test]
fn beyond_the_limit_flows_leave_early_and_are_counted() {
    let mut core = Aggregator::new(with_room(1), 1);
    feed(&mut core, &flows(0..1_000, 0), 2);
    assert!(core.live() <= PARTITIONS);
    let out = core.tick(Tick::from_secs(T0 + 3));
    assert_eq!(out.len() + core.live(), 1_000);
    let early = |flow: &AggregatedFlow| flow.end_reason == EndReason::Resources;
    assert!(out.iter().all(early));
    assert_eq!(core.counters().no_room, out.len() as u64);
    // What is left are the newest.
    assert_eq!(core.tick(Tick::from_secs(T0 + 200)).len(), PARTITIONS);
    assert_eq!((core.live(), core.held()), (0, 0));
}

#[test]
fn the_flows_that_leave_early_are_those_that_no_record_has_touched_for_longest() {
    let mut core = Aggregator::new(with_room(64 * 100), 1);
    feed(&mut core, &flows(0..3_000, 0), 1);
    // Half of them go on.
    feed(&mut core, &flows(0..1_500, 5), 6);
    // A flood of others comes, more than there is room for, but not for as long as the
    // half that goes on is passed over once.
    feed(&mut core, &flows(10_000..14_500, 6), 7);
    let out = core.tick(Tick::from_secs(T0 + 8));
    let went_on = |flow: &&AggregatedFlow| flow.key.src_port < 1_500;
    assert!(out.len() > 500, "{}", out.len());
    assert_eq!(out.iter().filter(went_on).count(), 0);
}
