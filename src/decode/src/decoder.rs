//! The decoder: plan, which borrows, and apply, which cannot fail.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use flow::{OriginalFlow, ReceiveTime};

use crate::explain::Tracer;
use crate::plan::Change;
use crate::restart::Started;
use crate::sequence::Position;
use crate::state::{
    Exporters, Host, LruMap, Pending, Room, Seed, Session, Source, Unknown, Waiting, host_key,
};
use crate::template::Template;
use crate::told::{ExporterView, Teller};
use crate::{
    Counters, Datagram, Elements, Limits, Plan, Protocol, Reason, Report, Transport, wire,
};

/// Decodes the datagrams of all exporters.
#[derive(Debug)]
pub struct Decoder {
    pub(crate) limits: Limits,
    pub(crate) hosts: Exporters<Host>,
    pub(crate) pending: Pending,
    /// The elements that are known.
    pub(crate) elements: Arc<Elements>,
    unknown: Unknown,
    /// Malformed messages in a row, by the exporter's address and the source port of
    /// its stream.
    malformed: LruMap<(u128, u16), u32>,
    template_octets: usize,
    learnings: u64,
    counters: Counters,
}

impl Decoder {
    /// A decoder that knows no exporter yet, and IANA's elements.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self::with_elements(limits, Arc::default())
    }

    /// A decoder of the same limits and elements that knows no exporter yet.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self::with_elements(self.limits, Arc::clone(&self.elements))
    }

    /// A decoder that knows no exporter yet, and these elements. Flows are made of
    /// IANA's alone; the others have names and types where records are explained, and
    /// an element of a template that is not among them is counted.
    #[must_use]
    pub fn with_elements(limits: Limits, elements: Arc<Elements>) -> Self {
        Self {
            limits,
            hosts: Exporters::new(limits.exporters, Seed(limits.hash_seed)),
            pending: Pending::new(Seed(limits.hash_seed)),
            elements,
            unknown: Unknown::new(limits.unknown_elements, Seed(limits.hash_seed)),
            malformed: LruMap::new(limits.exporters, Seed(limits.hash_seed)),
            template_octets: 0,
            learnings: 0,
            counters: Counters::new(&limits),
        }
    }

    /// Decodes one datagram and appends its flows to `flows`, which comes back from
    /// [`Self::apply`]. Changes nothing: should it panic, the decoder is as it was, and
    /// only the buffer is gone, so hand in one whose flows are elsewhere already.
    pub fn plan(&self, datagram: Datagram<'_>, flows: Vec<OriginalFlow>) -> Plan {
        self.plan_over(Transport::Udp, datagram, flows)
    }

    /// [`Self::plan`] for a message that came over a transport. Over a stream, each
    /// datagram is one whole message, as [`crate::Framer`] cuts them, and its source
    /// names the session, which [`Self::end_session`] ends.
    pub fn plan_over(
        &self,
        transport: Transport,
        datagram: Datagram<'_>,
        flows: Vec<OriginalFlow>,
    ) -> Plan {
        self.plan_traced(transport, datagram, flows, None)
    }

    /// [`Self::plan_over`], telling what it passes.
    pub(crate) fn plan_traced(
        &self,
        transport: Transport,
        datagram: Datagram<'_>,
        flows: Vec<OriginalFlow>,
        trace: Tracer<'_>,
    ) -> Plan {
        let held = flows.len();
        let seed = Seed(self.limits.hash_seed);
        let mut plan = Plan::new(transport, &datagram, flows, seed);
        match wire::decode(self, &datagram, &mut plan, trace) {
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
        self.expire(ReceiveTime::from_millis(plan.received_ms));
        plan.close = self.is_to_close(&plan);
        let report = plan.report();
        self.counters.book(&plan, protocol);
        (plan.flows, report)
    }

    /// The counters so far.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How many datagrams changed what a [`Self::snapshot`] holds.
    #[must_use]
    pub const fn learnings(&self) -> u64 {
        self.learnings
    }

    /// What an exporter told of itself; `None` if nothing is known of its address.
    #[must_use]
    pub fn exporter(&self, addr: IpAddr) -> Option<ExporterView<'_>> {
        self.host(addr.to_canonical()).map(ExporterView::new)
    }

    /// Data Sets that wait for their template, and the octets of memory they take.
    /// Always `no_template + template_expired` over UDP are those that wait and those
    /// that the `pending` reasons count, together.
    #[must_use]
    pub fn pending(&self) -> (usize, usize) {
        (self.pending.len(), self.pending.octets())
    }

    /// How many elements that are not known wait to be told of.
    #[must_use]
    pub const fn untold_elements(&self) -> usize {
        self.unknown.untold()
    }

    /// The elements of templates, by enterprise and number, that are not known and were
    /// not taken before; 0 is IANA. At most [`Limits::unknown_elements`] over all time;
    /// each new template's are counted by [`Reason::ElementUnknown`] without end.
    pub fn take_unknown_elements(&mut self) -> Vec<(u32, u16)> {
        self.unknown.take()
    }

    /// Drops what has waited too long for its template at a receive time. Each datagram
    /// that is applied does so too; this is for times without any.
    pub fn expire(&mut self, now: ReceiveTime) {
        let earliest_ms = now.millis().saturating_sub(self.limits.pending_ms);
        while let Some(set) = self.pending.pop_before(earliest_ms) {
            self.count_waiting(&set, Reason::PendingExpired);
        }
    }

    /// Ends the stream of a source address and port: what it told is dropped, and a
    /// later stream of the same source begins with nothing (RFC 7011, 8).
    pub fn end_session(&mut self, source: SocketAddr) {
        let key = host_key(source.ip());
        if let Some(host) = self.hosts.touch(&key) {
            let held = host.template_octets();
            host.forget_stream(source.port());
            self.template_octets -= held - host.template_octets();
        }
        self.malformed.remove(&(key, source.port()));
        for set in self.pending.take_stream(key, source.port()) {
            self.count_waiting(&set, Reason::PendingEnded);
        }
    }

    /// Whether the stream of a message is to be closed after it.
    fn is_to_close(&mut self, plan: &Plan) -> bool {
        if plan.transport == Transport::Udp {
            return false;
        }
        let key = (host_key(plan.exporter.addr), plan.port);
        let Some(error) = plan.error else {
            self.malformed.remove(&key);
            return false;
        };
        let run = self.malformed.touch(&key).map_or(1, |run| *run + 1);
        self.malformed.insert(key, run);
        error.kind.ends_stream() || run >= self.limits.malformed_in_a_row
    }

    fn count_waiting(&mut self, set: &Waiting, reason: Reason) {
        let (addr, protocol) = (set.context.exporter.addr, set.session.protocol);
        self.counters
            .count_octets(addr, protocol, reason, set.set_octets());
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
            transport: plan.transport,
        };
        self.unknown.add(&plan.unknown);
        let heard = (plan.received_ms, plan.transport);
        self.open_host(addr, protocol, heard);
        self.observe(plan, session);
        self.observe_samples(plan);
        if let Some(host) = self.hosts.touch(&host_key(addr)) {
            for (key, port) in plan.used.iter() {
                host.touch_template(key, port);
            }
        }
        let changes = plan.templates.take();
        let templates = !changes.is_empty() || !plan.voided.is_empty();
        if !plan.voided.is_empty() {
            self.void(plan);
        }
        for (key, change) in changes {
            self.change_template(addr, session, key, change, plan.received_ms);
        }
        if templates || !plan.facts.is_empty() || !plan.tellings.is_empty() {
            self.learnings += 1;
        }
        self.queue(plan, addr);
        if !plan.facts.is_empty() {
            self.learn_facts(plan, session);
        }
        if !plan.tellings.is_empty() {
            self.learn_told(plan, session);
        }
    }

    /// Takes over what waits for a template, and what no longer does.
    fn queue(&mut self, plan: &mut Plan, addr: IpAddr) {
        // The plan has decoded all but those that had waited too long.
        let earliest_ms = plan.received_ms.saturating_sub(self.limits.pending_ms);
        for (key, ()) in plan.released.take() {
            for set in self.pending.take((host_key(addr), key)) {
                if set.received_ms() < earliest_ms {
                    self.count_waiting(&set, Reason::PendingExpired);
                }
            }
        }
        let settled = self.hosts.is_settled(&host_key(addr));
        for set in plan.waiting.take().into_iter().flat_map(|(_, sets)| sets) {
            if let Err(set) = self.pending.add(set, &self.limits, settled) {
                let octets = usize::try_from(set.set_octets()).unwrap_or(usize::MAX);
                plan.entry.tally.add(Reason::PendingFull, 1, octets);
            }
        }
    }

    pub(crate) fn open_host(&mut self, addr: IpAddr, protocol: Protocol, heard: (i64, Transport)) {
        let limits = &self.limits;
        let make = || Host::new(addr, limits);
        if let Some(left) = self.hosts.hear(host_key(addr), heard, make) {
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
            Protocol::NetflowV1 => return,
            Protocol::NetflowV9 | Protocol::SflowV5 => Some(1),
            Protocol::NetflowV5 | Protocol::NetflowV7 | Protocol::Ipfix => {
                (!plan.units_unknown).then_some(plan.units)
            }
        };
        let key = session.key();
        let received_ms = plan.received_ms;
        let started = plan.boot.map(|boot| Started { boot, received_ms });
        if let Some(position) = host.follow(key, plan.number) {
            let (seen, restarted) = position.observe(plan.number, units, started);
            plan.entry.sequence = seen;
            if let Some(since_ms) = restarted {
                self.forget_outdated(plan, session, since_ms);
            }
            return;
        }
        let mut position = Position::new(session.protocol);
        (plan.entry.sequence, _) = position.observe(plan.number, units, started);
        if host.sessions.insert(key, position).is_some() {
            plan.entry.tally.one(Reason::SessionEvicted);
        }
    }

    /// Follows the samples of the datagram's data sources.
    fn observe_samples(&mut self, plan: &mut Plan) {
        if plan.samples.is_empty() {
            return;
        }
        let Some(host) = self.hosts.touch(&host_key(plan.exporter.addr)) else {
            return;
        };
        for mark in &plan.samples {
            let key = mark.key(plan.exporter.domain);
            if let Some(source) = host.sources.touch(&key) {
                plan.entry.samples.add(source.observe(mark));
            } else if host.sources.insert(key, Source::new(mark)).is_some() {
                plan.entry.tally.one(Reason::SourceEvicted);
            }
        }
    }

    /// Drops the templates of a session that its exporter sent before it started anew
    /// (RFC 3954, 7).
    fn forget_outdated(&mut self, plan: &mut Plan, session: Session, since_ms: i64) {
        let Some(host) = self.hosts.touch(&host_key(plan.exporter.addr)) else {
            return;
        };
        let held = host.template_octets();
        let domain = session.template_key(0) >> 16;
        let gone = host.forget_templates(|key, port, template| {
            key >> 16 == domain && port == session.port && template.life.heard_before(since_ms)
        });
        self.template_octets -= held - host.template_octets();
        plan.entry.tally.add(Reason::TemplateOutdated, gone, 0);
    }

    fn change_template(
        &mut self,
        addr: IpAddr,
        session: Session,
        key: u128,
        change: Change,
        now_ms: i64,
    ) {
        match change {
            Change::Keep(template) => {
                self.void_others(addr, session, key, &template);
                self.keep_template(addr, session, key, template);
            }
            Change::Renew => {
                if let Some(host) = self.hosts.touch(&host_key(addr)) {
                    host.renew_template(key, session.port, now_ms, &self.limits);
                }
            }
            Change::Drop => {
                if let Some(host) = self.hosts.touch(&host_key(addr)) {
                    let held = host.template_octets();
                    host.forget_template(key, session.port);
                    self.template_octets -= held - host.template_octets();
                }
            }
        }
    }

    /// Drops what was kept over a restart of a domain whose exporter sends one of its
    /// templates differently now.
    fn void_others(&mut self, addr: IpAddr, session: Session, key: u128, now: &Template) {
        let Some(host) = self.hosts.touch(&host_key(addr)) else {
            return;
        };
        let held = host.template_octets();
        let gone = host.void_others(key, now);
        self.template_octets -= held - host.template_octets();
        for _ in 0..gone {
            let reason = Reason::TemplateOutdated;
            self.counters.count(addr, session.protocol, reason);
        }
    }

    /// Drops what was kept over a restart and is void.
    fn void(&mut self, plan: &mut Plan) {
        let Some(host) = self.hosts.touch(&host_key(plan.exporter.addr)) else {
            return;
        };
        let held = host.template_octets();
        for (domain, port, reason) in plan.voided.drain(..) {
            let gone = host.void(domain, port, reason == Reason::TemplateOutdated);
            plan.entry.tally.add(reason, gone, 0);
        }
        self.template_octets -= held - host.template_octets();
    }

    /// Keeps a template within the limits of its exporter and of all. An exporter that
    /// has templates makes room among its own; only for the first of a new one do the
    /// exporters heard from longest ago leave.
    pub(crate) fn keep_template(
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
            let Some(left) = self.hosts.pop_for(host_key(addr)) else {
                return;
            };
            self.template_octets -= left.template_octets();
            self.counters.count(addr, protocol, Reason::ExporterEvicted);
        }
    }

    fn learn_told(&mut self, plan: &mut Plan, session: Session) {
        let Some(host) = self.hosts.touch(&host_key(plan.exporter.addr)) else {
            return;
        };
        let teller = Teller {
            protocol: session.protocol,
            domain: session.domain,
            port: session.port,
            stream: session.transport == Transport::Stream,
        };
        for telling in plan.tellings.drain(..) {
            let learnt = host.told.learn(teller, telling, &self.limits);
            let tally = &mut plan.entry.tally;
            tally.add(Reason::FactEvicted, learnt.evicted, 0);
            plan.entry.reported.add(&learnt.lost);
        }
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
