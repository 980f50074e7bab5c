//! Laws that hold for any input.

use std::net::IpAddr;
use std::panic::{RefUnwindSafe, UnwindSafe};

use decode::{Datagram, Decoder, Limits, Reason, SequenceCounters};
use flow::{OriginalFlow, ReceiveTime};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::encode::{
    ABSOLUTE, Field, Message, V4, V5, V5Record, VARIABLE, absolute_record, record, v4_record,
};
use crate::support::{Collector, assert_balanced, source};

/// An exporter that has sent templates of all kinds.
pub(crate) fn acquainted() -> Collector {
    let mut collector = Collector::default();
    for message in [Message::v9(), Message::ipfix()] {
        let varying = [(82, VARIABLE), (8, 4), (12, 4), (1, 4), (95, VARIABLE)];
        let repeated = [(8, 4), (12, 4), (27, 16), (28, 16), (8, 4), (12, 4), (1, 3)];
        let message = message
            .template(256, &ABSOLUTE)
            .template(257, &V4)
            .template(258, &varying)
            .template(259, &repeated)
            .options(260, &[(144, 4)], &[(48, 1), (34, 4), (160, 8)]);
        collector.flows(&message.octets());
    }
    collector
}

/// A good message of one protocol or another.
pub(crate) fn good(at: usize) -> Vec<u8> {
    let message = match at % 3 {
        0 => return V5::new(1 + at % 7).octets(),
        1 => Message::v9(),
        _ => Message::ipfix(),
    };
    let message = message.template(300, &V4).data(300, &[v4_record()]);
    let message = message.data(256, &vec![absolute_record(); 1 + at % 5]);
    message.options(301, &[(144, 4)], &[(34, 4)]).octets()
}

/// A message with lists in lists, and withdrawals.
pub(crate) fn listing() -> Vec<u8> {
    let message = Message::ipfix().template(256, &[(8, 4), (12, 4), (1, 4)]);
    let message = message
        .template(301, &[(292, VARIABLE)])
        .template(302, &[(291, VARIABLE)]);
    let message = message.template(303, &[(293, VARIABLE), (10, 4)]);
    let list = [&[15, 3, 1, 0][..], &[7; 12]].concat();
    let lists = [&[19, 3, 1, 45][..], &list].concat();
    let basic = [&[21, 3, 1, 36, 255, 255][..], &list].concat();
    let multi = [
        &[21, 3, 1, 0, 0, 16][..],
        &[7; 12],
        &[1, 0, 0, 4, 0, 0, 0, 5],
    ]
    .concat();
    let message = message.set(301, &lists).set(302, &basic).set(303, &multi);
    message.set(2, &[1, 0, 0, 0]).set(2, &[0, 2, 0, 0]).octets()
}

/// Octets, and what is done to them.
#[derive(Debug, Clone)]
pub(crate) enum Damage {
    Set(Index, u8),
    SetHead(usize, u8),
    Cut(Index),
    Insert(Index, Vec<u8>),
}

pub(crate) fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        6 => (any::<Index>(), any::<u8>()).prop_map(|(at, to)| Damage::Set(at, to)),
        6 => (0..64_usize, any::<u8>()).prop_map(|(at, to)| Damage::SetHead(at, to)),
        1 => any::<Index>().prop_map(Damage::Cut),
        1 => (any::<Index>(), prop::collection::vec(any::<u8>(), 1..9))
            .prop_map(|(at, octets)| Damage::Insert(at, octets)),
    ]
}

impl Damage {
    pub(crate) fn apply(&self, octets: &mut Vec<u8>) {
        if octets.is_empty() {
            return;
        }
        match self {
            Self::Set(at, to) => {
                let at = at.index(octets.len());
                octets[at] = *to;
            }
            Self::SetHead(at, to) => {
                let at = at % octets.len();
                octets[at] = *to;
            }
            Self::Cut(at) => octets.truncate(at.index(octets.len())),
            Self::Insert(at, more) => {
                let at = at.index(octets.len());
                octets.splice(at..at, more.iter().copied());
            }
        }
    }
}

/// Octets that begin like a message of some version.
pub(crate) fn noise() -> impl Strategy<Value = Vec<u8>> {
    let version = select(vec![0, 1, 5, 7, 9, 10, 255_u8]);
    let octets = prop::collection::vec(prop_oneof![any::<u8>(), 0..5_u8], 0..300);
    (version, octets).prop_map(|(version, mut octets)| {
        let head = [0, version];
        let len = octets.len().min(2);
        octets[..len].copy_from_slice(&head[..len]);
        if version == 10 && octets.len() >= 4 {
            let stated = u16::try_from(octets.len()).unwrap();
            octets[2..4].copy_from_slice(&stated.to_be_bytes());
        }
        octets
    })
}

