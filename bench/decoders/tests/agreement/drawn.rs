//! Random exporters: what they have seen, their templates, and their messages.

use std::collections::HashMap;

use decode::Protocol;
use decoders::{Export, Field, Message, Set, Template, Told};
use flow::{Icmp, protocol};
use proptest::prelude::*;
use proptest::sample::select;

/// A number of any size: small ones are as likely as large ones.
fn any_size() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0..64_u32).prop_map(|(number, shift)| number >> shift)
}

fn proto() -> impl Strategy<Value = u8> {
    prop_oneof![
        4 => Just(protocol::TCP),
        2 => Just(protocol::UDP),
        2 => Just(Told::PING),
        1 => any::<u8>().prop_filter("stands for ICMP", |&number| number != protocol::ICMPV6),
    ]
}

pub(crate) fn told() -> impl Strategy<Value = Told> {
    let addr =
        || (any::<u128>(), 1..=u32::MAX).prop_map(|(high, low)| high << 32 | u128::from(low));
    let key = (
        addr(),
        addr(),
        any::<(u16, u16)>(),
        proto(),
        any::<(u8, u8)>(),
    );
    let counters = (any_size(), any_size(), 0..0x1000_u16, any::<u8>());
    let times = (0..86_000_000_u32, 0..1_000_000_000_u32, 0..7_u8);
    let rest = (
        any::<(u32, u32)>(),
        0..4_u32,
        0..0x0100_0000_u32,
        0..3_u8,
        0..600_u16,
    );
    (key, counters, times, rest).prop_map(|(key, counters, times, rest)| {
        let (src, dst, ports, protocol, (kind, code)) = key;
        let (packets, octets, flags, tos) = counters;
        let (ended_ago_ms, lasted_ms, end_reason) = times;
        let ((in_if, out_if), few, rate, sampler, name) = rest;
        Told {
            src,
            dst,
            ports,
            protocol,
            icmp: Icmp { kind, code },
            packets,
            octets,
            flags,
            tos,
            // Few interfaces, so that a rate of one meets records of it.
            interfaces: (if few == 0 { in_if } else { few }, out_if),
            ended_ago_ms,
            lasted_ms,
            end_reason,
            rate: if few == 3 { 0 } else { rate },
            sampler,
            name: name.saturating_sub(250),
        }
    })
}

/// Fields of which a record has all or none.
type Group = Vec<Field>;

fn fields(of: &[(u16, u16)]) -> Group {
    of.iter()
        .map(|&(element, length)| Field::new(element, length))
        .collect()
}

/// One of some groups, or none.
fn maybe(groups: Vec<Group>) -> impl Strategy<Value = Group> {
    (any::<Option<()>>(), select(groups)).prop_map(|(there, group)| match there {
        Some(()) => group,
        None => Vec::new(),
    })
}

/// Elements of a length, which may be reduced (RFC 7011, 6.2).
fn reduced(elements: &[u16], longest: u16) -> Vec<Group> {
    let lengths = |&element| (1..=longest).map(move |length| fields(&[(element, length)]));
    elements.iter().flat_map(lengths).collect()
}

/// The times of a record: start, end, both, or neither, by one clock.
fn times(protocol: Protocol) -> Vec<Group> {
    let mut clocks = vec![
        [(22, 4), (21, 4)],
        [(150, 4), (151, 4)],
        [(152, 8), (153, 8)],
        [(154, 8), (155, 8)],
        [(156, 8), (157, 8)],
        [(158, 4), (159, 4)],
    ];
    if protocol == Protocol::NetflowV9 {
        // Elements from 128 on are IPFIX's; milliseconds are exported in v9 too.
        clocks.retain(|clock| matches!(clock[0].0, 22 | 152));
    }
    let mut groups = vec![Vec::new()];
    for clock in clocks {
        groups.extend([fields(&clock), fields(&clock[..1]), fields(&clock[1..])]);
        if clock[0].0 == 22 && protocol == Protocol::Ipfix {
            groups.push([fields(&clock), fields(&[(160, 8)])].concat());
            groups.push([fields(&clock[1..]), fields(&[(160, 8)])].concat());
        }
    }
    groups
}

