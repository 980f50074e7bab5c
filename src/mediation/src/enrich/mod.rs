//! Enrichment: what is known about the two addresses of a flow.

use std::net::IpAddr;
use std::panic::RefUnwindSafe;

use flow::Place;

/// A source of knowledge about addresses; the crate `db` implements it.
///
/// A lookup only reads, never waits, and answers for every address: what it does not
/// know is `None` in the [`Place`]. `RefUnwindSafe` lets a stage guard its lookups: a
/// panic in one of them leaves nothing half changed.
pub trait Lookup: Send + Sync + RefUnwindSafe {
    /// What is known about `addr`, all of it from one version of the databases.
    fn place(&self, addr: IpAddr) -> Place;
}
