//! From a decoder to a snapshot.

use std::collections::BTreeMap;

use super::{
    SavedDomain, SavedExporter, SavedFact, SavedName, SavedProtocol, SavedTemplate, Snapshot,
    VERSION,
};
use crate::state::{Fact, Host, Session};
use crate::template::{Kind, Template};
use crate::{Decoder, Protocol, Transport};

/// Octets of templates and names that a snapshot may have; those heard from last come
/// first.
const OCTETS: usize = 4 << 20;

impl SavedProtocol {
    const fn of(protocol: Protocol) -> Option<Self> {
        match protocol {
            Protocol::NetflowV9 => Some(Self::V9),
            Protocol::Ipfix => Some(Self::Ipfix),
            Protocol::NetflowV1 | Protocol::NetflowV5 | Protocol::NetflowV7 | Protocol::SflowV5 => {
                None
            }
        }
    }
}

impl Decoder {
    /// What was learnt of exporters over UDP: templates, and what options data told. What
    /// streams told ends with them and is left out, as is what goes beyond 4 MiB, of the
    /// exporters heard from longest ago.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let mut octets = 0;
        let mut exporters: Vec<SavedExporter> = self
            .hosts
            .newest_first()
            .map(|(host, settled)| {
                let domains = domains(host);
                let addr = host.addr;
                SavedExporter {
                    addr,
                    settled,
                    domains,
                }
            })
            .filter(|exporter| !exporter.domains.is_empty())
            .take_while(|exporter| {
                octets += exporter.octets();
                octets <= OCTETS
            })
            .collect();
        exporters.reverse();
        Snapshot {
            version: VERSION,
            exporters,
        }
    }
}

impl SavedExporter {
    fn octets(&self) -> usize {
        let template = |template: &SavedTemplate| 64 + template.fields.len();
        let text = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
        let name = |name: &SavedName| 64 + text(&name.name) + text(&name.description);
        let domain = |domain: &SavedDomain| {
            let templates: usize = domain.templates.iter().map(template).sum();
            let names: usize = domain.names.iter().map(name).sum();
            128 + templates + names + 32 * domain.facts.len()
        };
        self.domains.iter().map(domain).sum()
    }
}

/// The part of a domain and port, which begins empty.
fn part(
    parts: &mut BTreeMap<(SavedProtocol, u32, u16), SavedDomain>,
    session: Session,
) -> Option<&mut SavedDomain> {
    let protocol = SavedProtocol::of(session.protocol)?;
    let (domain, port) = (session.domain, session.port);
    let udp = session.transport == Transport::Udp;
    udp.then(|| {
        let place = parts.entry((protocol, domain, port));
        place.or_insert_with(|| SavedDomain {
            protocol,
            domain,
            port,
            number: None,
            boot: None,
            templates: Vec::new(),
            facts: Vec::new(),
            names: Vec::new(),
            timeouts: None,
        })
    })
}

/// The parts of an exporter in which there are templates.
fn domains(host: &Host) -> Vec<SavedDomain> {
    let mut parts = BTreeMap::new();
    for (key, port, template) in host.templates().oldest_first() {
        let (session, id) = Session::of_template_key(key, port);
        if let Some(part) = part(&mut parts, session) {
            part.templates.push(saved(id, template));
            // Of one that was kept before and not heard since.
            if let Some(doubt) = template.doubt {
                (part.number, part.boot) = (doubt.number, doubt.boot);
            }
        }
    }
    for (key, port, &value) in host.facts.oldest_first() {
        let Some((session, fact)) = Session::of_fact_key(key, port) else {
            continue;
        };
        let fact = match fact {
            Fact::Rate => SavedFact::Rate,
            Fact::InterfaceRate(index) => SavedFact::InterfaceRate(index),
            Fact::SamplerRate(id) => SavedFact::SamplerRate(id),
            Fact::SystemInit => SavedFact::SystemInit,
        };
        if let Some(part) = part(&mut parts, session) {
            part.facts.push((fact, value));
        }
    }
    parts.retain(|_, part| !part.templates.is_empty());
    // Names and timeouts are of all ports of a domain: the first has them.
    let mut told = BTreeMap::new();
    for (place, part) in &mut parts {
        if let Some(mark) = host.mark(place_session(*place)) {
            (part.number, part.boot) = (mark.number, mark.boot);
        }
        told.entry((place.0, place.1)).or_insert(part);
    }
    for ((of, subject), named) in host.told.names_oldest_first() {
        let place = SavedProtocol::of(of.protocol).map(|protocol| (protocol, of.domain));
        if let Some(part) = place
            .filter(|_| !of.stream)
            .and_then(|at| told.get_mut(&at))
        {
            part.names.push(SavedName::of(subject, named));
        }
    }
    for (of, timeouts) in host.told.timeouts() {
        let place = SavedProtocol::of(of.protocol).map(|protocol| (protocol, of.domain));
        if let Some(part) = place
            .filter(|_| !of.stream)
            .and_then(|at| told.get_mut(&at))
        {
            part.timeouts = Some(timeouts.into());
        }
    }
    parts.into_values().collect()
}

pub(super) const fn place_session((of, domain, port): (SavedProtocol, u32, u16)) -> Session {
    Session {
        protocol: match of {
            SavedProtocol::V9 => Protocol::NetflowV9,
            SavedProtocol::Ipfix => Protocol::Ipfix,
        },
        domain,
        port,
        transport: Transport::Udp,
    }
}

fn saved(id: u16, template: &Template) -> SavedTemplate {
    let (heard_ms, gap_ms) = template.life.heard();
    let mut fields = String::new();
    let digit = |number: u8| char::from_digit(number.into(), 16).unwrap_or('0');
    for &octet in template.definition() {
        fields.extend([digit(octet >> 4), digit(octet & 0xF)]);
    }
    SavedTemplate {
        id,
        scopes: match template.kind {
            Kind::Data => None,
            Kind::Options(scopes) => Some(scopes),
        },
        fields,
        heard_ms,
        gap_ms,
    }
}
