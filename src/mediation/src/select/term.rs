//! One term: what it looks at, and what that must be.

use flow::Field;

use super::Fault;
use super::cursor::Cursor;
use super::error::shown;
use super::expr::{Comparator, Expr, Family, Term, Test, TextTest};
use super::name::{Named, meaning, nearest};
use super::quantity::{Kind, Of, Pair, Quantity, addresses};
use super::token::{Sign, TokenKind, Wrong};
use super::value::{addr, flags, float, integer, list, network, prefix, text, truth};

/// Reads a term.
pub(super) fn term(cursor: &mut Cursor<'_>) -> Result<Expr, Wrong> {
    let ends = ends(cursor)?;
    let at_name = cursor.range();
    let Some(word) = cursor.peek_word() else {
        return Err(cursor.unexpected(match ends {
            None => "a term, such as `dst port 443`",
            Some(_) => "a name of what both ends have, such as ip, net, port or country",
        }));
    };
    let Some(named) = meaning(word) else {
        let name = shown(word);
        let meant = nearest(word, ends.is_some());
        return Err((Fault::UnknownName { name, meant }, at_name));
    };
    let of = match (named, ends) {
        (Named::Pair(pair), None) => Of::Either(pair),
        (Named::Net, None) => Of::Either(addresses()),
        (Named::Pair(pair), Some(ends)) if ends.are_interfaces == pair.is_of_interfaces() => {
            ends.of(pair)
        }
        (Named::Net, Some(ends)) if !ends.are_interfaces => ends.of(addresses()),
        (_, Some(ends)) => return Err(cursor.unexpected(ends.names())),
        (Named::One(quantity), None) => Of::One(quantity),
        (Named::Any | Named::Ipv4 | Named::Ipv6 | Named::Flags, None) => {
            cursor.skip();
            return alone(cursor, named);
        }
        (Named::Icmp, None) => icmp(cursor)?,
        (Named::Exporter, None) => Of::One(Quantity::Field(Field::Exporter)),
    };
    cursor.skip();
    let term = match named {
        Named::Net => net(cursor, of),
        Named::Exporter => {
            cursor.eat_word("ip");
            test(cursor, of)
        }
        _ => test(cursor, of),
    };
    term.map(Expr::Term)
}

/// Terms that look at nothing that has a name.
fn alone(cursor: &mut Cursor<'_>, named: Named) -> Result<Expr, Wrong> {
    Ok(match named {
        Named::Ipv4 => Expr::Term(Term::Family(Family::Ipv4)),
        Named::Ipv6 => Expr::Term(Term::Family(Family::Ipv6)),
        Named::Flags => {
            let (set, mask) = flags(cursor)?;
            Expr::Term(Term::Flags { set, mask })
        }
        _ => Expr::Any,
    })
}

/// `icmp type` and `icmp code`, up to the second word.
fn icmp(cursor: &mut Cursor<'_>) -> Result<Of, Wrong> {
    cursor.skip();
    let word = cursor.peek_word().unwrap_or("").to_ascii_lowercase();
    match word.as_str() {
        "type" => Ok(Of::One(Quantity::Field(Field::IcmpType))),
        "code" => Ok(Of::One(Quantity::Field(Field::IcmpCode))),
        _ => Err(cursor.unexpected("`type` or `code`; the protocol is `proto icmp`")),
    }
}

/// Which ends a term names, before what it wants of them.
#[derive(Debug, Clone, Copy)]
struct Ends {
    are_interfaces: bool,
    which: Which,
}

#[derive(Debug, Clone, Copy)]
enum Which {
    First,
    Second,
    Either,
    Both,
}

impl Ends {
    const fn of(self, pair: &'static Pair) -> Of {
        match self.which {
            Which::First => Of::One(Quantity::Field(pair.first)),
            Which::Second => Of::One(Quantity::Field(pair.second)),
            Which::Either => Of::Either(pair),
            Which::Both => Of::Both(pair),
        }
    }

    const fn names(self) -> &'static str {
        if self.are_interfaces {
            "`if`"
        } else {
            "ip, net, port, asn, as_name, country, latitude, longitude, vlan, network, locality, \
             prefix or prefix_len"
        }
    }
}

/// Reads `src`, `dst`, `src or dst`, `src and dst`, or the same of `in` and `out`.
fn ends(cursor: &mut Cursor<'_>) -> Result<Option<Ends>, Wrong> {
    let (are_interfaces, is_first, other) = if cursor.eat_word("src") {
        (false, true, "dst")
    } else if cursor.eat_word("dst") {
        (false, false, "src")
    } else if cursor.eat_word("in") {
        (true, true, "out")
    } else if cursor.eat_word("out") {
        (true, false, "in")
    } else {
        return Ok(None);
    };
    let which = if cursor.eat_either(Sign::Or, "or") {
        Which::Either
    } else if cursor.eat_either(Sign::And, "and") {
        Which::Both
    } else if is_first {
        Which::First
    } else {
        Which::Second
    };
    let has_other = matches!(which, Which::Either | Which::Both);
    if has_other && !cursor.eat_word(other) {
        return Err(cursor.unexpected(format!("`{other}`")));
    }
    Ok(Some(Ends {
        are_interfaces,
        which,
    }))
}

