//! Templates, records and notes in the order of their message.

use std::net::IpAddr;

use decode::explain::{Event, EventKind, Record, TemplateState, Value};
use decode::{Limits, Protocol, Reason, Transport};

use super::twins::Twins;
use crate::encode::{EXPORT_MS, Field, Message, UPTIME, V4, V5, shorts, specs, v4_record};
use crate::support::source;

fn record(event: &Event) -> &Record {
    match &event.kind {
        EventKind::Record(record) | EventKind::Options(record) => record,
        other => panic!("{other:?}"),
    }
}

fn value<'a>(record: &'a Record, name: &str) -> &'a Value {
    let fields = &record.layout.fields;
    let at = fields.iter().position(|field| &*field.name == name);
    &record.values[at.unwrap()]
}

/// What each event is, in a word.
fn words(events: &[Event]) -> Vec<&'static str> {
    let words = events.iter().map(|event| match &event.kind {
        EventKind::Template(template) => match template.state {
            TemplateState::New => "new",
            TemplateState::Repeated => "repeated",
            TemplateState::Replaced => "replaced",
            TemplateState::Refused => "refused",
        },
        EventKind::Withdrawal { .. } => "withdrawal",
        EventKind::Options(_) => "options",
        EventKind::Record(_) => "record",
        EventKind::Sample(_) => "sample",
        EventKind::Note(note) => note.reason.name(),
    });
    words.collect()
}

#[test]
fn a_message_is_told_in_its_order_with_offsets() {
    let message = Message::ipfix().sequence(9).template(256, &V4);
    let message = message.data(256, &[v4_record(), v4_record()]);
    let message = message.options(257, &[(149, 4)], &[(34, 4)]);
    let explained = Twins::default().explain(&message.octets());
    assert_eq!(words(&explained.events), ["new", "record", "record", "new"]);
    let places: Vec<_> = explained.events.iter().map(|e| (e.at, e.octets)).collect();
    let octets = v4_record().len();
    let data = 20 + 4 + 4 * V4.len() + 4;
    assert_eq!(places[0], (20, 4 + 4 * V4.len()));
    assert_eq!(places[1..3], [(data, octets), (data + octets, octets)]);
    let header = explained.header.unwrap();
    assert_eq!(
        (header.protocol, header.domain, header.sequence),
        (Protocol::Ipfix, 7, Some(9))
    );
    assert_eq!(header.exported.unwrap().to_string(), "2023-11-14T22:13:20Z");
}

#[test]
fn values_have_the_types_of_their_elements() {
    let message = Message::v9().template(256, &V4).data(256, &[v4_record()]);
    let explained = Twins::default().explain(&message.octets());
    let record = record(&explained.events[1]);
    let addr: IpAddr = [198, 18, 0, 1].into();
    assert_eq!(*value(record, "sourceIPv4Address"), Value::Address(addr));
    assert_eq!(
        *value(record, "destinationTransportPort"),
        Value::Unsigned(443)
    );
    assert_eq!(
        *value(record, "flowStartSysUpTime"),
        Value::Unsigned(u64::from(UPTIME) - 9_000)
    );
    assert_eq!(record.flows[0].start_ms, EXPORT_MS - 9_000);
    assert_eq!(explained.header.unwrap().uptime_ms, Some(UPTIME));
}

#[test]
fn elements_that_are_not_known_keep_their_octets() {
    let fields = [
        shorts(&[0x8000 | 12_345, 3]),
        vec![0, 0, 0, 9],
        specs(&[(600, 2)]),
    ]
    .concat();
    let body = [shorts(&[256, 2]), fields].concat();
    let message = Message::ipfix().set(2, &body).set(256, &[1, 2, 3, 4, 5]);
    let mut twins = Twins::default();
    let explained = twins.explain(&message.octets());
    assert_eq!(
        words(&explained.events),
        ["new", "element_unknown", "record", "no_key"]
    );
    assert_eq!(twins.plain.take_unknown_elements(), [(9, 12_345), (0, 600)]);
    twins.explain(&message.octets());
    assert_eq!(twins.plain.untold_elements(), 0, "each is told of once");
    let record = record(&explained.events[2]);
    assert_eq!(*value(record, "9/12345"), Value::Octets([1, 2, 3].into()));
    assert_eq!(*value(record, "0/600"), Value::Octets([4, 5].into()));
    assert!(record.layout.fields.iter().all(|field| !field.known));
    assert_eq!(record.reason, Some(Reason::NoKey));
}

