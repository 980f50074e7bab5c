//! IPFIX over streams: C15, C19 to C21, C30, C32, T06 to T09, T28, T31 to T33, B048.

use decode::{Limits, Reason};

use crate::encode::{ABSOLUTE, Message, absolute_record, shorts};
use crate::support::{Collector, source};

/// A session of one exporter.
struct Session {
    collector: Collector,
    port: u16,
}

impl Session {
    fn new() -> Self {
        Self {
            collector: Collector::default(),
            port: 40_000,
        }
    }

    /// One that has sent the templates 256 and 257 and the options template 258.
    fn acquainted() -> Self {
        let mut session = Self::new();
        let message = Message::ipfix().template(256, &ABSOLUTE);
        let message = message.template(257, &ABSOLUTE);
        session.send(&message.options(258, &[(144, 4)], &[(34, 4)]));
        session
    }

    /// How many flows and options records a message gives.
    fn send(&mut self, message: &Message) -> (usize, u32) {
        let from = source(1, self.port);
        let (flows, report) = self.collector.receive_stream(from, &message.octets());
        assert_eq!(report.error, None);
        assert!(!report.close);
        (flows.len(), report.options_records)
    }

    fn knows(&mut self, id: u16) -> bool {
        self.send(&data(Message::ipfix(), id)) == (1, 0)
    }

    fn knows_options(&mut self) -> bool {
        self.send(&Message::ipfix().set(258, &[0; 8])) == (0, 1)
    }

    fn known(&mut self) -> (bool, bool, bool) {
        (self.knows(256), self.knows(257), self.knows_options())
    }

    fn withdraw(&mut self, set: u16, id: u16) {
        self.send(&Message::ipfix().set(set, &shorts(&[id, 0])));
    }
}

fn data(message: Message, id: u16) -> Message {
    message.data(id, &[absolute_record()])
}

#[test]
fn t06_a_template_is_gone_after_its_withdrawal() {
    let mut session = Session::acquainted();
    assert_eq!(session.known(), (true, true, true));
    session.withdraw(2, 256);
    assert_eq!(session.known(), (false, true, true));
    assert_eq!(session.collector.count(Reason::TemplateWithdrawn), 1);
}

#[test]
fn t06_an_options_template_is_gone_after_its_withdrawal() {
    let mut session = Session::acquainted();
    session.withdraw(3, 258);
    assert_eq!(session.known(), (true, true, false));
}

#[test]
fn t07_t08_a_withdrawal_of_an_unknown_template_is_ignored_and_counted() {
    let mut session = Session::acquainted();
    for id in [256, 256, 999] {
        session.withdraw(2, id);
    }
    assert_eq!(session.collector.count(Reason::WithdrawalUnknown), 2);
    assert_eq!(session.known(), (false, true, true));
}

#[test]
fn t09_all_templates_or_all_options_templates_go_at_once() {
    let mut session = Session::acquainted();
    session.withdraw(2, 2);
    assert_eq!(session.known(), (false, false, true));
    session.withdraw(3, 3);
    assert_eq!(session.known(), (false, false, false));
    assert_eq!(session.collector.count(Reason::TemplateWithdrawn), 3);
}

#[test]
fn t09_a_withdrawal_of_all_spares_what_has_become_of_the_other_kind() {
    let mut session = Session::acquainted();
    let message = Message::ipfix().set(2, &shorts(&[256, 0]));
    let message = message.options(256, &[(144, 4)], &[(34, 4)]);
    let message = message.set(2, &shorts(&[2, 0]));
    assert_eq!(session.send(&message.set(256, &[0; 8])), (0, 1));
    assert_eq!(session.send(&Message::ipfix().set(256, &[0; 8])), (0, 1));
    assert_eq!(session.known(), (false, false, true));
}

#[test]
fn t09_a_withdrawal_of_all_concerns_its_own_domain_alone() {
    let mut session = Session::acquainted();
    session.send(&Message::ipfix().domain(8).template(256, &ABSOLUTE));
    session.withdraw(2, 2);
    assert_eq!(session.send(&data(Message::ipfix().domain(8), 256)).0, 1);
}

#[test]
fn c19_a_withdrawal_takes_effect_where_it_stands_in_the_message() {
    let mut session = Session::acquainted();
    let message = data(Message::ipfix(), 256).set(2, &shorts(&[256, 0]));
    let message = data(message, 256).template(256, &[(8, 4), (12, 4)]);
    assert_eq!(session.send(&message.set(256, &[1; 16])).0, 1 + 2);
    assert_eq!(session.collector.count(Reason::NoTemplate), 1);
}

#[test]
fn c19_a_template_of_the_same_message_is_withdrawn_too() {
    let mut session = Session::new();
    for id in [256, 2] {
        let message = Message::ipfix().template(256, &ABSOLUTE);
        session.send(&message.set(2, &shorts(&[id, 0])));
        assert!(!session.knows(256));
    }
}

