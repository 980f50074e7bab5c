//! A made-up world of prefixes, traffic to it, and four ways to look its addresses up:
//! for a test that all of them agree, and for the benchmark of them side by side.
//!
//! Everything follows from a seed. The lengths of the prefixes are about those of the
//! routing tables of 2025, and many prefixes lie in others.

#![forbid(unsafe_code)]

pub mod peers;
mod random;
mod traffic;
mod world;

/// The writer of MaxMind's format that our own tests make databases with.
#[path = "../../../db/tests/support/mmdb_writer.rs"]
mod mmdb_writer;

pub use random::{Random, Zipf};
pub use traffic::{Family, Traffic, addresses};
pub use world::{Known, World, as_name};
