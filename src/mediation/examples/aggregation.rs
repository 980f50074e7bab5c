//! How many records a second one core aggregates: `cargo run --release -p mediation
//! --example aggregation`, or behind `--` the numbers of live flows that are of interest,
//! or one number, `Zipf` or `uniform`, and `IPv4` or `IPv6`.
//!
//! For each number of live flows, each spread of records over them, and each address
//! family, a population of flows is filled in over as long as a flow waits, and then
//! updated at a steady pace. So expiry runs all the time: in each second, flows whose
//! end was seen and flows that nothing has joined leave, and the next record of such a
//! flow begins it anew.
//!
//! Each round draws its records beforehand, makes them once for nothing, and once more
//! for the aggregator, in batches of as many as the program plans at once, so that they
//! are near, as they are where they have just been decoded. What it takes is the time
//! that this thread had on its core for the second pass and the tick, less that of the
//! first. The figures are the median of the rounds and the best; `MiB` is what the
//! process holds resident beyond what it held before, once it is filled in.
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
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process::Command;
use std::time::Duration;

use flow::{Direction, Exporter, FlowKey, OriginalFlow, Tick, tcp_flag};
use mediation::aggregate::{Aggregator, Plan, Rules, Timeouts};

/// Records of one batch: as many as the program plans at once.
const BATCH: usize = 1_024;
/// Batches of one second of the pipeline's clock.
const BATCHES_PER_TICK: usize = 400;
/// One in so many records of TCP ends its flow.
const ENDS: u64 = 32;
/// Seconds that are measured, each a round.
const ROUNDS: usize = 71;
/// Seconds over which the population is filled in: as long as a flow waits.
const FILLING: u64 = 95;
/// A prime, by which the population is filled in in another order than that of ranks.
const STRIDE: u64 = 7_368_787;
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

impl Spread {
    const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Zipf => "Zipf",
        }
    }

    /// The rank of the flow to update next.
    fn draw(self, live: u64, random: &mut Random) -> u32 {
        match self {
            Self::Uniform => random.below(live) as u32,
            Self::Zipf => ((random.unit() * (live as f64).ln()).exp() as u64).min(live - 1) as u32,
        }
    }
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

/// The time this thread has had on a core: other programs' work does not count. Whoever
/// offers to yield has his time brought up to date.
fn on_core() -> Duration {
    std::thread::yield_now();
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
}

impl Bench {
    fn new() -> Self {
        Self {
            core: Aggregator::new(rules(), 7),
            used: Plan::default(),
            now: T0,
            released: 0,
        }
    }

    /// Takes a batch in.
    fn take(&mut self, batch: &[OriginalFlow]) {
        let used = std::mem::take(&mut self.used);
        let plan = self.core.plan(batch, Tick::from_secs(self.now), used);
        self.used = self.core.apply(plan);
    }

    /// Ends a second.
    fn tick(&mut self) {
        self.now += 1;
        self.released += self.core.tick(Tick::from_secs(self.now)).len() as u64;
    }
}

/// Fills the population in, each second its share.
fn fill(bench: &mut Bench, live: u64, v6: bool) {
    let mut batch = Vec::with_capacity(BATCH);
    for second in 0..FILLING {
        let (begin, end) = (live * second / FILLING, live * (second + 1) / FILLING);
        let ranks: Vec<u32> = (begin..end)
            .map(|number| (number * STRIDE % live) as u32)
            .collect();
        for ranks in ranks.chunks(BATCH) {
            batch.clear();
            let now_ms = bench.now * 1_000;
            batch.extend(ranks.iter().map(|&rank| record(rank, v6, now_ms, false)));
            bench.take(&batch);
        }
        bench.tick();
    }
}

/// One row of the table.
fn measure(live: u64, spread: Spread, v6: bool) {
    let mut random = Random(live ^ u64::from(v6));
    let before = resident();
    let mut bench = Bench::new();
    fill(&mut bench, live, v6);
    let filled = resident() - before;
    let mut rounds: Vec<Duration> = (0..ROUNDS)
        .map(|_| round(&mut bench, live, spread, v6, &mut random))
        .collect();
    rounds.sort_unstable();
    let rate = |round: Duration| (BATCH * BATCHES_PER_TICK) as f64 / round.as_secs_f64();
    let median = rate(rounds[ROUNDS / 2]);
    println!(
        "{live:>9}  {:<7}  {}  {:>8.2}  {:>6.2}  {:>6.1}  {:>4}  {:>6}  {:>9}  {:>9}",
        spread.name(),
        if v6 { "IPv6" } else { "IPv4" },
        median / 1e6,
        rate(rounds[0]) / 1e6,
        1e9 / median,
        filled >> 20,
        filled / live as usize,
        bench.core.live(),
        bench.released,
    );
}

/// One round, a second of flow time: what it takes beyond making the records.
fn round(bench: &mut Bench, live: u64, spread: Spread, v6: bool, random: &mut Random) -> Duration {
    let mut batch = Vec::with_capacity(BATCH);
    let mut draw = || {
        let ends = random.below(ENDS) == 0;
        (spread.draw(live, random), ends)
    };
    let drawn: Vec<(u32, bool)> = (0..BATCH * BATCHES_PER_TICK).map(|_| draw()).collect();
    let now_ms = bench.now * 1_000;
    let mut pass = |take: &mut dyn FnMut(&[OriginalFlow])| {
        let begun = on_core();
        for drawn in drawn.chunks(BATCH) {
            batch.clear();
            batch.extend(
                drawn
                    .iter()
                    .map(|&(rank, ends)| record(rank, v6, now_ms, ends)),
            );
            take(&batch);
        }
        on_core() - begun
    };
    let making = pass(&mut |batch| {
        black_box(batch);
    });
    let all = pass(&mut |batch| bench.take(batch));
    let begun = on_core();
    bench.tick();
    (all + on_core() - begun).saturating_sub(making)
}

/// Measures the row that is asked for by number, spread and family; else each row, in a
/// process of its own, so that memory that one has given back does not serve the next.
fn main() -> std::io::Result<()> {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let number = |asked: &String| asked.parse().ok();
    if let [live, spread, family] = &asked[..] {
        let spread = [Spread::Zipf, Spread::Uniform]
            .into_iter()
            .find(|of| of.name() == spread);
        if let (Some(live), Some(spread)) = (number(live), spread) {
            measure(live, spread, family == "IPv6");
        }
        return Ok(());
    }
    let mut lives: Vec<u64> = asked.iter().filter_map(number).collect();
    if lives.is_empty() {
        lives = vec![100_000, 1_000_000, 2_000_000];
    }
    println!(
        "  live at  spread   addr   M upd/s    best      ns   MiB  octets       live   released"
    );
    println!("    first                                                 a flow     at end");
    let myself = std::env::current_exe()?;
    for live in lives {
        for spread in [Spread::Zipf, Spread::Uniform] {
            for family in ["IPv4", "IPv6"] {
                let row = [&live.to_string(), spread.name(), family];
                Command::new(&myself).args(row).status()?;
            }
        }
    }
    Ok(())
}
