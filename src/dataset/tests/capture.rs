//! Captures made elsewhere: both formats, both orders, real files.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "common/packets.rs"]
#[allow(dead_code, reason = "each test binary uses a part")]
mod packets;

use std::path::{Path, PathBuf};

use dataset::DatasetError;
use dataset::capture::{Capture, Counts};
use packets::{
    BIG, LITTLE, NANOS, block, ethernet, interface, is_v4, is_v6, only, packet_block, pcap,
    plain_v4, plain_v6, read, section,
};
use proptest::prelude::*;

#[test]
fn pcap_is_read_in_both_orders_and_resolutions() {
    for order in [LITTLE, BIG] {
        for nanos in [false, true] {
            is_v4(&only(&pcap(order, nanos, 101, &[plain_v4()])));
        }
    }
}

#[test]
fn pcapng_is_read_in_both_orders_and_any_resolution() {
    for order in [LITTLE, BIG] {
        let file = |exponent: Option<u8>, units: u64| {
            let exponent = exponent.map(|exponent| [exponent]);
            let options: Vec<(u16, &[u8])> = exponent.iter().map(|e| (9, &e[..])).collect();
            let parts = [
                section(order),
                interface(order, 101, &options),
                packet_block(order, 0, units, &plain_v4()),
            ];
            parts.concat()
        };
        is_v4(&only(&file(None, 1_575_297_360_123_456)));
        is_v4(&only(&file(Some(9), 1_575_297_360_123_456_000)));
        let tenths = only(&file(Some(1), 15_752_973_601));
        assert_eq!(tenths.0, 1_575_297_360_100_000_000);
        let quarters = only(&file(Some(0x82), 1_575_297_360 * 4 + 1));
        assert_eq!(quarters.0, 1_575_297_360_250_000_000);
    }
}

#[test]
fn an_offset_of_time_is_added() {
    let offset = (-3_600_i64).to_le_bytes();
    let file = [
        section(LITTLE),
        interface(LITTLE, 101, &[(14, &offset)]),
        packet_block(LITTLE, 0, 1_575_297_360_123_456, &plain_v4()),
    ];
    assert_eq!(only(&file.concat()).0, NANOS - 3_600_000_000_000);
}

#[test]
fn a_time_or_resolution_out_of_range_is_an_error() {
    let file = |options: &[(u16, &[u8])], units| {
        let parts = [
            section(LITTLE),
            interface(LITTLE, 101, options),
            packet_block(LITTLE, 0, units, &plain_v4()),
        ];
        read(&parts.concat()).2.unwrap_err().to_string()
    };
    assert!(file(&[(9, &[0])], u64::MAX).contains("before the year 2262"));
    assert!(file(&[(9, &[20])], 0).contains("10^-20 s"));
    assert!(file(&[(9, &[0xFF])], 0).contains("2^-127 s"));
    assert!(file(&[(14, &[0; 4])], 0).contains("if_tsoffset is 4 octets"));
}

