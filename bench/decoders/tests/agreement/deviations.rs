//! Where another decoder deviates from the standard. Each deviation says how a message
//! avoids it, which is all that is changed of random messages; and an example shows
//! that it is still there.

use decode::Protocol;
use decoders::{Export, Field, Message, Set, Template, Told};

use crate::sessions::{Name, compare};

/// A deviation from the standard.
struct Deviation {
    peer: Name,
    /// Where the standard says what is right.
    section: &'static str,
    /// What the peer does.
    does: &'static str,
    /// Changes a message so that it does not matter.
    avoid: fn(&mut Message),
    /// A message of which it matters.
    example: fn() -> Message,
}

const DEVIATIONS: &[Deviation] = &[
    Deviation {
        peer: Name::NetflowParser,
        section: "RFC 9565, 3",
        does: "keeps 9 of the 12 bits of tcpControlBits",
        avoid: |message| each_told(message, |told| told.flags &= 0x01FF),
        example: || {
            of(
                &[(6, 2)],
                Told {
                    flags: 0x0212,
                    ..Told::default()
                },
            )
        },
    },
    Deviation {
        peer: Name::NetflowParser,
        section: "RFC 7011, 7",
        does: "ends the Set at a variable-length field of no octets",
        avoid: |message| each_told(message, |told| told.name = told.name.max(1)),
        example: || {
            of(
                &[(82, u16::MAX)],
                Told {
                    name: 0,
                    ..Told::default()
                },
            )
        },
    },
    Deviation {
        peer: Name::Netgauze,
        section: "RFC 9565, 3",
        does: "keeps 8 of the 12 bits of tcpControlBits",
        avoid: |message| each_told(message, |told| told.flags &= 0x00FF),
        example: || {
            of(
                &[(6, 2)],
                Told {
                    flags: 0x0112,
                    ..Told::default()
                },
            )
        },
    },
    Deviation {
        peer: Name::Netgauze,
        section: "RFC 7011, 7",
        does: "reads a variable length of 255 and more from 3 octets in place of 2",
        avoid: |message| each_told(message, |told| told.name = told.name.min(254)),
        example: || {
            of(
                &[(82, u16::MAX)],
                Told {
                    name: 255,
                    ..Told::default()
                },
            )
        },
    },
    Deviation {
        peer: Name::Netgauze,
        section: "RFC 7011, 6.1.9 and 6.1.10",
        does: "takes the seconds of NTP timestamps as since 1970 in place of 1900",
        avoid: |message| {
            each_field(message, |field| {
                field.element = match field.element {
                    154 | 156 => 152,
                    155 | 157 => 153,
                    element => element,
                }
            });
        },
        example: || of(&[(154, 8), (155, 8)], Told::default()),
    },
    Deviation {
        peer: Name::Netgauze,
        section: "RFC 7011, 9",
        does: "rejects a message with a template of an element that it does not know",
        avoid: |message| {
            each_field(message, |field| {
                let is_unknown = field.enterprise.is_none() && field.element >= 30_000;
                field.element = if is_unknown {
                    PADDING_OCTETS
                } else {
                    field.element
                };
            });
        },
        example: || of(&[(30_000, 7)], Told::default()),
    },
    Deviation {
        peer: Name::Netgauze,
        section: "RFC 7011, 7",
        does: "takes a variable length of an enterprise that it does not know for 65,535 octets",
        avoid: |message| {
            each_field(message, |field| {
                if field.enterprise.is_some() && field.is_variable() {
                    field.length = 4;
                }
            });
        },
        example: || {
            let mut message = of(&[(1, u16::MAX)], Told::default());
            each_field(&mut message, |field| {
                field.enterprise = field.is_variable().then_some(32_473);
            });
            message
        },
    },
    Deviation {
        peer: Name::Netgauze,
        section: "RFC 7011, 3.3.1; RFC 3954, 5.2",
        does: "rejects a message with padding in a Template Set",
        avoid: |message| {
            for (set, padding) in &mut message.sets {
                if matches!(set, Set::Templates(_)) {
                    *padding = 0;
                }
            }
        },
        example: || {
            let mut message = of(&[], Told::default());
            message.sets[0].1 = 2;
            message
        },
    },
];

/// An element that says nothing and may have any length.
const PADDING_OCTETS: u16 = 210;

fn each_told(message: &mut Message, change: fn(&mut Told)) {
    for (set, _) in &mut message.sets {
        if let Set::Data(_, told) = set {
            told.iter_mut().for_each(change);
        }
    }
}

fn each_field(message: &mut Message, change: fn(&mut Field)) {
    for (set, _) in &mut message.sets {
        let templates = match set {
            Set::Templates(templates) => &mut templates[..],
            Set::Data(template, _) => std::slice::from_mut(template),
        };
        for template in templates {
            template.fields.iter_mut().for_each(change);
        }
    }
}

/// An IPFIX message of one template, of addresses, protocol and further fields, and one
/// record.
fn of(fields: &[(u16, u16)], told: Told) -> Message {
    let all = [&[(8, 4), (12, 4), (4, 1)], fields].concat();
    let template = Template {
        id: 256,
        v6: false,
        scopes: 0,
        fields: all
            .iter()
            .map(|&(element, length)| Field::new(element, length))
            .collect(),
    };
    let announced = Set::Templates(vec![template.clone()]);
    Message {
        export: Export {
            protocol: Protocol::Ipfix,
            secs: 1_700_000_000,
            uptime: 60_000,
            sequence: 0,
            domain: 7,
        },
        sets: vec![(announced, 0), (Set::Data(template, vec![told]), 0)],
    }
}

/// A session that avoids all deviations of a peer.
pub(crate) fn avoided(peer: Name, mut session: Vec<Message>) -> Vec<Message> {
    for message in &mut session {
        for deviation in DEVIATIONS.iter().filter(|of| of.peer == peer) {
            (deviation.avoid)(message);
        }
    }
    session
}

#[test]
fn every_deviation_is_still_there_and_is_avoided() {
    for deviation in DEVIATIONS {
        let Deviation {
            peer,
            section,
            does,
            ..
        } = deviation;
        let mut message = (deviation.example)();
        let differs = compare(*peer, std::slice::from_ref(&message));
        assert!(
            differs.is_err(),
            "{peer:?} no longer does so ({section}): {does}"
        );
        (deviation.avoid)(&mut message);
        assert_eq!(
            compare(*peer, &[message]),
            Ok(()),
            "{peer:?} ({section}): {does}"
        );
    }
}
