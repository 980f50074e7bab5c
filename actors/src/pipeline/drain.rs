//! The end of a pipeline: stage after stage in the order of the flow, so that nothing is
//! on its way when the threads end.

use std::time::Duration;

use mediation::blocks::LeftOut;
use protocol::EndReason;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use super::wiring::Pipeline;
use super::{Ended, check};
use crate::ActorsError;
use crate::exporter_session::{Refused, SessionEnd};
use crate::message::{Barrier, EndOfRun};

/// How long clients have, at a shutdown, to take what is there.
const PARTING: Duration = Duration::from_secs(3);

/// How often open sessions are looked at.
const LOOK: Duration = Duration::from_millis(20);

impl Pipeline {
    /// Drains every stage, seals the files and tells the clients. Bounded by the drain
    /// timeout for the stages; clients of a finished replay get as long as they read on.
    ///
    /// # Errors
    /// [`ActorsError::NotDrained`] if the stages took too long.
    pub(super) async fn drain(&self, ended: Ended) -> Result<(), ActorsError> {
        let drained = timeout(self.drain_timeout, self.drain_stages()).await;
        self.end_sessions(ended).await;
        let totals = self.accounting.totals();
        check(&totals);
        self.tell_streams();
        self.tell_blocks();
        self.tell_reasons();
        info!(
            streams = totals.streams_begun,
            streams_refused = totals.streams_refused,
            datagrams = totals.datagrams_received,
            dropped_by_kernel = totals.datagrams_dropped_by_kernel,
            ignored_by_exporters = totals.exporters_ignored_packets,
            unsent_by_exporters = totals.exporters_unsent_flows,
            rejected = totals.datagrams_rejected,
            discarded = totals.datagrams_discarded,
            records = totals.records_decoded,
            filtered = totals.records_filtered,
            shed = totals.records_shed,
            duplicate = totals.records_duplicate,
            merged = totals.records_merged,
            incomplete = totals.flows_incomplete,
            flows_filtered = totals.flows_filtered,
            rolled_up = totals.flows_rolled_up,
            rolled_up_late = totals.flows_rolled_up_late,
            groups_without_room = totals.groups_without_room,
            flows = totals.flows_published,
            recorded = totals.flows_recorded,
            flows_not_recorded = totals.flows_not_recorded,
            datagrams_not_recorded = totals.datagrams_not_recorded,
            raw_written = totals.raw_written,
            raw_durable = totals.raw_durable,
            prepared_written = totals.prepared_written,
            prepared_durable = totals.prepared_durable,
            syncs_failed = totals.syncs_failed,
            segments_removed = totals.segments_removed,
            delivered = totals.flows_delivered,
            keys_changed = totals.keys_changed,
            keys_refused = totals.keys_refused,
            key_outages = totals.key_outages,
            databases_reloaded = totals.databases_reloaded,
            databases_refused = totals.databases_refused,
            databases_not_fetched = totals.databases_not_fetched,
            databases_age_s = totals.databases_age_s,
            "drained"
        );
        let left = totals.records_decoded
            + totals.records_split
            + totals.flows_replayed
            + totals.groups_released;
        let done = totals.records_merged
            + totals.records_left_out()
            + totals.flows_rolled_up
            + totals.flows_published;
        let lost = totals.records_quarantined + totals.flows_quarantined;
        let flows = left.saturating_sub(done + lost);
        drained.map_err(|_| match self.gate.shut_by() {
            None => ActorsError::NotDrained { flows },
            Some(why) => ActorsError::Shut { flows, why },
        })
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

    /// Names how sessions of exporters ended, and why connections got none.
    fn tell_streams(&self) {
        for end in SessionEnd::ALL {
            let streams = end.counter(&self.accounting).get();
            if streams > 0 {
                let (reason, meaning) = (end.name(), end.sentence());
                info!(reason, streams, meaning, "sessions of exporters ended");
            }
        }
        for refused in Refused::ALL {
            let connections = self.accounting.refused(refused);
            if connections > 0 {
                let (reason, meaning) = (refused.name(), refused.sentence());
                info!(
                    reason,
                    connections, meaning, "connections of exporters refused"
                );
            }
        }
    }

    /// Names what was left out within blocks, reason by reason. What of it is counted as
    /// duplicates everywhere is among those.
    fn tell_blocks(&self) {
        let own = LeftOut::ALL.into_iter();
        for left_out in own.filter(|&reason| reason != LeftOut::OtherExporter) {
            let records = self.accounting.left_out(left_out).get();
            if records > 0 {
                let (reason, meaning) = (left_out.name(), left_out.sentence());
                info!(reason, records, meaning, "records left out of blocks");
            }
        }
    }

    /// Names what was not decoded, reason by reason.
    fn tell_reasons(&self) {
        let ledger = self.accounting.decoding();
        for reason in decode::Reason::ALL {
            let decode::Count { events, octets } = ledger.reason(reason);
            if events > 0 {
                let (name, meaning) = (reason.name(), reason.sentence());
                info!(
                    reason = name,
                    events, octets, meaning, "not decoded, or noted"
                );
            }
        }
    }

    /// Tells the clients, and waits until they have taken what is there. At a shutdown
    /// they have a moment; after a replay, as long as any of them reads on.
    async fn end_sessions(&self, ended: Ended) {
        let replay = ended == Ended::EndOfReplay;
        let reason = if replay {
            EndReason::EndOfReplay
        } else {
            EndReason::Shutdown
        };
        self.outputs.hall.ring.end(reason);
        let delivered = || self.accounting.flows_delivered.get();
        let begun = Instant::now();
        let (mut last, mut since) = (delivered(), begun);
        while self.accounting.sessions_open.get() > 0 {
            if delivered() > last {
                (last, since) = (delivered(), Instant::now());
            }
            let late = !replay && begun.elapsed() > PARTING;
            if late || since.elapsed() > self.drain_timeout {
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
