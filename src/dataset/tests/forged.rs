//! Segments made by someone who wants to do harm: checksums right, contents not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::io::Cursor;

use common::{FIRST_SEQ, header, read_all, small_plan, write_open, write_sealed};
use dataset::segment::{COMP_LEN_MAX, RAW_LEN_MAX, Reader, SegmentHeader, Writer, recover};
use dataset::{DatasetError, Result};

/// The fields of a frame header, any of them a lie.
struct Forged {
    seq: u64,
    rows: u32,
    raw_len: u32,
    comp_len: u32,
}

fn forge(forged: &Forged, zstd_frame: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend_from_slice(&forged.seq.to_le_bytes());
    body.extend_from_slice(&0_i64.to_le_bytes());
    body.extend_from_slice(&forged.rows.to_le_bytes());
    body.extend_from_slice(&forged.raw_len.to_le_bytes());
    body.extend_from_slice(&forged.comp_len.to_le_bytes());
    body.extend_from_slice(&crc32c::crc32c(zstd_frame).to_le_bytes());
    let crc = crc32c::crc32c(&body);
    body.extend_from_slice(&crc.to_le_bytes());
    let (mut segment, _) = (write_open(&[]).0.into_inner(), ());
    segment.extend_from_slice(&0x184D_2A51_u32.to_le_bytes());
    segment.extend_from_slice(&36_u32.to_le_bytes());
    segment.extend_from_slice(&body);
    segment.extend_from_slice(zstd_frame);
    segment
}

fn frame_of(raw: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(raw, 1).unwrap()
}

fn len(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap()
}

fn first_error(segment: &[u8]) -> DatasetError {
    let mut reader = Reader::open(Cursor::new(segment)).unwrap();
    let (frames, end) = read_all(&mut reader);
    assert!(frames.is_empty(), "nothing of a forged frame is released");
    end.unwrap_err()
}

fn one(raw_len: u32, comp_len: u32) -> Forged {
    Forged {
        seq: FIRST_SEQ,
        rows: 1,
        raw_len,
        comp_len,
    }
}

#[test]
fn an_honest_frame_made_the_same_way_is_read() {
    let frame = frame_of(b"row\n");
    let segment = forge(&one(4, len(&frame)), &frame);
    let mut reader = Reader::open(Cursor::new(&segment)).unwrap();
    assert_eq!(reader.next_frame().unwrap().unwrap().payload, b"row\n");
}

#[test]
fn a_bomb_that_states_a_small_payload_is_refused_by_its_content_size() {
    let bomb = frame_of(&vec![0; 16 << 20]);
    assert!(bomb.len() < 4_096);
    let error = first_error(&forge(&one(100, len(&bomb)), &bomb));
    let text = error.to_string();
    assert!(
        text.contains("content size of the zstd frame is 16777216"),
        "{text}"
    );
}

#[test]
fn a_bomb_that_lies_in_both_headers_gets_no_more_room_than_it_states() {
    let mut bomb = frame_of(&vec![0; 16 << 20]);
    // A content size of 4 octets behind magic number and descriptor (RFC 8878, 3.1.1.1).
    assert_eq!(bomb[4] >> 6, 2, "the content size has 4 octets");
    let at = if bomb[4] & 0x20 == 0 { 6 } else { 5 };
    bomb[at..at + 4].copy_from_slice(&100_u32.to_le_bytes());
    let error = first_error(&forge(&one(100, len(&bomb)), &bomb));
    assert!(matches!(error, DatasetError::Compression { .. }), "{error}");
}

#[test]
fn a_zstd_frame_without_content_size_is_refused() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_contentsize(false).unwrap();
    std::io::Write::write_all(&mut encoder, b"row\n").unwrap();
    let frame = encoder.finish().unwrap();
    let error = first_error(&forge(&one(4, len(&frame)), &frame));
    assert!(
        error.to_string().contains("is unknown, expected 4"),
        "{error}"
    );
}

#[test]
fn two_zstd_frames_in_one_are_refused() {
    let mut frames = frame_of(b"row\n");
    frames.extend(frame_of(b""));
    let error = first_error(&forge(&one(4, len(&frames)), &frames));
    assert!(
        error.to_string().contains("length of the zstd frame"),
        "{error}"
    );
}

