//! Streams as they are stored, and as they are read from there and from captures.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "common/packets.rs"]
#[allow(dead_code, reason = "each test binary uses a part")]
mod packets;

use dataset::capture::Capture;
use dataset::pcapng::{Item, Reader, Steps, StreamWriter, write_datagram, write_section};
use dataset::{Arrival, Datagram, DatasetError, Piece, StreamEnd};
use flow::ReceiveTime;
use packets::{LITTLE, V4, V4_TO, V6, V6_TO, pcap, v4, v6};
use proptest::prelude::*;

/// A piece that owns its octets, from one of several ports.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owned {
    nanos: i64,
    from: String,
    to: String,
    begins: bool,
    octets: Vec<u8>,
    end: Option<StreamEnd>,
}

impl Owned {
    fn new(nanos: i64, from: &str, to: &str, octets: &[u8]) -> Self {
        Self {
            nanos,
            from: from.to_owned(),
            to: to.to_owned(),
            begins: false,
            octets: octets.to_vec(),
            end: None,
        }
    }

    fn beginning(self) -> Self {
        let begins = true;
        Self { begins, ..self }
    }

    fn ending(self, end: StreamEnd) -> Self {
        let end = Some(end);
        Self { end, ..self }
    }

    fn borrow(&self) -> Piece<'_> {
        Piece {
            received: ReceiveTime::from_nanos(self.nanos),
            source: self.from.parse().unwrap(),
            destination: self.to.parse().unwrap(),
            begins: self.begins,
            octets: &self.octets,
            end: self.end,
        }
    }
}

impl From<Piece<'_>> for Owned {
    fn from(piece: Piece<'_>) -> Self {
        let (from, to) = (piece.source.to_string(), piece.destination.to_string());
        Self {
            begins: piece.begins,
            end: piece.end,
            ..Self::new(piece.received.nanos(), &from, &to, piece.octets)
        }
    }
}

/// A segment that is written, a batch at a time.
#[derive(Default)]
struct Dataset {
    writer: StreamWriter,
    file: Vec<u8>,
}

impl Dataset {
    fn new() -> Self {
        let mut dataset = Self::default();
        write_section(&mut dataset.file);
        dataset
    }

    fn encode(&mut self, pieces: &[Owned]) -> Vec<u8> {
        let (mut steps, mut out) = (Steps::default(), Vec::new());
        for piece in pieces {
            self.writer
                .write(&mut steps, &mut out, &piece.borrow())
                .unwrap();
        }
        self.writer.take(steps);
        out
    }

    fn store(&mut self, pieces: &[Owned]) {
        let blocks = self.encode(pieces);
        self.file.extend(blocks);
        self.writer.stored();
    }
}

/// What is read back, neighbouring octets of a stream put together.
fn read(file: &[u8]) -> Vec<Owned> {
    let mut reader = Reader::new();
    let mut pieces: Vec<Owned> = Vec::new();
    for item in reader.items(file) {
        let Item::Piece(piece) = item.unwrap() else {
            panic!("no piece of a stream");
        };
        let piece = Owned::from(piece);
        match pieces.last_mut() {
            Some(last) if last.from == piece.from && !piece.begins && last.end.is_none() => {
                last.octets.extend(&piece.octets);
                last.end = piece.end;
            }
            _ => pieces.push(piece),
        }
    }
    pieces
}

#[test]
fn a_stream_is_read_as_it_was_written() {
    for (from, to) in [(V4, V4_TO), (V6, V6_TO), ("192.0.2.1:9", V6_TO)] {
        for end in [StreamEnd::Finished, StreamEnd::Reset] {
            let mut dataset = Dataset::new();
            let piece = |octets: &[u8]| Owned::new(1_000, from, to, octets);
            dataset.store(&[piece(b"").beginning(), piece(b"first")]);
            dataset.store(&[piece(b"second"), piece(b"third").ending(end)]);
            let expected = piece(b"firstsecondthird").beginning().ending(end);
            assert_eq!(read(&dataset.file), [expected]);
        }
    }
}

#[test]
fn the_longest_message_takes_two_segments_and_a_longer_one_is_refused() {
    for (from, to, most) in [(V4, V4_TO, 65_495), (V6, V6_TO, 65_515)] {
        let dataset = Dataset::new();
        let blocks = |octets: usize| {
            let (mut steps, mut out) = (Steps::default(), Vec::new());
            let piece = Owned::new(5, from, to, &vec![7; octets]);
            let blocks = dataset.writer.write(&mut steps, &mut out, &piece.borrow());
            assert_eq!(blocks.is_err(), out.is_empty());
            blocks
        };
        // One more for the SYN.
        assert_eq!(blocks(most).unwrap(), 1 + 1);
        assert_eq!(blocks(most + 1).unwrap(), 1 + 2);
        assert_eq!(blocks(65_535).unwrap(), 1 + 2);
        let error = blocks(65_536).unwrap_err();
        assert!(
            matches!(error, DatasetError::Limit { limit: 65_535, .. }),
            "{error}"
        );
    }
    let mut dataset = Dataset::new();
    let longest = Owned::new(5, V4, V4_TO, &vec![7; 65_535]).beginning();
    dataset.store(std::slice::from_ref(&longest));
    assert_eq!(read(&dataset.file), [longest]);
}

