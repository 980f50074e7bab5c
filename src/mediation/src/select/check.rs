//! One check of a compiled filter: of one value, without names or allocation.

use std::net::IpAddr;
use std::sync::Arc;

use flow::{Civil, Field, Value};

use super::Subject;
use super::expr::{Comparator, TextTest};
use super::quantity::Quantity;
use super::ranges::{AddrSet, Ranges};

/// A check of a value. Every one but [`Check::Null`] fails for null, and for a value of
/// another type.
#[derive(Debug, Clone)]
pub(super) enum Check {
    /// The integer is `inside` the range of both ends, or outside of it.
    Integer { low: u64, high: u64, inside: bool },
    /// The integer is in the set.
    IntegerIn(Arc<Ranges<u64>>),
    /// Of the bits in `mask`, those in `set` are set.
    Bits { set: u64, mask: u64 },
    /// The number compares so.
    Float(Comparator, f64),
    /// The truth value is this one.
    Bool(bool),
    /// The address is `inside` this range of IPv4, or outside of it.
    Ipv4 { low: u32, high: u32, inside: bool },
    /// The address is `inside` the set, or outside of it.
    AddrIn { set: Arc<AddrSet>, inside: bool },
    /// The text compares so.
    Text(Arc<TextTest>),
    /// The value is null, or is not.
    Null { is_null: bool },
}

impl Check {
    /// Whether it holds for a value.
    #[inline]
    pub(super) fn holds(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Null { is_null }, value) => (value == Value::Null) == *is_null,
            (Self::Integer { low, high, inside }, value) => {
                in_order(value).is_some_and(|v| (*low <= v && v <= *high) == *inside)
            }
            (Self::IntegerIn(set), value) => in_order(value).is_some_and(|v| set.contains(v)),
            (Self::Bits { set, mask }, Value::Unsigned(value)) => value & mask == *set,
            (Self::Float(comparator, with), Value::Float(value)) => {
                compares(value, *comparator, *with)
            }
            (Self::Bool(is), Value::Bool(value)) => value == *is,
            (Self::Ipv4 { low, high, inside }, Value::Addr(addr)) => {
                is_between(addr, *low, *high) == *inside
            }
            (Self::AddrIn { set, inside }, Value::Addr(addr)) => set.contains(addr) == *inside,
            (Self::Text(test), Value::Text(text)) => passes(text, test),
            _ => false,
        }
    }
}

/// An integer's place in the order of all values of its type.
pub(super) const fn in_order(value: Value<'_>) -> Option<u64> {
    match value {
        Value::Unsigned(value) => Some(value),
        // With the sign bit turned over, signed numbers stand in order as unsigned ones.
        Value::Signed(value) => Some(value.cast_unsigned() ^ (1 << 63)),
        _ => None,
    }
}

const fn is_between(addr: IpAddr, low: u32, high: u32) -> bool {
    match addr {
        IpAddr::V4(addr) => low <= addr.to_bits() && addr.to_bits() <= high,
        IpAddr::V6(_) => false,
    }
}

fn compares(value: f64, comparator: Comparator, with: f64) -> bool {
    match comparator {
        Comparator::Equal => value == with,
        Comparator::Unequal => value != with,
        Comparator::Less => value < with,
        Comparator::LessEqual => value <= with,
        Comparator::Greater => value > with,
        Comparator::GreaterEqual => value >= with,
    }
}

/// Up to how many texts are compared one by one: that is faster than halving.
const FEW: usize = 8;

fn passes(text: &str, test: &TextTest) -> bool {
    match test {
        TextTest::Is(is) => *text == **is,
        TextTest::IsNot(is_not) => *text != **is_not,
        TextTest::Contains(part) => contains(text.as_bytes(), part.as_bytes()),
        TextTest::In(texts) if texts.len() <= FEW => texts.iter().any(|is| **is == *text),
        TextTest::In(texts) => texts.binary_search_by(|is| (**is).cmp(text)).is_ok(),
    }
}

/// Whether a text has a part, but for the case of ASCII letters.
fn contains(text: &[u8], part: &[u8]) -> bool {
    part.is_empty()
        || text
            .windows(part.len())
            .any(|place| place.eq_ignore_ascii_case(part))
}

impl Quantity {
    /// Its value in a flow that began at this date.
    #[inline]
    pub(super) fn value<'a, F: Subject>(self, flow: &'a F, civil: &Civil) -> Value<'a> {
        match self {
            Self::Field(field) => flow.value(field, civil),
            Self::BytesPerPacket => bytes_per_packet(
                flow.value(Field::Bytes, civil),
                flow.value(Field::Packets, civil),
            ),
        }
    }

    /// Whether it is a part of the date.
    pub(super) const fn is_dated(self) -> bool {
        let Self::Field(field) = self else {
            return false;
        };
        matches!(
            field,
            Field::Year | Field::Month | Field::Day | Field::Hour | Field::Minute | Field::Second
        )
    }
}

/// Octets for each packet; null if there are no packets.
#[expect(
    clippy::cast_precision_loss,
    reason = "a ratio needs no more than 53 bits"
)]
fn bytes_per_packet<'a>(bytes: Value<'_>, packets: Value<'_>) -> Value<'a> {
    match (bytes, packets) {
        (Value::Unsigned(bytes), Value::Unsigned(packets)) if packets > 0 => {
            Value::Float(bytes as f64 / packets as f64)
        }
        _ => Value::Null,
    }
}
