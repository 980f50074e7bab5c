//! Segments: what is written is read, and nothing else is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::io::{Cursor, Read, Write};

use common::{FIRST_SEQ, Plan, Shared, header, read_all, small_plan, write_open, write_sealed};
use dataset::DatasetError;
use dataset::segment::{FRAME_HEADER_LEN, FRAMES_MAX, RAW_LEN_MAX, Reader, Tail, Writer, recover};
use proptest::prelude::*;

fn open(bytes: &[u8]) -> Reader<Cursor<&[u8]>> {
    Reader::open(Cursor::new(bytes)).unwrap()
}

fn concatenation(plan: &[Plan]) -> Vec<u8> {
    plan.iter()
        .flat_map(|(.., payload)| payload.clone())
        .collect()
}

fn any_plan() -> impl Strategy<Value = Vec<Plan>> {
    let payload = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..400),
        "[0-9,\n]{0,2000}".prop_map(String::into_bytes),
    ];
    proptest::collection::vec((any::<i64>(), 0..5_000_u32, payload), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_written_is_read_and_the_same_input_gives_the_same_octets(plan in any_plan()) {
        let (bytes, totals) = write_sealed(&plan);
        prop_assert_eq!(&write_sealed(&plan).0, &bytes);
        let mut reader = open(&bytes);
        prop_assert_eq!(reader.header(), &header());
        let (frames, end) = read_all(&mut reader);
        prop_assert!(end.is_ok());
        prop_assert!(matches!(reader.tail(), Tail::Sealed));
        prop_assert_eq!(&frames, &plan);
        prop_assert_eq!(totals.len, bytes.len() as u64);
        prop_assert_eq!(totals.rows(), plan.iter().map(|plan| u64::from(plan.1)).sum::<u64>());
    }

    #[test]
    fn a_plain_zstd_decoder_gives_the_payloads_one_after_the_other(plan in any_plan()) {
        let (bytes, _) = write_sealed(&plan);
        let mut plain = Vec::new();
        zstd::stream::read::Decoder::new(bytes.as_slice())
            .unwrap()
            .read_to_end(&mut plain)
            .unwrap();
        prop_assert_eq!(plain, concatenation(&plan));
    }

    #[test]
    fn every_position_is_found_in_open_and_in_sealed_segments(plan in any_plan(), sealed: bool) {
        let (writer, _) = write_open(&plan);
        let end = writer.next_seq();
        let bytes = if sealed { writer.seal().unwrap().0 } else { writer.into_inner() };
        let mut reader = open(&bytes);
        for seq in (FIRST_SEQ..end).step_by(997).chain([end.saturating_sub(1), FIRST_SEQ]) {
            if seq < end && seq >= FIRST_SEQ {
                prop_assert!(reader.seek_to_seq(seq).unwrap());
                let frame = reader.next_frame().unwrap().unwrap();
                prop_assert!(frame.meta.holds(seq));
            }
        }
        prop_assert!(!reader.seek_to_seq(end).unwrap());
        prop_assert!(!reader.seek_to_seq(u64::MAX).unwrap());
        prop_assert!(reader.next_frame().unwrap().is_none());
    }

    #[test]
    fn octets_that_are_no_segment_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (mut whole, _) = write_sealed(&small_plan());
        prop_assert!(Reader::open(Cursor::new(&bytes)).is_err());
        let _ = recover(Cursor::new(&bytes));
        whole.extend_from_slice(&bytes);
        let recovery = recover(Cursor::new(&whole)).unwrap();
        prop_assert!(recovery.valid_len <= whole.len() as u64);
    }
}

#[test]
fn metas_are_those_of_the_frames_and_skip_their_content() {
    let (bytes, _) = write_sealed(&small_plan());
    let (mut full, mut skim) = (open(&bytes), open(&bytes));
    while let Some(meta) = skim.next_meta().unwrap() {
        assert_eq!(full.next_frame().unwrap().unwrap().meta, meta);
        assert_eq!(skim.offset(), meta.end());
    }
    assert!(full.next_frame().unwrap().is_none());
    assert!(matches!(skim.tail(), Tail::Sealed));
}

#[test]
fn a_position_before_the_segment_is_refused() {
    let (bytes, _) = write_sealed(&small_plan());
    let error = open(&bytes).seek_to_seq(FIRST_SEQ - 1).unwrap_err();
    assert!(matches!(
        error,
        DatasetError::BeforeSegment {
            wanted: 999,
            first: FIRST_SEQ
        }
    ));
}

