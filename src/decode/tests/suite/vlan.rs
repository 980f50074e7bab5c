//! The VLAN of a flow: from elements, from a switch's flow data, from the tag of a frame.

use decode::Reason;
use flow::Vlan;

use crate::encode::{Field, Message, record};
use crate::sflow::encode::{FlowSample, Sflow, TCP, ethernet, ipv4, item, sampled, words};
use crate::support::Collector;

const VLAN: Field = (58, 2);
const POST_VLAN: Field = (59, 2);
const DOT1Q_VLAN: Field = (243, 2);
const POST_DOT1Q_VLAN: Field = (254, 2);

/// The VLAN of a record with these elements besides its addresses, or 0.
fn of_record(message: Message, elements: &[(Field, u128)]) -> u16 {
    let (further, values): (Vec<Field>, Vec<u128>) = elements.iter().copied().unzip();
    let fields = [&[(8, 4), (12, 4), (2, 4)][..], &further].concat();
    let values = [&[1, 2, 3][..], &values].concat();
    let message = message.template(300, &fields);
    let message = message.data(300, &[record(&fields, &values)]);
    let flow = Collector::default().flow(&message.octets());
    flow.vlan.map_or(0, Vlan::get)
}

#[test]
fn each_element_of_a_vlan_is_read_in_both_protocols() {
    for message in [Message::v9, Message::ipfix] {
        for element in [VLAN, POST_VLAN, DOT1Q_VLAN, POST_DOT1Q_VLAN] {
            assert_eq!(of_record(message(), &[(element, 100)]), 100, "{element:?}");
            let wider = (element.0, 4);
            assert_eq!(of_record(message(), &[(wider, 100)]), 100, "{wider:?}");
        }
        assert_eq!(of_record(message(), &[]), 0);
    }
}

#[test]
fn where_packets_came_in_counts_before_where_they_left_and_the_tag_before_the_interface() {
    let all = [
        (POST_VLAN, 4),
        (POST_DOT1Q_VLAN, 3),
        (VLAN, 2),
        (DOT1Q_VLAN, 1),
    ];
    for (count, expected) in [(1, 4), (2, 3), (3, 2), (4, 1)] {
        assert_eq!(of_record(Message::ipfix(), &all[..count]), expected);
    }
}

#[test]
fn what_names_no_vlan_is_none_and_the_next_element_counts() {
    for nothing in [0, 4_095, 0xFFFF] {
        assert_eq!(of_record(Message::v9(), &[(VLAN, nothing)]), 0);
        let both = [(VLAN, nothing), (POST_VLAN, 20)];
        assert_eq!(of_record(Message::v9(), &both), 20);
    }
    assert_eq!(of_record(Message::v9(), &[(VLAN, 4_094)]), 4_094);
}

/// A TCP segment behind tags.
fn tagged(tags: &[u16]) -> Vec<u8> {
    let mut kinds = [0x8100_u16; 3];
    kinds[tags.len()] = 0x0800;
    let tags = tags.iter().zip(&kinds[1..]);
    let tags: Vec<u8> = tags
        .flat_map(|(tag, kind)| [tag.to_be_bytes(), kind.to_be_bytes()].concat())
        .collect();
    ethernet(kinds[0], &[tags, ipv4(6, &TCP)].concat())
}

/// Flow data of a switch: the VLANs of both sides, each with a priority.
fn switch(in_vlan: u32, out_vlan: u32) -> Vec<u8> {
    item(1_001, &words(&[in_vlan, 7, out_vlan, 7]))
}

/// The VLAN of a sample with these flow data, or 0.
fn of_sample(data: Vec<Vec<u8>>) -> u16 {
    let sflow = Sflow::new().flow(&FlowSample::new(data));
    let flow = Collector::default().flow(&sflow.octets());
    flow.vlan.map_or(0, Vlan::get)
}

#[test]
fn the_tag_of_a_sampled_frame_is_its_vlan_and_of_several_the_outermost() {
    let of_frame = |tags: &[u16]| of_sample(vec![sampled(1, &tagged(tags))]);
    assert_eq!(of_frame(&[]), 0);
    assert_eq!(of_frame(&[100]), 100);
    assert_eq!(of_frame(&[0xE000 | 100]), 100, "its priority is none of it");
    assert_eq!(of_frame(&[100, 200]), 100);
    assert_eq!(
        of_frame(&[0xE000, 200]),
        200,
        "the outer has a priority alone"
    );
}

#[test]
fn a_switch_knows_better_where_a_packet_came_in_than_its_tag() {
    let frame = |tags: &[u16]| sampled(1, &tagged(tags));
    assert_eq!(of_sample(vec![switch(10, 20), frame(&[30])]), 10);
    assert_eq!(of_sample(vec![frame(&[30]), switch(10, 20)]), 10);
    assert_eq!(of_sample(vec![frame(&[30]), switch(0, 20)]), 30);
    assert_eq!(of_sample(vec![frame(&[]), switch(u32::MAX, 20)]), 20);
    assert_eq!(of_sample(vec![frame(&[]), switch(0x1_000A, 0)]), 0);
}

#[test]
fn a_switch_that_says_too_little_says_nothing() {
    let short = item(1_001, &words(&[10, 7, 20]));
    let sample = FlowSample::new(vec![sampled(1, &tagged(&[30])), short]);
    let mut collector = Collector::default();
    let flow = collector.flow(&Sflow::new().flow(&sample).octets());
    assert_eq!(flow.vlan, Vlan::new(30));
    assert_eq!(collector.count(Reason::FlowDataMalformed), 1);
}

#[test]
fn both_directions_of_a_biflow_record_are_in_its_vlan() {
    let reverse = 29_305_u32.to_be_bytes();
    let fields = [(8, 4), (12, 4), (2, 4), VLAN];
    let mut template = crate::encode::shorts(&[300, 5]);
    template.extend(crate::encode::specs(&fields));
    template.extend(crate::encode::shorts(&[0x8002, 4]));
    template.extend(reverse);
    let fields = [&fields[..], &[(2, 4)]].concat();
    let data = record(&fields, &[1, 2, 3, 100, 5]);
    let message = Message::ipfix().set(2, &template).data(300, &[data]);
    let flows = Collector::default().flows(&message.octets());
    let vlans: Vec<_> = flows.iter().map(|flow| flow.vlan).collect();
    assert_eq!(vlans, [Vlan::new(100); 2]);
}
