//! Segments and raw datagrams in the hands of tools that others wrote: zstd, tshark.
//!
//! A tool that is not installed is left out, and said so.

#![expect(
    clippy::disallowed_methods,
    reason = "other programs read what they are given from files"
)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it left out"
)]

mod common;

use std::io::Cursor;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Output};

use common::{header, small_plan, write_open, write_sealed};
use dataset::capture::Capture;
use dataset::name::Content;
use dataset::pcapng::{
    Statistics, Steps, StreamWriter, write_datagram, write_section, write_state, write_statistics,
};
use dataset::segment::{Kind, Reader, SegmentHeader, Writer};
use dataset::{Datagram, Piece, StreamEnd};
use flow::ReceiveTime;

/// A file of this test in the folder that cargo keeps for tests.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// What a tool says; `None` if it is not installed.
fn run(tool: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(tool).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("left out: {tool} is not installed");
            None
        }
        Err(error) => panic!("{tool}: {error}"),
    }
}

fn text(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn zstdcat_prints_the_rows_of_sealed_and_open_segments() {
    let expected: Vec<u8> = small_plan().into_iter().flat_map(|plan| plan.2).collect();
    let (sealed, _) = write_sealed(&small_plan());
    let open = write_open(&small_plan()).0.into_inner();
    for (name, bytes) in [("tools.csv.zst", sealed), ("tools-open.csv.zst", open)] {
        let path = file(name, &bytes);
        let Some(output) = run("zstdcat", &[text(&path)]) else {
            return;
        };
        assert!(output.status.success(), "{output:?}");
        assert_eq!(output.stdout, expected);
        assert!(output.stderr.is_empty(), "{output:?}");
    }
}

#[test]
fn zstd_tests_and_lists_a_sealed_segment() {
    let path = file("tools-list.csv.zst", &write_sealed(&small_plan()).0);
    let Some(output) = run("zstd", &["-t", text(&path)]) else {
        return;
    };
    assert!(output.status.success(), "{output:?}");
    let listed = run("zstd", &["-lv", text(&path)]).unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("# Zstandard Frames: 4"), "{listed}");
    assert!(listed.contains("# Skippable Frames: 6"), "{listed}");
}

const DATAGRAMS: [(i64, &str, &str, &[u8]); 5] = [
    (
        1_575_297_360_123_456_789,
        "192.0.2.1:5000",
        "198.51.100.2:52055",
        b"odd",
    ),
    (
        1_575_297_360_123_456_790,
        "192.0.2.1:65535",
        "198.51.100.2:52055",
        b"even",
    ),
    (
        1_575_297_361_000_000_000,
        "[2001:db8::1]:5000",
        "[2001:db8::2]:54739",
        b"",
    ),
    (
        1_575_297_361_000_000_001,
        "192.0.2.7:5000",
        "[2001:db8::2]:54739",
        &[0xFF; 1_400],
    ),
    (0, "[fe80::1]:1", "[ff02::1]:50002", &[0; 9_001]),
];

fn datagrams() -> impl Iterator<Item = Datagram<'static>> {
    DATAGRAMS
        .into_iter()
        .map(|(nanos, source, destination, payload)| Datagram {
            received: ReceiveTime::from_nanos(nanos),
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
            payload,
        })
}

