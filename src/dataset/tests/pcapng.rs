//! Raw datagrams as pcapng: what is written is read, by us and by the other reader.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use dataset::capture::Capture;
use dataset::pcapng::{
    DATABASES_MAX, Item, PAYLOAD_V4_MAX, PAYLOAD_V6_MAX, Reader, STATE_MAX, Statistics,
    write_databases, write_datagram, write_section, write_state, write_statistics,
};
use dataset::{Datagram, DatasetError};
use flow::ReceiveTime;
use proptest::prelude::*;

/// A datagram that owns its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owned {
    nanos: i64,
    source: SocketAddr,
    destination: SocketAddr,
    payload: Vec<u8>,
}

impl Owned {
    fn new(nanos: i64, source: &str, destination: &str, payload: &[u8]) -> Self {
        Self {
            nanos,
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
            payload: payload.to_vec(),
        }
    }

    fn of(datagram: &Datagram<'_>) -> Self {
        Self {
            nanos: datagram.received.nanos(),
            source: datagram.source,
            destination: datagram.destination,
            payload: datagram.payload.to_vec(),
        }
    }

    fn borrow(&self) -> Datagram<'_> {
        Datagram {
            received: ReceiveTime::from_nanos(self.nanos),
            source: self.source,
            destination: self.destination,
            payload: &self.payload,
        }
    }
}

fn section() -> Vec<u8> {
    let mut out = Vec::new();
    write_section(&mut out);
    out
}

fn written(datagrams: &[Owned]) -> Vec<u8> {
    let mut out = section();
    for datagram in datagrams {
        write_datagram(&mut out, &datagram.borrow()).unwrap();
    }
    out
}

fn read_back(blocks: &[u8]) -> Vec<Owned> {
    let mut reader = Reader::new();
    let items = reader.items(blocks).filter_map(|item| match item.unwrap() {
        Item::Datagram(datagram) => Some(Owned::of(&datagram)),
        Item::Piece(_) | Item::Statistics(_) | Item::State(_) | Item::Databases(_) => None,
    });
    items.collect()
}

fn captured(file: &[u8]) -> Vec<Owned> {
    let mut capture = Capture::open(file).unwrap();
    let mut datagrams = Vec::new();
    while let Some(datagram) = capture.next_datagram().unwrap() {
        datagrams.push(Owned::of(&datagram));
    }
    assert_eq!(capture.counts().datagrams, datagrams.len() as u64);
    datagrams
}

fn any_addr() -> impl Strategy<Value = SocketAddr> {
    prop_oneof![
        any::<([u8; 4], u16)>().prop_map(SocketAddr::from),
        any::<([u8; 16], u16)>().prop_map(SocketAddr::from),
    ]
}

fn any_datagram() -> impl Strategy<Value = Owned> {
    let payload = proptest::collection::vec(any::<u8>(), 0..70);
    (0..i64::MAX, any_addr(), any_addr(), payload).prop_map(
        |(nanos, source, destination, payload)| Owned {
            nanos,
            source,
            destination,
            payload,
        },
    )
}

