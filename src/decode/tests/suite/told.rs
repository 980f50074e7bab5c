//! What exporters tell of themselves in options data.

use std::net::IpAddr;

use decode::{
    Algorithm, ExporterView, Limits, Named, Reason, ReportedLoss, Statistics, Subject, Timeouts,
};

use crate::encode::{EXPORT, EXPORT_MS, Field, Message, VARIABLE};
use crate::support::{Collector, source};

fn view(collector: &Collector) -> ExporterView<'_> {
    let usual = IpAddr::from([192, 0, 2, 1]);
    collector.decoder.exporter(usual).unwrap()
}

/// A text of a fixed length, filled up with NULs.
fn fixed(text: &str, octets: usize) -> Vec<u8> {
    let mut field = text.as_bytes().to_vec();
    field.resize(octets, 0);
    field
}

fn variable(text: &[u8]) -> Vec<u8> {
    [&[u8::try_from(text.len()).unwrap()], text].concat()
}

/// A message with an Options Template and records of it.
fn options(message: Message, scope: Field, fields: &[Field], records: &[Vec<u8>]) -> Message {
    message.options(300, &[scope], fields).data(300, records)
}

fn names(collector: &Collector) -> Vec<(Subject, Named)> {
    let names = view(collector).names().into_iter();
    names
        .map(|((_, subject), named)| (subject, named.clone()))
        .collect()
}

fn named(name: &str) -> Named {
    Named {
        name: Some(name.into()),
        ..Named::default()
    }
}

#[test]
fn interfaces_are_named_by_either_scope_of_netflow_v9_and_by_ipfix() {
    const SYSTEM: Field = (1, 4);
    const INTERFACE: Field = (2, 4);
    let one = |index: u32, name: &str| [index.to_be_bytes().to_vec(), fixed(name, 8)].concat();
    let of_system = [&[0; 4][..], &one(7, "Gi0/7")].concat();
    for message in [
        options(Message::v9(), INTERFACE, &[(82, 8)], &[one(7, "Gi0/7")]),
        options(Message::v9(), SYSTEM, &[(10, 4), (82, 8)], &[of_system]),
        options(Message::ipfix(), (14, 4), &[(82, 8)], &[one(7, "Gi0/7")]),
    ] {
        let mut collector = Collector::default();
        collector.flows(&message.octets());
        assert_eq!(names(&collector), [(Subject::Interface(7), named("Gi0/7"))]);
        collector.assert_counts(&[]);
    }
}

#[test]
fn names_and_descriptions_may_come_one_by_one_and_replace_older_ones() {
    let mut collector = Collector::default();
    let index = 7_u32.to_be_bytes();
    for (element, text) in [(82, "Gi0/7"), (83, "to the north"), (82, "Gi0/70")] {
        let record = [&index[..], &variable(text.as_bytes())].concat();
        let message = options(Message::ipfix(), (10, 4), &[(element, VARIABLE)], &[record]);
        collector.flows(&message.octets());
    }
    let expected = Named {
        description: Some("to the north".into()),
        ..named("Gi0/70")
    };
    assert_eq!(names(&collector), [(Subject::Interface(7), expected)]);
}

#[test]
fn vrfs_applications_and_samplers_are_named() {
    let mut collector = Collector::default();
    let vrf = [&[0, 0, 0, 3][..], &variable(b"guests")].concat();
    let application = [&[3, 0, 0, 80][..], &fixed("http", 6), &fixed("web", 4)].concat();
    let sampler = [&[9][..], &fixed("one in 100", 12), &[2]].concat();
    for (scope, fields, record) in [
        ((234, 4), &[(236, VARIABLE)][..], vrf),
        ((95, 4), &[(96, 6), (94, 4)], application),
        ((48, 1), &[(84, 12), (49, 1)], sampler),
    ] {
        collector.flows(&options(Message::ipfix(), scope, fields, &[record]).octets());
    }
    let http = Subject::Application {
        engine: 3,
        selector: 80,
    };
    let web = Named {
        description: Some("web".into()),
        ..named("http")
    };
    let sampler = Named {
        algorithm: Some(Algorithm::Random),
        ..named("one in 100")
    };
    let expected = [
        (Subject::Vrf(3), named("guests")),
        (http, web),
        (Subject::Sampler(9), sampler),
    ];
    assert_eq!(names(&collector), expected);
}

