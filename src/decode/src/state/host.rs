//! The state of one exporter address.

use std::net::IpAddr;

use super::{
    Doubt, LruMap, Roaming, Seed, Session, Source, is_fact_of, is_fact_of_stream, is_key_of_stream,
};
use crate::Limits;
use crate::sequence::Position;
use crate::template::Template;
use crate::told::Told;

/// What is kept of one exporter address, all within its own limits.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) addr: IpAddr,
    /// Positions in the sequence, by session.
    pub(crate) sessions: LruMap<u128, Position>,
    /// Positions of the data sources of sFlow.
    pub(crate) sources: LruMap<u128, Source>,
    /// Sampling rates and the like, learnt from options data.
    pub(crate) facts: Roaming<u64>,
    /// Whether one of these was ever about an interface.
    pub(crate) interface_facts: bool,
    /// What it told of itself beside.
    pub(crate) told: Told,
    templates: Roaming<Box<Template>>,
    template_octets: usize,
}

/// What it took to make room for a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// Templates of this exporter that left.
    pub(crate) evicted: usize,
    /// Whether the template is now kept.
    pub(crate) kept: bool,
}

impl Host {
    pub(crate) fn new(addr: IpAddr, limits: &Limits) -> Self {
        let seed = Seed(limits.hash_seed);
        Self {
            addr,
            sessions: LruMap::new(limits.sessions_per_exporter, seed),
            sources: LruMap::new(limits.sources_per_exporter, seed),
            facts: Roaming::new(limits.facts_per_exporter, seed),
            interface_facts: false,
            told: Told::new(limits),
            templates: Roaming::new(limits.templates_per_exporter, seed),
            template_octets: 0,
        }
    }

    /// The templates, to look one up.
    pub(crate) const fn templates(&self) -> &Roaming<Box<Template>> {
        &self.templates
    }

    /// Octets that the templates hold.
    pub(crate) const fn template_octets(&self) -> usize {
        self.template_octets
    }

    /// Makes a template the most recently used.
    pub(crate) fn touch_template(&mut self, key: u128, port: u16) {
        self.templates.touch(key, port);
    }

    /// Takes note that a template was sent again.
    pub(crate) fn renew_template(&mut self, key: u128, port: u16, now_ms: i64, limits: &Limits) {
        if let Some(template) = self.templates.touch(key, port) {
            template.life.renew(now_ms, limits);
            template.doubt = None;
        }
    }

    /// Drops the templates for which something holds; how many.
    pub(crate) fn forget_templates(
        &mut self,
        gone: impl Fn(u128, u16, &Template) -> bool,
    ) -> usize {
        let all = self.templates.iter();
        let places = all.filter(|(key, port, template)| gone(*key, *port, template));
        let places: Vec<(u128, u16)> = places.map(|(key, port, _)| (key, port)).collect();
        for &(key, port) in &places {
            self.forget_template(key, port);
        }
        places.len()
    }

    /// Drops what the stream of a source port has told.
    pub(crate) fn forget_stream(&mut self, port: u16) {
        self.forget_templates(|key, _, _| is_key_of_stream(key, port));
        self.told.forget_stream(port);
        let facts = self.facts.iter();
        let told = facts.filter(|&(key, _, _)| is_fact_of_stream(key, port));
        let told: Vec<u128> = told.map(|(key, _, _)| key).collect();
        for key in told {
            self.facts.remove(key, port);
        }
        let sessions = self.sessions.iter();
        let ended = sessions.filter(|&(&key, _)| is_key_of_stream(key, port));
        let ended: Vec<u128> = ended.map(|(&key, _)| key).collect();
        for key in ended {
            self.sessions.remove(&key);
        }
    }

    /// Finds the position of a session by the number of its next datagram. An exporter
    /// that changes its source port goes on with its sequence from another one: what goes
    /// on there exactly is the same stream, and its position moves. Those of exporters
    /// behind one address, which each keep to their port, do not.
    pub(crate) fn follow(&mut self, key: u128, number: u32) -> Option<&mut Position> {
        let own = self.sessions.touch(&key);
        let expected = own.is_some_and(|own| {
            let expected = own.expects(number);
            if expected {
                own.stay();
            }
            expected || own.is_at_home()
        });
        if !expected {
            self.move_here(key, number);
        }
        self.sessions.touch(&key)
    }

    fn move_here(&mut self, key: u128, number: u32) {
        let others = self.sessions.iter();
        let others = others.filter(|&(&other, _)| other != key && other >> 16 == key >> 16);
        let able = others.filter_map(|(&other, at)| Some((at.may_roam_to(number)?, other)));
        if let Some((_, from)) = able.min()
            && let Some(mut position) = self.sessions.remove(&from)
        {
            position.roam();
            self.sessions.insert(key, position);
        }
    }

    /// Drops the templates of a domain and source port that were kept over a restart; how
    /// many. If the exporter started anew, what its options data told is void as well.
    pub(crate) fn void(&mut self, domain: u128, port: u16, started_anew: bool) -> usize {
        let gone = self.forget_templates(|key, of, template| {
            key >> 16 == domain && of == port && template.doubt.is_some()
        });
        if started_anew && gone > 0 {
            let facts = self.facts.iter();
            let told = facts.filter(|&(key, of, _)| of == port && is_fact_of(key, domain));
            let told: Vec<u128> = told.map(|(key, _, _)| key).collect();
            for key in told {
                self.facts.remove(key, port);
            }
        }
        gone
    }

    /// Drops the templates kept over a restart with which one was kept that is sent
    /// differently now; how many.
    pub(crate) fn void_others(&mut self, key: u128, now: &Template) -> usize {
        let all = self.templates.iter();
        let kept = all.filter(|(of, _, template)| *of == key && template.doubt.is_some());
        let changed = kept.filter(|(_, _, template)| ***template != *now);
        let ports: Vec<u16> = changed.map(|(_, port, _)| port).collect();
        let voided = ports.iter().map(|&port| self.void(key >> 16, port, false));
        voided.sum()
    }

    /// Where a session stands: its own position, or that of its domain if there is only
    /// one.
    pub(crate) fn mark(&self, session: Session) -> Option<Doubt> {
        let key = session.key();
        if let Some(own) = self.sessions.peek(&key) {
            return Some(own.mark());
        }
        let mut of_domain = self
            .sessions
            .iter()
            .filter(|(other, _)| *other >> 16 == key >> 16);
        let only = of_domain.next().filter(|_| of_domain.next().is_none());
        only.map(|(_, position)| position.mark())
    }

    /// Drops a template.
    pub(crate) fn forget_template(&mut self, key: u128, port: u16) {
        if let Some(template) = self.templates.remove(key, port) {
            self.template_octets -= template.octets();
        }
    }

    /// Keeps a template if it fits into so many octets; older ones make room.
    pub(crate) fn keep_template(
        &mut self,
        key: u128,
        port: u16,
        template: Box<Template>,
        octets_limit: usize,
    ) -> Room {
        self.forget_template(key, port);
        let size = template.octets();
        let mut evicted = 0;
        if size > octets_limit {
            return Room {
                evicted,
                kept: false,
            };
        }
        while self.template_octets + size > octets_limit {
            let Some(oldest) = self.templates.pop_oldest() else {
                break;
            };
            self.template_octets -= oldest.octets();
            evicted += 1;
        }
        self.template_octets += size;
        if let Some((_, left)) = self.templates.insert(key, port, template) {
            self.template_octets -= left.octets();
            evicted += 1;
        }
        Room {
            evicted,
            kept: true,
        }
    }
}