#[test]
fn what_was_lost_on_the_way_to_the_disk_leaves_no_gap() {
    let piece = |octets: &[u8]| Owned::new(1_000, V4, V4_TO, octets);
    let mut dataset = Dataset::new();
    dataset.store(&[piece(b"one").beginning()]);
    dataset.encode(&[piece(b"lost")]);
    dataset.writer.lost();
    dataset.store(&[piece(b"two").ending(StreamEnd::Finished)]);
    let expected = piece(b"onetwo").beginning().ending(StreamEnd::Finished);
    assert_eq!(read(&dataset.file), [expected]);

    let mut dataset = Dataset::new();
    dataset.encode(&[piece(b"lost").beginning()]);
    dataset.writer.lost();
    dataset.store(&[piece(b"one")]);
    assert_eq!(
        read(&dataset.file),
        [piece(b"one").beginning()],
        "its SYN was lost"
    );
    dataset.encode(&[piece(b"").ending(StreamEnd::Finished)]);
    dataset.writer.lost();
    assert_eq!(
        dataset.writer,
        StreamWriter::new(),
        "an end is not forgotten"
    );
}

#[test]
fn what_was_encoded_waits_for_the_disk_in_order() {
    let piece = |octets: &[u8]| Owned::new(1_000, V4, V4_TO, octets);
    let mut dataset = Dataset::new();
    let first = dataset.encode(&[piece(b"one").beginning()]);
    let second = dataset.encode(&[piece(b"two")]);
    dataset.file.extend([first, second].concat());
    dataset.writer.stored();
    dataset.store(&[piece(b"three")]);
    assert_eq!(read(&dataset.file), [piece(b"onetwothree").beginning()]);
}

#[test]
fn a_second_stream_between_the_same_ends_is_another_stream() {
    let piece = |nanos, octets: &[u8]| Owned::new(nanos, V4, V4_TO, octets);
    let one = piece(1_000, b"one").beginning().ending(StreamEnd::Reset);
    let two = piece(9_000_000, b"two").beginning();
    let three = piece(20_000_000, b"three").beginning();
    let mut dataset = Dataset::new();
    // The second ended without anybody noticing.
    dataset.store(&[one.clone(), two.clone(), three.clone()]);
    assert_eq!(read(&dataset.file), [one, two, three]);
}

#[test]
fn a_segment_from_the_middle_of_a_stream_is_read_on_its_own() {
    let piece = |octets: &[u8]| Owned::new(1_000, V4, V4_TO, octets);
    let mut dataset = Dataset::new();
    dataset.store(&[piece(b"before").beginning()]);
    let mut later = Dataset::new();
    later.writer = dataset.writer;
    later.store(&[piece(b"after").ending(StreamEnd::Finished)]);
    let expected = piece(b"after").beginning().ending(StreamEnd::Finished);
    assert_eq!(read(&later.file), [expected]);
}

#[test]
fn streams_and_datagrams_come_in_the_order_in_which_they_were_stored() {
    let mut dataset = Dataset::new();
    let piece = Owned::new(1_000, V4, V4_TO, b"stream").beginning();
    let datagram = Datagram {
        received: ReceiveTime::from_nanos(2_000),
        source: V4.parse().unwrap(),
        destination: V4_TO.parse().unwrap(),
        payload: b"datagram",
    };
    dataset.store(std::slice::from_ref(&piece));
    write_datagram(&mut dataset.file, &datagram).unwrap();
    let mut capture = Capture::open(dataset.file.as_slice()).unwrap();
    let mut arrivals = Vec::new();
    while let Some(arrival) = capture.next_arrival().unwrap() {
        arrivals.push(match arrival {
            Arrival::Datagram(found) => {
                assert_eq!(found, datagram);
                "datagram"
            }
            Arrival::Piece(piece) if piece.begins => "SYN",
            Arrival::Piece(piece) => {
                assert_eq!(piece.octets, b"stream");
                "octets"
            }
        });
    }
    assert_eq!(arrivals, ["SYN", "octets", "datagram"]);
    let counts = *capture.counts();
    assert_eq!(
        (counts.segments, counts.streams, counts.datagrams),
        (2, 1, 1)
    );
    let mut capture = Capture::open(dataset.file.as_slice()).unwrap();
    assert_eq!(capture.next_datagram().unwrap(), Some(datagram));
}

