//! The rule "when is a flow over", and conservation under any input.

use super::*;
use flow::{
    Exporter, FlowKey,
    tcp_flag::{ACK, FIN, RST, SYN},
};
use proptest::prelude::*;

const T0: i64 = 1_700_000_000;

fn timeouts() -> Timeouts {
    Timeouts {
        idle_ms: 30_000,
        exporter_active_ms: 60_000,
        exporter_active_ms_of: BTreeMap::new(),
        slack_ms: 5_000,
        linger_ms: 2_000,
        longest_lifetime_ms: 3_600_000,
    }
}

fn aggregator() -> Aggregator {
    Aggregator::new(timeouts(), 1_000_000, 1)
}

/// A record of flow time `start` to `end` (ms after T0), seen as it happened.
fn record(protocol: u8, start: i64, end: i64, flags: u16) -> OriginalFlow {
    OriginalFlow {
        key: FlowKey {
            src_addr: "198.18.0.1".parse().unwrap(),
            dst_addr: "198.19.0.1".parse().unwrap(),
            src_port: 40_000,
            dst_port: 443,
            protocol,
        },
        exporter: Exporter::new("192.0.2.1".parse().unwrap(), 0),
        start_ms: T0 * 1_000 + start,
        end_ms: T0 * 1_000 + end,
        end_seen_ms: T0 * 1_000 + end,
        packets: 5,
        bytes: 500,
        sampling_rate: None,
        in_if: None,
        out_if: None,
        tcp_flags: (protocol == 6).then_some(flags),
        tos: None,
        icmp: None,
        end_reason: None,
        direction: flow::Direction::Uniflow,
    }
}

/// Feeds each record in the second after its end; returns what left at which second
/// after T0, and what a drain still found.
fn run(records: &[OriginalFlow], until: i64) -> (Vec<(i64, AggregatedFlow)>, Vec<AggregatedFlow>) {
    let mut core = aggregator();
    let mut out = Vec::new();
    for second in 0..until {
        let due = |r: &&OriginalFlow| r.end_ms.div_euclid(1_000) - T0 + 1 == second;
        let batch: Vec<OriginalFlow> = records.iter().filter(due).copied().collect();
        let plan = core.plan(&batch, Tick::from_secs(T0 + second));
        core.apply(plan);
        let tick = Tick::from_secs(T0 + second + 1);
        out.extend(core.tick(tick).into_iter().map(|flow| (second + 1, flow)));
    }
    (out, core.drain().concat())
}

fn summary(flow: &AggregatedFlow) -> (u64, i64, i64, u64, EndReason, u32) {
    let at = |ms: i64| ms - T0 * 1_000;
    (
        flow.packets,
        at(flow.start_ms),
        at(flow.end_ms),
        flow.active_ms,
        flow.end_reason,
        flow.records,
    )
}

#[test]
fn a_closed_connection_leaves_after_the_linger() {
    let (out, rest) = run(&[record(6, 0, 1_000, SYN | ACK | FIN)], 60);
    assert!(rest.is_empty());
    let (at, flow) = &out[0];
    // Received in second 2; that second ends at 3; the linger is 2 s.
    assert_eq!(*at, 5);
    assert_eq!(summary(flow), (5, 0, 1_000, 1_000, EndReason::End, 1));
    assert_eq!(flow.complete, Some(true));
}

#[test]
fn pieces_of_a_long_connection_become_one_flow_without_its_gaps() {
    let pieces = [
        record(6, 0, 59_000, SYN | ACK),
        record(6, 60_000, 119_000, ACK),
        record(6, 140_000, 150_000, ACK | FIN),
    ];
    let (out, rest) = run(&pieces, 300);
    assert!(rest.is_empty());
    assert_eq!(out.len(), 1);
    assert_eq!(
        summary(&out[0].1),
        (15, 0, 150_000, 128_000, EndReason::End, 3)
    );
    assert_eq!(out[0].1.duration_ms(), 150_000);
}

