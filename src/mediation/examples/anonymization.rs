//! How many addresses and flows a second one core anonymizes by Crypto-PAn:
//! `cargo run --release -p mediation --example anonymization`, or behind `--` a family and a
//! spread, as `IPv6 new`.
//!
//! Addresses are drawn from a million, each in proportion to 1/rank (Zipf) or all alike
//! (uniform), or come only once and have nothing in common (new): then nothing that is
//! remembered helps, which is the cost without a memory, and a little more. A million IPv6
//! addresses are in 100,000 networks of 64 bits.
//!
//! Columns: addresses in batches, by ipcrypt-pfx too, and one by one without a memory; whole
//! flows (two addresses and the exporter's) by the policy `standard`, by `strict`, which is a table of
//! methods, and by `none` for comparison. Figures are medians of rounds that take turns, by
//! the time that this thread had on its core. Below it, what the permutations cost that keep no
//! prefixes: they remember nothing, so that it does not matter which addresses they are given.
#![expect(
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it measures time and prints it; its numbers are its own and small"
)]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use flow::{AggregatedFlow, EndReason, EnrichedFlow, Exporter, FlowKey, Place};
use mediation::anonymize::method::{
    AddressBits, AddressPermutation, Digits, Grid, IpcryptDeterministic, NoisePercent, TimeUnit,
};
use mediation::anonymize::{
    Anonymization, CryptoPan, IpcryptPfx, Key, Methods, Parameters, Policy, Scopes, SpecialUse,
    Table,
};

/// Flows of a batch, as many as the program takes at once.
const BATCH: usize = 1_024;
/// Addresses of one round.
const ADDRS: usize = BATCH * 256;
const ROUNDS: usize = 21;
/// Addresses that there are.
const POPULATION: u32 = 1_000_000;
/// IPv6 addresses in a network of 64 bits.
const HOSTS: u64 = 10;

/// A small generator of random numbers (splitmix64), so that each run is the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mixed(self.0)
    }

    /// In `[0, 1)`.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

const fn mixed(number: u64) -> u64 {
    let z = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[derive(Clone, Copy)]
enum Spread {
    Zipf,
    Uniform,
    New,
}

impl Spread {
    const fn name(self) -> &'static str {
        match self {
            Self::Zipf => "Zipf",
            Self::Uniform => "uniform",
            Self::New => "new",
        }
    }

    fn draw(self, v6: bool, random: &mut Random) -> IpAddr {
        let population = f64::from(POPULATION);
        let rank = match self {
            Self::Zipf => (random.unit() * population.ln()).exp() as u64,
            Self::Uniform => (random.unit() * population) as u64,
            Self::New if v6 => {
                let octets = [random.next(), random.next()].map(u64::to_be_bytes);
                let octets = octets.as_flattened().first_chunk::<16>();
                return Ipv6Addr::from(octets.copied().unwrap_or_default()).into();
            }
            Self::New => random.next(),
        };
        if v6 {
            let prefix = 0x2A00_u64 << 48 | mixed(rank / HOSTS) >> 16;
            Ipv6Addr::from_bits(u128::from(prefix) << 64 | u128::from(mixed(rank))).into()
        } else {
            Ipv4Addr::from_bits(mixed(rank) as u32).into()
        }
    }
}

fn flow(addrs: [IpAddr; 2]) -> EnrichedFlow {
    let [src_addr, dst_addr] = addrs;
    EnrichedFlow {
        flow: AggregatedFlow {
            key: FlowKey {
                src_addr,
                dst_addr,
                src_port: 40_000,
                dst_port: 443,
                protocol: 6,
            },
            exporter: Exporter::new(IpAddr::from([192, 0, 2, 1]), 0),
            start_ms: 1_700_000_000_000,
            end_ms: 1_700_000_001_000,
            active_ms: 1_000,
            packets: 10,
            bytes: 10_000,
            reverse: None,
            sampling_rate: None,
            records: 1,
            in_if: Some(1),
            out_if: Some(2),
            vlan: None,
            tcp_flags: Some(0x1b),
            tos: Some(0),
            icmp: None,
            end_reason: EndReason::End,
            complete: Some(true),
            block_place: None,
        },
        src: Place::default(),
        dst: Place::default(),
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

fn timed(work: impl FnOnce()) -> Duration {
    let begun = on_core();
    work();
    on_core() - begun
}

/// Nanoseconds for one of `many`: the median of times.
fn each(mut times: Vec<Duration>, many: usize) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e9 / many as f64
}

fn key() -> Key {
    let key: [u8; Key::LEN] = std::array::from_fn(|i| i as u8 * 7 + 1);
    Key::from_octets(&key).expect("the length of a key")
}

fn pan() -> CryptoPan {
    CryptoPan::new(&key())
}

/// The strict policy with the measures that it has by default.
fn strict() -> Option<Policy> {
    let parameters = Parameters {
        address_bits: AddressBits::new(24, 48)?,
        time_unit: TimeUnit::from_millis(60_000)?,
        shift_most_ms: 43_200_000,
        shift_epoch: TimeUnit::from_millis(86_400_000)?,
        digits: Digits::new(2)?,
        noise: NoisePercent::new(10)?,
        grid: Grid::new(1.0)?,
    };
    let scopes = Scopes::new(&[], SpecialUse::Clear);
    let table = Table::new(
        "strict",
        Methods::strict(),
        parameters,
        scopes,
        Some(&key()),
    );
    Some(Policy::Table(Box::new(table.ok()?)))
}

const fn family(v6: bool) -> &'static str {
    if v6 { "IPv6" } else { "IPv4" }
}

