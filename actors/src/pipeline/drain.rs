//! The end of a pipeline: stage after stage in the order of the flow, so that nothing is
//! on its way when the threads end.

use std::time::Duration;

use protocol::EndReason;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use super::wiring::Pipeline;
use super::{Ended, check};
use crate::message::{Barrier, EndOfRun};

/// How often open sessions are looked at.
const LOOK: Duration = Duration::from_millis(20);

impl Pipeline {
    /// Drains every stage, seals the files and tells the clients. Bounded by the drain
    /// timeout for the stages; clients of a finished replay get as long as they read on.
    pub(super) async fn drain(&self, ended: Ended) {
        let deadline = Instant::now() + self.drain_timeout;
        if timeout(self.drain_timeout, self.drain_stages())
            .await
            .is_err()
        {
            warn!(timeout = ?self.drain_timeout, "stages did not drain in time");
        }
        self.end_sessions(ended, deadline).await;
        let totals = self.accounting.totals();
        check(&totals);
        info!(
            datagrams = totals.datagrams_received,
            records = totals.records_decoded,
            merged = totals.records_merged,
            flows = totals.flows_published,
            recorded = totals.flows_recorded,
            delivered = totals.flows_delivered,
            "drained"
        );
    }

    async fn drain_stages(&self) {
        self.source.drain().await;
        for lane in &self.lanes {
            lane.aggregator.send(Barrier).await.ok();
            lane.enricher.send(Barrier).await.ok();
            lane.anonymizer.send(Barrier).await.ok();
        }
        self.publisher.send(Barrier).await.ok();
        if let Some(recorder) = &self.outputs.prepared {
            let end = EndOfRun {
                ran_until: None,
                kernel_drops: 0,
            };
            recorder.send(end).await.ok();
        }
        self.quarantine.send(Barrier).await.ok();
    }

    /// Tells the clients, and waits until they have taken what is there.
    async fn end_sessions(&self, ended: Ended, deadline: Instant) {
        let replay = ended == Ended::EndOfReplay;
        let reason = if replay {
            EndReason::EndOfReplay
        } else {
            EndReason::Shutdown
        };
        self.outputs.hall.ring.end(reason);
        let delivered = || self.accounting.flows_delivered.get();
        let (mut last, mut since) = (delivered(), Instant::now());
        while self.accounting.sessions_open.get() > 0 {
            if delivered() > last {
                (last, since) = (delivered(), Instant::now());
            }
            let patience = replay && since.elapsed() < self.drain_timeout;
            if Instant::now() > deadline && !patience {
                let open = self.accounting.sessions_open.get();
                warn!(open, "clients did not take all of the stream in time");
                return;
            }
            sleep(LOOK).await;
        }
    }

    /// Ends all threads.
    pub(super) fn end(self) {
        self.arbiters.end();
    }
}