#[test]
fn a_torn_segment_is_recovered_to_its_last_whole_frame_wherever_it_is_torn() {
    let plan = small_plan();
    let (writer, boundaries) = write_open(&plan);
    let (sealed, _) = writer.seal().unwrap();
    for len in 0..sealed.len() {
        let recovery = recover(Cursor::new(&sealed[..len])).unwrap();
        let whole = boundaries.iter().filter(|&&end| end <= len as u64).count();
        let expected = whole.checked_sub(1).map_or(0, |last| boundaries[last]);
        assert_eq!(recovery.valid_len, expected, "torn at {len}");
        assert_eq!(recovery.header.is_some(), whole > 0);
        assert_eq!(recovery.frames, whole.saturating_sub(1) as u64);
        let rows: u32 = plan
            .iter()
            .take(whole.saturating_sub(1))
            .map(|plan| plan.1)
            .sum();
        assert_eq!(recovery.rows, u64::from(rows));
        match &recovery.tail {
            Tail::Clean => assert_eq!(expected, len as u64),
            Tail::Torn(torn) => assert_eq!(torn.len, len as u64 - expected),
            Tail::Sealed => panic!("sealed without a whole seek table"),
        }
        resumes_to_the_same_octets(&sealed, recovery, &plan);
    }
    assert!(recover(Cursor::new(&sealed)).unwrap().is_sealed());
}

/// Cuts, continues with the frames that were lost, seals: as if nothing had happened.
fn resumes_to_the_same_octets(sealed: &[u8], recovery: dataset::segment::Recovery, plan: &[Plan]) {
    let kept = sealed[..usize::try_from(recovery.valid_len).unwrap()].to_vec();
    let (frames, with_header) = (recovery.frames, recovery.header.is_some());
    let resumed = Writer::resume(kept, recovery, 1);
    if !with_header {
        assert!(matches!(resumed, Err(DatasetError::State { .. })));
        return;
    }
    let mut writer = resumed.unwrap();
    for (time, rows, payload) in &plan[usize::try_from(frames).unwrap()..] {
        writer
            .append(writer.next_seq(), *time, *rows, payload)
            .unwrap();
    }
    assert_eq!(writer.seal().unwrap().0, sealed);
}

#[test]
fn a_sealed_segment_is_not_continued() {
    let (sealed, _) = write_sealed(&small_plan());
    let recovery = recover(Cursor::new(&sealed)).unwrap();
    assert!(matches!(
        Writer::resume(Vec::new(), recovery, 1),
        Err(DatasetError::State { .. })
    ));
}

#[test]
fn a_tail_of_zeros_or_garbage_is_cut_off() {
    let (writer, boundaries) = write_open(&small_plan());
    let open_segment = writer.into_inner();
    let garbage: Vec<u8> = (0..200_u8).map(|n| n.wrapping_mul(151) ^ 0x5A).collect();
    let half_a_frame = &open_segment[usize::try_from(boundaries[1]).unwrap()..][..50];
    for tail in [&[0; 4_096][..], &[0; 3], &garbage, half_a_frame] {
        let mut bytes = open_segment.clone();
        bytes.extend_from_slice(tail);
        let recovery = recover(Cursor::new(&bytes)).unwrap();
        assert_eq!(recovery.valid_len, open_segment.len() as u64);
        let Tail::Torn(torn) = recovery.tail else {
            panic!("{:?}", recovery.tail)
        };
        assert_eq!(torn.len, tail.len() as u64);
    }
}

#[test]
fn octets_behind_the_seek_table_unseal_the_segment() {
    let (writer, boundaries) = write_open(&small_plan());
    let (mut bytes, _) = writer.seal().unwrap();
    bytes.push(0);
    assert!(read_all(&mut open(&bytes)).1.is_err());
    let recovery = recover(Cursor::new(&bytes)).unwrap();
    assert_eq!(Some(&recovery.valid_len), boundaries.last());
}

#[test]
fn every_flipped_bit_is_detected_and_no_wrong_row_is_released() {
    let plan = small_plan();
    let (bytes, _) = write_sealed(&plan);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let Ok(mut reader) = Reader::open(Cursor::new(&flipped)) else {
            continue;
        };
        assert_eq!(reader.header(), &header(), "bit {bit}");
        let (frames, end) = read_all(&mut reader);
        assert_eq!(frames, plan[..frames.len()], "bit {bit}");
        let detected = end.is_err() || !matches!(reader.tail(), Tail::Sealed);
        assert!(detected, "bit {bit}");
    }
}

