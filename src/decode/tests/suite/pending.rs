//! Data before its template (RFC 3954, 9; RFC 7011, 8 and 9.3): C18, N07, I02, B111.

use std::net::SocketAddr;

use decode::{Limits, Reason};
use flow::{OriginalFlow, ReceiveTime};

use crate::encode::{
    ABSOLUTE, EXPORT_MS, Field, Message, V4, VARIABLE, absolute_record, v4_record,
};
use crate::golden::tcp_flow;
use crate::support::{Collector, TRANSIT_MS, assert_balanced, source};

const FROM: fn() -> SocketAddr = || source(1, 2_055);

fn data(message: Message) -> Vec<u8> {
    message.data(256, &[absolute_record()]).octets()
}

fn template(message: Message) -> Vec<u8> {
    message.template(256, &ABSOLUTE).octets()
}

/// The flow of a message that was received so many milliseconds after its export.
fn flow_received_after(ms: i64) -> OriginalFlow {
    let flow = tcp_flow();
    OriginalFlow {
        end_seen_ms: flow.end_seen_ms - TRANSIT_MS + ms,
        ..flow
    }
}

#[test]
fn data_are_decoded_in_their_order_by_their_own_times_before_the_data_after_them() {
    for make in [Message::v9, Message::ipfix] {
        let mut collector = Collector::default();
        for (ms, packets) in [(20, 1), (30, 2)] {
            collector.received_ms = EXPORT_MS + ms;
            let mut record = absolute_record();
            record[15 + 3] = packets;
            assert!(
                collector
                    .flows(&make().data(256, &[record]).octets())
                    .is_empty()
            );
        }
        assert_eq!(collector.decoder.pending().0, 2);
        collector.received_ms = EXPORT_MS + 5_000;
        let message = make().template(256, &ABSOLUTE);
        let (flows, report) = collector.receive(FROM(), &data(message));
        let expected = [(20, 1), (30, 2), (5_000, 12)].map(|(ms, packets)| OriginalFlow {
            packets,
            ..flow_received_after(ms)
        });
        assert_eq!(flows, expected);
        assert_eq!(report.records, 3);
        assert_eq!(collector.decoder.pending(), (0, 0));
        collector.assert_counts(&[(Reason::NoTemplate, 2), (Reason::PendingDecoded, 2)]);
    }
}

#[test]
fn uptimes_are_those_of_the_message_that_the_data_came_with() {
    let mut collector = Collector::default();
    let early = Message::v9().data(256, &[v4_record()]).octets();
    collector.flows(&early);
    let later = Message::v9().uptime(3_600_000 + 60_000).sequence(1);
    let later = later.secs(crate::encode::EXPORT + 60);
    let flows = collector.flows(&later.template(256, &V4).octets());
    assert_eq!(flows, [tcp_flow()]);
}

#[test]
fn each_template_releases_what_waits_for_it_and_nothing_else() {
    let mut collector = Collector::default();
    for id in [256, 257] {
        let message = Message::v9().data(id, &[absolute_record()]);
        collector.flows(&message.octets());
    }
    let other = Message::v9().domain(8).data(256, &[absolute_record()]);
    collector.flows(&other.octets());
    collector.receive(source(2, 2_055), &data(Message::v9()));
    assert_eq!(collector.flows(&template(Message::ipfix())).len(), 0);
    assert_eq!(collector.flows(&template(Message::v9())).len(), 1);
    assert_eq!(collector.decoder.pending().0, 3);
    assert_eq!(collector.flows(&template(Message::v9())).len(), 0);
}

#[test]
fn options_data_wait_too() {
    let mut collector = Collector::default();
    let rate = Message::v9().set(300, &[0, 0, 0, 1, 0, 0, 0, 9]).octets();
    collector.flows(&rate);
    let options = Message::v9().options(300, &[(144, 4)], &[(34, 4)]);
    let (_, report) = collector.receive(FROM(), &options.octets());
    assert_eq!(report.options_records, 1);
    let message = Message::v9().template(256, &ABSOLUTE);
    let flow = collector.flow(&data(message));
    assert_eq!(flow.sampling_rate.unwrap().get(), 9);
}

#[test]
fn data_of_one_port_go_by_the_template_of_another_as_if_they_came_after_it() {
    let mut collector = Collector::default();
    collector.receive(source(1, 1), &data(Message::v9()));
    let (flows, _) = collector.receive(source(1, 2), &template(Message::v9()));
    assert_eq!(flows.len(), 1);
    assert_eq!(collector.count(Reason::TemplateRoamed), 1);
}

#[test]
fn a_template_that_is_refused_releases_nothing() {
    let mut collector = Collector::default();
    collector.flows(&data(Message::v9()));
    let empty = Message::v9().template(256, &[(8, 0)]).octets();
    assert_eq!(collector.flows(&empty).len(), 0);
    assert_eq!(collector.flows(&template(Message::v9())).len(), 1);
}

