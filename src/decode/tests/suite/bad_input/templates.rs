//! B018 to B049: templates and options templates.

use std::net::IpAddr;

use decode::Reason;

use super::{Case, case};
use crate::encode::{
    ABSOLUTE, Field, Message, VARIABLE, absolute_record, record, shorts, specs, template_record,
};

pub(super) fn cases() -> Vec<Case> {
    let sections = [counts(), lengths(), elements(), options(), order()];
    sections.into_iter().flatten().collect()
}

const PAIR: [Field; 2] = [(8, 4), (12, 4)];

fn with_pair(more: &[Field]) -> Vec<Field> {
    [&PAIR[..], more].concat()
}

fn with_flow(message: Message) -> Message {
    message.data(256, &[absolute_record()])
}

/// A template record that claims another count of fields.
fn claiming(count: u16) -> Vec<u8> {
    [shorts(&[300, count]), specs(&ABSOLUTE)].concat()
}

fn counts() -> Vec<Case> {
    let template = |case: Case, record: Vec<u8>| {
        case.send_both(move |message| {
            let set = message.template_set_id();
            with_flow(message).set(set, &record)
        })
    };
    let of_id = |case, id| template(case, template_record(id, &ABSOLUTE));
    vec![
        template(
            case("B018", "more fields than the set has room for"),
            claiming(14),
        )
        .counts(Reason::TemplateTruncated, 2),
        template(case("B019", "65,535 fields claimed"), claiming(u16::MAX))
            .counts(Reason::TemplateTruncated, 2),
        case("B020", "the largest template that is legal")
            .send(Message::ipfix().template(300, &largest()).octets())
            .send(
                Message::ipfix()
                    .data(300, &[record(&largest(), &[1; 16_370])])
                    .octets(),
            )
            .flows(1)
            .counts(Reason::ElementUnknown, 16_368)
            .counts(Reason::TimeMissing, 1),
        [0, 1, 2, 3, 255]
            .into_iter()
            .fold(case("B027", "template IDs below 256"), of_id)
            .counts(Reason::TemplateId, 10),
    ]
}

fn largest() -> Vec<Field> {
    let mut fields = PAIR.to_vec();
    fields.resize(16_370, (999, 1));
    fields
}

fn lengths() -> Vec<Case> {
    vec![
        case("B021", "all fields of length 0, and data")
            .send_both(|message| {
                let message = message.template(300, &[(8, 0), (12, 0), (1, 0)]);
                with_flow(message.set(300, &[1; 40]))
            })
            .flows(2)
            .counts(Reason::TemplateEmpty, 2)
            .counts(Reason::NoTemplate, 2),
        case("B022", "one field of length 0 among others")
            .send_both(|message| {
                let fields = with_pair(&[(999, 0), (1, 4), (2, 0)]);
                let record = record(&fields, &[1, 2, 0, 77, 0]);
                message.template(300, &fields).data(300, &[record])
            })
            .flows(2)
            .counts(Reason::ElementUnknown, 2)
            .counts(Reason::TimeMissing, 2)
            .check(|seen| assert!(seen.flows.iter().all(|f| (f.bytes, f.packets) == (77, 0)))),
        case("B023", "all fields of variable length, all empty")
            .send_both(|message| {
                let message = message.template(300, &[(82, VARIABLE); 3]);
                with_flow(message.set(300, &[0; 300]))
            })
            .flows(2)
            .counts(Reason::NoKey, 200),
        case("B024", "lengths whose sum is beyond 65,535")
            .send_both(|message| {
                let message = message.template(300, &with_pair(&[(999, 65_534)]));
                let message = message.template(301, &[(999, 65_534)]);
                with_flow(message.set(300, &[1; 100]).set(301, &[1; 100]))
            })
            .flows(2)
            .counts(Reason::TemplateTooLong, 2)
            .counts(Reason::ElementUnknown, 2)
            .counts(Reason::NoTemplate, 2)
            .counts(Reason::ShortDataSet, 2),
        case("B025", "an IPv4 address of 50 octets, counters of 16")
            .send_both(|message| {
                let fields = [(8, 50), (12, 4), (1, 16), (2, 4)];
                let record = record(&fields, &[1, 2, 3, 4]);
                message.template(300, &fields).data(300, &[record])
            })
            .flows(2)
            .counts(Reason::FieldLength, 4)
            .counts(Reason::TimeMissing, 2)
            .check(|seen| {
                let flow = &seen.flows[0];
                assert_eq!(flow.key.src_addr, IpAddr::from([0, 0, 0, 0]));
                assert_eq!(flow.key.dst_addr, IpAddr::from([0, 0, 0, 2]));
                assert_eq!((flow.bytes, flow.packets), (0, 4));
            }),
        case("B026", "a variable length in v9")
            .send({
                let fields = [(95, VARIABLE), (8, 4), (12, 4), (1, 4)];
                let record = record(&fields, &[9, 1, 2, 77]);
                let message = Message::v9().template(300, &fields);
                message.data(300, &[record]).octets()
            })
            .flows(1)
            .counts(Reason::TimeMissing, 1)
            .check(|seen| assert_eq!(seen.flows[0].bytes, 77)),
    ]
}

