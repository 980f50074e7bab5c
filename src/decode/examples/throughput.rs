//! Nanoseconds a record for each protocol, on one core: `cargo run --release -p decode
//! --example throughput`. Medians of several rounds; the datagrams are of 1,400 octets.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it measures time and prints it"
)]

use std::net::SocketAddr;
use std::time::Instant;

use decode::{Datagram, Decoder, Limits};
use flow::ReceiveTime;

const ROUNDS: usize = 15;
const DATAGRAMS: u32 = 40_000;
const EXPORT: u32 = 1_700_000_000;

/// Elements and lengths of a record as routers export them.
const FIELDS: [(u16, u16); 18] = [
    (8, 4),
    (12, 4),
    (15, 4),
    (10, 4),
    (14, 4),
    (2, 8),
    (1, 8),
    (22, 4),
    (21, 4),
    (7, 2),
    (11, 2),
    (6, 1),
    (4, 1),
    (5, 1),
    (16, 4),
    (17, 4),
    (9, 1),
    (13, 1),
];

/// A stream of numbers that only looks random.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        self.0 >> 33
    }

    fn fill(&mut self, octets: &mut Vec<u8>, width: u16) {
        octets.extend((0..width).map(|_| self.next().to_le_bytes()[0]));
    }
}

fn fields(protocol: u16) -> Vec<(u16, u16)> {
    let absolute = |(element, length)| match element {
        22 => (152, 8),
        21 => (153, 8),
        _ => (element, length),
    };
    let fields = FIELDS.into_iter();
    if protocol == 10 {
        fields.map(absolute).collect()
    } else {
        fields.collect()
    }
}

/// Octets of a message up to its first Set; the length of IPFIX is filled in later.
fn header(protocol: u16, sequence: u32) -> Vec<u8> {
    let mut octets = protocol.to_be_bytes().to_vec();
    octets.extend([0, 0]);
    let words: &[u32] = match protocol {
        5 => &[60_000, EXPORT, 0, sequence, 0],
        9 => &[60_000, EXPORT, sequence, 7],
        _ => &[EXPORT, sequence, 7],
    };
    octets.extend(words.iter().flat_map(|word| word.to_be_bytes()));
    octets
}

fn set(id: u16, body: &[u8]) -> Vec<u8> {
    let octets = u16::try_from(body.len() + 4).unwrap_or(u16::MAX);
    [&id.to_be_bytes()[..], &octets.to_be_bytes(), body].concat()
}

fn finished(mut message: Vec<u8>, protocol: u16, count: usize) -> Vec<u8> {
    let stated = if protocol == 10 { message.len() } else { count };
    let stated = u16::try_from(stated).unwrap_or(u16::MAX);
    message[2..4].copy_from_slice(&stated.to_be_bytes());
    message
}

fn template(protocol: u16) -> Vec<u8> {
    let fields = fields(protocol);
    let count = u16::try_from(fields.len()).unwrap_or(u16::MAX);
    let mut body = [256_u16.to_be_bytes(), count.to_be_bytes()].concat();
    for (element, length) in fields {
        body.extend([element.to_be_bytes(), length.to_be_bytes()].concat());
    }
    let id = if protocol == 10 { 2 } else { 0 };
    let message = [header(protocol, 0), set(id, &body)].concat();
    finished(message, protocol, 1)
}

fn record(protocol: u16, noise: &mut Noise, octets: &mut Vec<u8>) {
    if protocol == 5 {
        let start = octets.len();
        noise.fill(octets, 48);
        octets[start + 24..start + 28].copy_from_slice(&50_000_u32.to_be_bytes());
        octets[start + 28..start + 32].copy_from_slice(&55_000_u32.to_be_bytes());
        octets[start + 38] = 6;
        return;
    }
    for (element, length) in fields(protocol) {
        match element {
            4 => octets.push(6),
            22 => octets.extend(50_000_u32.to_be_bytes()),
            21 => octets.extend(55_000_u32.to_be_bytes()),
            152 => octets.extend((u64::from(EXPORT) * 1_000 - 9_000).to_be_bytes()),
            153 => octets.extend((u64::from(EXPORT) * 1_000 - 4_000).to_be_bytes()),
            _ => noise.fill(octets, length),
        }
    }
}

