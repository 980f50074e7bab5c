//! Where every datagram, record and flow went, counted at every hop.
//!
//! Each stage adds to its own counters once per batch. [`Totals::imbalances`] states the
//! conservation laws; at rest (nothing between two stages) it finds nothing.

mod aggregation;
mod rollup;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use decode::Ledger;

use crate::exporter_session::Refused;
use crate::message::Custody;

/// A counter that several threads add to.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    /// Adds the length of a batch.
    pub fn add_len(&self, count: usize) {
        self.add(count as u64);
    }

    /// Moves a gauge from one of its contributors' values to the next.
    pub fn shift(&self, from: u64, to: u64) {
        // Wrapping: several contributors, each with its own part of the sum.
        self.0.fetch_add(to.wrapping_sub(from), Relaxed);
    }

    /// Sets a gauge that one contributor has alone.
    pub fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }

    /// Its value.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])+ $name:ident),+ $(,)?) => {
        /// The counters of a running pipeline, shared by its stages.
        #[derive(Debug, Default)]
        pub struct Accounting {
            $($(#[$doc])+ pub $name: Counter,)+
            decoding: Mutex<Ledger>,
            refused: [Counter; Refused::ALL.len()],
        }

        /// The counters at one moment.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Totals {
            $($(#[$doc])+ pub $name: u64,)+
        }

        impl Accounting {
            /// The counters now.
            pub fn totals(&self) -> Totals {
                Totals { $($name: self.$name.get(),)+ }
            }
        }

        impl Totals {
            /// Name and value of each, in the order of the flow.
            pub fn rows(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name),)+]
            }
        }
    };
}

