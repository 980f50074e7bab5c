//! In which flows two prepared datasets differ, however they are cut into segments.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use flow::Tick;
use mediation::anonymize::AnonymizedFlow;
use protocol::{Block, Form, Format};

use super::{StoreError, Stream, Whole, block_of};

/// In how many flows two datasets differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Flows that both have.
    pub same: u64,
    /// Flows that the first has alone.
    pub first_alone: u64,
    /// Flows that the second has alone.
    pub second_alone: u64,
}

/// Which dataset has a flow that the other has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The first.
    First,
    /// The second.
    Second,
}

/// Compares two prepared datasets tick by tick, and tells each flow that one has alone as a
/// line of CSV, in which its position is 0; and how many octets, uncompressed, were read.
///
/// # Errors
/// [`StoreError`] if one of them cannot be read.
pub fn compare(
    one: &Path,
    other: &Path,
    mut alone: impl FnMut(Side, &[u8]),
    mut read: impl FnMut(u64),
) -> Result<Compared, StoreError> {
    let (mut one, mut other) = (Ticks::of(one)?, Ticks::of(other)?);
    let (mut compared, form) = (Compared::default(), Form::all(Format::Csv));
    while let Some(tick) = first_of(one.tick(), other.tick()) {
        let (first, second) = (one.take(tick)?, other.take(tick)?);
        merge(&first, &second, &mut compared, |side, flow| {
            let block = Block::new(0, tick, None, vec![flow.clone()]);
            alone(side, &block.encoded(&form));
        });
        read(one.read + other.read);
    }
    Ok(compared)
}

fn first_of(one: Option<Tick>, other: Option<Tick>) -> Option<Tick> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Goes along the flows of one tick in both, each in the order of the stream.
fn merge(
    first: &[AnonymizedFlow],
    second: &[AnonymizedFlow],
    compared: &mut Compared,
    mut alone: impl FnMut(Side, &AnonymizedFlow),
) {
    let (mut first, mut second) = (first.iter().peekable(), second.iter().peekable());
    loop {
        let order = match (first.peek(), second.peek()) {
            (Some(one), Some(other)) => one.stream_order(other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return,
        };
        match order {
            Ordering::Less => {
                compared.first_alone += 1;
                first
                    .next()
                    .into_iter()
                    .for_each(|flow| alone(Side::First, flow));
            }
            Ordering::Greater => {
                compared.second_alone += 1;
                second
                    .next()
                    .into_iter()
                    .for_each(|flow| alone(Side::Second, flow));
            }
            Ordering::Equal => {
                compared.same += 1;
                first.next();
                second.next();
            }
        }
    }
}

/// The flows of a prepared dataset, one tick of the stream after the other.
struct Ticks {
    stream: Stream,
    next: Option<Block>,
    /// Octets that were read, uncompressed.
    read: u64,
}

impl Ticks {
    fn of(path: &Path) -> Result<Self, StoreError> {
        let directory: PathBuf = Whole::open(path)?.directory().to_owned();
        let mut ticks = Self {
            stream: Stream::new(directory, 0),
            next: None,
            read: 0,
        };
        ticks.step()?;
        Ok(ticks)
    }

    fn step(&mut self) -> Result<(), StoreError> {
        self.next = None;
        while let Some(frame) = self.stream.next_frame()? {
            self.read += frame.payload.len() as u64;
            let Some(header) = self.stream.header().filter(|_| frame.rows > 0) else {
                continue;
            };
            self.next = Some(block_of(&frame, header)?);
            break;
        }
        Ok(())
    }

    /// The next tick.
    fn tick(&self) -> Option<Tick> {
        self.next.as_ref().map(Block::tick)
    }

    /// All flows of a tick in the order of the stream; none if it is not the next one.
    fn take(&mut self, tick: Tick) -> Result<Vec<AnonymizedFlow>, StoreError> {
        let mut flows = Vec::new();
        while let Some(block) = self.next.take() {
            if block.tick() != tick {
                self.next = Some(block);
                break;
            }
            flows.extend_from_slice(block.flows());
            self.step()?;
        }
        flows.sort_by(AnonymizedFlow::stream_order);
        Ok(flows)
    }
}
