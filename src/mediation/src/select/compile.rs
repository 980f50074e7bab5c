//! From terms to checks.

use std::net::IpAddr;
use std::sync::Arc;

use flow::{Field, Prefix, Value};

use super::check::{Check, in_order};
use super::expr::{Comparator, Expr, Family, Term, Test};
use super::program::{Goto, Steps};
use super::quantity::{Kind, Of, Quantity, addresses};
use super::ranges::{AddrSet, Ranges, ipv4_range};

/// Adds the checks of an expression before those that it goes on to; gives its first.
pub(super) fn compile(steps: &mut Steps, expr: &Expr, passed: Goto, failed: Goto) -> Goto {
    match expr {
        Expr::Any => passed,
        Expr::Not(inner) => compile(steps, inner, failed, passed),
        Expr::And(parts) => parts
            .iter()
            .rev()
            .fold(passed, |next, part| compile(steps, part, next, failed)),
        Expr::Or(parts) => parts
            .iter()
            .rev()
            .fold(failed, |next, part| compile(steps, part, passed, next)),
        Expr::Term(term) => compile_term(steps, term, passed, failed),
    }
}

fn compile_term(steps: &mut Steps, term: &Term, passed: Goto, failed: Goto) -> Goto {
    let of = term.of();
    let check = check(term);
    let (first, second) = of.quantities();
    let Some(second) = second else {
        return steps.add(first, check, passed, failed);
    };
    let next = steps.add(second, check.clone(), passed, failed);
    match of {
        Of::Both(_) => steps.add(first, check, next, failed),
        _ => steps.add(first, check, passed, next),
    }
}

impl Term {
    /// What it looks at.
    pub(super) fn of(&self) -> Of {
        match self {
            Self::Family(_) => Of::Both(addresses()),
            Self::Flags { .. } => Of::One(Quantity::Field(Field::TcpFlags)),
            Self::Null { of, .. }
            | Self::Integer(of, _)
            | Self::Float(of, ..)
            | Self::Bool(of, _)
            | Self::Addr { of, .. }
            | Self::Within(of, _)
            | Self::Text(of, _) => *of,
        }
    }
}

/// What each value that a term looks at must be.
fn check(term: &Term) -> Check {
    match term {
        Term::Family(family) => Check::Ipv4 {
            low: 0,
            high: u32::MAX,
            inside: *family == Family::Ipv4,
        },
        Term::Flags { set, mask } => Check::Bits {
            set: (*set).into(),
            mask: (*mask).into(),
        },
        Term::Null { is_null, .. } => Check::Null { is_null: *is_null },
        Term::Integer(of, Test::Compare(comparator, value)) => compared(*of, *comparator, *value),
        Term::Integer(of, Test::In(values)) => {
            let place = |value: &i128| (in_order_of(*of, *value), in_order_of(*of, *value));
            Check::IntegerIn(Arc::new(Ranges::new(values.iter().map(place).collect())))
        }
        Term::Float(_, comparator, with) => Check::Float(*comparator, *with),
        Term::Bool(_, value) => Check::Bool(*value),
        Term::Addr { addr, is, .. } => is_addr(*addr, *is),
        Term::Within(_, prefixes) => within(prefixes),
        Term::Text(_, test) => Check::Text(Arc::new(test.clone())),
    }
}

/// The place of a literal in the order of the values of this type.
fn in_order_of(of: Of, literal: i128) -> u64 {
    let is_signed = matches!(of.kind(), Kind::Integer { min, .. } if min < 0);
    let value = if is_signed {
        i64::try_from(literal).map_or(Value::Null, Value::Signed)
    } else {
        u64::try_from(literal).map_or(Value::Null, Value::Unsigned)
    };
    // Literals were held against the range of the type when they were read.
    in_order(value).unwrap_or(0)
}

/// A comparison as a range; one that nothing can pass is a range from 1 to 0.
fn compared(of: Of, comparator: Comparator, literal: i128) -> Check {
    let place = in_order_of(of, literal);
    let range = match comparator {
        Comparator::Equal | Comparator::Unequal => Some((place, place)),
        Comparator::Less => place.checked_sub(1).map(|high| (0, high)),
        Comparator::LessEqual => Some((0, place)),
        Comparator::Greater => place.checked_add(1).map(|low| (low, u64::MAX)),
        Comparator::GreaterEqual => Some((place, u64::MAX)),
    };
    let (low, high) = range.unwrap_or((1, 0));
    Check::Integer {
        low,
        high,
        inside: comparator != Comparator::Unequal,
    }
}

fn is_addr(addr: IpAddr, is: bool) -> Check {
    match addr {
        IpAddr::V4(addr) => Check::Ipv4 {
            low: addr.to_bits(),
            high: addr.to_bits(),
            inside: is,
        },
        IpAddr::V6(_) => Check::AddrIn {
            set: Arc::new(AddrSet::only(addr)),
            inside: is,
        },
    }
}

/// One prefix of IPv4 is a range; anything else is a set.
fn within(prefixes: &[Prefix]) -> Check {
    if let [prefix] = prefixes
        && let Some((low, high)) = ipv4_range(*prefix)
    {
        return Check::Ipv4 {
            low,
            high,
            inside: true,
        };
    }
    Check::AddrIn {
        set: Arc::new(AddrSet::new(prefixes)),
        inside: true,
    }
}
