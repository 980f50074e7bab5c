//! Aggregation within blocks: the vectors of the original, what each switch mends, and
//! what holds for any input.

mod borders;
mod correct;
mod laws;
mod switches;
mod vectors;

use flow::{
    Civil, Direction, EnrichedFlow, Exporter, Field, FlowKey, Icmp, OriginalFlow, Place, Value,
    protocol,
};

use super::*;

/// A record of one key: 5 packets and 500 octets from `start` to `end`, in ms.
fn record(protocol: u8, start: i64, end: i64, flags: u16) -> OriginalFlow {
    let ports = if protocol == protocol::ICMP {
        (0, 0)
    } else {
        (40_000, 443)
    };
    OriginalFlow {
        key: FlowKey {
            src_addr: "198.18.0.1".parse().unwrap(),
            dst_addr: "198.19.0.1".parse().unwrap(),
            src_port: ports.0,
            dst_port: ports.1,
            protocol,
        },
        exporter: exporter(1),
        start_ms: start,
        end_ms: end,
        end_seen_ms: end,
        packets: 5,
        bytes: 500,
        sampling_rate: None,
        in_if: None,
        out_if: None,
        tcp_flags: (protocol == protocol::TCP).then_some(flags),
        tos: None,
        icmp: (protocol == protocol::ICMP).then_some(Icmp { kind: 8, code: 0 }),
        end_reason: None,
        direction: Direction::Uniflow,
        observed: None,
        vlan: None,
    }
}

fn exporter(last: u8) -> Exporter {
    Exporter::new([192, 0, 2, last].into(), 0)
}

/// The records in their places.
fn placed(records: &[OriginalFlow]) -> Vec<Placed> {
    let place = |(place, &record): (u32, &OriginalFlow)| Placed { place, record };
    (0..).zip(records).map(place).collect()
}

/// A block of these records: its flows, and what was counted.
fn block(records: &[OriginalFlow], rules: Rules) -> (Vec<BlockFlow>, Counters) {
    let mut blocks = Blocks::new(rules);
    blocks.take_in(placed(records));
    let plan = blocks.plan();
    let flows = blocks.end_block(plan);
    assert_eq!(blocks.held(), 0);
    (flows, *blocks.counters())
}

/// Packets, octets, first, last, flags, duration in s, bit/s: a row of the original. It
/// has 0 where there are no flags.
type Row = (u64, u64, i64, i64, u16, f64, f64);

/// The active time as the original tells it.
#[expect(clippy::cast_precision_loss, reason = "times of tests are short")]
fn secs(millis: u64) -> f64 {
    millis as f64 / 1_000.0
}

/// The bit rate as the original tells it: 0 over no time.
fn bit_rate(flow: &AggregatedFlow) -> f64 {
    let enriched = EnrichedFlow {
        flow: *flow,
        src: Place::default(),
        dst: Place::default(),
    };
    match enriched.value(Field::BitRate, &Civil::from_millis(0)) {
        Value::Float(rate) => rate,
        _ => 0.0,
    }
}

fn row(flow: &BlockFlow) -> Row {
    let AggregatedFlow {
        packets,
        bytes,
        start_ms,
        end_ms,
        tcp_flags,
        ..
    } = flow.flow;
    (
        packets,
        bytes,
        start_ms,
        end_ms,
        tcp_flags.unwrap_or(0),
        secs(flow.flow.active_ms),
        bit_rate(&flow.flow),
    )
}

fn rows(flows: &[BlockFlow]) -> Vec<Row> {
    flows.iter().map(row).collect()
}
