//! The Intermediate Processes (RFC 6183): aggregate, enrich, anonymize.

#![forbid(unsafe_code)]

pub mod enrich;