/// A template record of raw Field Specifiers.
fn raw_template(fields: u16, octets: &[u8]) -> Vec<u8> {
    [&shorts(&[300, fields])[..], octets].concat()
}

fn enterprise(element: u16, length: u16, number: u32) -> Vec<u8> {
    [
        shorts(&[0x8000 | element, length]),
        number.to_be_bytes().to_vec(),
    ]
    .concat()
}

fn elements() -> Vec<Case> {
    let numbers = [(1, 4, 0), (1, 4, 29_305), (2, 4, 29_305), (8, 4, 4_711)]
        .map(|(element, length, number)| enterprise(element, length, number));
    let mixed = [specs(&PAIR), numbers.concat(), specs(&[(1, 4)])].concat();
    let reverse = [enterprise(1, 4, 29_305), enterprise(8, 4, 29_305)].concat();
    vec![
        case("B028", "an enterprise bit set by mistake")
            .send({
                let fields = [specs(&PAIR), shorts(&[0x8001, 4])].concat();
                Message::ipfix().set(2, &raw_template(3, &fields)).octets()
            })
            .send({
                let fields = with_pair(&[(0x8001, 4)]);
                let message = Message::v9().template(300, &fields);
                message.data(300, &[record(&fields, &[1, 2, 3])]).octets()
            })
            .flows(1)
            .counts(Reason::TemplateTruncated, 1)
            .counts(Reason::ElementUnknown, 1)
            .counts(Reason::TimeMissing, 1),
        case(
            "B029",
            "enterprise numbers 0, unknown, and of the reverse direction",
        )
        .send({
            let message = Message::ipfix().set(2, &raw_template(7, &mixed));
            let record = [1_u32, 2, 90, 91, 92, 93, 77]
                .map(u32::to_be_bytes)
                .concat();
            message.data(300, &[record]).octets()
        })
        .flows(2)
        .counts(Reason::ElementUnknown, 1)
        .counts(Reason::TimeMissing, 1)
        .check(|seen| {
            let amounts = |at: usize| (seen.flows[at].bytes, seen.flows[at].packets);
            assert_eq!((amounts(0), amounts(1)), ((77, 0), (91, 92)));
        }),
        case("B030", "reverse elements without a key")
            .send({
                let message = Message::ipfix().set(2, &raw_template(2, &reverse));
                with_flow(message.set(300, &[1; 16])).octets()
            })
            .flows(1)
            .counts(Reason::ReverseNoKey, 2),
        case(
            "B044",
            "the same element several times, with several lengths",
        )
        .send_both(|message| {
            let fields = with_pair(&[(1, 4), (1, 8), (1, 2), (7, 2), (7, 2), (8, 4)]);
            let record = record(&fields, &[1, 2, 0, 66, 55, 80, 81, 9]);
            message.template(300, &fields).data(300, &[record])
        })
        .flows(2)
        .counts(Reason::TimeMissing, 2)
        .check(|seen| {
            let flow = &seen.flows[1];
            assert_eq!((flow.bytes, flow.key.src_port), (66, 80));
            assert_eq!(flow.key.src_addr, IpAddr::from([0, 0, 0, 1]));
        }),
        case(
            "B045",
            "a flow label of 4 octets, a sampler of 2, a protocol of 2",
        )
        .send_both(|message| {
            let fields = with_pair(&[(31, 4), (48, 2), (4, 2), (1, 4)]);
            let record = record(&fields, &[1, 2, 3, 4, 17, 77]);
            message.template(300, &fields).data(300, &[record])
        })
        .flows(2)
        .counts(Reason::TimeMissing, 2)
        .check(|seen| {
            let flow = &seen.flows[0];
            assert_eq!((flow.key.protocol, flow.bytes), (17, 77));
        }),
        case("B046", "TCP options of 4 octets instead of 8")
            .send_both(|message| {
                let fields = with_pair(&[(209, 4), (1, 4)]);
                let record = record(&fields, &[1, 2, 3, 77]);
                message.template(300, &fields).data(300, &[record])
            })
            .flows(2)
            .counts(Reason::TimeMissing, 2)
            .check(|seen| assert_eq!(seen.flows[0].bytes, 77)),
    ]
}

