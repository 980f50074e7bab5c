//! sFlow, seen by a strict decoder that shares nothing with the encoder.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::*;

/// A flow sample.
#[derive(Debug)]
struct Sample {
    number: u32,
    source: u32,
    rate: u64,
    pool: u32,
    interfaces: (u32, u32),
    packet: Packet,
}

/// A sampled packet.
#[derive(Debug)]
struct Packet {
    vlan: u16,
    src: IpAddr,
    protocol: u8,
    /// Octets of the IP layer.
    octets: u64,
    frame: u64,
    flags: u8,
}

/// A datagram.
#[derive(Debug, Default)]
struct Datagram {
    agent: u32,
    number: u32,
    samples: Vec<Sample>,
    /// Number and source of counter samples.
    counters: Vec<(u32, u32)>,
}

/// Takes octets from the front.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, octets: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(octets);
        self.0 = rest;
        taken
    }

    fn word(&mut self) -> u32 {
        u32::from_be_bytes(self.take(4).try_into().unwrap())
    }

    fn words<const N: usize>(&mut self) -> [u32; N] {
        std::array::from_fn(|_| self.word())
    }

    /// Format and content of the next item.
    fn item(&mut self) -> (u32, Cursor<'a>) {
        let [format, len] = self.words();
        (format, Cursor(self.take(len as usize)))
    }
}

fn decode(data: &[u8]) -> Datagram {
    let mut data = Cursor(data);
    assert_eq!(data.words(), [5, 1, 0x7F00_0001], "version and agent");
    let [agent, number, uptime, items] = data.words();
    assert!(uptime > 0);
    let mut datagram = Datagram {
        agent,
        number,
        ..Datagram::default()
    };
    for _ in 0..items {
        match data.item() {
            (1, sample) => datagram.samples.push(flow_sample(sample)),
            (2, sample) => datagram.counters.push(counter_sample(sample)),
            (other, _) => panic!("sample of format {other}"),
        }
    }
    assert!(data.0.is_empty());
    datagram
}

fn counter_sample(mut data: Cursor<'_>) -> (u32, u32) {
    let [number, source, records] = data.words();
    let (format, mut counters) = data.item();
    assert_eq!(
        (records, format, counters.0.len(), data.0.len()),
        (1, 1, 88, 0)
    );
    assert_eq!(counters.words(), [source, 6], "an Ethernet");
    (number, source)
}

fn flow_sample(mut data: Cursor<'_>) -> Sample {
    let [number, source, rate, pool, drops] = data.words();
    let [input, output, records] = data.words();
    let (format, mut header) = data.item();
    assert_eq!((drops, records, format, data.0.len()), (0, 1, 1, 0));
    let [protocol, frame, stripped, len] = header.words();
    assert_eq!(
        (protocol, stripped),
        (1, 4),
        "Ethernet without its checksum"
    );
    let packet = packet(header.take(len as usize), frame.into());
    assert!(header.0.len() < 4 && header.0.iter().all(|&octet| octet == 0));
    Sample {
        number,
        source,
        rate: rate.into(),
        pool,
        interfaces: (input, output),
        packet,
    }
}

fn half(octets: &[u8]) -> u16 {
    u16::from_be_bytes(octets.try_into().unwrap())
}

/// Whether a sum over octets with their checksum is right; what is missing are zeros.
fn sums_up(octets: &[u8]) -> bool {
    let sum: u32 = octets.chunks(2).map(|pair| u32::from(half(pair))).sum();
    (sum >> 16) + (sum & 0xFFFF) == 0xFFFF
}

fn packet(frame: &[u8], frame_len: u64) -> Packet {
    assert_eq!(half(&frame[12..14]), 0x8100, "a VLAN tag");
    let ip = &frame[18..];
    let (src, header, protocol, octets, addrs) = if half(&frame[16..18]) == 0x0800 {
        assert_eq!(ip[0], 0x45);
        assert!(sums_up(&ip[..20]), "the header's checksum");
        let src = Ipv4Addr::from(<[u8; 4]>::try_from(&ip[12..16]).unwrap());
        (src.into(), 20, ip[9], half(&ip[2..4]), &ip[12..20])
    } else {
        assert_eq!((half(&frame[16..18]), ip[0] >> 4), (0x86DD, 6));
        let src = Ipv6Addr::from(<[u8; 16]>::try_from(&ip[8..24]).unwrap());
        (
            IpAddr::from(src),
            40,
            ip[6],
            40 + half(&ip[4..6]),
            &ip[8..40],
        )
    };
    let transport = &ip[header..];
    assert_eq!(transport.len(), if protocol == 6 { 20 } else { 8 });
    let payload = octets - u16::try_from(header).unwrap();
    let pseudo = [
        addrs,
        &u32::from(payload).to_be_bytes(),
        &[0, 0, 0, protocol],
        transport,
    ];
    let covered = if protocol == 1 {
        transport.to_vec()
    } else {
        pseudo.concat()
    };
    assert!(sums_up(&covered), "the transport's checksum");
    Packet {
        vlan: half(&frame[14..16]),
        src,
        protocol,
        octets: octets.into(),
        frame: frame_len,
        flags: if protocol == 6 { transport[13] } else { 0 },
    }
}

