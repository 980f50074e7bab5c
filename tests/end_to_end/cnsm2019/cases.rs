//! What the original system was seen to make of records, and what is right.

use std::net::Ipv4Addr;

use crate::support::v5::Record;

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

pub(super) const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;

/// Packets, octets, first, last, flags, seconds, bit/s: a row of the original. Times are in
/// milliseconds from the begin.
pub(super) type Row = (u64, u64, u64, u64, u8, f64, f64);

/// The same as prepared flows have it, with null where nothing is known, and whether it is
/// complete.
pub(super) type Prepared = (
    u64,
    u64,
    u64,
    u64,
    Option<u8>,
    f64,
    Option<f64>,
    Option<bool>,
);

/// Records of one key, what the original makes of them, and what is right.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: &'static str,
    /// What the first exporter reports.
    pub(super) records: Vec<Record>,
    /// What the second exporter reports, and earlier.
    pub(super) elsewhere: Vec<Record>,
    pub(super) original: Vec<Row>,
    pub(super) correct: Vec<Prepared>,
}

/// A record: first, last, packets, octets, flags.
type Told = (u32, u32, u32, u32, u8);

/// A TCP connection in one record, and its row.
const WHOLE: Told = (0, 1_000, 5, 500, SYN | ACK | FIN);
const ONE: Row = (5, 500, 0, 1_000, 19, 1.0, 4_000.0);

/// The source port of a case, by which its flows are found; ICMP has none.
pub(super) fn port(number: usize) -> u16 {
    1_000 + u16::try_from(number).unwrap()
}

/// All cases, each with a key of its own.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = complete_tcp();
    cases.extend(incomplete_tcp());
    cases.extend(udp());
    cases.push(icmp());
    for (number, case) in cases.iter_mut().enumerate() {
        for record in case.records.iter_mut().chain(&mut case.elsewhere) {
            record.ports = match record.protocol {
                // Type 8, code 0: an echo request.
                ICMP => (0, 0x0800),
                _ => (port(number), 443),
            };
        }
    }
    cases
}

fn record(protocol: u8, (first, last, packets, bytes, tcp_flags): Told) -> Record {
    Record {
        src: Ipv4Addr::new(192, 168, 42, 1),
        dst: Ipv4Addr::new(8, 8, 8, 8),
        ports: (0, 0),
        protocol,
        tcp_flags,
        packets,
        bytes,
        times: (first, last),
    }
}

/// A case that the original gets right.
fn right(name: &'static str, protocol: u8, told: &[Told], rows: &[Row]) -> Case {
    let prepared = |&(packets, bytes, first, last, flags, secs, rate): &Row| {
        let (flags, complete) = match protocol {
            TCP => (Some(flags), Some(true)),
            _ => (None, None),
        };
        (
            packets,
            bytes,
            first,
            last,
            flags,
            secs,
            Some(rate),
            complete,
        )
    };
    Case {
        name,
        records: told.iter().map(|&told| record(protocol, told)).collect(),
        elsewhere: Vec::new(),
        original: rows.to_vec(),
        correct: rows.iter().map(prepared).collect(),
    }
}

impl Case {
    /// The original is wrong about it.
    fn but_correct(self, correct: &[Prepared]) -> Self {
        let correct = correct.to_vec();
        Self { correct, ..self }
    }
}

fn complete_tcp() -> Vec<Case> {
    let halves = [
        (0, 1_000, 5, 500, SYN | ACK),
        (3_000, 4_000, 5, 500, ACK | FIN),
    ];
    let twice = [WHOLE, (3_000, 4_000, 7, 700, SYN | ACK | FIN)];
    let second = (7, 700, 3_000, 4_000, 19, 1.0, 5_600.0);
    let mut elsewhere = right(
        "a TCP flow that two exporters report",
        TCP,
        &[WHOLE],
        &[ONE],
    );
    elsewhere.elsewhere = vec![record(TCP, (1, 1_001, 5, 500, SYN | ACK | FIN))];
    vec![
        right("TCP in one record", TCP, &[WHOLE], &[ONE]),
        right(
            "TCP in two records",
            TCP,
            &halves,
            &[(10, 1_000, 0, 4_000, 19, 2.0, 4_000.0)],
        ),
        right("TCP twice", TCP, &twice, &[ONE, second]),
        // Who reports it first is believed, and here that is not who saw it first.
        elsewhere.but_correct(&[(5, 500, 1, 1_001, Some(19), 1.0, Some(4_000.0), Some(true))]),
    ]
}

