//! The values that terms compare with.

use std::net::IpAddr;

use flow::{CountryCode, EndReason, Locality, Prefix};

use super::Fault;
use super::cursor::Cursor;
use super::expr::FLAGS;
use super::limits::LIST_MAX;
use super::number;
use super::protocol;
use super::quantity::{Kind, Of, Vocabulary};
use super::token::{Sign, TokenKind, Wrong};

/// Reads the next token as a value, or says what would be right.
fn word<T>(
    cursor: &mut Cursor<'_>,
    read: impl Fn(&str) -> Option<T>,
    right: impl Fn() -> String,
) -> Result<T, Wrong> {
    let value = cursor.peek_word().and_then(read);
    let value = value.ok_or_else(|| cursor.unexpected(right()))?;
    cursor.skip();
    Ok(value)
}

/// A whole number that fits the values; of protocols, also by name.
pub(super) fn integer(cursor: &mut Cursor<'_>, of: Of) -> Result<i128, Wrong> {
    let (min, max) = match of.kind() {
        Kind::Integer { min, max } => (min, max),
        _ => (0, 0),
    };
    let read = |word: &str| {
        let named = protocol::number(word).filter(|_| of.is_protocol());
        let number = named.map(i128::from).or_else(|| number::integer(word));
        number.filter(|number| (min..=max).contains(number))
    };
    word(cursor, read, || {
        if of.is_protocol() {
            "a protocol such as tcp, udp or icmp, or its number from 0 to 255".to_owned()
        } else {
            format!("a whole number from {min} to {max}")
        }
    })
}

/// A finite number.
pub(super) fn float(cursor: &mut Cursor<'_>) -> Result<f64, Wrong> {
    word(cursor, number::float, || {
        "a number, such as 1.5 or 10k".to_owned()
    })
}

/// `true` or `false`; without an operator before it, it may be left out.
pub(super) fn truth(cursor: &mut Cursor<'_>, may_miss: bool) -> Result<bool, Wrong> {
    if cursor.eat_word("true") {
        Ok(true)
    } else if cursor.eat_word("false") {
        Ok(false)
    } else if may_miss {
        Ok(true)
    } else {
        Err(cursor.unexpected("`true` or `false`"))
    }
}

/// An address.
pub(super) fn addr(cursor: &mut Cursor<'_>) -> Result<IpAddr, Wrong> {
    let is_prefix = |word: &str| word.parse::<Prefix>().is_ok();
    let right = if cursor.peek_word().is_some_and(is_prefix) {
        "an address; `net` and `in` take prefixes"
    } else {
        "an IPv4 or IPv6 address"
    };
    word(cursor, |word| word.parse().ok(), || right.to_owned())
}

/// A prefix, or an address alone for that of its full length.
pub(super) fn prefix(cursor: &mut Cursor<'_>) -> Result<Prefix, Wrong> {
    word(
        cursor,
        |word| word.parse().ok(),
        || "an address, or a prefix such as 10.0.0.0/8 or 2001:db8::/32".to_owned(),
    )
}

/// A prefix by its length or by a mask.
pub(super) fn network(cursor: &mut Cursor<'_>) -> Result<Prefix, Wrong> {
    let Some(addr) = cursor.peek_word().and_then(|word| word.parse().ok()) else {
        return word(
            cursor,
            |word| word.parse().ok(),
            || "a prefix such as 10.0.0.0/8, or an address and its mask".to_owned(),
        );
    };
    cursor.skip();
    word(
        cursor,
        |mask| Prefix::containing(addr, mask_len(addr, mask.parse().ok()?)?).ok(),
        || format!("a mask such as 255.0.0.0, or a length: {addr}/8"),
    )
}

/// The length of a mask of the family of `addr`: ones, and then zeros.
fn mask_len(addr: IpAddr, mask: IpAddr) -> Option<u8> {
    let (ones, is_mask) = match (addr, mask) {
        (IpAddr::V4(_), IpAddr::V4(mask)) => {
            let bits = mask.to_bits();
            (
                bits.leading_ones(),
                bits.count_ones() == bits.leading_ones(),
            )
        }
        (IpAddr::V6(_), IpAddr::V6(mask)) => {
            let bits = mask.to_bits();
            (
                bits.leading_ones(),
                bits.count_ones() == bits.leading_ones(),
            )
        }
        _ => return None,
    };
    u8::try_from(ones).ok().filter(|_| is_mask)
}