/// Sends a datagram and checks what holds of any.
fn send_any(collector: &mut Collector, octets: &[u8]) {
    let (flows, report) = collector.receive(source(1, 2_055), octets);
    assert_eq!(flows.len(), (report.records + report.biflows) as usize);
    assert!(report.error.is_none() || flows.is_empty());
    if let Some(error) = report.error {
        assert!(error.offset <= octets.len());
    }
    for flow in flows {
        assert!(flow.start_ms <= flow.end_ms);
        assert!(flow.end_seen_ms <= collector.received_ms);
        assert!(collector.received_ms - flow.end_seen_ms <= 86_400_000);
    }
}

proptest! {
    #[test]
    fn noise_never_panics_and_is_all_counted(
        datagrams in prop::collection::vec(noise(), 1..20),
    ) {
        let mut collector = acquainted();
        for octets in &datagrams {
            send_any(&mut collector, octets);
        }
        assert_balanced(collector.decoder.counters());
        prop_assert_eq!(collector.decoder.counters().total().datagrams, 2 + datagrams.len() as u64);
    }

    #[test]
    fn damaged_messages_never_panic_and_are_all_counted(
        datagrams in prop::collection::vec(
            (0..30_usize, prop::collection::vec(damage(), 1..6)), 1..12,
        ),
    ) {
        let mut collector = acquainted();
        for (at, damages) in &datagrams {
            let mut octets = good(*at);
            damages.iter().for_each(|damage| damage.apply(&mut octets));
            send_any(&mut collector, &octets);
        }
        assert_balanced(collector.decoder.counters());
    }

    #[test]
    fn damaged_messages_of_a_stream_never_panic_and_are_all_counted(
        messages in prop::collection::vec(
            (prop::collection::vec(damage(), 0..4), any::<bool>()), 1..12,
        ),
    ) {
        let mut collector = Collector::default();
        for (damages, ends) in &messages {
            let mut octets = listing();
            damages.iter().for_each(|damage| damage.apply(&mut octets));
            let (flows, report) = collector.receive_stream(source(1, 2_055), &octets);
            prop_assert_eq!(flows.len(), (report.records + report.biflows) as usize);
            if *ends || report.close {
                collector.decoder.end_session(source(1, 2_055));
            }
        }
        assert_balanced(collector.decoder.counters());
        prop_assert_eq!(collector.decoder.pending(), (0, 0));
    }

    #[test]
    fn what_waits_is_decoded_dropped_for_a_reason_or_still_waits(
        steps in prop::collection::vec(
            (0..3_u8, 256..260_u16, 0..3_u16, 0..2_000_i64, prop::collection::vec(damage(), 0..2)),
            1..60,
        ),
        pending_octets in 0..4_000_usize,
    ) {
        let mut collector = Collector::new(Limits {
            pending_octets,
            pending_octets_per_exporter: 2_500,
            pending_ms: 5_000,
            template_lifetime_ms: 10_000,
            template_lifetime_least_ms: 1_000,
            ..Limits::default()
        });
        for (what, id, port, ms, damages) in &steps {
            collector.received_ms += ms;
            let message = Message::ipfix();
            let message = match what {
                0 => message.template(*id, &ABSOLUTE),
                1 => message.data(*id, &[absolute_record()]),
                _ => message.data(*id, &[absolute_record()]).template(*id, &ABSOLUTE),
            };
            let mut octets = message.octets();
            damages.iter().for_each(|damage| damage.apply(&mut octets));
            collector.receive(source(1, *port), &octets);
        }
        let count = |reasons: &[Reason]| reasons.iter().map(|&r| collector.count(r)).sum::<u64>();
        let waited = count(&[Reason::NoTemplate, Reason::TemplateExpired]);
        let left = count(&[
            Reason::PendingDecoded,
            Reason::PendingMalformed,
            Reason::PendingFull,
            Reason::PendingExpired,
            Reason::PendingEnded,
        ]);
        let (held, octets) = collector.decoder.pending();
        prop_assert_eq!(waited, left + held as u64);
        prop_assert!(octets <= pending_octets.min(2_500));
        prop_assert!(held > 0 || octets == 0);
    }

    #[test]
    fn a_rejected_datagram_leaves_no_trace_but_its_count(
        at in 0..30_usize,
        damages in prop::collection::vec(damage(), 1..4),
        after in 0..30_usize,
    ) {
        let (mut clean, mut damaged) = (acquainted(), acquainted());
        let mut octets = good(at);
        damages.iter().for_each(|damage| damage.apply(&mut octets));
        let (_, report) = damaged.receive(source(1, 2_055), &octets);
        prop_assume!(report.error.is_some());
        let follow = good(after);
        prop_assert_eq!(clean.flows(&follow), damaged.flows(&follow));
        let records = Message::v9().data(300, &[v4_record()]).octets();
        prop_assert_eq!(clean.flows(&records), damaged.flows(&records));
    }

    #[test]
    fn a_plan_changes_nothing_and_depends_on_nothing_else(at in 0..30_usize, held in 0..3_usize) {
        let collector = acquainted();
        let octets = good(at);
        let before = collector.decoder.counters().total().clone();
        let datagram = Datagram {
            source: source(1, 2_055),
            received: ReceiveTime::from_millis(collector.received_ms),
            payload: &octets,
        };
        let earlier = Collector::default().flows(&V5::new(held).octets());
        let plans = [0, 1].map(|_| collector.decoder.plan(datagram, earlier.clone()));
        prop_assert_eq!(&before, collector.decoder.counters().total());
        let [first, second] = plans.map(|plan| Decoder::new(Limits::default()).apply(plan));
        prop_assert_eq!(&first, &second);
        prop_assert_eq!(&first.0[..held], &earlier[..], "flows are appended");
        prop_assert_eq!(first.0.len() - held, first.1.records as usize);
    }

    #[test]
    fn a_rejected_datagram_gives_the_buffer_back_as_it_was(held in 0..5_usize) {
        let mut collector = acquainted();
        let earlier = collector.flows(&V5::new(held).octets());
        let bad = Message::v9().data(256, &[absolute_record()]).set_of(300, 1, &[]).octets();
        let datagram = Datagram {
            source: source(1, 2_055),
            received: ReceiveTime::from_millis(collector.received_ms),
            payload: &bad,
        };
        let plan = collector.decoder.plan(datagram, earlier.clone());
        prop_assert_eq!(collector.decoder.apply(plan).0, earlier);
    }
}