fn options() -> Vec<Case> {
    let raw = |message: Message, numbers: &[u16]| {
        let body = [shorts(numbers), specs(&[(144, 4), (34, 4)])].concat();
        let set = message.template_set_id() + 1;
        with_flow(message.set(set, &body)).octets()
    };
    vec![
        case("B031", "IPFIX options without a scope")
            .send(raw(Message::ipfix(), &[300, 2, 0]))
            .counts(Reason::ScopeCount, 1),
        case(
            "B031",
            "v9 options without a scope, which v9 does not forbid",
        )
        .send({
            let message = Message::v9().options(300, &[], &[(34, 4)]);
            let message = message.data(300, &[record(&[(34, 4)], &[500])]);
            with_flow(message).octets()
        })
        .flows(1)
        .check(|seen| assert_eq!(seen.flows[0].sampling_rate.unwrap().get(), 500)),
        case("B032", "more scopes than fields")
            .send(raw(Message::ipfix(), &[300, 2, 3]))
            .counts(Reason::ScopeCount, 1),
        case("B033", "a scope of length 0")
            .send_both(|message| {
                let message = message.options(300, &[(1, 0)], &[(34, 4)]);
                let message = message.data(300, &[record(&[(34, 4)], &[500])]);
                with_flow(message)
            })
            .flows(2)
            .check(|seen| {
                let rates = seen
                    .flows
                    .iter()
                    .map(|flow| flow.sampling_rate.unwrap().get());
                assert!(rates.eq([500, 500]));
            }),
        case("B034", "v9 options of lengths that are no multiple of 4")
            .send(raw(Message::v9(), &[300, 3, 4]))
            .send(raw(Message::v9(), &[300, 4, 6]))
            .counts(Reason::ScopeCount, 2),
        case("B035", "v9 options longer than their set")
            .send(raw(Message::v9(), &[300, 4, 8]))
            .send(raw(Message::v9(), &[300, 0xFFFC, 0xFFFC]))
            .counts(Reason::TemplateTruncated, 2),
        case("B035", "options whose header is cut off")
            .send_both(|message| {
                let set = message.template_set_id() + 1;
                with_flow(message).set(set, &shorts(&[300, 4]))
            })
            .counts(Reason::TemplateTruncated, 2),
        case("B036", "v9 options of scopes only")
            .send({
                let message = Message::v9().options(300, &[(1, 4)], &[]);
                with_flow(message.set(300, &[1, 2, 3, 4])).octets()
            })
            .flows(1),
        case("B037", "options replaced while in use")
            .send_both(|message| {
                let (first, second) = ([(34, 4)], [(36, 2), (34, 2)]);
                let message = message.options(300, &[(144, 4)], &first);
                let message = message.set(300, &[0, 0, 0, 1, 0, 0, 0, 9]);
                let message = message.options(300, &[(144, 4)], &second);
                with_flow(message.set(300, &[0, 0, 0, 1, 0, 60, 1, 0]))
            })
            .flows(2)
            .counts(Reason::TemplateReplaced, 2)
            .check(|seen| assert_eq!(seen.flows[0].sampling_rate.unwrap().get(), 256)),
        case("B038", "an options template with the ID of a template")
            .send_both(|message| {
                let message = message.options(256, &[(144, 4)], &[(34, 4)]);
                message.set(256, &[0, 0, 0, 1, 0, 0, 0, 9])
            })
            .counts(Reason::TemplateReplaced, 2),
    ]
}

fn order() -> Vec<Case> {
    let data = |message: Message| message.data(300, &[absolute_record()]);
    let template = |message: Message| message.template(300, &ABSOLUTE);
    vec![
        case("B039", "a template and its data in one message, in order")
            .send_both(|message| data(template(message)))
            .flows(2),
        case("B039", "a template and its data in one message, data first")
            .send_both(|message| data(template(data(message))))
            .flows(4)
            .counts(Reason::NoTemplate, 2)
            .counts(Reason::PendingDecoded, 2),
        case("B040", "data before its template")
            .send_both(data)
            .send_both(template)
            .send_both(data)
            .flows(4)
            .counts(Reason::NoTemplate, 2)
            .counts(Reason::PendingDecoded, 2)
            .check(|seen| {
                let missed = seen.collector.decoder.counters().reason(Reason::NoTemplate);
                let set = absolute_record().len() as u64 + 4;
                assert_eq!(missed.octets, 2 * set);
            }),
        case("B047", "withdrawals over UDP")
            .send(with_flow(Message::ipfix().set(2, &shorts(&[256, 0]))).octets())
            .send(with_flow(Message::ipfix().set(2, &shorts(&[2, 0]))).octets())
            .send(with_flow(Message::ipfix().set(3, &shorts(&[3, 0]))).octets())
            .flows(3)
            .counts(Reason::WithdrawalIgnored, 3),
        case("B047", "a withdrawal over UDP of an unknown template")
            .send(with_flow(Message::ipfix().set(2, &shorts(&[999, 0]))).octets())
            .flows(1)
            .counts(Reason::WithdrawalIgnored, 1),
        case("B047", "a withdrawal over UDP between template and data")
            .send({
                let message = template(Message::ipfix()).set(2, &shorts(&[300, 0]));
                data(message).octets()
            })
            .flows(1)
            .counts(Reason::WithdrawalIgnored, 1),
        case(
            "B049",
            "a template damaged by one bad packet, then good ones",
        )
        .send_both(|message| {
            let set = message.template_set_id();
            message.set(set, &claiming(60_000))
        })
        .send_both(|message| data(template(message)))
        .flows(2)
        .counts(Reason::TemplateTruncated, 2),
        case("B049", "good templates of a message that is discarded")
            .send_both(|message| template(message).set_of(300, 3, &[]))
            .send_both(data)
            .counts(Reason::SetLength, 2)
            .counts(Reason::NoTemplate, 2),
    ]
}