/// The version that stands for sFlow, whose own one is that of NetFlow v5.
const SFLOW: u16 = 0;
/// Flow samples that fit into a datagram, each with 128 octets of a packet.
const SAMPLES: u32 = 6;

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_be_bytes()).collect()
}

/// A flow sample as switches send it: a TCP segment behind a VLAN tag, and its VLANs.
fn sample(number: u32, noise: &mut Noise) -> Vec<u8> {
    let mut header = vec![2; 12];
    header.extend([
        0x81, 0, 0, 10, 8, 0, 0x45, 0, 5, 0xDC, 0, 1, 0x40, 0, 64, 6, 0, 0,
    ]);
    noise.fill(&mut header, 20);
    header.resize(128, 0);
    let head = [
        1, 208, number, 3, 512, 9, 0, 3, 4, 2, 1, 144, 1, 1_522, 4, 128,
    ];
    let vlans = [1_001, 16, 10, 0, 20, 0];
    [words(&head), header, words(&vlans)].concat()
}

fn sflow(at: u32, noise: &mut Noise) -> Vec<u8> {
    let samples = (0..SAMPLES).map(|sample| at * SAMPLES + sample);
    let samples: Vec<u8> = samples.flat_map(|number| sample(number, noise)).collect();
    [words(&[5, 1, 0xC000_0201, 7, at, 60_000, SAMPLES]), samples].concat()
}

/// Datagrams of full size, and how many records each has.
fn datagrams(protocol: u16) -> (Vec<Vec<u8>>, u32) {
    if protocol == SFLOW {
        let mut noise = Noise(1);
        return ((0..64).map(|at| sflow(at, &mut noise)).collect(), SAMPLES);
    }
    let mut noise = Noise(u64::from(protocol));
    let mut one = Vec::new();
    record(protocol, &mut noise, &mut one);
    let head = header(protocol, 0).len() + if protocol == 5 { 0 } else { 4 };
    let records = (1_400 - head) / one.len();
    let count = u32::try_from(records).unwrap_or(0);
    let made = (0..64).map(|at| {
        let mut body = Vec::new();
        for _ in 0..records {
            record(protocol, &mut noise, &mut body);
        }
        let units = if protocol == 9 { 1 } else { count };
        let mut message = header(protocol, at * units);
        message.extend(if protocol == 5 { body } else { set(256, &body) });
        finished(message, protocol, records)
    });
    (made.collect(), count)
}

/// One round: nanoseconds a record.
fn round(decoder: &mut Decoder, datagrams: &[Vec<u8>], records: u32) -> f64 {
    let source = SocketAddr::from(([192, 0, 2, 1], 2_055));
    let received = ReceiveTime::from_millis(i64::from(EXPORT) * 1_000 + 20);
    let mut flows = Vec::with_capacity(64);
    let mut total = 0_u64;
    let began = Instant::now();
    for payload in datagrams.iter().cycle().take(DATAGRAMS as usize) {
        flows.clear();
        let plan = decoder.plan(
            Datagram {
                source,
                received,
                payload,
            },
            flows,
        );
        let report;
        (flows, report) = decoder.apply(plan);
        total += u64::from(std::hint::black_box(report.records));
    }
    let took = began.elapsed();
    assert_eq!(total, u64::from(DATAGRAMS) * u64::from(records));
    took.as_secs_f64() * 1e9 / f64::from(DATAGRAMS * records)
}

fn main() {
    for (protocol, name) in [(5, "v5"), (9, "v9"), (10, "ipfix"), (SFLOW, "sflow")] {
        let (datagrams, records) = datagrams(protocol);
        let mut decoder = Decoder::new(Limits::default());
        let source = SocketAddr::from(([192, 0, 2, 1], 2_055));
        let known = template(protocol.max(9));
        let plan = decoder.plan(
            Datagram {
                source,
                received: ReceiveTime::from_millis(i64::from(EXPORT) * 1_000),
                payload: &known,
            },
            Vec::new(),
        );
        decoder.apply(plan);
        let mut rounds: Vec<f64> = (0..ROUNDS)
            .map(|_| round(&mut decoder, &datagrams, records))
            .collect();
        rounds.sort_by(f64::total_cmp);
        println!(
            "{name}: {:.1} ns a record (best {:.1}), {records} records a datagram",
            rounds[ROUNDS / 2],
            rounds[0]
        );
    }
}