/// One row of the table.
fn measure(spread: Spread, v6: bool) {
    let mut random = Random(u64::from(v6));
    let (pan, pfx) = (pan(), IpcryptPfx::new(&key()));
    let standard = Anonymization::new(Policy::Standard(Box::new(self::pan())));
    let strict = Anonymization::new(strict().expect("measures within their ranges"));
    let none = Anonymization::new(Policy::None);
    let mut times: [Vec<Duration>; 6] = Default::default();
    // The first round, in which memory is cold, counts for nothing.
    for round in 0..=ROUNDS {
        let addrs: Vec<IpAddr> = (0..ADDRS).map(|_| spread.draw(v6, &mut random)).collect();
        let flows: Vec<EnrichedFlow> = addrs.as_chunks().0.iter().map(|&two| flow(two)).collect();
        let in_batches = |map: &dyn Fn(&mut [IpAddr])| {
            let mut mapped = addrs.clone();
            let time = timed(|| mapped.chunks_mut(2 * BATCH).for_each(map));
            black_box(mapped);
            time
        };
        let batches = in_batches(&|batch| pan.anonymize_all(batch));
        let by_pfx = in_batches(&|batch| pfx.anonymize_all(batch));
        let single = timed(|| {
            for &addr in &addrs {
                black_box(pan.anonymize(addr));
            }
        });
        let whole = |policy: &Anonymization| {
            timed(|| {
                for batch in flows.chunks(BATCH) {
                    black_box(policy.anonymize(batch));
                }
            })
        };
        let all = [
            batches,
            by_pfx,
            single,
            whole(&standard),
            whole(&strict),
            whole(&none),
        ];
        if round > 0 {
            for (times, time) in times.iter_mut().zip(all) {
                times.push(time);
            }
        }
    }
    let [batches, by_pfx, single, standard, strict, none] = times;
    let [batches, by_pfx, single] = [batches, by_pfx, single].map(|times| each(times, ADDRS));
    let [standard, strict, none] = [standard, strict, none].map(|times| each(times, ADDRS / 2));
    println!(
        "{}  {:<7}  {:>9.1}  {batches:>7.1}  {by_pfx:>6.1}  {single:>7.1}  {:>9.2}  {standard:>8.1}  {strict:>6.1}  {none:>6.1}",
        family(v6),
        spread.name(),
        1e3 / batches,
        1e3 / standard,
    );
}

/// Nanoseconds an address, one by one.
fn one_by_one(v6: bool, map: impl Fn(IpAddr) -> IpAddr) -> f64 {
    let mut random = Random(u64::from(v6));
    let addrs: Vec<IpAddr> = (0..ADDRS)
        .map(|_| Spread::New.draw(v6, &mut random))
        .collect();
    let round = || {
        timed(|| {
            for &addr in &addrs {
                black_box(map(addr));
            }
        })
    };
    each((0..ROUNDS).map(|_| round()).collect(), ADDRS)
}

fn measure_without_prefixes() {
    let permutation = AddressPermutation::new(&key());
    let cipher = IpcryptDeterministic::new(&key());
    println!("\naddr  permutation  ipcrypt-deterministic  ns");
    for v6 in [false, true] {
        println!(
            "{}  {:>11.1}  {:>21.1}",
            family(v6),
            one_by_one(v6, |addr| permutation.map(addr)),
            one_by_one(v6, |addr| cipher.map(addr)),
        );
    }
}

fn main() {
    let key = timed(|| {
        black_box(pan());
    });
    println!(
        "AES instructions: {}; a key is made ready in {:.2} ms\n",
        if CryptoPan::hardware_accelerated() {
            "yes"
        } else {
            "no"
        },
        key.as_secs_f64() * 1e3
    );
    println!(
        "addr  spread   M addrs/s       ns  by pfx   single  M flows/s  standard  strict    none"
    );
    println!(
        "                 batches  an addr      ns      one               ns a flow      ns      ns"
    );
    let asked: Vec<String> = std::env::args().skip(1).collect();
    for v6 in [false, true] {
        for spread in [Spread::Zipf, Spread::Uniform, Spread::New] {
            let row = [family(v6), spread.name()];
            if asked.is_empty() || asked == row {
                measure(spread, v6);
            }
        }
    }
    if asked.is_empty() {
        measure_without_prefixes();
    }
}
