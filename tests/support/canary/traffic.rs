//! Datagrams of every protocol that are full of canaries: addresses, next hops, addresses
//! behind translation, MAC addresses, agents, names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{SystemTime, UNIX_EPOCH};

use super::Canaries;

/// Where exporters are; nobody else is there.
pub(crate) const EXPORTERS: [&str; 4] = [
    "127.66.99.231",
    "127.66.99.232",
    "127.66.99.233",
    "127.66.99.234",
];
/// How many flows each datagram reports over each version of IP.
const FLOWS: u8 = 8;
/// How many flows all of them report: v5 knows IPv4 alone.
pub(crate) const FLOWS_OF_ALL: usize = 7 * FLOWS as usize;
/// Octets that a name takes in a record.
const NAME_LEN: usize = 20;
const NAME: &str = "canary-port-name";
/// How long exporters have run.
const UPTIME_MS: u32 = 1_000_000;

/// Fields that all flows have: ports, protocol, octets, packets.
const COMMON: [(u16, u16); 5] = [(7, 2), (11, 2), (4, 1), (1, 4), (2, 4)];
/// MAC addresses.
const MACS: [(u16, u16); 2] = [(56, 6), (80, 6)];

/// The source of a flow.
pub(crate) fn src_v4(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(198, 18, 171, 201 + number)
}

fn dst_v4(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(198, 19, 173, 209 + number)
}

fn src_v6(number: u8) -> Ipv6Addr {
    let number = u16::from(number);
    Ipv6Addr::new(
        0x2001,
        0xdb8,
        0xcaf3,
        0x977,
        0x5ec9,
        0xe7af,
        0xf1ee,
        0xc0d0 + number,
    )
}

fn dst_v6(number: u8) -> Ipv6Addr {
    let number = u16::from(number);
    Ipv6Addr::new(
        0x2001,
        0xdb8,
        0xcaf4,
        0x988,
        0x5ec8,
        0xe7ae,
        0xf1ed,
        0xc1d0 + number,
    )
}

/// The next hop, an agent of sFlow, and an address behind translation.
const HOP: Ipv4Addr = Ipv4Addr::new(198, 18, 205, 217);
const AGENT: Ipv4Addr = Ipv4Addr::new(198, 18, 219, 229);
const TRANSLATED: Ipv4Addr = Ipv4Addr::new(198, 18, 222, 233);

fn mac(number: u8) -> [u8; 6] {
    [0x02, 0xCA, 0xFE, 0xF0, 0x0D, 0xA0 + number]
}

/// All of it.
pub(crate) fn canaries() -> Canaries {
    let exporters = EXPORTERS.iter().map(|addr| addr.parse::<IpAddr>().unwrap());
    let hosts = (0..FLOWS).flat_map(|number| {
        let v4 = [src_v4(number), dst_v4(number)].map(IpAddr::from);
        v4.into_iter()
            .chain([src_v6(number), dst_v6(number)].map(IpAddr::from))
    });
    let others = [HOP, AGENT, TRANSLATED].map(IpAddr::from);
    let mut canaries = Canaries::new(exporters.chain(hosts).chain(others));
    (0..FLOWS).for_each(|number| canaries.add(mac(number).to_vec()));
    canaries.add_name(NAME);
    canaries
}

/// The MAC addresses alone, of v9, IPFIX and sFlow.
pub(crate) fn macs() -> Canaries {
    let mut canaries = Canaries::new([]);
    (0..FLOWS).for_each(|number| canaries.add(mac(number).to_vec()));
    canaries
}

fn shorts(numbers: impl IntoIterator<Item = u16>) -> Vec<u8> {
    numbers.into_iter().flat_map(u16::to_be_bytes).collect()
}

fn words(numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
    numbers.into_iter().flat_map(u32::to_be_bytes).collect()
}

fn len(octets: usize) -> u16 {
    u16::try_from(octets).unwrap()
}

fn now_secs() -> u32 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u32::try_from(now.as_secs()).unwrap()
}

/// NetFlow v5, over IPv4.
pub(crate) fn v5(sequence: u32) -> Vec<u8> {
    v5_to(53, sequence, 0..FLOWS.into())
}

/// NetFlow v5 with flows of these numbers, at most 30, to a port.
pub(crate) fn v5_to(port: u16, sequence: u32, numbers: std::ops::Range<u16>) -> Vec<u8> {
    let mut datagram = shorts([5, len(numbers.len())]);
    datagram.extend(words([UPTIME_MS, now_secs(), 0, sequence, 0]));
    for number in numbers {
        let host = u8::try_from(number % u16::from(FLOWS)).unwrap();
        datagram.extend(src_v4(host).octets());
        datagram.extend(dst_v4(host).octets());
        datagram.extend(HOP.octets());
        datagram.extend(shorts([3, 4]));
        datagram.extend(words([2, 300, UPTIME_MS - 2_000, UPTIME_MS - 1_000]));
        datagram.extend(shorts([10_000 + number, port]));
        datagram.extend([0, 0, 17, 0, 0, 0, 0, 0, 24, 20, 0, 0]);
    }
    datagram
}

fn template(id: u16, fields: &[(u16, u16)]) -> Vec<u8> {
    let fields = fields
        .iter()
        .flat_map(|&(element, octets)| [element, octets]);
    let count = fields.clone().count() / 2;
    shorts([id, len(count)].into_iter().chain(fields))
}

fn set(id: u16, body: &[u8]) -> Vec<u8> {
    let mut set = shorts([id, len(4 + body.len())]);
    set.extend(body);
    set
}

fn common(first_port: u16, number: u8) -> Vec<u8> {
    let mut record = shorts([first_port + u16::from(number), 443]);
    record.push(6);
    record.extend(words([400, 3]));
    record
}