/// What a record of random layout says.
#[derive(Debug, Clone)]
struct Told {
    src: u32,
    dst: u32,
    ports: (u16, u16),
    octets: u64,
    packets: u32,
    ended_ago: u32,
    lasted: u32,
    name: u16,
}

fn told() -> impl Strategy<Value = Told> {
    let addrs = (1..=u32::MAX, any::<u32>());
    let counters = (any::<u64>(), any::<u32>());
    let times = (0..86_400_000_u32, 0..1_000_000_000_u32);
    (addrs, any::<(u16, u16)>(), counters, times, 0..300_u16).prop_map(
        |((src, dst), ports, (octets, packets), (ended_ago, lasted), name)| Told {
            src,
            dst,
            ports,
            octets,
            packets,
            ended_ago,
            lasted,
            name,
        },
    )
}

/// Element, length and value of each field that says it, and some that say nothing.
fn fields_of(told: &Told) -> Vec<(Field, u128)> {
    let end = crate::encode::EXPORT_MS - i64::from(told.ended_ago);
    let start = end - i64::from(told.lasted);
    let millis = |time: i64| u128::try_from(time).unwrap();
    vec![
        ((8, 4), told.src.into()),
        ((12, 4), told.dst.into()),
        ((7, 2), told.ports.0.into()),
        ((11, 2), told.ports.1.into()),
        ((4, 1), 17),
        ((1, 8), told.octets.into()),
        ((2, 4), told.packets.into()),
        ((152, 8), millis(start)),
        ((153, 8), millis(end)),
        ((82, VARIABLE), told.name.into()),
        ((9, 1), 24),
        ((15, 4), 0xFFFF_FFFF),
        ((6_000, 7), 0xFF),
    ]
}

fn assert_told(flow: &OriginalFlow, told: &Told) {
    let end = crate::encode::EXPORT_MS - i64::from(told.ended_ago);
    assert_eq!(flow.key.src_addr, IpAddr::from(told.src.to_be_bytes()));
    assert_eq!(flow.key.dst_addr, IpAddr::from(told.dst.to_be_bytes()));
    assert_eq!((flow.key.src_port, flow.key.dst_port), told.ports);
    assert_eq!(flow.bytes, told.octets);
    assert_eq!(flow.packets, u64::from(told.packets));
    assert_eq!(flow.end_ms, end);
    assert_eq!(flow.start_ms, end - i64::from(told.lasted));
}

fn encoded(told: &Told, order: &[usize]) -> (Vec<Field>, Vec<u8>) {
    let all = fields_of(told);
    let (fields, values): (Vec<Field>, Vec<u128>) = order.iter().map(|&at| all[at]).unzip();
    let record = record(&fields, &values);
    (fields, record)
}

