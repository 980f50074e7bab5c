//! How many records a second one core aggregates: `cargo run --release -p mediation
//! --example aggregation`.
//!
//! For each number of live flows, each spread of records over them, and each address
//! family, a population of flows is filled in and then updated at a steady pace, with
//! expiry running: each update of a flow that has left begins it anew. Medians of
//! five rounds of ten seconds of flow time each; `MiB` is what the process
//! holds resident beyond what it held before.
#![expect(
    clippy::print_stdout,
    reason = "it measures time and memory and prints them"
)]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "its numbers are its own and small"
)]

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use flow::{Direction, Exporter, FlowKey, OriginalFlow, Tick, tcp_flag};
use mediation::aggregate::{Aggregator, Plan, Rules, Timeouts};

/// Records of one batch, as some dozens of datagrams bring them.
const BATCH: usize = 1_024;
/// Batches of one second of the pipeline's clock.
const BATCHES_PER_TICK: usize = 200;
/// Records of one round.
const ROUND: usize = BATCH * BATCHES_PER_TICK * 10;
/// One in so many records of TCP ends its flow.
const ENDS: u64 = 32;
const ROUNDS: usize = 5;
const T0: i64 = 1_700_000_000;

/// A small generator of random numbers (splitmix64), so that each run is the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Below `n`.
    fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    /// In `[0, 1)`.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Spread {
    Uniform,
    /// The flow of rank r gets a share in proportion to 1/r.
    Zipf,
}

/// Ranks of flows to update, drawn beforehand: drawing is not what is measured.
fn ranks(spread: Spread, live: u64, random: &mut Random) -> Vec<u32> {
    let log = (live as f64).ln();
    let draw = |random: &mut Random| match spread {
        Spread::Uniform => random.below(live) as u32,
        Spread::Zipf => ((random.unit() * log).exp() as u64).min(live - 1) as u32,
    };
    (0..ROUND).map(|_| draw(random)).collect()
}

/// The key of a flow. Ranks are spread over the address space by a multiplication, so
/// that neighbours in rank are not neighbours in memory.
fn key(rank: u32, v6: bool) -> FlowKey {
    let mixed = rank.wrapping_mul(0x9E37_79B1);
    let addr = |low: u32| -> IpAddr {
        if v6 {
            Ipv6Addr::from((0x2001_0DB8_u128 << 96) | u128::from(low)).into()
        } else {
            Ipv4Addr::from(low).into()
        }
    };
    FlowKey {
        src_addr: addr(0x0A00_0000 | (mixed >> 12)),
        dst_addr: addr(0xC612_0000 | (mixed & 0xFFF)),
        src_port: (mixed >> 7) as u16 | 0x8000,
        dst_port: 443,
        protocol: if rank.is_multiple_of(4) { 17 } else { 6 },
    }
}

fn record(rank: u32, v6: bool, now_ms: i64, ends: bool) -> OriginalFlow {
    let flags = if ends { tcp_flag::FIN } else { 0 } | tcp_flag::ACK;
    OriginalFlow {
        key: key(rank, v6),
        exporter: Exporter {
            addr: Ipv4Addr::new(192, 0, 2, 1).into(),
            domain: 1,
        },
        start_ms: now_ms - 900,
        end_ms: now_ms - 100,
        end_seen_ms: now_ms - 100,
        packets: 10,
        bytes: 10_000,
        sampling_rate: flow::SamplingRate::new(1),
        in_if: Some(1),
        out_if: Some(2),
        tcp_flags: (!rank.is_multiple_of(4)).then_some(flags),
        tos: Some(0),
        icmp: None,
        end_reason: None,
        direction: Direction::Uniflow,
        observed: None,
        vlan: None,
    }
}

/// The time this thread has had on a core: other programs' work does not count.
fn on_core() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = stat.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

/// Resident memory in octets.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok());
    kib.unwrap_or(0) * 1_024
}

fn rules() -> Rules {
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
    Rules::plain(timeouts, 1 << 28)
}

struct Bench {
    core: Aggregator,
    used: Plan,
    now: i64,
    released: u64,
    batches: usize,
}

impl Bench {
    fn new() -> Self {
        Self {
            core: Aggregator::new(rules(), 7),
            used: Plan::default(),
            now: T0,
            released: 0,
            batches: 0,
        }
    }

    /// Takes a batch in, and ticks after so many of them.
    fn take(&mut self, batch: &[OriginalFlow]) {
        let used = std::mem::take(&mut self.used);
        let plan = self.core.plan(batch, Tick::from_secs(self.now), used);
        self.used = self.core.apply(plan);
        self.batches += 1;
        if self.batches.is_multiple_of(BATCHES_PER_TICK) {
            self.now += 1;
            self.released += self.core.tick(Tick::from_secs(self.now)).len() as u64;
        }
    }
}

/// One row of the table.
fn measure(live: u64, spread: Spread, v6: bool) {
    let mut random = Random(live ^ u64::from(v6));
    let ranks = ranks(spread, live, &mut random);
    let before = resident();
    let mut bench = Bench::new();
    let mut batch = Vec::with_capacity(BATCH);
    for rank in 0..live as u32 {
        batch.push(record(rank, v6, bench.now * 1_000, false));
        if batch.len() == BATCH || u64::from(rank) + 1 == live {
            let plan = bench
                .core
                .plan(&batch, Tick::from_secs(bench.now), Plan::default());
            bench.core.apply(plan);
            batch.clear();
        }
    }
    let filled = resident() - before;
    let mut rounds: Vec<Duration> = (0..ROUNDS)
        .map(|_| round(&mut bench, &ranks, v6, &mut batch, &mut random))
        .collect();
    rounds.sort_unstable();
    let rate = ROUND as f64 / rounds[ROUNDS / 2].as_secs_f64();
    let name = if spread == Spread::Zipf {
        "Zipf"
    } else {
        "uniform"
    };
    println!(
        "{live:>9}  {name:<7}  {}  {:>8.2}  {:>7.1}  {:>7}  {:>5}  {:>9}  {:>8}",
        if v6 { "IPv6" } else { "IPv4" },
        rate / 1e6,
        1e9 / rate,
        filled >> 20,
        filled / live as usize,
        bench.core.live(),
        bench.released,
    );
}

/// One round: only taking in and ticking are timed.
fn round(
    bench: &mut Bench,
    ranks: &[u32],
    v6: bool,
    batch: &mut Vec<OriginalFlow>,
    random: &mut Random,
) -> Duration {
    let mut spent = Duration::ZERO;
    for ranks in ranks.chunks(BATCH) {
        let now_ms = bench.now * 1_000;
        batch.clear();
        batch.extend(ranks.iter().map(|&rank| {
            let ends = random.below(ENDS) == 0;
            record(rank, v6, now_ms, ends)
        }));
        let begun = on_core();
        bench.take(batch);
        spent += on_core() - begun;
    }
    spent
}

fn main() {
    println!(" live at 0  spread   addr  M upd/s  ns/upd      MiB  B/flow  live now  released");
    for live in [100_000, 1_000_000, 2_000_000] {
        for spread in [Spread::Zipf, Spread::Uniform] {
            for v6 in [false, true] {
                measure(live, spread, v6);
            }
        }
    }
}
