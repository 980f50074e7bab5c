//! A prepared dataset as it is.

use std::sync::Arc;

use actix::prelude::*;
use protocol::Block;
use tokio::time::Instant;

use super::{NAME, Pacer, Replayer, Source, Turn};
use crate::accounting::Accounting;
use crate::message::{Custody, Publish};
use crate::quarantine::Bin;
use crate::store::{StoreError, Stream, block_of};
use crate::supervision::Courier;
use crate::wait::Wait;

/// Blocks of a prepared dataset for the Publisher.
pub struct PreparedSource {
    stream: Stream,
    pacer: Pacer,
    next: Courier<Publish>,
    /// Read and not due yet.
    block: Option<Arc<Block>>,
    accounting: Arc<Accounting>,
}

impl PreparedSource {
    /// The blocks of `stream` for `publisher`.
    #[must_use]
    pub fn new(
        stream: Stream,
        pacer: Pacer,
        publisher: Recipient<Publish>,
        bin: Bin,
        accounting: Arc<Accounting>,
    ) -> Self {
        let next = Courier::new(NAME, publisher, bin, 4);
        Self {
            stream,
            pacer,
            next,
            block: None,
            accounting,
        }
    }

    fn next_block(&mut self) -> Result<Option<Arc<Block>>, StoreError> {
        if let Some(block) = self.block.take() {
            return Ok(Some(block));
        }
        while let Some(frame) = self.stream.next_frame()? {
            if frame.rows == 0 {
                continue;
            }
            if let Some(header) = self.stream.header() {
                return Ok(Some(Arc::new(block_of(&frame, header)?)));
            }
        }
        Ok(None)
    }
}

impl Source for PreparedSource {
    fn turn(&mut self, ctx: &mut Context<Replayer>) -> Result<Turn, StoreError> {
        let Some(block) = self.next_block()? else {
            return Ok(Turn::Done);
        };
        if let Some(due) = self.pacer.due(block.tick().begins(), Instant::now()) {
            self.block = Some(block);
            return Ok(Turn::NotBefore(due));
        }
        self.accounting.flows_replayed.add_len(block.flows().len());
        let custody = Custody::Replayed(Arc::clone(&block));
        ctx.hold(self.next.hand_over(Publish(block), custody));
        Ok(Turn::Again)
    }

    fn end(&mut self, ctx: &mut Context<Replayer>) {
        ctx.hold(self.next.all_landed());
    }
}
