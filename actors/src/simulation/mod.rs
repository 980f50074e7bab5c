//! The laws of the pipeline under faults, over the real stages.
//!
//! A seed plans a run: datagrams, ticks, poison, falls in handlers and timers and with a
//! batch in hand, slow stages, a directory that disappears. On the paused clock a run
//! takes no time and is the same run each time; on threads the laws are the same.
//!
//! ```text
//!   Driver (intake) -> lanes -> Publisher -> PreparedRecorder -> store
//!                                   |                              |
//!                                   +--> ring --> witness, reader <+
//! ```

mod canary;
mod clients;
pub(crate) mod collector;
mod driver;
mod ends;
mod fault;
mod gate;
mod outcome;
mod random;
mod rig;
mod run;
mod scenario;
mod seeds;
mod stages;
mod streams;
mod threads;
mod traffic;
mod v5;
mod witness;

pub(crate) use canary::{fall_wire, poison_wire};
pub(crate) use fault::{Trip, fall, tripwire};
pub(crate) use run::{POLICY, paused};
