//! What is seen of each field, beside what is declared of it.

use flow::{Civil, Field, Method, Position, Value};
use serde::Serialize;

use super::declaration::Declaration;
use super::groups::Distinct;
use super::hash::NULL;
use super::row::Row;
use crate::anonymize::method::{AddressBits, CounterMethod, PortMethod};
use crate::anonymize::{AnonymizedFlow, Said, Scopes, SpecialUse};

/// Different values of a field that are kept at a time.
const VALUES_MAX: usize = 8_192;

/// What is seen of one field.
#[derive(Debug)]
struct Seen {
    nulls: u64,
    values: Distinct,
    /// Values that are not what is declared.
    odd: u64,
}

/// What is seen of all fields.
#[derive(Debug)]
pub(super) struct Fields {
    flows: u64,
    seen: Vec<Seen>,
}

/// What is declared and seen of a field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldReport {
    /// Its name.
    pub name: &'static str,
    /// The method that is declared, by its name in the settings; of the flows of most
    /// segments.
    pub method: &'static str,
    /// The words of the declaration; `None` if the field is declared to leave as it is.
    pub declared: Option<String>,
    /// Whether the words are none that this version knows.
    pub unknown_words: bool,
    /// Flows without a value.
    pub nulls: u64,
    /// Different values.
    pub distinct: u64,
    /// Whether that is counted, and not estimated.
    pub distinct_exact: bool,
    /// Values that are not what is declared for their segment.
    pub odd: u64,
}

impl Fields {
    pub(super) fn new() -> Self {
        let seen = |_| Seen {
            nulls: 0,
            values: Distinct::new(VALUES_MAX),
            odd: 0,
        };
        Self {
            flows: 0,
            seen: Field::ALL.iter().map(seen).collect(),
        }
    }

    /// Looks at a flow.
    pub(super) fn add(&mut self, flow: &AnonymizedFlow, row: &Row, declared: &Expected) {
        self.flows += 1;
        let civil = Civil::from_millis(flow.flow().start_ms);
        for ((seen, field), said) in self.seen.iter_mut().zip(Field::ALL).zip(&declared.0) {
            let number = row.value(field);
            if number == NULL {
                seen.nulls += 1;
                continue;
            }
            seen.values.add(number);
            if let Some(said) = said
                && is_odd(field, said, flow.value(field, &civil))
            {
                seen.odd += 1;
            }
        }
    }

    /// Flows in which a field has a value.
    pub(super) fn with_value(&self, field: Field) -> u64 {
        let nulls = self.seen.get(field as usize).map_or(0, |seen| seen.nulls);
        self.flows - nulls
    }

    /// What is seen, beside a declaration.
    pub(super) fn report(&self, declared: &Declaration) -> Vec<FieldReport> {
        let seen = self.seen.iter().zip(Field::ALL);
        // The position is no part of a flow, and all have it.
        let seen = seen.filter(|(_, field)| *field != Field::Seq);
        seen.map(|(seen, field)| FieldReport {
            name: field.name(),
            method: declared.method(field).name(),
            declared: declared.text(field).map(str::to_owned),
            unknown_words: declared.is_unknown(field),
            nulls: seen.nulls,
            distinct: seen.values.count(),
            distinct_exact: seen.values.is_exact(),
            odd: seen.odd,
        })
        .collect()
    }
}

/// What is declared of each field, for looking at many flows.
#[derive(Debug)]
pub(super) struct Expected([Option<Said>; Field::COUNT]);

impl Expected {
    pub(super) fn of(declaration: &Declaration) -> Self {
        let mut expected = Field::ALL.map(|field| declaration.said(field));
        let starts = declaration.method(Field::StartMs);
        let end = expected.get_mut(Field::EndMs as usize);
        // An end that would come before its start becomes that, whatever its own method.
        if let Some(end) = end
            && end.is_some_and(|end| end.method != starts)
        {
            *end = None;
        }
        Self(expected)
    }
}

/// Whether a value cannot be one that the declared method gave. Of methods with a key, and of
/// noise, no value can be told to be wrong.
fn is_odd(field: Field, said: &Said, value: Value<'_>) -> bool {
    let measures = &said.measures;
    match (said.method, value) {
        (Method::BlackMarker, value) => !may_be_clear(field, said, value),
        (Method::Truncation | Method::TruncatedPrefixPreserving, Value::Addr(addr)) => {
            let is_cut = |bits: AddressBits| bits.kept(addr) == addr;
            measures.address_bits.is_some_and(|bits| !is_cut(bits))
                && !may_be_clear(field, said, value)
        }
        (Method::ReverseTruncation, Value::Addr(addr)) => {
            let is_cut = |bits: AddressBits| bits.dropped(addr) == addr;
            measures.address_bits.is_some_and(|bits| !is_cut(bits))
                && !may_be_clear(field, said, value)
        }
        (Method::PrecisionDegradation, Value::Signed(time_ms)) => {
            let unit = measures.time_unit;
            unit.is_some_and(|unit| unit.floor(time_ms) != time_ms)
        }
        (Method::PrecisionDegradation, Value::Unsigned(length)) if field == Field::ActiveMs => {
            let unit = measures.time_unit;
            unit.is_some_and(|unit| unit.floor_length(length) != length)
        }
        (Method::PrecisionDegradation, Value::Unsigned(count)) => {
            let kept = measures.digits.map(CounterMethod::PrecisionDegradation);
            kept.is_some_and(|kept| kept.count(count, || 0) != count)
        }
        (Method::PrecisionDegradation, Value::Float(degrees)) => {
            let grid = measures.grid.zip(position(field, degrees));
            grid.is_some_and(|(grid, at)| grid.snap(at) != at)
        }
        (Method::Binning, Value::Unsigned(number)) => match field {
            Field::SrcPort | Field::DstPort => {
                let port = u16::try_from(number).unwrap_or(u16::MAX);
                PortMethod::Binning.port(port) != port
            }
            _ => CounterMethod::Binning.count(number, || 0) != number,
        },
        _ => false,
    }
}

