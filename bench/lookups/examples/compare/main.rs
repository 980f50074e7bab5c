//! Nanoseconds a look-up of our table and three others, on one core, in one run:
//! `cargo run --release -p lookups --example compare [IPV4 PREFIXES [IPV6 PREFIXES]]`.
//!
//! All of them hold the same made-up world and are asked for the same addresses; a test
//! holds that they agree. Every attribute is taken out. Ours gives them borrowed, and as a
//! whole `flow::Place` with names of its own, as `prefix-trie` does; `maxminddb` decodes a
//! record, texts borrowed; `iprange` only says whether it has the address.
//! Ours is asked in batches too, as the program asks it; the ratios are of those.
//! Rounds alternate, time on the core is taken, and medians and their ratios are printed.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "it measures, prints, and falls over if something is amiss"
)]

mod build;

use std::hint::black_box;
use std::net::IpAddr;

use db::{Entry, Table};
use lookups::peers::{Maxmind, Set, Trie, table};
use lookups::{Family, Traffic, World, addresses};
use nix::time::{ClockId, clock_gettime};

/// The seeds of the world and of the traffic.
const SEEDS: (u64, u64) = (1, 2);
/// Rounds of each contestant.
const ROUNDS: usize = 9;
/// Look-ups in a round, as many different addresses.
const LOOKUPS: u32 = 1 << 18;
/// Ways to look up: four of ours, and three.
const WAYS: usize = 7;
/// Addresses of a batch, in which the program looks them up.
const BATCH: usize = 1_024;

/// All that are compared.
struct Contestants {
    table: Table,
    maxmind: Maxmind,
    trie: Trie,
    set: Set,
}

impl Contestants {
    /// Nanoseconds a look-up of each, in the order of the columns.
    fn round(&self, addrs: &[IpAddr]) -> [f64; WAYS] {
        let Self {
            table,
            maxmind,
            trie,
            set,
        } = self;
        let mut places = Vec::with_capacity(BATCH);
        [
            each(addrs, |addr| table.find(addr).map(attributes)),
            each(addrs, |addr| table.place(addr)),
            batches(addrs, |addrs| {
                table.find_all(addrs, |entry| drop(black_box(entry.map(attributes))));
            }),
            batches(addrs, |addrs| {
                places.clear();
                table.places(addrs, &mut places);
                black_box(&places);
            }),
            each(addrs, |addr| maxmind.find(addr)),
            each(addrs, |addr| trie.find(addr)),
            each(addrs, |addr| set.contains(addr)),
        ]
    }
}

/// All attributes of an entry.
fn attributes(entry: Entry<'_>) -> impl Sized {
    (
        (entry.prefix(), entry.asn(), entry.as_name()),
        (entry.country(), entry.position()),
        (entry.vlan(), entry.network(), entry.locality()),
    )
}

/// Nanoseconds that one of the look-ups takes.
fn each<T>(addrs: &[IpAddr], look_up: impl Fn(IpAddr) -> T) -> f64 {
    let began = on_core_ns();
    for addr in addrs {
        black_box(&look_up(*addr));
    }
    (on_core_ns() - began) / f64::from(LOOKUPS)
}

/// Nanoseconds that a look-up takes in batches.
fn batches(addrs: &[IpAddr], look_up: impl FnMut(&[IpAddr])) -> f64 {
    let began = on_core_ns();
    addrs.chunks(BATCH).for_each(look_up);
    (on_core_ns() - began) / f64::from(LOOKUPS)
}

/// How long this thread has run on a core, in nanoseconds: what else runs on the
/// machine takes turns with it and is not counted.
fn on_core_ns() -> f64 {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap();
    #[expect(clippy::cast_precision_loss, reason = "a run has far fewer digits")]
    let parts = (time.tv_sec() as f64, time.tv_nsec() as f64);
    parts.0 * 1e9 + parts.1
}

fn median(mut rounds: Vec<f64>) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}

fn compare(contestants: &Contestants, addrs: &[IpAddr]) -> [f64; WAYS] {
    let mut rounds: [Vec<f64>; WAYS] = Default::default();
    contestants.round(addrs);
    for _ in 0..ROUNDS {
        for (rounds, ns) in rounds.iter_mut().zip(contestants.round(addrs)) {
            rounds.push(ns);
        }
    }
    rounds.map(median)
}

fn main() {
    let mut args = std::env::args().skip(1).peekable();
    if args.next_if(|arg| arg == build::ALONE).is_some() {
        build::alone(&args.next().unwrap(), &sized(args));
        return;
    }
    let sizes: Vec<String> = args.collect();
    build::compare(&sizes);
    let world = sized(sizes.into_iter());
    let contestants = Contestants {
        table: table(&world),
        maxmind: Maxmind::new(&world),
        trie: Trie::new(&world),
        set: Set::new(&world),
    };
    println!(
        "\n| look-ups, ns each | ours in batches: borrowed, as places | ours one by one: borrowed, \
         as places | maxminddb | prefix-trie | iprange | maxminddb / ours | prefix-trie / ours |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for family in [Family::V4, Family::V6] {
        for traffic in [Traffic::Zipf, Traffic::Flows, Traffic::Random] {
            let count = usize::try_from(LOOKUPS).unwrap();
            let addrs = addresses(world.of(family), traffic, SEEDS.1, count);
            let [one, place, all, places, maxmind, trie, set] = compare(&contestants, &addrs);
            let name = format!("IP{family:?}, {traffic:?}").replace("IPV", "IPv");
            println!(
                "| {name} | {all:.1}, {places:.1} | {one:.1}, {place:.1} | {maxmind:.1} | {trie:.1} \
                 | {set:.1} | {:.1} | {:.1} |",
                maxmind / all,
                trie / places
            );
        }
    }
}

/// The world of the sizes that were asked for.
fn sized(mut sizes: impl Iterator<Item = String>) -> World {
    let mut size = |default| sizes.next().map_or(default, |text| text.parse().unwrap());
    let (v4, v6) = (size(1_000_000), size(250_000));
    World::new(SEEDS.0, v4, v6)
}
