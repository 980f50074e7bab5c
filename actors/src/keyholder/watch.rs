//! Whether the key in use is still there, and what follows if it is not.

use std::sync::Arc;
use std::time::Duration;

use mediation::anonymize::KeyId;
use tokio::time::Instant;
use tracing::{error, info};

use super::KeySourceError;
use crate::accounting::Accounting;
use crate::gate::Gate;

/// How often it is looked at.
pub(super) const LOOK: Duration = Duration::from_secs(1);

/// After how long without an answer there is no key.
const LATE: Duration = Duration::from_secs(10);

/// How often it is said again what is wrong.
const AGAIN: Duration = Duration::from_secs(60);

/// What is to be done about it.
const REMEDY: &str = "put the key back where it was, readable for its owner alone; to change to \
                      another key, put that there and send SIGHUP";

/// Shuts the gate while the key is not as it should be, and says so.
pub(super) struct Watch {
    gate: Gate,
    /// When a key was last read, well or not.
    read: Instant,
    /// Since when the gate is shut, and when that was said last.
    shut: Option<(Instant, Instant)>,
    accounting: Arc<Accounting>,
}

impl Watch {
    pub(super) fn new(gate: Gate, accounting: Arc<Accounting>) -> Self {
        Self {
            gate,
            read: Instant::now(),
            shut: None,
            accounting,
        }
    }

    /// A key was read, or none.
    pub(super) fn saw(&mut self, read: Result<KeyId, KeySourceError>, in_use: KeyId) {
        self.read = Instant::now();
        match read {
            Ok(id) if id == in_use => self.open(in_use),
            Ok(id) => self.shut(&format!("another key is there, {id}"), in_use),
            Err(error) => self.shut(&error.to_string(), in_use),
        }
    }

    /// A key is still being read.
    pub(super) fn is_late(&mut self, in_use: KeyId) {
        if self.read.elapsed() > LATE {
            self.shut("it cannot be read in time", in_use);
        }
    }

    fn shut(&mut self, why: &str, in_use: KeyId) {
        let now = Instant::now();
        let is_new = self.gate.shut_by().as_deref() != Some(why);
        if self.shut.is_none() {
            self.accounting.key_outages.add(1);
        }
        let (since, told) = *self.shut.get_or_insert((now, now));
        if is_new {
            self.gate.shut(why);
        }
        if is_new || now.duration_since(told) >= AGAIN {
            self.shut = Some((since, now));
            let shed = self.accounting.records_shed.get();
            error!(
                why, key_id = %in_use, shed, remedy = REMEDY,
                "nothing leaves: the anonymization key is not as it should be"
            );
        }
    }

    fn open(&mut self, in_use: KeyId) {
        let Some((since, _)) = self.shut.take() else {
            return;
        };
        self.gate.open();
        let (held, shed) = (since.elapsed(), self.accounting.records_shed.get());
        info!(
            key_id = %in_use, ?held, shed,
            "the anonymization key is as it should be; what was held leaves"
        );
    }
}
