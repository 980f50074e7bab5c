//! A filter as it was understood: terms of the right types, and how they are joined.
//!
//! Displayed, it is the canonical text: fields by their own names, lists in order, no
//! more parentheses than needed.

use std::fmt;
use std::net::IpAddr;

use flow::Prefix;

use super::protocol;
use super::quantity::{Kind, Of};
use super::token::write_quoted;

/// A filter, or a part of one. Chains are flat: no chain is directly within one of its
/// own kind, and each has at least two parts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Any,
    Term(Term),
    Not(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
}

/// One term.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    /// Both addresses are of this family.
    Family(Family),
    /// Of the TCP flags in `mask`, exactly those in `set` are set.
    Flags { set: u16, mask: u16 },
    /// The value is null, or is not.
    Null { of: Of, is_null: bool },
    /// A comparison of whole numbers.
    Integer(Of, Test<i128>),
    /// A comparison of numbers.
    Float(Of, Comparator, f64),
    /// A truth value is this one.
    Bool(Of, bool),
    /// An address is, or is not, this one.
    Addr { of: Of, addr: IpAddr, is: bool },
    /// An address is within one of these.
    Within(Of, Box<[Prefix]>),
    /// A comparison of texts.
    Text(Of, TextTest),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Ipv4,
    Ipv6,
}

/// How a value is compared with one, or with several in order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test<T> {
    Compare(Comparator, T),
    In(Box<[T]>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparator {
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Comparator {
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TextTest {
    Is(Box<str>),
    IsNot(Box<str>),
    /// Contains this text, which is in lower case; case is ignored in ASCII.
    Contains(Box<str>),
    In(Box<[Box<str>]>),
}

/// Letters of the TCP flags, from the lowest bit.
pub(super) const FLAGS: [char; 9] = ['F', 'S', 'R', 'P', 'A', 'U', 'E', 'C', 'N'];

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Term(term) => write!(f, "{term}"),
            Self::Not(inner) => {
                f.write_str("not ")?;
                inner.within(f, matches!(**inner, Self::And(_) | Self::Or(_)))
            }
            Self::And(parts) => joined(f, parts, " and ", |part| matches!(part, Self::Or(_))),
            Self::Or(parts) => joined(f, parts, " or ", |_| false),
        }
    }
}

impl Expr {
    fn within(&self, f: &mut fmt::Formatter<'_>, in_parentheses: bool) -> fmt::Result {
        if in_parentheses {
            write!(f, "({self})")
        } else {
            write!(f, "{self}")
        }
    }
}

fn joined(
    f: &mut fmt::Formatter<'_>,
    parts: &[Expr],
    by: &str,
    in_parentheses: impl Fn(&Expr) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(by)?;
        }
        part.within(f, in_parentheses(part))?;
    }
    Ok(())
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Family(Family::Ipv4) => f.write_str("ipv4"),
            Self::Family(Family::Ipv6) => f.write_str("ipv6"),
            Self::Flags { set, mask } => {
                f.write_str("flags ")?;
                write_flags(f, *set)?;
                if set != mask {
                    f.write_str("/")?;
                    write_flags(f, *mask)?;
                }
                Ok(())
            }
            Self::Null { of, is_null } => {
                write!(f, "{of} is {}null", if *is_null { "" } else { "not " })
            }
            Self::Integer(of, Test::Compare(comparator, value)) => {
                write!(f, "{of} {} ", comparator.sign())?;
                write_integer(f, *of, *value)
            }
            Self::Integer(of, Test::In(values)) => {
                write_list(f, *of, values, |f, value| write_integer(f, *of, *value))
            }
            Self::Float(of, comparator, value) => write!(f, "{of} {} {value}", comparator.sign()),
            Self::Bool(of, value) => write!(f, "{of} = {value}"),
            Self::Addr { of, addr, is } => {
                write!(f, "{of} {} {addr}", if *is { "=" } else { "!=" })
            }
            Self::Within(of, prefixes) => {
                write_list(f, *of, prefixes, |f, prefix| write!(f, "{prefix}"))
            }
            Self::Text(of, test) => write_text_test(f, *of, test),
        }
    }
}

fn write_list<T>(
    f: &mut fmt::Formatter<'_>,
    of: Of,
    values: &[T],
    write_value: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    write!(f, "{of} in [")?;
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            f.write_str(" ")?;
        }
        write_value(f, value)?;
    }
    f.write_str("]")
}

fn write_integer(f: &mut fmt::Formatter<'_>, of: Of, value: i128) -> fmt::Result {
    let number = u8::try_from(value).ok().filter(|_| of.is_protocol());
    match number.and_then(protocol::name) {
        Some(name) => f.write_str(name),
        None => write!(f, "{value}"),
    }
}

fn write_text_test(f: &mut fmt::Formatter<'_>, of: Of, test: &TextTest) -> fmt::Result {
    let write_value = |f: &mut fmt::Formatter<'_>, text: &str| match of.kind() {
        Kind::Word(_) => f.write_str(text),
        _ => write_quoted(f, text),
    };
    let (sign, text) = match test {
        TextTest::Is(text) => ("=", text),
        TextTest::IsNot(text) => ("!=", text),
        TextTest::Contains(text) => ("~", text),
        TextTest::In(texts) => return write_list(f, of, texts, |f, text| write_value(f, text)),
    };
    write!(f, "{of} {sign} ")?;
    write_value(f, text)
}

/// By letter where all of them have one, and else as a number.
fn write_flags(f: &mut fmt::Formatter<'_>, flags: u16) -> fmt::Result {
    if flags >> FLAGS.len() != 0 {
        return write!(f, "{flags:#x}");
    }
    let is_set = |(bit, _): &(usize, char)| flags & (1 << bit) != 0;
    let letters = FLAGS.into_iter().enumerate().filter(is_set);
    f.write_str(&letters.map(|(_, letter)| letter).collect::<String>())
}
