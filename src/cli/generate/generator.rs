//! The run: which record comes when, and which datagram leaves when.

use std::collections::{BinaryHeap, VecDeque};

use flow::{EndReason, protocol};

use super::exporter::{Exporter, Filling, LEAST_PAYLOAD};
use super::plan::{Bounds, Plan, Rest, Span, whole_second};
use super::population::MOST_HOSTS;
use super::random::Random;
use super::record::Record;
use super::totals::Totals;
use super::traffic::{Close, Flow, Mix, Position, Traffic};
use super::wire::{self, Protocol};

/// A datagram leaves when its first record has waited for so long.
const FLUSH_MS: i64 = 200;
/// The share of flows whose opposite direction is reported too.
const TWO_WAY: f64 = 0.7;
/// The largest payload of a UDP datagram over IPv4.
pub(super) const MOST_PAYLOAD: usize = 65_507;

/// How fast records come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rate {
    /// So many records a second of simulated time; at least 1.
    PerSecond(u64),
    /// As fast as they are taken: the simulated clock moves only by
    /// [`Generator::not_before`].
    Max,
}

/// What is to be generated. The same options give the same datagrams.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Options {
    /// From which all draws follow.
    pub(crate) seed: u64,
    /// Exactly so many Flow Records.
    pub(crate) count: u64,
    /// How fast they come.
    pub(crate) rate: Rate,
    /// When the run begins, Unix milliseconds.
    pub(crate) epoch_ms: i64,
    /// The protocol of each exporter; IPFIX alone if empty.
    pub(crate) exporters: Vec<Protocol>,
    /// The most octets of a datagram.
    pub(crate) payload: usize,
    /// Templates come again after so many datagrams of an exporter.
    pub(crate) template_every: u64,
    /// The active timeout of the exporters, milliseconds.
    pub(crate) active_timeout_ms: i64,
    /// How many campus hosts there are in each family.
    pub(crate) hosts: u32,
    /// Shares that shape the traffic.
    pub(crate) mix: Mix,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            count: 10_000,
            rate: Rate::PerSecond(1_000),
            epoch_ms: 0,
            exporters: vec![Protocol::Ipfix],
            payload: 1_400,
            template_every: 256,
            active_timeout_ms: 60_000,
            hosts: 4_096,
            mix: Mix {
                ipv6: 0.2,
                unclosed: 0.1,
                long: 0.02,
            },
        }
    }
}

/// A datagram that leaves an exporter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Emission<'a> {
    /// When it leaves, in milliseconds since the begin of the run; never goes back.
    pub(crate) at_ms: i64,
    /// The number of the exporter it leaves.
    pub(crate) exporter: usize,
    /// The payload of the datagram.
    pub(crate) datagram: &'a [u8],
}

/// The simulated exporters and the traffic they report.
#[derive(Debug)]
pub(crate) struct Generator {
    options: Options,
    random: Random,
    traffic: Traffic,
    exporters: Vec<Exporter>,
    /// When the waiting records of an exporter have to leave: (time, exporter,
    /// number of the datagram they are for). In order of time.
    deadlines: VecDeque<(i64, usize, u64)>,
    /// Flows that were cut and go on.
    pending: BinaryHeap<Rest>,
    /// The opposite direction of the flow that came last.
    twin: Option<Begun>,
    /// Records still to come of the pending flows.
    reserved: u64,
    made: u64,
    turn: usize,
    floor_ms: i64,
    drained: usize,
    totals: Totals,
}

/// A flow that is about to be reported for the first time.
#[derive(Debug, Clone, Copy)]
struct Begun {
    flow: Flow,
    exporter: usize,
    plan: Plan,
}

impl Generator {
    /// A generator at the begin of its run. Values out of range become the nearest
    /// that make sense.
    pub(crate) fn new(mut options: Options) -> Self {
        options.payload = options.payload.clamp(LEAST_PAYLOAD, MOST_PAYLOAD);
        options.template_every = options.template_every.max(1);
        options.active_timeout_ms = options.active_timeout_ms.clamp(1_000, 1_800_000);
        options.hosts = options.hosts.clamp(1, MOST_HOSTS);
        if options.exporters.is_empty() {
            options.exporters.push(Protocol::Ipfix);
        }
        let filling = Filling {
            payload: options.payload,
            template_every: options.template_every,
        };
        let exporters = (1..)
            .zip(&options.exporters)
            .map(|(domain, &protocol)| Exporter::new(protocol, domain, options.epoch_ms, filling))
            .collect();
        Self {
            random: Random::new(options.seed),
            traffic: Traffic::new(options.mix, options.hosts),
            exporters,
            deadlines: VecDeque::new(),
            pending: BinaryHeap::new(),
            twin: None,
            reserved: 0,
            made: 0,
            turn: 0,
            floor_ms: 0,
            drained: 0,
            totals: Totals::default(),
            options,
        }
    }

