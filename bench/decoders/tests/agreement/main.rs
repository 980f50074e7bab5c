//! Our decoder and two others agree on random valid messages, field by field: with
//! each other, and with what was encoded. Where another deviates from the standard, it
//! stands in [`deviations`].
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail by panicking"
)]

mod deviations;
mod drawn;
mod fixed;
mod ours;
#[path = "../../peers/mod.rs"]
mod peers;
mod samples;
mod sessions;
