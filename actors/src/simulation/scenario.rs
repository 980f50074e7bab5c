//! A run as its seed plans it: traffic, time, and what goes wrong when.

use std::time::Duration;

use flow::Tick;

use super::driver::Sent;
use super::fault::Trip;
use super::random::Random;
use super::traffic::{Accounts, Traffic};

/// A stage of the rig; of several lanes the number tells which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Source,
    Aggregator(usize),
    Enricher(usize),
    Anonymizer(usize),
    Publisher,
    Recorder,
    Quarantine,
}

/// What happens next in a run.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Datagrams come.
    Deliver(Vec<Sent>),
    /// The pipeline's clock goes on without any.
    Advance(Tick),
    /// The run ends and the next begins.
    EndRun,
    /// A stage is tripped.
    Trip(Stage, Trip),
    /// The anonymization key is gone.
    Shut,
    /// It is there again.
    Opened,
    /// The dataset's directory is gone, and a file in its place.
    DiskGone,
    /// It is there again.
    DiskBack,
    /// Nothing happens for so many simulated milliseconds.
    Rest(u64),
}

/// What may go wrong in a run besides its traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Faults {
    /// Nothing.
    None,
    /// So many steps in a hundred.
    Percent(u64),
}

/// The plan of a run.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) steps: Vec<Step>,
    /// What was sent with the n-th delivery and all before.
    books: Vec<Accounts>,
}

impl Scenario {
    /// The traffic depends on the seed alone, whatever the faults and lanes.
    pub(crate) fn new(seed: u64, faults: Faults, lanes: usize, poison_percent: u64) -> Self {
        let mut traffic = Traffic::new(seed, poison_percent);
        let mut chaos = Random::new(!seed);
        let (mut steps, mut books) = (Vec::new(), Vec::new());
        for _ in 0..50 + traffic.random().below(60) {
            let step = step(&mut traffic);
            if matches!(step, Step::Deliver(_)) {
                books.push(traffic.books());
            }
            steps.push(step);
            if let Faults::Percent(percent) = faults
                && chaos.percent(percent)
            {
                steps.extend(fault(&mut chaos, lanes));
            }
        }
        steps.extend([Step::DiskBack, Step::Opened]);
        Self { steps, books }
    }

    /// Datagrams alone, one batch soon after the other: there are always flows in the making.
    pub(crate) fn of_deliveries(seed: u64, count: usize) -> Self {
        let mut traffic = Traffic::new(seed, 0);
        let (mut steps, mut books) = (Vec::new(), Vec::new());
        for _ in 0..count {
            steps.extend([Step::Deliver(traffic.batch()), Step::Rest(10)]);
            books.push(traffic.books());
        }
        Self { steps, books }
    }

    /// What was sent with the first `deliveries`.
    pub(crate) fn sent(&self, deliveries: usize) -> Accounts {
        let last = deliveries.checked_sub(1);
        last.map_or_else(Accounts::new, |last| self.books[last].clone())
    }

    pub(crate) fn deliveries(&self) -> usize {
        self.books.len()
    }
}

fn step(traffic: &mut Traffic) -> Step {
    match traffic.random().below(100) {
        0..=49 => Step::Deliver(traffic.batch()),
        50..=69 => advance(traffic, 2_500),
        70..=73 => advance(traffic, 40_000),
        74 => advance(traffic, 400_000),
        75..=76 => Step::EndRun,
        _ => Step::Rest(traffic.random().below(150)),
    }
}

fn advance(traffic: &mut Traffic, millis: u64) -> Step {
    let pause = traffic.random().millis(millis);
    traffic.pass(pause);
    Step::Advance(Tick::from_secs(traffic.now_ms().div_euclid(1_000)))
}

fn fault(chaos: &mut Random, lanes: usize) -> Vec<Step> {
    match chaos.below(24) {
        0 => vec![Step::DiskGone],
        1..=2 => vec![Step::DiskBack],
        3..=5 => vec![Step::Rest(chaos.below(20_000))],
        6 => vec![Step::Shut],
        7..=8 => vec![Step::Opened],
        _ => vec![Step::Trip(stage(chaos, lanes), trip(chaos))],
    }
}

fn stage(chaos: &mut Random, lanes: usize) -> Stage {
    match chaos.below(14) {
        0..=2 => Stage::Source,
        3..=4 => Stage::Aggregator(chaos.index(lanes)),
        5..=6 => Stage::Enricher(chaos.index(lanes)),
        7..=8 => Stage::Anonymizer(chaos.index(lanes)),
        9..=10 => Stage::Publisher,
        11..=12 => Stage::Recorder,
        _ => Stage::Quarantine,
    }
}

fn trip(chaos: &mut Random) -> Trip {
    let millis = |chaos: &mut Random, below| Duration::from_millis(chaos.below(below));
    match chaos.below(12) {
        0..=1 => Trip::Now,
        2..=3 => Trip::Later(millis(chaos, 3_000)),
        4..=6 => Trip::WithBatch,
        9..=10 => Trip::AfterBatch,
        7..=8 => Trip::Stall(millis(chaos, 2_000)),
        _ => Trip::Rebuild,
    }
}
