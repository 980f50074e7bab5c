//! From a snapshot to a decoder.

use super::take::place_session;
use super::{SavedDomain, SavedExporter, SavedFact, SavedTemplate, Snapshot};
use crate::counters::Tally;
use crate::state::{Doubt, Fact, Session, host_key};
use crate::template::{Kind, Life, Template, believe, compile};
use crate::told::{Teller, Telling, clean};
use crate::wire::FIRST_DATA_SET;
use crate::{Decoder, Named, Transport};

/// What became of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Restored {
    /// Exporters of which something is known now.
    pub exporters: usize,
    /// Templates that are known now.
    pub templates: usize,
    /// Templates that were refused: they could not have been learnt.
    pub refused: usize,
}

impl Decoder {
    /// Takes a snapshot over into a decoder that has learnt nothing yet, within its
    /// limits. Templates are used as long as they would have been, and dropped at the
    /// first sign that their exporter has changed.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Restored {
        let mut restored = Restored::default();
        for exporter in &snapshot.exporters {
            self.restore_exporter(exporter, &mut restored);
        }
        restored
    }

    fn restore_exporter(&mut self, exporter: &SavedExporter, restored: &mut Restored) {
        let addr = exporter.addr.to_canonical();
        let templates = exporter.domains.iter().flat_map(|domain| &domain.templates);
        let heard_ms = templates.map(|template| template.heard_ms).max();
        let (Some(heard_ms), Some(first)) = (heard_ms, exporter.domains.first()) else {
            return;
        };
        let session = session(first);
        self.open_host(addr, session.protocol, (heard_ms, Transport::Udp));
        if exporter.settled {
            self.hosts.settle(host_key(addr));
        }
        restored.exporters += 1;
        for domain in &exporter.domains {
            for template in &domain.templates {
                if let Some(compiled) = self.compiled(domain, template) {
                    let key = self::session(domain).template_key(template.id);
                    self.keep_template(addr, self::session(domain), key, compiled);
                    restored.templates += 1;
                } else {
                    restored.refused += 1;
                }
            }
            self.restore_facts(addr, domain);
        }
    }

    /// A template of a definition that its exporter could have sent.
    fn compiled(&self, domain: &SavedDomain, template: &SavedTemplate) -> Option<Box<Template>> {
        let definition = octets(&template.fields)?;
        let kind = template.scopes.map_or(Kind::Data, Kind::Options);
        let protocol = session(domain).protocol;
        let fields = definition.len() / 4;
        if template.id < FIRST_DATA_SET || fields > self.limits.fields_per_template {
            return None;
        }
        let (mut compiled, _) = compile(kind, &definition, protocol).ok()?;
        let gap_ms = template.gap_ms.filter(|&gap_ms| gap_ms >= 0);
        compiled.life = Life::restored(template.heard_ms, gap_ms, &self.limits);
        compiled.doubt = Some(Doubt {
            number: domain.number,
            boot: domain.boot,
        });
        Some(Box::new(compiled))
    }

    fn restore_facts(&mut self, addr: std::net::IpAddr, domain: &SavedDomain) {
        let (session, limits) = (session(domain), self.limits);
        let Some(host) = self.hosts.touch(&host_key(addr)) else {
            return;
        };
        let mut tally = Tally::new();
        let largest = limits.largest_sampling_rate;
        for &(fact, value) in &domain.facts {
            let fact = match fact {
                SavedFact::Rate => Fact::Rate,
                SavedFact::InterfaceRate(index) => Fact::InterfaceRate(index),
                SavedFact::SamplerRate(id) => Fact::SamplerRate(id),
                SavedFact::SystemInit => Fact::SystemInit,
            };
            host.interface_facts |= matches!(fact, Fact::InterfaceRate(_));
            let value = match fact {
                Fact::SystemInit => value,
                _ => believe(value, largest, &mut tally).map_or(0, |rate| rate.get().into()),
            };
            host.facts
                .insert(session.fact_key(fact), session.port, value);
        }
        let teller = Teller {
            protocol: session.protocol,
            domain: session.domain,
            port: 0,
            stream: false,
        };
        let mut text = |text: &Option<Box<str>>| {
            let text = text.as_ref()?;
            clean(text.as_bytes(), limits.text_octets, &mut tally)
        };
        for saved in &domain.names {
            let named = Named {
                name: text(&saved.name),
                description: text(&saved.description),
                algorithm: saved.algorithm(),
            };
            let telling = Telling::Name(saved.of.into(), named);
            host.told.learn(teller, telling, &limits);
        }
        if let Some(timeouts) = domain.timeouts {
            let telling = Telling::Timeouts(timeouts.into());
            host.told.learn(teller, telling, &limits);
        }
    }
}

const fn session(domain: &SavedDomain) -> Session {
    place_session((domain.protocol, domain.domain, domain.port))
}

/// The octets of a number in hexadecimal.
fn octets(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |octet: u8| char::from(octet).to_digit(16);
    let octet = |&[high, low]: &[u8; 2]| u8::try_from(digit(high)? << 4 | digit(low)?).ok();
    rest.is_empty().then(|| pairs.iter().map(octet).collect())?
}
