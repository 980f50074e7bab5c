//! The Replayer: a stored dataset stands in for the Receiver.
//!
//! A raw dataset is prepared anew: its datagrams take the way of received ones, with
//! their recorded receive times. A prepared dataset goes out as it is, with its
//! positions. Either is told at its original pace, at a factor of it, or as fast as the
//! stages take it.

mod pace;
mod prepared;
mod raw;

use std::sync::Arc;

use actix::prelude::*;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::message::Drain;
use crate::store::StoreError;
pub use pace::Pacer;
pub use prepared::PreparedSource;
pub use raw::{RUN, RawSource};

/// The name in logs and quarantine.
pub const NAME: &str = "replayer";

/// What a source does when it is its turn.
pub enum Turn {
    /// It handed something over; there may be more.
    Again,
    /// Nothing is due before then.
    NotBefore(Instant),
    /// It has come to its end.
    Done,
}

/// A stored dataset, told piece by piece.
pub trait Source: Unpin + 'static {
    /// Hands over what is due.
    ///
    /// # Errors
    /// [`StoreError`] if the dataset cannot be read on.
    fn turn(&mut self, ctx: &mut Context<Replayer>) -> Result<Turn, StoreError>;

    /// Hands over that nothing follows.
    fn end(&mut self, ctx: &mut Context<Replayer>);
}

/// How a replay went.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Cancelled when the replay is over.
    pub over: CancellationToken,
    error: Arc<std::sync::Mutex<Option<StoreError>>>,
}

impl Outcome {
    /// What stopped the replay before its end, if anything did.
    #[must_use]
    pub fn take_error(&self) -> Option<StoreError> {
        self.error
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take()
    }
}

/// The source of a replayed pipeline.
pub struct Replayer {
    source: Box<dyn Source>,
    /// Set while the first client is waited for.
    first_client: Option<watch::Receiver<bool>>,
    outcome: Outcome,
    over: bool,
}

impl Replayer {
    /// A Replayer of `source`; with `first_client`, it begins when that says so.
    #[must_use]
    pub fn new(
        source: Box<dyn Source>,
        first_client: Option<watch::Receiver<bool>>,
        outcome: Outcome,
    ) -> Self {
        Self {
            source,
            first_client,
            outcome,
            over: false,
        }
    }

    fn run(&mut self, ctx: &mut Context<Self>) {
        if self.over {
            return;
        }
        match self.source.turn(ctx) {
            Ok(Turn::Again) => self.go_on(fut::ready(()), ctx),
            Ok(Turn::NotBefore(due)) => self.go_on(sleep_until(due).into_actor(self), ctx),
            Ok(Turn::Done) => {
                info!("the replay has come to its end");
                self.end(ctx);
            }
            Err(error) => {
                error!(%error, "the replay stops here");
                let mut slot = self
                    .outcome
                    .error
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                slot.get_or_insert(error);
                drop(slot);
                self.end(ctx);
            }
        }
    }

    /// Runs on after `pause`, and after all that the context was told to wait for.
    fn go_on(&self, pause: impl ActorFuture<Self, Output = ()> + 'static, ctx: &mut Context<Self>) {
        ctx.spawn(pause.map(|(), replayer, ctx| replayer.run(ctx)));
    }

    fn end(&mut self, ctx: &mut Context<Self>) {
        self.over = true;
        self.source.end(ctx);
        let over = self.outcome.over.clone();
        ctx.spawn(fut::ready(()).map(move |(), _: &mut Self, _| over.cancel()));
    }
}

impl Actor for Replayer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        if self.over {
            // It fell between its end and saying so.
            return self.outcome.over.cancel();
        }
        let Some(mut first) = self.first_client.clone() else {
            return self.run(ctx);
        };
        let came = async move { drop(first.wait_for(|came| *came).await) };
        ctx.spawn(came.into_actor(self).map(|(), replayer, ctx| {
            replayer.first_client = None;
            replayer.run(ctx);
        }));
    }
}

impl Supervised for Replayer {}

impl Handler<Drain> for Replayer {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Drain, ctx: &mut Context<Self>) -> Self::Result {
        if !self.over {
            self.end(ctx);
        }
        Box::pin(fut::ready(()))
    }
}
