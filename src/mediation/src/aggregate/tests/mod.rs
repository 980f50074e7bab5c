//! The rule "when is a flow over", and conservation under any input.

mod biflow;
mod laws;
mod limits;
mod observers;
mod vlan;

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::*;
use flow::{
    EndReason, Exporter, FlowKey, Observed, OriginalFlow, Tick,
    tcp_flag::{ACK, FIN, RST, SYN},
};

pub(super) const T0: i64 = 1_700_000_000;

pub(super) fn timeouts() -> Timeouts {
    Timeouts {
        idle_ms: 30_000,
        exporter_active_ms: 60_000,
        exporter_active_ms_of: BTreeMap::new(),
        exporter_idle_ms: None,
        exporter_idle_ms_of: BTreeMap::new(),
        slack_ms: 5_000,
        linger_ms: 2_000,
        longest_lifetime_ms: 3_600_000,
    }
}

fn rules() -> Rules {
    Rules::plain(timeouts(), 1_000_000)
}

/// The rules with room for so many flows.
fn with_room(flows_max: usize) -> Rules {
    Rules {
        flows_max,
        ..rules()
    }
}

fn aggregator() -> Aggregator {
    Aggregator::new(rules(), 1)
}

/// A record of flow time `start` to `end` (ms after T0), seen as it happened.
pub(super) fn record(protocol: u8, start: i64, end: i64, flags: u16) -> OriginalFlow {
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
        observed: None,
        vlan: None,
    }
}

/// An exporter of these tests.
pub(super) fn exporter_of(number: u8, domain: u32) -> Exporter {
    Exporter::new(IpAddr::from([192, 0, 2, number]), domain)
}

/// What is known of exporters by the settings alone.
fn heard(timeouts: &Timeouts, several: bool) -> Arc<Heard> {
    let own = timeouts.exporters_of_their_own();
    Arc::new(Heard {
        cuts: own.map(|addr| (addr, timeouts.cuts_of(addr))).collect(),
        several,
    })
}

/// Takes records in that were received within a second after T0.
fn feed(core: &mut Aggregator, records: &[OriginalFlow], second: i64) {
    let plan = core.plan(records, Tick::from_secs(T0 + second), Plan::default());
    core.apply(plan);
}

