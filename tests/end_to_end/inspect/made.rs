//! Messages of each protocol, and the files that hold them.

use std::net::Ipv4Addr;

/// When all messages were exported, Unix seconds.
pub(super) const EXPORTED: u32 = 1_700_000_000;
/// When they were received, Unix microseconds beyond that.
const TRANSIT_US: u32 = 20_000;
/// How long the exporter had run, milliseconds.
const UPTIME: u32 = 3_600_000;

/// Numbers of 16 bits in network order.
pub(super) fn halves(numbers: &[u16]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_be_bytes())
        .collect()
}

/// Numbers of 32 bits in network order.
pub(super) fn words(numbers: &[u32]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_be_bytes())
        .collect()
}

/// A Set or FlowSet.
pub(super) fn set(id: u16, body: &[u8]) -> Vec<u8> {
    let octets = u16::try_from(4 + body.len()).unwrap();
    [&halves(&[id, octets])[..], body].concat()
}

/// A Template Record of elements and lengths.
pub(super) fn template(id: u16, fields: &[(u16, u16)]) -> Vec<u8> {
    let count = u16::try_from(fields.len()).unwrap();
    let fields: Vec<u16> = fields
        .iter()
        .flat_map(|&(element, length)| [element, length])
        .collect();
    [halves(&[id, count]), halves(&fields)].concat()
}

/// An IPFIX message.
pub(super) fn ipfix(sequence: u32, sets: &[Vec<u8>]) -> Vec<u8> {
    let body = sets.concat();
    let octets = u16::try_from(16 + body.len()).unwrap();
    [halves(&[10, octets]), words(&[EXPORTED, sequence, 7]), body].concat()
}

/// A NetFlow v9 message.
fn v9(sequence: u32, sets: &[Vec<u8>]) -> Vec<u8> {
    let head = [halves(&[9, 1]), words(&[UPTIME, EXPORTED, sequence, 7])].concat();
    [head, sets.concat()].concat()
}

/// The first 40 octets of the records of v1, v5 and v7, without their flags.
fn record(last: u8) -> Vec<u8> {
    let addrs = [[198, 18, 0, last], [198, 19, 0, last], [10, 0, 0, 1]].concat();
    let counts = words(&[12, 3_400, UPTIME - 9_000, UPTIME - 4_000]);
    [addrs, halves(&[3, 4]), counts, halves(&[40_000, 443])].concat()
}

fn of_version(version: u16, sequence: &[u32], records: &[Vec<u8>]) -> Vec<u8> {
    let count = u16::try_from(records.len()).unwrap();
    let head = words(&[UPTIME, EXPORTED, 250_000_000]);
    [
        halves(&[version, count]),
        head,
        words(sequence),
        records.concat(),
    ]
    .concat()
}

pub(super) fn v1() -> Vec<Vec<u8>> {
    let record = [record(1), vec![0, 0, 6, 0x28, 0x1B], vec![0; 7]].concat();
    vec![of_version(1, &[], &[record])]
}

/// Two records, of which the second ends before it starts; then a count that lies.
pub(super) fn v5() -> Vec<Vec<u8>> {
    let rest = [
        &[0, 0x1B, 6, 0x28][..],
        &halves(&[65_001, 65_002]),
        &[24, 16, 0, 0],
    ]
    .concat();
    let good = [record(1), rest.clone()].concat();
    let mut odd = [record(2), rest].concat();
    odd[28..32].copy_from_slice(&(UPTIME - 10_000).to_be_bytes());
    let mut lying = of_version(5, &[2, 0x0102_03E8], std::slice::from_ref(&good));
    lying[3] = 9;
    vec![of_version(5, &[0, 0x0102_43E8], &[good, odd]), lying]
}

pub(super) fn v7() -> Vec<Vec<u8>> {
    let rest = [0, 0x1B, 6, 0x28, 0, 0, 0, 0, 24, 16, 0, 0, 10, 0, 0, 254];
    vec![of_version(
        7,
        &[5, 0],
        &[[record(1), rest.to_vec()].concat()],
    )]
}