proptest! {
    #[test]
    fn datagrams_come_back_whatever_their_addresses(
        datagrams in proptest::collection::vec(any_datagram(), 0..8),
    ) {
        let file = written(&datagrams);
        prop_assert_eq!(file.len() % 4, 0);
        prop_assert_eq!(&read_back(&file), &datagrams);
        prop_assert_eq!(&captured(&file), &datagrams);
    }

    #[test]
    fn statistics_come_back(nanos in 0..i64::MAX, counters: [Option<u64>; 3]) {
        let statistics = Statistics {
            end: ReceiveTime::from_nanos(nanos),
            received: counters[0],
            dropped: counters[1],
            dropped_by_system: counters[2],
        };
        let mut file = section();
        write_statistics(&mut file, &statistics).unwrap();
        let mut reader = Reader::new();
        let items: Vec<_> = reader.items(&file).map(|item| item.unwrap()).collect();
        prop_assert_eq!(items, [Item::Statistics(statistics)]);
        prop_assert_eq!(reader.counts().statistics, 1);
    }

    #[test]
    fn a_cut_or_flipped_file_gives_an_error_or_other_datagrams_but_no_panic(
        datagrams in proptest::collection::vec(any_datagram(), 1..4),
        cut: prop::sample::Index,
        bit: prop::sample::Index,
    ) {
        let mut file = written(&datagrams);
        let cut = &file[..cut.index(file.len())];
        let read = Reader::new().items(cut).take_while(Result::is_ok).count();
        prop_assert!(read <= datagrams.len());
        let bit = bit.index(file.len() * 8);
        file[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(Reader::new().items(&file).count() <= datagrams.len() + 1);
        if let Ok(mut capture) = Capture::open(file.as_slice()) {
            while let Ok(Some(_)) = capture.next_datagram() {}
        }
    }
}

#[test]
fn the_octets_are_as_documented() {
    let file = written(&[Owned::new(
        1_575_297_360_123_456_789,
        "192.0.2.1:5000",
        "198.51.100.2:2055",
        b"flows",
    )]);
    #[rustfmt::skip]
    let expected = [
        // Section header block: type, length, byte-order magic, version 1.0, length unknown.
        0x0A, 0x0D, 0x0D, 0x0A, 28, 0, 0, 0, 0x4D, 0x3C, 0x2B, 0x1A, 1, 0, 0, 0,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 28, 0, 0, 0,
        // Interface description block: raw IP, no limit, nanoseconds.
        1, 0, 0, 0, 32, 0, 0, 0, 101, 0, 0, 0, 0, 0, 0, 0,
        9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0,
        // Enhanced packet block: interface 0, time in two halves, both lengths.
        6, 0, 0, 0, 68, 0, 0, 0, 0, 0, 0, 0,
        0x9A, 0x94, 0xDC, 0x15, 0x15, 0xED, 0xC4, 0x4D, 33, 0, 0, 0, 33, 0, 0, 0,
        // IPv4, UDP, payload.
        0x45, 0, 0, 33, 0, 0, 0x40, 0, 64, 17, 0x4E, 0x95, 192, 0, 2, 1, 198, 51, 100, 2,
        0x13, 0x88, 0x08, 0x07, 0, 13, 0xAF, 0x29, b'f', b'l', b'o', b'w', b's',
        // Padding, length.
        0, 0, 0, 68, 0, 0, 0,
    ];
    assert_eq!(file, expected);
}

#[test]
fn no_stored_datagram_is_without_a_checksum() {
    let mut datagram = Owned::new(0, "192.0.2.1:1", "192.0.2.2:2", &[0; 2]);
    let mut out = Vec::new();
    let mut all_ones = 0;
    for payload in 0..=u16::MAX {
        datagram.payload = payload.to_be_bytes().to_vec();
        out.clear();
        write_datagram(&mut out, &datagram.borrow()).unwrap();
        let checksum = [out[28 + 26], out[28 + 27]];
        assert_ne!(checksum, [0, 0], "0 means that there is none (RFC 768)");
        all_ones += u32::from(checksum == [0xFF, 0xFF]);
    }
    assert!(all_ones > 0, "one payload at least sums up to 0");
}

#[test]
fn a_mapped_address_is_stored_as_the_address_it_maps() {
    let mapped = Owned::new(0, "[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.2]:2", b"x");
    let plain = Owned::new(0, "192.0.2.1:1", "192.0.2.2:2", b"x");
    assert_eq!(written(&[mapped]), written(std::slice::from_ref(&plain)));
    let mixed = Owned::new(0, "192.0.2.1:1", "[::]:2", b"x");
    assert_eq!(read_back(&written(std::slice::from_ref(&mixed))), [mixed]);
}

#[test]
fn the_largest_payloads_are_stored_and_larger_ones_refused() {
    for (source, destination, limit) in [
        ("192.0.2.1:1", "192.0.2.2:2", PAYLOAD_V4_MAX),
        ("[2001:db8::1]:1", "[2001:db8::2]:2", PAYLOAD_V6_MAX),
    ] {
        let mut datagram = Owned::new(0, source, destination, &vec![0xFF; limit]);
        let file = written(std::slice::from_ref(&datagram));
        assert_eq!(read_back(&file), [datagram.clone()]);
        datagram.payload.push(0);
        let mut out = section();
        let before = out.clone();
        let error = write_datagram(&mut out, &datagram.borrow()).unwrap_err();
        assert!(matches!(error, DatasetError::Limit { .. }), "{error}");
        assert_eq!(out, before, "nothing was appended");
    }
}

#[test]
fn a_time_before_1970_is_refused() {
    let datagram = Owned::new(-1, "192.0.2.1:1", "192.0.2.2:2", b"");
    assert!(write_datagram(&mut Vec::new(), &datagram.borrow()).is_err());
    let statistics = Statistics {
        end: ReceiveTime::from_nanos(-1),
        ..Statistics::default()
    };
    assert!(write_statistics(&mut Vec::new(), &statistics).is_err());
}

#[test]
fn a_frame_is_read_with_the_section_of_the_preamble() {
    let datagram = Owned::new(5, "192.0.2.1:1", "192.0.2.2:2", b"x");
    let mut rows = Vec::new();
    write_datagram(&mut rows, &datagram.borrow()).unwrap();
    let error = Reader::new().items(&rows).next().unwrap().unwrap_err();
    assert!(error.to_string().contains("first block"), "{error}");

    let preamble = section();
    let mut reader = Reader::new();
    assert_eq!(reader.items(&preamble).count(), 0);
    for _ in 0..2 {
        assert_eq!(reader.items(&rows).count(), 1);
    }
    assert_eq!(reader.counts().datagrams, 2);
}

#[test]
fn lengths_that_do_not_fit_are_errors_with_the_place() {
    let file = written(&[Owned::new(5, "192.0.2.1:1", "192.0.2.2:2", b"four")]);
    let block = section().len();
    let with = |at: usize, value: u32| {
        let mut file = file.clone();
        file[at..at + 4].copy_from_slice(&value.to_le_bytes());
        let error = Reader::new().items(&file).last().unwrap().unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(&format!("at offset {block}: ")), "{text}");
        text
    };
    assert!(with(block + 4, 66).contains("multiple of 4"));
    assert!(with(block + 4, 8).contains("from 12"));
    assert!(with(block + 4, 72).contains("64 octets where 72"));
    assert!(with(block + 4, 1 << 20).contains("at most 524288"));
    assert!(with(file.len() - 4, 68).contains("length behind the block"));
    assert!(with(block + 8, 1).contains("interface is 1, expected below 1"));
    assert!(with(block + 20, 33).contains("packet in its block"));
    assert!(with(block + 20, 300_000).contains("at most 262144"));
}