#[test]
fn t33_data_after_a_withdrawal_are_dropped_and_do_not_wait() {
    let mut session = Session::acquainted();
    session.withdraw(2, 256);
    assert!(!session.knows(256));
    assert_eq!(session.collector.decoder.pending(), (0, 0));
    assert_eq!(
        session.send(&Message::ipfix().template(256, &ABSOLUTE)).0,
        0
    );
    assert!(session.knows(256));
}

#[test]
fn t31_the_same_template_again_is_no_error() {
    let mut session = Session::acquainted();
    session.send(&Message::ipfix().template(256, &ABSOLUTE));
    assert!(session.knows(256));
    session.collector.assert_counts(&[]);
}

#[test]
fn t32_another_definition_without_a_withdrawal_closes_the_session() {
    let mut session = Session::acquainted();
    let changed = Message::ipfix().template(256, &[(8, 4), (12, 4)]);
    let from = source(1, session.port);
    let (_, report) = session.collector.receive_stream(from, &changed.octets());
    assert_eq!(
        report.error.unwrap().to_string(),
        "octet 20: another definition of template 256, where a withdrawal was expected before it"
    );
    assert!(report.close);
    assert_eq!(session.collector.count(Reason::TemplateRedefined), 1);
}

#[test]
fn b041_templates_live_as_long_as_their_session() {
    let mut session = Session::acquainted();
    session.collector.received_ms += 365 * 86_400_000;
    assert!(session.knows(256));
}

#[test]
fn t23_what_a_session_told_ends_with_it() {
    let mut session = Session::acquainted();
    let rate = Message::ipfix().set(258, &[0, 0, 0, 1, 0, 0, 0, 9]);
    session.send(&rate);
    let other = source(1, 50_000);
    let template = Message::ipfix().template(256, &ABSOLUTE).octets();
    session.collector.receive_stream(other, &template);
    session
        .collector
        .decoder
        .end_session(source(1, session.port));
    assert_eq!(session.known(), (false, false, false));
    let record = data(Message::ipfix(), 256).octets();
    assert_eq!(session.collector.receive_stream(other, &record).0.len(), 1);

    session.send(&Message::ipfix().template(256, &ABSOLUTE));
    let source = source(1, session.port);
    let (flows, report) = session.collector.receive_stream(source, &record);
    assert_eq!(flows[0].sampling_rate, None, "rates are forgotten");
    assert_eq!(report.sequence.duplicated, 0, "positions are forgotten");
}

#[test]
fn a_session_that_ends_gives_its_octets_back() {
    let mut session = Session::new();
    session.collector = Collector::new(Limits {
        template_octets_per_exporter: 3_000,
        ..Limits::default()
    });
    for _ in 0..20 {
        session.send(&Message::ipfix().template(256, &ABSOLUTE));
        assert!(session.knows(256));
        let ended = source(1, session.port);
        session.collector.decoder.end_session(ended);
        session.port += 1;
    }
    session.collector.assert_counts(&[]);
}

#[test]
fn c32_state_never_goes_from_one_transport_or_session_to_another() {
    let mut session = Session::acquainted();
    let from = source(1, session.port);
    let record = data(Message::ipfix(), 256).octets();
    assert!(session.collector.receive(from, &record).0.is_empty());
    let other = source(1, 50_000);
    assert!(
        session
            .collector
            .receive_stream(other, &record)
            .0
            .is_empty()
    );
    let template = Message::ipfix().template(257, &ABSOLUTE).octets();
    session.collector.receive(from, &template);
    session.collector.decoder.end_session(from);
    let record = data(Message::ipfix(), 257).octets();
    assert_eq!(session.collector.receive(from, &record).0.len(), 1);
    assert_eq!(session.collector.count(Reason::TemplateRoamed), 0);
}

/// Whether the last of some messages asks to close the stream.
fn closes(messages: &[Vec<u8>]) -> bool {
    let mut session = Session::acquainted();
    let from = source(1, session.port);
    let reports = messages
        .iter()
        .map(|octets| session.collector.receive_stream(from, octets).1.close);
    reports.last().unwrap()
}

#[test]
fn t28_malformed_messages_in_a_row_close_the_stream() {
    let bad = || Message::ipfix().set_of(300, 1, &[]).octets();
    let good = || Message::ipfix().octets();
    assert!(!closes(&[bad(), bad()]));
    assert!(closes(&[bad(), bad(), bad()]));
    assert!(!closes(&[bad(), bad(), good(), bad(), bad()]));
}

#[test]
fn a_stream_that_is_out_of_step_is_closed_at_once() {
    let whole = Message::ipfix().octets();
    assert!(closes(&[whole[..15].to_vec()]));
    assert!(closes(&[Message::v9().octets()]));
    assert!(closes(&[Message::ipfix().octets_of(17)]));
}

#[test]
fn nothing_over_udp_asks_to_close() {
    let mut collector = Collector::default();
    for _ in 0..10 {
        let bad = Message::ipfix().set_of(300, 1, &[]).octets();
        assert!(!collector.receive(source(1, 2_055), &bad).1.close);
    }
}
