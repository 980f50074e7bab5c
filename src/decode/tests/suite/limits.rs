//! Each limit holds, is counted, and costs the right one.

use std::net::SocketAddr;
use std::sync::Arc;

use decode::{Decoder, Elements, Limits, Reason};

use crate::encode::{ABSOLUTE, Field, Message, V5, absolute_record, record};
use crate::support::{Collector, assert_balanced, source};

fn template(id: u16) -> Vec<u8> {
    Message::v9().template(id, &ABSOLUTE).octets()
}

fn data(id: u16) -> Vec<u8> {
    Message::v9().data(id, &[absolute_record()]).octets()
}

/// Whether an exporter's data of a template are decoded; this counts as a use.
fn knows(collector: &mut Collector, from: SocketAddr, id: u16) -> bool {
    collector.receive(from, &data(id)).1.records == 1
}

/// Octets that a template with the fields of [`ABSOLUTE`] takes, found by trying.
fn template_octets() -> usize {
    let fits = |octets| {
        let mut collector = Collector::new(Limits {
            template_octets_per_exporter: octets,
            ..Limits::default()
        });
        collector.flows(&template(256));
        collector.count(Reason::TemplateTooLarge) == 0
    };
    (1..10_000).find(|&octets| fits(octets)).unwrap()
}

#[test]
fn the_exporter_heard_from_longest_ago_leaves_first() {
    let mut collector = Collector::new(Limits {
        exporters: 2,
        ..Limits::default()
    });
    let [a, b, c] = [1, 2, 3].map(|last| source(last, 2_055));
    collector.receive(a, &template(256));
    collector.receive(b, &template(256));
    assert!(knows(&mut collector, a, 256));
    collector.receive(c, &template(256));
    assert_eq!(collector.count(Reason::ExporterEvicted), 1);
    assert!(knows(&mut collector, a, 256));
    assert!(knows(&mut collector, c, 256));
    assert!(!knows(&mut collector, b, 256));
    let counters = collector.decoder.counters();
    assert_eq!(counters.exporters().count(), 2);
    assert!(counters.others().datagrams >= 1);
    assert_balanced(counters);
}

#[test]
fn rubbish_from_forged_addresses_displaces_nobody() {
    let mut collector = Collector::new(Limits {
        exporters: 2,
        ..Limits::default()
    });
    collector.receive(source(1, 2_055), &template(256));
    for last in 2..=255 {
        collector.receive(source(last, 2_055), &[0, 9, 1, 2]);
    }
    assert!(knows(&mut collector, source(1, 2_055), 256));
    let counters = collector.decoder.counters();
    assert_eq!(counters.exporters().count(), 1);
    assert_eq!(counters.others().rejected, 254);
}

#[test]
fn sessions_beyond_the_limit_of_an_exporter_begin_anew() {
    let mut collector = Collector::new(Limits {
        sessions_per_exporter: 2,
        ..Limits::default()
    });
    let of = |sequence, engine| V5 {
        sequence,
        engine,
        ..V5::new(1)
    };
    for engine in [1, 2, 3] {
        collector.flows(&of(0, engine).octets());
    }
    assert_eq!(collector.count(Reason::SessionEvicted), 1);
    // Engine 1 left, so its gap is not known; engine 3 stayed.
    collector.flows(&of(50, 3).octets());
    assert_eq!(collector.decoder.counters().total().sequence.lost, 49);
    collector.flows(&of(50, 1).octets());
    assert_eq!(collector.decoder.counters().total().sequence.lost, 49);
}

#[test]
fn the_template_used_longest_ago_leaves_first() {
    let mut collector = Collector::new(Limits {
        templates_per_exporter: 2,
        ..Limits::default()
    });
    let from = source(1, 2_055);
    collector.receive(from, &template(256));
    collector.receive(from, &template(257));
    assert!(knows(&mut collector, from, 256));
    collector.receive(from, &template(258));
    assert_eq!(collector.count(Reason::TemplateEvicted), 1);
    assert!(knows(&mut collector, from, 256));
    assert!(!knows(&mut collector, from, 257));
    // To send a template again is a use of it.
    collector.receive(from, &template(258));
    collector.receive(from, &template(259));
    assert!(knows(&mut collector, from, 258));
}

#[test]
fn facts_beyond_the_limit_of_an_exporter_are_forgotten() {
    let mut collector = Collector::new(Limits {
        facts_per_exporter: 2,
        ..Limits::default()
    });
    let scope: [Field; 1] = [(48, 2)];
    let message = Message::v9().options(300, &[], &[scope[0], (50, 4)]);
    let rates = [1, 2, 3].map(|id| record(&[scope[0], (50, 4)], &[id, 10 * id]));
    collector.flows(&message.data(300, &rates).octets());
    assert_eq!(collector.count(Reason::FactEvicted), 1);

    let fields = [(8, 4), (12, 4), (48, 2)];
    let records = [1, 2, 3].map(|id| record(&fields, &[1, 2, id]));
    let message = Message::v9().template(301, &fields).data(301, &records);
    let flows = collector.flows(&message.octets());
    let rates = flows
        .iter()
        .map(|flow| flow.sampling_rate.map_or(0, |rate| rate.get()));
    assert!(rates.eq([0, 20, 30]));
}