#[test]
fn a_stated_payload_beyond_the_limit_is_refused() {
    let frame = frame_of(b"row\n");
    let error = first_error(&forge(&one(RAW_LEN_MAX + 1, len(&frame)), &frame));
    assert!(
        matches!(
            error,
            DatasetError::Limit {
                what: "payload",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_stated_frame_beyond_the_limit_is_refused_before_it_is_read() {
    let error = first_error(&forge(&one(4, COMP_LEN_MAX + 1), b""));
    assert!(
        matches!(
            error,
            DatasetError::Limit {
                what: "zstd frame",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn rows_that_are_missing_or_come_twice_are_an_error_with_the_place() {
    let frame = frame_of(b"row\n");
    for seq in [FIRST_SEQ + 1, FIRST_SEQ - 1] {
        let segment = forge(
            &Forged {
                seq,
                ..one(4, len(&frame))
            },
            &frame,
        );
        let header_len = write_open(&[]).1[0];
        let error = first_error(&segment);
        assert!(
            matches!(error, DatasetError::Sequence { offset, found, expected: FIRST_SEQ }
                if offset == header_len && found == seq),
            "{error}"
        );
        assert_eq!(
            recover(Cursor::new(&segment)).unwrap().valid_len,
            header_len
        );
    }
}

#[test]
fn a_seek_table_of_another_segment_is_refused() {
    let (other, _) = write_sealed(&small_plan()[..2]);
    let (writer, ends) = write_open(&small_plan()[..2]);
    let table = &other[usize::try_from(*ends.last().unwrap()).unwrap()..];
    let mut same = writer.into_inner();
    same.extend_from_slice(table);
    assert_eq!(same, other);

    let mut longer = write_open(&small_plan()[..3]).0.into_inner();
    longer.extend_from_slice(table);
    let mut reader = Reader::open(Cursor::new(&longer)).unwrap();
    let (frames, end) = read_all(&mut reader);
    assert_eq!(frames.len(), 3);
    assert!(end.unwrap_err().to_string().contains("seek table"));
}

fn with_json(json: &[u8]) -> Result<SegmentHeader> {
    let mut bytes = 0x184D_2A50_u32.to_le_bytes().to_vec();
    bytes.extend_from_slice(&(len(json) + 4).to_le_bytes());
    bytes.extend_from_slice(json);
    bytes.extend_from_slice(&crc32c::crc32c(json).to_le_bytes());
    Reader::open(Cursor::new(&bytes)).map(|reader| reader.header().clone())
}

const JSON: &str = r#"{"format":"flowstream-segment","version":1,"kind":"raw","content":"pcapng","first_seq":0,"created_ms":0,"program":"","meta":{}}"#;

#[test]
fn a_header_of_another_version_field_or_kind_is_refused_and_not_cut_away() {
    with_json(JSON.as_bytes()).unwrap();
    for (from, to) in [
        ("\"version\":1", "\"version\":2"),
        ("flowstream-segment", "another"),
        ("\"kind\":\"raw\"", "\"kind\":\"cooked\""),
        ("\"content\":\"pcapng\"", "\"content\":\"parquet\""),
        ("\"program\":\"\"", "\"program\":\"\",\"more\":1"),
        ("\"program\":\"\",", ""),
        ("}}", "}"),
    ] {
        let json = JSON.replace(from, to);
        assert_ne!(json, JSON);
        let error = with_json(json.as_bytes()).unwrap_err();
        assert!(matches!(error, DatasetError::Format { .. }), "{error}");
    }
    let newer = JSON.replace("\"version\":1", "\"version\":2,\"compression\":\"xz\"");
    let text = with_json(newer.as_bytes()).unwrap_err().to_string();
    assert!(
        text.contains("version 2, expected flowstream-segment version 1"),
        "{text}"
    );
}

#[test]
fn a_header_with_a_length_beyond_the_limit_is_refused() {
    let json = format!("{JSON}{}", " ".repeat(64 << 10));
    let error = with_json(json.as_bytes()).unwrap_err();
    assert!(matches!(error, DatasetError::Limit { .. }), "{error}");
    let short = [
        &0x184D_2A50_u32.to_le_bytes()[..],
        &3_u32.to_le_bytes(),
        &[0; 3],
    ]
    .concat();
    assert!(Reader::open(Cursor::new(&short)).is_err());
}

#[test]
fn a_damaged_header_is_no_torn_one() {
    let (mut bytes, _) = write_sealed(&small_plan());
    bytes[20] ^= 1;
    let error = recover(Cursor::new(&bytes)).unwrap_err();
    assert!(matches!(error, DatasetError::Checksum { .. }), "{error}");
    let zeros = vec![0; 4_096];
    assert!(recover(Cursor::new(&zeros)).is_err());
}

#[test]
fn the_same_meta_in_another_order_gives_the_same_octets() {
    let mut other = header();
    other.meta = serde_json::Map::new();
    for (key, value) in header().meta.iter().rev() {
        other.meta.insert(key.clone(), value.clone());
    }
    let bytes = |header| Writer::new(Vec::new(), header, 1).unwrap().into_inner();
    assert_eq!(bytes(&other), bytes(&header()));
}