/// Fields that say nothing of an Original Flow.
fn others(protocol: Protocol) -> Vec<Group> {
    let mut others = vec![
        vec![],
        fields(&[(9, 1), (13, 1)]),
        fields(&[(15, 4), (16, 2), (17, 4)]),
        fields(&[(62, 16), (61, 1)]),
        fields(&[(56, 6), (58, 2), (80, 6)]),
        fields(&[(82, 16)]),
    ];
    if protocol == Protocol::Ipfix {
        let enterprise = |number, element, length| Field {
            enterprise: Some(number),
            ..Field::new(element, length)
        };
        others.extend([
            fields(&[(82, u16::MAX)]),
            fields(&[(83, u16::MAX), (82, u16::MAX)]),
            fields(&[(313, u16::MAX)]),
            fields(&[(30_000, 7)]),
            fields(&[(30_001, u16::MAX)]),
            vec![enterprise(32_473, 100, 4)],
            vec![
                enterprise(32_473, 0x7FFF, u16::MAX),
                enterprise(32_474, 8, 4),
            ],
        ]);
    }
    others
}

fn icmp(v6: bool) -> Vec<Group> {
    if v6 {
        vec![fields(&[(139, 2)]), fields(&[(178, 1), (179, 1)])]
    } else {
        vec![fields(&[(32, 2)]), fields(&[(176, 1), (177, 1)])]
    }
}

fn ids() -> impl Strategy<Value = u16> {
    prop_oneof![256..260_u16, Just(u16::MAX)]
}

fn data_template(protocol: Protocol) -> impl Strategy<Value = Template> {
    (any::<bool>(), ids()).prop_flat_map(move |(v6, id)| {
        let addrs = if v6 {
            [(27, 16), (28, 16)]
        } else {
            [(8, 4), (12, 4)]
        };
        let key = (
            maybe(vec![
                fields(&[(7, 2), (11, 2)]),
                fields(&[(7, 1), (11, 2)]),
                fields(&[(11, 1)]),
            ]),
            prop_oneof![5 => Just(fields(&[(4, 1)])), 1 => Just(Vec::new())],
            maybe(icmp(v6)),
        );
        let counters = (maybe(reduced(&[2, 86], 8)), maybe(reduced(&[1, 85], 8)));
        let rest = (
            maybe(reduced(&[6], 2)),
            maybe(
                fields(&[(5, 1)])
                    .into_iter()
                    .map(|field| vec![field])
                    .collect(),
            ),
            maybe(reduced(&[10], 4)),
            maybe(reduced(&[14], 4)),
            maybe(vec![fields(&[(136, 1)])]),
            maybe(vec![
                fields(&[(34, 4)]),
                fields(&[(48, 1)]),
                fields(&[(34, 4), (48, 1)]),
            ]),
        );
        let more = (select(times(protocol)), select(others(protocol)));
        (key, counters, rest, more).prop_flat_map(move |(key, counters, rest, more)| {
            let all = [
                fields(&addrs),
                key.0,
                key.1,
                key.2,
                counters.0,
                counters.1,
                rest.0,
                rest.1,
                rest.2,
                rest.3,
                rest.4,
                rest.5,
                more.0,
                more.1,
            ];
            Just(all.concat())
                .prop_shuffle()
                .prop_map(move |fields| Template {
                    id,
                    v6,
                    scopes: 0,
                    fields,
                })
        })
    })
}

