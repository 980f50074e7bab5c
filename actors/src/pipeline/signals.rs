//! SIGTERM and SIGINT: the first drains, the second ends at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{info, warn};

use super::Stop;
use crate::ActorsError;

pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

/// Takes the two signals over from the system.
pub(super) fn signals() -> Result<Signals, ActorsError> {
    let take = |kind| signal(kind).map_err(ActorsError::Signals);
    Ok(Signals {
        terminate: take(SignalKind::terminate())?,
        interrupt: take(SignalKind::interrupt())?,
    })
}

impl Signals {
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    pub(super) async fn watch(mut self, stop: Stop) {
        let signal = self.next().await;
        info!(signal, "draining; the same again ends at once");
        stop.drain.cancel();
        let signal = self.next().await;
        warn!(signal, "ending at once");
        stop.now.cancel();
    }
}
