//! A decoder that shares nothing with the encoders: written from the standards,
//! strict, and fit for well-formed messages only. It panics at anything odd.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Source, destination, their ports, protocol, and type and code of ICMP.
pub(super) type Key = (IpAddr, IpAddr, u16, u16, u8, Option<(u8, u8)>);

/// A record as it was decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) key: Key,
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
    pub(super) packets: u64,
    pub(super) bytes: u64,
    pub(super) flags: u16,
    pub(super) reason: Option<u8>,
    pub(super) interfaces: (u32, u32),
}

/// A message as it was decoded.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) version: u16,
    /// When it says it left, Unix milliseconds, as exactly as it says it.
    pub(super) export_ms: i64,
    /// When its exporter started, where the protocol tells.
    pub(super) boot_ms: Option<i64>,
    pub(super) sequence: u32,
    pub(super) domain: u32,
    pub(super) templates: usize,
    pub(super) records: Vec<Seen>,
}

/// Templates that were announced, by exporter and id.
#[derive(Default)]
pub(super) struct Decoder {
    templates: BTreeMap<(usize, u16), Vec<(u16, usize)>>,
}

fn number(octets: &[u8]) -> u128 {
    octets
        .iter()
        .fold(0, |number, &octet| number << 8 | u128::from(octet))
}

fn small<T: TryFrom<u128>>(octets: &[u8]) -> T {
    T::try_from(number(octets)).unwrap_or_else(|_| panic!("too large: {octets:?}"))
}

fn secs(octets: &[u8]) -> i64 {
    small::<i64>(octets) * 1_000
}

fn addr(octets: &[u8]) -> IpAddr {
    match octets.len() {
        4 => Ipv4Addr::from(<[u8; 4]>::try_from(octets).unwrap()).into(),
        _ => Ipv6Addr::from(<[u8; 16]>::try_from(octets).unwrap()).into(),
    }
}

/// A key, with type and code taken out of the destination port if it is ICMP.
fn netflow_key(src: IpAddr, dst: IpAddr, ports: (u16, u16), protocol: u8) -> Key {
    if matches!(protocol, 1 | 58) {
        let [kind, code] = ports.1.to_be_bytes();
        return (src, dst, ports.0, 0, protocol, Some((kind, code)));
    }
    (src, dst, ports.0, ports.1, protocol, None)
}

impl Decoder {
    pub(super) fn decode(&mut self, exporter: usize, data: &[u8]) -> Message {
        match data[..2] {
            [0, 5] => v5(data),
            [0, 9] => self.v9(exporter, data),
            [0, 10] => self.ipfix(exporter, data),
            ref other => panic!("version {other:?}"),
        }
    }

    fn v9(&mut self, exporter: usize, data: &[u8]) -> Message {
        let export_ms = secs(&data[8..12]);
        let boot_ms = export_ms - small::<i64>(&data[4..8]);
        let mut message = Message {
            version: 9,
            export_ms,
            boot_ms: Some(boot_ms),
            sequence: small(&data[12..16]),
            domain: small(&data[16..20]),
            templates: 0,
            records: Vec::new(),
        };
        self.sets((exporter, 0), &data[20..], &mut message);
        let count: usize = small(&data[2..4]);
        assert_eq!(count, message.templates + message.records.len());
        message
    }

    fn ipfix(&mut self, exporter: usize, data: &[u8]) -> Message {
        assert_eq!(small::<usize>(&data[2..4]), data.len());
        let mut message = Message {
            version: 10,
            export_ms: secs(&data[4..8]),
            boot_ms: None,
            sequence: small(&data[8..12]),
            domain: small(&data[12..16]),
            templates: 0,
            records: Vec::new(),
        };
        self.sets((exporter, 2), &data[16..], &mut message);
        message
    }

    /// All sets, where sets with the id `of_templates` announce templates.
    fn sets(
        &mut self,
        (exporter, of_templates): (usize, u16),
        mut data: &[u8],
        message: &mut Message,
    ) {
        while !data.is_empty() {
            let (id, len): (u16, usize) = (small(&data[..2]), small(&data[2..4]));
            let set = &data[4..len];
            if id == of_templates {
                message.templates += self.announce(exporter, set);
            } else {
                self.records((exporter, id), set, message);
            }
            data = &data[len..];
        }
    }