#[test]
fn blocks_that_are_not_needed_are_skipped_whatever_their_length() {
    let packet = packet_block(LITTLE, 1, 1_575_297_360_123_456, &plain_v4());
    let file = [
        section(LITTLE),
        interface(LITTLE, 147, &[]),
        interface(LITTLE, 101, &[(2, b"eth0")]),
        block(LITTLE, 4, &[1; 900]),
        block(LITTLE, 0x0BAD, &vec![0; 600_000]),
        block(LITTLE, 0x0BAD, &[]),
        block(LITTLE, 3, &[0; 8]),
        packet_block(LITTLE, 0, 0, &plain_v4()),
        packet.clone(),
        block(LITTLE, 5, &[0; 12]),
        section(BIG),
        interface(BIG, 1, &[]),
        packet_block(
            BIG,
            0,
            1_575_297_360_123_456,
            &ethernet(&[0x86DD], &plain_v6()),
        ),
    ];
    let (datagrams, counts, end) = read(&file.concat());
    end.unwrap();
    is_v4(&datagrams[0]);
    is_v6(&datagrams[1]);
    let expected = Counts {
        datagrams: 2,
        unknown_link: 1,
        untimed: 1,
        statistics: 1,
        other_blocks: 3,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
}

#[test]
fn a_file_cut_anywhere_gives_what_is_whole_and_then_an_error_with_the_place() {
    let packet = plain_v4();
    let classic = pcap(LITTLE, false, 101, &[packet.clone(), packet.clone()]);
    let newer = [
        section(LITTLE),
        interface(LITTLE, 101, &[]),
        packet_block(LITTLE, 0, 0, &packet),
        block(LITTLE, 4, &[0; 40]),
        packet_block(LITTLE, 0, 0, &packet),
    ];
    let ends = |parts: &[usize]| -> Vec<usize> {
        parts
            .iter()
            .scan(0, |at, len| {
                *at += len;
                Some(*at)
            })
            .collect()
    };
    let lens: Vec<usize> = newer.iter().map(Vec::len).collect();
    let record = 16 + packet.len();
    for (file, ends) in [
        (classic, ends(&[24, record, record])),
        (newer.concat(), ends(&lens)),
    ] {
        for len in 0..=file.len() {
            let Ok(mut capture) = Capture::open(&file[..len]) else {
                assert!(len < 24);
                continue;
            };
            let mut end = capture.next_datagram().map(|found| found.is_some());
            while matches!(end, Ok(true)) {
                end = capture.next_datagram().map(|found| found.is_some());
            }
            let boundary = ends
                .iter()
                .filter(|&&end| end <= len)
                .max()
                .copied()
                .unwrap_or(0);
            assert_eq!(end.is_ok(), boundary == len, "cut at {len}");
            if let Err(DatasetError::Truncated { offset, .. }) = end {
                let offset = usize::try_from(offset).unwrap();
                assert!((boundary..=len).contains(&offset), "{offset} for {len}");
            }
        }
    }
}

#[test]
fn a_packet_beyond_the_limit_is_refused_before_it_is_read() {
    let mut file = pcap(LITTLE, false, 101, &[]);
    file.extend(LITTLE.words(&[0, 0, (256 << 10) + 1, 0]));
    let error = read(&file).2.unwrap_err();
    assert!(
        matches!(
            error,
            DatasetError::Limit {
                offset: 24,
                limit: 262_144,
                ..
            }
        ),
        "{error}"
    );

    let mut file = [section(LITTLE), interface(LITTLE, 101, &[])].concat();
    file.extend(LITTLE.words(&[6, (512 << 10) + 4, 0]));
    let error = read(&file).2.unwrap_err();
    assert!(
        matches!(error, DatasetError::Limit { limit: 524_288, .. }),
        "{error}"
    );
}

#[test]
fn interfaces_beyond_the_limit_are_refused() {
    let one = interface(LITTLE, 101, &[]);
    let mut file = section(LITTLE);
    for _ in 0..4_096 {
        file.extend_from_slice(&one);
    }
    read(&file).2.unwrap();
    file.extend_from_slice(&one);
    let error = read(&file).2.unwrap_err();
    assert!(
        matches!(error, DatasetError::Limit { limit: 4_096, .. }),
        "{error}"
    );
}

#[test]
fn what_is_no_capture_is_refused_with_what_would_be_right() {
    let open = |file: &[u8]| Capture::open(file).err().unwrap().to_string();
    assert!(open(b"PK\x03\x04....").contains("expected a pcap or pcapng file"));
    assert!(open(&pcap(LITTLE, false, 105, &[])).contains("link type is 105, expected 0, 1,"));
    assert!(open(b"").contains("file header has 0 octets where 4 are needed"));
    let mut wrong = section(LITTLE);
    wrong[12] = 2;
    assert!(
        read(&wrong)
            .2
            .unwrap_err()
            .to_string()
            .contains("version of pcapng is 2.0")
    );
    wrong[8] = 0;
    assert!(
        read(&wrong)
            .2
            .unwrap_err()
            .to_string()
            .contains("byte-order magic")
    );
}

proptest! {
    #[test]
    fn random_octets_never_panic(
        octets in proptest::collection::vec(any::<u8>(), 0..200),
        link in prop::sample::select(vec![0_u32, 1, 101, 113, 228, 229, 276]),
    ) {
        let _ = Capture::open(octets.as_slice());
        let (_, counts, end) = read(&pcap(LITTLE, false, link, std::slice::from_ref(&octets)));
        prop_assert!(end.is_ok());
        let given = counts.datagrams + counts.segments;
        let passed_over = counts.other_packets + counts.fragments + counts.malformed;
        prop_assert_eq!(given + passed_over, 1);
        let file = [section(LITTLE), interface(LITTLE, 1, &[]), octets].concat();
        let _ = read(&file);
    }
}

/// Where the shared data are, if they are.
fn captures() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    Some(workspace.join("../shared/data/captures")).filter(|dir| dir.is_dir())
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test of real files reads files"
)]
fn real_captures_have_as_many_datagrams_as_their_manifest_says() {
    let Some(dir) = captures() else {
        println!("left out: no ../shared/data/captures");
        return;
    };
    let manifest = std::fs::read_to_string(dir.join("MANIFEST.tsv")).unwrap();
    let mut files = 0;
    let mut differing = Vec::new();
    for line in manifest.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        // The manifest names a folder `cases` that the captures were taken out of.
        let path = columns[0].replace("/cases/", "/");
        let file = std::fs::read(dir.join(&path)).unwrap();
        let (_, counts, end) = read(&file);
        if end.is_err() || counts.datagrams.to_string() != columns[7] {
            differing.push(format!(
                "{path}: {} expected, {counts:?}, {end:?}",
                columns[7]
            ));
        }
        files += 1;
    }
    assert!(differing.is_empty(), "{differing:#?}");
    println!("{files} captures read");
    assert!(files > 200);
}
