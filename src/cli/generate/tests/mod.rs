//! What a whole run gives, seen by a small decoder of its own.

mod capture;
mod decoder;
mod laws;
mod pieces;
mod sending;
mod sflow;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::generator::{Generator, Options, Rate};
use super::totals::Totals;
use super::traffic::Mix;
use super::wire::Protocol::{Ipfix, Sflow, V5, V9};
use decoder::{Decoder, Message, Seen};

/// A time that is not a whole second, to catch whoever believes it is.
const EPOCH_MS: i64 = 1_700_000_000_250;

/// A message, when it left, and how long it was.
struct Left {
    at_ms: i64,
    exporter: usize,
    len: usize,
    message: Message,
}

/// All of a run, decoded.
struct Run {
    left: Vec<Left>,
    totals: Totals,
}

impl Run {
    /// A whole run; after each step the clock is moved on by `tick_ms`.
    fn ticking(options: &Options, tick_ms: i64) -> Self {
        let mut generator = Generator::new(options.clone());
        let mut decoder = Decoder::default();
        let (mut left, mut clock) = (Vec::new(), 0);
        while let Some(emission) = generator.step() {
            left.push(Left {
                at_ms: emission.at_ms,
                exporter: emission.exporter,
                len: emission.datagram.len(),
                message: decoder.decode(emission.exporter, emission.datagram),
            });
            clock += tick_ms;
            generator.not_before(clock);
        }
        let totals = *generator.totals();
        Self { left, totals }
    }

    fn of(options: &Options) -> Self {
        Self::ticking(options, 0)
    }

    /// All records with the Unix time in milliseconds at which they left.
    fn records(&self) -> impl Iterator<Item = (i64, &Seen)> {
        self.left.iter().flat_map(|left| {
            let at = EPOCH_MS + left.at_ms;
            left.message.records.iter().map(move |seen| (at, seen))
        })
    }

    /// The records of each flow, in the order in which they left.
    fn flows(&self) -> BTreeMap<decoder::Key, Vec<(i64, &Seen)>> {
        let mut flows: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (at, seen) in self.records() {
            flows.entry(seen.key).or_default().push((at, seen));
        }
        flows
    }
}

fn options(count: u64) -> Options {
    Options {
        count,
        epoch_ms: EPOCH_MS,
        exporters: vec![V5, V9, Ipfix],
        ..Options::default()
    }
}

/// A run of some kind, with its name.
struct Kind {
    name: &'static str,
    options: Options,
    run: Run,
}

/// Runs of many kinds, made once for all tests.
fn kinds() -> &'static [Kind] {
    static KINDS: OnceLock<Vec<Kind>> = OnceLock::new();
    KINDS.get_or_init(make_kinds)
}

fn make_kinds() -> Vec<Kind> {
    let of = |name, count, rate, long, seconds: i64, tick_ms| {
        let mix = Mix {
            ipv6: 0.3,
            unclosed: 0.2,
            long,
        };
        let options = Options {
            rate,
            mix,
            active_timeout_ms: seconds * 1_000,
            ..options(count)
        };
        let run = Run::ticking(&options, tick_ms);
        Kind { name, options, run }
    };
    let per_second = Rate::PerSecond;
    vec![
        of("usual", 20_000, per_second(1_000), 0.02, 60, 0),
        of("slow", 6_000, per_second(10), 0.05, 60, 0),
        of("short timeout", 20_000, per_second(500), 0.1, 1, 0),
        of("all long", 5_000, per_second(50), 1.0, 5, 0),
        of("all long, fast", 20_000, per_second(40_000), 1.0, 60, 0),
        of("a few", 7, per_second(1), 1.0, 60, 0),
        of("an instant", 20_000, Rate::Max, 0.1, 60, 0),
        of("max", 50_000, Rate::Max, 0.1, 60, 1),
        of("max, slowly", 5_000, Rate::Max, 0.3, 2, 90),
        of("behind", 20_000, per_second(5_000), 0.1, 10, 50),
    ]
}
