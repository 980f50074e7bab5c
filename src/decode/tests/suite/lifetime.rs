//! How long templates are used over UDP: C24, C25, N06, N08, B042, B086, T34, T35.

use decode::{Limits, Reason};

use crate::encode::{ABSOLUTE, EXPORT, Message, UPTIME, V4, absolute_record, v4_record};
use crate::support::{Collector, source};

const MINUTE: i64 = 60_000;

fn template() -> Vec<u8> {
    Message::ipfix().template(256, &ABSOLUTE).octets()
}

fn data() -> Vec<u8> {
    Message::ipfix().data(256, &[absolute_record()]).octets()
}

/// Flows of data so many minutes after the first datagram, if templates came at some.
fn flows_after(collector: &mut Collector, templates: &[i64], minutes: i64) -> usize {
    let began = collector.received_ms;
    for at in templates {
        collector.received_ms = began + at * MINUTE;
        collector.flows(&template());
    }
    collector.received_ms = began + minutes * MINUTE;
    collector.flows(&data()).len()
}

#[test]
fn a_template_is_used_for_an_hour_and_then_for_three_times_what_was_learnt() {
    for (templates, minutes, flows) in [
        (&[0][..], 60, 1),
        (&[0], 61, 0),
        (&[0, 10], 40, 1),
        (&[0, 10], 41, 0),
        (&[0, 1], 11, 1),
        (&[0, 1], 12, 0),
    ] {
        let mut collector = Collector::default();
        assert_eq!(flows_after(&mut collector, templates, minutes), flows);
        assert_eq!(collector.count(Reason::TemplateExpired), 1 - flows as u64);
    }
}

#[test]
fn a_refresh_of_a_day_is_learnt_at_its_first_repetition() {
    let mut collector = Collector::default();
    assert_eq!(flows_after(&mut collector, &[0, 1_440], 4 * 1_440), 1);
}

#[test]
fn t35_data_after_expiry_wait_until_the_template_comes_again() {
    let mut collector = Collector::default();
    assert_eq!(flows_after(&mut collector, &[0], 61), 0);
    assert_eq!(collector.count(Reason::TemplateExpired), 1);
    assert_eq!(collector.flows(&template()).len(), 1);
    assert_eq!(collector.count(Reason::PendingDecoded), 1);
    assert_eq!(collector.flows(&data()).len(), 1);
    assert_eq!(collector.count(Reason::TemplateReplaced), 0);
}

#[test]
fn t35_an_expired_template_is_alive_again_within_the_message_that_repeats_it() {
    let mut collector = Collector::default();
    assert_eq!(flows_after(&mut collector, &[0], 61), 0);
    let both = Message::ipfix().template(256, &ABSOLUTE);
    let both = both.data(256, &[absolute_record()]).octets();
    assert_eq!(collector.flows(&both).len(), 2);
}

#[test]
fn t34_a_template_may_be_repeated_and_changed_within_its_life() {
    let mut collector = Collector::default();
    assert_eq!(flows_after(&mut collector, &[0, 1, 2], 3), 1);
    collector.flows(&Message::ipfix().template(256, &[(8, 4), (12, 4)]).octets());
    assert_eq!(
        collector
            .flows(&Message::ipfix().set(256, &[1; 16]).octets())
            .len(),
        2
    );
    assert_eq!(collector.count(Reason::TemplateReplaced), 1);
}

#[test]
fn lifetimes_are_set_by_the_limits() {
    let limits = Limits {
        template_lifetime_ms: 2 * MINUTE,
        template_lifetime_least_ms: 0,
        ..Limits::default()
    };
    for (templates, minutes, flows) in [(&[0][..], 2, 1), (&[0], 3, 0), (&[0, 2], 8, 1)] {
        let mut collector = Collector::new(limits);
        assert_eq!(flows_after(&mut collector, templates, minutes), flows);
    }
}

#[test]
fn an_expired_template_of_another_port_is_not_used_either() {
    let mut collector = Collector::default();
    collector.receive(source(1, 1), &template());
    collector.received_ms += 61 * MINUTE;
    assert!(collector.receive(source(1, 2), &data()).0.is_empty());
    assert_eq!(collector.count(Reason::TemplateExpired), 1);
}

/// A v9 message so many seconds after the first.
fn v9(at: u32, uptime: u32, sequence: u32) -> Message {
    let message = Message::v9().secs(EXPORT + at);
    message.uptime(uptime).sequence(sequence)
}

/// Sends what an exporter sends before a restart: template 256 and 257, and data.
fn before_restart(collector: &mut Collector) {
    let message = v9(0, UPTIME, 5_000).template(256, &V4).template(257, &V4);
    collector.flows(&message.octets());
    collector.flows(&v9(1, UPTIME + 1_000, 5_001).octets());
    collector.received_ms += 100_000;
}

fn v9_flows(collector: &mut Collector, message: Message, id: u16) -> usize {
    collector.received_ms += 1;
    collector
        .flows(&message.data(id, &[v4_record()]).octets())
        .len()
}

#[test]
fn the_templates_of_an_exporter_that_started_anew_are_dropped_but_for_new_ones() {
    let mut collector = Collector::default();
    before_restart(&mut collector);
    let first = v9(100, 3_000, 0).template(256, &V4);
    assert_eq!(v9_flows(&mut collector, first, 256), 1);
    assert_eq!(v9_flows(&mut collector, v9(101, 4_000, 1), 256), 1);
    assert_eq!(collector.count(Reason::TemplateOutdated), 1);
    assert_eq!(v9_flows(&mut collector, v9(102, 5_000, 2), 256), 1);
    assert_eq!(v9_flows(&mut collector, v9(102, 5_000, 3), 257), 0);
    assert_eq!(collector.count(Reason::NoTemplate), 1);
}

#[test]
fn one_forged_restart_costs_no_template() {
    let mut collector = Collector::default();
    before_restart(&mut collector);
    v9_flows(&mut collector, v9(100, 3_000, 0), 256);
    for sequence in 5_002..5_010 {
        let message = v9(100, UPTIME + 100_000, sequence);
        assert_eq!(v9_flows(&mut collector, message, 257), 1);
    }
    assert_eq!(collector.count(Reason::TemplateOutdated), 0);
}

#[test]
fn a_restart_concerns_its_own_domain_alone() {
    let mut collector = Collector::default();
    before_restart(&mut collector);
    collector.flows(&v9(1, UPTIME, 0).domain(8).template(256, &V4).octets());
    for (uptime, sequence) in [(3_000, 0), (4_000, 1)] {
        collector.received_ms += 1;
        collector.flows(&v9(100, uptime, sequence).octets());
    }
    assert_eq!(collector.count(Reason::TemplateOutdated), 2);
    let other = v9(101, UPTIME + 100_000, 1).domain(8);
    assert_eq!(v9_flows(&mut collector, other, 256), 1);
}
