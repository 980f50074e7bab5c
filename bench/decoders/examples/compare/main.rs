//! Nanoseconds a record of our decoder and two others, on one core, in one run:
//! `cargo run --release -p decoders --example compare [PART OF A NAME]`.
//!
//! Every decoder gets the same datagrams, and before anything is timed it must have
//! come to the same records, octets and packets as were encoded. Ours makes whole
//! Original Flows and keeps templates for each exporter, port and domain; the others
//! make values of the fields and keep templates for one exporter. Runs alternate,
//! time on the core is taken, and medians and their ratios are printed.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "it measures, prints, and falls over if a decoder did not decode"
)]

#[path = "../../peers/mod.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod peers;
mod workload;

use std::hint::black_box;
use std::net::SocketAddr;

use decode::{Datagram, Decoder, Limits};
use flow::{OriginalFlow, ReceiveTime};
use nix::time::{ClockId, clock_gettime};
use peers::{Read, Value, netflow_parser, netgauze};
use workload::{RECEIVED_MS, Totals, Workload};

/// Rounds of each decoder.
const ROUNDS: usize = 9;
/// Records in a round.
const RECORDS: u32 = 400_000;

/// One of the decoders, with the templates of a workload.
enum Contestant {
    Ours(Box<Decoder>, Vec<OriginalFlow>),
    NetflowParser(Box<netflow_parser::Peer>),
    Netgauze(netgauze::Peer),
}

impl Contestant {
    /// The decoders that read a workload.
    fn all(workload: &Workload) -> Vec<Self> {
        let ours = Decoder::new(Limits::default());
        let mut all = vec![Self::Ours(Box::new(ours), Vec::with_capacity(64))];
        if workload.protocol != "sflow" {
            all.push(Self::NetflowParser(Box::new(netflow_parser::Peer::new())));
        }
        if matches!(workload.protocol, "v9" | "ipfix") {
            all.push(Self::Netgauze(netgauze::Peer::default()));
        }
        all
    }

    /// Decodes a datagram and lets go of what comes of it.
    fn decode(&mut self, payload: &[u8]) {
        match self {
            Self::Ours(decoder, flows) => {
                let plan = decoder.plan(datagram(payload), std::mem::take(flows));
                let report;
                (*flows, report) = decoder.apply(plan);
                black_box((&flows, report));
                flows.clear();
            }
            Self::NetflowParser(peer) => drop(black_box(peer.parse(payload).unwrap())),
            Self::Netgauze(peer) if payload[1] == 9 => {
                drop(black_box(peer.parse_v9(payload).unwrap()));
            }
            Self::Netgauze(peer) => drop(black_box(peer.parse_ipfix(payload).unwrap())),
        }
    }

    /// What a datagram comes to.
    fn totals(&mut self, payload: &[u8]) -> Totals {
        match self {
            Self::Ours(decoder, _) => {
                let plan = decoder.plan(datagram(payload), Vec::new());
                let (flows, report) = decoder.apply(plan);
                assert_eq!(report.error, None);
                flows.iter().fold(Totals::default(), |totals, flow| {
                    totals.and(flow.packets, flow.bytes)
                })
            }
            Self::NetflowParser(peer) if payload[1] == 5 => {
                let read = peer.read_fixed(payload).unwrap();
                let records = read.records.iter();
                records.fold(Totals::default(), |totals, record| {
                    totals.and(record.packets.into(), record.octets.into())
                })
            }
            Self::NetflowParser(peer) => totals_of(&peer.read(payload).unwrap()),
            Self::Netgauze(peer) => totals_of(&peer.read(payload).unwrap()),
        }
    }

    /// Nanoseconds a record of one round.
    fn round(&mut self, workload: &Workload) -> f64 {
        let mut records = 0_u32;
        let began = on_core_ns();
        for (payload, of) in workload.data.iter().cycle() {
            self.decode(payload);
            records += of.records;
            if records >= RECORDS {
                break;
            }
        }
        (on_core_ns() - began) / f64::from(records)
    }
}

/// How long this thread has run on a core, in nanoseconds: what else runs on the
/// machine takes turns with it and is not counted.
fn on_core_ns() -> f64 {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap();
    #[expect(clippy::cast_precision_loss, reason = "a run has far fewer digits")]
    let parts = (time.tv_sec() as f64, time.tv_nsec() as f64);
    parts.0 * 1e9 + parts.1
}

fn datagram(payload: &[u8]) -> Datagram<'_> {
    Datagram {
        source: SocketAddr::from(([192, 0, 2, 1], 2_055)),
        received: ReceiveTime::from_millis(RECEIVED_MS),
        payload,
    }
}

fn totals_of(read: &Read) -> Totals {
    let number = |line: &peers::Line, element| {
        let cell = line.cells.iter().find(|(name, _)| *name == (0, element));
        match cell {
            Some((_, Value::Number(number))) => *number,
            other => panic!("element {element}: {other:?}"),
        }
    };
    read.lines.iter().fold(Totals::default(), |totals, line| {
        totals.and(number(line, 2), number(line, 1))
    })
}

/// The median of each contestant's rounds.
fn medians(workload: &Workload) -> Vec<f64> {
    let mut contestants = Contestant::all(workload);
    for contestant in &mut contestants {
        for payload in &workload.templates {
            contestant.decode(payload);
        }
        for (payload, expected) in &workload.data {
            assert_eq!(contestant.totals(payload), *expected, "{}", workload.name);
        }
        contestant.round(workload);
    }
    let mut rounds = vec![Vec::new(); contestants.len()];
    for _ in 0..ROUNDS {
        for (contestant, rounds) in contestants.iter_mut().zip(&mut rounds) {
            rounds.push(contestant.round(workload));
        }
    }
    let median = |mut rounds: Vec<f64>| {
        rounds.sort_by(f64::total_cmp);
        rounds[ROUNDS / 2]
    };
    rounds.into_iter().map(median).collect()
}

fn main() {
    println!(
        "| records | fields | ours, ns | M records/s | netflow_parser, ns | netgauze, ns | the faster / ours |"
    );
    println!("|---|---|---|---|---|---|---|");
    let wanted = std::env::args().nth(1).unwrap_or_default();
    for workload in workload::all() {
        if !workload.name.contains(&wanted) {
            continue;
        }
        let medians = medians(&workload);
        let ours = medians[0];
        let cell = |at: usize| {
            medians
                .get(at)
                .map_or("-".to_owned(), |ns| format!("{ns:.1}"))
        };
        let faster = medians[1..].iter().copied().min_by(f64::total_cmp);
        println!(
            "| {} | {} | {ours:.1} | {:.1} | {} | {} | {} |",
            workload.name,
            workload.fields,
            1e3 / ours,
            cell(1),
            cell(2),
            faster.map_or("-".to_owned(), |ns| format!("{:.1}", ns / ours)),
        );
    }
}
