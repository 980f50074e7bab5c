//! What is decoded: datagrams of full size, as routers send them.

use decode::Protocol;
use decoders::{Export, Field, Fixed, Message, Sample, Samples, Set, Template, Told};

/// Export time of all messages, in Unix seconds.
const EXPORT: u32 = 1_700_000_000;
/// When they are received, in Unix milliseconds.
pub(crate) const RECEIVED_MS: i64 = EXPORT as i64 * 1_000 + 20;
/// Octets of a datagram at most, as a path of 1,500 octets allows.
const OCTETS: usize = 1_400;
/// Different datagrams at least.
const DATAGRAMS: usize = 64;

/// What some records come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Totals {
    pub(crate) records: u32,
    pub(crate) packets: u64,
    pub(crate) octets: u64,
}

impl Totals {
    /// These and one record more.
    pub(crate) const fn and(self, packets: u64, octets: u64) -> Self {
        Self {
            records: self.records + 1,
            packets: self.packets.wrapping_add(packets),
            octets: self.octets.wrapping_add(octets),
        }
    }
}

/// Datagrams of one kind.
pub(crate) struct Workload {
    pub(crate) protocol: &'static str,
    pub(crate) name: String,
    /// Fields of a record.
    pub(crate) fields: usize,
    /// Messages that announce the templates.
    pub(crate) templates: Vec<Vec<u8>>,
    /// Messages of data, and what each comes to.
    pub(crate) data: Vec<(Vec<u8>, Totals)>,
}

/// Numbers that only look random.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        self.0 >> 33
    }

    fn addr(&mut self) -> u128 {
        (u128::from(self.next()) << 64) + u128::from(self.next()) + 1
    }

    fn told(&mut self) -> Told {
        let narrow = |number: u64| u16::try_from(number & 0xFFFF).unwrap();
        Told {
            src: self.addr(),
            dst: self.addr(),
            ports: (narrow(self.next()), narrow(self.next())),
            packets: self.next() & 0xFFFF,
            octets: self.next(),
            flags: narrow(self.next() & 0xFF),
            interfaces: (u32::from(narrow(self.next())), 4),
            ended_ago_ms: u32::from(narrow(self.next())),
            rate: 512,
            name: 4 + narrow(self.next() & 7),
            ..Told::default()
        }
    }
}

/// 18 fields as routers export them: addresses, next hop, interfaces, counters, times,
/// ports, flags, protocol, type of service, AS numbers and prefix lengths.
fn fields(protocol: Protocol, v6: bool) -> Vec<Field> {
    let addrs = if v6 {
        [(27, 16), (28, 16), (62, 16)]
    } else {
        [(8, 4), (12, 4), (15, 4)]
    };
    let times = if protocol == Protocol::Ipfix {
        [(152, 8), (153, 8)]
    } else {
        [(22, 4), (21, 4)]
    };
    let masks = if v6 {
        [(29, 1), (30, 1)]
    } else {
        [(9, 1), (13, 1)]
    };
    let counters = [(10, 4), (14, 4), (2, 8), (1, 8)];
    let upper = [(7, 2), (11, 2), (6, 1), (4, 1), (5, 1), (16, 4), (17, 4)];
    let all = [&addrs[..], &counters, &times, &upper, &masks].concat();
    all.into_iter()
        .map(|(element, length)| Field::new(element, length))
        .collect()
}

fn export(protocol: Protocol, sequence: u32) -> Export {
    Export {
        protocol,
        secs: EXPORT,
        uptime: 3_600_000,
        sequence,
        domain: 7,
    }
}

/// Templates that differ in where a field that is not read stands, so that no two are
/// the same.
fn templates(protocol: Protocol, v6: bool, many: usize, varying: bool) -> Vec<Template> {
    let template = |at: usize| {
        let mut fields = fields(protocol, v6);
        let len = fields.len();
        fields.rotate_left(at % len);
        fields[..len - 1].rotate_left(at / len % (len - 1));
        if varying {
            fields.insert(len / 2, Field::new(82, u16::MAX));
        }
        Template {
            id: 256 + u16::try_from(at).unwrap(),
            v6,
            scopes: 0,
            fields,
        }
    };
    (0..many).map(template).collect()
}

