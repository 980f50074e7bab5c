//! Bytes into [`flow::OriginalFlow`]: NetFlow v5, v9 and IPFIX over datagrams.
//!
//! Nothing here does I/O or reads a clock: a [`Datagram`] comes in with its receive
//! time, and flows, a [`Report`] and [`Counters`] come out. The same datagrams in the
//! same order always give the same flows.
//!
//! Decoding has two steps, so that a caller can guard against a defect in the first:
//! [`Decoder::plan`] only borrows the decoder and does everything that can go wrong on
//! input; [`Decoder::apply`] cannot fail and moves the plan's changes in. A panic in
//! `plan` therefore leaves the decoder as it was.
//!
//! | module | what it knows |
//! |---|---|
//! | `wire` | the protocols: one file each, and the walk over Sets that v9 and IPFIX share |
//! | `template` | Template Records, compiled into programs that read records |
//! | `state` | what is kept between datagrams, and for how many exporters |
//! | `clock`, `sampling`, `sequence` | the rules of time, sampling and loss |
//! | `reason`, `counters`, `error` | how everything that is not a flow is named and counted |
//!
//! A further datagram protocol is a further file in `wire` and a variant of
//! [`Protocol`]. A stream transport frames its messages outside of this crate and
//! hands each in as a datagram.

#![forbid(unsafe_code)]

mod bytes;
mod clock;
mod counters;
mod decoder;
mod error;
mod limits;
mod plan;
mod protocol;
mod reason;
mod sampling;
mod sequence;
mod state;
mod template;
mod wire;

pub use counters::{Count, Counters, Ledger, SequenceCounters};
pub use decoder::Decoder;
pub use error::{DecodeError, ErrorKind};
pub use limits::Limits;
pub use plan::{Datagram, Plan, Report};
pub use protocol::Protocol;
pub use reason::{Reason, Scope};