/// Data before their template; templates; options with scopes of their own, a name that
/// would steer a terminal, and an element that nobody knows.
pub(super) fn v9_messages() -> Vec<Vec<u8>> {
    let data = [
        &[198, 18, 0, 1, 198, 19, 0, 1][..],
        &words(&[3_400, 12]),
        &[0, 9, 9, 9],
    ]
    .concat();
    let fields = [(8, 4), (12, 4), (1, 4), (2, 4), (4_000, 4)];
    let options = [halves(&[257, 4, 8]), halves(&[2, 4, 34, 4, 82, 8])].concat();
    let told = [&words(&[3, 512])[..], b"\x1b[2Jeth0"].concat();
    vec![
        v9(0, &[set(256, &data)]),
        v9(
            1,
            &[
                set(0, &template(256, &fields)),
                set(1, &options),
                set(257, &told),
            ],
        ),
        v9(
            2,
            &[set(256, &[data.clone(), data].concat()), set(300, &[0; 8])],
        ),
    ]
}

/// A biflow, lists, elements of an enterprise, times, a truth value that is none; a
/// template that is refused; a message with a Set that is too long.
pub(super) fn ipfix_messages() -> Vec<Vec<u8>> {
    let inner = template(256, &[(8, 4), (12, 4), (1, 4), (2, 4)]);
    let rich = [
        template(257, &[(8, 4), (12, 4), (154, 8), (155, 8), (276, 1)]),
        halves(&[0x8000 | 1, 4]),
        words(&[29_305]),
        halves(&[0x8000 | 500, 0xFFFF]),
        words(&[9]),
        halves(&[291, 0xFFFF]),
    ];
    let mut rich = rich.concat();
    rich[3] = 8;
    let listing = template(258, &[(10, 4), (292, 0xFFFF)]);
    let empty = template(259, &[(8, 0)]);
    let ntp = |before: u32, fraction: u32| {
        let secs = (EXPORTED - before).wrapping_add(2_208_988_800);
        words(&[secs, fraction])
    };
    let record = [
        vec![198, 18, 0, 1, 198, 19, 0, 1],
        ntp(9, 0x8000_0000),
        ntp(4, 0),
        vec![3],
        words(&[700]),
        [&[3][..], b"abc"].concat(),
        [&[9, 4][..], &halves(&[7, 2, 80, 443])].concat(),
    ];
    let flows = [[198, 18, 0, 2, 198, 19, 0, 2], [0, 0, 0, 90, 0, 0, 0, 1]].concat();
    let list = [&words(&[5])[..], &[19, 3, 1, 0], &flows].concat();
    let whole = ipfix(
        0,
        &[
            set(2, &[inner, rich, listing, empty].concat()),
            set(257, &record.concat()),
            set(258, &list),
        ],
    );
    let mut broken = ipfix(2, &[set(256, &flows), set(257, &[0; 4])]);
    let at = broken.len() - 6;
    broken[at..at + 2].copy_from_slice(&halves(&[400]));
    vec![whole, broken]
}

/// A flow sample of a sampled header with what a switch knows, counters, and a sample of
/// an unknown format.
pub(super) fn sflow() -> Vec<Vec<u8>> {
    let item = |format: u32, body: &[u8]| {
        let octets = u32::try_from(body.len()).unwrap();
        [&words(&[format, octets])[..], body].concat()
    };
    let ip = [
        &[0x45, 0x28, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0][..],
        &[198, 18, 0, 1, 198, 19, 0, 2],
    ];
    let tcp = [
        &halves(&[40_000, 443])[..],
        &words(&[1, 2]),
        &[0x50, 0x1B, 4, 0, 0, 0, 0, 0],
    ];
    let frame = [
        &[2; 12][..],
        &halves(&[0x8100, 42, 0x0800]),
        &ip.concat(),
        &tcp.concat(),
    ]
    .concat();
    let octets = u32::try_from(frame.len()).unwrap();
    let padded = [frame, vec![0; 2]].concat();
    let header = item(1, &[words(&[1, octets + 4, 4, octets]), padded].concat());
    let switch = item(1_001, &words(&[42, 0, 20, 0]));
    let sample = [words(&[1, 3, 512, 9, 0, 3, 4, 2]), header, switch].concat();
    let mut generic = words(&[7, 6, 0, 1_000_000_000, 1, 3, 0, 5_000]);
    generic.extend(words(&[0; 14]));
    let counters = [words(&[1, 3, 1]), item(1, &generic)].concat();
    let head = [
        words(&[5, 1]),
        Ipv4Addr::new(192, 0, 2, 9).octets().to_vec(),
    ]
    .concat();
    let samples = [item(1, &sample), item(2, &counters), item(4_242, &[9; 4])].concat();
    vec![[head, words(&[0, 1, 60_000, 3]), samples].concat()]
}

