//! The Recorder of the prepared dataset: one frame of CSV for each block.

use std::sync::Arc;

use actix::prelude::*;
use mediation::anonymize::KeyName;
use protocol::{Block, Declaration, Form, Format};
use serde_json::json;
use tracing::error;

use super::PREPARED;
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
}

impl PreparedRecorder {
    /// A Recorder that writes to `store` and tells the sessions, through the ring, what
    /// is there.
    #[must_use]
    pub fn new(store: Store, ring: Arc<Ring>, bin: Bin, accounting: Arc<Accounting>) -> Self {
        let (form, log) = (Form::all(Format::Csv), RateLimit::per_second(1));
        Self {
            store,
            form,
            declared: None,
            ring,
            bin,
            accounting,
            log,
        }
    }

    fn record(&mut self, block: &Block, rows: &[u8], terms: &Terms) {
        let count = block.flows().len();
        match self.write(block, rows, terms) {
            Ok(()) => self.accounting.flows_recorded.add_len(count),
            Err(error) => {
                self.accounting.flows_not_recorded.add_len(count);
                if let Some(suppressed) = self.log.permit() {
                    error!(%error, flows = count, suppressed, "prepared flows not recorded");
                }
            }
        }
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
}

impl Supervised for PreparedRecorder {}

impl Handler<Record> for PreparedRecorder {
    type Result = ();

    fn handle(&mut self, record: Record, _: &mut Context<Self>) {
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
    }
}

impl Handler<EndOfRun> for PreparedRecorder {
    type Result = ();

    fn handle(&mut self, _: EndOfRun, _: &mut Context<Self>) {
        if let Err(error) = self.store.seal() {
            error!(%error, "the last segment is not sealed; the next start will recover it");
        }
    }
}

impl Handler<Barrier> for PreparedRecorder {
    type Result = ();

    fn handle(&mut self, _: Barrier, _: &mut Context<Self>) {}
}