    fn announce(&mut self, exporter: usize, mut set: &[u8]) -> usize {
        let mut announced = 0;
        while !set.is_empty() {
            let (id, fields): (u16, usize) = (small(&set[..2]), small(&set[2..4]));
            let specs = set[4..4 + 4 * fields].chunks(4);
            let template = specs.map(|spec| (small(&spec[..2]), small(&spec[2..])));
            self.templates.insert((exporter, id), template.collect());
            set = &set[4 + 4 * fields..];
            announced += 1;
        }
        announced
    }

    fn records(&self, of: (usize, u16), mut set: &[u8], message: &mut Message) {
        let template = self.templates.get(&of).expect("announced before");
        let len: usize = template.iter().map(|field| field.1).sum();
        while set.len() >= len {
            message
                .records
                .push(record(template, &set[..len], message.boot_ms));
            set = &set[len..];
        }
        assert!(set.len() < 4 && set.iter().all(|&octet| octet == 0));
    }
}

fn record(template: &[(u16, usize)], mut data: &[u8], boot_ms: Option<i64>) -> Seen {
    let mut fields: BTreeMap<u16, &[u8]> = BTreeMap::new();
    for &(element, len) in template {
        assert!(fields.insert(element, &data[..len]).is_none());
        data = &data[len..];
    }
    let known = [
        1, 2, 4, 5, 6, 7, 8, 10, 11, 12, 14, 21, 22, 27, 28, 136, 152, 153, 176, 177, 178, 179,
    ];
    let known = BTreeSet::from(known);
    assert!(fields.keys().all(|element| known.contains(element)));
    let either = |one: u16, other: u16| fields.get(&one).or(fields.get(&other)).copied();
    let port = |element| fields.get(&element).map_or(0, |octets| small(octets));
    let (src, dst) = (addr(either(8, 27).unwrap()), addr(either(12, 28).unwrap()));
    let protocol = small(fields[&4]);
    let key = match (either(176, 178), either(177, 179)) {
        (Some(kind), Some(code)) => {
            let icmp = Some((small(kind), small(code)));
            (src, dst, 0, 0, protocol, icmp)
        }
        _ if boot_ms.is_some() => netflow_key(src, dst, (port(7), port(11)), protocol),
        _ => (src, dst, port(7), port(11), protocol, None),
    };
    let time = |absolute, relative| match boot_ms {
        Some(boot_ms) => boot_ms + small::<i64>(fields[&relative]),
        None => small(fields[&absolute]),
    };
    Seen {
        key,
        start_ms: time(152, 22),
        end_ms: time(153, 21),
        packets: small(fields[&2]),
        bytes: small(fields[&1]),
        flags: small(fields[&6]),
        reason: fields.get(&136).map(|octets| small(octets)),
        interfaces: (small(fields[&10]), small(fields[&14])),
    }
}

fn v5(data: &[u8]) -> Message {
    let nanos: i64 = small(&data[12..16]);
    let export_ms = secs(&data[8..12]) + nanos / 1_000_000;
    let boot_ms = export_ms - small::<i64>(&data[4..8]);
    let records: Vec<Seen> = data[24..]
        .chunks_exact(48)
        .map(|record| v5_record(record, boot_ms))
        .collect();
    assert_eq!(small::<usize>(&data[2..4]), records.len());
    assert_eq!(data.len(), 24 + 48 * records.len());
    assert_eq!(data[22..24], [0, 0], "unsampled");
    Message {
        version: 5,
        export_ms,
        boot_ms: Some(boot_ms),
        sequence: small(&data[16..20]),
        domain: small(&data[20..22]),
        templates: 0,
        records,
    }
}

fn v5_record(data: &[u8], boot_ms: i64) -> Seen {
    let ports = (small(&data[32..34]), small(&data[34..36]));
    Seen {
        key: netflow_key(addr(&data[..4]), addr(&data[4..8]), ports, data[38]),
        start_ms: boot_ms + small::<i64>(&data[24..28]),
        end_ms: boot_ms + small::<i64>(&data[28..32]),
        packets: small(&data[16..20]),
        bytes: small(&data[20..24]),
        flags: data[37].into(),
        reason: None,
        interfaces: (small(&data[12..14]), small(&data[14..16])),
    }
}
