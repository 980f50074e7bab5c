//! Limits of a fetch, and its end before them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::error::Fault;

/// What a fetch may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Octets of the file, as it comes.
    pub octets: u64,
    /// Time to find a host and to connect to it, TLS included.
    pub connect: Duration,
    /// Time without a single octet.
    pub stall: Duration,
    /// Time of all, redirects included.
    pub total: Duration,
}

impl Default for Limits {
    /// 2 GiB; 30 s to connect, 30 s without an octet, an hour in all.
    fn default() -> Self {
        Self {
            octets: 2 << 30,
            connect: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            total: Duration::from_secs(3_600),
        }
    }
}

/// A flag that ends a fetch from another thread. Clones are the same flag.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Ends what looks at it: while a transfer waits, within a quarter of a second; while
    /// a host is looked up or connected to, at the end of that.
    pub fn cancel(&self) {
        self.0.store(true, Relaxed);
    }

    /// Whether it was raised.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// Limits and flag of one fetch that has begun.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    pub(super) limits: Limits,
    pub(super) cancel: Cancel,
    begun: Instant,
}

impl Guard {
    pub(super) fn begin(limits: Limits, cancel: &Cancel) -> Self {
        Self {
            limits,
            cancel: cancel.clone(),
            begun: Instant::now(),
        }
    }

    /// What is left of the time.
    pub(super) fn left(&self) -> Duration {
        self.limits.total.saturating_sub(self.begun.elapsed())
    }

    /// Whether to go on after so many octets of so many.
    pub(super) fn check(&self, octets: u64, expected: Option<u64>) -> Result<(), Fault> {
        if self.cancel.is_cancelled() {
            return Err(Fault::Cancelled);
        }
        if self.left().is_zero() {
            return Err(self.too_slow(octets, expected));
        }
        let limit = self.limits.octets;
        if octets > limit {
            let found = octets;
            return Err(Fault::TooLarge { found, limit });
        }
        Ok(())
    }

    pub(super) const fn too_slow(&self, octets: u64, expected: Option<u64>) -> Fault {
        Fault::TooSlow {
            limit: self.limits.total,
            octets,
            expected,
        }
    }
}