#[test]
fn without_an_end_a_flow_waits_until_no_piece_can_come() {
    let (out, _) = run(&[record(17, 0, 1_500, 0)], 300);
    // Last packet at 1.5 s + 30 s idle + 60 s active + 5 s slack = 96.5 s.
    assert_eq!(
        out.iter()
            .map(|(at, flow)| (*at, flow.end_reason))
            .collect::<Vec<_>>(),
        [(97, EndReason::Idle)]
    );
    assert_eq!(out[0].1.complete, None, "it has no opening and no closing");
}

#[test]
fn a_gap_of_exactly_the_idle_timeout_is_within_a_flow_and_a_longer_one_is_not() {
    let (one, _) = run(
        &[record(17, 0, 1_000, 0), record(17, 31_000, 32_000, 0)],
        300,
    );
    assert_eq!(
        one.iter().map(|(_, f)| summary(f)).collect::<Vec<_>>(),
        [(10, 0, 32_000, 2_000, EndReason::Idle, 2)]
    );
    let (two, _) = run(
        &[record(17, 0, 1_000, 0), record(17, 31_001, 32_000, 0)],
        300,
    );
    assert_eq!(two.len(), 2);
    assert_eq!(
        two[0].0, 34,
        "the first leaves at the next tick, not after its wait"
    );
    assert!(two.iter().all(|(_, f)| f.end_reason == EndReason::Idle));
}

#[test]
fn a_reopened_connection_is_another_flow_and_a_late_piece_is_not() {
    let again = [
        record(6, 0, 1_000, SYN | FIN),
        record(6, 1_500, 2_500, SYN | FIN),
    ];
    let (out, _) = run(&again, 60);
    assert_eq!(out.len(), 2);
    // The piece with the opening comes after the one with the end.
    let mut late = [
        record(6, 1_000, 2_000, ACK | FIN),
        record(6, 0, 900, SYN | ACK),
    ];
    late[1].end_seen_ms += 1_100;
    let (out, _) = {
        let mut core = aggregator();
        let plan = core.plan(&late, Tick::from_secs(T0 + 3));
        core.apply(plan);
        (core.tick(Tick::from_secs(T0 + 10)), core.drain().concat())
    };
    assert_eq!(out.len(), 1);
    assert_eq!(
        (out[0].complete, out[0].active_ms, out[0].records),
        (Some(true), 1_900, 2)
    );
}

#[test]
fn a_trailing_acknowledgement_belongs_to_the_connection_it_ends() {
    let (out, rest) = run(
        &[record(6, 0, 1_000, SYN | FIN), record(6, 1_200, 1_200, ACK)],
        60,
    );
    assert!(rest.is_empty());
    assert_eq!(
        out.iter()
            .map(|(_, f)| (f.records, f.complete))
            .collect::<Vec<_>>(),
        [(2, Some(true))]
    );
}

#[test]
fn a_reset_and_flow_end_reason_3_are_ends() {
    let (out, _) = run(&[record(6, 0, 1_000, ACK | RST)], 60);
    assert_eq!(
        (out[0].0, out[0].1.end_reason, out[0].1.complete),
        (5, EndReason::End, Some(false))
    );
    let mut udp = record(17, 0, 1_000, 0);
    udp.end_reason = Some(EndReason::End);
    let (out, _) = run(&[udp], 60);
    assert_eq!((out[0].0, out[0].1.end_reason), (5, EndReason::End));
    // FIN is a flag of TCP; the same bits in another protocol mean nothing.
    let mut other = record(17, 0, 1_000, 0);
    other.tcp_flags = Some(FIN);
    assert!(run(&[other], 60).0.is_empty());
}

#[test]
fn the_longest_lifetime_lets_a_part_leave_and_the_flow_go_on() {
    let pieces: Vec<OriginalFlow> = (0..130)
        .map(|i| record(17, i * 60_000, i * 60_000 + 59_000, 0))
        .collect();
    let (out, _) = run(&pieces, 8_000);
    let parts: Vec<_> = out.iter().map(|(_, f)| (f.records, f.end_reason)).collect();
    assert_eq!(
        parts,
        [
            (61, EndReason::Active),
            (61, EndReason::Active),
            (8, EndReason::Idle)
        ]
    );
    assert_eq!(out.iter().map(|(_, f)| f.packets).sum::<u64>(), 130 * 5);
}

