//! The octets of a tiny segment, as another program worked them out.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{FIRST_SEQ, header};
use dataset::segment::Writer;

const JSON: &str = concat!(
    r#"{"format":"flowstream-segment","version":1,"kind":"prepared","content":"csv","#,
    r#""first_seq":1000,"created_ms":1575297360123,"program":"0.1.0","#,
    r#""meta":{"anonymization":"none","schema":"seq,bytes"}}"#,
);

const JSON_CRC: &str = "c5 ff ef fa";

/// Header, then a zstd frame of one raw block, the smallest there is for eight octets.
const FRAME: &str = "
    51 2a 4d 18 24 00 00 00
    e8 03 00 00 00 00 00 00   68 24 0a c7 6e 01 00 00   01 00 00 00
    08 00 00 00   15 00 00 00   fb 59 f1 3e   91 09 5f 04
    28 b5 2f fd 24 08 41 00 00 31 30 30 30 2c 34 30 0a 82 c9 dc 43";

/// Segment header, frame header, zstd frame; three entries without checksums.
const SEEK_TABLE: &str = "
    5e 2a 4d 18 21 00 00 00
    cc 00 00 00 00 00 00 00   2c 00 00 00 00 00 00 00   15 00 00 00 08 00 00 00
    03 00 00 00   00   b1 ea 92 8f";

fn hex(text: &str) -> Vec<u8> {
    let octets = text.split_whitespace();
    octets
        .map(|octet| u8::from_str_radix(octet, 16).unwrap())
        .collect()
}

#[test]
fn header_frame_and_seek_table_are_as_documented() {
    let mut writer = Writer::new(Vec::new(), &header(), 1).unwrap();
    writer
        .append(FIRST_SEQ, 1_575_297_361_000, 1, b"1000,40\n")
        .unwrap();
    let (bytes, _) = writer.seal().unwrap();

    let header = [
        &hex("50 2a 4d 18 c4 00 00 00")[..],
        JSON.as_bytes(),
        &hex(JSON_CRC),
    ]
    .concat();
    let frame = hex(FRAME);
    let table = hex(SEEK_TABLE);
    assert_eq!(bytes, [header, frame, table].concat());
}
