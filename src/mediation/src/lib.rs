//! The Intermediate Processes (RFC 6183): aggregate, enrich, anonymize, roll up, select.
//!
//! Each is a pure core: it takes flows and gives flows, and whatever it needs of the
//! world (time, databases, keys, a seed) is handed to it. What can panic on input only
//! borrows; what changes state only moves values. So a caught panic leaves no torn
//! state, and the caller can guard each stage.

#![forbid(unsafe_code)]

pub mod aggregate;
pub mod anonymize;
pub mod blocks;
pub mod enrich;
pub mod privacy;
pub mod rollup;
pub mod select;
mod slab;
