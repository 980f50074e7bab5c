//! The structures of sFlow by name: flow data and counters of the specification and of
//! the extensions that sflow.org lists. Those with a plain layout are read field by
//! field, all others are octets.

mod counters;
mod flow_data;

use self::counters::COUNTERS;
use self::flow_data::FLOW_DATA;
use super::xdr::Xdr;
use crate::explain::Value;

/// How a field is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A word as a number.
    Word,
    /// Two words as a number.
    Long,
    /// A word as a number of single precision.
    Float,
    /// An IPv4 address.
    V4,
    /// An IPv6 address.
    V6,
    /// An address of a type that a word tells.
    Address,
    /// An IEEE 802 address, padded to two words.
    Mac,
    /// So many octets.
    Octets(usize),
    /// Octets behind their length.
    Opaque,
    /// Text behind its length.
    Text,
    /// Words behind their number, as octets.
    Words,
    /// Segments of an AS path behind their number, as octets.
    Path,
}

/// A structure that has a name.
#[derive(Debug)]
pub(super) struct Known {
    format: u32,
    pub(super) name: &'static str,
    pub(super) fields: &'static [(&'static str, Form)],
}

const fn known(format: u32, name: &'static str, fields: &'static [(&'static str, Form)]) -> Known {
    Known {
        format,
        name,
        fields,
    }
}

/// Flow data of a format.
pub(super) fn flow_data(format: u32) -> Option<&'static Known> {
    FLOW_DATA.iter().find(|known| known.format == format)
}

/// Counters of a format.
pub(super) fn counters(format: u32) -> Option<&'static Known> {
    COUNTERS.iter().find(|known| known.format == format)
}

/// Reads a field; `None` if what is left does not hold it.
pub(super) fn field(form: Form, body: &mut Xdr<'_>) -> Option<Value> {
    Some(match form {
        Form::Word => Value::Unsigned(body.word()?.into()),
        Form::Long => Value::Unsigned(u64::from_be_bytes(body.array()?)),
        Form::Float => Value::Float32(f32::from_bits(body.word()?)),
        Form::V4 => Value::Address(body.array::<4>()?.into()),
        Form::V6 => Value::Address(body.array::<16>()?.into()),
        Form::Address => match body.word()? {
            0 => Value::Unset,
            1 => Value::Address(body.array::<4>()?.into()),
            2 => Value::Address(body.array::<16>()?.into()),
            _ => return None,
        },
        Form::Mac => {
            // The padding is to be zeros, and with some agents is not.
            let [a, b, c, d, e, f, ..] = body.array::<8>()?;
            Value::Mac([a, b, c, d, e, f])
        }
        Form::Octets(octets) => Value::Octets(body.take(octets)?.into()),
        Form::Opaque => Value::Octets(opaque(body)?.into()),
        Form::Text => match std::str::from_utf8(opaque(body)?) {
            Ok(text) => Value::Text(text.into()),
            Err(_) => return None,
        },
        Form::Words => {
            let octets = usize::try_from(body.word()?).ok()?.checked_mul(4)?;
            Value::Octets(body.take(octets)?.into())
        }
        Form::Path => Value::Octets(path(body)?.into()),
    })
}

/// Octets of a stated length; of their padding, what is there.
fn opaque<'a>(body: &mut Xdr<'a>) -> Option<&'a [u8]> {
    let octets = usize::try_from(body.word()?).ok()?;
    let taken = body.take(octets)?;
    let padding = octets.next_multiple_of(4) - octets;
    body.take(padding.min(body.rest().len()))?;
    Some(taken)
}

/// The segments of an AS path, each of a type and a number of AS numbers.
fn path<'a>(body: &mut Xdr<'a>) -> Option<&'a [u8]> {
    let segments = body.word()?;
    let (all, first) = (body.rest(), body.at);
    for _ in 0..segments {
        let [_kind, ases] = body.words()?;
        body.skip_words(ases)?;
    }
    all.get(..body.at - first)
}

#[cfg(test)]
mod tests {
    use super::Form::{Address, Float, Long, Mac, Octets, Opaque, Path, Text, V4, V6, Word, Words};
    use super::*;

    #[test]
    fn formats_rise_and_names_differ() {
        for table in [&FLOW_DATA[..], &COUNTERS] {
            assert!(table.windows(2).all(|two| two[0].format < two[1].format));
            let mut names: Vec<_> = table.iter().map(|known| known.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), table.len());
        }
    }

    #[test]
    fn a_field_that_is_cut_off_is_none() {
        for form in [
            Word,
            Long,
            Float,
            V4,
            V6,
            Address,
            Mac,
            Octets(4),
            Opaque,
            Text,
            Words,
            Path,
        ] {
            assert_eq!(field(form, &mut Xdr::new(&[0, 0, 0], 0)), None, "{form:?}");
        }
        let lying = [0xFF; 12];
        for form in [Address, Opaque, Text, Words, Path] {
            assert_eq!(field(form, &mut Xdr::new(&lying, 0)), None, "{form:?}");
        }
    }

    #[test]
    fn fields_of_their_own_length_end_where_they_say() {
        let path = [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9, 7];
        let mut body = Xdr::new(&path, 0);
        let read = field(Path, &mut body);
        assert_eq!(read, Some(Value::Octets(path[4..16].into())));
        assert_eq!(body.rest(), [7]);
        let text = [0, 0, 0, 2, b'h', b'i', 0, 0, 7];
        let mut body = Xdr::new(&text, 0);
        assert_eq!(field(Text, &mut body), Some(Value::Text("hi".into())));
        assert_eq!(body.rest(), [7]);
    }
}
