//! The inner wall: a panic on one message becomes a value.

use std::any::Any;
use std::fmt;
use std::panic::{UnwindSafe, catch_unwind};

use crate::panic_hook;

/// Why a message could not be processed, or why an actor fell.
///
/// What a panic says may hold what was received: an address, a name. So what is shown of it
/// (`Display`, `Debug`) is its place, and its text where that is fixed in the code. The
/// [`text`](Self::text) is for quarantine, where what was received is kept anyway.
#[derive(Clone, PartialEq, Eq)]
pub struct Fault {
    text: String,
    /// Where it was, if its text is not shown.
    hidden: Option<String>,
}

impl Fault {
    /// A fault that is no panic, such as a receiver that fell. Its text is shown: nothing of
    /// what was received is in it.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            hidden: None,
        }
    }

    /// The fault that a panic is.
    pub(crate) fn of_panic(payload: &(dyn Any + Send)) -> Self {
        Self {
            text: panic_hook::text(payload).to_owned(),
            hidden: panic_hook::is_hidden(payload).then(panic_hook::place),
        }
    }

    /// All that it says of itself, for quarantine alone.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.hidden {
            None => f.write_str(&self.text),
            Some(place) => write!(f, "a panic at {place}; {}", panic_hook::HIDDEN),
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({self})")
    }
}

/// Runs `work`; a panic in it becomes a [`Fault`].
///
/// Nothing in this crate asserts unwind safety by hand on the data path. A closure that
/// borrows a stage by `&` is unwind safe just when the stage has no interior mutability,
/// so what compiles cannot leave a stage half changed.
///
/// ```compile_fail,E0277
/// let mut table = vec![0];
/// actors::supervision::guard(|| table.push(1)); // it mutates: refused
/// ```
/// ```compile_fail,E0277
/// let hidden = std::cell::RefCell::new(vec![0]);
/// let _ = actors::supervision::guard(|| hidden.borrow().len()); // it could mutate: refused
/// ```
/// ```
/// let table = vec![0];
/// assert_eq!(actors::supervision::guard(|| table.len()), Ok(1));
/// ```
///
/// # Errors
/// The [`Fault`] that the panic is.
pub fn guard<T>(work: impl FnOnce() -> T + UnwindSafe) -> Result<T, Fault> {
    catch_unwind(work).map_err(|payload| Fault::of_panic(&*payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_text_and_shows_no_more_of_it_than_is_fixed() {
        let fault = guard(|| panic!("poison: {}", std::hint::black_box(97))).unwrap_err();
        assert_eq!(fault.text(), "poison: 97");
        for shown in [fault.to_string(), format!("{fault:?}")] {
            assert!(
                shown.contains("a panic at") && !shown.contains("97"),
                "{shown}"
            );
        }
        let fault = guard(|| panic!("plain")).unwrap_err();
        assert_eq!(fault, Fault::new("plain"));
        assert_eq!(fault.to_string(), "plain");
        let fault = guard(|| std::panic::panic_any(5)).unwrap_err();
        assert_eq!(fault.to_string(), "a panic without a text");
    }
}
