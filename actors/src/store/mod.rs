//! Datasets in directories: the one place that opens, seals and lists segment files.

mod error;
mod listing;
mod lock;
mod prepared;
mod reading;
mod whole;
mod writing;

pub use error::StoreError;
pub use listing::{entry_of, manifest_of};
pub use prepared::{block_of, key_at};
pub use reading::{StoredRows, Stream, locate, next_seq_of, oldest_seq_of, segments};
pub use whole::{Damage, Part, Whole};
pub use writing::{Options, Store};
