//! What a panic says: one log line, and not more than a few a second.
//!
//! Panics are caught and counted where they belong; a datagram that provokes one must not
//! become a flood of words, nor of backtraces.

use std::panic;
use std::sync::{Mutex, PoisonError};

use tracing::error;

use crate::rate_limit::RateLimit;

/// Replaces the hook of the standard library for the whole process.
pub fn install() {
    let limit = Mutex::new(RateLimit::per_second(5));
    panic::set_hook(Box::new(move |info| {
        let permitted = limit
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .permit();
        let Some(suppressed) = permitted else { return };
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let payload = info.payload();
        let text = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no text");
        error!(place, text, suppressed, "panic");
    }));
}