#[test]
fn the_same_key_from_two_exporters_is_kept_apart() {
    let mut other = record(6, 0, 1_000, SYN | FIN);
    other.exporter = Exporter::new("192.0.2.2".parse().unwrap(), 0);
    let (out, _) = run(&[record(6, 0, 1_000, SYN | FIN), other], 60);
    assert_eq!(
        out.iter().map(|(_, f)| f.packets).collect::<Vec<_>>(),
        [5, 5]
    );
}

#[test]
fn icmp_messages_of_another_type_are_another_flow() {
    let mut request = record(1, 0, 1_000, 0);
    request.icmp = Some(flow::Icmp { kind: 8, code: 0 });
    let mut unreachable = request;
    unreachable.icmp = Some(flow::Icmp { kind: 3, code: 1 });
    let (out, _) = run(&[request, unreachable, request], 300);
    let mut seen: Vec<_> = out
        .iter()
        .map(|(_, f)| (f.icmp.unwrap().kind, f.records))
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, [(3, 1), (8, 2)]);
}

#[test]
fn an_exporter_of_its_own_active_timeout_is_waited_for_that_long() {
    let mut times = timeouts();
    times
        .exporter_active_ms_of
        .insert("192.0.2.1".parse().unwrap(), 600_000);
    assert_eq!(times.horizon_secs(), 637);
    let mut core = Aggregator::new(times, 10, 1);
    let plan = core.plan(&[record(17, 0, 1_000, 0)], Tick::from_secs(T0 + 2));
    core.apply(plan);
    assert!(core.tick(Tick::from_secs(T0 + 635)).is_empty());
    assert_eq!(core.tick(Tick::from_secs(T0 + 636)).len(), 1);
}

#[test]
fn counters_are_scaled_by_the_rate_and_mixed_rates_are_unknown() {
    let mut sampled = record(17, 0, 1_000, 0);
    sampled.sampling_rate = flow::SamplingRate::new(100);
    let (out, _) = run(&[sampled], 300);
    assert_eq!((out[0].1.packets, out[0].1.bytes), (500, 50_000));
    assert_eq!(out[0].1.sampling_rate.map(|r| r.get()), Some(100));
    let (out, _) = run(&[sampled, record(17, 2_000, 3_000, 0)], 300);
    assert_eq!((out[0].1.packets, out[0].1.sampling_rate), (505, None));
}

#[test]
fn beyond_the_limit_a_record_leaves_alone_and_is_counted() {
    let mut core = Aggregator::new(timeouts(), 1, 1);
    let mut records = Vec::new();
    for port in 0..1_000 {
        let mut one = record(17, 0, 1_000, 0);
        one.key.src_port = port;
        records.push(one);
    }
    let plan = core.plan(&records, Tick::from_secs(T0 + 2));
    core.apply(plan);
    assert!(core.live() <= PARTITIONS);
    let out = core.tick(Tick::from_secs(T0 + 3));
    assert_eq!(out.len() + core.live(), 1_000);
    assert!(
        out.iter()
            .all(|flow| flow.end_reason == EndReason::Resources)
    );
    assert_eq!(core.counters().no_room, out.len() as u64);
    // Room comes back when flows leave.
    assert_eq!(core.tick(Tick::from_secs(T0 + 200)).len(), PARTITIONS);
    assert_eq!(core.live(), 0);
}

#[test]
fn a_drain_leaves_nothing_and_says_what_it_cut() {
    let (out, rest) = run(&[record(17, 0, 1_000, 0), record(6, 0, 1_000, SYN)], 4);
    assert!(out.is_empty());
    assert!(rest.iter().all(|flow| flow.end_reason == EndReason::Forced));
    assert_eq!(rest.len(), 2);
}

