//! The Recorders: keep the raw and the prepared dataset.
//!
//! A Recorder writes and never gives up: what cannot be written is counted and logged,
//! and the next batch is tried anew.

mod prepared;
mod raw;

pub use prepared::PreparedRecorder;
pub use raw::RawRecorder;

/// The name of the prepared dataset's Recorder in logs and quarantine.
pub const PREPARED: &str = "recorder-prepared";
/// The name of the raw dataset's Recorder in logs and quarantine.
pub const RAW: &str = "recorder-raw";
