//! Captures of real exporters, against the counts of independent decoders: a table, of
//! which each difference is explained by the standard. It is kept as `docs/captures.md`.
#![expect(
    clippy::disallowed_methods,
    reason = "the captures are files beside the project"
)]

mod explained;
pub(crate) mod oracle;
mod table;

use std::fs;

use decode::{Ledger, Limits, Reason, Scope};
use flow::{Direction, ReceiveTime};

pub(crate) use self::explained::why;
use self::oracle::{Line, decode_of, manifest, root, templates_of};
use self::table::{Against, Row};
use crate::pages::assert_page;
use crate::pcap::datagrams;
use crate::support::{Collector, assert_balanced};

/// What a capture comes to.
#[derive(Debug)]
struct Sums {
    octets: u64,
    packets: u64,
    ledger: Ledger,
}

fn decode_all(file: &[u8]) -> Sums {
    let mut collector = Collector::new(Limits::default());
    let (mut octets, mut packets) = (0, 0);
    let mut latest_ms = i64::MIN;
    for datagram in datagrams(file).unwrap() {
        collector.received_ms = ReceiveTime::from_nanos(datagram.seen_nanos).millis();
        // Data that waited were received before, and some captures are not in order.
        latest_ms = latest_ms.max(collector.received_ms);
        let (flows, _) = collector.receive(datagram.source, &datagram.payload);
        for flow in &flows {
            assert!(flow.start_ms <= flow.end_ms);
            assert!(flow.end_seen_ms <= latest_ms);
            // The others sum up one direction of a biflow.
            if flow.direction != Direction::Reverse {
                octets += flow.bytes;
                packets += flow.packets;
            }
        }
    }
    let counters = collector.decoder.counters();
    assert_balanced(counters);
    let ledger = counters.total().clone();
    Sums {
        octets,
        packets,
        ledger,
    }
}

/// Why something of a capture did not become a flow, and how often. What only tells of
/// templates, or of flows that were kept, is left out.
fn reasons(ledger: &Ledger) -> String {
    let told = Reason::ALL.into_iter().filter_map(|reason| {
        let events = ledger.reason(reason).events;
        let lost = matches!(reason.scope(), Scope::Datagram | Scope::Set | Scope::Record);
        (events > 0 && lost).then(|| format!("{} {events}", reason.name()))
    });
    told.collect::<Vec<_>>().join(", ")
}

fn row(line: &Line, sums: &Sums) -> Row {
    let ledger = &sums.ledger;
    let shown = decode_of(&line.path, "tshark");
    Row {
        path: line.path.clone(),
        protocol: line.text("protocol").to_owned(),
        datagrams: Against::of(ledger.datagrams, [line.number("datagrams")]),
        flows: Against::of(
            ledger.records,
            ["tshark_flows", "nfdump_flows"].map(|column| line.number(column)),
        ),
        options: Against::of(
            ledger.options_records,
            [line.number("tshark_option_records")],
        ),
        templates: Against::of(ledger.templates, [shown.as_ref().map(templates_of)]),
        reasons: reasons(ledger),
        why: why(&line.path),
    }
}

/// Whether a sum is that of either decoder; one scales it by the sampling rate. Those of
/// sFlow are checked packet by packet elsewhere.
fn are_sums_right(line: &Line, sums: &Sums) -> bool {
    let is_either = |sum: u64, what: &str| {
        let columns = [format!("tshark_{what}"), format!("nfdump_{what}")];
        columns
            .iter()
            .any(|column| line.number(column) == Some(sum))
    };
    line.text("protocol").contains("sflow5")
        || is_either(sums.octets, "octets") && is_either(sums.packets, "packets")
}

#[test]
fn captures_give_what_independent_decoders_found_or_the_standard_says_why_not() {
    let lines = manifest();
    let mut rows = Vec::new();
    let mut wrong = Vec::new();
    for line in &lines {
        let sums = decode_all(&fs::read(root().join(&line.path)).unwrap());
        let row = row(line, &sums);
        if row.differs() != row.why.is_some() {
            wrong.push(format!(
                "to be explained if and only if it differs: {row:?}"
            ));
        }
        if row.why.is_none() && !are_sums_right(line, &sums) {
            wrong.push(format!("{}: {sums:?}", line.path));
        }
        rows.push(row);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    if !rows.is_empty() {
        explained::assert_all_in(&rows);
        assert_page("captures.md", &table::page(&rows));
    }
}
