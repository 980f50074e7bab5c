//! The demo's table, and whether it adds up.

use std::fmt::Write;
use std::time::Duration;

use actors::accounting::Totals;

use super::client::Received;
use crate::cli::generate;

/// The way of everything that was sent, hop by hop.
pub(super) fn table(
    sent: &generate::Totals,
    totals: &Totals,
    received: &Received,
    elapsed: Duration,
) -> String {
    let rows: &[(&str, u64, &str)] = &[
        (
            "datagrams sent",
            sent.datagrams,
            "by four exporters: NetFlow v5, v9, IPFIX, sFlow",
        ),
        (
            "  dropped by the kernel",
            totals.datagrams_dropped_by_kernel,
            "receive buffer full",
        ),
        ("  received", totals.datagrams_received, ""),
        ("  recorded (raw)", totals.datagrams_recorded, ""),
        ("  rejected", totals.datagrams_rejected, ""),
        ("  decoded", totals.datagrams_decoded, ""),
        ("records sent", sent.records, ""),
        ("  decoded", totals.records_decoded, ""),
        ("  in quarantine", totals.records_quarantined, ""),
        (
            "  merged into flows",
            totals.records_merged,
            "pieces of flows that were cut",
        ),
        (
            "  of several exporters",
            totals.records_duplicate,
            "counted once",
        ),
        ("  held", totals.records_held, "0 after a drain"),
        ("flows released", totals.flows_released, ""),
        ("  in quarantine", totals.flows_quarantined, ""),
        ("  published", totals.flows_published, ""),
        ("  recorded (prepared)", totals.flows_recorded, ""),
        ("  not recorded", totals.flows_not_recorded, ""),
        ("flows at the client", received.flows, ""),
        ("  declared missing", totals.flows_missed, ""),
    ];
    let mut text = String::new();
    for (name, count, remark) in rows {
        writeln!(text, "{name:<26}{count:>14}  {remark}").ok();
    }
    for (name, sent, received) in [
        ("packets", sent.packets, received.packets),
        ("octets", sent.bytes, received.bytes),
    ] {
        writeln!(
            text,
            "{name:<26}{sent:>14}  sent\n{:<26}{received:>14}  at the client",
            ""
        )
        .ok();
    }
    let seconds = elapsed.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = totals.records_decoded as f64 / seconds;
    writeln!(
        text,
        "{seconds:.1} s from the first datagram to the drained service, {rate:.0} records/s"
    )
    .ok();
    text
}

/// The first count that does not agree, with both sides; `None` if all do.
pub(super) fn difference(
    sent: &generate::Totals,
    totals: &Totals,
    received: &Received,
) -> Option<String> {
    let equalities = [
        (
            "datagrams sent = received + dropped by the kernel",
            sent.datagrams,
            totals.datagrams_received + totals.datagrams_dropped_by_kernel,
        ),
        (
            "datagrams received = recorded + not recorded",
            totals.datagrams_received,
            totals.datagrams_recorded + totals.datagrams_not_recorded,
        ),
        (
            "flows published = recorded + not recorded",
            totals.flows_published,
            totals.flows_recorded + totals.flows_not_recorded,
        ),
        (
            "flows published = at the client + declared missing",
            totals.flows_published,
            received.flows + totals.flows_missed,
        ),
        (
            "flows out of order = 0",
            received.out_of_order,
            received.gaps,
        ),
        (
            "the client was told that the stream ends",
            u64::from(received.ended),
            1,
        ),
    ];
    let lossless = [
        (
            "records sent = decoded",
            sent.records,
            totals.records_decoded,
        ),
        (
            "records sent = in the client's flows",
            sent.records,
            received.records,
        ),
        (
            "packets sent = at the client",
            sent.packets,
            received.packets,
        ),
        ("octets sent = at the client", sent.bytes, received.bytes),
    ];
    // What the kernel dropped is named above; its records cannot be known.
    let lossless = lossless
        .iter()
        .filter(|_| totals.datagrams_dropped_by_kernel == 0);
    let broken = |(law, left, right): &(&str, u64, u64)| {
        (left != right).then(|| format!("{law}: {left} and {right}"))
    };
    let imbalances = totals.imbalances();
    let stages = imbalances
        .first()
        .map(|i| format!("{}: {} and {}", i.law, i.left, i.right));
    stages.or_else(|| equalities.iter().chain(lossless).find_map(broken))
}
