//! Laws of roll-ups, for any flows.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use flow::Reverse;
use proptest::prelude::*;

use super::*;

/// A flow of one of a few hosts, near or far in time.
fn any_flow() -> impl Strategy<Value = AggregatedFlow> {
    let start_ms = prop_oneof![9 => -200_000_i64..400_000, 1 => any::<i64>()];
    let length_ms = prop_oneof![9 => 0_i64..200_000, 1 => 0..i64::MAX];
    let count = prop_oneof![9 => 0_u64..1_000, 1 => 0..u64::MAX];
    let reverse = proptest::option::of((0_u64..100, 0_u64..100));
    let rest = (count, 0_u64..100_000, 0_u32..5, reverse);
    (0_u8..60, start_ms, length_ms, rest).prop_map(|(number, start_ms, length_ms, rest)| {
        let (packets, bytes, records, reverse) = rest;
        let mut flow = flow_of(number, start_ms, start_ms.saturating_add(length_ms));
        (flow.packets, flow.bytes, flow.records) = (packets, bytes, records);
        flow.reverse = reverse.map(|(packets, bytes)| Reverse { packets, bytes });
        flow
    })
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let key = proptest::sample::subsequence(KeyField::ALL.to_vec(), 0..4);
    let few = prop_oneof![1_usize..5, Just(100_000)];
    (key, 1_u32..200, 0_i64..500_000, 0_i64..500_000, few).prop_map(
        |(key, interval, lateness_ms, longest_ms, groups_max)| Rules {
            key: key.into_iter().collect(),
            interval_secs: NonZeroU32::new(interval).unwrap(),
            lateness_ms,
            longest_ms,
            groups_max,
        },
    )
}

/// Packets, octets, records, and those of the other direction, too large for no sum.
fn total<'a>(flows: impl Iterator<Item = &'a AggregatedFlow>) -> [u128; 5] {
    flows.fold([0; 5], |sum, flow| {
        let reverse = flow.reverse;
        let more = [
            flow.packets,
            flow.bytes,
            flow.records.into(),
            reverse.map_or(0, |reverse| reverse.packets),
            reverse.map_or(0, |reverse| reverse.bytes),
        ];
        std::array::from_fn(|at| sum[at] + u128::from(more[at]))
    })
}

/// Sends flows through in batches, each released by a tick; what left, tick by tick.
fn run(
    core: &mut RollUp,
    flows: &[AggregatedFlow],
    batch: usize,
    seconds: i64,
) -> Vec<Vec<AnonymizedFlow>> {
    let mut left = Vec::new();
    for (at, flows) in (0..).zip(flows.chunks(batch.max(1))) {
        let tick = Tick::from_secs(at * seconds);
        take_in(core, flows, tick.secs());
        left.push(core.take_early());
        left.push(core.leave(tick));
        let counters = core.counters();
        assert_eq!(counters.begun, counters.released + core.held());
    }
    left.push(core.drain());
    left
}

/// Totals by interval and key, however many parts of it there are.
fn by_group(left: &[Vec<AnonymizedFlow>], key: KeyFields) -> BTreeMap<(i64, Reduced), [u128; 5]> {
    let mut groups = BTreeMap::new();
    for sum in left.iter().flatten() {
        let group = (sum.flow().start_ms, Reduced::of(sum, key));
        let more = total(std::iter::once(sum.flow()));
        let sums = groups.entry(group).or_insert([0; 5]);
        *sums = std::array::from_fn(|at| sums[at] + more[at]);
    }
    groups
}

proptest! {
    #[test]
    fn every_counter_is_conserved_whatever_comes_in_whatever_order(
        flows in proptest::collection::vec(any_flow(), 0..60),
        rules in any_rules(),
        batch in 1_usize..20,
        seconds in 0_i64..300,
    ) {
        let mut core = RollUp::new(rules, 1);
        let left = run(&mut core, &flows, batch, seconds);
        let sums = left.iter().flatten().map(AnonymizedFlow::flow);
        prop_assert_eq!(total(sums), total(flows.iter()));
        let counters = core.counters();
        prop_assert_eq!(counters.flows, flows.len() as u64);
        prop_assert_eq!(counters.taken_in, counters.let_out);
        prop_assert_eq!((core.held(), counters.begun), (0, counters.released));
    }

    #[test]
    fn what_a_group_adds_up_to_does_not_depend_on_order_or_batches(
        flows in proptest::collection::vec(any_flow(), 0..40),
        rules in any_rules(),
        batches in (1_usize..20, 1_usize..20),
        turn in any::<prop::sample::Index>(),
    ) {
        let mut turned = flows.clone();
        if !turned.is_empty() {
            turned.rotate_left(turn.index(flows.len()));
            turned.reverse();
        }
        let one = run(&mut RollUp::new(rules, 1), &flows, batches.0, 60);
        let other = run(&mut RollUp::new(rules, 2), &turned, batches.1, 1);
        prop_assert_eq!(by_group(&one, rules.key), by_group(&other, rules.key));
    }

    #[test]
    fn the_same_flows_of_the_same_ticks_give_the_same_sums_whatever_the_seed(
        flows in proptest::collection::vec(any_flow(), 0..40),
        rules in any_rules(),
        batch in 1_usize..20,
        seeds in any::<(u64, u64)>(),
    ) {
        let one = run(&mut RollUp::new(rules, seeds.0), &flows, batch, 60);
        let other = run(&mut RollUp::new(rules, seeds.1), &flows, batch, 60);
        prop_assert_eq!(one, other);
    }

    #[test]
    fn where_there_is_room_each_group_of_flows_that_are_on_time_leaves_once(
        flows in proptest::collection::vec((0_u8..60, 0_i64..90_000, 0_i64..50_000), 0..60),
        batch in 1_usize..20,
    ) {
        // Each ends within 90 s before its tick, and begins within 50 s before that.
        let on_time = Rules {
            lateness_ms: 150_000,
            ..rules()
        };
        let flows = flows.iter().enumerate().map(|(at, &(number, age_ms, length_ms))| {
            let tick_ms = i64::try_from(at / batch).unwrap() * 7_000;
            flow_of(number, tick_ms - age_ms - length_ms, tick_ms - age_ms)
        });
        let mut core = RollUp::new(on_time, 1);
        let left = run(&mut core, &flows.collect::<Vec<_>>(), batch, 7);
        let sums: usize = left.iter().map(Vec::len).sum();
        prop_assert_eq!(sums, by_group(&left, on_time.key).len());
        prop_assert_eq!(core.counters().late, 0);
    }
}
