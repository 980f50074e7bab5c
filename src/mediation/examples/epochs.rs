//! What the first tick of an epoch costs, and any other: deriving its key, and making ready
//! what maps with it: `cargo run --release -p mediation --example epochs`.
//!
//! Figures are medians, by the time that this thread had on its core.
#![expect(clippy::print_stdout, reason = "it measures time and prints it")]

use std::hint::black_box;
use std::time::Duration;

use flow::{Field, Method, Tick};
use mediation::anonymize::method::{AddressBits, Digits, Grid, NoisePercent, TimeUnit};
use mediation::anonymize::{
    Epochs, Key, KeyRing, Methods, Parameters, Rules, Scheme, Scopes, Unsuitable,
};

const ROUNDS: i64 = 201;

/// The time this thread has had on a core: other programs' work does not count. Whoever
/// offers to yield has his time brought up to date.
fn on_core() -> Duration {
    std::thread::yield_now();
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = stat.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

/// The median of some times.
fn median(work: impl FnMut(i64)) -> Duration {
    let mut work = work;
    let timed = |round| {
        let begun = on_core();
        work(round);
        on_core() - begun
    };
    let mut times: Vec<Duration> = (0..ROUNDS).map(timed).collect();
    times.sort_unstable();
    times[times.len() / 2]
}

fn key() -> Key {
    Key::from_octets(&[7; Key::LEN]).expect("the length of a key")
}

/// Everything that has a key: addresses, ports, times and counters.
fn keyed() -> Result<Methods, Unsuitable> {
    Methods::standard()
        .with(Field::SrcPort, Method::Permutation)?
        .with(Field::DstPort, Method::Permutation)?
        .with(Field::StartMs, Method::Enumeration)?
        .with(Field::EndMs, Method::Enumeration)?
        .with(Field::Bytes, Method::Noise)
}

fn parameters() -> Option<Parameters> {
    Some(Parameters {
        address_bits: AddressBits::new(24, 48)?,
        time_unit: TimeUnit::from_millis(60_000)?,
        shift_most_ms: 43_200_000,
        shift_epoch: TimeUnit::from_millis(86_400_000)?,
        digits: Digits::new(2)?,
        noise: NoisePercent::new(10)?,
        grid: Grid::new(1.0)?,
    })
}

fn main() {
    let hour = |round: i64| Tick::from_secs(round * 3_600);
    let derived = median(|round| {
        let epoch = Epochs::Hourly.of(hour(round));
        black_box(epoch.map(|epoch| key().of_epoch(epoch)));
    });
    println!("derive a key: {derived:?}");
    let methods = keyed().expect("methods that suit their fields");
    let parameters = parameters().expect("measures within their ranges");
    let rules = Rules::new("custom", methods, parameters, Scopes::NONE);
    let keyed = Scheme::table(rules.expect("methods that fit together"));
    for (name, scheme) in [("standard", Scheme::STANDARD), ("all with a key", keyed)] {
        let mut ring = KeyRing::new(scheme, Epochs::Hourly, key());
        let first = median(|round| {
            black_box(ring.at(hour(round + 1)));
        });
        let others = median(|_| {
            for second in 0..1_000 {
                black_box(ring.at(hour(ROUNDS).plus(second)));
            }
        });
        println!("{name}: the first tick of an epoch {first:?}, 1000 others {others:?}");
    }
}
