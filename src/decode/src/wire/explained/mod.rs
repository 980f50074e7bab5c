//! What a walk tells of what it passes, to [`crate::explain`].

mod fixed;
mod lists;
mod record;

pub(super) use fixed::Fixed;
pub(super) use record::Traced;

use super::sets::Message;
use crate::Plan;
use crate::explain::EventKind;

/// Tells of a withdrawal.
pub(super) fn withdrawal(message: &Message<'_>, plan: &Plan, at: usize, id: u16, options: bool) {
    if let Some(trace) = message.trace {
        let withdrawal = EventKind::Withdrawal { id, options };
        trace.pass(at, 4, withdrawal, &plan.entry.tally);
    }
}
