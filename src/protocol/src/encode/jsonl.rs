//! One JSON object a line (RFC 8259), members in the order of the chosen fields.

use flow::{Field, Value};

use super::number;

pub(super) fn line<'a>(values: impl Iterator<Item = (Field, Value<'a>)>, out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (field, value)) in values.enumerate() {
        out.extend_from_slice(if index == 0 { b"\"" } else { b",\"" });
        out.extend_from_slice(field.name().as_bytes());
        out.extend_from_slice(b"\":");
        self::value(value, out);
    }
    out.extend_from_slice(b"}\n");
}

fn value(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Unsigned(number) => number::unsigned(number, out),
        Value::Signed(number) => number::signed(number, out),
        Value::Float(number) => {
            if !number::float(number, out) {
                out.extend_from_slice(b"null");
            }
        }
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Addr(addr) => {
            out.push(b'"');
            number::addr(addr, out);
            out.push(b'"');
        }
        Value::Text(text) => string(text, out),
    }
}

/// A string: quote, backslash and control characters escaped, all else as it is.
/// Delete and the C1 controls are escaped too, since terminals act on them.
fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut utf8 = [0; 4];
    for c in text.chars() {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            c if c.is_control() => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                let code = u32::from(c);
                let digit = |shift: u32| HEX[(code >> shift & 0xF) as usize];
                out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
            }
            c => out.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes()),
        }
    }
    out.push(b'"');
}
