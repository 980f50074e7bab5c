//! Who watches the prepared stream: a witness of every block, and a reader that is at
//! times too slow for the ring and goes on from the store.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flow::Tick;
use protocol::{Block, Form, Format, restore_csv};
use tokio::sync::watch;
use tokio::time::sleep;

use super::random::Random;
use crate::ring::{Found, Ring};
use crate::store::Stream;

/// Rows of some positions as the prepared dataset has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) seqs: Range<u64>,
    pub(crate) csv: Vec<u8>,
}

impl Rows {
    /// The rows of a block from a position on.
    pub(crate) fn of(block: &Block, from: u64) -> Self {
        let from = from.max(block.first_seq());
        let csv = block.encoded_from(&Form::all(Format::Csv), from).to_vec();
        let seqs = from..block.next_seq();
        Self { seqs, csv }
    }
}

/// What the witness saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) blocks: Vec<Arc<Block>>,
    /// Whether the ring lost blocks before it could look.
    pub(crate) missed: bool,
}

/// Takes every block of the ring as it comes, from position 0 on.
pub(crate) async fn witness(ring: Arc<Ring>) -> Seen {
    let mut news = ring.subscribe();
    let (mut seen, mut next_seq) = (Seen::default(), 0);
    loop {
        match ring.find(next_seq) {
            Found::Block(block) => {
                next_seq = block.next_seq();
                seen.blocks.push(block);
            }
            Found::NotYet => drop(news.changed().await),
            Found::Gone { oldest } => (seen.missed, next_seq) = (true, oldest),
            Found::Ended(_) => return seen,
        }
    }
}

/// What a reader got.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) rows: Vec<Rows>,
    /// What it could not get.
    pub(crate) gaps: Vec<Range<u64>>,
    pub(crate) from_store: u64,
}

/// A session without a client: it takes blocks from the ring, and from the store where
/// the ring has lost them. Damage is not expected: where the store cannot be read, it
/// tries again.
pub(crate) struct Reader {
    pub(crate) ring: Arc<Ring>,
    pub(crate) directory: PathBuf,
    pub(crate) random: Random,
    /// The longest pause between two blocks, in so many `pace`s; 0 for none.
    pub(crate) pause_max: u64,
    pub(crate) pace: Duration,
    pub(crate) next_seq: u64,
    pub(crate) stream: Option<Stream>,
}

impl Reader {
    pub(crate) async fn read(mut self) -> Reading {
        let (mut reading, mut news) = (Reading::default(), self.ring.subscribe());
        loop {
            news.mark_unchanged();
            match self.ring.find(self.next_seq) {
                Found::Block(block) => {
                    self.take(&block, &mut reading);
                    self.stream = None;
                    self.dawdle().await;
                }
                Found::Gone { .. } if self.next_seq < self.ring.written() => {
                    self.take_stored(&mut reading).await;
                }
                Found::Gone { .. } | Found::NotYet => self.wait(&mut news).await,
                Found::Ended(_) => return reading,
            }
        }
    }

    async fn wait(&self, news: &mut watch::Receiver<()>) {
        drop(news.changed().await);
    }

    async fn dawdle(&mut self) {
        if self.pause_max > 0 {
            let pauses = u32::try_from(self.random.below(self.pause_max)).unwrap();
            sleep(self.pace * pauses).await;
        }
    }

    fn take(&mut self, block: &Block, reading: &mut Reading) {
        if block.first_seq() > self.next_seq {
            reading.gaps.push(self.next_seq..block.first_seq());
            self.next_seq = block.first_seq();
        }
        reading.rows.push(Rows::of(block, self.next_seq));
        self.next_seq = block.next_seq();
    }

    async fn take_stored(&mut self, reading: &mut Reading) {
        let written = self.ring.written();
        let stream = self.stream.take();
        let mut stream =
            stream.unwrap_or_else(|| Stream::new(self.directory.clone(), self.next_seq));
        loop {
            match stream.next_frame() {
                Ok(Some(frame)) if frame.rows == 0 => {}
                Ok(Some(frame)) => {
                    let flows = restore_csv(&frame.payload, frame.first_seq).unwrap();
                    let block = Block::new(frame.first_seq, Tick::default(), None, flows);
                    let before = self.next_seq;
                    self.take(&block, reading);
                    reading.from_store += self.next_seq - before;
                    self.stream = Some(stream);
                    return;
                }
                // What was written by then and is not there will never be.
                Ok(None) if self.directory.is_dir() => {
                    let until = written.min(self.ring.next_seq());
                    reading.gaps.push(self.next_seq..until);
                    self.next_seq = until;
                    self.stream = Some(stream);
                    return;
                }
                _ => return sleep(self.pace * 100).await,
            }
        }
    }
}