/// Words that mean something after a name, so that a text cannot follow it without an
/// operator or quotes.
const RESERVED: [&str; 3] = ["and", "or", "not"];

/// A text in quotes, or a word; of closed sets, in its canonical form.
pub(super) fn text(
    cursor: &mut Cursor<'_>,
    kind: Kind,
    after_operator: bool,
) -> Result<Box<str>, Wrong> {
    let is_reserved = |word: &str| RESERVED.iter().any(|r| r.eq_ignore_ascii_case(word));
    let found = match cursor.peek() {
        Some(TokenKind::Word(word)) if after_operator || !is_reserved(word) => *word,
        Some(TokenKind::Quoted(text)) => text.as_str(),
        _ => return Err(cursor.unexpected(right(kind))),
    };
    let text: Option<Box<str>> = match kind {
        Kind::Word(vocabulary) => canonical(vocabulary, found),
        _ => Some(found.into()),
    };
    let text = text.ok_or_else(|| cursor.unexpected(right(kind)))?;
    cursor.skip();
    Ok(text)
}

fn canonical(vocabulary: Vocabulary, found: &str) -> Option<Box<str>> {
    let lower = found.to_ascii_lowercase();
    match vocabulary {
        Vocabulary::Country => CountryCode::new(found).map(|code| code.as_str().into()),
        Vocabulary::EndReason => EndReason::from_name(&lower).map(|reason| reason.name().into()),
        Vocabulary::Locality => Locality::from_name(&lower).map(|locality| locality.name().into()),
    }
}

const fn right(kind: Kind) -> &'static str {
    match kind {
        Kind::Word(Vocabulary::Country) => "a country by its two letters, such as CH",
        Kind::Word(Vocabulary::EndReason) => "idle, active, end, forced or resources",
        Kind::Word(Vocabulary::Locality) => "private or public",
        _ => "a text in quotes, or a word",
    }
}

/// One value, or several in brackets, with spaces or commas between them: in order, each
/// once.
pub(super) fn list<T: Ord>(
    cursor: &mut Cursor<'_>,
    read: impl Fn(&mut Cursor<'_>) -> Result<T, Wrong>,
) -> Result<Vec<T>, Wrong> {
    if !cursor.eat(Sign::ListOpen) {
        return Ok(vec![read(cursor)?]);
    }
    let mut values = Vec::new();
    loop {
        if values.len() == LIST_MAX {
            return Err((Fault::ListTooLong, cursor.range()));
        }
        values.push(read(cursor)?);
        if cursor.eat(Sign::ListClose) {
            values.sort_unstable();
            values.dedup();
            return Ok(values);
        }
        if cursor.peek().is_none() {
            return Err(cursor.unexpected("another value or `]`"));
        }
        cursor.eat(Sign::Comma);
    }
}

/// TCP flags by letter or number: those that must be set, and those looked at.
pub(super) fn flags(cursor: &mut Cursor<'_>) -> Result<(u16, u16), Wrong> {
    let read = |word: &str| match word.split_once('/') {
        None => flag_bits(word).map(|set| (set, set)),
        Some((set, mask)) => {
            let (set, mask) = (flag_bits(set)?, flag_bits(mask)?);
            (set & !mask == 0).then_some((set, mask))
        }
    };
    word(cursor, read, || {
        "flags out of F S R P A U E C N, such as SA; or S/SA: of S and A, only S".to_owned()
    })
}

/// At least one flag.
fn flag_bits(text: &str) -> Option<u16> {
    let bit = |letter: char| {
        let place = FLAGS
            .iter()
            .position(|flag| flag.eq_ignore_ascii_case(&letter));
        place.map(|place| 1_u16 << place)
    };
    let letters = || {
        text.chars()
            .try_fold(0, |bits, letter| Some(bits | bit(letter)?))
    };
    let number = || number::integer(text).and_then(|number| u16::try_from(number).ok());
    letters().or_else(number).filter(|bits| *bits != 0)
}