#[test]
fn scopes_of_v9_are_named_by_their_own_numbers() {
    let scopes = [(1, 4), (2, 4), (3, 2), (4, 2), (5, 2)];
    let message = Message::v9().options(256, &scopes, &[(34, 4), (82, 4)]);
    let mut data = [0, 0, 0, 0, 0, 0, 0, 7, 0, 1, 0, 2, 1, 0].to_vec();
    data.extend([0, 0, 0, 100, b'e', b't', b'h', b'0']);
    let explained = Twins::default().explain(&message.set(256, &data).octets());
    let record = record(&explained.events[1]);
    let names: Vec<_> = record
        .layout
        .fields
        .iter()
        .map(|f| (&*f.name, f.scope))
        .collect();
    assert_eq!(
        names,
        [
            ("scopeSystem", true),
            ("scopeInterface", true),
            ("scopeLineCard", true),
            ("scopeCache", true),
            ("scopeTemplate", true),
            ("samplingInterval", false),
            ("interfaceName", false),
        ]
    );
    assert_eq!(*value(record, "scopeInterface"), Value::Unsigned(7));
    assert_eq!(*value(record, "interfaceName"), Value::Text("eth0".into()));
}

#[test]
fn records_of_v5_have_the_names_of_elements() {
    let explained = Twins::default().explain(&V5::new(2).octets());
    assert_eq!(words(&explained.events), ["record", "record"]);
    let header = explained.header.unwrap();
    assert_eq!(
        (header.domain, header.count, header.sampling),
        (0x0102, Some(2), Some(0))
    );
    assert_eq!(
        header.exported.unwrap().to_string(),
        "2023-11-14T22:13:20.250000000Z"
    );
    let record = record(&explained.events[1]);
    assert_eq!(explained.events[1].at, 24 + 48);
    assert_eq!(*value(record, "octetDeltaCount"), Value::Unsigned(3_400));
    assert_eq!(*value(record, "tcpControlBits"), Value::Unsigned(0x1B));
    assert_eq!(*value(record, "ipClassOfService"), Value::Unsigned(0x28));
    assert_eq!(*value(record, "sourceIPv4PrefixLength"), Value::Unsigned(0));
}

#[test]
fn what_waits_is_said_to_wait_and_told_when_its_template_comes() {
    let mut twins = Twins::default();
    let data = Message::ipfix().data(256, &[v4_record()]).octets();
    let waits = twins.explain(&data);
    assert_eq!(words(&waits.events), ["no_template"]);
    assert_eq!(waits.events[0].at, 16);
    let received_ms = twins.received_ms;
    twins.received_ms += 500;
    let came = twins.explain(&Message::ipfix().template(256, &V4).octets());
    assert_eq!(words(&came.events), ["new", "record", "pending_decoded"]);
    let waited = came.events[1].waited.unwrap();
    assert_eq!((came.events[1].at, waited.millis()), (4, received_ms));
    assert_eq!(came.events[0].waited, None);
}

#[test]
fn what_waited_and_does_not_fit_is_void() {
    let mut twins = Twins::default();
    let variable: [Field; 2] = [(8, 4), (82, 0xFFFF)];
    let set = [1, 1, 1, 1, 1, 9, 2, 2, 2, 2, 200, 0];
    twins.explain(&Message::ipfix().set(256, &set).octets());
    let came = twins.explain(&Message::ipfix().template(256, &variable).octets());
    assert_eq!(words(&came.events), ["new", "record", "pending_malformed"]);
    let void: Vec<_> = came.events.iter().map(|event| event.void).collect();
    assert_eq!(void, [false, true, false]);
}

