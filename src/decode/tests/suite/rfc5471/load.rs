//! T17, T20 to T22: load, and what is lost.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use decode::{Limits, Reason, SequenceCounters};

use crate::encode::{ABSOLUTE, Message, absolute_record, template_record};
use crate::support::source;
use crate::table::{Case, case, stream_source};

pub(super) fn cases() -> Vec<Case> {
    [records(), templates(), exporters(), gaps()].into()
}

/// The limit of a message's records holds for the one that goes beyond it.
fn records() -> Case {
    let few = Limits {
        records_per_datagram: 100,
        ..Limits::default()
    };
    let template = Message::ipfix().template(300, &ABSOLUTE);
    let data = |records: usize| Message::ipfix().data(300, &vec![absolute_record(); records]);
    let other = source(9, 40_001);
    case(
        "T17",
        "more records in a message than the limit, beside a stream of few",
    )
    .limits(few)
    .stream(&template)
    .stream_from(other, template.octets())
    .stream(&data(101))
    .stream_from(other, data(100).octets())
    .stream(&data(1_000))
    .stream_from(other, data(1).octets())
    .stream_from(stream_source(), data(100).octets())
    .flows(201)
    .counts(Reason::TooManyRecords, 2)
}

/// An exporter loses its own templates, those used longest ago, and gets a count for it.
fn templates() -> Case {
    let few = Limits {
        templates_per_exporter: 64,
        ..Limits::default()
    };
    let many: Vec<Vec<u8>> = (300..1_300)
        .map(|id| template_record(id, &ABSOLUTE))
        .collect();
    let flood = many.chunks(100).fold(
        case(
            "T20",
            "a thousand templates within their lifetime, where 64 are kept",
        )
        .limits(few),
        |case, records| case.send(Message::ipfix().set(2, &records.concat()).octets()),
    );
    let data = Message::ipfix().data(1_299, &[absolute_record()]);
    flood
        .send(data.octets())
        .flows(1)
        // Two were known before the thousand.
        .counts(Reason::TemplateEvicted, 1_002 - 64)
}

fn exporters() -> Case {
    let from = |host: u32| {
        let addr = Ipv4Addr::from_bits(0x0A00_0000 + host);
        SocketAddr::new(IpAddr::from(addr), 4_739)
    };
    let template = Message::ipfix().template(300, &ABSOLUTE).octets();
    let data = Message::ipfix().data(300, &[absolute_record()]).octets();
    let hosts = 0..1_000;
    let known = hosts.clone().fold(
        case("T21", "a thousand exporters, one after the other and again"),
        |case, host| case.send_from(from(host), template.clone()),
    );
    let case = hosts.fold(known, |case, host| case.send_from(from(host), data.clone()));
    case.flows(1_000)
}

fn gaps() -> Case {
    let template = |message: Message| message.template(300, &ABSOLUTE);
    let data = |message: Message| message.data(300, &[absolute_record()]);
    let v9 = |sequence| Message::v9().domain(9).sequence(sequence);
    let ipfix = |sequence| Message::ipfix().domain(9).sequence(sequence);
    case(
        "T22",
        "an exporter that was away for a while: UDP reports the gap",
    )
    .send(data(template(v9(0))).octets())
    .send(data(template(ipfix(0))).octets())
    .send(data(v9(51)).octets())
    .send(data(ipfix(101)).octets())
    .flows(4)
    .check(|seen| {
        let lost = SequenceCounters {
            lost: 50 + 100,
            ..SequenceCounters::default()
        };
        assert_eq!(seen.sequence, lost);
    })
}