/// What was known when a run began, put together again.
fn known(blocks: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = Reader::new();
    let items = reader.items(blocks).filter_map(|item| match item.unwrap() {
        Item::State(part) => Some(part),
        _ => None,
    });
    let parts: Vec<_> = items.collect();
    for (at, part) in parts.iter().enumerate() {
        assert_eq!((part.part as usize, part.parts as usize), (at, parts.len()));
    }
    parts.iter().map(|part| part.octets.to_vec()).collect()
}

#[test]
fn what_is_known_comes_back_in_its_parts_between_datagrams() {
    let numbers: Vec<u8> = (0..600_001_u32).map(|n| n.to_le_bytes()[0]).collect();
    for (octets, parts) in [(0, 0), (1, 1), (256 << 10, 1), (600_001, 3)] {
        let mut blocks = section();
        write_state(&mut blocks, &numbers[..octets]).unwrap();
        let found = known(&blocks);
        assert_eq!(found.len(), parts);
        assert_eq!(found.concat(), numbers[..octets]);
        assert!(read_back(&blocks).is_empty());
        assert!(captured(&blocks).is_empty());
    }
}

#[test]
fn too_much_to_know_is_refused_and_blocks_of_others_are_passed_over() {
    let mut blocks = section();
    let begun = blocks.len();
    assert!(write_state(&mut blocks, &vec![0; STATE_MAX + 1]).is_err());
    assert_eq!(blocks.len(), begun);
    write_state(&mut blocks, b"anything").unwrap();
    let at = blocks.len() - 32;
    assert_eq!(&blocks[at..at + 8], b"flowstrm");
    blocks[at] ^= 1;
    assert!(known(&blocks).is_empty(), "not ours");
    blocks[at] ^= 1;
    blocks[at + 16] = 9;
    let mut reader = Reader::new();
    assert!(
        reader.items(&blocks).any(|item| item.is_err()),
        "longer than its block"
    );
}

#[test]
fn databases_come_back_as_they_were_named_and_other_tools_pass_over_them() {
    let named = |blocks: &[u8]| -> Vec<Vec<u8>> {
        let mut reader = Reader::new();
        let items = reader.items(blocks).filter_map(|item| match item.unwrap() {
            Item::Databases(octets) => Some(octets.to_vec()),
            _ => None,
        });
        items.collect()
    };
    let mut blocks = section();
    write_databases(&mut blocks, b"these").unwrap();
    write_databases(&mut blocks, &[7; DATABASES_MAX]).unwrap();
    let begun = blocks.len();
    assert!(write_databases(&mut blocks, &[0; DATABASES_MAX + 1]).is_err());
    assert_eq!(blocks.len(), begun, "nothing of what is too long");
    assert_eq!(named(&blocks), [b"these".to_vec(), vec![7; DATABASES_MAX]]);
    assert!(read_back(&blocks).is_empty() && known(&blocks).is_empty());
    assert!(captured(&blocks).is_empty());
    let at = blocks.len() - (DATABASES_MAX + 16);
    assert_eq!(&blocks[at..at + 8], b"flowdbas");
    blocks[at + 10] ^= 0x80;
    let mut reader = Reader::new();
    assert!(
        reader.items(&blocks).any(|item| item.is_err()),
        "longer than may be"
    );
}