/// An IPv4 packet from the exporter.
fn packet(protocol: u8, upper: &[u8]) -> Vec<u8> {
    let octets = u16::try_from(20 + upper.len()).unwrap();
    let head = [
        &[0x45, 0][..],
        &halves(&[octets, 0, 0x4000]),
        &[64, protocol, 0, 0],
    ]
    .concat();
    [&head[..], &[192, 0, 2, 1, 192, 0, 2, 200], upper].concat()
}

/// Packets with a UDP datagram each.
pub(super) fn datagrams(payloads: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let packet = |payload: &Vec<u8>| {
        let octets = u16::try_from(8 + payload.len()).unwrap();
        packet(
            17,
            &[&halves(&[50_000, 2_055, octets, 0])[..], payload].concat(),
        )
    };
    payloads.iter().map(packet).collect()
}

/// Packets of a TCP stream that is opened, carries pieces, and is closed.
pub(super) fn stream(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let segment = |sequence: u32, flags: u8, octets: &[u8]| {
        let ports = halves(&[50_001, 4_739]);
        let head = [
            ports,
            words(&[sequence, 0]),
            vec![0x50, flags, 4, 0, 0, 0, 0, 0],
        ]
        .concat();
        packet(6, &[&head[..], octets].concat())
    };
    let mut packets = vec![segment(99, 0x02, &[])];
    let mut sequence = 100;
    for piece in pieces {
        packets.push(segment(sequence, 0x18, piece));
        sequence += u32::try_from(piece.len()).unwrap();
    }
    packets.push(segment(sequence, 0x11, &[]));
    packets
}

/// A pcap file of packets without a link layer.
pub(super) fn pcap(packets: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xA1B2_C3D4_u32, 0x0004_0002, 0, 0, 65_535, 101] {
        file.extend(word.to_le_bytes());
    }
    for (packet, at) in packets.iter().zip(1..) {
        let octets = u32::try_from(packet.len()).unwrap();
        for word in [EXPORTED, at * TRANSIT_US, octets, octets] {
            file.extend(word.to_le_bytes());
        }
        file.extend(packet);
    }
    file
}

/// A pcapng file of packets without a link layer.
pub(super) fn pcapng(packets: &[Vec<u8>]) -> Vec<u8> {
    let block = |kind: u32, body: &[u8]| {
        let octets = u32::try_from(12 + body.len()).unwrap().to_le_bytes();
        [&kind.to_le_bytes()[..], &octets, body, &octets].concat()
    };
    let little =
        |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|w| w.to_le_bytes()).collect() };
    let section = little(&[0x1A2B_3C4D, 1, u32::MAX, u32::MAX]);
    let mut file = [block(0x0A0D_0D0A, &section), block(1, &little(&[101, 0]))].concat();
    for (packet, at) in packets.iter().zip(1..) {
        let octets = u32::try_from(packet.len()).unwrap();
        let micros = u64::from(EXPORTED) * 1_000_000 + at * u64::from(TRANSIT_US);
        let [high, low] =
            [micros >> 32, micros & 0xFFFF_FFFF].map(|half| u32::try_from(half).unwrap());
        let mut body = little(&[0, high, low, octets, octets]);
        body.extend(packet);
        body.resize(body.len().next_multiple_of(4), 0);
        file.extend(block(6, &body));
    }
    file
}

/// A zstd frame of one block that is stored as it is, and a skippable frame before it.
pub(super) fn zstd(octets: &[u8]) -> Vec<u8> {
    let size = u32::try_from(octets.len()).unwrap();
    assert!(size < 1 << 17, "one block holds no more");
    let skippable = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let block = (size << 3 | 1).to_le_bytes();
    let head = [
        &[0x28, 0xB5, 0x2F, 0xFD, 0xA0][..],
        &size.to_le_bytes(),
        &block[..3],
    ]
    .concat();
    [&skippable[..], &head, octets].concat()
}
