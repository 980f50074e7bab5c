//! The way into quarantine.

use std::sync::Arc;

use actix::Recipient;

use super::Quarantined;
use crate::accounting::Accounting;
use crate::message::Custody;
use crate::supervision::Fault;

/// Where a stage puts what it could not process: counted here, kept by the actor behind.
#[derive(Clone)]
pub struct Bin {
    quarantine: Recipient<Quarantined>,
    accounting: Arc<Accounting>,
}

impl Bin {
    /// A way to `quarantine`.
    #[must_use]
    pub const fn new(quarantine: Recipient<Quarantined>, accounting: Arc<Accounting>) -> Self {
        Self {
            quarantine,
            accounting,
        }
    }

    /// What is counted in.
    #[must_use]
    pub const fn accounting(&self) -> &Arc<Accounting> {
        &self.accounting
    }

    /// Puts something away. It is counted in any case; the actor writes it down.
    pub fn put(&self, stage: &'static str, fault: Fault, custody: Custody) {
        self.accounting.quarantined(&custody);
        if !matches!(custody, Custody::Nothing) {
            #[expect(
                clippy::disallowed_methods,
                reason = "quarantine is the end of the line"
            )]
            self.quarantine.do_send(Quarantined {
                stage,
                fault,
                custody,
            });
        }
    }
}