#[test]
fn the_selector_of_an_exporter_that_gives_it_no_number_is_its_only_one() {
    let mut collector = Collector::default();
    let record = [1_u32.to_be_bytes().to_vec(), vec![0, 1]].concat();
    let message = options(Message::ipfix(), (143, 4), &[(304, 2)], &[record]);
    collector.flows(&message.octets());
    let expected = Named {
        algorithm: Some(Algorithm::Systematic),
        ..Named::default()
    };
    assert_eq!(names(&collector), [(Subject::Sampler(0), expected)]);
}

#[test]
fn b117_texts_that_could_do_harm_are_cleaned_and_ill_formed_ones_left_out() {
    let mut collector = Collector::default();
    for (index, text, reason) in [
        (1, &b"up\x1b[2J\n"[..], Some(Reason::TextCleaned)),
        (2, b"\xFF\xFE", Some(Reason::TextIllFormed)),
        (3, b"=cmd()", None),
        (4, &[b'x'; 250], None),
    ] {
        let record = [&[0, 0, 0, index][..], &variable(text)].concat();
        let message = options(Message::ipfix(), (10, 4), &[(82, VARIABLE)], &[record]);
        collector.flows(&message.octets());
        assert!(reason.is_none_or(|reason| collector.count(reason) == 1));
    }
    let long = "x".repeat(250);
    let expected = [(1, "up[2J"), (3, "=cmd()"), (4, &long)];
    let expected = expected.map(|(index, name)| (Subject::Interface(index), named(name)));
    assert_eq!(names(&collector), expected);
}

#[test]
fn timeouts_are_kept_for_each_domain() {
    let mut collector = Collector::default();
    for (domain, active, idle) in [(1, 60, 15), (2, 1_800, 0)] {
        let record = [1_u32.to_be_bytes().to_vec(), vec![0, idle]];
        let record = [&record.concat()[..], &u16::to_be_bytes(active)].concat();
        let fields = [(37, 2), (36, 2)];
        let message = Message::ipfix().domain(domain);
        collector.flows(&options(message, (144, 4), &fields, &[record]).octets());
    }
    let timeouts = view(&collector).timeouts();
    let timeouts: Vec<_> = timeouts
        .iter()
        .map(|(of, told)| (of.domain, *told))
        .collect();
    let of = |active_s, idle_s| Timeouts { active_s, idle_s };
    let expected = [(1, of(Some(60), Some(15))), (2, of(Some(1_800), None))];
    assert_eq!(timeouts, expected);
}

/// Metering Process Reliability Statistics (RFC 7011, 4.2), and those of the Exporting
/// Process (4.3), with their times in seconds.
fn reliability(ignored: u64, unsent: u64, times: [u32; 2]) -> Vec<u8> {
    let times = times.map(u32::to_be_bytes).concat();
    let of = |counters: &[u64]| -> Vec<u8> {
        let counters = counters.iter().flat_map(|n| n.to_be_bytes());
        [
            &5_u32.to_be_bytes()[..],
            &counters.collect::<Vec<_>>(),
            &times,
        ]
        .concat()
    };
    let metering = [(164, 8), (165, 8), (322, 4), (322, 4)];
    let exporting = [(166, 8), (167, 8), (168, 8), (322, 4), (322, 4)];
    let message = Message::ipfix()
        .options(300, &[(143, 4)], &metering)
        .data(300, &[of(&[ignored, ignored * 100])])
        .options(301, &[(144, 4)], &exporting)
        .data(301, &[of(&[unsent, unsent * 2, unsent * 200])]);
    message.octets()
}