/// Templates and data of v9 and IPFIX: records over IPv4 and over IPv6, with ports from
/// `first_port` on, and `own` fields of the protocol at their ends.
fn templated(template_set: u16, first_port: u16, own: &[(u16, u16)], values: &[u8]) -> Vec<u8> {
    let with = |addresses: &[(u16, u16)]| [addresses, &COMMON, &MACS, own].concat();
    let mut sets = set(
        template_set,
        &template(400, &with(&[(8, 4), (12, 4), (15, 4), (225, 4)])),
    );
    sets.extend(set(
        template_set,
        &template(401, &with(&[(27, 16), (28, 16)])),
    ));
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for number in 0..FLOWS {
        for addr in [src_v4(number), dst_v4(number), HOP, TRANSLATED] {
            v4.extend(addr.octets());
        }
        v6.extend(src_v6(number).octets());
        v6.extend(dst_v6(number).octets());
        for record in [&mut v4, &mut v6] {
            record.extend(common(first_port, number));
            record.extend(mac(number));
            record.extend(mac(FLOWS - 1 - number));
            record.extend(values);
        }
    }
    sets.extend(set(400, &v4));
    sets.extend(set(401, &v6));
    sets
}

/// NetFlow v9.
pub(crate) fn v9(sequence: u32) -> Vec<u8> {
    let mut datagram = shorts([9, 2 + 2 * u16::from(FLOWS)]);
    datagram.extend(words([UPTIME_MS, now_secs(), sequence, 9]));
    // First and last packet, as times since the exporter started.
    let times = words([UPTIME_MS - 2_000, UPTIME_MS - 1_000]);
    datagram.extend(templated(0, 20_000, &[(22, 4), (21, 4)], &times));
    datagram
}

/// IPFIX, with a name of an interface, and with timeouts.
pub(crate) fn ipfix(sequence: u32) -> Vec<u8> {
    let times = words([now_secs() - 2, now_secs() - 1]);
    let mut sets = templated(2, 40_000, &[(150, 4), (151, 4)], &times);
    let name_len = len(NAME_LEN);
    sets.extend(set(3, &shorts([402, 2, 1, 10, 4, 82, name_len])));
    let mut told = words([3]);
    told.extend(NAME.as_bytes());
    told.resize(4 + NAME_LEN, 0);
    sets.extend(set(402, &told));
    // Its timeouts, about which the log says something.
    sets.extend(set(3, &shorts([403, 3, 1, 144, 4, 36, 2, 37, 2])));
    sets.extend(set(403, &[words([1]), shorts([2, 2])].concat()));
    message(sequence, &sets)
}

fn message(sequence: u32, sets: &[u8]) -> Vec<u8> {
    let mut message = shorts([10, len(16 + sets.len())]);
    message.extend(words([now_secs(), sequence, 11]));
    message.extend(sets);
    message
}

/// sFlow, with the headers of packets.
pub(crate) fn sflow(sequence: u32) -> Vec<u8> {
    let mut datagram = words([5, 1]);
    datagram.extend(AGENT.octets());
    datagram.extend(words([0, sequence, UPTIME_MS, 2 * u32::from(FLOWS)]));
    for number in 0..FLOWS {
        for frame in [frame_v4(number), frame_v6(number)] {
            let octets = u32::try_from(frame.len()).unwrap();
            datagram.extend(words([
                1,
                32 + 8 + 16 + octets,
                sequence,
                3,
                1,
                1,
                0,
                3,
                4,
                1,
            ]));
            datagram.extend(words([1, 16 + octets, 1, octets + 4, 4, octets]));
            datagram.extend(frame);
        }
    }
    datagram
}

fn ethernet(number: u8, kind: u16) -> Vec<u8> {
    let mut frame = mac(number).to_vec();
    frame.extend(mac(FLOWS - 1 - number));
    frame.extend(kind.to_be_bytes());
    frame
}

/// UDP without data, padded so that the frame is of whole words.
fn udp(number: u8) -> Vec<u8> {
    let mut udp = shorts([30_000 + u16::from(number), 53, 8, 0]);
    udp.extend([0; 2]);
    udp
}

fn frame_v4(number: u8) -> Vec<u8> {
    let mut frame = ethernet(number, 0x0800);
    frame.extend([0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0]);
    frame.extend(src_v4(number).octets());
    frame.extend(dst_v4(number).octets());
    frame.extend(udp(number));
    frame
}

fn frame_v6(number: u8) -> Vec<u8> {
    let mut frame = ethernet(number, 0x86DD);
    frame.extend([0x60, 0, 0, 0, 0, 8, 17, 64]);
    frame.extend(src_v6(number).octets());
    frame.extend(dst_v6(number).octets());
    frame.extend(udp(number));
    frame
}

/// What is wrong with each: no protocol, cut off, Sets that overrun, data without a
/// template, a template of nonsense.
pub(crate) fn malformed() -> Vec<Vec<u8>> {
    let address = src_v4(3).octets();
    let cut = |mut datagram: Vec<u8>| {
        datagram.truncate(datagram.len() - 30);
        datagram
    };
    let overrun = [&shorts([400, 9_000])[..], &address].concat();
    let mut nonsense = shorts([2, 12, 410, 1, 8, 0]);
    nonsense.extend(address);
    vec![
        [b"nobody knows this protocol ".as_slice(), &address].concat(),
        b"198.18.171.204 and 2001:db8:caf3:977:5ec9:e7af:f1ee:c0d3 in plain text".to_vec(),
        cut(v5(900)),
        cut(v9(900)),
        cut(ipfix(900)),
        cut(sflow(900)),
        message(901, &overrun),
        message(902, &set(999, &address.repeat(8))),
        message(903, &nonsense),
    ]
}
