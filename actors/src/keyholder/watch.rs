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

#[cfg(test)]
mod tests {
    use mediation::anonymize::Key;
    use tokio::time::sleep;

    use super::*;
    use crate::simulation::paused;

    fn id(octet: u8) -> KeyId {
        Key::from_octets(&[octet; Key::LEN]).unwrap().id()
    }

    fn watch() -> (Watch, Gate, Arc<Accounting>) {
        let (gate, accounting) = (Gate::default(), Arc::new(Accounting::default()));
        let watch = Watch::new(gate.clone(), Arc::clone(&accounting));
        (watch, gate, accounting)
    }

    #[test]
    fn the_gate_is_open_just_while_the_key_in_use_is_there() {
        paused(async {
            let (mut watch, gate, accounting) = watch();
            let why = |gate: &Gate| gate.shut_by().as_deref().map(str::to_owned);
            watch.saw(Ok(id(1)), id(1));
            assert_eq!(why(&gate), None);
            watch.saw(Err("gone".into()), id(1));
            assert_eq!(why(&gate).as_deref(), Some("gone"));
            watch.saw(Ok(id(2)), id(1));
            let another = format!("another key is there, {}", id(2));
            assert_eq!(why(&gate), Some(another));
            assert_eq!(accounting.key_outages.get(), 1, "it was shut all the time");
            // That key was adopted.
            watch.saw(Ok(id(2)), id(2));
            assert_eq!(why(&gate), None);
            watch.saw(Err("gone".into()), id(2));
            assert_eq!(accounting.key_outages.get(), 2);
        });
    }

    #[test]
    fn a_key_that_cannot_be_read_in_time_is_none() {
        paused(async {
            let (mut watch, gate, _) = watch();
            watch.saw(Ok(id(1)), id(1));
            sleep(LATE).await;
            watch.is_late(id(1));
            assert!(!gate.is_shut());
            sleep(LOOK).await;
            watch.is_late(id(1));
            assert!(gate.is_shut());
            watch.saw(Ok(id(1)), id(1));
            assert!(!gate.is_shut());
        });
    }
}