#[test]
fn the_octets_are_as_documented() {
    let mut dataset = Dataset::new();
    let preamble = dataset.file.len();
    dataset
        .store(&[Owned::new(8_000, "192.0.2.1:5000", "198.51.100.2:4739", b"flows").beginning()]);
    #[rustfmt::skip]
    let expected = [
        // Enhanced packet block of the SYN: interface 0, time in two halves, both lengths.
        6, 0, 0, 0, 72, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x1F, 0, 0, 40, 0, 0, 0, 40, 0, 0, 0,
        // IPv4, then TCP: number 2 (units of 4 us), header of 5 words, SYN.
        0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0x4E, 0x99, 192, 0, 2, 1, 198, 51, 100, 2,
        0x13, 0x88, 0x12, 0x83, 0, 0, 0, 2, 0, 0, 0, 1, 0x50, 0x02, 0xFF, 0xFF, 0x9D, 0x9D, 0, 0,
        72, 0, 0, 0,
        // The same for the message: number 3, ACK and PSH.
        6, 0, 0, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x1F, 0, 0, 45, 0, 0, 0, 45, 0, 0, 0,
        0x45, 0, 0, 45, 0, 0, 0x40, 0, 64, 6, 0x4E, 0x94, 192, 0, 2, 1, 198, 51, 100, 2,
        0x13, 0x88, 0x12, 0x83, 0, 0, 0, 3, 0, 0, 0, 1, 0x50, 0x18, 0xFF, 0xFF, 0x54, 0x9D, 0, 0,
        b'f', b'l', b'o', b'w', b's', 0, 0, 0, 80, 0, 0, 0,
    ];
    assert_eq!(dataset.file[preamble..], expected);
}

/// A TCP segment with options, as a real sender makes them.
fn segment(sequence: u32, flags: u8, octets: &[u8]) -> Vec<u8> {
    let mut segment: Vec<u8> = [5_000_u16, 2_055].map(u16::to_be_bytes).concat();
    segment.extend(sequence.to_be_bytes());
    segment.extend([0, 0, 0, 9, 0x80, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
    segment.extend([1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]);
    segment.extend(octets);
    segment
}

#[test]
fn a_capture_made_elsewhere_gives_the_octets_once_and_in_order() {
    for version in [4, 6] {
        let wrap = |segment: &[u8]| match version {
            4 => v4(0, 6, segment),
            _ => v6(6, segment),
        };
        let packets = [
            segment(99, 0x02, b""),
            segment(100, 0x10, b"abc"),
            segment(100, 0x10, b"abc"),
            segment(101, 0x18, b"bcde"),
            segment(105, 0x11, b"f"),
        ];
        let mut file = pcap(LITTLE, false, 101, &packets.map(|segment| wrap(&segment)));
        // A packet that the link has filled up.
        let filled = [wrap(&segment(0, 0x10, b"")), vec![0; 6]].concat();
        file.extend(pcap(LITTLE, false, 101, &[filled]).split_off(24));
        let mut capture = Capture::open(file.as_slice()).unwrap();
        let (mut octets, mut ends) = (Vec::new(), Vec::new());
        while let Some(Arrival::Piece(piece)) = capture.next_arrival().unwrap() {
            octets.extend(piece.octets);
            ends.extend(piece.end);
        }
        assert_eq!(
            (octets.as_slice(), ends),
            (&b"abcdef"[..], vec![StreamEnd::Finished])
        );
        assert_eq!(
            (capture.counts().segments, capture.counts().repeated),
            (6, 1)
        );
    }
}

#[test]
fn a_segment_whose_header_is_too_short_or_too_long_is_malformed() {
    for (offset, octets) in [(0x40, 20), (0xF0, 20), (0x50, 19)] {
        let mut segment = segment(1, 0x10, b"");
        segment.truncate(octets);
        segment[12] = offset;
        let file = pcap(LITTLE, false, 101, &[v4(0, 6, &segment)]);
        let mut capture = Capture::open(file.as_slice()).unwrap();
        assert_eq!(capture.next_arrival().unwrap(), None);
        assert_eq!(capture.counts().malformed, 1);
    }
}

proptest! {
    #[test]
    fn any_order_of_pieces_gives_each_stream_its_octets(
        order in prop::collection::vec((0_usize..4, 0_usize..3_000, any::<bool>()), 1..60),
    ) {
        let mut dataset = Dataset::new();
        let mut expected = vec![(Vec::new(), 0_usize); 4];
        for (number, (stream, octets, store)) in order.into_iter().enumerate() {
            let message = vec![u8::try_from(number).unwrap(); octets];
            let from = format!("192.0.2.{stream}:5000");
            let nanos = i64::try_from(number).unwrap() * 1_000_000;
            let piece = Owned::new(nanos, &from, V4_TO, &message);
            if store {
                dataset.store(&[piece]);
                expected[stream].0.extend(message);
                expected[stream].1 += 1;
            } else {
                dataset.encode(&[piece]);
                dataset.writer.lost();
            }
        }
        let mut reader = Reader::new();
        let mut found = vec![(Vec::<u8>::new(), false); 4];
        for item in reader.items(&dataset.file) {
            let Item::Piece(piece) = item.unwrap() else { panic!("a stream") };
            let std::net::IpAddr::V4(addr) = piece.source.ip() else { panic!("IPv4") };
            let (octets, begun) = &mut found[usize::from(addr.octets()[3])];
            prop_assert_eq!(piece.begins, !*begun);
            *begun = true;
            octets.extend(piece.octets);
        }
        for (found, expected) in found.iter().zip(&expected) {
            prop_assert_eq!(&found.0, &expected.0);
            prop_assert_eq!(found.1, expected.1 > 0);
        }
        prop_assert_eq!(reader.counts().streams_lost, 0);
    }
}
