//! The Overseer hears of every incident of the supervised actors, and escalates.

use std::sync::{Arc, Mutex, PoisonError};

use actix::prelude::*;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::accounting::Accounting;
use crate::supervision::Incident;
use crate::{client_session, exporter_session};

/// Told when a stage was given up: the service drains and ends with a failure.
#[derive(Debug, Clone, Default)]
pub struct Escalation {
    token: CancellationToken,
    cause: Arc<Mutex<Option<String>>>,
}

impl Escalation {
    fn raise(&self, cause: String) {
        self.cause
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(cause);
        self.token.cancel();
    }

    /// Waits until a stage was given up.
    pub async fn raised(&self) {
        self.token.cancelled().await;
    }

    /// Which stage and why, if one was given up.
    #[must_use]
    pub fn cause(&self) -> Option<String> {
        self.cause
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The actor that every supervisor reports to.
pub struct Overseer {
    escalation: Escalation,
    accounting: Arc<Accounting>,
}

impl Overseer {
    /// An Overseer that raises `escalation` when a stage is given up.
    #[must_use]
    pub const fn new(escalation: Escalation, accounting: Arc<Accounting>) -> Self {
        Self {
            escalation,
            accounting,
        }
    }
}

impl Actor for Overseer {
    type Context = Context<Self>;
}

impl Handler<Incident> for Overseer {
    type Result = ();

    fn handle(&mut self, incident: Incident, _: &mut Context<Self>) {
        match incident {
            Incident::Restarted { actor } => info!(stage = actor, "started anew"),
            Incident::Fell { actor, cause, rest } => {
                self.accounting.falls.add(1);
                warn!(
                    stage = actor,
                    %cause,
                    ?rest,
                    "fell; it keeps its mailbox and runs again"
                );
            }
            Incident::GaveUp { actor, cause }
                if [client_session::NAME, exporter_session::NAME].contains(&actor) =>
            {
                // One session is not the service: its client or exporter connects anew.
                self.accounting.falls.add(1);
                warn!(
                    stage = actor,
                    %cause, "fell too often; its peer is disconnected"
                );
            }
            Incident::GaveUp { actor, cause } => {
                self.accounting.falls.add(1);
                error!(
                    stage = actor,
                    %cause, "fell too often; draining to end with a failure"
                );
                self.escalation
                    .raise(format!("the {actor} fell too often: {cause}"));
            }
        }
    }
}
