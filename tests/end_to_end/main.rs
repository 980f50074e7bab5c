//! The whole program over real sockets, files and signals, and what holds for all of the
//! source: one test binary, so that the program is linked and started from one place.
//!
//! Tests that need a tool that is not ours are left out where it is not installed, and
//! say so; with `FLOWSTREAM_ALL_TESTS=1` they fail instead.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail by panicking, and tests say what went before"
)]

#[path = "../support/mod.rs"]
mod support;

mod aggregation;
mod anonymization;
mod bad_input;
mod canary;
mod client_forms;
mod client_requests;
mod cnsm2019;
mod command_line;
mod conservation;
mod core_files;
mod crash;
mod databases;
mod dataset;
mod disk_full;
mod enrichment;
mod inspect;
mod kept;
mod kernel_drops;
mod key_watch;
mod keygen;
mod keys;
mod long_flows;
mod nfanon;
mod privacy;
mod replay;
mod retention;
mod settings_command;
mod shutdown;
mod slow_clients;
mod softflowd;
mod start_errors;
mod streams;

#[path = "../architecture/mod.rs"]
mod architecture;
#[path = "../conformance/mod.rs"]
mod conformance;
#[path = "../tidy/mod.rs"]
mod tidy;
