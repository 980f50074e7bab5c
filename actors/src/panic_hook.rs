//! What a panic says: one log line, and not more than a few a second.
//!
//! Panics are caught and counted where they belong; a datagram that provokes one must not
//! become a flood of words, nor of backtraces. And what a panic says may hold an address that
//! it was about: a text that is not fixed in the code is told only where addresses leave as
//! they are.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use tracing::error;

use crate::rate_limit::RateLimit;

/// What is said in place of a text that may hold what was received.
pub(crate) const HIDDEN: &str = "its text may hold what was received and is not told here";

/// Whether texts are told whatever they hold.
static ALL_TOLD: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Where this thread panicked last.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Replaces the hook of the standard library for the whole process. With `all_told`, texts of
/// panics are told whatever they hold: original addresses are no secret then.
pub fn install(all_told: bool) {
    ALL_TOLD.store(all_told, Relaxed);
    panic::set_hook(Box::new(hook()));
}

/// The hook.
pub(crate) fn hook() -> impl Fn(&PanicHookInfo<'_>) + Send + Sync + 'static {
    let limit = Mutex::new(RateLimit::per_second(5));
    move |info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        // A thread that is ending has none any more.
        PLACE.try_with(|last| last.replace(place.clone())).ok();
        let permitted = limit
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .permit();
        let Some(suppressed) = permitted else { return };
        let text = match is_hidden(info.payload()) {
            true => HIDDEN,
            false => text(info.payload()),
        };
        error!(place, text, suppressed, "panic");
    }
}

/// What a panic says of itself.
pub(crate) fn text(payload: &(dyn Any + Send)) -> &str {
    let fixed = payload.downcast_ref::<&str>().copied();
    let made = || payload.downcast_ref::<String>().map(String::as_str);
    fixed.or_else(made).unwrap_or("a panic without a text")
}

/// Whether that is not to be told: it was made when the panic was.
pub(crate) fn is_hidden(payload: &(dyn Any + Send)) -> bool {
    payload.is::<String>() && !ALL_TOLD.load(Relaxed)
}

/// Where this thread panicked last.
pub(crate) fn place() -> String {
    let place = PLACE.with_borrow(Clone::clone);
    if place.is_empty() {
        return "a place that is not known".to_owned();
    }
    place
}