#[test]
fn a_flipped_bit_in_a_frame_costs_this_frame_only() {
    let plan = small_plan();
    let (mut bytes, boundaries) = {
        let (writer, boundaries) = write_open(&plan);
        (writer.into_inner(), boundaries)
    };
    let content_at = boundaries[1] + u64::from(FRAME_HEADER_LEN) + 10;
    bytes[usize::try_from(content_at).unwrap()] ^= 0x10;
    let mut reader = open(&bytes);
    reader.next_frame().unwrap().unwrap();
    for _ in 0..2 {
        let error = reader.next_frame().unwrap_err();
        assert!(matches!(error, DatasetError::Checksum { .. }), "{error}");
    }
    let lost = reader.next_meta().unwrap().unwrap();
    assert_eq!((lost.first_seq, lost.rows), (FIRST_SEQ, 3));
    assert_eq!(reader.next_frame().unwrap().unwrap().payload, plan[2].2);
}

#[test]
fn a_reader_follows_a_segment_that_grows_octet_by_octet() {
    let plan = small_plan();
    let (writer, boundaries) = write_open(&plan);
    let (bytes, _) = writer.seal().unwrap();
    let file = Shared::default();
    file.bytes
        .borrow_mut()
        .extend_from_slice(&bytes[..usize::try_from(boundaries[0]).unwrap()]);
    let mut reader = Reader::open(file.clone()).unwrap();
    let mut skim = Reader::open(file.clone()).unwrap();
    let mut frames = Vec::new();
    let mut metas = 0;
    for len in usize::try_from(boundaries[0]).unwrap()..=bytes.len() {
        file.bytes.borrow_mut().clear();
        file.bytes.borrow_mut().extend_from_slice(&bytes[..len]);
        let (more, end) = read_all(&mut reader);
        end.unwrap();
        frames.extend(more);
        metas += std::iter::from_fn(|| skim.next_meta().unwrap()).count();
        let whole = boundaries.iter().filter(|&&end| end <= len as u64).count() - 1;
        assert_eq!((frames.len(), metas), (whole, whole), "at {len}");
        let at_boundary = boundaries.contains(&(len as u64));
        match reader.tail() {
            Tail::Clean => assert!(at_boundary, "at {len}"),
            Tail::Torn(torn) => {
                assert!(!at_boundary, "at {len}");
                assert_eq!(torn.len, len as u64 - reader.offset());
            }
            Tail::Sealed => assert_eq!(len, bytes.len()),
        }
    }
    assert_eq!(frames, plan);
    assert!(matches!(skim.tail(), Tail::Sealed));
}

#[test]
fn a_reader_sees_what_replaced_a_torn_frame() {
    let (writer, _) = write_open(&small_plan());
    let file = Shared::default();
    *file.bytes.borrow_mut() = writer.into_inner();
    let len = file.bytes.borrow().len();
    let mut reader = Reader::open(std::io::BufReader::new(file.clone())).unwrap();
    file.bytes
        .borrow_mut()
        .extend_from_slice(&0x184D_2A51_u32.to_le_bytes());
    assert_eq!(read_all(&mut reader).0.len(), 4);
    assert!(matches!(reader.tail(), Tail::Torn(_)));

    file.bytes.borrow_mut().truncate(len);
    let recovery = recover(file.clone()).unwrap();
    let next_seq = recovery.next_seq;
    let kept = file.bytes.borrow().clone();
    let mut writer = Writer::resume(kept, recovery, 1).unwrap();
    writer.append(next_seq, 7, 1, b"new\n").unwrap();
    *file.bytes.borrow_mut() = writer.into_inner();
    assert_eq!(reader.next_frame().unwrap().unwrap().payload, b"new\n");
}

