//! Messages of NetFlow v9 and IPFIX.

use decode::Protocol;

use crate::encode::Message as Octets;
use crate::{Template, Told};

/// What a message's header says.
#[derive(Debug, Clone, Copy)]
pub struct Export {
    /// NetFlow v9 or IPFIX.
    pub protocol: Protocol,
    /// When it was exported, in Unix seconds.
    pub secs: u32,
    /// How long the exporter had run then, in milliseconds; only NetFlow says it.
    pub uptime: u32,
    /// The sequence number.
    pub sequence: u32,
    /// The Observation Domain ID.
    pub domain: u32,
}

impl Export {
    /// The export time in Unix milliseconds.
    #[must_use]
    pub fn unix_ms(&self) -> i64 {
        i64::from(self.secs) * 1_000
    }

    /// When the exporter started, in Unix milliseconds.
    pub(crate) fn booted_ms(&self) -> i64 {
        self.unix_ms() - i64::from(self.uptime)
    }
}

/// A Set of a message.
#[derive(Debug, Clone)]
pub enum Set {
    /// Templates, or Options Templates: all of one kind.
    Templates(Vec<Template>),
    /// Data Records of a template.
    Data(Template, Vec<Told>),
}

/// A message, with how many octets of padding each Set has at its end
/// (RFC 7011, 3.3.1).
#[derive(Debug, Clone)]
pub struct Message {
    /// Its header.
    pub export: Export,
    /// Its Sets.
    pub sets: Vec<(Set, usize)>,
}

impl Message {
    /// The message as a datagram. NetFlow v9 counts records of all kinds in its header
    /// (RFC 3954, 5.1).
    #[must_use]
    pub fn octets(&self) -> Vec<u8> {
        let Export {
            protocol,
            secs,
            uptime,
            sequence,
            domain,
        } = self.export;
        let message = Octets::new(protocol).secs(secs).uptime(uptime);
        let mut message = message.sequence(sequence).domain(domain);
        let mut records = 0;
        for (set, padding) in &self.sets {
            let (id, mut body) = match set {
                Set::Templates(templates) => {
                    let options = templates.first().is_some_and(Template::is_options);
                    let all = templates.iter().flat_map(|of| of.record(protocol));
                    (
                        message.template_set_id() + u16::from(options),
                        all.collect(),
                    )
                }
                Set::Data(template, told) => {
                    let all = told
                        .iter()
                        .flat_map(|told| template.data(told, &self.export));
                    (template.id, all.collect::<Vec<u8>>())
                }
            };
            records += set.records();
            body.resize(body.len() + padding, 0);
            message = message.set(id, &body);
        }
        if protocol == Protocol::NetflowV9 {
            message.octets_of(u16::try_from(records).unwrap_or(u16::MAX))
        } else {
            message.octets()
        }
    }
}

impl Message {
    /// By how much it moves the sequence number: NetFlow v9 counts messages (RFC 3954,
    /// 5.1), IPFIX Data Records (RFC 7011, 3.1).
    #[must_use]
    pub fn units(&self) -> u32 {
        if self.export.protocol == Protocol::NetflowV9 {
            return 1;
        }
        let data = self.sets.iter().map(|(set, _)| match set {
            Set::Templates(_) => 0,
            Set::Data(_, told) => told.len(),
        });
        u32::try_from(data.sum::<usize>()).unwrap_or(u32::MAX)
    }
}

impl Set {
    /// Records of any kind in it.
    #[must_use]
    pub const fn records(&self) -> usize {
        match self {
            Self::Templates(templates) => templates.len(),
            Self::Data(_, told) => told.len(),
        }
    }
}
