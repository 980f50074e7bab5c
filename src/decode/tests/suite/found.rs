//! Defects that fuzzing and comparison with other decoders found, and that are gone.

use decode::Reason;

use crate::encode::{EXPORT_MS, Message, VARIABLE, record};
use crate::support::Collector;

#[test]
fn one_uptime_since_an_unknown_start_makes_no_duration() {
    for uptime in [(21, 4), (22, 4)] {
        let fields = [(8, 4), (12, 4), uptime];
        let message = Message::ipfix().template(300, &fields);
        let message = message.data(300, &[record(&fields, &[1, 2, 3_000_000])]);
        let mut collector = Collector::default();
        let flow = collector.flow(&message.octets());
        assert_eq!((flow.start_ms, flow.end_ms), (EXPORT_MS, EXPORT_MS));
        collector.assert_counts(&[(Reason::TimeUnanchored, 1)]);
    }
}

#[test]
fn a_number_of_variable_length_is_counted_as_unreadable() {
    let fields = [(8, 4), (12, 4), (2, VARIABLE), (1, 4)];
    let message = Message::ipfix().template(300, &fields);
    let message = message.data(300, &[record(&fields, &[1, 2, 8, 40])]);
    let mut collector = Collector::default();
    let flow = collector.flow(&message.octets());
    assert_eq!((flow.packets, flow.bytes), (0, 40));
    collector.assert_counts(&[(Reason::FieldLength, 1), (Reason::TimeMissing, 1)]);
}
