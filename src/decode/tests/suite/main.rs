//! Behaviour of the decoder through its public interface.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail by panicking, and tests say what they left out"
)]

mod bad_input;
mod biflow;
mod captures;
mod encode;
mod explain;
mod fixed;
mod found;
mod golden;
mod kept;
mod laws;
mod lifetime;
mod limits;
mod pages;
mod pcap;
mod pending;
mod rfc5471;
mod sessions;
mod sflow;
mod structured;
mod support;
mod table;
mod told;
mod vlan;
