//! What several tests of segments need.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test binary uses a part")]

use std::cell::RefCell;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::rc::Rc;

use dataset::name::Content;
use dataset::segment::{Kind, Reader, SegmentHeader, Totals, Writer};

pub(crate) const FIRST_SEQ: u64 = 1_000;

/// One frame to write: time, rows, payload.
pub(crate) type Plan = (i64, u32, Vec<u8>);

pub(crate) fn header() -> SegmentHeader {
    let mut meta = serde_json::Map::new();
    meta.insert("schema".into(), "seq,bytes".into());
    meta.insert("anonymization".into(), "none".into());
    SegmentHeader {
        kind: Kind::Prepared,
        content: Content::Csv,
        first_seq: FIRST_SEQ,
        created_ms: 1_575_297_360_123,
        program: "0.1.0".into(),
        meta,
    }
}

/// A preamble and a few frames of a few rows.
pub(crate) fn small_plan() -> Vec<Plan> {
    let mut plan = vec![(1_575_297_360_123, 0, b"seq,bytes\n".to_vec())];
    let mut seq = FIRST_SEQ;
    for (frame, rows) in [3_u32, 1, 5].into_iter().enumerate() {
        let rows_text: Vec<String> = (0..u64::from(rows))
            .map(|row| format!("{},{}\n", seq + row, 40 + row))
            .collect();
        seq += u64::from(rows);
        let time = 1_575_297_361_000 + 1_000 * i64::try_from(frame).unwrap();
        plan.push((time, rows, rows_text.concat().into_bytes()));
    }
    plan
}

/// Writes the plan; also gives every boundary, the end of the header first.
pub(crate) fn write_open(plan: &[Plan]) -> (Writer<Vec<u8>>, Vec<u64>) {
    let mut writer = Writer::new(Vec::new(), &header(), 1).unwrap();
    let mut boundaries = vec![writer.len()];
    for (time, rows, payload) in plan {
        let seq = writer.next_seq();
        writer.append(seq, *time, *rows, payload).unwrap();
        boundaries.push(writer.len());
    }
    (writer, boundaries)
}

pub(crate) fn write_sealed(plan: &[Plan]) -> (Vec<u8>, Totals) {
    write_open(plan).0.seal().unwrap()
}

/// All frames of a segment until its end or an error.
pub(crate) fn read_all<R: Read + Seek>(reader: &mut Reader<R>) -> (Vec<Plan>, dataset::Result<()>) {
    let mut frames = Vec::new();
    loop {
        match reader.next_frame() {
            Ok(Some(frame)) => {
                frames.push((frame.meta.time_ms, frame.meta.rows, frame.payload.to_vec()));
            }
            Ok(None) => return (frames, Ok(())),
            Err(error) => return (frames, Err(error)),
        }
    }
}

/// A file that may grow or shrink while it is read.
#[derive(Clone, Default)]
pub(crate) struct Shared {
    pub(crate) bytes: Rc<RefCell<Vec<u8>>>,
    at: u64,
}

impl Read for Shared {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let bytes = self.bytes.borrow();
        let mut cursor = Cursor::new(bytes.as_slice());
        cursor.set_position(self.at);
        let n = cursor.read(room)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let bytes = self.bytes.borrow();
        let mut cursor = Cursor::new(bytes.as_slice());
        cursor.set_position(self.at);
        self.at = cursor.seek(to)?;
        Ok(self.at)
    }
}
