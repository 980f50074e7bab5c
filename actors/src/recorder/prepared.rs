//! The Recorder of the prepared dataset: one frame of CSV for each block.

use std::sync::Arc;

use actix::prelude::*;
use mediation::anonymize::KeyName;
use protocol::{Block, Declaration, Form, Format};
use serde_json::json;
use tokio::time::Instant;
use tracing::{error, info};

use super::pause::Pause;
use super::{LOOK, PREPARED, Standing, TIDY, tidy};
use crate::accounting::Accounting;
use crate::edition::DATABASES;
use crate::message::{Barrier, Custody, EndOfRun, Record};
use crate::quarantine::Bin;
use crate::rate_limit::RateLimit;
use crate::ring::Ring;
use crate::store::{Store, StoreError};
use crate::supervision::guard;
use crate::terms::{ANONYMIZATION, Terms};

/// Writes the prepared stream.
pub struct PreparedRecorder {
    store: Store,
    form: Form,
    /// The name of the key that was declared last, if anything was.
    declared: Option<Option<KeyName>>,
    ring: Arc<Ring>,
    bin: Bin,
    accounting: Arc<Accounting>,
    log: RateLimit,
    pause: Pause,
    standing: Standing,
    /// Whether a look at what waits for its sync is due.
    looks: bool,
}

impl PreparedRecorder {
    /// A Recorder that writes to `store` and tells the sessions, through the ring, what
    /// is there.
    #[must_use]
    pub fn new(store: Store, ring: Arc<Ring>, bin: Bin, accounting: Arc<Accounting>) -> Self {
        let (form, log) = (Form::all(Format::Csv), RateLimit::per_second(1));
        let mut recorder = Self {
            store,
            form,
            declared: None,
            ring,
            bin,
            accounting,
            log,
            pause: Pause::default(),
            standing: Standing::new(),
            looks: false,
        };
        recorder.tell();
        recorder
    }

    fn record(&mut self, block: &Block, rows: &[u8], terms: &Terms) {
        let count = block.flows().len();
        let written = if self.pause.may_try(Instant::now()) {
            self.write(block, rows, terms).map_err(Some)
        } else {
            Err(None)
        };
        match written {
            Ok(()) => {
                self.accounting.flows_recorded.add_len(count);
                self.resumed(block.first_seq());
            }
            Err(error) => {
                self.accounting.flows_not_recorded.add_len(count);
                if let Some(error) = error {
                    self.failed(&error, count);
                }
                self.pause.count(count as u64);
            }
        }
        self.tell();
    }

    fn failed(&mut self, error: &StoreError, flows: usize) {
        let pauses = self.pause.failed(error, Instant::now());
        if let Some(suppressed) = self.log.permit() {
            error!(%error, flows, pauses, suppressed, "prepared flows not recorded");
        }
    }

    /// Positions before `first_seq` are a gap: as many as were not recorded.
    fn resumed(&mut self, first_seq: u64) {
        if let Some(resumed) = self.pause.succeeded(Instant::now()) {
            let (not_recorded, after_s) = (resumed.not_recorded, resumed.after.as_secs());
            info!(
                not_recorded,
                after_s,
                first_seq,
                "prepared flows are recorded again; those before first_seq are missing"
            );
        }
    }

    fn tell(&mut self) {
        let to = &self.accounting;
        let (written, durable) = (&to.prepared_written, &to.prepared_durable);
        self.standing
            .tell(&self.store, written, durable, &to.syncs_failed);
    }

    /// Looks after what waits for its sync, as long as anything does.
    fn look_later(&mut self, ctx: &mut Context<Self>) {
        if self.looks || self.store.is_synced() {
            return;
        }
        self.looks = true;
        ctx.run_later(LOOK, |recorder, ctx| {
            recorder.looks = false;
            recorder.look();
            recorder.look_later(ctx);
        });
    }

    fn look(&mut self) {
        if self.pause.may_try(Instant::now())
            && let Err(error) = self.store.look()
        {
            self.failed(&error, 0);
        }
        self.tell();
    }

    /// Flows of other databases or under another key are in another segment, whose header
    /// names these.
    fn write(&mut self, block: &Block, rows: &[u8], terms: &Terms) -> Result<(), StoreError> {
        self.store.set_meta(DATABASES, terms.edition.made_of())?;
        let key = terms.anonymization.key();
        if self.declared != Some(key) {
            let declared = json!(Declaration::of(&terms.anonymization));
            self.store.set_meta(ANONYMIZATION, &declared)?;
            self.declared = Some(key);
        }
        self.store.skip_to(block.first_seq())?;
        let count = u32::try_from(block.flows().len()).unwrap_or(u32::MAX);
        self.store.append(block.tick().millis(), count, rows)
    }
}

impl Actor for PreparedRecorder {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        // What was due before a fall is not due any more.
        self.looks = false;
        self.look_later(ctx);
        if self.store.removes() {
            tidy(&mut self.store, &self.accounting.segments_removed);
            ctx.run_interval(TIDY, |recorder, _| {
                tidy(&mut recorder.store, &recorder.accounting.segments_removed);
            });
        }
    }
}

impl Supervised for PreparedRecorder {}

impl Handler<Record> for PreparedRecorder {
    type Result = ();

    fn handle(&mut self, record: Record, ctx: &mut Context<Self>) {
        let Record { block, terms } = record;
        #[cfg(test)]
        crate::simulation::tripwire(PREPARED);
        let form = &self.form;
        match guard(|| block.encoded(form)) {
            Ok(rows) => self.record(&block, &rows, &terms),
            Err(fault) => self
                .bin
                .put(PREPARED, fault, Custody::Block(Arc::clone(&block))),
        }
        self.ring.set_written(block.next_seq());
        self.look_later(ctx);
    }
}

impl Handler<EndOfRun> for PreparedRecorder {
    type Result = ();

    fn handle(&mut self, _: EndOfRun, _: &mut Context<Self>) {
        if let Err(error) = self.store.seal() {
            error!(%error, rows = self.store.rows_at_risk(), "the last segment is not sealed; the next start will recover it, but for rows that could not be synced");
        }
        self.tell();
    }
}

impl Handler<Barrier> for PreparedRecorder {
    type Result = ();

    fn handle(&mut self, _: Barrier, _: &mut Context<Self>) {}
}
