//! The threads of a pipeline.

use actix::{Arbiter, ArbiterHandle};

use crate::ActorsError;

/// An arbiter for each part that must not wait for another.
pub(super) struct Arbiters {
    pub(super) source: Arbiter,
    pub(super) lanes: Vec<Arbiter>,
    pub(super) storage: Arbiter,
    pub(super) clients: Arbiter,
}

impl Arbiters {
    pub(super) fn new(lanes: usize) -> Self {
        Self {
            source: Arbiter::new(),
            lanes: (0..lanes).map(|_| Arbiter::new()).collect(),
            storage: Arbiter::new(),
            clients: Arbiter::new(),
        }
    }

    /// Stops all of them and waits for their threads.
    pub(super) fn end(self) {
        let Self {
            source,
            lanes,
            storage,
            clients,
        } = self;
        for arbiter in [source, storage, clients].into_iter().chain(lanes) {
            arbiter.stop();
            drop(arbiter.join());
        }
    }
}

/// Runs `work` on an arbiter, within its runtime, and gives what it gives.
pub(super) async fn on<T: Send + 'static>(
    arbiter: &ArbiterHandle,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ActorsError> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    arbiter.spawn_fn(move || drop(sender.send(work())));
    receiver.await.map_err(|_| ActorsError::Arbiter)
}