/// A position with that latitude or longitude, and 0 for the other.
fn position(field: Field, degrees: f64) -> Option<Position> {
    match field {
        Field::SrcLatitude | Field::DstLatitude => Position::new(degrees, 0.0),
        _ => Position::new(0.0, degrees),
    }
}

/// Whether a value may be of an address that is let alone. Which prefixes are, is not declared,
/// nor which address a prefix was found for.
fn may_be_clear(field: Field, said: &Said, value: Value<'_>) -> bool {
    let special = said.special == SpecialUse::Clear;
    match (field, value) {
        (Field::SrcAddr | Field::DstAddr, Value::Addr(addr)) => {
            let scopes = Scopes::new(&[], SpecialUse::Clear);
            said.clear_prefixes > 0 || special && scopes.leave_clear(addr)
        }
        _ => said.clear_prefixes > 0 || special,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odd(field: &str, text: &str, value: Value<'_>) -> bool {
        let field = Field::from_name(field).unwrap();
        is_odd(field, &Said::of(None, text).unwrap(), value)
    }

    fn addr(text: &str) -> Value<'static> {
        Value::Addr(text.parse().unwrap())
    }

    #[test]
    fn a_value_where_none_is_declared_is_odd() {
        assert!(odd("bytes", "black-marker: null", Value::Unsigned(0)));
        let special = "black-marker: null; special-use addresses are clear";
        assert!(odd("src_addr", special, addr("10.0.0.1")));
        assert!(!odd("src_addr", special, addr("224.0.0.251")));
        let scopes = "black-marker: null; addresses in prefixes of the settings are clear (1)";
        assert!(!odd("src_addr", scopes, addr("10.0.0.1")), "nobody knows");
        assert!(!odd("dst_prefix_len", scopes, Value::Unsigned(21)));
        assert!(!odd("dst_prefix", special, addr("240.0.0.0")));
        assert!(odd(
            "dst_prefix_len",
            "black-marker: null",
            Value::Unsigned(21)
        ));
    }

    #[test]
    fn a_value_finer_than_is_declared_is_odd() {
        let truncated = "truncation: the leading 24 bits of IPv4 and 48 of IPv6 are kept";
        let permuted =
            "prefix-preserving: Crypto-PAn; of that the leading 24 bits of IPv4 and 48 of IPv6";
        for text in [truncated, permuted] {
            assert!(!odd("src_addr", text, addr("198.18.1.0")));
            assert!(odd("src_addr", text, addr("198.18.1.1")));
            assert!(odd("src_addr", text, addr("2001:db8::1")));
        }
        let reverse = "reverse truncation: the leading 24 bits of IPv4 and 48 of IPv6 are 0";
        assert!(odd("dst_addr", reverse, addr("198.18.1.1")));
        assert!(!odd("dst_addr", reverse, addr("0.0.0.1")));
        let minutes = "precision degradation: whole units of 60000 ms";
        assert!(!odd("start_ms", minutes, Value::Signed(-120_000)));
        assert!(odd("start_ms", minutes, Value::Signed(60_001)));
        assert!(odd("active_ms", minutes, Value::Unsigned(1)));
        let digits = "precision degradation: leading decimal digits, 2";
        assert!(!odd("bytes", digits, Value::Unsigned(1_200)));
        assert!(odd("bytes", digits, Value::Unsigned(1_230)));
        let grid = "precision degradation: a grid of 10 degrees";
        assert!(!odd("src_latitude", grid, Value::Float(-50.0)));
        assert!(odd("src_longitude", grid, Value::Float(151.0)));
    }

    #[test]
    fn a_value_that_is_no_bin_is_odd() {
        let ports = "binning: IANA's three ranges, each as its lowest port";
        assert!(!odd("dst_port", ports, Value::Unsigned(1_024)));
        assert!(odd("dst_port", ports, Value::Unsigned(443)));
        let powers = "binning: powers of two";
        assert!(!odd("packets", powers, Value::Unsigned(64)));
        assert!(odd("packets", powers, Value::Unsigned(65)));
    }

    #[test]
    fn of_methods_with_a_key_no_value_is_odd() {
        assert!(!odd(
            "src_addr",
            "prefix-preserving: Crypto-PAn",
            addr("10.0.0.1")
        ));
        assert!(!odd(
            "bytes",
            "noise: at most 10 percent, or 1",
            Value::Unsigned(7)
        ));
        assert!(!odd(
            "src_port",
            "permutation with the key",
            Value::Unsigned(7)
        ));
    }
}
