//! The Recorders: keep the raw and the prepared dataset.
//!
//! A Recorder writes and never gives up: what cannot be written is counted and logged. While
//! the disk fails or is full it tries again each second; what comes meanwhile is counted too.

mod pause;
mod prepared;
mod raw;

use std::time::{Duration, SystemTime};

use tracing::error;

use crate::accounting::Counter;
use crate::store::Store;

pub use prepared::PreparedRecorder;
pub use raw::RawRecorder;

/// The name of the prepared dataset's Recorder in logs and quarantine.
pub const PREPARED: &str = "recorder-prepared";
/// The name of the raw dataset's Recorder in logs and quarantine.
pub const RAW: &str = "recorder-raw";

/// How often a Recorder looks after what waits: for its deadline, or for a sync.
const LOOK: Duration = Duration::from_millis(100);

/// How often a Recorder looks for segments that are not to be kept.
const TIDY: Duration = Duration::from_secs(10);

/// Removes the segments that are not to be kept any longer.
fn tidy(store: &mut Store, removed: &Counter) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now_ms = i64::try_from(now.unwrap_or_default().as_millis()).unwrap_or(i64::MAX);
    match store.remove_surplus(now_ms) {
        Ok(segments) => removed.add(segments),
        Err(error) => error!(%error, "segments that are not to be kept cannot be removed"),
    }
}

/// Where a dataset stands, told to the others.
struct Standing {
    syncs_failed: u64,
}

impl Standing {
    const fn new() -> Self {
        Self { syncs_failed: 0 }
    }

    fn tell(&mut self, store: &Store, written: &Counter, durable: &Counter, failed: &Counter) {
        written.set(store.next_seq());
        durable.set(store.durable_seq());
        failed.add(store.syncs_failed() - self.syncs_failed);
        self.syncs_failed = store.syncs_failed();
    }
}
