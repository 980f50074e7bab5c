//! What flows add up to, and when it leaves.

mod laws;

use std::num::NonZeroU32;

use flow::{
    AggregatedFlow, Civil, EndReason, EnrichedFlow, Exporter, Field, FlowKey, KeyField, Place,
    Reverse, Value,
};

use super::*;
use crate::anonymize::{Anonymization, KeyFields, Policy};

/// A flow from the host of a number, as it leaves the aggregation.
pub(super) fn flow_of(number: u8, start_ms: i64, end_ms: i64) -> AggregatedFlow {
    AggregatedFlow {
        key: FlowKey {
            src_addr: [198, 18, number / 10, number].into(),
            dst_addr: [198, 19, 0, 1].into(),
            src_port: 40_000 + u16::from(number),
            dst_port: 53,
            protocol: 17,
        },
        exporter: Exporter::new([192, 0, 2, 1].into(), 7),
        start_ms,
        end_ms,
        active_ms: 0,
        packets: 10,
        bytes: 1_000,
        reverse: None,
        sampling_rate: NonZeroU32::new(1),
        records: 1,
        in_if: Some(3),
        out_if: None,
        vlan: None,
        tcp_flags: None,
        tos: Some(0),
        icmp: None,
        end_reason: EndReason::Idle,
        complete: None,
        block_place: None,
    }
}

/// Flows as they leave a lane; the prefix of a host has 24 bits, its ASN is the third
/// octet of its address.
pub(super) fn prepared(flows: &[AggregatedFlow]) -> Vec<AnonymizedFlow> {
    let place = |addr: std::net::IpAddr| Place {
        prefix: flow::Prefix::containing(addr, 24).ok().map(Into::into),
        asn: match addr {
            std::net::IpAddr::V4(v4) => Some(v4.octets()[2].into()),
            std::net::IpAddr::V6(_) => None,
        },
        ..Place::default()
    };
    let enriched = |flow: &AggregatedFlow| EnrichedFlow {
        src: place(flow.key.src_addr),
        dst: place(flow.key.dst_addr),
        flow: *flow,
    };
    let flows: Vec<EnrichedFlow> = flows.iter().map(enriched).collect();
    Anonymization::new(Policy::None).anonymize(&flows)
}

/// Sums by source prefix and minute, and 100 s of lateness.
pub(super) fn rules() -> Rules {
    Rules {
        key: KeyFields::from_iter([KeyField::SrcPrefix]),
        interval_secs: NonZeroU32::new(60).unwrap(),
        lateness_ms: 100_000,
        longest_ms: 3_600_000,
        groups_max: 1_000,
    }
}

fn take_in(core: &mut RollUp, flows: &[AggregatedFlow], second: i64) {
    let steps = core.plan(&prepared(flows));
    core.apply(steps, Tick::from_secs(second));
}

/// Third octet of the prefix, begin of the interval in seconds, packets, and reason.
fn told(sums: &[AnonymizedFlow]) -> Vec<(u8, i64, u64, EndReason)> {
    let of = |sum: &AnonymizedFlow| {
        let prefix = match sum.src().prefix.unwrap().addr() {
            std::net::IpAddr::V4(v4) => v4.octets()[2],
            std::net::IpAddr::V6(_) => 255,
        };
        let flow = sum.flow();
        (prefix, flow.start_ms / 1_000, flow.packets, flow.end_reason)
    };
    sums.iter().map(of).collect()
}

#[test]
fn flows_of_one_key_and_minute_are_one_sum_that_leaves_after_the_lateness() {
    let mut core = RollUp::new(rules(), 1);
    let flows = [flow_of(1, 1_000, 2_000), flow_of(2, 5_000, 59_000)];
    take_in(&mut core, &flows, 62);
    take_in(
        &mut core,
        &[flow_of(11, 3_000, 3_000), flow_of(1, 60_000, 61_000)],
        70,
    );
    assert_eq!(core.next_due(), Some(Tick::from_secs(160)));
    assert!(core.leave(Tick::from_secs(159)).is_empty());
    let first = core.leave(Tick::from_secs(160));
    let active = EndReason::Active;
    assert_eq!(told(&first), [(0, 0, 20, active), (1, 0, 10, active)]);
    assert_eq!(
        told(&core.leave(Tick::from_secs(220))),
        [(0, 60, 10, active)]
    );
    assert_eq!((core.held(), core.next_due()), (0, None));
}