/// Takes so many octets, then fails like a full disk.
struct Full {
    bytes: Vec<u8>,
    room: usize,
}

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let fits = bytes.len().min(self.room - self.bytes.len());
        if fits == 0 {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(&bytes[..fits]);
        Ok(fits)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_costs_nothing_once_it_was_cut_back() {
    let plan = small_plan();
    let (expected, _) = write_sealed(&plan);
    let (_, boundaries) = write_open(&plan);
    for room in usize::try_from(boundaries[0]).unwrap()..expected.len() {
        let full = Full {
            bytes: Vec::new(),
            room,
        };
        let mut writer = Writer::new(full, &header(), 1).unwrap();
        for (time, rows, payload) in &plan {
            let seq = writer.next_seq();
            if writer.append(seq, *time, *rows, payload).is_err() {
                let again = writer.append(seq, *time, *rows, payload);
                assert!(
                    matches!(again, Err(DatasetError::State { .. })),
                    "not cut back"
                );
                make_room(&mut writer);
                writer.append(seq, *time, *rows, payload).unwrap();
            }
        }
        if writer.write_seek_table().is_err() {
            make_room(&mut writer);
            writer.write_seek_table().unwrap();
        }
        assert!(matches!(
            writer.write_seek_table(),
            Err(DatasetError::State { .. })
        ));
        assert_eq!(writer.into_inner().bytes, expected, "with room for {room}");
    }
}

fn make_room(writer: &mut Writer<Full>) {
    let boundary = usize::try_from(writer.len()).unwrap();
    let output = writer.get_mut();
    output.bytes.truncate(boundary);
    output.room = usize::MAX;
    writer.cut_back();
}

/// Counts the writes it is asked for.
#[derive(Default)]
struct Writes(Vec<usize>);

impl Write for Writes {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.push(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn header_frame_and_seek_table_are_one_write_each() {
    let mut writer = Writer::new(Writes::default(), &header(), 1).unwrap();
    let written = writer.append(FIRST_SEQ, 0, 1, b"row\n").unwrap();
    let (writes, totals) = writer.seal().unwrap();
    assert_eq!(writes.0.len(), 3);
    assert_eq!(writes.0[1] as u64, written.len);
    assert_eq!(writes.0.iter().sum::<usize>() as u64, totals.len);
}

#[test]
fn a_frame_out_of_order_is_refused_and_nothing_is_written() {
    let mut writer = Writer::new(Vec::new(), &header(), 1).unwrap();
    let len = writer.len();
    for seq in [FIRST_SEQ - 1, FIRST_SEQ + 1, 0, u64::MAX] {
        let error = writer.append(seq, 0, 1, b"row\n").unwrap_err();
        assert!(matches!(
            error,
            DatasetError::Sequence {
                expected: FIRST_SEQ,
                ..
            }
        ));
    }
    assert_eq!(writer.into_inner().len() as u64, len);
}

#[test]
fn the_last_position_is_not_passed() {
    let mut last = header();
    last.first_seq = u64::MAX;
    let mut writer = Writer::new(Vec::new(), &last, 1).unwrap();
    assert!(writer.append(u64::MAX, 0, 1, b"row\n").is_err());
    writer.append(u64::MAX, 0, 0, b"preamble\n").unwrap();
}

#[test]
fn a_payload_as_large_as_the_limit_is_kept_and_a_larger_one_refused() {
    let mut payload = vec![0; RAW_LEN_MAX as usize + 1];
    let mut writer = Writer::new(Vec::new(), &header(), 1).unwrap();
    let error = writer.append(FIRST_SEQ, 0, 1, &payload).unwrap_err();
    assert!(
        matches!(
            error,
            DatasetError::Limit {
                limit: 67_108_864,
                ..
            }
        ),
        "{error}"
    );
    payload.pop();
    writer.append(FIRST_SEQ, 0, 1, &payload).unwrap();
    let (bytes, _) = writer.seal().unwrap();
    assert_eq!(open(&bytes).next_frame().unwrap().unwrap().payload, payload);
}

#[test]
fn the_largest_payload_fits_its_limit_when_nothing_can_be_compressed() {
    let bound = zstd::compress_bound(RAW_LEN_MAX as usize);
    assert!(bound <= dataset::segment::COMP_LEN_MAX as usize);
}

#[test]
fn a_segment_takes_as_many_frames_as_the_limit_and_no_more() {
    let mut writer = Writer::new(Vec::new(), &header(), 1).unwrap();
    for seq in (FIRST_SEQ..).take(FRAMES_MAX as usize) {
        writer.append(seq, 0, 1, b"").unwrap();
    }
    let error = writer.append(writer.next_seq(), 0, 1, b"").unwrap_err();
    let right = matches!(
        error,
        DatasetError::Limit {
            limit: 1_048_576,
            ..
        }
    );
    assert!(right, "{error}");
    let (bytes, _) = writer.seal().unwrap();
    let recovery = recover(Cursor::new(&bytes)).unwrap();
    assert!(recovery.is_sealed());
    assert_eq!(recovery.frames, u64::from(FRAMES_MAX));
}

#[test]
fn a_header_longer_than_its_limit_is_refused() {
    let mut long = header();
    long.meta.insert("note".into(), "x".repeat(64 << 10).into());
    let error = Writer::new(Vec::new(), &long, 1).err().unwrap();
    assert!(
        matches!(error, DatasetError::Limit { limit: 65_536, .. }),
        "{error}"
    );
}