/// Feeds each record in the second after its end; returns what left at which second
/// after T0, and what a drain still found.
fn run(records: &[OriginalFlow], until: i64) -> (Vec<(i64, AggregatedFlow)>, Vec<AggregatedFlow>) {
    let mut core = aggregator();
    let mut out = Vec::new();
    for second in 0..until {
        let due = |r: &&OriginalFlow| r.end_ms.div_euclid(1_000) - T0 + 1 == second;
        let batch: Vec<OriginalFlow> = records.iter().filter(due).copied().collect();
        let plan = core.plan(&batch, Tick::from_secs(T0 + second), Plan::default());
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
        let plan = core.plan(&late, Tick::from_secs(T0 + 3), Plan::default());
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
    let known = heard(&times, false);
    let mut core = Aggregator::new(
        Rules {
            timeouts: times,
            ..with_room(10)
        },
        1,
    );
    core.hear(known);
    let plan = core.plan(
        &[record(17, 0, 1_000, 0)],
        Tick::from_secs(T0 + 2),
        Plan::default(),
    );
    core.apply(plan);
    assert!(core.tick(Tick::from_secs(T0 + 635)).is_empty());
    assert_eq!(core.tick(Tick::from_secs(T0 + 636)).len(), 1);
}

#[test]
fn what_becomes_known_of_an_exporter_counts_for_flows_that_are_there_already() {
    let mut times = timeouts();
    times
        .exporter_active_ms_of
        .insert("192.0.2.1".parse().unwrap(), 600_000);
    let mut core = aggregator();
    feed(
        &mut core,
        &[record(17, 0, 1_000, 0), record(6, 0, 1_000, SYN | FIN)],
        2,
    );
    core.hear(heard(&times, false));
    assert_eq!(
        core.tick(Tick::from_secs(T0 + 5)).len(),
        1,
        "the one that ended"
    );
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
fn a_drain_leaves_nothing_and_says_what_it_cut() {
    let (out, rest) = run(&[record(17, 0, 1_000, 0), record(6, 0, 1_000, SYN)], 4);
    assert!(out.is_empty());
    assert!(rest.iter().all(|flow| flow.end_reason == EndReason::Forced));
    assert_eq!(rest.len(), 2);
}

#[test]
fn an_exporter_that_saw_nothing_for_the_idle_timeout_is_not_waited_for() {
    let mut core = aggregator();
    let mut idle = record(17, 0, 1_500, 0);
    idle.end_reason = Some(EndReason::Idle);
    // It was reported 31 s after its last packet: the gap is over already.
    feed(&mut core, &[idle], 33);
    assert_eq!(core.tick(Tick::from_secs(T0 + 35)).len(), 0, "it lingers");
    let out = core.tick(Tick::from_secs(T0 + 36));
    assert_eq!((out.len(), out[0].end_reason), (1, EndReason::Idle));
    // An exporter with a shorter idle timeout than ours may still report a packet that
    // came within ours.
    idle.key.src_port += 1;
    feed(&mut core, &[idle], 16);
    assert!(core.tick(Tick::from_secs(T0 + 90)).is_empty());
}

#[test]
fn the_idle_timeout_that_is_known_of_an_exporter_decides_whether_it_is_waited_for() {
    // Of a record ended as idle, reported 31 s after its last packet: ours is 30 s.
    let over_at_36 = |default_ms: Option<i64>, own: Option<(i64, Source)>| {
        let mut rules = rules();
        rules.timeouts.exporter_idle_ms = default_ms;
        let mut cuts = rules.timeouts.cuts_of_all();
        cuts.idle = own.map(|(ms, source)| Timeout { ms, source }).or(cuts.idle);
        let mut idle = record(17, 0, 1_500, 0);
        idle.end_reason = Some(EndReason::Idle);
        let mut core = Aggregator::new(rules, 1);
        if own.is_some() {
            let cuts = BTreeMap::from([(idle.exporter.addr, cuts)]);
            let several = false;
            core.hear(Arc::new(Heard { cuts, several }));
        }
        feed(&mut core, &[idle], 33);
        !core.tick(Tick::from_secs(T0 + 36)).is_empty()
    };
    assert!(over_at_36(None, None), "the delay is all that is known");
    assert!(over_at_36(Some(30_000), None));
    assert!(!over_at_36(Some(29_000), None), "it may have seen more");
    for source in [Source::Settings, Source::Options, Source::Learned] {
        assert!(over_at_36(Some(15_000), Some((30_000, source))));
        assert!(!over_at_36(Some(60_000), Some((15_000, source))));
    }
    // What was learned is only the longest that it can be; what is said is believed.
    let late = |source| {
        let mut idle = record(17, 0, 1_500, 0);
        idle.end_reason = Some(EndReason::Idle);
        let mut core = aggregator();
        let mut cuts = timeouts().cuts_of_all();
        cuts.idle = Some(Timeout { ms: 60_000, source });
        let cuts = BTreeMap::from([(idle.exporter.addr, cuts)]);
        let several = false;
        core.hear(Arc::new(Heard { cuts, several }));
        feed(&mut core, &[idle], 16);
        !core.tick(Tick::from_secs(T0 + 19)).is_empty()
    };
    assert!(late(Source::Options) && !late(Source::Learned));
}

#[test]
fn tcp_flows_without_opening_or_closing_are_left_out_where_the_rules_say_so() {
    let mut core = Aggregator::new(
        Rules {
            incomplete: Incomplete::Drop,
            ..rules()
        },
        1,
    );
    let mut half = record(6, 0, 1_000, ACK | FIN);
    half.key.src_port = 1;
    feed(
        &mut core,
        &[
            half,
            record(6, 0, 1_000, SYN | FIN),
            record(17, 0, 1_000, 0),
        ],
        2,
    );
    let out = core.tick(Tick::from_secs(T0 + 400));
    assert_eq!(out.len(), 2);
    let c = core.counters();
    assert_eq!((c.incomplete, c.released, c.records), (1, 2, 3));
    assert_eq!((c.left_out.packets, c.let_out.packets), (5, 10));
}

#[test]
fn a_record_later_than_its_exporter_explains_is_counted_and_kept() {
    let mut core = aggregator();
    let second = |delay_ms: i64| (1_000 + delay_ms) / 1_000;
    feed(&mut core, &[record(17, 0, 1_000, 0)], second(95_000));
    assert_eq!(core.counters().late, 0);
    feed(&mut core, &[record(17, 0, 1_000, 0)], second(97_000));
    assert_eq!(core.counters().late, 1);
    assert_eq!(
        core.drain().concat().iter().map(|f| f.records).sum::<u32>(),
        2
    );
}

#[test]
fn what_exporters_counted_and_what_it_stands_for_are_both_known() {
    let mut core = aggregator();
    let mut sampled = record(17, 0, 1_000, 0);
    sampled.sampling_rate = flow::SamplingRate::new(100);
    feed(&mut core, &[sampled, record(17, 0, 1_000, 0)], 2);
    let c = core.counters();
    assert_eq!((c.exported.packets, c.taken_in.packets), (10, 505));
    assert_eq!(c.rate_unknown, 1);
}