#[test]
fn of_a_message_that_is_rejected_everything_is_void() {
    let message = Message::v9().template(256, &V4).data(256, &[v4_record()]);
    let message = message.set_of(300, 3, &[]);
    let explained = Twins::default().explain(&message.octets());
    assert_eq!(explained.error().unwrap().kind.reason(), Reason::SetLength);
    assert_eq!(words(&explained.events), ["new", "record"]);
    assert!(explained.events.iter().all(|event| event.void));
    assert!(explained.header.is_some());
}

#[test]
fn templates_say_what_they_changed() {
    let mut twins = Twins::default();
    let one = Message::ipfix().template(256, &V4).octets();
    assert_eq!(words(&twins.explain(&one).events), ["new"]);
    assert_eq!(words(&twins.explain(&one).events), ["repeated"]);
    let other = Message::ipfix().template(256, &[(8, 4)]).octets();
    assert_eq!(
        words(&twins.explain(&other).events),
        ["replaced", "template_replaced"]
    );
    let empty = Message::ipfix().template(256, &[(8, 0)]).octets();
    assert_eq!(
        words(&twins.explain(&empty).events),
        ["refused", "template_empty", "template_replaced"]
    );
}

#[test]
fn withdrawals_are_told_over_either_transport() {
    let withdrawal = Message::ipfix().set(2, &[1, 0, 0, 0]).octets();
    let mut twins = Twins::default();
    assert_eq!(
        words(&twins.explain(&withdrawal).events),
        ["withdrawal", "withdrawal_ignored"]
    );
    let mut stream = |octets: &[u8]| {
        words(
            &twins
                .receive(Transport::Stream, source(1, 4_739), octets)
                .events,
        )
    };
    assert_eq!(
        stream(&Message::ipfix().template(256, &V4).octets()),
        ["new"]
    );
    assert_eq!(stream(&withdrawal), ["withdrawal", "template_withdrawn"]);
}

#[test]
fn notes_stand_where_they_belong() {
    let message = Message::v9().set(100, &[0; 4]).template(256, &V4);
    let mut late = v4_record();
    late[31..35].copy_from_slice(&UPTIME.to_be_bytes());
    let message = message.data(256, &[late, vec![0; 39]]).set(256, &[0; 8]);
    let mut twins = Twins::new(Limits {
        templates_per_exporter: 1,
        ..Limits::default()
    });
    let explained = twins.explain(&message.octets());
    assert_eq!(
        words(&explained.events),
        ["reserved_set", "new", "record", "record", "short_data_set"]
    );
    let first = record(&explained.events[2]);
    assert_eq!(first.notes[0].reason, Reason::EndBeforeStart);
    assert_eq!(
        record(&explained.events[3]).reason,
        Some(Reason::ZeroRecord)
    );
    let more = Message::v9().template(257, &V4).octets();
    let explained = twins.explain(&more);
    assert_eq!(words(&explained.events), ["new", "template_evicted"]);
    assert_eq!(explained.events[1].at, more.len());
}

#[test]
fn records_have_the_layout_of_their_template_however_many_there_are() {
    let ids = 300..500_u16;
    let fields = |id: u16| [(8, 4), (12, 4), (id, 1)];
    let templates = ids.clone().fold(Message::ipfix(), |message, id| {
        message.template(id, &fields(id))
    });
    let twice = ids.clone().chain(ids);
    let message = twice.fold(templates, |message, id| message.set(id, &[1; 9]));
    let explained = Twins::default().explain(&message.octets());
    let records: Vec<&Record> = explained
        .events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::Record(_)))
        .map(record)
        .collect();
    assert_eq!(records.len(), 400);
    for record in records {
        assert_eq!(record.layout.fields[2].id, record.layout.id);
    }
}
