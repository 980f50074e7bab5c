//! Datasets in directories: the one place that opens, seals and lists segment files.

mod checking;
mod comparing;
mod error;
mod exporting;
mod listing;
mod lock;
mod medium;
mod open;
mod prepared;
mod reading;
mod recovery;
mod removal;
mod repair;
mod retention;
mod summary;
mod syncer;
#[cfg(test)]
mod tests;
mod unsynced;
mod whole;
mod writing;

pub use checking::{Checked, PROBLEMS_MAX, Problem, check};
pub use comparing::{Compared, Side, compare};
pub use error::StoreError;
pub use exporting::{Export, ExportError, Exported};
pub use listing::{entry_of, manifest_of};
pub use prepared::{block_of, key_at};
pub use reading::{StoredRows, Stream, locate, next_seq_of, oldest_seq_of, segments};
pub use repair::{Repaired, repair};
pub use retention::Retention;
pub use summary::{Gap, SegmentSummary, Summary};
pub use unsynced::SyncRule;
pub use whole::{Damage, Part, Whole};
pub use writing::{Options, Store};