proptest! {
    #[test]
    fn what_is_encoded_in_any_order_of_fields_is_decoded(
        records in prop::collection::vec(told(), 1..12),
        order in Just((0..13).collect::<Vec<usize>>()).prop_shuffle(),
        fixed in any::<bool>(),
        ipfix in any::<bool>(),
        cuts in prop::collection::vec(any::<bool>(), 12),
        padding in 0..4_usize,
    ) {
        // Element 9 is the one of variable length.
        let order: Vec<usize> = order.into_iter().filter(|&at| !(fixed && at == 9)).collect();
        let (fields, _) = encoded(&records[0], &order);
        let message = if ipfix { Message::ipfix() } else { Message::v9() };
        let mut whole = message.template(300, &fields);
        let mut body = Vec::new();
        for (told, cut) in records.iter().zip(cuts) {
            body.extend(encoded(told, &order).1);
            if cut {
                body.resize(body.len() + padding, 0);
                whole = whole.set(300, &std::mem::take(&mut body));
            }
        }
        let message = whole.set(300, &body);
        let mut collector = Collector::default();
        let flows = collector.flows(&message.octets());
        prop_assert_eq!(flows.len(), records.len());
        for (flow, told) in flows.iter().zip(&records) {
            assert_told(flow, told);
        }
    }

    #[test]
    fn records_split_over_messages_are_the_same_flows(
        records in prop::collection::vec(told(), 2..12),
        cut in any::<Index>(),
    ) {
        let order: Vec<usize> = (0..13).collect();
        let (fields, _) = encoded(&records[0], &order);
        let encoded: Vec<Vec<u8>> = records.iter().map(|told| encoded(told, &order).1).collect();
        let known = || {
            let mut collector = Collector::default();
            collector.flows(&Message::ipfix().template(300, &fields).octets());
            collector
        };
        let cut = cut.index(records.len());
        let (mut one, mut two) = (known(), known());
        let whole = one.flows(&Message::ipfix().data(300, &encoded).octets());
        let mut parts = two.flows(&Message::ipfix().data(300, &encoded[..cut]).octets());
        let second = Message::ipfix().sequence(u32::try_from(cut).unwrap());
        parts.extend(two.flows(&second.data(300, &encoded[cut..]).octets()));
        prop_assert_eq!(whole, parts);
        prop_assert_eq!(two.decoder.counters().total().sequence, SequenceCounters::default());
    }

    #[test]
    fn v5_records_are_decoded_as_encoded(
        records in prop::collection::vec(any::<(u32, u32, u32, u32, u16, u16, u8)>(), 0..40),
    ) {
        let made = records.iter().map(|&(src, dst, packets, octets, in_if, dst_port, tos)| {
            V5Record { src, dst, packets, octets, in_if, dst_port, tos, ..V5Record::default() }
        });
        let v5 = V5 { records: made.collect(), ..V5::new(0) };
        let flows = Collector::default().flows(&v5.octets());
        let read = flows.iter().map(|flow| {
            let addr = |addr: IpAddr| match addr {
                IpAddr::V4(v4) => v4.to_bits(),
                IpAddr::V6(_) => 0,
            };
            let narrow = |wide| u32::try_from(wide).unwrap();
            let in_if = u16::try_from(flow.in_if.unwrap()).unwrap();
            let key = flow.key;
            (addr(key.src_addr), addr(key.dst_addr), narrow(flow.packets), narrow(flow.bytes),
             in_if, key.dst_port, flow.tos.unwrap())
        });
        prop_assert_eq!(read.collect::<Vec<_>>(), records);
    }

    #[test]
    fn whatever_is_lost_is_counted_and_whatever_comes_late_is_not_missing(
        start in any::<u32>(),
        arrives in prop::collection::vec(any::<bool>(), 2..60),
        swaps in prop::collection::vec(0..60_usize, 0..6),
    ) {
        let mut numbers: Vec<u32> = (0..).zip(&arrives).filter(|(_, there)| **there)
            .map(|(at, _)| start.wrapping_add(at)).collect();
        prop_assume!(numbers.len() >= 2);
        let (first, last) = (numbers[0], numbers[numbers.len() - 1]);
        let missing = last.wrapping_sub(first) as usize + 1 - numbers.len();
        // The first and the last keep their places, so that the span is the same.
        for at in swaps {
            let at = 1 + at % numbers.len();
            if at + 2 < numbers.len() {
                numbers.swap(at, at + 1);
            }
        }
        let mut collector = Collector::default();
        for &number in &numbers {
            collector.flows(&Message::v9().sequence(number).octets());
        }
        let sequence = collector.decoder.counters().total().sequence;
        prop_assert_eq!(sequence.missing(), missing as u64);
        prop_assert_eq!((sequence.duplicated, sequence.restarted, sequence.unconfirmed), (0, 0, 0));
    }
}

#[test]
fn a_panic_in_plan_may_be_caught_and_a_decoder_may_move_to_another_thread() {
    const fn assert_fit<T: RefUnwindSafe + UnwindSafe + Send + Sync>() {}
    assert_fit::<Decoder>();
    assert_fit::<decode::Plan>();
}
