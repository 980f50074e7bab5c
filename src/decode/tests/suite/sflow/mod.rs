//! sFlow version 5.

mod captures;
pub(crate) mod encode;
mod golden;
pub(crate) mod laws;
mod packets;
mod samples;
