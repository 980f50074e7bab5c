//! flowstream collects flows, prepares them, keeps them, and streams them to clients.

#![forbid(unsafe_code)]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