#[test]
fn a_message_that_is_rejected_releases_nothing() {
    let mut collector = Collector::default();
    collector.flows(&data(Message::v9()));
    let bad = Message::v9().template(256, &ABSOLUTE).set_of(300, 1, &[]);
    let (flows, report) = collector.receive(FROM(), &bad.octets());
    assert!(report.error.is_some() && flows.is_empty());
    assert_eq!(collector.decoder.pending().0, 1);
    assert_eq!(collector.flows(&template(Message::v9())).len(), 1);
}

#[test]
fn what_waits_in_a_message_that_is_rejected_does_not_wait() {
    let mut collector = Collector::default();
    let message = Message::v9().data(256, &[absolute_record()]);
    collector.flows(&message.set_of(300, 1, &[]).octets());
    assert_eq!(collector.decoder.pending(), (0, 0));
}

#[test]
fn data_that_do_not_fit_their_template_cost_only_themselves() {
    let varying: [Field; 3] = [(8, 4), (12, 4), (82, VARIABLE)];
    let mut collector = Collector::default();
    let good = [[1; 8], [2; 8]].map(|pair| [&pair[..], &[1, 7]].concat());
    let bad = [good[0].clone(), vec![1, 2, 3, 4, 5, 6, 7, 8, 200]].concat();
    for records in [good.concat(), bad, good.concat()] {
        collector.flows(&Message::v9().set(256, &records).octets());
    }
    let message = Message::v9().template(256, &varying);
    let (flows, report) = collector.receive(FROM(), &message.octets());
    assert_eq!((flows.len(), report.records, report.error), (4, 4, None));
    assert_eq!(collector.count(Reason::PendingDecoded), 2);
    assert_eq!(collector.count(Reason::PendingMalformed), 1);
    assert_balanced(collector.decoder.counters());
}

#[test]
fn data_wait_for_their_time_and_no_longer() {
    let limits = Limits {
        pending_ms: 1_000,
        ..Limits::default()
    };
    for (later_ms, flows) in [(1_000, 1), (1_001, 0)] {
        let mut collector = Collector::new(limits);
        collector.flows(&data(Message::v9()));
        collector.received_ms += later_ms;
        assert_eq!(collector.flows(&template(Message::v9())).len(), flows);
        assert_eq!(collector.decoder.pending(), (0, 0));
        assert_eq!(collector.count(Reason::PendingExpired), 1 - flows as u64);
    }
}

#[test]
fn time_drops_what_waits_also_when_its_exporter_is_silent() {
    let mut collector = Collector::default();
    collector.flows(&data(Message::v9()));
    let now = |ms| ReceiveTime::from_millis(ms);
    collector
        .decoder
        .expire(now(collector.received_ms + 900_000));
    assert_eq!(collector.decoder.pending().0, 1);
    collector
        .decoder
        .expire(now(collector.received_ms + 900_001));
    assert_eq!(collector.decoder.pending(), (0, 0));
    let set = absolute_record().len() as u64 + 4;
    let expired = collector.decoder.counters().reason(Reason::PendingExpired);
    assert_eq!((expired.events, expired.octets), (1, set));
    assert_balanced(collector.decoder.counters());
}

#[test]
fn an_exporter_fills_its_own_room_and_what_waits_there_stays() {
    let mut collector = Collector::new(Limits {
        pending_octets_per_exporter: 1_000,
        ..Limits::default()
    });
    for _ in 0..10 {
        collector.flows(&data(Message::v9()));
    }
    let held = collector.decoder.pending().0;
    assert_eq!(held, 2);
    collector.receive(source(2, 2_055), &data(Message::v9()));
    assert_eq!(collector.decoder.pending().0, held + 1);
    assert_eq!(collector.count(Reason::PendingFull), 8);
    assert_eq!(collector.flows(&template(Message::v9())).len(), held);
}

#[test]
fn all_together_fill_no_more_than_their_room_and_new_ones_half_of_it() {
    let mut collector = Collector::new(Limits {
        pending_octets: 2_000,
        ..Limits::default()
    });
    let known = source(100, 2_055);
    for later_ms in [0, 60_000] {
        collector.received_ms += later_ms;
        collector.receive(known, &Message::v9().domain(9).octets());
    }
    for last in 0..10 {
        collector.receive(source(last, 2_055), &data(Message::v9()));
    }
    let (sets, octets) = collector.decoder.pending();
    assert!(sets == 2 && octets <= 1_000, "{sets} {octets}");
    assert_eq!(collector.count(Reason::PendingFull), 8);
    for _ in 0..10 {
        collector.receive(known, &data(Message::v9()));
    }
    let (sets, octets) = collector.decoder.pending();
    assert!(sets == 5 && octets <= 2_000, "{sets} {octets}");
    assert_eq!(collector.count(Reason::PendingFull), 8 + 7);
}

#[test]
fn without_room_nothing_waits() {
    let mut collector = Collector::new(Limits {
        pending_octets_per_exporter: 0,
        ..Limits::default()
    });
    collector.flows(&data(Message::v9()));
    assert_eq!(collector.decoder.pending(), (0, 0));
    collector.assert_counts(&[(Reason::NoTemplate, 1), (Reason::PendingFull, 1)]);
}
