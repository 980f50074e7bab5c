//! What the tests and the example `make_fixture` share.

pub(crate) mod fixture;
pub(crate) mod mmdb_writer;