#[test]
fn a_template_of_too_many_fields_is_refused_and_voids_the_old_one() {
    let mut collector = Collector::new(Limits {
        fields_per_template: ABSOLUTE.len(),
        ..Limits::default()
    });
    let from = source(1, 2_055);
    collector.receive(from, &template(256));
    assert!(knows(&mut collector, from, 256));
    let longer = [&ABSOLUTE[..], &[(9, 1)]].concat();
    let message = Message::v9().template(256, &longer);
    collector.flows(&message.data(256, &[absolute_record()]).octets());
    assert_eq!(collector.count(Reason::TemplateTooManyFields), 1);
    assert_eq!(collector.count(Reason::NoTemplate), 1);
    assert!(!knows(&mut collector, from, 256));
}

#[test]
fn templates_of_one_exporter_share_its_octets() {
    let one = template_octets();
    let mut collector = Collector::new(Limits {
        template_octets_per_exporter: 2 * one,
        ..Limits::default()
    });
    let from = source(1, 2_055);
    for id in 256..260 {
        collector.receive(from, &template(id));
    }
    assert_eq!(collector.count(Reason::TemplateEvicted), 2);
    assert!(knows(&mut collector, from, 258) && knows(&mut collector, from, 259));
    let longer = [&ABSOLUTE[..], &[(9, 1); 500]].concat();
    collector.flows(&Message::v9().template(300, &longer).octets());
    assert_eq!(collector.count(Reason::TemplateTooLarge), 1);
    assert!(
        knows(&mut collector, from, 259),
        "it would not have made room"
    );
}

#[test]
fn a_template_that_is_void_gives_its_octets_back() {
    let one = template_octets();
    let mut collector = Collector::new(Limits {
        template_octets: 2 * one,
        ..Limits::default()
    });
    let empty = Message::v9().template(256, &[(8, 0)]).octets();
    for _ in 0..10 {
        collector.flows(&template(256));
        collector.flows(&empty);
    }
    let others = [2, 3].map(|last| source(last, 2_055));
    for from in others {
        collector.receive(from, &template(256));
    }
    assert!(
        others
            .into_iter()
            .all(|from| knows(&mut collector, from, 256))
    );
    assert_eq!(collector.count(Reason::ExporterEvicted), 0);
}

#[test]
fn a_flood_of_one_exporter_costs_no_other_its_templates() {
    let one = template_octets();
    let mut collector = Collector::new(Limits {
        template_octets: 10 * one,
        ..Limits::default()
    });
    let (quiet, loud) = (source(1, 2_055), source(2, 2_055));
    collector.receive(quiet, &template(256));
    collector.receive(quiet, &template(257));
    for id in 256..1_256 {
        collector.receive(loud, &template(id));
    }
    assert_eq!(collector.count(Reason::TemplateEvicted), 1_000 - 8);
    assert_eq!(collector.count(Reason::ExporterEvicted), 0);
    assert!(knows(&mut collector, quiet, 256) && knows(&mut collector, quiet, 257));
    // One that does not fit beside the others' is refused, and costs nobody anything.
    let longer = [&ABSOLUTE[..], &[(9, 1); 2_000]].concat();
    collector.receive(loud, &Message::v9().template(2_000, &longer).octets());
    assert_eq!(collector.count(Reason::TemplateTooLarge), 1);
    assert!(knows(&mut collector, quiet, 256) && knows(&mut collector, loud, 1_255));
}

#[test]
fn a_new_exporter_takes_the_place_of_the_one_heard_from_longest_ago() {
    let one = template_octets();
    let mut collector = Collector::new(Limits {
        template_octets: 2 * one,
        ..Limits::default()
    });
    let [a, b, c] = [1, 2, 3].map(|last| source(last, 2_055));
    collector.receive(a, &template(256));
    collector.receive(b, &template(256));
    assert!(knows(&mut collector, a, 256));
    collector.receive(c, &template(256));
    assert_eq!(collector.count(Reason::ExporterEvicted), 1);
    assert!(knows(&mut collector, a, 256) && knows(&mut collector, c, 256));
    assert!(!knows(&mut collector, b, 256));
    // What an exporter held is free once it left.
    for last in 4..20 {
        collector.receive(source(last, 2_055), &template(256));
        assert!(knows(&mut collector, source(last, 2_055), 256));
    }
    assert_balanced(collector.decoder.counters());
}

