//! The Recorder of the raw dataset: datagrams and streams as received, as pcapng.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use dataset::pcapng::{
    Statistics, Steps, StreamWriter, write_databases, write_datagram, write_section, write_state,
    write_statistics,
};
use flow::{ReceiveTime, Tick};
use tokio::time::Instant;
use tracing::{error, info};

use super::pause::Pause;
use super::{LOOK, RAW, Standing, TIDY, tidy};
use crate::accounting::Accounting;
use crate::edition::{self, Edition};
use crate::message::{Arrival, Arrivals, Custody, EndOfRun, RawArrivals, RawEdition};
use crate::quarantine::Bin;
use crate::rate_limit::RateLimit;
use crate::store::{Store, StoreError};
use crate::supervision::guard;

/// A frame is written when so many octets wait for it, whatever the time.
const FRAME_BYTES: usize = 1 << 20;

/// What is encoded and not yet written.
#[derive(Debug, Default)]
struct Waiting {
    blocks: Vec<u8>,
    /// Packets, each a row of the dataset.
    rows: u32,
    /// Datagrams and messages in them.
    datagrams: u64,
    /// The time of the last.
    time_ms: i64,
    /// When they must be written. A deadline, so that restarts do not put it off.
    due: Option<Instant>,
}

/// A batch as pcapng, with what could not be written as such.
struct Encoded {
    blocks: Vec<u8>,
    rows: u32,
    datagrams: u64,
    refused: u64,
    /// Where its streams stand then.
    steps: Steps,
    last: Option<ReceiveTime>,
}

/// Room for the block, the headers and the trailer around a payload.
const AROUND: usize = 96;

fn encode(batch: &Arrivals, streams: &StreamWriter) -> Encoded {
    let mut encoded = Encoded {
        blocks: Vec::with_capacity(batch.octets() + batch.len() * AROUND),
        rows: 0,
        datagrams: 0,
        refused: 0,
        steps: Steps::default(),
        last: None,
    };
    for arrival in batch.iter() {
        let blocks = &mut encoded.blocks;
        let (written, datagrams) = match &arrival {
            Arrival::Datagram(datagram) => (write_datagram(blocks, datagram).map(|()| 1), 1),
            Arrival::Session(piece) => {
                let message = u64::from(!piece.octets.is_empty());
                (streams.write(&mut encoded.steps, blocks, piece), message)
            }
        };
        match written {
            Ok(rows) => {
                encoded.rows += rows;
                encoded.datagrams += datagrams;
            }
            Err(_) => encoded.refused += datagrams,
        }
        encoded.last = Some(arrival.received());
    }
    encoded
}

/// Writes the raw dataset.
pub struct RawRecorder {
    store: Store,
    flush_interval: Duration,
    /// Blocks that come before the next row.
    ahead: Vec<u8>,
    waiting: Waiting,
    streams: StreamWriter,
    bin: Bin,
    accounting: Arc<Accounting>,
    log: RateLimit,
    pause: Pause,
    standing: Standing,
}

impl RawRecorder {
    /// A Recorder that writes to `store` at least each `flush_interval`, and before
    /// everything what was `known` of exporters when the run began, and its databases.
    #[must_use]
    pub fn new(
        store: Store,
        flush_interval: Duration,
        known: &[u8],
        edition: &Edition,
        bin: Bin,
        accounting: Arc<Accounting>,
    ) -> Self {
        let (waiting, log) = (Waiting::default(), RateLimit::per_second(1));
        let mut ahead = Vec::new();
        if let Err(error) = write_state(&mut ahead, known) {
            error!(%error, "what is known of exporters is not recorded; a replay will lack it");
        }
        let mut recorder = Self {
            store,
            flush_interval,
            ahead,
            waiting,
            streams: StreamWriter::new(),
            bin,
            accounting,
            log,
            pause: Pause::default(),
            standing: Standing::new(),
        };
        recorder.tell();
        recorder.begin_segments_with(None, edition);
        recorder
    }

    /// Every segment begins with the databases that count then, so that it can be read
    /// alone. Gives the block.
    fn begin_segments_with(&mut self, from: Option<Tick>, edition: &Edition) -> Vec<u8> {
        let mut block = Vec::new();
        let said = edition::record(from, edition.made_of());
        if let Err(error) = write_databases(&mut block, &said) {
            error!(%error, "which databases are used is not recorded; a replay cannot tell");
        }
        let mut preamble = Vec::new();
        write_section(&mut preamble);
        preamble.extend_from_slice(&block);
        self.store.set_preamble(preamble);
        block
    }

