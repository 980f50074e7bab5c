//! Exporters that define, redefine, withdraw and use templates, over UDP and streams,
//! while time passes and limits are small.
//!
//! Each exporter also has a decoder of its own. As long as the room that all share is
//! not used up, what the others do must not change what becomes of its messages.

use std::collections::HashMap;
use std::net::SocketAddr;

use arbitrary::{Arbitrary, Unstructured};
use decode::{Limits, Reason, Transport};

use crate::encode::{Message, record, shorts, specs, template_record};
use crate::{Watched, small};

/// Who sends.
#[derive(Debug, Clone, Copy, Arbitrary, PartialEq, Eq, Hash)]
struct Who {
    exporter: u8,
    port: bool,
    domain: bool,
    over: Over,
}

#[derive(Debug, Clone, Copy, Arbitrary, PartialEq, Eq, Hash)]
enum Over {
    V9,
    Ipfix,
    Stream,
}

#[derive(Debug, Clone, Arbitrary)]
enum Step {
    /// Defines a template, and perhaps uses it at once.
    Define(Who, u8, Vec<(u8, u8)>, bool),
    /// Defines an Options Template.
    Options(Who, u8, Vec<(u8, u8)>),
    /// Uses a template, known or not.
    Use(Who, u8, Vec<u8>),
    /// Withdraws a template, or all.
    Withdraw(Who, Option<u8>),
    /// Ends a stream.
    End(Who),
    /// Lets time pass, in seconds.
    Wait(u8),
}

impl Who {
    fn source(self) -> SocketAddr {
        let exporter = self.exporter % EXPORTERS;
        SocketAddr::from(([192, 0, 2, exporter], 2_055 + u16::from(self.port)))
    }

    fn message(self) -> Message {
        let message = match self.over {
            Over::V9 => Message::v9(),
            Over::Ipfix | Over::Stream => Message::ipfix(),
        };
        message.domain(u32::from(self.domain))
    }

    const fn transport(self) -> Transport {
        match self.over {
            Over::Stream => Transport::Stream,
            Over::V9 | Over::Ipfix => Transport::Udp,
        }
    }
}

const EXPORTERS: u8 = 3;

/// Elements that are read, and some that are not, at legal lengths and others.
const ELEMENTS: [(u16, u16); 16] = [
    (8, 4),
    (12, 4),
    (27, 16),
    (28, 16),
    (7, 2),
    (4, 1),
    (1, 8),
    (2, 4),
    (152, 8),
    (153, 8),
    (21, 4),
    (10, 4),
    (34, 4),
    (48, 2),
    (82, u16::MAX),
    (210, 3),
];

fn fields(of: &[(u8, u8)]) -> Vec<(u16, u16)> {
    let field = |&(element, odd): &(u8, u8)| {
        let (element, length) = ELEMENTS[usize::from(element) % ELEMENTS.len()];
        (
            element,
            if odd < 0xF0 {
                length
            } else {
                u16::from(odd & 0xF)
            },
        )
    };
    of.iter().map(field).collect()
}

fn id(of: u8) -> u16 {
    256 + u16::from(of % 8)
}

/// The message of a step, and who sends it.
fn message(step: &Step) -> Option<(Who, Vec<u8>)> {
    Some(match step {
        Step::Define(who, of, layout, used) => {
            let fields = fields(layout);
            let message = who.message();
            let set = message.template_set_id();
            let message = message.set(set, &template_record(id(*of), &fields));
            let values: Vec<u128> = (1..=fields.len() as u128).collect();
            let data = record(&fields, &values);
            let message = if *used {
                message.set(id(*of), &data)
            } else {
                message
            };
            (*who, message.octets())
        }
        Step::Options(who, of, layout) => {
            let all = fields(layout);
            let count = u16::try_from(all.len()).unwrap_or(0);
            let counts = match who.over {
                Over::V9 => [id(*of), 4, count.saturating_sub(1) * 4],
                _ => [id(*of), count, 1],
            };
            let message = who.message();
            let set = message.template_set_id() + 1;
            let body = [shorts(&counts), specs(&all)].concat();
            (*who, message.set(set, &body).octets())
        }
        Step::Use(who, of, data) => (*who, who.message().set(id(*of), data).octets()),
        Step::Withdraw(who, of) => {
            let body = shorts(&[of.map_or(2, id), 0]);
            (*who, who.message().set(2, &body).octets())
        }
        Step::End(_) | Step::Wait(_) => return None,
    })
}