counters! {
    /// Datagrams taken from the kernel and messages cut from streams, or both read from a
    /// raw dataset. A message over a stream counts as a datagram from here on.
    datagrams_received,
    /// Datagrams that the kernel dropped because its receive buffer was full.
    datagrams_dropped_by_kernel,
    /// Packets that exporters say they ignored, since they first said so.
    exporters_ignored_packets,
    /// Flows that exporters say they did not send, since they first said so.
    exporters_unsent_flows,
    /// Datagrams decoded, with or without records.
    datagrams_decoded,
    /// Datagrams rejected, each with a reason in the decoder's counters.
    datagrams_rejected,
    /// Datagrams whose decoding panicked, or whose batch no stage answered for.
    datagrams_quarantined,
    /// Messages of a stream that came after one for which it was to be closed.
    datagrams_discarded,
    /// Datagrams written to the raw dataset.
    datagrams_recorded,
    /// Datagrams that could not be written to the raw dataset.
    datagrams_not_recorded,
    /// Gauge: the position up to which packets are written to the raw dataset.
    raw_written,
    /// Gauge: the position up to which they are on the disk.
    raw_durable,
    /// Sessions of exporters over TCP and TLS begun.
    streams_begun,
    /// Gauge: sessions of exporters open.
    streams_open,
    /// Sessions that their exporter closed between two messages.
    streams_finished,
    /// Sessions that their exporter closed within a message.
    streams_cut_off,
    /// Sessions that broke off.
    streams_reset,
    /// Sessions closed because no message came for too long.
    streams_idle,
    /// Sessions closed for what came over them.
    streams_malformed,
    /// Sessions that a failure of their own ended.
    streams_fell,
    /// Sessions closed because the service ended.
    streams_drained,
    /// Connections refused, each by its reason (see [`crate::exporter_session::Refused`]).
    streams_refused,
    /// Flow Records decoded.
    records_decoded,
    /// Flow Records out of these that count both directions (RFC 5103): each becomes two
    /// records of one.
    records_split,
    /// Records that a lane took in.
    records_aggregated,
    /// Records merged into a flow that an earlier record had begun.
    records_merged,
    /// Gauge: records that begin flows not yet released.
    records_held,
    /// Records in quarantine.
    records_quarantined,
    /// Records left out by `aggregator.filter` or because of a special address.
    records_filtered,
    /// Records left out because the anonymization key was not as it should be and no more
    /// could wait for it; they are in the raw dataset.
    records_shed,
    /// Records left out because another Observation Point reports the flow.
    records_duplicate,
    /// Records left out within blocks because their TCP flow began without a SYN.
    records_without_opening,
    /// Records left out within blocks because their TCP flow did not end in its block.
    records_without_closing,
    /// Records left out because the run ended before their block was full.
    records_in_last_part,
    /// Records left out because their block was full and did not end.
    records_beyond_block,
    /// Records without a known sampling rate; their counters are taken as they are.
    records_rate_unknown,
    /// Records received later than their exporter's timeouts explain.
    records_late,
    /// Aggregated Flows released.
    flows_released,
    /// Flows that left early because there was no room for another.
    flows_without_room,
    /// Flows left out because their opening or closing was not seen.
    flows_incomplete,
    /// Flows left out by `enricher.filter`.
    flows_filtered,
    /// Flows that more than one Observation Point reported.
    flows_observed_twice,
    /// Packets and octets as exporters counted them, before sampling rates are applied.
    packets_exported,
    /// Octets likewise.
    bytes_exported,
    /// Packets of all records, scaled by their sampling rates.
    packets_aggregated,
    /// Octets likewise.
    bytes_aggregated,
    /// Of these, in records left out as duplicates.
    packets_duplicate,
    /// Octets likewise.
    bytes_duplicate,
    /// Of these, in flows left out as incomplete.
    packets_incomplete,
    /// Octets likewise.
    bytes_incomplete,
    /// Of these, in records left out within blocks for any reason but other exporters.
    packets_left_out,
    /// Octets likewise.
    bytes_left_out,
    /// Packets of the flows released, both directions.
    packets_released,
    /// Octets likewise.
    bytes_released,
    /// Flows that passed the Enricher.
    flows_enriched,
    /// Flows that passed the Anonymizer.
    flows_anonymized,
    /// Flows read from a prepared dataset that is replayed.
    flows_replayed,
    /// Flows summed by `aggregator.rollup`.
    flows_rolled_up,
    /// Of these, with a part for an interval that had waited long enough.
    flows_rolled_up_late,
    /// Packets of the flows summed, both directions.
    packets_rolled_up,
    /// Octets likewise.
    bytes_rolled_up,
    /// Sums begun.
    groups_begun,
    /// Gauge: sums that have not left.
    groups_held,
    /// Sums that left.
    groups_released,
    /// Of these, early because there was no room for another.
    groups_without_room,
    /// Packets of the sums that left, both directions.
    packets_in_groups,
    /// Octets likewise.
    bytes_in_groups,
    /// Flows and sums of flows given a position in the prepared stream.
    flows_published,
    /// Flows in quarantine.
    flows_quarantined,
    /// Flows written to the prepared dataset.
    flows_recorded,
    /// Flows that could not be written to the prepared dataset.
    flows_not_recorded,
    /// Gauge: the position up to which flows are written to the prepared dataset, or skipped.
    prepared_written,
    /// Gauge: the position up to which they are on the disk.
    prepared_durable,
    /// Syncs of either dataset that failed.
    syncs_failed,
    /// Segments of either dataset that were removed, as the settings say.
    segments_removed,
    /// Blocks of the prepared stream.
    blocks_published,
    /// Client sessions begun.
    sessions_begun,
    /// Gauge: client sessions open.
    sessions_open,
    /// Connections and requests refused.
    sessions_refused,
    /// Flows that were a session's turn to get.
    flows_offered,
    /// Flows handed to the sockets of clients.
    flows_delivered,
    /// Flows declared to clients as gaps.
    flows_missed,
    /// Flows on their way to clients that went away.
    flows_abandoned,
    /// Other editions of the databases that took the place of those in use.
    databases_reloaded,
    /// Databases that were to take that place and could not be opened.
    databases_refused,
    /// Other master keys that took the place of the one in use.
    keys_changed,
    /// Times that a key was read again and could not be used.
    keys_refused,
    /// Times that nothing left since the anonymization key was not as it should be.
    key_outages,
    /// Times that a source of the databases was to be fetched and could not be had.
    databases_not_fetched,
    /// Gauge: how long ago the oldest source of the databases was the newest to be had, in
    /// seconds; 0 where there is none.
    databases_age_s,
    /// Restarts of stages after a fall.
    falls,
}

/// A conservation law that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imbalance {
    /// The law, in the names of the counters.
    pub law: &'static str,
    /// Its left side.
    pub left: u64,
    /// Its right side.
    pub right: u64,
}

