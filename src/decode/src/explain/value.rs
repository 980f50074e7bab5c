//! Octets of a field as a value of its element's type (RFC 7011, 6).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flow::Civil;

use super::List;
use crate::DataType;
use crate::clock::{ExportClock, stated_ms};

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// None: the field has no octets, or an NTP timestamp is 0, which says unknown.
    Unset,
    /// An unsigned number.
    Unsigned(u64),
    /// A signed number.
    Signed(i64),
    /// A number of single precision.
    Float32(f32),
    /// A number of double precision.
    Float64(f64),
    /// A truth value.
    Boolean(bool),
    /// An IPv4 or IPv6 address.
    Address(IpAddr),
    /// An IEEE 802 address.
    Mac([u8; 6]),
    /// Text, as sent but for NULs at its end. It may hold control characters.
    Text(Box<str>),
    /// A time.
    Time(Time),
    /// Octets of which no more is known.
    Octets(Box<[u8]>),
    /// A list (RFC 6313).
    List(Box<List>),
    /// Octets that are no value of the element's type.
    Misfit {
        /// The type.
        expected: DataType,
        /// The octets.
        octets: Box<[u8]>,
    },
}

/// A time on an exporter's clock, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    /// Seconds since 1970.
    pub secs: i64,
    /// Nanoseconds beyond them, below 1,000,000,000.
    pub nanos: u32,
    /// How many digits behind the second are known: 0, 3, 6 or 9.
    pub digits: u8,
}

impl Time {
    /// A time in milliseconds since 1970.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self {
            secs: millis.div_euclid(1_000),
            nanos: u32::try_from(millis.rem_euclid(1_000)).unwrap_or(0) * 1_000_000,
            digits: 3,
        }
    }
}

/// As in RFC 3339.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = Civil::from_millis(self.secs.saturating_mul(1_000));
        let Civil {
            year,
            month,
            day,
            hour,
            minute,
            second,
            ..
        } = civil;
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        match self.digits {
            0 => {}
            3 => write!(f, ".{:03}", self.nanos / 1_000_000)?,
            6 => write!(f, ".{:06}", self.nanos / 1_000)?,
            _ => write!(f, ".{:09}", self.nanos)?,
        }
        f.write_str("Z")
    }
}

/// Reads the octets of a field. Lists are octets here.
pub(crate) fn read(kind: DataType, octets: &[u8], clock: &ExportClock) -> Value {
    let value = match kind {
        DataType::String => text(octets),
        DataType::OctetArray
        | DataType::BasicList
        | DataType::SubTemplateList
        | DataType::SubTemplateMultiList => Some(Value::Octets(octets.into())),
        _ if octets.is_empty() => Some(Value::Unset),
        DataType::Unsigned8
        | DataType::Unsigned16
        | DataType::Unsigned32
        | DataType::Unsigned64
            if octets.len() > 8 =>
        {
            None
        }
        DataType::Unsigned8
        | DataType::Unsigned16
        | DataType::Unsigned32
        | DataType::Unsigned64
        | DataType::Unsigned256 => unsigned(octets).map(Value::Unsigned),
        DataType::Signed8 | DataType::Signed16 | DataType::Signed32 | DataType::Signed64 => {
            signed(octets).map(Value::Signed)
        }
        DataType::Float32 | DataType::Float64 => float(kind, octets),
        DataType::Boolean => match octets {
            [1] => Some(Value::Boolean(true)),
            [2] => Some(Value::Boolean(false)),
            _ => None,
        },
        DataType::MacAddress => octets.try_into().ok().map(Value::Mac),
        DataType::Ipv4Address => {
            let octets: Option<[u8; 4]> = octets.try_into().ok();
            octets.map(|octets| Value::Address(Ipv4Addr::from(octets).into()))
        }
        DataType::Ipv6Address => {
            let octets: Option<[u8; 16]> = octets.try_into().ok();
            octets.map(|octets| Value::Address(Ipv6Addr::from(octets).into()))
        }
        DataType::DateTimeSeconds
        | DataType::DateTimeMilliseconds
        | DataType::DateTimeMicroseconds
        | DataType::DateTimeNanoseconds => time(kind, octets, clock),
    };
    value.unwrap_or_else(|| Value::Misfit {
        expected: kind,
        octets: octets.into(),
    })
}

