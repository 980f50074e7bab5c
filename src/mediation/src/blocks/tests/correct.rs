//! What the correct aggregation makes of the original's vectors.

use std::collections::BTreeMap;

use flow::{Civil, EnrichedFlow, Field, Place, Tick, Value};

use super::vectors::cases;
use super::*;
use crate::aggregate::{Aggregator, Plan, Rules, Timeouts};

/// The timeouts of the default settings.
fn aggregator() -> Aggregator {
    let timeouts = Timeouts {
        idle_ms: 30_000,
        exporter_active_ms: 60_000,
        exporter_active_ms_of: BTreeMap::new(),
        exporter_idle_ms: None,
        exporter_idle_ms_of: BTreeMap::new(),
        slack_ms: 5_000,
        linger_ms: 2_000,
        longest_lifetime_ms: 3_600_000,
    };
    Aggregator::new(Rules::plain(timeouts, 1_000), 1)
}

/// Feeds each record in the second after its end, until all flows have left; and the
/// packets that several exporters reported.
fn aggregated(records: &[OriginalFlow]) -> (Vec<AggregatedFlow>, u64) {
    let mut core = aggregator();
    let mut out = Vec::new();
    for second in 0..300 {
        let due = |record: &&OriginalFlow| record.end_ms.div_euclid(1_000) + 1 == second;
        let batch: Vec<OriginalFlow> = records.iter().filter(due).copied().collect();
        let plan = core.plan(&batch, Tick::from_secs(second), Plan::default());
        core.apply(plan);
        out.extend(core.tick(Tick::from_secs(second + 1)));
    }
    assert_eq!(core.held(), 0);
    out.sort_by_key(|flow| (flow.start_ms, flow.exporter));
    (out, core.counters().duplicate.packets)
}

/// A row of the original, as prepared flows have it: a null bit rate is no number, and
/// the active time is in seconds. And whether the flow is complete.
type Prepared = (u64, u64, i64, i64, u16, f64, Option<f64>, Option<bool>);

fn prepared(flow: &AggregatedFlow) -> Prepared {
    let enriched = EnrichedFlow {
        flow: *flow,
        src: Place::default(),
        dst: Place::default(),
    };
    let value = |field| match enriched.value(field, &Civil::from_millis(flow.start_ms)) {
        Value::Float(number) => Some(number),
        Value::Unsigned(number) => u32::try_from(number).ok().map(f64::from),
        _ => None,
    };
    (
        flow.packets,
        flow.bytes,
        flow.start_ms,
        flow.end_ms,
        flow.tcp_flags.unwrap_or(0),
        value(Field::ActiveMs).unwrap() / 1_000.0,
        value(Field::BitRate),
        flow.complete,
    )
}

/// A flow that the correct aggregation and the original make alike.
fn alike(&(packets, bytes, first, last, flags, secs, rate): &Row) -> Prepared {
    // What the original passes on of TCP is complete.
    let complete = (flags > 0).then_some(true);
    (
        packets,
        bytes,
        first,
        last,
        flags,
        secs,
        Some(rate),
        complete,
    )
}

/// What differs, by case; all others are alike.
fn differing(name: &str) -> Option<Vec<Prepared>> {
    let one = (5, 500, 0, 1_000, 19, 1.0, Some(4_000.0), Some(true));
    let flows = match name {
        // Kept, and marked as incomplete.
        "TCP without end" => vec![(5, 500, 0, 1_000, 18, 1.0, Some(4_000.0), Some(false))],
        "TCP without opening" => vec![(5, 500, 0, 1_000, 17, 1.0, Some(4_000.0), Some(false))],
        "TCP, then another without end" => vec![
            one,
            (5, 500, 3_000, 4_000, 18, 1.0, Some(4_000.0), Some(false)),
        ],
        // It comes within the linger and belongs to the connection that it ends.
        "TCP, then a lone RST" => {
            vec![(10, 1_000, 0, 3_000, 23, 1.0, Some(8_000.0), Some(true))]
        }
        // Who reports it first is believed; here that is not who saw it first.
        "the same TCP flow from two exporters" => {
            vec![(5, 500, 1, 1_001, 19, 1.0, Some(4_000.0), Some(true))]
        }
        // The gap is subtracted as any other is.
        "UDP with a gap of exactly 30 s" => {
            vec![(10, 1_000, 0, 32_000, 0, 2.0, Some(4_000.0), None)]
        }
        // No rate is not a rate of 0.
        "UDP of no duration" => vec![(1, 60, 0, 0, 0, 0.0, None, None)],
        // Merged as other protocols are.
        "two ICMP records of one key" => {
            vec![(10, 1_000, 0, 3_000, 0, 2.0, Some(4_000.0), None)]
        }
        _ => return None,
    };
    Some(flows)
}

#[test]
fn the_correct_aggregation_leaves_nothing_out_and_differs_where_the_original_errs() {
    let mut alike_cases = Vec::new();
    for case in cases() {
        let (flows, duplicate) = aggregated(&case.records);
        let found: Vec<Prepared> = flows.iter().map(prepared).collect();
        let expected = differing(case.name).unwrap_or_else(|| {
            alike_cases.push(case.name);
            case.original.iter().map(alike).collect()
        });
        assert_eq!(found, expected, "{}", case.name);
        let packets: u64 = case.records.iter().map(|record| record.packets).sum();
        let counted: u64 = flows.iter().map(|flow| flow.packets).sum();
        assert_eq!(counted + duplicate, packets);
    }
    assert_eq!(
        alike_cases,
        [
            "TCP in one record",
            "TCP in two records",
            "TCP twice",
            "UDP with a gap of 10 s",
            "UDP with a gap of 31 s",
            "UDP records that overlap",
        ]
    );
}
