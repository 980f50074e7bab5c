//! `[anonymizer]`: the methods of single fields, and how much they take away.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use flow::{Field, Method, Prefix};
use toml::Value;

use crate::check::{Check, Item, item};
use crate::duration::DAY;
use crate::keys::{FIELDS, join};
use crate::raw;

/// How much the methods of anonymization take away. Durations are whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measures {
    /// Leading bits of IPv4 addresses, 0 to 32.
    pub address_bits_v4: u8,
    /// Leading bits of IPv6 addresses, 0 to 128.
    pub address_bits_v6: u8,
    /// To what times are cut; 1 ms to 1 d.
    pub time_unit: Duration,
    /// The largest shift of times; 1 ms to 365 d.
    pub time_shift: Duration,
    /// How long a shift stays the same; 1 min to 365 d.
    pub time_shift_epoch: Duration,
    /// Leading digits of counters, 1 to 20.
    pub counter_digits: u8,
    /// Hundredths, 1 to 100.
    pub counter_noise: u8,
    /// Degrees, 1 to 90; 0: positions stay as they are.
    pub position_grid: u8,
}

const YEAR: Duration = DAY.saturating_mul(365);
const MILLISECOND: Duration = Duration::from_millis(1);
const TIME_UNIT: RangeInclusive<Duration> = MILLISECOND..=DAY;
const SHIFT: RangeInclusive<Duration> = MILLISECOND..=YEAR;
const EPOCH: RangeInclusive<Duration> = Duration::from_secs(60)..=YEAR;

impl Measures {
    pub(crate) fn check(raw: &raw::Anonymizer, check: &mut Check<'_>) -> Option<Self> {
        let mut number = |key, value, range| {
            let number = check.integer(item(key, value), &range)?;
            u8::try_from(number).ok()
        };
        let v4 = number("anonymizer.address_bits_v4", &raw.address_bits_v4, 0..=32);
        let v6 = number("anonymizer.address_bits_v6", &raw.address_bits_v6, 0..=128);
        let digits = number("anonymizer.counter_digits", &raw.counter_digits, 1..=20);
        let noise = number("anonymizer.counter_noise", &raw.counter_noise, 1..=100);
        let grid = number("anonymizer.position_grid", &raw.position_grid, 0..=90);
        let mut duration = |key, value, range| check.duration(item(key, value), range);
        let unit = duration("anonymizer.time_unit", &raw.time_unit, &TIME_UNIT);
        let shift = duration("anonymizer.time_shift", &raw.time_shift, &SHIFT);
        let epoch = &raw.time_shift_epoch;
        let epoch = duration("anonymizer.time_shift_epoch", epoch, &EPOCH);
        Some(Self {
            address_bits_v4: v4?,
            address_bits_v6: v6?,
            time_unit: unit?,
            time_shift: shift?,
            time_shift_epoch: epoch?,
            counter_digits: digits?,
            counter_noise: noise?,
            position_grid: grid?,
        })
    }
}

/// The most prefixes whose addresses leave as they are.
const PREFIXES_MAX: usize = 1_024;

/// A list of prefixes.
pub(crate) fn prefixes(list: Item<'_>, check: &mut Check<'_>) -> Option<Vec<Prefix>> {
    let values = list
        .value
        .as_array()
        .filter(|list| list.len() <= PREFIXES_MAX);
    let Some(values) = values else {
        let expected = "a list of at most 1024 prefixes such as [\"192.0.2.0/24\"]";
        check.refuse(list, expected);
        return None;
    };
    let prefixes: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(index, value)| {
            let prefix = value.as_str().and_then(|text| text.parse().ok());
            if prefix.is_none() {
                let key = format!("{}[{index}]", list.key);
                let expected = "a prefix such as \"192.0.2.0/24\" or \"2001:db8::/32\"";
                check.refuse(item(&key, value), expected);
            }
            prefix
        })
        .collect();
    prefixes.into_iter().collect()
}

/// The methods of single fields. One of both times is numbered only if the other is too, or
/// does not leave.
pub(crate) fn overrides(
    raw: &BTreeMap<String, Value>,
    check: &mut Check<'_>,
) -> Option<Vec<(Field, Method)>> {
    let chosen: Vec<_> = raw
        .iter()
        .map(|(name, value)| {
            let key = join(FIELDS, name);
            let field = Field::from_name(name)?;
            let methods = Method::of_field(field).iter();
            let methods: Vec<_> = methods.map(|method| (method.name(), *method)).collect();
            Some((field, check.choice(item(&key, value), &methods)?))
        })
        .collect();
    let chosen: Vec<(Field, Method)> = chosen.into_iter().collect::<Option<_>>()?;
    let method = |field| chosen.iter().find(|(of, _)| *of == field).map(|of| of.1);
    for (field, other) in [
        (Field::StartMs, Field::EndMs),
        (Field::EndMs, Field::StartMs),
    ] {
        let others = [Some(Method::Enumeration), Some(Method::BlackMarker)];
        if method(field) == Some(Method::Enumeration) && !others.contains(&method(other)) {
            let key = join(FIELDS, field.name());
            let other = other.name();
            let expected =
                format!("another method, or {other} with \"enumeration\" or \"black-marker\" too");
            check.refuse(item(&key, raw.get(field.name())?), expected);
            return None;
        }
    }
    Some(chosen)
}
