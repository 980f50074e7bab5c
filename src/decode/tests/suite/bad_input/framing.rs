//! B001 to B016: framing and lengths.

use decode::Reason;

use super::{Case, case};
use crate::encode::{Message, absolute_record};

pub(super) fn cases() -> Vec<Case> {
    [headers(), sets()].into_iter().flatten().collect()
}

fn with_flow(message: Message) -> Message {
    message.data(256, &[absolute_record()])
}

fn short_datagrams(case: Case) -> Case {
    let whole = [1_u16, 5, 7, 9, 10].map(|version| [&version.to_be_bytes()[..], &[0; 13]].concat());
    whole.into_iter().fold(case, |case, whole| {
        (1..=15).fold(case, |case, octets| case.send(whole[..octets].to_vec()))
    })
}

fn headers() -> Vec<Case> {
    let one = || with_flow(Message::ipfix());
    let length = u16::try_from(one().octets().len()).unwrap();
    vec![
        case("B001", "an empty datagram")
            .send(Vec::new())
            .counts(Reason::Empty, 1),
        short_datagrams(case("B002", "datagrams of 1 to 15 octets")).counts(Reason::Short, 75),
        case("B003", "unknown versions, and text")
            .send(vec![0; 40])
            .send(vec![0xFF; 40])
            .send(b"GET / HTTP/1.1\r\n\r\n".to_vec())
            .counts(Reason::VersionUnknown, 3),
        case("B003", "versions that are known and not decoded")
            .send([&[0, 8][..], &[0; 70]].concat())
            .send([&[0, 0, 0, 2][..], &[0; 70]].concat())
            .send([&[0, 0, 0, 4][..], &[0; 70]].concat())
            .counts(Reason::NetflowV8, 1)
            .counts(Reason::Sflow, 2),
        case("B004", "IPFIX of length 0")
            .send(one().octets_of(0))
            .counts(Reason::LengthMismatch, 1),
        (1..16)
            .fold(case("B005", "IPFIX of length 1 to 15"), |case, length| {
                case.send(one().octets_of(length))
            })
            .counts(Reason::LengthMismatch, 15),
        case("B006", "IPFIX longer than its datagram")
            .send(one().octets_of(length + 1))
            .send(one().octets_of(u16::MAX))
            .counts(Reason::LengthMismatch, 2),
        case("B007", "IPFIX shorter than its datagram")
            .send(one().raw(&[1, 2, 3, 4, 5]).octets_of(length))
            .flows(1)
            .counts(Reason::TrailingOctets, 1)
            .check(|seen| {
                let counters = seen.collector.decoder.counters();
                assert_eq!(counters.reason(Reason::TrailingOctets).octets, 5);
            }),
        case("B015", "v9 headers with a wrong count")
            .send(with_flow(Message::v9()).octets_of(0))
            .send(with_flow(Message::v9()).octets_of(9))
            .send(with_flow(Message::v9()).octets_of(u16::MAX))
            .flows(3),
        case("B016", "two IPFIX messages in one datagram")
            .send([one().octets(), one().octets()].concat())
            .flows(1)
            .counts(Reason::TrailingOctets, 1),
        case("B016", "two v9 messages in one datagram")
            .send(
                with_flow(Message::v9())
                    .raw(&with_flow(Message::v9()).octets())
                    .octets(),
            )
            .counts(Reason::SetLength, 1),
    ]
}

fn sets() -> Vec<Case> {
    let of_length = |case: Case, octets| {
        case.send_both(|message| with_flow(message).set_of(300, octets, &[1, 2, 3, 4]))
    };
    vec![
        of_length(case("B008", "a set of length 0"), 0).counts(Reason::SetLength, 2),
        (1..4)
            .fold(case("B009", "sets of length 1 to 3"), of_length)
            .counts(Reason::SetLength, 6),
        of_length(case("B010", "a set longer than its message"), 9).counts(Reason::SetLength, 2),
        of_length(case("B011", "a set of length 65,535"), u16::MAX).counts(Reason::SetLength, 2),
        case("B010", "octets after the last set that are no set")
            .send(with_flow(Message::v9()).raw(&[1, 2, 3]).octets())
            .send(with_flow(Message::ipfix()).raw(&[1, 2, 3]).octets())
            .flows(1)
            .counts(Reason::TrailingOctets, 1)
            .counts(Reason::SetLength, 1),
        case("B010", "what was skipped before the fault is not counted")
            .send_both(|message| {
                message
                    .set(99, &[0; 8])
                    .set(300, &[0; 8])
                    .set_of(300, 1, &[])
            })
            .counts(Reason::SetLength, 2),
        case("B012", "hundreds of empty sets")
            .send_both(|message| {
                let empty = (0..300).fold(message, |message, _| message.set(256, &[]));
                with_flow(empty.set(300, &[]))
            })
            .flows(2)
            .counts(Reason::ShortDataSet, 600)
            .counts(Reason::NoTemplate, 2),
        case("B014", "a v9 message filled up with zeros")
            .send(with_flow(Message::v9()).raw(&[0; 100]).octets())
            .flows(1)
            .counts(Reason::TrailingOctets, 1),
        case("B014", "an IPFIX message filled up with zeros")
            .send(with_flow(Message::ipfix()).raw(&[0; 100]).octets())
            .counts(Reason::SetLength, 1),
    ]
}
