//! The inner wall: a panic on one message becomes a value.

use std::any::Any;
use std::fmt;
use std::panic::{UnwindSafe, catch_unwind};

/// Why a message could not be processed, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(String);

impl Fault {
    /// A fault that is no panic, such as a receiver that fell.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
/// The [`Fault`] with the panic's text.
pub fn guard<T>(work: impl FnOnce() -> T + UnwindSafe) -> Result<T, Fault> {
    catch_unwind(work).map_err(|payload| Fault(panic_text(&*payload)))
}

/// What a panic says of itself.
pub(super) fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without a text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_text() {
        let fault = guard(|| panic!("poison: {}", 97)).unwrap_err();
        assert_eq!(fault.to_string(), "poison: 97");
        let fault = guard(|| panic!("plain")).unwrap_err();
        assert_eq!(fault, Fault::new("plain"));
        let fault = guard(|| std::panic::panic_any(5)).unwrap_err();
        assert_eq!(fault.to_string(), "a panic without a text");
    }
}
