//! What is kept between datagrams: within limits, the least recently used leaves first,
//! and of exporters one that is new.

mod doubt;
mod exporters;
mod hash;
mod host;
mod key;
mod lru;
mod overlay;
mod pending;
mod roaming;
mod source;
mod unknown;

pub(crate) use doubt::Doubt;
pub(crate) use exporters::Exporters;
pub(crate) use hash::Seed;
pub(crate) use host::{Host, Room};
pub(crate) use key::{Fact, Session, host_key, is_fact_of, is_fact_of_stream, is_key_of_stream};
pub(crate) use lru::LruMap;
pub(crate) use overlay::Overlay;
pub(crate) use pending::{Pending, Waiting};
pub(crate) use roaming::{Found, Roaming};
pub(crate) use source::{SampleMark, Source};
pub(crate) use unknown::{ElementKey, Unknown};
