//! What keeps a failure in the stage where it happens.
//!
//! Two walls stand between a fault and the rest of the system, and custody joins the
//! stages:
//!
//! * [`guard`] is the inner wall: a panic of a stage's pure part on one message becomes a
//!   [`Fault`], the message goes to quarantine, and the stage goes on as it was.
//! * [`supervise`] is the outer wall: an actor that panics anywhere else (a timer, a
//!   stream, its own bookkeeping) keeps its mailbox and its state, rests, and runs again.
//! * a [`Courier`] keeps each batch until the next stage has answered for it, and sends a
//!   batch whose receiver fell to quarantine.
//!
//! actix's own `Supervisor` is not used: a panic unwinds through it and takes the mailbox
//! along.

mod courier;
mod guard;
mod supervise;
#[cfg(test)]
mod tests;

pub use courier::{Courier, HandOver, ask};
pub use guard::{Fault, guard};
pub use supervise::{Backoff, Incident, Policy, supervise};