/// A number of up to 8 octets, or of more if those in front are zeros: exporters send
/// fewer (RFC 7011, 6.2), and some pad.
fn unsigned(octets: &[u8]) -> Option<u64> {
    let (front, low) = octets.split_at(octets.len().saturating_sub(8));
    let fits = front.iter().all(|&octet| octet == 0);
    let number = low
        .iter()
        .fold(0, |number, &octet| number << 8 | u64::from(octet));
    fits.then_some(number)
}

fn signed(octets: &[u8]) -> Option<i64> {
    let bits = u32::try_from(octets.len()).ok()?.checked_mul(8)?;
    let spare = 64_u32.checked_sub(bits)?;
    let number = unsigned(octets)?;
    // Shifting up and back again spreads the sign over the octets that were not sent.
    Some((number << spare).cast_signed() >> spare)
}

/// A float64 may be sent as a float32 (RFC 7011, 6.2).
fn float(kind: DataType, octets: &[u8]) -> Option<Value> {
    if let Ok(octets) = octets.try_into() {
        return Some(Value::Float32(f32::from_be_bytes(octets)));
    }
    let octets: Option<[u8; 8]> = octets.try_into().ok();
    let octets = octets.filter(|_| kind == DataType::Float64)?;
    Some(Value::Float64(f64::from_be_bytes(octets)))
}

/// Text is UTF-8, or it is none (RFC 7011, 6.1.6). Where its length is fixed, exporters
/// fill up with NULs.
fn text(octets: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(octets).ok()?;
    Some(Value::Text(text.trim_end_matches('\0').into()))
}

