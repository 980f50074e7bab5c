//! SIGTERM and SIGINT: the first drains, the second ends at once. SIGHUP reloads. SIGXFSZ is
//! for nobody.

use actix::Recipient;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{info, warn};

use super::Stop;
use crate::ActorsError;
use crate::message::Reload;

/// The signals that the service listens to.
pub(super) struct Signals {
    pub(super) ends: Ends,
    pub(super) reloads: Reloads,
}

/// SIGTERM and SIGINT.
pub(super) struct Ends {
    terminate: Signal,
    interrupt: Signal,
}

/// SIGHUP.
pub(super) struct Reloads(Signal);

/// Takes the signals over from the system.
pub(super) fn signals() -> Result<Signals, ActorsError> {
    let take = |kind| signal(kind).map_err(ActorsError::Signals);
    // Without a handler, a file that may not grow (setrlimit(2), `RLIMIT_FSIZE`) ends the
    // process; with one, the write fails. It stays when what listens to it is dropped.
    let file_too_large = SignalKind::from_raw(nix::libc::SIGXFSZ);
    drop(take(file_too_large)?);
    Ok(Signals {
        ends: Ends {
            terminate: take(SignalKind::terminate())?,
            interrupt: take(SignalKind::interrupt())?,
        },
        reloads: Reloads(take(SignalKind::hangup())?),
    })
}

impl Ends {
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

impl Reloads {
    /// Has the databases reloaded and the key read again, where there is somebody to do it.
    pub(super) async fn watch(
        mut self,
        librarian: Option<Recipient<Reload>>,
        keyholder: Option<Recipient<Reload>>,
    ) {
        let signal = "SIGHUP";
        while self.0.recv().await.is_some() {
            if librarian.is_none() {
                info!(
                    signal,
                    "a replay uses the databases and the key that it began with"
                );
            } else {
                info!(signal, "reloading the databases and the key");
            }
            for reloads in [&keyholder, &librarian].into_iter().flatten() {
                // If it has been given up, the Overseer has said so.
                reloads.send(Reload).await.ok();
            }
        }
    }
}