#[test]
fn a_sum_has_its_key_and_totals_and_nothing_else() {
    let mut core = RollUp::new(rules(), 1);
    let mut with_reverse = flow_of(2, 0, 0);
    with_reverse.reverse = Some(Reverse {
        packets: 4,
        bytes: 5,
    });
    take_in(&mut core, &[flow_of(1, 30_000, 89_999), with_reverse], 62);
    let sums = core.drain();
    let civil = Civil::from_millis(sums[0].flow().start_ms);
    let known = Field::ALL.into_iter().filter_map(|field| {
        let value = sums[0].value(field, &civil);
        (value != Value::Null).then_some((field.name(), value))
    });
    let text = |text| Value::Text(text);
    let number = Value::Unsigned;
    assert_eq!(
        known.collect::<Vec<_>>(),
        [
            ("start_ms", Value::Signed(0)),
            ("end_ms", Value::Signed(60_000)),
            ("duration_ms", number(60_000)),
            ("active_ms", number(60_000)),
            ("packets", number(15)),
            ("bytes", number(1_500)),
            ("reverse_packets", number(4)),
            ("reverse_bytes", number(5)),
            ("records", number(1)),
            ("end_reason", text("forced")),
            ("bit_rate", Value::Float(200.0)),
            ("packet_rate", Value::Float(0.25)),
            ("src_prefix", Value::Addr([198, 18, 0, 0].into())),
            ("src_prefix_len", number(24)),
            ("year", Value::Signed(1_970)),
            ("month", number(1)),
            ("day", number(1)),
            ("hour", number(0)),
            ("minute", number(0)),
            ("second", number(0)),
        ]
    );
}

#[test]
fn each_field_may_be_the_key() {
    let mut other = flow_of(13, 0, 0);
    other.key.dst_addr = [203, 0, 113, 9].into();
    (other.key.dst_port, other.key.protocol, other.tos) = (443, 6, Some(8));
    other.exporter = Exporter::new([192, 0, 2, 2].into(), 8);
    (other.in_if, other.out_if) = (Some(4), Some(5));
    other.vlan = flow::Vlan::new(9);
    let as_it_was = prepared(&[other])[0].clone();
    let civil = Civil::from_millis(0);
    let nowhere = [
        // What is not known of these flows, and null whether it is the key or not.
        KeyField::SrcCountry,
        KeyField::SrcVlan,
        KeyField::SrcNetwork,
        KeyField::SrcLocality,
        KeyField::DstCountry,
        KeyField::DstVlan,
        KeyField::DstNetwork,
        KeyField::DstLocality,
    ];
    for key in KeyField::ALL {
        let rules = Rules {
            key: KeyFields::from_iter([key]),
            ..rules()
        };
        let mut core = RollUp::new(rules, 1);
        take_in(
            &mut core,
            &[flow_of(1, 0, 0), other, other, flow_of(1, 0, 0)],
            1,
        );
        let mut sums = core.drain();
        let name = key.field().name();
        let apart = if nowhere.contains(&key) { 1 } else { 2 };
        assert_eq!(sums.len(), apart, "{name}");
        sums.retain(|sum| sum.value(key.field(), &civil) == as_it_was.value(key.field(), &civil));
        assert_eq!(sums.len(), 1, "{name}");
        for field in KeyField::ALL.into_iter().filter(|&other| other != key) {
            let value = sums[0].value(field.field(), &civil);
            assert_eq!(value, Value::Null, "{name}, {}", field.field().name());
        }
    }
}

