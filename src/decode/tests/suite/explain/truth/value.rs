//! Whether a value is the one that tshark shows.

use std::net::IpAddr;

use decode::explain::{Time, Value};
use flow::Civil;

use super::names::Shown;

/// Whether our value is the one that is shown, of which the octets are beside it.
pub(super) fn is_same(ours: &Value, form: Shown, shown: &str, hex: &str) -> bool {
    match (form, ours) {
        (Shown::Number, Value::Unsigned(number)) => number_of(shown) == Some(*number),
        (Shown::Address, Value::Address(addr)) => shown.parse::<IpAddr>().ok() == Some(*addr),
        (Shown::Address, Value::Mac(octets)) => {
            let text = octets.map(|octet| format!("{octet:02x}")).join(":");
            shown == text
        }
        (Shown::Text, Value::Text(text)) => text.split('\0').next() == Some(shown),
        (Shown::Octets, Value::Octets(octets)) => is_padded(&hex_of(octets), hex),
        (Shown::Uptime, Value::Unsigned(millis)) => millis_of(shown) == Some(*millis),
        (Shown::Date, Value::Time(time)) => date_of(shown).is_some_and(|date| near(time, &date)),
        _ => false,
    }
}

/// Whether octets are these and up to three more, to a whole word: tshark shows the
/// padding of sFlow with what it pads.
fn is_padded(ours: &str, hex: &str) -> bool {
    hex.strip_prefix(ours)
        .is_some_and(|padding| padding.len() <= 6)
}

fn hex_of(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn number_of(shown: &str) -> Option<u64> {
    match shown.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => shown.parse().ok(),
    }
}

/// Milliseconds of seconds with a fraction.
fn millis_of(shown: &str) -> Option<u64> {
    let (secs, fraction) = shown.split_once('.')?;
    let millis: u64 = fraction.get(..3)?.parse().ok()?;
    Some(secs.parse::<u64>().ok()? * 1_000 + millis)
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A date such as `Nov 14, 2023 22:13:22.043000000 UTC`.
fn date_of(shown: &str) -> Option<Time> {
    let mut words = shown.split_whitespace();
    let (month, day, year) = (words.next()?, words.next()?, words.next()?);
    let (clock, fraction) = words.next()?.split_once('.')?;
    let mut clock = clock.split(':').map(|part| part.parse::<u8>().ok());
    let civil = Civil {
        year: year.parse().ok()?,
        month: u8::try_from(1 + MONTHS.iter().position(|of| *of == month)?).ok()?,
        day: day.trim_end_matches(',').parse().ok()?,
        hour: clock.next()??,
        minute: clock.next()??,
        second: clock.next()??,
        milli: 0,
    };
    Some(Time {
        secs: civil.to_millis()? / 1_000,
        nanos: fraction.parse().ok()?,
        digits: 9,
    })
}

/// Whether two times are the same as far as the digits of the first go. A binary fraction
/// lies between two of them, and tshark rounds it down.
fn near(ours: &Time, date: &Time) -> bool {
    let nanos = |time: &Time| i128::from(time.secs) * 1_000_000_000 + i128::from(time.nanos);
    let unit = match ours.digits {
        0 => 1_000_000_000,
        3 => 1_000_000,
        6 => 1_000,
        _ => 1,
    };
    (nanos(ours) - nanos(date)).abs() <= if unit == 1_000 { unit } else { 1 }
}

#[test]
fn what_is_shown_is_read() {
    let time = date_of("Nov 14, 2023 22:13:22.043000000 UTC").unwrap();
    assert_eq!(time.to_string(), "2023-11-14T22:13:22.043000000Z");
    assert_eq!(number_of("0x1b"), Some(27));
    assert_eq!(millis_of("3364406.052000000"), Some(3_364_406_052));
    assert!(!is_same(&Value::Unsigned(1), Shown::Number, "2", "02"));
    assert!(!is_same(&Value::Unset, Shown::Number, "0", "00"));
}