impl Totals {
    /// The laws that do not hold; none where nothing is between two stages.
    #[must_use]
    pub fn imbalances(&self) -> Vec<Imbalance> {
        let laws = [
            (
                "datagrams received = decoded + rejected + quarantined + discarded",
                self.datagrams_received,
                self.datagrams_decoded
                    + self.datagrams_rejected
                    + self.datagrams_quarantined
                    + self.datagrams_discarded,
            ),
            (
                "streams begun = open + those of each end",
                self.streams_begun,
                self.streams_open
                    + self.streams_finished
                    + self.streams_cut_off
                    + self.streams_reset
                    + self.streams_idle
                    + self.streams_malformed
                    + self.streams_fell
                    + self.streams_drained,
            ),
            (
                "records decoded + split = aggregated + filtered + shed + quarantined",
                self.records_decoded + self.records_split,
                self.records_aggregated
                    + self.records_filtered
                    + self.records_shed
                    + self.records_quarantined,
            ),
            (
                "records aggregated = merged + duplicate + held + left out of blocks \
                 + flows incomplete + released",
                self.records_aggregated,
                self.records_merged
                    + self.records_duplicate
                    + self.records_held
                    + self.records_left_out_of_blocks()
                    + self.flows_incomplete
                    + self.flows_released,
            ),
            (
                "flows released + replayed + groups released \
                 = published + rolled up + filtered + quarantined",
                self.flows_released + self.flows_replayed + self.groups_released,
                self.flows_published
                    + self.flows_rolled_up
                    + self.flows_filtered
                    + self.flows_quarantined,
            ),
            (
                "groups begun = released + held",
                self.groups_begun,
                self.groups_released + self.groups_held,
            ),
            (
                "flows offered = delivered + missed + abandoned",
                self.flows_offered,
                self.flows_delivered + self.flows_missed + self.flows_abandoned,
            ),
        ];
        let laws = laws.into_iter().chain(self.laws_of_groups());
        let broken = |(law, left, right): (&'static str, u64, u64)| {
            (left != right).then_some(Imbalance { law, left, right })
        };
        laws.filter_map(broken).collect()
    }
}

impl Totals {
    /// Records and flows left out by rule, each flow as the record that began it.
    pub(crate) const fn records_left_out(&self) -> u64 {
        self.records_filtered
            + self.records_shed
            + self.records_duplicate
            + self.records_left_out_of_blocks()
            + self.flows_incomplete
            + self.flows_filtered
    }

    /// Records left out within blocks, but for those of other exporters.
    const fn records_left_out_of_blocks(&self) -> u64 {
        self.records_without_opening
            + self.records_without_closing
            + self.records_in_last_part
            + self.records_beyond_block
    }
}

impl Accounting {
    /// Counts what goes to quarantine.
    pub(crate) fn quarantined(&self, custody: &Custody) {
        match custody {
            Custody::Nothing => {}
            Custody::Messages(sent) => {
                self.datagrams_received.add_len(sent.messages.len());
                self.datagrams_quarantined.add_len(sent.messages.len());
            }
            Custody::Arrivals(batch) => self.datagrams_not_recorded.add_len(batch.datagrams()),
            Custody::Datagram(_) => self.datagrams_quarantined.add(1),
            Custody::Originals(flows) => self.records_quarantined.add_len(flows.len()),
            Custody::Aggregated(flows) => self.flows_quarantined.add_len(flows.len()),
            Custody::Enriched(flows) => self.flows_quarantined.add_len(flows.len()),
            Custody::Anonymized(flows) => self.flows_quarantined.add_len(flows.len()),
            Custody::Replayed(block) => self.flows_quarantined.add_len(block.flows().len()),
            Custody::Block(block) => self.flows_not_recorded.add_len(block.flows().len()),
        }
    }

    /// Counts a connection of an exporter that gets no session.
    pub(crate) fn refuse(&self, refused: Refused) {
        self.streams_refused.add(1);
        if let Some(counter) = self.refused.get(refused.index()) {
            counter.add(1);
        }
    }

    /// How many connections of exporters were refused for a reason.
    #[must_use]
    pub fn refused(&self, refused: Refused) -> u64 {
        self.refused.get(refused.index()).map_or(0, Counter::get)
    }

    /// What the decoder has counted over all exporters, each rejection by its reason.
    pub fn decoding(&self) -> Ledger {
        self.decoding
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Shows the decoder's counters to the others.
    pub(crate) fn set_decoding(&self, ledger: &Ledger) {
        self.decoding
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(ledger);
    }
}

#[cfg(test)]
mod tests;