#[test]
fn what_comes_late_is_counted_and_leaves_as_a_further_part() {
    let mut core = RollUp::new(rules(), 1);
    take_in(&mut core, &[flow_of(1, 0, 0)], 62);
    assert_eq!(core.leave(Tick::from_secs(160)).len(), 1);
    take_in(
        &mut core,
        &[flow_of(1, 0, 59_000), flow_of(1, 0, 60_000)],
        160,
    );
    assert_eq!(core.counters().late, 2);
    let active = EndReason::Active;
    let late = core.leave(Tick::from_secs(220));
    assert_eq!(told(&late), [(0, 0, 19, active), (0, 60, 1, active)]);
}

#[test]
fn a_clock_that_is_wrong_by_years_holds_nothing_for_longer_than_others() {
    let mut core = RollUp::new(rules(), 1);
    let (past, future) = (-9_000_000_000_000, 9_000_000_000_000);
    take_in(
        &mut core,
        &[flow_of(1, past, past), flow_of(11, future, future)],
        62,
    );
    assert_eq!(told(&core.leave(Tick::from_secs(122)))[0].0, 0);
    assert_eq!(core.leave(Tick::from_secs(221)), []);
    assert_eq!(told(&core.leave(Tick::from_secs(222)))[0].0, 1);
    assert_eq!(core.counters().late, 1);
    for ends in [i64::MIN, i64::MAX] {
        take_in(&mut core, &[flow_of(1, ends, ends)], 300);
    }
    assert_eq!(core.drain().len(), 2);
}

#[test]
fn where_there_is_no_room_the_group_leaves_that_was_touched_longest_ago() {
    let rules = Rules {
        groups_max: 2,
        ..rules()
    };
    let mut core = RollUp::new(rules, 1);
    let numbers = [1, 11, 2, 21, 3];
    take_in(&mut core, &numbers.map(|number| flow_of(number, 0, 0)), 1);
    assert_eq!((core.held(), core.counters().no_room), (3, 1));
    let early = told(&core.take_early());
    assert_eq!(early, [(1, 0, 10, EndReason::Resources)]);
    let rest = told(&core.drain());
    let forced = EndReason::Forced;
    assert_eq!(rest, [(0, 0, 30, forced), (2, 0, 10, forced)]);
}

#[test]
fn sums_that_no_longer_fit_leave_and_others_begin() {
    let mut core = RollUp::new(rules(), 1);
    let mut huge = flow_of(1, 0, 0);
    huge.bytes = u64::MAX - 1_500;
    let mut many = flow_of(2, 0, 0);
    many.records = u32::MAX;
    take_in(
        &mut core,
        &[flow_of(1, 0, 0), huge, flow_of(1, 0, 0), many],
        1,
    );
    let sums = core.drain();
    let records: u64 = sums.iter().map(|sum| u64::from(sum.flow().records)).sum();
    assert_eq!(records, u64::from(u32::MAX) + 3);
    let bytes: u128 = sums.iter().map(|sum| u128::from(sum.flow().bytes)).sum();
    assert_eq!(bytes, u128::from(u64::MAX) + 1_500);
    assert_eq!(core.counters().no_room, 0);
}

#[test]
fn the_lateness_after_which_no_flow_comes_is_worked_out_from_the_timeouts() {
    let mut timeouts = crate::aggregate::Timeouts {
        idle_ms: 30_000,
        exporter_active_ms: 60_000,
        exporter_active_ms_of: std::collections::BTreeMap::new(),
        exporter_idle_ms: None,
        exporter_idle_ms_of: std::collections::BTreeMap::new(),
        slack_ms: 5_000,
        linger_ms: 2_000,
        longest_lifetime_ms: 3_600_000,
    };
    assert_eq!(Rules::longest_lateness_ms(&timeouts), 3_699_000);
    let own = [([192, 0, 2, 9].into(), 600_000)];
    timeouts.exporter_active_ms_of.extend(own);
    assert_eq!(Rules::longest_lateness_ms(&timeouts), 4_239_000);
}
