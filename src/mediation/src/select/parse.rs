//! How terms are joined: `not` binds tighter than `and`, which binds tighter than `or`.

use std::ops::Range;

use super::Fault;
use super::cursor::Cursor;
use super::expr::Expr;
use super::limits::{DEPTH_MAX, LENGTH_MAX, TERMS_MAX};
use super::term::term;
use super::token::{Sign, Wrong, tokens};

/// What a text was understood as, and where in it each term stands, in order.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) expr: Expr,
    pub(super) terms: Vec<Range<usize>>,
}

/// Understands a whole text.
pub(super) fn parse(text: &str) -> Result<Parsed, Wrong> {
    if text.len() > LENGTH_MAX {
        let octets = text.len();
        let beyond = text.floor_char_boundary(LENGTH_MAX)..octets;
        return Err((Fault::TooLong { octets }, beyond));
    }
    let mut parser = Parser {
        cursor: Cursor::new(text, tokens(text)?),
        terms: Vec::new(),
        depth: 0,
    };
    let expr = parser.any_of()?;
    match parser.cursor.peek() {
        None => Ok(Parsed {
            expr,
            terms: parser.terms,
        }),
        Some(_) => Err(parser.cursor.unexpected("`and`, `or` or the end")),
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    terms: Vec<Range<usize>>,
    /// Parentheses and negations around the next token.
    depth: usize,
}

impl Parser<'_> {
    fn any_of(&mut self) -> Result<Expr, Wrong> {
        let mut parts = Vec::new();
        loop {
            match self.all_of()? {
                Expr::Or(inner) => parts.extend(inner),
                part => parts.push(part),
            }
            if !self.cursor.eat_either(Sign::Or, "or") {
                return Ok(chain(parts, Expr::Or));
            }
        }
    }

    fn all_of(&mut self) -> Result<Expr, Wrong> {
        let mut parts = Vec::new();
        loop {
            match self.one()? {
                Expr::And(inner) => parts.extend(inner),
                part => parts.push(part),
            }
            if !self.cursor.eat_either(Sign::And, "and") {
                return Ok(chain(parts, Expr::And));
            }
        }
    }

    /// A term, a negation, or what stands in parentheses.
    fn one(&mut self) -> Result<Expr, Wrong> {
        let range = self.cursor.range();
        if self.cursor.eat_either(Sign::Not, "not") {
            let inner = self.deeper(range, Self::one)?;
            return Ok(Expr::Not(Box::new(inner)));
        }
        if self.cursor.eat(Sign::Open) {
            let inner = self.deeper(range, Self::any_of)?;
            return if self.cursor.eat(Sign::Close) {
                Ok(inner)
            } else {
                Err(self.cursor.unexpected("`and`, `or` or `)`"))
            };
        }
        let expr = term(&mut self.cursor)?;
        if matches!(expr, Expr::Term(_)) {
            self.terms.push(range.start..self.cursor.end_of_last());
        }
        if self.terms.len() > TERMS_MAX {
            return Err((Fault::TooManyTerms, range.start..self.cursor.end_of_last()));
        }
        Ok(expr)
    }

    /// Reads what stands within a parenthesis or negation; the depth is bounded, and so is
    /// the recursion here and wherever the result is walked.
    fn deeper(
        &mut self,
        range: Range<usize>,
        read: impl Fn(&mut Self) -> Result<Expr, Wrong>,
    ) -> Result<Expr, Wrong> {
        if self.depth == DEPTH_MAX {
            return Err((Fault::TooDeep, range));
        }
        self.depth += 1;
        let inner = read(self);
        self.depth -= 1;
        inner
    }
}

/// A chain of several parts, or the one part alone.
fn chain(mut parts: Vec<Expr>, of: impl Fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            of(parts)
        }
    }
}
