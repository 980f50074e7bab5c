//! Quarantine: what no stage could process is kept on disk, with the reason.
//!
//! It holds original addresses and payloads: its directory has mode 0700.

mod bin;
mod item;
mod shelf;

pub use bin::Bin;
pub use shelf::Shelf;

use actix::prelude::*;
use tracing::warn;

use crate::message::Custody;
use crate::rate_limit::RateLimit;
use crate::supervision::Fault;

/// Something that no stage could process.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Quarantined {
    /// The stage that tried, or that held it when the next one fell.
    pub stage: &'static str,
    /// Why.
    pub fault: Fault,
    /// What it is.
    pub custody: Custody,
}

/// The actor that keeps what is put in quarantine.
pub struct Quarantine {
    shelf: Shelf,
    log: RateLimit,
}

impl Quarantine {
    /// Keeps things on a shelf.
    #[must_use]
    pub fn new(shelf: Shelf) -> Self {
        Self {
            shelf,
            log: RateLimit::per_second(5),
        }
    }
}

impl Actor for Quarantine {
    type Context = Context<Self>;
}

impl Supervised for Quarantine {}

impl Handler<Quarantined> for Quarantine {
    type Result = ();

    fn handle(&mut self, poison: Quarantined, _: &mut Context<Self>) {
        let kept = self
            .shelf
            .put(&item::line(&poison, std::time::SystemTime::now()));
        let Some(suppressed) = self.log.permit() else {
            return;
        };
        let (stage, fault) = (poison.stage, &poison.fault);
        match kept {
            Ok(()) => warn!(stage, %fault, suppressed, "quarantined"),
            Err(error) => warn!(stage, %fault, %error, suppressed, "quarantined, but not kept"),
        }
    }
}

impl Handler<crate::message::Barrier> for Quarantine {
    type Result = ();

    fn handle(&mut self, _: crate::message::Barrier, _: &mut Context<Self>) {}
}