/// Two Data Sets to a datagram, of one template after the other.
fn templated(protocol: Protocol, v6: bool, many: usize, varying: bool) -> Workload {
    let all = templates(protocol, v6, many, varying);
    let mut noise = Noise(1);
    let mut sequence = 0_u32;
    let announce = |templates: &[Template]| {
        let sets = vec![(Set::Templates(templates.to_vec()), 0)];
        Message {
            export: export(protocol, 0),
            sets,
        }
        .octets()
    };
    let longest = all[0].least_octets() + if varying { 11 } else { 0 };
    let records = (OCTETS - 28) / longest / 2;
    let data = (0..DATAGRAMS.max(many / 2)).map(|at| {
        let mut totals = Totals::default();
        let set = |of: usize| {
            let told: Vec<Told> = (0..records).map(|_| noise.told()).collect();
            totals = told
                .iter()
                .fold(totals, |sum, told| sum.and(told.packets, told.octets));
            (Set::Data(all[(2 * at + of) % many].clone(), told), 0)
        };
        let sets = (0..2).map(set).collect();
        let message = Message {
            export: export(protocol, sequence),
            sets,
        };
        sequence += if protocol == Protocol::Ipfix {
            totals.records
        } else {
            1
        };
        (message.octets(), totals)
    });
    let data = data.collect();
    let name = if protocol == Protocol::Ipfix {
        "ipfix"
    } else {
        "v9"
    };
    Workload {
        protocol: name,
        name: format!(
            "{name}, IPv{}, {many} templates{}",
            if v6 { 6 } else { 4 },
            if varying { ", a variable length" } else { "" }
        ),
        fields: all[0].fields.len(),
        templates: all.chunks(10).map(announce).collect(),
        data,
    }
}

fn v5() -> Workload {
    let mut noise = Noise(2);
    let data = (0..64).map(|at| {
        let told: Vec<Told> = (0..29).map(|_| noise.told()).collect();
        let sum = |sum: Totals, told: &Told| sum.and(told.packets, told.octets);
        let totals = told.iter().fold(Totals::default(), sum);
        let datagram = Fixed {
            export: export(Protocol::NetflowV5, at * 29),
            nanos: 0,
            sampling: 0,
            told,
        };
        (datagram.octets(), totals)
    });
    Workload {
        protocol: "v5",
        name: "v5".to_owned(),
        fields: 18,
        templates: Vec::new(),
        data: data.collect(),
    }
}

/// Six samples to a datagram, each with 128 octets of a tagged packet and its VLANs.
fn sflow(v6: bool) -> Workload {
    let mut noise = Noise(3);
    let data = (0..64).map(|at| {
        let sample = |_| Sample {
            told: Told {
                octets: 1_400,
                ..noise.told()
            },
            v6,
            tagged: true,
            expanded: false,
            extended: false,
        };
        let samples: Vec<Sample> = (0..6).map(sample).collect();
        let totals = samples
            .iter()
            .fold(Totals::default(), |sum, _| sum.and(1, 1_400));
        let datagram = Samples {
            sequence: at,
            domain: 7,
            samples,
        };
        (datagram.octets(), totals)
    });
    Workload {
        protocol: "sflow",
        name: format!(
            "sflow, IPv{}, samples of 128 octets",
            if v6 { 6 } else { 4 }
        ),
        fields: 16,
        templates: Vec::new(),
        data: data.collect(),
    }
}

/// Everything that is measured.
pub(crate) fn all() -> Vec<Workload> {
    let mut all = vec![v5()];
    for protocol in [Protocol::NetflowV9, Protocol::Ipfix] {
        for (v6, many) in [(false, 2), (false, 200), (true, 2), (true, 200)] {
            all.push(templated(protocol, v6, many, false));
        }
    }
    for (v6, many) in [(false, 2), (false, 200), (true, 2)] {
        all.push(templated(Protocol::Ipfix, v6, many, true));
    }
    all.extend([sflow(false), sflow(true)]);
    all
}
