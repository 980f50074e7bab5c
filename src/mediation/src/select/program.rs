//! A compiled filter: checks in a row, each of which says where to go on.

use std::marker::PhantomData;

use flow::Civil;

use super::Subject;
use super::check::Check;
use super::quantity::Quantity;

/// Where to go on after a check: to the end, or to another check.
///
/// Checks stand in reverse: each is followed by one with a lower index, so that a program
/// always ends. Two numbers are kept for the two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Goto(u32);

impl Goto {
    pub(super) const PASS: Self = Self(1);
    pub(super) const FAIL: Self = Self(0);
    const ENDS: usize = 2;

    /// The check, unless it is one of the ends.
    #[inline]
    const fn index(self) -> Option<usize> {
        (self.0 as usize).checked_sub(Self::ENDS)
    }

    /// To the check with this index. There are at most two for each term.
    fn check(index: usize) -> Self {
        Self(u32::try_from(index + Self::ENDS).unwrap_or(Self::FAIL.0))
    }
}

#[derive(Debug, Clone)]
struct Step {
    quantity: Quantity,
    check: Check,
    passed: Goto,
    failed: Goto,
}

/// The checks of a program in the making, last first.
#[derive(Debug, Default)]
pub(super) struct Steps(Vec<Step>);

impl Steps {
    /// Adds a check before those that it goes on to.
    pub(super) fn add(
        &mut self,
        quantity: Quantity,
        check: Check,
        passed: Goto,
        failed: Goto,
    ) -> Goto {
        self.0.push(Step {
            quantity,
            check,
            passed,
            failed,
        });
        Goto::check(self.0.len() - 1)
    }
}

/// A filter compiled for flows of type `F`.
///
/// Evaluating it neither allocates nor looks a name up, and stops at the first check that
/// decides. What it was not compiled for, it is not applied to:
///
/// ```compile_fail,E0308
/// use mediation::{anonymize::AnonymizedFlow, select::Program};
///
/// fn pass(program: &Program<flow::OriginalFlow>, flow: &AnonymizedFlow) -> bool {
///     program.matches(flow)
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Program<F> {
    steps: Box<[Step]>,
    entry: Goto,
    is_dated: bool,
    subject: PhantomData<F>,
}

/// The date of flows whose date nobody asks for.
const UNDATED: Civil = Civil {
    year: 1970,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    milli: 0,
};

impl<F: Subject> Program<F> {
    pub(super) fn new(steps: Steps, entry: Goto) -> Self {
        Self {
            is_dated: steps.0.iter().any(|step| step.quantity.is_dated()),
            steps: steps.0.into(),
            entry,
            subject: PhantomData,
        }
    }

    /// Whether a flow passes the filter.
    #[must_use]
    #[inline]
    pub fn matches(&self, flow: &F) -> bool {
        let civil = if self.is_dated {
            Civil::from_millis(flow.start_ms())
        } else {
            UNDATED
        };
        let mut at = self.entry;
        while let Some(step) = at.index().and_then(|index| self.steps.get(index)) {
            at = if step.check.holds(step.quantity.value(flow, &civil)) {
                step.passed
            } else {
                step.failed
            };
        }
        at == Goto::PASS
    }
}
