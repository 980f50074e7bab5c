//! Both directions as one flow (RFC 5103).

use super::*;

fn biflows() -> Rules {
    Rules {
        biflow: true,
        ..rules()
    }
}

/// The opposite direction of a record, with counters of its own.
fn back(of: OriginalFlow, packets: u64) -> OriginalFlow {
    OriginalFlow {
        key: of.key.reversed(),
        packets,
        bytes: packets * 1_000,
        ..of
    }
}

/// What comes of records received together.
fn released(records: &[OriginalFlow]) -> Vec<AggregatedFlow> {
    let mut core = Aggregator::new(biflows(), 1);
    feed(&mut core, records, 2);
    let out = core.tick(Tick::from_secs(T0 + 400));
    assert_eq!(core.held(), 0);
    out
}

/// Source port, packets and packets of the opposite direction.
fn told(flow: &AggregatedFlow) -> (u16, u64, u64) {
    let reverse = flow.reverse.expect("biflows are on");
    (flow.key.src_port, flow.packets, reverse.packets)
}

#[test]
fn both_directions_are_one_flow_and_the_initiator_is_its_source() {
    let to = record(17, 0, 1_000, 0);
    let from = OriginalFlow {
        start_ms: to.start_ms + 20,
        ..back(to, 9)
    };
    for records in [[to, from], [from, to]] {
        let out = released(&records);
        assert_eq!(out.iter().map(told).collect::<Vec<_>>(), [(40_000, 5, 9)]);
        assert_eq!((out[0].records, out[0].bytes), (2, 500));
        assert_eq!(out[0].reverse.unwrap().bytes, 9_000);
    }
}

#[test]
fn whoever_sends_a_syn_alone_is_the_initiator_whatever_the_clock_says() {
    let to = record(6, 100, 1_000, SYN);
    let from = OriginalFlow {
        start_ms: to.start_ms - 100,
        tcp_flags: Some(SYN | ACK | FIN),
        ..back(to, 9)
    };
    assert_eq!(
        released(&[from, to]).iter().map(told).collect::<Vec<_>>(),
        [(40_000, 5, 9)]
    );
}

#[test]
fn of_two_that_began_together_the_higher_port_is_the_initiator() {
    let to = record(17, 0, 1_000, 0);
    let out = released(&[back(to, 9), to]);
    assert_eq!(out.iter().map(told).collect::<Vec<_>>(), [(40_000, 5, 9)]);
}

#[test]
fn a_direction_that_nobody_answers_is_a_flow_with_an_empty_reverse() {
    let out = released(&[record(17, 0, 1_000, 0)]);
    assert_eq!(out.iter().map(told).collect::<Vec<_>>(), [(40_000, 5, 0)]);
}

#[test]
fn interfaces_are_those_of_the_forward_direction() {
    let mut to = record(17, 0, 1_000, 0);
    (to.in_if, to.out_if) = (Some(1), Some(2));
    let mut from = back(to, 9);
    (from.in_if, from.out_if) = (Some(2), Some(1));
    from.start_ms += 1;
    for records in [[to, from], [from, to]] {
        let out = released(&records);
        assert_eq!((out[0].in_if, out[0].out_if), (Some(1), Some(2)));
    }
}

#[test]
fn a_connection_is_over_when_both_sides_have_closed_it() {
    let mut core = Aggregator::new(biflows(), 1);
    let to = record(6, 0, 1_000, SYN | ACK | FIN);
    let from = back(record(6, 10, 5_000, SYN | ACK), 9);
    feed(&mut core, &[to, from], 2);
    assert!(
        core.tick(Tick::from_secs(T0 + 30)).is_empty(),
        "half closed"
    );
    feed(
        &mut core,
        &[back(record(6, 5_000, 29_000, ACK | FIN), 3)],
        30,
    );
    let out = core.tick(Tick::from_secs(T0 + 33));
    assert_eq!(out.iter().map(told).collect::<Vec<_>>(), [(40_000, 5, 12)]);
    assert_eq!(
        (out[0].complete, out[0].end_reason),
        (Some(true), EndReason::End)
    );
}

#[test]
fn an_echo_request_and_its_reply_are_one_flow() {
    let mut request = record(1, 0, 1_000, 0);
    (request.key.src_port, request.key.dst_port) = (0, 0);
    request.icmp = Some(flow::Icmp { kind: 8, code: 0 });
    let mut reply = back(request, 5);
    reply.icmp = Some(flow::Icmp { kind: 0, code: 0 });
    reply.start_ms += 5;
    for records in [[request, reply], [reply, request]] {
        let out = released(&records);
        assert_eq!(out.len(), 1);
        assert_eq!(out[0].icmp.unwrap().kind, 8);
        assert_eq!(out[0].key.src_addr, request.key.src_addr);
    }
}

#[test]
fn each_direction_may_be_reported_by_another_exporter() {
    let to = record(17, 0, 1_000, 0);
    let mut from = back(to, 9);
    from.exporter = exporter_of(2, 0);
    // The clock of the other is an hour fast.
    (from.start_ms, from.end_ms) = (from.start_ms + 3_600_005, from.end_ms + 3_600_000);
    let mut core = Aggregator::new(biflows(), 1);
    feed(&mut core, &[to, from], 2);
    let out = core.tick(Tick::from_secs(T0 + 400));
    assert_eq!(out.iter().map(told).collect::<Vec<_>>(), [(40_000, 5, 9)]);
    assert_eq!(
        (core.counters().duplicates, out[0].duration_ms()),
        (0, 1_000)
    );
}
