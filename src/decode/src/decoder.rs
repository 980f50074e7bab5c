//! The decoder: plan, which borrows, and apply, which cannot fail.

use std::net::IpAddr;

use flow::OriginalFlow;

use crate::plan::Change;
use crate::sequence::Sequence;
use crate::state::{Host, LruMap, Room, Seed, Session, host_key};
use crate::template::Template;
use crate::{Counters, Datagram, Limits, Plan, Protocol, Reason, Report, wire};

/// Decodes the datagrams of all exporters.
#[derive(Debug)]
pub struct Decoder {
    pub(crate) limits: Limits,
    pub(crate) hosts: LruMap<u128, Host>,
    template_octets: usize,
    counters: Counters,
}

impl Decoder {
    /// A decoder that knows no exporter yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            hosts: LruMap::new(limits.exporters, Seed(limits.hash_seed)),
            template_octets: 0,
            counters: Counters::new(&limits),
        }
    }

    /// Decodes one datagram and appends its flows to `flows`, which comes back from
    /// [`Self::apply`]. Changes nothing: should it panic, the decoder is as it was, and
    /// only the buffer is gone, so hand in one whose flows are elsewhere already.
    pub fn plan(&self, datagram: Datagram<'_>, flows: Vec<OriginalFlow>) -> Plan {
        let held = flows.len();
        let mut plan = Plan::new(&datagram, flows, Seed(self.limits.hash_seed));
        match wire::decode(self, &datagram, &mut plan) {
            Ok(()) => plan,
            Err(error) => plan.reject(error, held),
        }
    }

    /// Moves what a plan changes in, and counts it. Plans are to be applied in the
    /// order of their datagrams, each before the next is made.
    pub fn apply(&mut self, mut plan: Plan) -> (Vec<OriginalFlow>, Report) {
        let protocol = plan.protocol;
        if let Some(protocol) = protocol.filter(|_| plan.error.is_none()) {
            self.learn(&mut plan, protocol);
        }
        let report = plan.report();
        self.counters.book(plan.exporter, protocol, &plan.entry);
        (plan.flows, report)
    }

    /// The counters so far.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The state of an exporter, if there is any.
    pub(crate) fn host(&self, addr: IpAddr) -> Option<&Host> {
        self.hosts.peek(&host_key(addr))
    }

    /// Takes over what a decoded datagram changes.
    fn learn(&mut self, plan: &mut Plan, protocol: Protocol) {
        let addr = plan.exporter.addr;
        let session = Session {
            protocol,
            domain: plan.exporter.domain,
            port: plan.port,
        };
        self.open_host(addr, protocol);
        self.observe(plan, session);
        if let Some(host) = self.hosts.touch(&host_key(addr)) {
            for (key, port) in plan.used.iter() {
                host.touch_template(key, port);
            }
        }
        for (key, change) in plan.templates.take() {
            self.change_template(addr, session, key, change);
        }
        if !plan.facts.is_empty() {
            self.learn_facts(plan, session);
        }
    }

    fn open_host(&mut self, addr: IpAddr, protocol: Protocol) {
        let key = host_key(addr);
        if self.hosts.touch(&key).is_some() {
            return;
        }
        if let Some((_, left)) = self.hosts.insert(key, Host::new(&self.limits)) {
            self.template_octets -= left.template_octets();
            self.counters.count(addr, protocol, Reason::ExporterEvicted);
        }
    }

    /// Follows the sequence of the datagram's session.
    fn observe(&mut self, plan: &mut Plan, session: Session) {
        let Some(host) = self.hosts.touch(&host_key(plan.exporter.addr)) else {
            return;
        };
        let units = match session.protocol {
            Protocol::NetflowV9 => Some(1),
            Protocol::NetflowV5 | Protocol::Ipfix => (!plan.units_unknown).then_some(plan.units),
        };
        let key = session.key();
        if let Some(sequence) = host.sessions.touch(&key) {
            plan.entry.sequence = sequence.observe(plan.number, units);
            return;
        }
        let mut sequence = Sequence::new(session.protocol);
        plan.entry.sequence = sequence.observe(plan.number, units);
        if host.sessions.insert(key, sequence).is_some() {
            plan.entry.tally.one(Reason::SessionEvicted);
        }
    }

    fn change_template(&mut self, addr: IpAddr, session: Session, key: u128, change: Change) {
        match change {
            Change::Keep(template) => self.keep_template(addr, session, key, template),
            Change::Drop => {
                if let Some(host) = self.hosts.touch(&host_key(addr)) {
                    let held = host.template_octets();
                    host.forget_template(key, session.port);
                    self.template_octets -= held - host.template_octets();
                }
            }
        }
    }

    /// Keeps a template within the limits of its exporter and of all. An exporter that
    /// has templates makes room among its own; only for the first of a new one do the
    /// exporters heard from longest ago leave.
    fn keep_template(
        &mut self,
        addr: IpAddr,
        session: Session,
        key: u128,
        template: Box<Template>,
    ) {
        let size = template.octets();
        let held = self.host(addr).map_or(0, Host::template_octets);
        if held == 0 {
            self.make_room(addr, session.protocol, size);
        }
        let others = self.template_octets - held;
        let limit = self.limits.template_octets.saturating_sub(others);
        let limit = limit.min(self.limits.template_octets_per_exporter);
        let Some(host) = self.hosts.touch(&host_key(addr)) else {
            return;
        };
        let Room { evicted, kept } = host.keep_template(key, session.port, template, limit);
        self.template_octets = others + host.template_octets();
        for _ in 0..evicted {
            self.counters
                .count(addr, session.protocol, Reason::TemplateEvicted);
        }
        if !kept {
            self.counters
                .count(addr, session.protocol, Reason::TemplateTooLarge);
        }
    }

    /// Drops the exporters heard from longest ago until so many octets are free.
    fn make_room(&mut self, addr: IpAddr, protocol: Protocol, octets: usize) {
        let fits = octets <= self.limits.template_octets_per_exporter;
        let limit = self.limits.template_octets;
        while fits && octets <= limit && self.template_octets + octets > limit {
            // The exporter at hand was heard from just now, so it is not the oldest.
            let Some((_, left)) = self.oldest_other() else {
                return;
            };
            self.template_octets -= left.template_octets();
            self.counters.count(addr, protocol, Reason::ExporterEvicted);
        }
    }

    fn oldest_other(&mut self) -> Option<(u128, Host)> {
        (self.hosts.len() > 1).then(|| self.hosts.pop_oldest())?
    }

    fn learn_facts(&mut self, plan: &mut Plan, session: Session) {
        let Some(host) = self.hosts.touch(&host_key(plan.exporter.addr)) else {
            return;
        };
        host.interface_facts |= plan.interface_facts;
        for (key, value) in plan.facts.take() {
            if let Some((true, _)) = host.facts.insert(key, session.port, value) {
                plan.entry.tally.one(Reason::FactEvicted);
            }
        }
    }
}
