//! Bytes into [`flow::OriginalFlow`]: NetFlow v1, v5, v7, v9, IPFIX and sFlow v5.
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
//! | `wire` | the protocols: one file each, what v1, v5 and v7 share, and the walk over Sets of v9 and IPFIX |
//! | `template` | Template Records, compiled into programs that read records |
//! | `elements` | the Information Elements by name, for people who read records |
//! | `explain` | what is in a message, for people |
//! | `state` | what is kept between datagrams, and for how many exporters |
//! | `clock`, `sampling`, `sequence`, `restart` | the rules of time, sampling, loss and restarts |
//! | `told`, `snapshot` | what exporters tell of themselves, and what is kept of all over a restart |
//! | `stream`, `transport` | IPFIX over TCP: messages cut from a stream, and what differs there |
//! | `reason`, `counters`, `error` | how everything that is not a flow is named and counted |
//!
//! A further datagram protocol is a further file in `wire` and a variant of
//! [`Protocol`]. A stream is cut into messages by a [`Framer`], and each is handed in
//! by [`Decoder::plan_over`].

#![forbid(unsafe_code)]

mod bytes;
mod clock;
mod counters;
mod decoder;
mod elements;
mod error;
pub mod explain;
mod limits;
mod plan;
mod protocol;
mod reason;
mod restart;
mod sampling;
mod sequence;
mod snapshot;
mod state;
mod stream;
mod template;
mod told;
mod transport;
mod wire;

pub use counters::{Count, Counters, Ledger, SampleCounters, SequenceCounters};
pub use decoder::Decoder;
pub use elements::{
    DataType, Element, ElementError, ElementErrorKind, Elements, ElementsFileError,
    ElementsFileErrorKind, REVERSE_ENTERPRISE, Semantics, element, registry_date,
};
pub use error::{DecodeError, ErrorKind};
pub use limits::Limits;
pub use plan::{Datagram, Plan, Report};
pub use protocol::Protocol;
pub use reason::{Reason, Scope};
pub use snapshot::{Restored, Snapshot, SnapshotError};
pub use stream::{FrameError, FrameErrorKind, Framer};
pub use told::{
    Algorithm, ExporterView, Named, ReportedLoss, Statistics, Subject, Teller, Timeouts,
};
pub use transport::Transport;
