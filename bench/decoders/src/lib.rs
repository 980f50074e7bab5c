//! Valid messages of every kind, and what they say: for tests that hold our decoder
//! against two others, and for the benchmark beside them.
//!
//! An exporter is described ([`Export`], [`Template`], [`Told`]) and its messages are
//! made of that ([`Message`]), and so is what a collector must come to
//! ([`Template::flow`]). Nothing here shares code with the decoder. The others are
//! dependencies of the tests and the benchmark only, in `peers`.

#![forbid(unsafe_code)]

/// Messages octet by octet, as the decoder's own tests make them.
#[path = "../../../src/decode/tests/suite/encode.rs"]
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "the tests it comes from use more of it, and fail by panicking"
)]
mod encode;
mod fixed;
mod flow_of;
mod message;
mod samples;
/// sFlow datagrams octet by octet, likewise.
#[path = "../../../src/decode/tests/suite/sflow/encode.rs"]
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "the tests it comes from use more of it, and fail by panicking"
)]
mod sflow;
mod template;
mod told;

pub use fixed::Fixed;
pub use flow_of::Rates;
pub use message::{Export, Message, Set};
pub use samples::{Sample, Samples};
pub use template::{Clock, Field, Says, Template};
pub use told::Told;
