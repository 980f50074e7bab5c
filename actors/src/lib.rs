//! The stages of flowstream as supervised actors, and the pipeline they form.
//!
//! This is the only crate that knows actix, tokio and threads. An actor here is a thin
//! shell around a pure core of another crate: it receives a message, lets the core plan
//! under guard, applies the plan, and hands the result over. [`pipeline`] has the whole
//! topology in one place; [`message`] has every message that crosses a mailbox.

#![forbid(unsafe_code)]

pub mod accounting;
pub mod aggregator;
pub mod anonymizer;
pub mod arrivals;
mod aside;
mod block_ends;
pub mod client_listener;
pub mod client_session;
pub mod clock;
pub mod core_files;
mod cutter;
mod each;
pub mod edition;
pub mod enricher;
mod error;
pub mod exporter_listener;
pub mod exporter_session;
mod exporters;
pub mod gate;
pub mod hall;
pub mod intake;
pub mod keeper;
pub mod keyholder;
pub mod lanes;
pub mod librarian;
pub mod message;
pub mod overseer;
pub mod panic_hook;
pub mod pipeline;
pub mod publisher;
pub mod quarantine;
mod rate_limit;
pub mod receiver;
pub mod recorder;
pub mod replayer;
pub mod ring;
pub mod store;
pub mod supervision;
mod tcp;
pub mod terms;
pub mod tls;
mod wait;

#[cfg(test)]
mod sample;
mod selection;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod test_directory;

pub use error::ActorsError;