fn time(kind: DataType, octets: &[u8], clock: &ExportClock) -> Option<Value> {
    if kind == DataType::DateTimeSeconds {
        let secs = u32::try_from(unsigned(octets)?).ok()?;
        return Some(Value::Time(Time {
            secs: clock.of_seconds(secs).div_euclid(1_000),
            nanos: 0,
            digits: 0,
        }));
    }
    let stamp = u64::from_be_bytes(octets.try_into().ok()?);
    if kind == DataType::DateTimeMilliseconds {
        return stated_ms(stamp).map(|ms| Value::Time(Time::from_millis(ms)));
    }
    if stamp == 0 {
        return Some(Value::Unset);
    }
    let (digits, unit) = if kind == DataType::DateTimeMicroseconds {
        (6, 1_000_000)
    } else {
        (9, 1_000_000_000)
    };
    let (secs, fraction) = clock.of_ntp_units(kind, stamp, unit);
    Some(Value::Time(Time {
        secs,
        nanos: fraction * (1_000_000_000 / unit),
        digits,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPORT: u32 = 1_700_000_000;

    fn of(kind: DataType, octets: &[u8]) -> Value {
        let clock = ExportClock::new(EXPORT, 0, i64::from(EXPORT) * 1_000, 1_000);
        read(kind, octets, &clock)
    }

    fn misfit(kind: DataType, octets: &[u8]) -> bool {
        matches!(of(kind, octets), Value::Misfit { expected, .. } if expected == kind)
    }

    #[test]
    fn numbers_are_read_at_any_length_up_to_their_full_size() {
        assert_eq!(
            of(DataType::Unsigned64, &[1, 0, 0]),
            Value::Unsigned(65_536)
        );
        assert_eq!(
            of(DataType::Unsigned16, &[0, 0, 1, 0]),
            Value::Unsigned(256)
        );
        assert_eq!(
            of(DataType::Unsigned256, &[&[0; 24][..], &[0xFF; 8]].concat()),
            Value::Unsigned(u64::MAX)
        );
        assert!(misfit(DataType::Unsigned256, &[1; 32]));
        assert!(misfit(DataType::Unsigned64, &[0; 9]), "as it is decoded");
        assert_eq!(of(DataType::Signed32, &[0xFF]), Value::Signed(-1));
        assert_eq!(
            of(DataType::Signed64, &[0x80, 0, 0]),
            Value::Signed(-8_388_608)
        );
        assert_eq!(of(DataType::Signed64, &[0x7F]), Value::Signed(127));
        assert!(misfit(DataType::Signed64, &[0; 9]));
    }

    #[test]
    fn a_float_of_double_precision_may_come_in_single() {
        assert_eq!(
            of(DataType::Float64, &1.5_f32.to_be_bytes()),
            Value::Float32(1.5)
        );
        assert_eq!(
            of(DataType::Float64, &0.1_f64.to_be_bytes()),
            Value::Float64(0.1)
        );
        assert!(misfit(DataType::Float32, &0.1_f64.to_be_bytes()));
    }

    #[test]
    fn c10_a_boolean_is_one_or_two_and_nothing_else() {
        assert_eq!(of(DataType::Boolean, &[1]), Value::Boolean(true));
        assert_eq!(of(DataType::Boolean, &[2]), Value::Boolean(false));
        for octets in [&[0][..], &[3], &[0, 1]] {
            assert!(misfit(DataType::Boolean, octets), "{octets:?}");
        }
    }

    #[test]
    fn addresses_have_their_length_and_no_other() {
        let v4 = Value::Address([192, 0, 2, 1].into());
        assert_eq!(of(DataType::Ipv4Address, &[192, 0, 2, 1]), v4);
        assert!(misfit(DataType::Ipv4Address, &[192, 0]));
        assert!(misfit(DataType::Ipv6Address, &[0; 15]));
        assert_eq!(
            of(DataType::MacAddress, &[1, 2, 3, 4, 5, 6]),
            Value::Mac([1, 2, 3, 4, 5, 6])
        );
    }

    #[test]
    fn c11_b055_text_that_is_not_utf_8_is_no_text() {
        let text = |octets| of(DataType::String, octets);
        assert_eq!(text(b"eth0\0\0\0"), Value::Text("eth0".into()));
        assert_eq!(text(b""), Value::Text("".into()));
        assert_eq!(text(b"a\0b"), Value::Text("a\0b".into()));
        assert!(misfit(DataType::String, b"a\xC0\x80"), "overlong");
        assert!(misfit(DataType::String, b"a\xFF"));
    }

    #[test]
    fn c12_the_low_bits_of_microseconds_say_nothing() {
        let secs = u64::from(EXPORT.wrapping_add(2_208_988_800));
        let stamp = |fraction: u64| (secs << 32 | fraction).to_be_bytes();
        let shown = |kind, fraction| match of(kind, &stamp(fraction)) {
            Value::Time(time) => time.to_string(),
            other => panic!("{other:?}"),
        };
        let fraction = (((123_456_u64 << 32) / 1_000_000 + 1) & !0x7FF) | 0x800;
        let micros = DataType::DateTimeMicroseconds;
        assert_eq!(shown(micros, fraction), shown(micros, fraction | 0x7FF));
        assert_eq!(shown(micros, 0x8000_0000), "2023-11-14T22:13:20.500000Z");
        assert_eq!(shown(micros, 0xFFFF_FFFF), "2023-11-14T22:13:21.000000Z");
        let nanos = DataType::DateTimeNanoseconds;
        assert_eq!(shown(nanos, 0x8000_0000), "2023-11-14T22:13:20.500000000Z");
        assert_eq!(shown(nanos, 5), "2023-11-14T22:13:20.000000001Z");
        assert_eq!(of(nanos, &[0; 8]), Value::Unset);
    }

    #[test]
    fn times_are_shown_to_what_is_known_of_them() {
        let shown = |kind, octets: &[u8]| match of(kind, octets) {
            Value::Time(time) => time.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(
            shown(DataType::DateTimeSeconds, &EXPORT.to_be_bytes()),
            "2023-11-14T22:13:20Z"
        );
        let ms = (u64::from(EXPORT) * 1_000 + 7).to_be_bytes();
        assert_eq!(
            shown(DataType::DateTimeMilliseconds, &ms),
            "2023-11-14T22:13:20.007Z"
        );
        assert!(misfit(DataType::DateTimeMilliseconds, &[0xFF; 8]));
        assert!(misfit(DataType::DateTimeMilliseconds, &[0; 4]));
    }

    #[test]
    fn a_field_of_no_octets_has_no_value() {
        assert_eq!(of(DataType::Unsigned32, &[]), Value::Unset);
        assert_eq!(of(DataType::Ipv4Address, &[]), Value::Unset);
    }
}