/// A raw segment as the Recorder would write it: preamble, one frame a datagram, trailer.
fn raw_segment() -> Vec<u8> {
    let header = SegmentHeader {
        kind: Kind::Raw,
        content: Content::Pcapng,
        first_seq: 0,
        ..header()
    };
    let mut writer = Writer::new(Vec::new(), &header, 3).unwrap();
    let mut blocks = Vec::new();
    write_section(&mut blocks);
    writer.append(0, 0, 0, &blocks).unwrap();
    blocks.clear();
    // Before the first datagram: what other tools are to pass over.
    write_state(&mut blocks, b"what was known when the run began").unwrap();
    for datagram in datagrams() {
        write_datagram(&mut blocks, &datagram).unwrap();
        let (seq, time) = (writer.next_seq(), datagram.received.millis());
        writer.append(seq, time, 1, &blocks).unwrap();
        blocks.clear();
    }
    let statistics = Statistics {
        end: ReceiveTime::from_nanos(1_575_297_362_000_000_005),
        received: Some(7),
        dropped: Some(0),
        dropped_by_system: Some(2),
    };
    write_statistics(&mut blocks, &statistics).unwrap();
    writer.append(writer.next_seq(), 0, 0, &blocks).unwrap();
    writer.seal().unwrap().0
}

/// The plain content of a segment, which is a pcapng file.
fn plain(segment: &[u8]) -> Vec<u8> {
    let mut reader = Reader::open(Cursor::new(segment)).unwrap();
    let mut plain = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        plain.extend_from_slice(frame.payload);
    }
    plain
}

