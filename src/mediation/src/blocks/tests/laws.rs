//! What holds for any records, any rules and any number of lanes.

use proptest::prelude::*;

use super::*;
use crate::anonymize::AnonymizedFlow;

/// Records of few keys and exporters, so that they meet; any times, also absurd ones.
fn any_record() -> impl Strategy<Value = OriginalFlow> {
    let time = || prop_oneof![9 => 0_i64..200_000, 1 => any::<i64>()];
    let length = prop_oneof![8 => 0_i64..70_000, 1 => any::<i64>(), 1 => Just(0)];
    (
        0_u16..4,
        prop_oneof![Just(6_u8), Just(17), Just(1)],
        time(),
        length,
        any::<u16>(),
        0_u32..3,
        1_u8..3,
    )
        .prop_map(|(port, protocol, start, length, flags, rate, last)| {
            let mut record = record(protocol, start, start.wrapping_add(length), flags & 0x17);
            record.key.src_port = port;
            record.exporter = exporter(last);
            record.packets += u64::from(flags);
            record.sampling_rate = flow::SamplingRate::new(rate * 50);
            record
        })
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let gap = prop_oneof![Just(30_000), Just(0), any::<i64>()];
    (any::<[bool; 7]>(), gap).prop_map(|(on, udp_gap_ms)| Rules {
        block_records: 100,
        udp_gap_ms,
        other_exporters_left_out: on[0],
        tcp_without_opening_left_out: on[1],
        tcp_without_closing_left_out: on[2],
        udp_gap_of_the_limit_is_active: on[3],
        gaps_from_the_record_before: on[4],
        sampling_ignored: on[5],
        last_part_left_out: on[6],
    })
}

/// What the records count, by the rules.
fn counted(records: &[OriginalFlow], rules: &Rules) -> Amount {
    let mut sum = Amount::default();
    for record in records {
        let rate = record.sampling_rate.filter(|_| !rules.sampling_ignored);
        let scale = rate.map_or(1, |rate| u64::from(rate.get()));
        sum.records += 1;
        sum.packets += record.packets * scale;
        sum.bytes += record.bytes * scale;
    }
    sum
}

/// Runs the records through blocks of messages on so many lanes; the flows of each block
/// in their order, and the sum of what was counted.
fn run(
    records: &[OriginalFlow],
    message: usize,
    lanes: usize,
    rules: &Rules,
) -> (Vec<Vec<BlockFlow>>, Counters) {
    let mut border = Border::new(rules.block_records);
    let mut cores: Vec<Blocks> = (0..lanes).map(|_| Blocks::new(rules.clone())).collect();
    let mut blocks = Vec::new();
    for message in records.chunks(message) {
        let places = border.place(message.len());
        for (place, &record) in (places.first..).zip(message) {
            let lane = record.key.partition().lane(lanes);
            cores[lane].take_in([Placed { place, record }]);
        }
        if places.ends_block {
            blocks.push(ended(&mut cores, Blocks::plan));
        }
    }
    blocks.push(ended(&mut cores, Blocks::plan_last));
    let mut counters = Counters::default();
    for core in &cores {
        assert_eq!(core.held(), 0);
        counters += core.counters();
    }
    (blocks, counters)
}

/// Ends the block on all lanes.
fn ended(cores: &mut [Blocks], plan: impl Fn(&Blocks) -> Plan) -> Vec<BlockFlow> {
    let mut flows = Vec::new();
    for core in cores {
        let plan = plan(core);
        flows.extend(core.end_block(plan));
    }
    flows.sort_unstable();
    flows
}

/// The flows as they leave.
fn prepared(flows: &[BlockFlow]) -> Vec<AnonymizedFlow> {
    let prepared = |flow: &BlockFlow| {
        AnonymizedFlow::restored(EnrichedFlow {
            flow: flow.flow,
            src: Place::default(),
            dst: Place::default(),
        })
    };
    flows.iter().map(prepared).collect()
}

proptest! {
    #[test]
    fn every_record_is_passed_on_merged_or_left_out_for_a_reason(
        records in prop::collection::vec(any_record(), 0..250),
        rules in any_rules(),
    ) {
        let (blocks, counters) = run(&records, 30, 1, &rules);
        let flows: Vec<_> = blocks.concat().into_iter().map(|flow| flow.flow).collect();
        let taken = counted(&records, &rules);
        prop_assert_eq!(counters.taken, taken);
        let unscaled = Rules { sampling_ignored: true, ..rules.clone() };
        prop_assert_eq!(counters.exported, counted(&records, &unscaled));
        let unknown = records.iter().filter(|record| record.sampling_rate.is_none());
        prop_assert_eq!(counters.rate_unknown, unknown.count() as u64);
        prop_assert_eq!(counters.flows, flows.len() as u64);
        let mut passed = Amount::default();
        for flow in &flows {
            passed += Amount::of(flow);
        }
        prop_assert_eq!(counters.passed, passed);
        prop_assert_eq!(counters.merged + counters.flows, passed.records);
        let mut all = passed;
        for reason in LeftOut::ALL {
            all += counters.left_out(reason);
        }
        prop_assert_eq!(all, taken);
        if !rules.last_part_left_out {
            prop_assert_eq!(counters.left_out(LeftOut::LastPart), Amount::default());
        }
    }

    #[test]
    fn no_time_is_absurd_enough(
        records in prop::collection::vec(any_record(), 0..120),
        rules in any_rules(),
    ) {
        let (flows, _) = block(&records, rules);
        for flow in flows {
            prop_assert!(flow.flow.start_ms <= flow.flow.end_ms);
            prop_assert!(flow.flow.active_ms <= flow.flow.duration_ms());
            prop_assert!(bit_rate(&flow.flow).is_finite());
        }
    }

    #[test]
    fn the_number_of_lanes_does_not_matter(
        records in prop::collection::vec(any_record(), 0..250),
        rules in any_rules(),
        lanes in 2_usize..5,
        message in 1_usize..40,
    ) {
        prop_assert_eq!(run(&records, message, lanes, &rules), run(&records, message, 1, &rules));
    }

    #[test]
    fn a_block_does_not_depend_on_the_order_in_which_its_places_come(
        records in prop::collection::vec(any_record(), 0..120),
        rules in any_rules(),
    ) {
        let mut blocks = Blocks::new(rules.clone());
        let mut places = placed(&records);
        places.reverse();
        blocks.take_in(places);
        let plan = blocks.plan();
        prop_assert_eq!(blocks.end_block(plan), block(&records, rules).0);
    }

    #[test]
    fn the_flows_of_several_lanes_find_their_order_again(
        records in prop::collection::vec(any_record(), 0..120),
        rules in any_rules(),
        message in 1_usize..40,
    ) {
        let (flows, _) = block(&records, rules);
        let in_order = prepared(&flows);
        let mut mixed = flows;
        mixed.sort_unstable_by_key(|flow| (flow.flow.bytes, flow.flow.key, flow.rank));
        let mut order = Order::default();
        for part in mixed.chunks(message) {
            let ranks: Vec<Rank> = part.iter().map(|flow| flow.rank).collect();
            order.extend(&ranks);
        }
        let mut sorted = prepared(&mixed);
        order.sort(&mut sorted);
        prop_assert_eq!(sorted, in_order);
    }

    #[test]
    fn no_order_of_flows_is_left_to_chance(
        records in prop::collection::vec(any_record(), 0..120),
        rules in any_rules(),
    ) {
        let (flows, _) = block(&records, rules);
        prop_assert!(flows.windows(2).all(|pair| pair[0].rank < pair[1].rank));
    }
}