    /// What was handed out so far.
    pub(crate) const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// How many records there will be.
    pub(crate) const fn count(&self) -> u64 {
        self.options.count
    }

    /// Whether the simulated clock moves only by [`Generator::not_before`].
    pub(crate) const fn is_unpaced(&self) -> bool {
        matches!(self.options.rate, Rate::Max)
    }

    /// When the run begins, Unix milliseconds.
    pub(crate) const fn epoch_ms(&self) -> i64 {
        self.options.epoch_ms
    }

    /// Moves the simulated clock on to a time since the begin of the run, if it is
    /// behind: what comes next does not leave before.
    pub(crate) fn not_before(&mut self, at_ms: i64) {
        self.floor_ms = self.floor_ms.max(at_ms);
    }

    /// Where the simulated clock was moved to, in milliseconds since the begin.
    #[cfg(test)]
    pub(super) const fn clock_ms(&self) -> i64 {
        self.floor_ms
    }

    /// The next datagram; `None` when all records were handed out.
    pub(crate) fn step(&mut self) -> Option<Emission<'_>> {
        let (at_ms, exporter) = self.advance()?;
        let state = self.exporters.get_mut(exporter)?;
        self.totals.add(&state.seal(self.options.epoch_ms + at_ms));
        Some(Emission {
            at_ms,
            exporter,
            datagram: state.datagram(),
        })
    }

    /// Makes records until a datagram has to leave: when, and of which exporter.
    fn advance(&mut self) -> Option<(i64, usize)> {
        loop {
            let now = self.now();
            if let Some(overdue) = self.overdue(now) {
                return Some(overdue);
            }
            if self.made == self.options.count {
                return self.drain(now);
            }
            let exporter = self.make(now);
            if self.exporters.get(exporter)?.is_full() {
                return Some((now, exporter));
            }
        }
    }

    /// When the next record comes, or when the last one came.
    fn now(&self) -> i64 {
        let number = self.made.min(self.options.count.saturating_sub(1));
        self.planned(number).max(self.floor_ms)
    }

    fn planned(&self, number: u64) -> i64 {
        match self.options.rate {
            Rate::Max => 0,
            Rate::PerSecond(rate) => {
                let millis = u128::from(number) * 1_000 / u128::from(rate.max(1));
                i64::try_from(millis).unwrap_or(i64::MAX / 4)
            }
        }
    }

    /// The first exporter whose waiting records have to leave by now.
    fn overdue(&mut self, now: i64) -> Option<(i64, usize)> {
        while let Some(&(at, exporter, datagram)) = self.deadlines.front() {
            let state = self.exporters.get(exporter)?;
            let stale = state.datagrams() != datagram;
            if !stale && at > now {
                return None;
            }
            self.deadlines.pop_front();
            if !stale {
                return Some((at, exporter));
            }
        }
        None
    }

    /// The next exporter that has waiting records when all are made.
    fn drain(&mut self, now: i64) -> Option<(i64, usize)> {
        while let Some(state) = self.exporters.get(self.drained) {
            if state.waiting() > 0 {
                return Some((now, self.drained));
            }
            self.drained += 1;
        }
        None
    }

    /// Records that may still come and are not reserved for flows that were cut.
    const fn free(&self) -> u64 {
        (self.options.count - self.made).saturating_sub(self.reserved)
    }

    /// Makes one record and stages it: at which exporter.
    fn make(&mut self, now: i64) -> usize {
        let unix_ms = self.options.epoch_ms + now;
        let due = |rest: &Rest| rest.is_due(unix_ms);
        let (exporter, record, part) = match self.next_twin() {
            Some(twin) => self.begin(twin, unix_ms),
            None if self.free() > 0 && !self.pending.peek().is_some_and(due) => {
                let new = self.draw(now);
                self.begin(new, unix_ms)
            }
            None => self.go_on(unix_ms),
        };
        self.made += 1;
        self.stage(exporter, &record, &part, now);
        exporter
    }

    fn stage(&mut self, exporter: usize, record: &Record, part: &Totals, now: i64) {
        if let Some(state) = self.exporters.get_mut(exporter) {
            if state.waiting() == 0 {
                let deadline = (now + FLUSH_MS, exporter, state.datagrams());
                self.deadlines.push_back(deadline);
            }
            state.stage(record, part);
        }
    }

    /// The flow to be reported next, if the run has room for it.
    fn next_twin(&mut self) -> Option<Begun> {
        let twin = self.twin.take()?;
        (self.free() > twin.plan.cuts(self.options.active_timeout_ms)).then_some(twin)
    }

    /// Draws a new flow; most flows have one of the opposite direction, which comes
    /// next.
    fn draw(&mut self, now: i64) -> Begun {
        let exporter = self.next_exporter();
        let ipv6 = self.protocol(exporter) != Protocol::V5;
        let bounds = self.bounds(now);
        let random = &mut self.random;
        let long = bounds.free > 0 && self.traffic.is_long(random);
        let flow = self.traffic.flow(random, ipv6, long);
        let plan = long
            .then(|| Plan::long(random, &flow, bounds))
            .flatten()
            .unwrap_or_else(|| Plan::short(random, &flow, bounds.active_ms));
        let new = Begun {
            flow,
            exporter,
            plan,
        };
        self.twin = random.chance(TWO_WAY).then(|| Begun {
            flow: flow.reversed(),
            ..new
        });
        new
    }

    fn bounds(&self, now: i64) -> Bounds {
        let end = self.planned(self.options.count.saturating_sub(1));
        Bounds {
            active_ms: self.options.active_timeout_ms,
            horizon_ms: (end - now).max(0),
            free: self.free().saturating_sub(1),
        }
    }

    /// Exporters take new flows in turn.
    fn next_exporter(&mut self) -> usize {
        let turn = self.turn % self.exporters.len().max(1);
        self.turn = turn + 1;
        turn
    }

    fn protocol(&self, exporter: usize) -> Protocol {
        let state = self.exporters.get(exporter);
        state.map_or(Protocol::Ipfix, |state| state.protocol)
    }

    /// The first record of a flow.
    fn begin(&mut self, new: Begun, unix_ms: i64) -> (usize, Record, Totals) {
        let active_ms = self.options.active_timeout_ms;
        let (flow, exporter) = (new.flow, new.exporter);
        let serial = self.made;
        let rest = Rest::after((flow, exporter), &new.plan, (unix_ms, active_ms), serial);
        let at = Position {
            first: true,
            last: rest.is_none(),
        };
        if let Some(rest) = rest {
            self.reserved += rest.left;
            self.pending.push(rest);
        }
        let span = new.plan.span(whole_second(unix_ms));
        let record = self.record(exporter, &flow, at, span);
        let mut part = self.part(exporter, &record);
        count_flow(&mut part, &flow);
        (exporter, record, part)
    }

    /// The next record of the flow that is due first; a new flow if there is none.
    fn go_on(&mut self, unix_ms: i64) -> (usize, Record, Totals) {
        let Some(mut rest) = self.pending.pop() else {
            let new = self.draw(unix_ms - self.options.epoch_ms);
            return self.begin(new, unix_ms);
        };
        let (at, once) = (rest.position(), rest.cut_once);
        let span = rest.next_span(&mut self.random, unix_ms);
        self.reserved = self.reserved.saturating_sub(1);
        if rest.left > 0 {
            self.pending.push(rest);
        }
        let record = self.record(rest.exporter, &rest.flow, at, span);
        let mut part = self.part(rest.exporter, &record);
        part.flows_cut = u64::from(once);
        (rest.exporter, record, part)
    }

    fn record(&mut self, exporter: usize, flow: &Flow, at: Position, span: Span) -> Record {
        let (packets, bytes) = flow.size(&mut self.random, at);
        let lone = packets == 1;
        let record = Record {
            key: flow.key,
            icmp: flow.icmp,
            start_ms: if lone { span.end_ms } else { span.start_ms },
            end_ms: span.end_ms,
            packets,
            bytes,
            tcp_flags: flow.tcp_flags(at, packets),
            tos: flow.tos,
            in_if: flow.in_if,
            out_if: flow.out_if,
            end_reason: end_reason(flow, at),
        };
        match self.protocol(exporter) {
            Protocol::Sflow => wire::sampled(&record),
            Protocol::V5 | Protocol::V9 | Protocol::Ipfix => record,
        }
    }

    /// What a record adds to the totals, but for what its flow adds.
    fn part(&self, exporter: usize, record: &Record) -> Totals {
        let protocol = self.protocol(exporter);
        let rate = match protocol {
            Protocol::Sflow => wire::SAMPLING_RATE.into(),
            Protocol::V5 | Protocol::V9 | Protocol::Ipfix => 1,
        };
        let v4 = record.key.src_addr.is_ipv4();
        Totals {
            records: 1,
            records_v5: u64::from(protocol == Protocol::V5),
            records_v9: u64::from(protocol == Protocol::V9),
            records_ipfix: u64::from(protocol == Protocol::Ipfix),
            records_ipv4: u64::from(v4),
            records_ipv6: u64::from(!v4),
            records_sflow: u64::from(protocol == Protocol::Sflow),
            packets: record.packets * rate,
            bytes: record.bytes * rate,
            ..Totals::default()
        }
    }
}

/// Counts a flow at its first record.
fn count_flow(part: &mut Totals, flow: &Flow) {
    part.flows = 1;
    match flow.key.protocol {
        protocol::TCP => part.flows_tcp = 1,
        protocol::UDP => part.flows_udp = 1,
        _ => part.flows_icmp = 1,
    }
    part.flows_unclosed = u64::from(flow.is_unclosed());
}

fn end_reason(flow: &Flow, at: Position) -> EndReason {
    match flow.close {
        _ if !at.last => EndReason::Active,
        Close::Never => EndReason::Idle,
        Close::Fin | Close::Reset => EndReason::End,
    }
}
