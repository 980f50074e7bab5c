//! Which flows go on: a filter language, and what is dropped or blurred by a switch.
//!
//! A [`Filter`] is a text in the style of nfdump's filters, understood; `docs/filters.md`
//! has the language. It is compiled for the flows that it is applied to, so that a filter
//! which asks for what they do not know is refused when the service starts:
//!
//! ```
//! use flow::OriginalFlow;
//! use mediation::select::{Filter, Program};
//!
//! let filter: Filter = "proto tcp and dst port 443 and not src net 10.0.0.0/8".parse()?;
//! assert_eq!(
//!     filter.to_string(),
//!     "protocol = tcp and dst_port = 443 and not src_addr in [10.0.0.0/8]",
//! );
//! let program: Program<OriginalFlow> = filter.compile()?;
//!
//! let filter: Filter = "src country CH".parse()?;
//! let error = filter.compile::<OriginalFlow>().unwrap_err();
//! assert!(error.to_string().contains("not known before aggregation"));
//! # Ok::<(), mediation::select::FilterError>(())
//! ```
//!
//! # Null
//!
//! A comparison with a value that is null fails, whatever the comparator. `not` turns that
//! over: `not src country CH` passes flows of an unknown country, `src country != CH` does
//! not. `src country is null` asks for it.
//!
//! # Scaling
//!
//! Packets, octets and rates are those scaled by the sampling rate, before aggregation as
//! after it; where the rate is unknown, those exported.

mod check;
mod compile;
mod cursor;
mod error;
mod expr;
mod limits;
mod name;
mod number;
mod parse;
mod program;
mod protocol;
mod quantity;
mod ranges;
mod special;
mod stage;
mod subject;
mod term;
mod token;
mod value;

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

pub use error::{Fault, FilterError};
use expr::{Expr, Term};
pub use limits::{DEPTH_MAX, LENGTH_MAX, LIST_MAX, TERMS_MAX};
pub use program::Program;
use program::{Goto, Steps};
use quantity::Quantity;
pub(crate) use ranges::AddrSet;
pub use special::{PortLimit, Special};
pub use stage::Stage;
pub use subject::{Published, Subject};

/// A filter, understood. Two are equal if they ask the same in the same order, however
/// they were written.
///
/// Displayed, it is the canonical text, which is understood as the same filter, unless it
/// is longer than [`LENGTH_MAX`].
#[derive(Debug, Clone)]
pub struct Filter {
    text: Box<str>,
    expr: Expr,
    /// Where in the text each term stands, in order.
    terms: Vec<Range<usize>>,
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.expr == other.expr
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let parsed = parse::parse(text).map_err(|wrong| FilterError::new(wrong, text))?;
        Ok(Self {
            text: text.into(),
            expr: parsed.expr,
            terms: parsed.terms,
        })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.expr)
    }
}

impl Filter {
    /// The text it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether everything that it asks for is known at a stage.
    ///
    /// # Errors
    /// [`Fault::NotKnown`] for the first term that asks for something else.
    pub fn check(&self, stage: Stage) -> Result<(), FilterError> {
        let mut ranges = self.terms.iter();
        self.expr.try_for_each(&mut |term| {
            let range = ranges.next().cloned().unwrap_or_default();
            let (first, second) = term.of().quantities();
            let fault = [Some(first), second]
                .into_iter()
                .flatten()
                .find_map(|quantity| not_known(quantity, stage));
            fault.map_or(Ok(()), |fault| {
                Err(FilterError::new((fault, range), &self.text))
            })
        })
    }

    /// The filter as a program for flows of type `F`.
    ///
    /// # Errors
    /// [`Fault::NotKnown`] if it asks for something that is not known of them.
    pub fn compile<F: Subject>(&self) -> Result<Program<F>, FilterError> {
        self.check(F::STAGE)?;
        let mut steps = Steps::default();
        let entry = compile::compile(&mut steps, &self.expr, Goto::PASS, Goto::FAIL);
        Ok(Program::new(steps, entry))
    }
}

/// That a value is not known at a stage, if it is not.
fn not_known(quantity: Quantity, stage: Stage) -> Option<Fault> {
    match quantity {
        Quantity::Field(field) if !stage.knows(field) => Some(Fault::NotKnown {
            name: field.name(),
            stage,
            known: Stage::first_to_know(field),
        }),
        // What is worked out is so from fields that every stage knows.
        Quantity::Field(_) | Quantity::BytesPerPacket => None,
    }
}

impl Expr {
    /// Looks at each term in order, up to the first error.
    fn try_for_each<E>(&self, look: &mut impl FnMut(&Term) -> Result<(), E>) -> Result<(), E> {
        match self {
            Self::Any => Ok(()),
            Self::Term(term) => look(term),
            Self::Not(inner) => inner.try_for_each(look),
            Self::And(parts) | Self::Or(parts) => {
                parts.iter().try_for_each(|part| part.try_for_each(look))
            }
        }
    }
}

#[cfg(test)]
mod tests;