fn fields(of: &[&'static str]) -> Vec<&'static str> {
    of.iter().flat_map(|field| ["-e", field]).collect()
}

#[test]
fn tshark_reads_addresses_ports_times_and_payloads_and_finds_no_wrong_checksum() {
    let path = file("tools.pcapng", &plain(&raw_segment()));
    let columns = fields(&[
        "frame.time_epoch",
        "ip.src",
        "ip.dst",
        "ipv6.src",
        "ipv6.dst",
        "udp.srcport",
        "udp.dstport",
        "udp.length",
        "udp.checksum.status",
        "ip.checksum.status",
        "_ws.malformed",
    ]);
    let checks = [
        "-o",
        "udp.check_checksum:TRUE",
        "-o",
        "ip.check_checksum:TRUE",
    ];
    let arguments = [
        &["-n", "-r", text(&path), "-T", "fields"],
        &checks[..],
        &columns,
    ]
    .concat();
    let Some(output) = run("tshark", &arguments) else {
        return;
    };
    assert!(output.status.success(), "{output:?}");
    let rows = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<Vec<&str>> = rows.lines().map(|row| row.split('\t').collect()).collect();
    assert_eq!(rows.len(), DATAGRAMS.len());
    for (row, datagram) in rows.iter().zip(datagrams()) {
        assert_eq!(row[..], expected_row(&datagram), "{datagram:?}");
    }
}

/// The fields of a datagram as tshark prints them; checksum status 1 is "good".
fn expected_row(datagram: &Datagram<'_>) -> [String; 11] {
    let nanos = datagram.received.nanos();
    let (source, destination) = (datagram.source, datagram.destination);
    let is_v4 = source.is_ipv4() && destination.is_ipv4();
    let addr = |of: SocketAddr, v4: bool| match (v4, is_v4, of) {
        (true, true, of) => of.ip().to_string(),
        (false, false, SocketAddr::V4(of)) => of.ip().to_ipv6_mapped().to_string(),
        (false, false, of) => of.ip().to_string(),
        _ => String::new(),
    };
    let ip_status = if is_v4 { "1" } else { "" };
    [
        format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000),
        addr(source, true),
        addr(destination, true),
        addr(source, false),
        addr(destination, false),
        source.port().to_string(),
        destination.port().to_string(),
        (datagram.payload.len() + 8).to_string(),
        "1".to_owned(),
        ip_status.to_owned(),
        String::new(),
    ]
}

/// A message of IPFIX with a template of two octets a record, so many records, and data.
fn ipfix(records: usize) -> Vec<u8> {
    let set = |id: u16, body: &[u8]| {
        let len = u16::try_from(4 + body.len()).unwrap();
        [&id.to_be_bytes()[..], &len.to_be_bytes(), body].concat()
    };
    let template = set(2, &[1, 0, 0, 1, 0, 7, 0, 2]);
    let body = [template, set(256, &vec![9; 2 * records])].concat();
    let len = u16::try_from(16 + body.len()).unwrap().to_be_bytes();
    [
        &[0, 10, len[0], len[1], 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 5],
        &body[..],
    ]
    .concat()
}

/// Two streams with messages up to the longest, each begun, ended and begun again.
fn streams() -> (Vec<u8>, usize) {
    let mut blocks = Vec::new();
    write_section(&mut blocks);
    let (writer, mut steps) = (StreamWriter::new(), Steps::default());
    let (mut nanos, mut messages) = (1_575_297_360_000_000_000, 0);
    for round in 0..2 {
        for records in [1, 700, 32_751, 3] {
            for from in ["192.0.2.1:5000", "[2001:db8::1]:5000"] {
                nanos += 1_000_000;
                messages += 1;
                let octets = ipfix(records);
                let piece = Piece {
                    received: ReceiveTime::from_nanos(nanos),
                    source: from.parse().unwrap(),
                    destination: "[2001:db8::2]:4739".parse().unwrap(),
                    begins: records == 1,
                    octets: &octets,
                    end: (records == 3 && round == 0).then_some(StreamEnd::Finished),
                };
                writer.write(&mut steps, &mut blocks, &piece).unwrap();
            }
        }
    }
    (blocks, messages)
}

#[test]
fn tshark_reads_every_message_of_recorded_streams_and_finds_nothing_wrong() {
    let (capture, messages) = streams();
    assert_eq!(ipfix(32_751).len(), 65_534, "it needs a second segment");
    let path = file("tools-streams.pcapng", &capture);
    let columns = fields(&[
        "cflow.version",
        "cflow.len",
        "cflow.od_id",
        "tcp.checksum.status",
        "_ws.malformed",
        "tcp.analysis.retransmission",
        "tcp.analysis.lost_segment",
    ]);
    let checks = [
        "-o",
        "tcp.check_checksum:TRUE",
        "-d",
        "tcp.port==4739,cflow",
    ];
    let read = [
        "-n",
        "-r",
        text(&path),
        "-T",
        "fields",
        "-E",
        "occurrence=a",
    ];
    let Some(output) = run("tshark", &[&read[..], &checks, &columns].concat()) else {
        return;
    };
    assert!(output.status.success(), "{output:?}");
    let rows = String::from_utf8(output.stdout).unwrap();
    let mut found = Vec::new();
    for row in rows.lines() {
        let row: Vec<&str> = row.split('\t').collect();
        assert_eq!(row[3..], ["1", "", "", ""], "{rows}");
        if !row[0].is_empty() {
            assert_eq!((row[0], row[2]), ("10", "5"), "{rows}");
            found.push(row[1].to_owned());
        }
    }
    assert_eq!(found.len(), messages, "{rows}");
    let lengths = |records| ipfix(records).len().to_string();
    assert_eq!(found[0], lengths(1));
    assert_eq!(found[4], lengths(32_751));
}

#[test]
fn capinfos_reads_type_resolution_and_drops() {
    let path = file("tools-info.pcapng", &plain(&raw_segment()));
    let Some(output) = run("capinfos", &["-M", text(&path)]) else {
        return;
    };
    assert!(output.status.success(), "{output:?}");
    let info = String::from_utf8(output.stdout).unwrap();
    for expected in [
        "pcapng",
        "Encapsulation = Raw IP",
        "Time precision = nanoseconds (9)",
        "Number of packets:   5",
        "Number of stat entries = 1",
    ] {
        assert!(info.contains(expected), "{expected}: {info}");
    }
}

#[test]
fn a_stored_segment_is_a_capture_once_decompressed() {
    let file = plain(&raw_segment());
    let mut capture = Capture::open(file.as_slice()).unwrap();
    for datagram in datagrams() {
        assert_eq!(capture.next_datagram().unwrap(), Some(datagram));
    }
    assert_eq!(capture.next_datagram().unwrap(), None);
    assert_eq!(capture.counts().statistics, 1);
}