fn incomplete_tcp() -> Vec<Case> {
    const OF_ONE: Prepared = (5, 500, 0, 1_000, Some(19), 1.0, Some(4_000.0), Some(true));
    let open = (0, 1_000, 5, 500, SYN | ACK);
    let late = (3_000, 4_000, 5, 500, SYN | ACK);
    let reset = (3_000, 3_000, 5, 500, RST);
    // Kept, and marked as incomplete.
    let incomplete = |first, flags| {
        let rate = Some(4_000.0);
        (
            5,
            500,
            first,
            first + 1_000,
            Some(flags),
            1.0,
            rate,
            Some(false),
        )
    };
    vec![
        right("TCP without end", TCP, &[open], &[]).but_correct(&[incomplete(0, 18)]),
        right(
            "TCP without opening",
            TCP,
            &[(0, 1_000, 5, 500, ACK | FIN)],
            &[],
        )
        .but_correct(&[incomplete(0, 17)]),
        right("TCP, then another without end", TCP, &[WHOLE, late], &[ONE])
            .but_correct(&[OF_ONE, incomplete(3_000, 18)]),
        // It belongs to the connection that it ends.
        right("TCP, then a lone RST", TCP, &[WHOLE, reset], &[ONE]).but_correct(&[(
            10,
            1_000,
            0,
            3_000,
            Some(23),
            1.0,
            Some(8_000.0),
            Some(true),
        )]),
    ]
}

fn udp() -> Vec<Case> {
    let told = |times: &[(u32, u32)]| -> Vec<Told> {
        let told = |&(first, last): &(u32, u32)| (first, last, 5, 500, 0);
        times.iter().map(told).collect()
    };
    let case = |name, times, rows| right(name, UDP, &told(times), rows);
    vec![
        case(
            "UDP with a gap of 10 s",
            &[(0, 1_000), (11_000, 12_000)],
            &[(10, 1_000, 0, 12_000, 0, 2.0, 4_000.0)],
        ),
        case(
            "UDP with a gap of 31 s",
            &[(0, 1_000), (32_000, 33_000)],
            &[
                (5, 500, 0, 1_000, 0, 1.0, 4_000.0),
                (5, 500, 32_000, 33_000, 0, 1.0, 4_000.0),
            ],
        ),
        // The gap is subtracted as any other is.
        case(
            "UDP with a gap of exactly 30 s",
            &[(0, 1_000), (31_000, 32_000)],
            &[(10, 1_000, 0, 32_000, 0, 32.0, 250.0)],
        )
        .but_correct(&[(10, 1_000, 0, 32_000, None, 2.0, Some(4_000.0), None)]),
        case(
            "UDP records that overlap",
            &[(0, 5_000), (1_000, 2_000)],
            &[(10, 1_000, 0, 5_000, 0, 5.0, 1_600.0)],
        ),
        // No rate is not a rate of 0.
        right(
            "UDP of no duration",
            UDP,
            &[(0, 0, 1, 60, 0)],
            &[(1, 60, 0, 0, 0, 0.0, 0.0)],
        )
        .but_correct(&[(1, 60, 0, 0, None, 0.0, None, None)]),
    ]
}

fn icmp() -> Case {
    let told = [(0, 1_000, 5, 500, 0), (2_000, 3_000, 5, 500, 0)];
    let rows = [
        (5, 500, 0, 1_000, 0, 1.0, 4_000.0),
        (5, 500, 2_000, 3_000, 0, 1.0, 4_000.0),
    ];
    // Merged as other protocols are.
    right("two ICMP records of one key", ICMP, &told, &rows).but_correct(&[(
        10,
        1_000,
        0,
        3_000,
        None,
        2.0,
        Some(4_000.0),
        None,
    )])
}
