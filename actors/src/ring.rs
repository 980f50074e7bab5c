//! The recent blocks of the prepared stream, in memory, for all sessions.
//!
//! The Publisher adds blocks and never waits; a session is a cursor that reads at its own
//! speed. What has left the ring is read from the prepared dataset.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mediation::anonymize::KeyName;
use protocol::{Block, EndReason};
use tokio::sync::watch;

/// How many blocks stay whatever their size, so that a session never falls between the
/// ring and a Recorder that is a few blocks behind.
pub const BLOCKS_MIN: usize = 16;

/// What a session finds at its position.
#[derive(Debug, Clone)]
pub enum Found {
    /// The block that holds the position.
    Block(Arc<Block>),
    /// It is older than the ring's oldest block, which begins at `oldest`.
    Gone {
        /// The first position in the ring.
        oldest: u64,
    },
    /// It has not been published yet.
    NotYet,
    /// It will never be published.
    Ended(EndReason),
}

#[derive(Debug)]
struct State {
    blocks: VecDeque<Arc<Block>>,
    weight: usize,
    next_seq: u64,
    /// What names the key of the last flows.
    key: Option<KeyName>,
    /// The position up to which the prepared dataset has what it will ever have.
    written: u64,
    ended: Option<EndReason>,
}

/// The ring.
#[derive(Debug)]
pub struct Ring {
    state: Mutex<State>,
    weight_max: usize,
    /// Changes whenever there is something new to find.
    news: watch::Sender<()>,
}

impl Ring {
    /// An empty ring whose first block will begin at `next_seq`.
    #[must_use]
    pub fn new(next_seq: u64, weight_max: usize) -> Self {
        let blocks = VecDeque::new();
        let state = State {
            blocks,
            weight: 0,
            next_seq,
            key: None,
            written: next_seq,
            ended: None,
        };
        Self {
            state: Mutex::new(state),
            weight_max,
            news: watch::Sender::new(()),
        }
    }

    /// The same, told what names the key of the flows before those that it will have.
    #[must_use]
    pub fn with_key(self, key: Option<KeyName>) -> Self {
        self.state().key = key;
        self
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change below is whole before the lock is released.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the next block; the oldest leave when the ring is full.
    pub fn push(&self, block: Arc<Block>) {
        let mut state = self.state();
        state.next_seq = block.next_seq();
        state.key = block.key();
        state.weight += block.weight();
        state.blocks.push_back(block);
        while state.weight > self.weight_max && state.blocks.len() > BLOCKS_MIN {
            if let Some(oldest) = state.blocks.pop_front() {
                state.weight -= oldest.weight();
            }
        }
        drop(state);
        self.news.send_replace(());
    }

    /// No block follows any more, and nothing is written any more: what is not there by
    /// now is declared, not waited for.
    pub fn end(&self, reason: EndReason) {
        let mut state = self.state();
        state.ended.get_or_insert(reason);
        state.written = state.written.max(state.next_seq);
        drop(state);
        self.news.send_replace(());
    }

    /// The prepared dataset has, up to this position, what it will ever have.
    pub fn set_written(&self, seq: u64) {
        self.state().written = seq;
        self.news.send_replace(());
    }

    /// The position up to which the prepared dataset has what it will ever have.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.state().written
    }

    /// What is at a position.
    #[must_use]
    pub fn find(&self, seq: u64) -> Found {
        let state = self.state();
        if seq >= state.next_seq {
            return state.ended.map_or(Found::NotYet, Found::Ended);
        }
        let at = state
            .blocks
            .partition_point(|block| block.next_seq() <= seq);
        match state.blocks.get(at) {
            Some(block) if block.first_seq() <= seq => Found::Block(Arc::clone(block)),
            Some(block) => Found::Gone {
                oldest: block.first_seq(),
            },
            None => Found::Gone {
                oldest: state.next_seq,
            },
        }
    }

    /// The position of the next flow to be published.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.state().next_seq
    }

    /// What names the key of the last flows that were published.
    #[must_use]
    pub fn key(&self) -> Option<KeyName> {
        self.state().key
    }

    /// The oldest position in memory; the next one if there is none.
    #[must_use]
    pub fn oldest_seq(&self) -> u64 {
        let state = self.state();
        state
            .blocks
            .front()
            .map_or(state.next_seq, |block| block.first_seq())
    }

    /// Tells of news from now on.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn block(first_seq: u64, flows: usize) -> Arc<Block> {
        Arc::new(Block::new(
            first_seq,
            flow::Tick::default(),
            None,
            sample::anonymized(flows),
        ))
    }

    #[test]
    fn a_position_is_found_gone_or_not_there_yet() {
        let ring = Ring::new(10, 0);
        assert!(matches!(ring.find(10), Found::NotYet));
        assert!(matches!(ring.find(9), Found::Gone { oldest: 10 }));
        for number in 0..20 {
            ring.push(block(10 + number * 3, 3));
        }
        let Found::Gone { oldest } = ring.find(10) else {
            panic!("{:?}", ring.find(10))
        };
        assert_eq!((oldest, ring.oldest_seq(), ring.next_seq()), (22, 22, 70));
        for seq in 22..70 {
            let Found::Block(block) = ring.find(seq) else {
                panic!("{seq}")
            };
            assert!(block.first_seq() <= seq && seq < block.next_seq());
        }
        assert!(matches!(ring.find(70), Found::NotYet));
        ring.end(EndReason::Shutdown);
        assert!(matches!(ring.find(70), Found::Ended(EndReason::Shutdown)));
        assert!(
            matches!(ring.find(69), Found::Block(_)),
            "what is there is still to be had"
        );
    }

    #[test]
    fn it_is_bounded_by_its_weight() {
        let weight = block(0, 100).weight();
        let ring = Ring::new(0, weight * 20);
        for number in 0..1_000 {
            ring.push(block(number * 100, 100));
        }
        assert_eq!(ring.next_seq() - ring.oldest_seq(), 2_000);
    }
}
