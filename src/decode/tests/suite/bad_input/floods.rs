//! B109 to B111: floods.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use decode::{Limits, Reason};

use super::{Case, case};
use crate::encode::{ABSOLUTE, Message, absolute_record, template_record};
use crate::support::source;
use crate::table::NEIGHBOUR;

pub(super) fn cases() -> Vec<Case> {
    let few = Limits {
        exporters: 16,
        templates_per_exporter: 64,
        ..Limits::default()
    };
    let flood: Vec<Vec<u8>> = (256..1_280)
        .map(|id| template_record(id, &ABSOLUTE))
        .collect();
    let templates = flood.chunks(128).fold(
        case("B109", "a flood of templates").limits(few),
        |case, records| case.send(Message::v9().set(0, &records.concat()).octets()),
    );
    let forged = |case: Case| {
        (0..1_000_u32).fold(case.limits(few), |case, host| {
            let addr = IpAddr::from(Ipv4Addr::from_bits(0x0A00_0000 + host));
            let template = Message::ipfix().template(256, &ABSOLUTE).octets();
            case.send_from(SocketAddr::new(addr, 4_739), template)
        })
    };
    let waiting = (256..1_256).fold(case("B111", "data that wait for templates"), |case, id| {
        case.send(
            Message::v9()
                .domain(8)
                .data(id, &[absolute_record()])
                .octets(),
        )
    });
    let crowded = (256..1_256).fold(
        case("B111", "more data than may wait").limits(Limits {
            pending_octets_per_exporter: 100_000,
            ..Limits::default()
        }),
        |case, id| {
            let message = Message::ipfix().domain(8);
            case.send(message.data(id, &[absolute_record()]).octets())
        },
    );
    let message = Message::ipfix().data(256, &[absolute_record()]);
    let begun = case(
        "B110",
        "a thousand forged sources, beside a stream that has just begun",
    );
    let begun = begun.stream(&Message::ipfix().template(256, &ABSOLUTE));
    let data = message.octets();
    vec![
        // 1,024 of v9, one of which was known, and one of IPFIX; 64 may stay.
        templates.counts(Reason::TemplateEvicted, 1_025 - 64),
        forged(case(
            "B110",
            "a thousand forged sources, to a collector that has just begun",
        ))
        .neighbour_leaves()
        .counts(Reason::ExporterEvicted, 1_002 - 16),
        forged(begun)
            .stream(&message)
            .neighbour_leaves()
            .flows(1)
            .counts(Reason::ExporterEvicted, 1_002 - 16),
        forged(
            case(
                "B110",
                "a thousand forged sources, beside exporters that are known for a minute",
            )
            .later_ms(60_000)
            .send(data.clone())
            .send_from(source(NEIGHBOUR, 2_055), data.clone()),
        )
        .send(data)
        .flows(3)
        .counts(Reason::ExporterEvicted, 1_002 - 16),
        waiting
            .counts(Reason::NoTemplate, 1_000)
            .check(|seen| assert_eq!(seen.collector.decoder.pending().0, 1_000)),
        crowded
            .counts(Reason::NoTemplate, 1_000)
            .counts(Reason::PendingFull, 1_000 - 261)
            .check(|seen| {
                let (sets, octets) = seen.collector.decoder.pending();
                assert_eq!(sets, 261);
                assert!(octets <= 100_000, "{octets}");
            }),
    ]
}