fn options_template(protocol: Protocol) -> impl Strategy<Value = Template> {
    let scopes = match protocol {
        Protocol::NetflowV9 => vec![fields(&[(149, 4)]), fields(&[(10, 4)]), fields(&[(10, 2)])],
        _ => vec![
            fields(&[(149, 4)]),
            fields(&[(10, 4)]),
            fields(&[(149, 4), (10, 2)]),
        ],
    };
    let options = vec![
        fields(&[(34, 4)]),
        fields(&[(48, 1), (34, 4)]),
        fields(&[(41, 8), (42, 8)]),
        fields(&[(34, 3), (82, 16)]),
    ];
    (ids(), select(scopes), select(options)).prop_map(|(id, scopes, options)| Template {
        id,
        v6: false,
        scopes: scopes.len(),
        fields: [scopes, options].concat(),
    })
}

/// What a message is to hold besides what its template allows.
#[derive(Debug, Clone)]
enum Step {
    /// Announce some of the templates.
    Announce(Vec<prop::sample::Index>),
    /// Records of the template that now has the ID of one.
    Data(prop::sample::Index, Vec<Told>),
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        1 => prop::collection::vec(index(), 1..4).prop_map(Step::Announce),
        4 => (index(), prop::collection::vec(told(), 1..6)).prop_map(|(at, told)| Step::Data(at, told)),
    ]
}

/// Turns steps into a Set each, or one for each kind of template.
struct Session {
    templates: Vec<Template>,
    current: HashMap<u16, Template>,
}

impl Session {
    fn announce(&mut self, templates: Vec<Template>) -> Vec<Set> {
        for template in &templates {
            self.current.insert(template.id, template.clone());
        }
        // Of one Set with the same ID twice, the order would be that of the other kind.
        let (options, data): (Vec<_>, Vec<_>) =
            templates.into_iter().partition(Template::is_options);
        let mut sets = Vec::new();
        for kind in [data, options] {
            for template in &kind {
                self.current.insert(template.id, template.clone());
            }
            if !kind.is_empty() {
                sets.push(Set::Templates(kind));
            }
        }
        sets
    }

    fn sets(&mut self, step: Step) -> Vec<Set> {
        match step {
            Step::Announce(which) => {
                let of = |at: prop::sample::Index| at.get(&self.templates).clone();
                let which = which.into_iter().map(of).collect();
                self.announce(which)
            }
            Step::Data(at, told) => {
                let id = at.get(&self.templates).id;
                vec![Set::Data(self.current[&id].clone(), told)]
            }
        }
    }
}

/// Messages of one Observation Domain, some seconds apart, the first of which announces
/// all templates. Later ones may announce some again, and so may give an ID to another.
pub(crate) fn session(protocol: Protocol) -> impl Strategy<Value = Vec<Message>> {
    let templates = (
        prop::collection::vec(data_template(protocol), 1..5),
        prop::collection::vec(options_template(protocol), 0..3),
    );
    let steps = prop::collection::vec((step(), 0..4_usize), 1..6);
    let messages = prop::collection::vec((0..60_u32, steps), 1..4);
    let header = (1_000_000_000..2_000_000_000_u32, any::<[u32; 3]>());
    (templates, messages, header).prop_map(move |((data, options), messages, header)| {
        let (secs, [uptime, sequence, domain]) = header;
        let templates = [data, options].concat();
        let current = HashMap::new();
        let mut session = Session { templates, current };
        let mut announced = Some(session.announce(session.templates.clone()));
        let mut export = Export {
            protocol,
            secs,
            uptime,
            sequence,
            domain,
        };
        let message = messages.into_iter().map(|(later, steps)| {
            let mut sets: Vec<(Set, usize)> = Vec::new();
            sets.extend(announced.take().into_iter().flatten().map(|set| (set, 0)));
            for (step, padding) in steps {
                sets.extend(session.sets(step).into_iter().map(|set| (set, padding)));
            }
            for (set, padding) in &mut sets {
                // Padding is shorter than any record that could follow.
                if let Set::Data(template, _) = set {
                    *padding = (*padding).min(template.least_octets() - 1);
                }
            }
            export.secs += later;
            export.uptime = export.uptime.wrapping_add(later * 1_000);
            let message = Message { export, sets };
            export.sequence = export.sequence.wrapping_add(message.units());
            message
        });
        message.collect()
    })
}