    fn take_in(&mut self, encoded: Encoded) {
        self.accounting.datagrams_not_recorded.add(encoded.refused);
        let Some(last) = encoded.last else { return };
        self.waiting.blocks.extend_from_slice(&encoded.blocks);
        self.waiting.rows += encoded.rows;
        self.waiting.datagrams += encoded.datagrams;
        self.streams.take(encoded.steps);
        self.waiting.time_ms = last.millis();
        self.waiting
            .due
            .get_or_insert_with(|| Instant::now() + self.flush_interval);
        if self.waiting.blocks.len() >= FRAME_BYTES {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.waiting.due = None;
        if self.waiting.rows == 0 {
            return;
        }
        let written = if self.pause.may_try(Instant::now()) {
            self.write().map_err(Some)
        } else {
            Err(None)
        };
        let waiting = &mut self.waiting;
        let datagrams = std::mem::take(&mut waiting.datagrams);
        waiting.rows = 0;
        waiting.blocks.clear();
        match written {
            Ok(()) => {
                self.ahead = Vec::new();
                self.streams.stored();
                self.accounting.datagrams_recorded.add(datagrams);
                self.resumed();
            }
            Err(error) => {
                self.streams.lost();
                self.accounting.datagrams_not_recorded.add(datagrams);
                if let Some(error) = error {
                    self.failed(&error, datagrams);
                }
                self.pause.count(datagrams);
            }
        }
        self.tell();
    }

    fn write(&mut self) -> Result<(), StoreError> {
        let waiting = &mut self.waiting;
        if !self.ahead.is_empty() {
            waiting.blocks.splice(..0, self.ahead.iter().copied());
        }
        let (time_ms, rows) = (waiting.time_ms, waiting.rows);
        self.store.append(time_ms, rows, &waiting.blocks)
    }

    fn failed(&mut self, error: &StoreError, datagrams: u64) {
        let pauses = self.pause.failed(error, Instant::now());
        if let Some(suppressed) = self.log.permit() {
            error!(%error, datagrams, pauses, suppressed, "datagrams not recorded");
        }
    }

    fn resumed(&mut self) {
        if let Some(resumed) = self.pause.succeeded(Instant::now()) {
            let (not_recorded, after_s) = (resumed.not_recorded, resumed.after.as_secs());
            let next_seq = self.accounting.raw_written.get();
            info!(
                not_recorded,
                after_s,
                next_seq,
                "datagrams are recorded again; what is missing came before next_seq"
            );
        }
    }

    fn tell(&mut self) {
        let to = &self.accounting;
        let (written, durable) = (&to.raw_written, &to.raw_durable);
        self.standing
            .tell(&self.store, written, durable, &to.syncs_failed);
    }

    fn look(&mut self) {
        self.flush_if_due();
        if self.pause.may_try(Instant::now())
            && let Err(error) = self.store.look()
        {
            self.failed(&error, 0);
        }
        self.tell();
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
            let mut block = std::mem::take(&mut self.ahead);
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
        ctx.run_interval(LOOK, |recorder, _| recorder.look());
        if self.store.removes() {
            tidy(&mut self.store, &self.accounting.segments_removed);
            ctx.run_interval(TIDY, |recorder, _| {
                tidy(&mut recorder.store, &recorder.accounting.segments_removed);
            });
        }
    }
}

impl Supervised for RawRecorder {}

impl Handler<RawArrivals> for RawRecorder {
    type Result = ();

    fn handle(&mut self, RawArrivals(batch): RawArrivals, _: &mut Context<Self>) {
        let streams = &self.streams;
        match guard(|| encode(&batch, streams)) {
            Ok(encoded) => self.take_in(encoded),
            Err(fault) => self.bin.put(RAW, fault, Custody::Arrivals(batch)),
        }
        self.flush_if_due();
    }
}

/// What was received before is written first: an edition counts from where it stands.
impl Handler<RawEdition> for RawRecorder {
    type Result = ();

    fn handle(&mut self, RawEdition { from, edition }: RawEdition, _: &mut Context<Self>) {
        self.flush();
        let block = self.begin_segments_with(from, &edition);
        self.ahead.extend_from_slice(&block);
    }
}

impl Handler<EndOfRun> for RawRecorder {
    type Result = ();

    fn handle(&mut self, end: EndOfRun, _: &mut Context<Self>) {
        if let Err(error) = self.finish(end) {
            error!(%error, rows = self.store.rows_at_risk(), "the raw dataset is not sealed; the next start will recover it, but for rows that could not be synced");
        }
        self.tell();
    }
}
