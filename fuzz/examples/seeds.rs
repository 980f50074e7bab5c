//! Writes the seeds of all targets: messages of our own encoders, valid ones of every
//! kind. `cargo run --manifest-path fuzz/Cargo.toml --example seeds` from the root.

use std::fs;
use std::io;
use std::path::Path;

use decode::Protocol;
use decoders::{Export, Field, Fixed, Message, Sample, Samples, Set, Template, Told};
use flowstream_fuzz::packed;

fn export(protocol: Protocol) -> Export {
    Export {
        protocol,
        secs: 1_700_000_000,
        uptime: 3_600_000,
        sequence: 0,
        domain: 7,
    }
}

fn template(id: u16, v6: bool, scopes: usize, fields: &[(u16, u16)]) -> Template {
    let fields = fields
        .iter()
        .map(|&(element, length)| Field::new(element, length));
    Template {
        id,
        v6,
        scopes,
        fields: fields.collect(),
    }
}

/// Templates of all kinds.
fn templates(protocol: Protocol) -> Vec<Template> {
    let v4 = [
        (8, 4),
        (12, 4),
        (7, 2),
        (11, 2),
        (4, 1),
        (6, 1),
        (5, 1),
        (2, 4),
        (1, 8),
    ];
    let v6 = [
        (27, 16),
        (28, 16),
        (7, 2),
        (11, 2),
        (4, 1),
        (139, 2),
        (10, 2),
        (14, 4),
    ];
    let with = |fields: &[(u16, u16)], more: &[(u16, u16)]| [fields, more].concat();
    let mut all = vec![
        template(256, false, 0, &with(&v4, &[(22, 4), (21, 4)])),
        template(257, true, 0, &with(&v6, &[(152, 8), (153, 8), (48, 1)])),
        template(258, false, 1, &[(149, 4), (34, 4)]),
        template(259, false, 1, &[(10, 4), (48, 1), (34, 4)]),
    ];
    if protocol == Protocol::Ipfix {
        let mut own = template(
            260,
            false,
            0,
            &with(&v4, &[(82, u16::MAX), (154, 8), (155, 8)]),
        );
        own.fields.push(Field {
            enterprise: Some(29_305),
            ..Field::new(1, 8)
        });
        let mut answered = template(261, true, 0, &with(&v6, &[(158, 4), (159, 4), (136, 1)]));
        answered.fields.push(Field {
            enterprise: Some(32_473),
            ..Field::new(1, u16::MAX)
        });
        let timed = template(262, false, 0, &with(&v4, &[(22, 4), (21, 4), (160, 8)]));
        let lists = template(
            263,
            false,
            0,
            &with(&v4[..2], &[(291, u16::MAX), (292, u16::MAX)]),
        );
        all.extend([own, answered, timed, lists]);
    }
    all
}

/// A message of all templates, of one record each.
fn whole(protocol: Protocol) -> Vec<u8> {
    let (options, data): (Vec<_>, Vec<_>) = templates(protocol)
        .into_iter()
        .partition(Template::is_options);
    let told = |of: &Template| Told {
        rate: 512,
        protocol: if of.v6 { Told::PING } else { 6 },
        ..Told::default()
    };
    let records = |of: &Template| (Set::Data(of.clone(), vec![told(of); 2]), 0);
    let sets = options.iter().chain(&data).map(records).collect::<Vec<_>>();
    let announced = [options, data].map(|of| (Set::Templates(of), 0));
    let sets = announced.into_iter().chain(sets).collect();
    let export = export(protocol);
    Message { export, sets }.octets()
}

/// Templates in one message, and their data in others, in either order.
fn apart(protocol: Protocol, data_first: bool) -> Vec<u8> {
    let of = templates(protocol).swap_remove(0);
    let export = export(protocol);
    let announced = vec![(Set::Templates(vec![of.clone()]), 0)];
    let data = vec![(Set::Data(of, vec![Told::default(); 3]), 2)];
    let mut messages = [announced, data].map(|sets| (0x40, Message { export, sets }.octets()));
    if data_first {
        messages.reverse();
    }
    packed(&messages)
}

fn fixed(protocol: Protocol) -> Vec<u8> {
    let told = vec![Told::default(); 2];
    let export = export(protocol);
    Fixed {
        export,
        nanos: 5,
        sampling: 100,
        told,
    }
    .octets()
}

