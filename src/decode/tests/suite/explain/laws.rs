//! Laws: whatever comes, what is explained is what was decoded.

use decode::explain::ExplainLimits;
use decode::{Limits, Transport};
use proptest::prelude::*;
use proptest::sample::Index;

use super::twins::Twins;
use crate::encode::{ABSOLUTE, Message, V4, VARIABLE, absolute_record};
use crate::laws::{damage, good, listing, noise};
use crate::sflow::laws::good as good_sflow;
use crate::support::source;

/// Twins that know templates of all kinds.
fn acquainted(limits: ExplainLimits) -> Twins {
    let mut twins = Twins::within(limits);
    for message in [Message::v9(), Message::ipfix()] {
        let varying = [(82, VARIABLE), (8, 4), (12, 4), (1, 4), (95, VARIABLE)];
        let repeated = [(8, 4), (12, 4), (27, 16), (28, 16), (8, 4), (12, 4), (1, 3)];
        let message = message
            .template(256, &ABSOLUTE)
            .template(257, &V4)
            .template(258, &varying)
            .template(259, &repeated)
            .options(260, &[(144, 4)], &[(48, 1), (34, 4), (160, 8)]);
        twins.explain(&message.octets());
    }
    twins
}

proptest! {
    #[test]
    fn noise_is_explained_as_it_is_decoded(datagrams in prop::collection::vec(noise(), 1..20)) {
        let mut twins = acquainted(ExplainLimits::default());
        for octets in &datagrams {
            twins.explain(octets);
        }
    }

    #[test]
    fn damaged_messages_are_explained_as_they_are_decoded(
        datagrams in prop::collection::vec(
            (0..30_usize, prop::collection::vec(damage(), 0..6), 0..3_u16), 1..12,
        ),
    ) {
        let mut twins = acquainted(ExplainLimits::default());
        for (at, damages, port) in &datagrams {
            let mut octets = good(*at);
            damages.iter().for_each(|damage| damage.apply(&mut octets));
            twins.receive(Transport::Udp, source(1, *port), &octets);
        }
    }

    #[test]
    fn damaged_messages_of_a_stream_are_explained_as_they_are_decoded(
        messages in prop::collection::vec(
            (prop::collection::vec(damage(), 0..4), any::<bool>()), 1..12,
        ),
    ) {
        let mut twins = Twins::default();
        for (damages, ends) in &messages {
            let mut octets = listing();
            damages.iter().for_each(|damage| damage.apply(&mut octets));
            let explained = twins.receive(Transport::Stream, source(1, 2_055), &octets);
            if *ends || explained.report.close {
                twins.end_session(source(1, 2_055));
            }
        }
    }

    #[test]
    fn what_waited_is_explained_when_it_is_decoded(
        steps in prop::collection::vec(
            (0..3_u8, 256..260_u16, 0..3_u16, 0..2_000_i64, prop::collection::vec(damage(), 0..2)),
            1..40,
        ),
    ) {
        let mut twins = Twins::new(Limits {
            pending_octets_per_exporter: 2_500,
            pending_ms: 5_000,
            template_lifetime_ms: 10_000,
            template_lifetime_least_ms: 1_000,
            templates_per_exporter: 3,
            ..Limits::default()
        });
        for (what, id, port, ms, damages) in &steps {
            twins.received_ms += ms;
            let message = Message::ipfix();
            let message = match what {
                0 => message.template(*id, &ABSOLUTE),
                1 => message.data(*id, &[absolute_record()]),
                _ => message.data(*id, &[absolute_record()]).template(*id, &ABSOLUTE),
            };
            let mut octets = message.octets();
            damages.iter().for_each(|damage| damage.apply(&mut octets));
            twins.receive(Transport::Udp, source(1, *port), &octets);
        }
    }

    #[test]
    fn damaged_samples_are_explained_as_they_are_decoded(
        samples in 0..8_usize,
        damages in prop::collection::vec((any::<Index>(), prop_oneof![any::<u8>(), 0..6_u8]), 0..8),
    ) {
        let mut octets = good_sflow(samples);
        for (at, to) in &damages {
            let at = at.index(octets.len());
            octets[at] = *to;
        }
        Twins::default().explain(&octets);
    }

    #[test]
    fn no_more_is_explained_than_allowed_and_the_rest_is_counted(
        at in 0..30_usize, events in 0..12_usize, values in 0..80_usize,
    ) {
        let octets = good(at);
        let all = Twins::default().explain(&octets);
        let limits = ExplainLimits { events, values };
        let some = Twins::within(limits).explain(&octets);
        prop_assert!(some.events.len() <= events);
        let left_out = usize::try_from(some.left_out.events).unwrap();
        prop_assert_eq!(some.events.len() + left_out, all.events.len());
        let (told, missing) = (told(&some.events), some.left_out.values);
        prop_assert!(told <= values);
        if left_out == 0 {
            prop_assert_eq!(told as u64 + missing, super::laws::told(&all.events) as u64);
        }
    }
}

/// Values and fields of layouts, each layout once: those of a message's own templates.
fn told(events: &[decode::explain::Event]) -> usize {
    use decode::explain::EventKind;
    let mut layouts: Vec<*const decode::explain::Layout> = Vec::new();
    let mut told = 0;
    for event in events {
        let layout = match &event.kind {
            EventKind::Record(record) | EventKind::Options(record) => {
                told += record.values.len();
                (record.layout.id > 0).then_some(&record.layout)
            }
            EventKind::Template(template) => Some(&template.layout),
            _ => None,
        };
        if let Some(layout) = layout
            && !layouts.contains(&std::sync::Arc::as_ptr(layout))
        {
            layouts.push(std::sync::Arc::as_ptr(layout));
            told += layout.fields.len();
        }
    }
    told
}

#[test]
fn b062_a_message_of_millions_of_fields_costs_no_more_than_the_limit() {
    let empty = vec![(210, 0); 8_000];
    let fields = [&empty[..], &[(4, 1)]].concat();
    let message = Message::ipfix()
        .template(256, &fields)
        .set(256, &[6; 30_000]);
    let mut twins = Twins::default();
    let explained = twins.explain(&message.octets());
    assert_eq!(explained.error(), None);
    let limit = ExplainLimits::default().values as u64;
    let of_template = 8_001;
    assert_eq!(
        explained.left_out.values,
        8_001 * 30_000 - (limit - of_template)
    );
}
