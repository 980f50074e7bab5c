//! Structured data as values (RFC 6313).

use decode::Limits;
use decode::explain::{EventKind, Items, List, Value, Why};

use super::twins::Twins;
use crate::encode::{Field, Message, VARIABLE, shorts};

const INNER: [Field; 2] = [(8, 4), (1, 2)];

fn counted(octets: &[u8]) -> Vec<u8> {
    [&[u8::try_from(octets.len()).unwrap()][..], octets].concat()
}

/// The list that is the one field of a record.
fn list_within(limits: Limits, element: u16, octets: &[u8]) -> List {
    let message = Message::ipfix().template(256, &INNER);
    let message = message.template(301, &[(292, VARIABLE)]);
    let message = message.template(300, &[(element, VARIABLE)]);
    let message = message.set(300, &counted(octets));
    let explained = Twins::new(limits).explain(&message.octets());
    match &explained.events[3].kind {
        EventKind::Record(record) => match &record.values[..] {
            [Value::List(list)] => (**list).clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn list(element: u16, octets: &[u8]) -> List {
    list_within(Limits::default(), element, octets)
}

fn unread(list: &List) -> Vec<Why> {
    list.unread.iter().map(|unread| unread.why).collect()
}

#[test]
fn a_basic_list_has_values_of_one_element() {
    let list = list(291, &[&[3][..], &shorts(&[7, 2, 80, 443])].concat());
    assert_eq!(list.semantic_name(), Some("allOf"));
    let Items::Values { field, values } = list.items else {
        panic!()
    };
    assert_eq!(&*field.unwrap().name, "sourceTransportPort");
    assert_eq!(values, [Value::Unsigned(80), Value::Unsigned(443)]);
}

#[test]
fn a_basic_list_may_be_of_an_enterprises_element() {
    let octets = [&[255][..], &shorts(&[0x8001, 1]), &[0, 0, 0, 9, 7, 8]].concat();
    let list = list(291, &octets);
    let Items::Values { field, values } = list.items else {
        panic!()
    };
    assert_eq!(&*field.unwrap().name, "9/1");
    assert_eq!(
        values,
        [Value::Octets([7].into()), Value::Octets([8].into())]
    );
}

#[test]
fn lists_of_records_have_their_layout_and_values() {
    let records = [10, 0, 0, 1, 0, 5, 10, 0, 0, 2, 0, 6];
    let one = list(292, &[&[4, 1, 0][..], &records].concat());
    let several = list(293, &[&[0, 1, 0, 0, 16][..], &records].concat());
    for list in [one, several] {
        let Items::Records(groups) = list.items else {
            panic!()
        };
        assert_eq!(groups[0].layout.id, 256);
        let octets: Vec<_> = groups[0].records.iter().map(|values| &values[1]).collect();
        assert_eq!(octets, [&Value::Unsigned(5), &Value::Unsigned(6)]);
    }
}

#[test]
fn b057_b059_what_cannot_be_read_is_said_with_its_place() {
    let unknown = list(292, &[3, 9, 9, 1, 2]);
    assert_eq!(unread(&unknown), [Why::Template(0x0909)]);
    assert_eq!(
        (unknown.unread[0].octets, unknown.unread[0].at > 16),
        (2, true)
    );
    let endless = list(291, &[&[3][..], &shorts(&[7, 0, 1])].concat());
    assert_eq!(unread(&endless), [Why::Malformed]);
    let empty_entry = list(293, &[3, 1, 0, 0, 0]);
    assert_eq!(unread(&empty_entry), [Why::Malformed]);
    let cut = list(293, &[3, 1]);
    assert_eq!(unread(&cut), [Why::Malformed]);
    assert_eq!(unread(&list(292, &[3])), [Why::Malformed]);
    assert_eq!(unread(&list(291, &[3, 0])), [Why::Malformed]);
}

#[test]
fn b058_lists_are_read_no_deeper_than_the_limits_say_and_never_below_sixteen() {
    let mut octets = vec![3, 1, 45];
    for _ in 0..20 {
        octets = [&[3, 1, 45][..], &counted(&octets)].concat();
    }
    for (limit, depth) in [(1, 1), (4, 4), (1_000, 16)] {
        let limits = Limits {
            structured_depth: limit,
            ..Limits::default()
        };
        let (mut list, mut found) = (list_within(limits, 292, &octets), 0);
        loop {
            if unread(&list) == [Why::TooDeep] {
                break;
            }
            found += 1;
            let Items::Records(groups) = &list.items else {
                panic!()
            };
            let within = groups.first().and_then(|group| group.records.first());
            match within.and_then(|values| values.first()) {
                Some(Value::List(inner)) => list = (**inner).clone(),
                _ => break,
            }
        }
        assert_eq!(found, depth, "with a limit of {limit}");
    }
}