#[test]
fn what_an_exporter_lost_is_counted_from_its_first_totals_on() {
    let mut collector = Collector::default();
    let lost = |collector: &mut Collector, ignored, unsent| {
        let octets = reliability(ignored, unsent, [EXPORT - 5, EXPORT - 9]);
        let (_, report) = collector.receive(source(1, 2_055), &octets);
        (
            report.reported.ignored_packets,
            report.reported.unsent_flows,
        )
    };
    assert_eq!(lost(&mut collector, 1_000, 50), (0, 0));
    assert_eq!(lost(&mut collector, 1_010, 50), (10, 0));
    assert_eq!(lost(&mut collector, 1_010, 53), (0, 3));
    assert_eq!(lost(&mut collector, 4, 53), (4, 0), "it began anew");
    let total = collector.decoder.counters().total().reported;
    let expected = ReportedLoss {
        ignored_packets: 14,
        ignored_octets: 1_400,
        unsent_flows: 3,
        unsent_packets: 6,
        unsent_octets: 600,
    };
    assert_eq!(total, expected);
    // Both processes have the number 5, and each its own totals.
    let statistics = view(&collector).statistics();
    let (&(_, process), statistics) = statistics.first_key_value().unwrap();
    assert_eq!((process, statistics.unsent_flows), (5, Some(53)));
    let range = (EXPORT_MS - 9_000, EXPORT_MS - 5_000);
    assert_eq!(statistics.lost_ms, Some(range), "in either order");
}

#[test]
fn two_exporters_behind_one_address_do_not_mix_their_totals() {
    let mut collector = Collector::default();
    for round in 0..5 {
        for (port, base) in [(1_000, 1_000), (2_000, 90_000)] {
            let octets = reliability(base + round, 0, [1, 2]);
            collector.receive(source(1, port), &octets);
        }
    }
    let total = collector.decoder.counters().total().reported;
    assert_eq!(total.ignored_packets, 8);
}

#[test]
fn totals_of_what_was_sent_are_kept() {
    let mut collector = Collector::default();
    let counters = [9_000_u64, 12, 340].map(u64::to_be_bytes).concat();
    let record = [&7_u32.to_be_bytes()[..], &counters].concat();
    let fields = [(40, 8), (41, 8), (42, 8)];
    collector.flows(&options(Message::ipfix(), (149, 4), &fields, &[record]).octets());
    let expected = Statistics {
        octets: Some(9_000),
        messages: Some(12),
        flows: Some(340),
        ..Statistics::default()
    };
    let told: Vec<Statistics> = view(&collector).statistics().into_values().collect();
    assert_eq!(told, [expected]);
}

#[test]
fn names_stay_within_their_number_and_their_octets() {
    let with = |limits: Limits, texts: usize| {
        let mut collector = Collector::new(limits);
        let records: Vec<Vec<u8>> = (0..9)
            .map(|index| [&[0, 0, 0, index][..], &variable(&vec![b'x'; texts])].concat())
            .collect();
        let message = options(Message::ipfix(), (10, 4), &[(82, VARIABLE)], &records);
        collector.flows(&message.octets());
        let kept = names(&collector).len();
        assert_eq!(collector.count(Reason::FactEvicted), 9 - kept as u64);
        kept
    };
    let few = Limits {
        facts_per_exporter: 4,
        ..Limits::default()
    };
    assert_eq!(with(few, 1), 4);
    let little = Limits {
        name_octets_per_exporter: 1_000,
        ..Limits::default()
    };
    assert_eq!(with(little, 100), 3);
    let short = Limits {
        text_octets: 5,
        ..little
    };
    assert_eq!(with(short, 100), 6, "they are cut first");
    let none = Limits {
        name_octets_per_exporter: 0,
        ..Limits::default()
    };
    assert_eq!(with(none, 1), 0);
}

#[test]
fn what_a_stream_told_ends_with_it() {
    let mut collector = Collector::default();
    let record = [&[0, 0, 0, 1][..], &variable(b"eth0")].concat();
    let message = options(Message::ipfix(), (10, 4), &[(82, VARIABLE)], &[record]);
    collector.receive_stream(source(1, 9), &message.octets());
    assert_eq!(names(&collector).len(), 1);
    collector.decoder.end_session(source(1, 9));
    assert_eq!(names(&collector), []);
}
