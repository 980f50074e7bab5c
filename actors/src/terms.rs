//! Terms: what the flows of one release leave under, the same on all lanes.
//!
//! A source says with each tick which databases and which key count. So what leaves does
//! not depend on lanes, pace or when a file was read; a replay that is told the same ticks
//! and databases, with the same key, gives the same flows.

use std::sync::Arc;

use flow::Tick;
use mediation::anonymize::{Anonymization, Key, KeyRing};

use crate::edition::{Edition, Editions};

/// The member of a prepared segment's header that says how its flows were anonymized.
pub const ANONYMIZATION: &str = "anonymization";

/// What the flows of a release leave under.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The databases that they are looked up in.
    pub edition: Arc<Edition>,
    /// What is done to them before they leave, and under which key.
    pub anonymization: Arc<Anonymization>,
}

impl Terms {
    /// Whether flows under these and under the others may be summed, or stand in one segment.
    #[must_use]
    pub fn agree_with(&self, other: &Self) -> bool {
        self.edition.made_of() == other.edition.made_of()
            && self.anonymization.key() == other.anonymization.key()
    }
}

/// Which terms count when, for one source.
#[derive(Debug)]
pub struct Calendar {
    editions: Editions,
    keys: KeyRing,
}

impl Calendar {
    /// This edition and these keys count until others are adopted.
    #[must_use]
    pub const fn new(edition: Arc<Edition>, keys: KeyRing) -> Self {
        let editions = Editions::new(edition);
        Self { editions, keys }
    }

    /// Another edition counts from a tick on, or at once.
    pub fn adopt(&mut self, from: Option<Tick>, edition: Arc<Edition>) {
        self.editions.adopt(from, edition);
    }

    /// Another master key counts from a tick on, or at once.
    pub fn adopt_key(&mut self, from: Option<Tick>, key: Arc<Key>) {
        self.keys.adopt(from, key);
    }

    /// The terms of what a tick releases. Ticks ascend within a run.
    pub fn at(&mut self, tick: Tick) -> Terms {
        Terms {
            edition: self.editions.at(tick),
            anonymization: Arc::clone(self.keys.at(tick)),
        }
    }

    /// What is done to the flows that the last tick released.
    #[must_use]
    pub const fn anonymization(&self) -> &Arc<Anonymization> {
        self.keys.in_force()
    }
}
