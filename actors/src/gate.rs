//! The gate that every flow passes on its way out of a lane: shut while the anonymization
//! key is not as it should be.
//!
//! The Keyholder shuts and opens it; the Anonymizer stands in it. While it is shut, an
//! Anonymizer keeps the batch in its hand and takes no other, so that the pressure goes back
//! to the source. A replay waits. The Receiver does not, since the raw dataset goes on: it
//! lets records wait in front of the lanes as far as there is room, and leaves out the others,
//! counted ([`Waiting`]).

use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch;

use crate::supervision::HandOver;

/// Whether flows may leave, and why not.
#[derive(Debug, Clone)]
pub struct Gate(Arc<watch::Sender<Option<Arc<str>>>>);

impl Default for Gate {
    /// One that is open.
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Gate {
    /// Why it is shut; `None` while it is open.
    #[must_use]
    pub fn shut_by(&self) -> Option<Arc<str>> {
        self.0.borrow().clone()
    }

    /// Whether nothing leaves.
    #[must_use]
    pub fn is_shut(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Shuts it, for this reason from now on.
    pub fn shut(&self, why: &str) {
        self.0.send_replace(Some(why.into()));
    }

    /// Opens it.
    pub fn open(&self) {
        self.0.send_replace(None);
    }

    /// Waits until it is open.
    pub fn opened(&self) -> impl Future<Output = ()> + use<> {
        self.until(false)
    }

    fn until(&self, shut: bool) -> impl Future<Output = ()> + use<> {
        let mut news = self.0.subscribe();
        // Nobody waits for long once it is gone: the pipeline has ended.
        async move { drop(news.wait_for(|why| why.is_some() == shut).await) }
    }

    /// What to wait for in place of `hand_over`: the gate shutting ends it.
    fn or_shut(&self, hand_over: HandOver) -> HandOver {
        let landed = hand_over?;
        let shut = self.until(true);
        Some(Box::pin(async move {
            tokio::select! {
                () = landed => {}
                () = shut => {}
            }
        }))
    }
}

/// What waits in front of the lanes of a source that does not wait itself.
#[derive(Debug)]
pub struct Waiting {
    gate: Gate,
    records_max: usize,
    /// What was sent to lanes while the gate was shut and is perhaps still there, a tick as
    /// one record.
    records: usize,
    /// Whether something was left out since the gate was seen shut.
    full: bool,
}

/// Records that wait at most; one takes about 150 bytes.
pub const RECORDS_MAX: usize = 1 << 18;

impl Waiting {
    /// Nothing yet, and later so many records at the most.
    #[must_use]
    pub const fn new(gate: Gate, records_max: usize) -> Self {
        Self {
            gate,
            records_max,
            records: 0,
            full: false,
        }
    }

    /// Whether there is room for so many records more. Once there is not, there is none until
    /// the gate is open again, so that what is missing is missing in one piece. What waited
    /// counts until lanes are no longer `behind`, however often the gate opens meanwhile.
    pub fn takes(&mut self, records: usize, behind: bool) -> bool {
        if !self.gate.is_shut() {
            if !behind {
                self.records = 0;
            }
            self.full = false;
            return true;
        }
        self.records = self.records.saturating_add(records);
        self.full |= self.records > self.records_max;
        !self.full
    }

    /// What the source waits for in place of `hand_over`.
    pub(crate) fn wait_for(&self, hand_over: HandOver) -> HandOver {
        self.gate.or_shut(hand_over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_has_a_limit_and_what_is_missing_is_in_one_piece() {
        let gate = Gate::default();
        let mut waiting = Waiting::new(gate.clone(), 10);
        assert!(
            waiting.takes(1_000, false),
            "nothing waits while it is open"
        );
        gate.shut("no key");
        let takes = [6, 4, 1, 0].map(|records| waiting.takes(records, true));
        assert_eq!(takes, [true, true, false, false]);
        // Open for a moment, in which lanes did not get far.
        gate.open();
        assert!(waiting.takes(1_000, true));
        gate.shut("no key");
        assert!(!waiting.takes(1, true));
        gate.open();
        assert!(waiting.takes(1_000, false));
        gate.shut("no key");
        let takes = [10, 1].map(|records| waiting.takes(records, false));
        assert_eq!(takes, [true, false]);
    }

    #[test]
    fn a_source_waits_for_lanes_only_while_the_gate_is_open() {
        let never = || -> HandOver { Some(Box::pin(std::future::pending())) };
        actix::System::new().block_on(async {
            let gate = Gate::default();
            let waiting = Waiting::new(gate.clone(), 10);
            assert!(waiting.wait_for(None).is_none());
            let waits = waiting.wait_for(never()).expect("somebody is waited for");
            let shut = async { gate.shut("no key") };
            tokio::join!(waits, shut);
            assert_eq!(gate.shut_by().as_deref(), Some("no key"));
            waiting.wait_for(never()).expect("the same").await;
            let open = async { gate.open() };
            tokio::join!(gate.opened(), open);
            assert!(!gate.is_shut());
        });
    }
}