#[test]
fn octets_are_free_again_whatever_made_an_exporter_leave() {
    let one = template_octets();
    let mut collector = Collector::new(Limits {
        exporters: 2,
        template_octets: 6 * one,
        ..Limits::default()
    });
    for last in 0..50 {
        for id in 256..259 {
            collector.receive(source(last, 2_055), &template(id));
        }
        assert!((256..259).all(|id| knows(&mut collector, source(last, 2_055), id)));
    }
    assert_eq!(collector.count(Reason::ExporterEvicted), 48);
    assert_eq!(collector.count(Reason::TemplateEvicted), 0);
}

#[test]
fn a_datagram_of_too_many_records_is_rejected() {
    let mut collector = Collector::new(Limits {
        records_per_datagram: 3,
        ..Limits::default()
    });
    collector.flows(&template(256));
    let varying = [(8, 4), (12, 4), (82, 0xFFFF)];
    collector.flows(&Message::v9().template(257, &varying).octets());
    let fixed = |n: usize| Message::v9().data(256, &vec![absolute_record(); n]);
    let walked = |n: usize| Message::v9().data(257, &vec![record(&varying, &[1, 2, 3]); n]);
    assert_eq!(collector.flows(&fixed(3).octets()).len(), 3);
    assert_eq!(collector.flows(&walked(3).octets()).len(), 3);
    let over = [
        fixed(4),
        walked(4),
        fixed(2).data(257, &vec![record(&varying, &[1, 2, 3]); 2]),
    ];
    for message in over {
        assert_eq!(collector.flows(&message.octets()).len(), 0);
    }
    assert_eq!(collector.count(Reason::TooManyRecords), 3);
}

#[test]
fn limits_of_0_act_as_1_or_refuse() {
    let mut collector = Collector::new(Limits {
        exporters: 0,
        sessions_per_exporter: 0,
        templates_per_exporter: 0,
        facts_per_exporter: 0,
        ..Limits::default()
    });
    collector.flows(&template(256));
    assert!(knows(&mut collector, source(1, 2_055), 256));

    let mut collector = Collector::new(Limits {
        fields_per_template: 0,
        template_octets: 0,
        template_octets_per_exporter: 0,
        records_per_datagram: 0,
        longest_delay_ms: 0,
        largest_sampling_rate: 0,
        ..Limits::default()
    });
    collector.flows(&template(256));
    assert_eq!(collector.count(Reason::TemplateTooManyFields), 1);
    let flow = collector.flow(&V5::new(1).octets());
    assert_eq!(flow.end_seen_ms, collector.received_ms);
    assert_balanced(collector.decoder.counters());
}

#[test]
fn the_seed_of_the_hash_changes_no_result() {
    let run = |hash_seed| {
        let mut collector = Collector::new(Limits {
            exporters: 5,
            templates_per_exporter: 7,
            hash_seed,
            ..Limits::default()
        });
        for step in 0..400_u16 {
            let from = source((step % 9).to_le_bytes()[0], 2_000 + step % 3);
            collector.receive(from, &template(256 + step * 7 % 13));
            collector.receive(from, &data(256 + step * 5 % 13));
        }
        collector.decoder.counters().total().clone()
    };
    assert_eq!(run(1), run(0xDEAD_BEEF));
}

#[test]
fn no_more_unknown_elements_are_told_of_than_the_limit_and_all_are_counted() {
    let mut collector = Collector::new(Limits {
        unknown_elements: 3,
        ..Limits::default()
    });
    let fields: Vec<_> = (20_000..20_010).map(|element| (element, 1)).collect();
    collector.flows(&Message::ipfix().template(256, &fields).octets());
    assert_eq!(collector.count(Reason::ElementUnknown), 10);
    let told = collector.decoder.take_unknown_elements();
    assert_eq!(told, [(0, 20_000), (0, 20_001), (0, 20_002)]);
    collector.flows(&Message::ipfix().template(257, &fields).octets());
    assert_eq!(collector.decoder.take_unknown_elements(), []);
    assert_eq!(collector.count(Reason::ElementUnknown), 20);
}

#[test]
fn elements_that_a_file_names_are_known() {
    let header = "enterprise,id,name,type,semantics,units,status\n";
    let elements = Elements::read(format!("{header}9,1,colour,string,,,\n").as_bytes());
    let elements = Arc::new(elements.unwrap());
    let mut collector = Collector {
        decoder: Decoder::with_elements(Limits::default(), elements).anew(),
        ..Collector::default()
    };
    let field = [&[0, 1, 0x80, 1, 0, 4][..], &[0, 0, 0, 9]].concat();
    let message = Message::ipfix().set(2, &[&[1, 0][..], &field].concat());
    collector.flows(&message.octets());
    assert_eq!(collector.count(Reason::ElementUnknown), 0);
}