/// Records of few keys, so that they meet; any times, also absurd ones.
fn any_record() -> impl Strategy<Value = OriginalFlow> {
    let times = prop_oneof![9 => 0_i64..400_000, 1 => any::<i64>()];
    (
        0_u16..6,
        prop_oneof![Just(6_u8), Just(17), Just(1)],
        times,
        0_i64..70_000,
        any::<u16>(),
        0_u32..4,
        0_i64..90_000,
    )
        .prop_map(|(port, protocol, start, length, flags, rate, delay)| {
            let mut record = record(protocol, 0, 0, flags & 0x3F);
            record.key.src_port = port;
            record.start_ms = (T0 * 1_000).saturating_add(start);
            record.end_ms = record.start_ms.saturating_add(length);
            record.end_seen_ms = record.end_ms.saturating_sub(delay);
            record.sampling_rate = flow::SamplingRate::new(rate);
            record
        })
}

proptest! {
    #[test]
    fn nothing_is_lost_or_invented_in_any_order_and_cut(
        records in prop::collection::vec(any_record(), 0..200),
        cut in 1_usize..20,
        flows_max in prop_oneof![Just(1_usize), Just(1_000_000)],
    ) {
        let scaled = |r: &OriginalFlow| {
            let rate = r.sampling_rate.map_or(1, |rate| u64::from(rate.get()));
            (r.packets * rate, r.bytes * rate)
        };
        let mut core = Aggregator::new(timeouts(), flows_max, 7);
        let mut out = Vec::new();
        for (second, batch) in (0_i64..).zip(records.chunks(cut)) {
            let plan = core.plan(batch, Tick::from_secs(T0 + second));
            core.apply(plan);
            out.extend(core.tick(Tick::from_secs(T0 + second + 1)));
            let c = core.counters();
            prop_assert_eq!(c.records, c.merged + c.released + core.held());
        }
        out.extend(core.drain().concat());
        let (c, n) = (*core.counters(), records.len() as u64);
        prop_assert_eq!((c.records, c.merged + c.released, core.held()), (n, n, 0));
        prop_assert_eq!(out.iter().map(|f| u64::from(f.records)).sum::<u64>(), n);
        let totals = records.iter().map(scaled).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        prop_assert_eq!((c.packets_out, c.bytes_out), totals);
        prop_assert_eq!((c.packets_in, c.bytes_in), totals);
        prop_assert!(out.iter().all(|f| f.start_ms <= f.end_ms && f.active_ms <= f.duration_ms()));
    }

    #[test]
    fn lanes_and_batch_borders_do_not_matter(
        records in prop::collection::vec(any_record(), 1..120),
        lanes in 1_usize..5,
        cut in 1_usize..40,
    ) {
        // Ten records a second, in one batch or in several, on one lane or on many.
        let run = |lanes: usize, cut: usize| {
            let mut cores: Vec<Aggregator> =
                (0..lanes as u64).map(|seed| Aggregator::new(timeouts(), 128, seed)).collect();
            let mut blocks = Vec::new();
            for (second, of_second) in (0_i64..).zip(records.chunks(10)) {
                let mut block = Vec::new();
                for (lane, core) in cores.iter_mut().enumerate() {
                    let mine = |r: &&OriginalFlow| r.key.partition().lane(lanes) == lane;
                    let of_lane: Vec<_> = of_second.iter().filter(mine).copied().collect();
                    for batch in of_lane.chunks(cut) {
                        let plan = core.plan(batch, Tick::from_secs(T0 + second));
                        core.apply(plan);
                    }
                    block.extend(core.tick(Tick::from_secs(T0 + second + 1)));
                }
                block.sort();
                blocks.push(block);
            }
            let mut rest = vec![Vec::new(); PARTITIONS];
            for core in &mut cores {
                for (all, part) in rest.iter_mut().zip(core.drain()) {
                    all.extend(part);
                    all.sort();
                }
            }
            blocks.extend(rest);
            blocks
        };
        prop_assert_eq!(run(lanes, cut), run(1, 1_000));
    }
}