/// Why a template that was just defined is not there, or a message brought none.
const REFUSED: [Reason; 6] = [
    Reason::TemplateTooManyFields,
    Reason::TemplateEmpty,
    Reason::TemplateTooLong,
    Reason::TemplateTooLarge,
    Reason::TemplateWithdrawn,
    Reason::WithdrawalIgnored,
];

fn refused(watched: &Watched) -> u64 {
    REFUSED.iter().map(|&reason| watched.count(reason)).sum()
}

/// What is defined and not refused is used from then on, if its message was good.
fn define_and_use(all: &mut Watched, who: Who, of: u8, octets: &[u8]) {
    let before = refused(all);
    let (_, report) = all.receive(who.transport(), who.source(), octets);
    let withdrawn = report.templates == 0;
    if report.error.is_none() && !withdrawn && refused(all) == before {
        let unknown = all.count(Reason::NoTemplate) + all.count(Reason::TemplateExpired);
        let data = who.message().set(id(of), &[1; 200]).octets();
        all.receive(who.transport(), who.source(), &data);
        let still = all.count(Reason::NoTemplate) + all.count(Reason::TemplateExpired);
        assert_eq!(unknown, still, "{who:?} {of}");
    }
}

/// Room for all: nothing is shared but the exporters' own.
fn roomy() -> Limits {
    Limits {
        exporters: 100,
        template_octets: 1 << 30,
        pending_octets: 1 << 30,
        unknown_elements: 100_000,
        ..small()
    }
}

/// Takes an input as steps.
pub fn template_cache(data: &[u8]) {
    let steps = Vec::<Step>::arbitrary_take_rest(Unstructured::new(data));
    let Ok(steps) = steps else {
        return;
    };
    let mut tight = Watched::new(small());
    let mut all = Watched::new(roomy());
    let mut alone: HashMap<u8, Watched> = HashMap::new();
    for number in 0..EXPORTERS {
        alone.insert(number, Watched::new(roomy()));
    }
    for step in steps.iter().take(200) {
        match step {
            Step::Wait(secs) => {
                let ms = i64::from(*secs) * 1_000;
                for watched in alone.values_mut().chain([&mut all, &mut tight]) {
                    watched.wait(ms);
                    watched.expire();
                }
            }
            Step::End(who) => {
                let own = alone.get_mut(&(who.exporter % EXPORTERS));
                for watched in own.into_iter().chain([&mut all, &mut tight]) {
                    watched.end_session(who.source());
                }
            }
            step => {
                let Some((who, octets)) = message(step) else {
                    continue;
                };
                if octets.len() > 60_000 {
                    continue;
                }
                let (over, source) = (who.transport(), who.source());
                let seen = all.receive(over, source, &octets);
                if let Some(own) = alone.get_mut(&(who.exporter % EXPORTERS)) {
                    assert_eq!(own.receive(over, source, &octets), seen, "{who:?}");
                }
                if let Step::Define(who, of, _, _) = step {
                    define_and_use(&mut tight, *who, *of, &octets);
                } else {
                    tight.receive(over, source, &octets);
                }
            }
        }
    }
    tight.finish();
    all.finish();
    alone.values().for_each(Watched::finish);
    for reason in [Reason::ExporterEvicted, Reason::TemplateEvicted] {
        let own: u64 = alone.values().map(|watched| watched.count(reason)).sum();
        assert_eq!(all.count(reason), own, "{reason:?}");
    }
}