/// A run of two agents.
fn run(count: u64) -> (Vec<Datagram>, Totals, Options) {
    let options = Options {
        exporters: vec![Sflow; 2],
        template_every: 10,
        ..options(count)
    };
    let mut generator = Generator::new(options.clone());
    let mut datagrams = Vec::new();
    while let Some(emission) = generator.step() {
        assert!(emission.datagram.len() <= options.payload);
        datagrams.push(decode(emission.datagram));
    }
    (datagrams, *generator.totals(), options)
}

#[test]
fn each_record_is_a_sample_and_counts_times_its_rate() {
    for count in [1, 2, 500, 5_000] {
        let (datagrams, totals, _) = run(count);
        let samples = || datagrams.iter().flat_map(|datagram| &datagram.samples);
        assert_eq!(samples().count() as u64, count);
        assert_eq!((totals.records, totals.records_sflow), (count, count));
        assert_eq!(
            totals.packets,
            samples().map(|sample| sample.rate).sum::<u64>()
        );
        let octets = samples().map(|sample| sample.rate * sample.packet.octets);
        assert_eq!(totals.bytes, octets.sum::<u64>());
        let v6 = samples()
            .filter(|sample| sample.packet.src.is_ipv6())
            .count() as u64;
        assert_eq!((totals.records_ipv4, totals.records_ipv6), (count - v6, v6));
        let counters = datagrams.iter().map(|datagram| datagram.counters.len());
        assert_eq!(totals.counter_samples, counters.sum::<usize>() as u64);
        assert_eq!(totals.datagrams, datagrams.len() as u64);
    }
}

#[test]
fn datagrams_samples_and_counters_are_numbered_each_by_their_own_source() {
    let (datagrams, ..) = run(5_000);
    let mut next: BTreeMap<(u32, &str, u32), u32> = BTreeMap::new();
    let mut pools: BTreeMap<(u32, u32), u32> = BTreeMap::new();
    for datagram in &datagrams {
        let agent = datagram.agent;
        let mut expect = |kind, source, number| {
            let next = next.entry((agent, kind, source)).or_default();
            assert_eq!(number, *next, "{kind} of {source}");
            *next += 1;
        };
        expect("datagram", 0, datagram.number);
        for sample in &datagram.samples {
            expect("sample", sample.source, sample.number);
            let pool = pools.entry((agent, sample.source)).or_default();
            *pool += 100;
            assert_eq!(sample.pool, *pool);
        }
        for &(number, source) in &datagram.counters {
            expect("counters", source, number);
        }
        let due = datagram.number.is_multiple_of(10);
        assert_eq!(datagram.counters.len(), usize::from(due));
    }
    let agents: BTreeSet<u32> = datagrams.iter().map(|datagram| datagram.agent).collect();
    assert_eq!(agents, [1, 2].into());
    let told: BTreeSet<u32> = datagrams
        .iter()
        .flat_map(|datagram| datagram.counters.iter().map(|&(_, source)| source))
        .collect();
    assert!(told.len() > 3, "each interface has its turn: {told:?}");
}

#[test]
fn packets_have_frame_tag_and_flags_that_fit() {
    let (datagrams, ..) = run(5_000);
    let mut flags = BTreeSet::new();
    for sample in datagrams.iter().flat_map(|datagram| &datagram.samples) {
        let packet = &sample.packet;
        let (input, output) = sample.interfaces;
        assert_eq!(packet.frame, packet.octets + 18 + 4);
        assert_eq!(u32::from(packet.vlan), input.min(output));
        assert_eq!(sample.source, input);
        assert_eq!(sample.rate, 100);
        assert!(packet.octets <= 1_500);
        if packet.protocol == 6 {
            flags.insert(packet.flags & 0x05);
        }
    }
    assert_eq!(flags, [0, 1, 4].into(), "open, ended and reset");
}

#[test]
fn datagrams_are_filled() {
    let (datagrams, _, options) = run(5_000);
    let full = datagrams
        .iter()
        .filter(|datagram| datagram.samples.len() >= 9);
    assert!(full.count() + 4 >= datagrams.len(), "{}", options.payload);
}
