//! What holds for every run.

use std::collections::{BTreeMap, BTreeSet};

use super::decoder::Seen;
use super::*;

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let bytes = |seed| {
        let mut generator = Generator::new(Options {
            seed,
            ..options(3_000)
        });
        let mut all = Vec::new();
        while let Some(emission) = generator.step() {
            all.extend_from_slice(&emission.at_ms.to_be_bytes());
            all.extend_from_slice(emission.datagram);
        }
        all
    };
    assert_eq!(bytes(4), bytes(4));
    assert_ne!(bytes(4), bytes(5));
}

#[test]
fn exactly_as_many_records_come_as_were_asked_for() {
    for count in [0, 1, 2, 3, 27, 28, 29, 30, 31, 500] {
        for long in [0.0, 1.0] {
            let mut options = options(count);
            options.mix.long = long;
            let run = Run::of(&options);
            assert_eq!(run.records().count() as u64, count);
            assert_eq!(run.totals.records, count);
        }
    }
}

/// What the decoder found, counted from scratch.
fn counted(run: &Run) -> Totals {
    let mut totals = Totals::default();
    for left in &run.left {
        let records = left.message.records.len() as u64;
        totals.datagrams += 1;
        totals.datagram_bytes += left.len as u64;
        totals.templates += left.message.templates as u64;
        totals.records += records;
        match left.message.version {
            5 => totals.records_v5 += records,
            9 => totals.records_v9 += records,
            _ => totals.records_ipfix += records,
        }
    }
    for (_, seen) in run.records() {
        totals.packets += seen.packets;
        totals.bytes += seen.bytes;
        totals.records_ipv4 += u64::from(seen.key.0.is_ipv4());
        totals.records_ipv6 += u64::from(seen.key.0.is_ipv6());
    }
    for (key, records) in run.flows() {
        totals.flows += 1;
        totals.flows_tcp += u64::from(key.4 == 6);
        totals.flows_udp += u64::from(key.4 == 17);
        totals.flows_icmp += u64::from(matches!(key.4, 1 | 58));
        totals.flows_cut += u64::from(records.len() > 1);
        let closed = |(_, seen): &(i64, &Seen)| seen.flags & 0x05 != 0;
        totals.flows_unclosed += u64::from(key.4 == 6 && !records.iter().any(closed));
    }
    totals
}

#[test]
fn totals_are_what_a_decoder_finds() {
    for Kind { name, run, .. } in kinds() {
        assert_eq!(counted(run), run.totals, "{name}");
    }
}

#[test]
fn sequence_numbers_count_records_and_in_v9_packets() {
    let run = Run::of(&options(20_000));
    let mut next: BTreeMap<usize, u32> = BTreeMap::new();
    for left in &run.left {
        let next = next.entry(left.exporter).or_default();
        assert_eq!(left.message.sequence, *next, "exporter {}", left.exporter);
        assert_eq!(left.message.domain as usize, left.exporter + 1);
        *next += match left.message.version {
            9 => 1,
            _ => u32::try_from(left.message.records.len()).unwrap(),
        };
    }
    assert_eq!(next.len(), 3);
}

#[test]
fn time_never_goes_back_and_headers_tell_the_time_of_leaving() {
    for Kind { name, run, .. } in kinds() {
        assert!(run.left.is_sorted_by_key(|left| left.at_ms), "{name}");
        let mut boots: BTreeMap<usize, BTreeSet<i64>> = BTreeMap::new();
        for left in &run.left {
            let (message, at) = (&left.message, EPOCH_MS + left.at_ms);
            let told = if message.version == 5 {
                at
            } else {
                at / 1_000 * 1_000
            };
            assert_eq!(message.export_ms, told, "{name}");
            boots
                .entry(left.exporter)
                .or_default()
                .extend(message.boot_ms);
        }
        assert!(boots.values().all(|boots| boots.len() <= 1), "{name}");
    }
}

#[test]
fn a_record_ends_before_it_is_exported_and_starts_after_its_exporter() {
    for Kind { name, run, .. } in kinds() {
        for left in &run.left {
            for seen in &left.message.records {
                assert!(seen.start_ms <= seen.end_ms, "{name}: {seen:?}");
                assert!(seen.end_ms <= left.message.export_ms, "{name}: {seen:?}");
                assert!(left.message.boot_ms.is_none_or(|boot| boot < seen.start_ms));
                assert!(seen.packets > 1 || seen.start_ms == seen.end_ms, "{name}");
            }
        }
    }
}

#[test]
fn datagrams_are_filled_but_never_over_the_limit() {
    for payload in [512, 1_000, 1_400, 9_000] {
        let run = Run::of(&Options {
            payload,
            rate: Rate::PerSecond(100_000),
            ..options(30_000)
        });
        assert!(run.left.iter().all(|left| left.len <= payload));
        let whole = run.left.len() - 3;
        let filled = |left: &&Left| match left.message.version {
            5 => left.message.records.len() == 30.min((payload - 24) / 48),
            _ => left.len + 100 > payload,
        };
        let filled = run.left.iter().filter(filled).count();
        assert!(filled >= whole, "{filled} of {whole} at {payload}");
    }
}

#[test]
fn a_record_does_not_wait_long_for_its_datagram() {
    let run = Run::of(&Options {
        rate: Rate::PerSecond(10),
        ..options(600)
    });
    let most = run.left.iter().map(|left| left.message.records.len()).max();
    assert!(most <= Some(3), "{most:?} in 200 ms");
}

#[test]
fn templates_come_first_and_again() {
    let run = Run::of(&Options {
        template_every: 5,
        ..options(20_000)
    });
    for exporter in 1..3 {
        let mine = run.left.iter().filter(|left| left.exporter == exporter);
        for (number, left) in mine.enumerate() {
            let whole = if exporter == 1 { 2 } else { 4 };
            let expected = if number % 5 == 0 { whole } else { 0 };
            assert_eq!(left.message.templates, expected, "message {number}");
        }
    }
}

#[test]
fn interfaces_and_families_fit_the_exporter() {
    let run = Run::of(&options(20_000));
    for left in &run.left {
        for seen in &left.message.records {
            let (inside, outside) = match seen.interfaces {
                (100, campus) => (seen.key.1, campus),
                (campus, other) => {
                    assert_eq!(other, 100);
                    (seen.key.0, campus)
                }
            };
            let network = match inside {
                std::net::IpAddr::V4(addr) => addr.octets()[2] >> 4,
                std::net::IpAddr::V6(addr) => addr.octets()[7],
            };
            assert_eq!(outside, u32::from(network) + 1);
            assert!(left.message.version != 5 || inside.is_ipv4());
        }
    }
}