/// `net`: a prefix, an address and its mask, or a list of prefixes.
fn net(cursor: &mut Cursor<'_>, of: Of) -> Result<Term, Wrong> {
    let prefixes = if cursor.eat_word("in") {
        list(cursor, prefix)?
    } else {
        cursor.eat_either(Sign::Equal, "eq");
        vec![network(cursor)?]
    };
    Ok(Term::Within(of, prefixes.into()))
}

/// How a value is to be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    /// None is written, which means equality.
    Missing,
    Compare(Comparator),
    Contains,
    In,
}

const COMPARATORS: [(Sign, &str, Comparator); 6] = [
    (Sign::Equal, "eq", Comparator::Equal),
    (Sign::Unequal, "ne", Comparator::Unequal),
    (Sign::Less, "lt", Comparator::Less),
    (Sign::LessEqual, "le", Comparator::LessEqual),
    (Sign::Greater, "gt", Comparator::Greater),
    (Sign::GreaterEqual, "ge", Comparator::GreaterEqual),
];

/// The operator that comes next, not yet skipped.
fn operator(cursor: &Cursor<'_>) -> Operator {
    let is_next = |(sign, word, _): &&(Sign, &str, Comparator)| match cursor.peek() {
        Some(TokenKind::Sign(next)) => next == sign,
        Some(TokenKind::Word(next)) => next.eq_ignore_ascii_case(word),
        _ => false,
    };
    if let Some((_, _, comparator)) = COMPARATORS.iter().find(is_next) {
        return Operator::Compare(*comparator);
    }
    match cursor.peek() {
        Some(TokenKind::Sign(Sign::Contains)) => Operator::Contains,
        Some(TokenKind::Word(word)) if word.eq_ignore_ascii_case("in") => Operator::In,
        _ => Operator::Missing,
    }
}

/// Reads what the values that a term looks at must be.
fn test(cursor: &mut Cursor<'_>, of: Of) -> Result<Term, Wrong> {
    if cursor.eat_word("is") {
        let is_null = !cursor.eat_word("not");
        return if cursor.eat_word("null") {
            Ok(Term::Null { of, is_null })
        } else {
            Err(cursor.unexpected("`null` or `not null`"))
        };
    }
    let operator = operator(cursor);
    let refused = |right: &str| Err(cursor.unexpected(right));
    let kind = of.kind();
    match (kind, operator) {
        (Kind::Integer { .. }, Operator::Contains) => refused("one of = != < <= > >= in"),
        (Kind::Float, Operator::Contains | Operator::In) => refused("one of = != < <= > >="),
        (Kind::Bool, Operator::Contains | Operator::In) => refused("`= true` or `= false`"),
        (Kind::Addr | Kind::Word(_), Operator::Contains) => refused("one of = != in"),
        (Kind::Bool | Kind::Addr | Kind::Word(_) | Kind::Text, Operator::Compare(comparator))
            if !is_equality(comparator) =>
        {
            refused(match kind {
                Kind::Bool => "`= true` or `= false`",
                Kind::Text => "one of = != ~ in",
                _ => "one of = != in",
            })
        }
        _ => {
            if operator != Operator::Missing {
                cursor.skip();
            }
            compared(cursor, of, kind, operator)
        }
    }
}

const fn is_equality(comparator: Comparator) -> bool {
    matches!(comparator, Comparator::Equal | Comparator::Unequal)
}

/// Reads the value or values behind an operator that goes with their type.
fn compared(
    cursor: &mut Cursor<'_>,
    of: Of,
    kind: Kind,
    operator: Operator,
) -> Result<Term, Wrong> {
    let comparator = match operator {
        Operator::Compare(comparator) => comparator,
        _ => Comparator::Equal,
    };
    let is = comparator == Comparator::Equal;
    Ok(match (kind, operator) {
        (Kind::Integer { .. }, Operator::In) => {
            Term::Integer(of, Test::In(list(cursor, |c| integer(c, of))?.into()))
        }
        (Kind::Integer { .. }, _) => {
            Term::Integer(of, Test::Compare(comparator, integer(cursor, of)?))
        }
        (Kind::Float, _) => Term::Float(of, comparator, float(cursor)?),
        (Kind::Bool, _) => {
            let value = truth(cursor, operator == Operator::Missing)?;
            Term::Bool(of, value == is)
        }
        (Kind::Addr, Operator::In) => Term::Within(of, list(cursor, prefix)?.into()),
        (Kind::Addr, _) => Term::Addr {
            of,
            addr: addr(cursor)?,
            is,
        },
        (Kind::Text | Kind::Word(_), Operator::In) => {
            let texts = list(cursor, |c| text(c, kind, true))?;
            Term::Text(of, TextTest::In(texts.into()))
        }
        (Kind::Text | Kind::Word(_), _) => {
            let text = text(cursor, kind, operator != Operator::Missing)?;
            Term::Text(
                of,
                match operator {
                    Operator::Contains => TextTest::Contains(text.to_ascii_lowercase().into()),
                    _ if is => TextTest::Is(text),
                    _ => TextTest::IsNot(text),
                },
            )
        }
    })
}
