//! Samples of sFlow.

use decode::Reason;
use decode::explain::{EventKind, Sample, Structure, Value};

use super::twins::Twins;
use crate::sflow::encode::{
    FlowSample, Sflow, ethernet, extended, ipv4, item, sampled, tcp_frame, words,
};

fn samples(datagram: &Sflow) -> Vec<Sample> {
    let explained = Twins::default().explain(&datagram.octets());
    assert_eq!(explained.error(), None);
    let samples = explained.events.into_iter().map(|event| match event.kind {
        EventKind::Sample(sample) => sample,
        other => panic!("{other:?}"),
    });
    samples.collect()
}

fn number(fields: &[(&str, Value)], name: &str) -> u64 {
    match fields.iter().find(|(of, _)| *of == name) {
        Some((_, Value::Unsigned(number))) => *number,
        other => panic!("{name}: {other:?}"),
    }
}

fn names(structure: &Structure) -> Vec<&str> {
    structure.fields.iter().map(|(name, _)| *name).collect()
}

#[test]
fn both_forms_of_a_flow_sample_are_told_alike() {
    let sample = FlowSample {
        input: (0, 17),
        output: (1, 2),
        ..FlowSample::of(&tcp_frame())
    };
    let expanded = FlowSample {
        expanded: true,
        ..sample.clone()
    };
    for sample in samples(&Sflow::new().flow(&sample).flow(&expanded)) {
        for (name, value) in [
            ("source_id_index", 3),
            ("sampling_rate", 512),
            ("input_format", 0),
            ("input_value", 17),
            ("output_format", 1),
            ("output_value", 2),
        ] {
            assert_eq!(number(&sample.fields, name), value, "{name}");
        }
        assert_eq!(sample.flow.unwrap().key.dst_port, 443);
        assert_eq!(sample.notes[0].reason, Reason::OutputDiscarded);
        assert!(sample.rest.is_empty());
    }
}

#[test]
fn the_link_layer_of_a_sampled_header_is_told() {
    let tagged = [&[0, 42, 8, 0][..], &ipv4(17, &[0; 8])].concat();
    let datagram = Sflow::new().flow(&FlowSample::of(&ethernet(0x8100, &tagged)));
    let samples = samples(&datagram);
    let header = &samples[0].items[0];
    assert_eq!(header.name, Some("sampled_header"));
    let mac = ("src_mac", Value::Mac([2; 6]));
    assert!(header.fields.contains(&mac));
    assert_eq!(number(&header.fields, "vlan"), 42);
    assert_eq!(number(&header.fields, "type"), 0x0800);
    assert_eq!(number(&header.fields, "header_protocol"), 1);
}

#[test]
fn extended_flow_data_are_read_field_by_field() {
    let data = [vec![sampled(1, &tcp_frame())], extended().to_vec()].concat();
    let samples = samples(&Sflow::new().flow(&FlowSample::new(data)));
    let of = |name: &str| {
        let items = &samples[0].items;
        items.iter().find(|item| item.name == Some(name)).unwrap()
    };
    assert_eq!(number(&of("extended_switch").fields, "dst_vlan"), 20);
    assert_eq!(number(&of("extended_router").fields, "src_mask_len"), 24);
    let gateway = of("extended_gateway");
    assert_eq!(number(&gateway.fields, "src_as"), 65_002);
    assert_eq!(number(&gateway.fields, "localpref"), 100);
    let user = ("src_user", Value::Octets((*b"root!").into()));
    assert!(of("extended_user").fields.contains(&user));
    assert!(samples[0].items.iter().all(|item| item.rest.is_empty()));
}

#[test]
fn counters_are_read_where_their_layout_is_known_and_octets_otherwise() {
    let mut generic: Vec<u32> = (0..22).collect();
    generic[0] = 7;
    let counters = [
        item(1, &words(&generic)),
        item(99, &[1, 2, 3, 4]),
        item(6, &[0; 80]),
    ]
    .concat();
    let body = [words(&[1, 3, 3]), counters].concat();
    let samples = samples(&Sflow::new().raw(&item(2, &body)));
    assert_eq!(samples[0].name, Some("counters_sample"));
    assert_eq!(samples[0].notes[0].reason, Reason::CounterSample);
    let [generic, unknown, named] = &samples[0].items[..] else {
        panic!()
    };
    assert_eq!(number(&generic.fields, "ifIndex"), 7);
    assert_eq!(number(&generic.fields, "ifInOctets"), 6 << 32 | 7);
    assert_eq!(number(&generic.fields, "ifPromiscuousMode"), 21);
    assert!(generic.rest.is_empty());
    assert_eq!((unknown.name, &*unknown.rest), (None, &[1, 2, 3, 4][..]));
    assert_eq!(
        (named.name, named.rest.len()),
        (Some("ieee80211_counters"), 80)
    );
}

#[test]
fn counters_that_are_cut_off_keep_the_octets_that_were_not_read() {
    let short = item(1, &words(&[7, 6, 0, 1_000, 1]));
    let body = [words(&[1, 3, 2]), short, vec![0, 0, 0, 9, 0, 0]].concat();
    let samples = samples(&Sflow::new().raw(&item(2, &body)));
    assert_eq!(
        names(&samples[0].items[0]),
        ["ifIndex", "ifType", "ifSpeed", "ifDirection"]
    );
    assert_eq!(*samples[0].rest, [0, 0, 0, 9, 0, 0]);
}

#[test]
fn a_sample_of_an_unknown_format_is_octets() {
    let samples = samples(&Sflow::new().raw(&item(4_242, &[9; 8])));
    assert_eq!((samples[0].name, &*samples[0].rest), (None, &[9; 8][..]));
    assert_eq!(samples[0].notes[0].reason, Reason::SampleUnknown);
}
