//! Comma-separated values (RFC 4180), line end `\n`.
//!
//! Unknown is an empty cell; an empty text is `""`, so that the two stay apart.

use flow::Value;

use super::number;

pub(super) fn line<'a>(values: impl Iterator<Item = Value<'a>>, out: &mut Vec<u8>) {
    for (index, value) in values.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        cell(value, out);
    }
    out.push(b'\n');
}

fn cell(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => {}
        Value::Unsigned(number) => number::unsigned(number, out),
        Value::Signed(number) => number::signed(number, out),
        Value::Float(number) => drop(number::float(number, out)),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Addr(addr) => number::addr(addr, out),
        Value::Text(text) => self::text(text, out),
    }
}

fn text(text: &str, out: &mut Vec<u8>) {
    let special = |byte: u8| matches!(byte, b',' | b'"' | b'\r' | b'\n');
    if !text.is_empty() && !text.bytes().any(special) {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}
