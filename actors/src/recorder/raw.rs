//! The Recorder of the raw dataset: datagrams as received, as pcapng.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use dataset::pcapng::{Statistics, write_datagram, write_statistics};
use flow::ReceiveTime;
use tokio::time::Instant;
use tracing::error;

use super::RAW;
use crate::accounting::Accounting;
use crate::message::{Custody, DatagramBatch, EndOfRun, RawDatagrams};
use crate::quarantine::Bin;
use crate::rate_limit::RateLimit;
use crate::store::{Store, StoreError};
use crate::supervision::guard;

/// A frame is written when so many octets wait for it, whatever the time.
const FRAME_BYTES: usize = 1 << 20;

/// How often the deadline for writing is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Datagrams encoded and not yet written.
#[derive(Debug, Default)]
struct Waiting {
    blocks: Vec<u8>,
    rows: u32,
    /// The time of the last.
    time_ms: i64,
    /// When they must be written. A deadline, so that restarts do not put it off.
    due: Option<Instant>,
}

/// A batch as pcapng, with what could not be written as such.
struct Encoded {
    blocks: Vec<u8>,
    rows: u32,
    refused: u64,
    last: Option<ReceiveTime>,
}

fn encode(batch: &DatagramBatch) -> Encoded {
    let blocks = Vec::with_capacity(batch.octets() + batch.len() * 96);
    let mut encoded = Encoded {
        blocks,
        rows: 0,
        refused: 0,
        last: None,
    };
    for datagram in batch.iter() {
        match write_datagram(&mut encoded.blocks, &datagram) {
            Ok(()) => encoded.rows += 1,
            Err(_) => encoded.refused += 1,
        }
        encoded.last = Some(datagram.received);
    }
    encoded
}

/// Writes the raw dataset.
pub struct RawRecorder {
    store: Store,
    flush_interval: Duration,
    waiting: Waiting,
    bin: Bin,
    accounting: Arc<Accounting>,
    log: RateLimit,
}

impl RawRecorder {
    /// A Recorder that writes to `store` at least each `flush_interval`.
    #[must_use]
    pub fn new(
        store: Store,
        flush_interval: Duration,
        bin: Bin,
        accounting: Arc<Accounting>,
    ) -> Self {
        let (waiting, log) = (Waiting::default(), RateLimit::per_second(1));
        Self {
            store,
            flush_interval,
            waiting,
            bin,
            accounting,
            log,
        }
    }

    fn take_in(&mut self, encoded: &Encoded) {
        self.accounting.datagrams_not_recorded.add(encoded.refused);
        let Some(last) = encoded.last else { return };
        self.waiting.blocks.extend_from_slice(&encoded.blocks);
        self.waiting.rows += encoded.rows;
        self.waiting.time_ms = last.millis();
        self.waiting
            .due
            .get_or_insert_with(|| Instant::now() + self.flush_interval);
        if self.waiting.blocks.len() >= FRAME_BYTES {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let waiting = &mut self.waiting;
        waiting.due = None;
        if waiting.rows == 0 {
            return;
        }
        let written = self
            .store
            .append(waiting.time_ms, waiting.rows, &waiting.blocks);
        let rows = u64::from(std::mem::take(&mut waiting.rows));
        waiting.blocks.clear();
        match written {
            Ok(()) => self.accounting.datagrams_recorded.add(rows),
            Err(error) => {
                self.accounting.datagrams_not_recorded.add(rows);
                if let Some(suppressed) = self.log.permit() {
                    error!(%error, datagrams = rows, suppressed, "datagrams not recorded");
                }
            }
        }
    }

    fn flush_if_due(&mut self) {
        if self.waiting.due.is_some_and(|due| due <= Instant::now()) {
            self.flush();
        }
    }

    /// Says in the dataset until when the clock ran, and seals it.
    fn finish(&mut self, end: EndOfRun) -> Result<(), StoreError> {
        self.flush();
        if let Some(tick) = end.ran_until {
            let mut block = Vec::new();
            let statistics = Statistics {
                end: tick.begins(),
                received: Some(self.accounting.datagrams_received.get()),
                dropped: Some(end.kernel_drops),
                ..Statistics::default()
            };
            if write_statistics(&mut block, &statistics).is_ok() {
                self.store.append_trailer(tick.millis(), &block)?;
            }
        }
        self.store.seal()
    }
}

impl Actor for RawRecorder {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.run_interval(LOOK, |recorder, _| recorder.flush_if_due());
    }
}

impl Supervised for RawRecorder {}

impl Handler<RawDatagrams> for RawRecorder {
    type Result = ();

    fn handle(&mut self, RawDatagrams(batch): RawDatagrams, _: &mut Context<Self>) {
        match guard(|| encode(&batch)) {
            Ok(encoded) => self.take_in(&encoded),
            Err(fault) => self.bin.put(RAW, fault, Custody::Datagrams(batch)),
        }
        self.flush_if_due();
    }
}

impl Handler<EndOfRun> for RawRecorder {
    type Result = ();

    fn handle(&mut self, end: EndOfRun, _: &mut Context<Self>) {
        if let Err(error) = self.finish(end) {
            error!(%error, "the raw dataset is not sealed; the next start will recover it");
        }
    }
}
