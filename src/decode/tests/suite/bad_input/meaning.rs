//! B104 to B108: sampling.

use decode::Reason;

use super::{Case, Seen, case};
use crate::encode::{Field, Message, absolute_record, record};

pub(super) fn cases() -> Vec<Case> {
    [told(), stated()].into_iter().flatten().collect()
}

/// Options data of these elements; the scope is the exporter.
fn options(message: Message, fields: &[Field], values: &[u128]) -> Message {
    let all = [&[(144, 4)][..], fields].concat();
    let values = [&[1][..], values].concat();
    let message = message.options(300, &[(144, 4)], fields);
    message.data(300, &[record(&all, &values)])
}

fn with_flow(message: Message) -> Message {
    message.data(256, &[absolute_record()])
}

/// A record with these elements beside addresses and absolute times.
fn sampled(message: Message, fields: &[Field], values: &[u128]) -> Message {
    let fields = [&[(8, 4), (12, 4), (153, 8)][..], fields].concat();
    let end = u128::from(crate::encode::EXPORT) * 1_000;
    let values = [&[1, 2, end][..], values].concat();
    message
        .template(301, &fields)
        .data(301, &[record(&fields, &values)])
}

fn rates(expected: &'static [u32]) -> impl Fn(&Seen) {
    move |seen| {
        let rate = |flow: &flow::OriginalFlow| flow.sampling_rate.map_or(0, |rate| rate.get());
        let rates: Vec<u32> = seen.flows.iter().map(rate).collect();
        assert_eq!(rates, expected, "0 is unknown");
    }
}

fn told() -> Vec<Case> {
    let interface_v9 = |index: u32, rate: u32| {
        let message = Message::v9().options(302, &[(2, 4)], &[(34, 4)]);
        let octets = [index.to_be_bytes(), rate.to_be_bytes()].concat();
        message.set(302, &octets)
    };
    vec![
        case("B104", "a sampling rate that comes after the data")
            .send_both(with_flow)
            .send_both(|m| options(m, &[(34, 4)], &[100]))
            .send_both(with_flow)
            .flows(4)
            .check(rates(&[0, 0, 100, 100])),
        case("B104", "a sampling rate in the middle of a message")
            .send_both(|m| with_flow(options(with_flow(m), &[(34, 4)], &[100])))
            .flows(4)
            .check(rates(&[0, 100, 0, 100])),
        case("B105", "several samplers, by their IDs")
            .send_both(|m| {
                let m = options(m, &[(48, 1), (50, 4)], &[1, 10]);
                let m = options(m, &[(48, 1), (50, 4)], &[2, 20]);
                options(m, &[(302, 4), (305, 4), (306, 4)], &[3, 1, 29])
            })
            .send_both(|m| sampled(m, &[(48, 2)], &[1]))
            .send_both(|m| sampled(m, &[(48, 1)], &[2]))
            .send_both(|m| sampled(m, &[(302, 8)], &[3]))
            .send_both(|m| sampled(m, &[(48, 1)], &[4]))
            .flows(8)
            .counts(Reason::TemplateReplaced, 8)
            .check(rates(&[10, 10, 20, 20, 30, 30, 0, 0])),
        case("B105", "rates of interfaces, before the exporter's own")
            .send(interface_v9(3, 10).octets())
            .send(interface_v9(5, 20).octets())
            .send(options(Message::v9(), &[(34, 4)], &[40]).octets())
            .send(sampled(Message::v9(), &[(10, 4)], &[3]).octets())
            .send(sampled(Message::v9(), &[(10, 2)], &[5]).octets())
            .send(sampled(Message::v9(), &[(10, 2)], &[6]).octets())
            .send(sampled(Message::v9(), &[(14, 2)], &[3]).octets())
            .flows(4)
            .counts(Reason::TemplateReplaced, 2)
            .check(rates(&[10, 20, 40, 40])),
        case(
            "B105",
            "records of several samplers and interfaces in one set",
        )
        .send(interface_v9(3, 10).octets())
        .send(interface_v9(5, 20).octets())
        .send(options(Message::v9(), &[(48, 1), (50, 4)], &[1, 30]).octets())
        .send(options(Message::v9(), &[(48, 1), (50, 4)], &[2, 40]).octets())
        .send({
            let fields = [(8, 4), (12, 4), (21, 4), (10, 2), (48, 1)];
            let of = |interface, sampler| record(&fields, &[1, 2, 3, interface, sampler]);
            let records = [of(3, 0), of(5, 1), of(5, 0), of(3, 2), of(3, 9), of(4, 0)];
            let message = Message::v9().template(301, &fields);
            message.uptime(5).data(301, &records).octets()
        })
        .flows(6)
        .check(rates(&[10, 30, 20, 40, 10, 0])),
        case(
            "B108",
            "a sampling rate that changes in mid-stream, and ends",
        )
        .send_both(|m| with_flow(options(m, &[(34, 4)], &[100])))
        .send_both(|m| with_flow(options(m, &[(34, 4)], &[200])))
        .send_both(|m| with_flow(options(m, &[(34, 4)], &[0])))
        .flows(6)
        .check(rates(&[100, 100, 200, 200, 0, 0])),
    ]
}

fn stated() -> Vec<Case> {
    let absurd = 1 << 25;
    vec![
        case(
            "B106",
            "an interval of packets, a space, a population, or the old interval",
        )
        .send_both(|m| sampled(m, &[(34, 4)], &[7]))
        .send_both(|m| sampled(m, &[(305, 4), (306, 4)], &[2, 198]))
        .send_both(|m| sampled(m, &[(305, 4), (306, 4)], &[1, 0]))
        .send_both(|m| sampled(m, &[(305, 4), (309, 4), (310, 4)], &[1, 1, 256]))
        .send_both(|m| sampled(m, &[(305, 4)], &[1]))
        .send_both(|m| sampled(m, &[(34, 4), (305, 4), (306, 4)], &[0, 1, 9]))
        .flows(12)
        .counts(Reason::TemplateReplaced, 8)
        .check(rates(&[7, 7, 100, 100, 1, 1, 256, 256, 0, 0, 10, 10])),
        case("B106", "a record's own rate before that of its exporter")
            .send_both(|m| options(m, &[(34, 4)], &[100]))
            .send_both(|m| sampled(m, &[(34, 4)], &[7]))
            .send_both(|m| sampled(m, &[(34, 4)], &[0]))
            .flows(4)
            .check(rates(&[7, 7, 100, 100])),
        case("B107", "rates of 0 and absurd ones are unknown")
            .send_both(|m| sampled(m, &[(34, 4)], &[0]))
            .send_both(|m| sampled(m, &[(34, 4)], &[absurd]))
            .send_both(|m| with_flow(options(m, &[(34, 4)], &[absurd])))
            .flows(6)
            .counts(Reason::SamplingImplausible, 4)
            .check(rates(&[0; 6])),
    ]
}
