//! How fast segments are written and read: rows of CSV made up here, in memory.
//!
//! `cargo run --release -p dataset --example throughput [rows]`

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement needs a clock and says what it found"
)]

use std::fmt::Write as _;
use std::io::Cursor;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use dataset::name::Content;
use dataset::pcapng::{Reader as Blocks, write_datagram, write_section};
use dataset::segment::{Kind, Reader, SegmentHeader, Writer, recover};
use dataset::{Datagram, Result};
use flow::ReceiveTime;

const ROWS_PER_FRAME: usize = 4_096;

/// A row much like one of prepared flows: some columns repeat, some do not.
fn put_row(out: &mut String, seq: u64) {
    let mixed = seq.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let start = 1_575_297_360_000 + seq / 20;
    let duration = mixed >> 50;
    let (client, server) = (mixed >> 44 & 0xFFFF, mixed >> 20 & 0x3F);
    let port = 1_024 + (mixed >> 8 & 0xBFFF);
    let packets = 1 + (mixed >> 40 & 0xF);
    let _ = writeln!(
        out,
        "{seq},{start},{},{duration},10.0.{}.{},198.51.100.{server},{port},443,6,27,0,{packets},{},\
         1,1,end,true,192.0.2.1,0,10.0.0.0,16,,,,,,campus,198.51.100.0,24,64500,Example,CZ,50.1,14.4",
        start + duration,
        client >> 8,
        client & 0xFF,
        packets * (mixed & 0x3FF),
    );
}

fn frames(rows: usize) -> Vec<(u32, String)> {
    let mut seq = 0;
    let mut left = rows;
    let mut frames = Vec::new();
    while left > 0 {
        let n = left.min(ROWS_PER_FRAME);
        let mut text = String::new();
        for _ in 0..n {
            put_row(&mut text, seq);
            seq += 1;
        }
        frames.push((u32::try_from(n).unwrap_or(u32::MAX), text));
        left -= n;
    }
    frames
}

fn header(kind: Kind, content: Content) -> SegmentHeader {
    SegmentHeader {
        kind,
        content,
        first_seq: 0,
        created_ms: 0,
        program: env!("CARGO_PKG_VERSION").into(),
        meta: serde_json::Map::new(),
    }
}

fn report(what: &str, time: Duration, octets: usize, rows: usize) {
    let seconds = time.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "figures to read")]
    let (rate, each) = (octets as f64 / 1e6 / seconds, seconds * 1e9 / rows as f64);
    println!("{what:<34} {rate:>8.0} MB/s {each:>8.1} ns per row");
}

fn write(frames: &[(u32, String)], level: i32) -> Result<Vec<u8>> {
    let room = frames.iter().map(|(_, text)| text.len()).sum();
    let output = Vec::with_capacity(room);
    let mut writer = Writer::new(output, &header(Kind::Prepared, Content::Csv), level)?;
    for (rows, text) in frames {
        writer.append(writer.next_seq(), 0, *rows, text.as_bytes())?;
    }
    Ok(writer.seal()?.0)
}

fn csv(rows: usize) -> Result<()> {
    let frames = frames(rows);
    let octets: usize = frames.iter().map(|(_, text)| text.len()).sum();
    println!("{rows} rows of CSV, {octets} octets, {ROWS_PER_FRAME} rows a frame");
    for level in [1, 3] {
        write(&frames, level)?;
        let begin = Instant::now();
        let segment = write(&frames, level)?;
        report(
            &format!("append, level {level}"),
            begin.elapsed(),
            octets,
            rows,
        );
        println!("{:<34} {:>8} octets stored", "", segment.len());

        let begin = Instant::now();
        let mut reader = Reader::open(Cursor::new(&segment))?;
        let mut read = 0;
        while let Some(frame) = reader.next_frame()? {
            read += frame.payload.len();
        }
        report("read and verify", begin.elapsed(), read, rows);

        let begin = Instant::now();
        let recovery = recover(Cursor::new(&segment))?;
        report(
            "recover (of stored octets)",
            begin.elapsed(),
            segment.len(),
            rows,
        );
        assert_eq!(
            (read, recovery.rows),
            (octets, rows as u64),
            "nothing is lost"
        );
    }
    Ok(())
}

fn pcapng(datagrams: usize) -> Result<()> {
    let payload: Vec<u8> = (0..1_400_u32).map(|n| n.to_le_bytes()[0]).collect();
    let datagram = |nanos| Datagram {
        received: ReceiveTime::from_nanos(nanos),
        source: SocketAddr::from(([192, 0, 2, 1], 5_000)),
        destination: SocketAddr::from(([192, 0, 2, 2], 2_055)),
        payload: &payload,
    };
    println!("{datagrams} datagrams of {} octets", payload.len());
    let mut preamble = Vec::new();
    write_section(&mut preamble);
    let (mut blocks, mut octets) = (Vec::new(), 0);
    let begin = Instant::now();
    for nanos in (0_i64..).take(datagrams) {
        if blocks.len() > 1 << 20 {
            octets += blocks.len();
            blocks.clear();
        }
        write_datagram(&mut blocks, &datagram(nanos))?;
    }
    let time = begin.elapsed();
    report("pcapng, write", time, octets + blocks.len(), datagrams);

    let mut reader = Blocks::new();
    reader.items(&preamble).for_each(drop);
    let (mut count, mut octets) = (0, 0);
    let begin = Instant::now();
    while count < datagrams {
        count += reader.items(&blocks).filter(Result::is_ok).count();
        octets += blocks.len();
    }
    report("pcapng, read", begin.elapsed(), octets, count);
    Ok(())
}

fn main() -> Result<()> {
    let rows = std::env::args().nth(1).and_then(|rows| rows.parse().ok());
    csv(rows.unwrap_or(1_000_000))?;
    pcapng(100_000)
}