fn sflow() -> Vec<u8> {
    let sample = |at: usize| Sample {
        told: Told {
            protocol: [6, 17, Told::PING][at % 3],
            rate: 512,
            ..Told::default()
        },
        v6: at.is_multiple_of(2),
        tagged: at.is_multiple_of(3),
        expanded: at.is_multiple_of(4),
        extended: at.is_multiple_of(5),
    };
    let samples = (0..6).map(sample).collect();
    Samples {
        sequence: 9,
        domain: 7,
        samples,
    }
    .octets()
}

/// A pcap file of one UDP datagram and of a short TCP connection, over Ethernet.
fn pcap(payload: &[u8]) -> Vec<u8> {
    let word = |number: usize| u32::try_from(number).unwrap_or(0).to_le_bytes();
    let packet = |protocol: u8, upper: Vec<u8>| {
        let [high, low] = u16::try_from(20 + upper.len()).unwrap_or(0).to_be_bytes();
        let head = [0x45, 0, high, low, 0, 1, 0x40, 0, 64, protocol, 0, 0];
        let ip = [&head[..], &[192, 0, 2, 1, 192, 0, 2, 2], &upper].concat();
        let frame = [&[2; 12][..], &[8, 0], &ip].concat();
        [
            &word(1),
            &word(2),
            &word(frame.len()),
            &word(frame.len()),
            &frame[..],
        ]
        .concat()
    };
    let udp = |payload: &[u8]| {
        let octets = u16::try_from(8 + payload.len()).unwrap_or(0).to_be_bytes();
        [&[8, 7, 8, 7][..], &octets, &[0, 0], payload].concat()
    };
    let tcp = |sequence: u8, flags: u8, payload: &[u8]| {
        let head = [
            8, 7, 0x12, 0x83, 0, 0, 0, sequence, 0, 0, 0, 0, 0x50, flags, 1, 0, 0, 0, 0, 0,
        ];
        [&head[..], payload].concat()
    };
    let magic = [
        0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0,
    ];
    [
        magic.to_vec(),
        packet(17, udp(payload)),
        packet(6, tcp(0, 2, &[])),
        packet(6, tcp(1, 0x10, &payload[..8])),
        packet(6, tcp(9, 0x10, &payload[8..20])),
        packet(6, tcp(21, 0x11, &[])),
    ]
    .concat()
}

/// The seeds of each target.
pub fn all() -> [(&'static str, Vec<Vec<u8>>); 8] {
    let one = |octets: Vec<u8>| packed(&[(0x40, octets)]);
    let old = [
        Protocol::NetflowV1,
        Protocol::NetflowV5,
        Protocol::NetflowV7,
    ];
    let old = old.map(fixed);
    let (v9, ipfix) = (whole(Protocol::NetflowV9), whole(Protocol::Ipfix));
    let templated = |protocol, whole: &Vec<u8>| {
        let apart = [false, true].map(|data_first| apart(protocol, data_first));
        [vec![one(whole.clone())], apart.to_vec()].concat()
    };
    let plain = [old.concat(), v9.clone(), ipfix.clone(), sflow()];
    let stream = vec![(0xC0, ipfix.clone()); 2];
    let explained = plain.map(one).into_iter();
    let explained = explained.chain([packed(&stream)]);
    let explained = explained.map(|input| [&[0xFF, 0][..], &input].concat());
    let pieces = [&[2, 9, 200][..], &ipfix, &ipfix].concat();
    [
        ("netflow_fixed", old.map(one).to_vec()),
        ("netflow_v9", templated(Protocol::NetflowV9, &v9)),
        ("ipfix", templated(Protocol::Ipfix, &ipfix)),
        ("sflow", vec![one(sflow())]),
        ("tcp_framing", vec![pieces]),
        ("template_cache", vec![vec![0x5A; 400], (0..=255).collect()]),
        ("explain", explained.collect()),
        ("capture", vec![pcap(&ipfix)]),
    ]
}

#[cfg_attr(test, expect(dead_code, reason = "the test writes no files"))]
fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (target, seeds) in all() {
        let directory = corpus.join(target);
        fs::create_dir_all(&directory)?;
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(directory.join(format!("seed-{number}")), seed)?;
        }
    }
    Ok(())
}
