//! Data Sets: from their records to flows, or to facts (RFC 7011, 3.4.3).

use flow::{OriginalFlow, SamplingRate};

use super::explained::Traced;
use super::sets::Message;
use super::structured::Structured;
use super::waiting;
use crate::counters::Tally;
use crate::plan::Change;
use crate::state::{Fact, Found, Overlay};
use crate::template::{
    Addresses, Context, Fields, Fixed, Kind, Reader, Target, Template, Walked, believe,
};
use crate::{DecodeError, ErrorKind, Plan, Reason};

/// Octets of a Set Header, which count with a Set that is skipped.
const SET_HEADER: usize = 4;

/// A Data Set of a known template.
#[derive(Debug, Clone, Copy)]
pub(super) struct DataSet<'a> {
    pub(super) message: &'a Message<'a>,
    pub(super) template: &'a Template,
    pub(super) id: u16,
    start: usize,
    end: usize,
    /// How many records may still come.
    allowed: usize,
}

/// Takes records one by one.
pub(super) trait Sink {
    fn take<R: Reader>(&mut self, record: &R);

    /// The flows that were made so far.
    fn flows(&self) -> &[OriginalFlow] {
        &[]
    }

    /// What was counted so far.
    fn tally(&self) -> Option<&Tally> {
        None
    }

    /// Why none of the records makes a flow, if that is known beforehand.
    fn lacks(&self) -> Option<Reason> {
        None
    }
}

/// Reads one Data Set into the plan.
///
/// # Errors
///
/// If a record goes beyond the Set, or there are too many.
pub(super) fn read(
    message: &Message<'_>,
    plan: &mut Plan,
    id: u16,
    start: usize,
    end: usize,
) -> Result<(), DecodeError> {
    let tally = &mut plan.entry.tally;
    let (template, port) = match find(message, &plan.templates, id) {
        Ok(found) => found,
        Err(reason) => {
            plan.units_unknown = true;
            tally.add(reason, 1, SET_HEADER + end - start);
            if reason != Reason::TemplateAmbiguous {
                waiting::wait(message, plan, id, start, end);
            }
            return Ok(());
        }
    };
    plan.used.push(message.session.template_key(id), port);
    if port != message.session.port {
        tally.one(Reason::TemplateRoamed);
    }
    if end - start < template.min_octets {
        tally.add(Reason::ShortDataSet, 1, SET_HEADER + end - start);
        return Ok(());
    }
    let set = DataSet {
        message,
        template,
        id,
        start,
        end,
        allowed: message
            .limits
            .records_per_datagram
            .saturating_sub(plan.units as usize),
    };
    let units = match template.kind {
        Kind::Data => {
            let held = plan.flows.len();
            let told = (&plan.facts, &plan.templates);
            let units = set.flows(&mut plan.flows, told, tally)?;
            plan.entry.records += number(plan.flows.len() - held);
            units
        }
        Kind::Options(_) => {
            let told = (&mut plan.facts, &mut plan.interface_facts);
            let units = set.facts(told, &plan.templates, tally)?;
            plan.entry.options_records += number(units);
            units
        }
    };
    plan.units += number(units);
    Ok(())
}

/// A number of records, which are fewer than the octets of a datagram.
fn number(records: usize) -> u32 {
    u32::try_from(records).unwrap_or(u32::MAX)
}

/// The template of a Data Set and the source port it is from: the one of this message,
/// or the one that the exporter sent before.
pub(super) fn find<'a>(
    message: &'a Message<'_>,
    changes: &'a Overlay<Change>,
    id: u16,
) -> Result<(&'a Template, u16), Reason> {
    let key = message.session.template_key(id);
    let port = message.session.port;
    match changes.get(key) {
        Some(Change::Keep(template)) => return Ok((template, port)),
        Some(Change::Drop) => return Err(Reason::NoTemplate),
        Some(Change::Renew) => {
            let own = message
                .host
                .and_then(|host| host.templates().own(key, port));
            return own.map(|own| (&**own, port)).ok_or(Reason::NoTemplate);
        }
        None => {}
    }
    let host = message.host.ok_or(Reason::NoTemplate)?;
    let (port, template) = match host.templates().find(key, port) {
        Found::Own(template) => (port, template),
        Found::Roamed(port, template) => (port, template),
        Found::Ambiguous => return Err(Reason::TemplateAmbiguous),
        Found::Absent => return Err(Reason::NoTemplate),
    };
    if template.life.is_over(message.now_ms) {
        return Err(Reason::TemplateExpired);
    }
    Ok((template, port))
}

impl DataSet<'_> {
    /// Reads flows; how many Data Records there were.
    fn flows(
        &self,
        flows: &mut Vec<OriginalFlow>,
        (told, changes): (&Overlay<u64>, &Overlay<Change>),
        tally: &mut Tally,
    ) -> Result<usize, DecodeError> {
        let template = self.template;
        let structured = template.addresses == Addresses::None && !template.lists.is_empty();
        if template.addresses == Addresses::None && !structured {
            let mut sink = Ignored(Some(Reason::NoKey));
            let records = self.feed_told(&mut sink, changes)?;
            tally.add(Reason::NoKey, records, self.end - self.start);
            return Ok(records);
        }
        let mut sink = Flows {
            template: self.template,
            context: self.message.context(told),
            rates: Rates::new(self.message, self.template, told),
            flows,
            tally,
            padding: 0,
        };
        if structured {
            let lists = Structured::new(self.message, changes, self.allowed);
            let mut sink = Nested { flows: sink, lists };
            return self.feed_told(&mut sink, changes);
        }
        let records = self.feed_told(&mut sink, changes)?;
        let (padding, skipped) = (sink.padding, records * template.lists.len());
        tally.add(Reason::StructuredSkipped, skipped, 0);
        tally.add(Reason::ReverseSkipped, self.reversed()?, 0);
        Ok(records - padding)
    }

    /// How many records count the reverse direction too. They are read once more for
    /// it, so that all others cost nothing.
    fn reversed(&self) -> Result<usize, DecodeError> {
        let template = self.template;
        let mut sink = Reversed { template, seen: 0 };
        if template.reverse {
            self.feed(&mut sink)?;
        }
        Ok(sink.seen)
    }

    /// Reads options data; how many records there were.
    fn facts(
        &self,
        (told, interface_facts): (&mut Overlay<u64>, &mut bool),
        changes: &Overlay<Change>,
        tally: &mut Tally,
    ) -> Result<usize, DecodeError> {
        if !self.template.tells_facts() {
            return self.feed_told(&mut Ignored(None), changes);
        }
        let mut sink = Facts {
            set: *self,
            told,
            interface_facts,
            changes,
            tally,
        };
        self.feed_told(&mut sink, changes)
    }

    /// [`Self::feed`], and tells of each record if anybody wants to know.
    fn feed_told<S: Sink>(
        &self,
        sink: &mut S,
        changes: &Overlay<Change>,
    ) -> Result<usize, DecodeError> {
        match self.message.trace {
            None => self.feed(sink),
            Some(trace) => self.feed(&mut Traced::new(self, sink, trace, changes)),
        }
    }

    /// Hands each record to a sink. What is left at the end and shorter than a record
    /// is padding (RFC 7011, 3.3.1).
    fn feed<S: Sink>(&self, sink: &mut S) -> Result<usize, DecodeError> {
        if self.template.is_plain() {
            self.feed_fixed(sink)
        } else {
            self.feed_walked(sink)
        }
    }

    fn feed_fixed<S: Sink>(&self, sink: &mut S) -> Result<usize, DecodeError> {
        let octets = self.template.min_octets.max(1);
        let records = (self.end - self.start) / octets;
        if records > self.allowed {
            return Err(self.too_many(self.start));
        }
        for record in 0..records {
            let at = self.start + record * octets;
            sink.take(&Fixed::new(self.message.octets, self.template, at));
        }
        Ok(records)
    }

    fn feed_walked<S: Sink>(&self, sink: &mut S) -> Result<usize, DecodeError> {
        let (mut at, mut records) = (self.start, 0);
        let mut record = Walked::new(self.message.octets, self.template);
        while self.end - at >= self.template.min_octets.max(1) {
            let Some(end) = record.walk(at, self.end) else {
                return Err(ErrorKind::VariableLength { id: self.id }.at(at));
            };
            if records == self.allowed {
                return Err(self.too_many(at));
            }
            sink.take(&record);
            at = end;
            records += 1;
        }
        Ok(records)
    }

    fn too_many(&self, at: usize) -> DecodeError {
        let limit = self.message.limits.records_per_datagram;
        ErrorKind::TooManyRecords { limit }.at(at)
    }
}

/// Takes records of which nothing is used, and knows why they make no flow.
#[derive(Debug)]
struct Ignored(Option<Reason>);

impl Sink for Ignored {
    fn take<R: Reader>(&mut self, _: &R) {}

    fn lacks(&self) -> Option<Reason> {
        self.0
    }
}

/// Makes flows of records.
pub(super) struct Flows<'a> {
    pub(super) template: &'a Template,
    context: Context,
    pub(super) rates: Rates<'a>,
    pub(super) flows: &'a mut Vec<OriginalFlow>,
    pub(super) tally: &'a mut Tally,
    /// Records of zeros, which were none.
    padding: usize,
}

impl Flows<'_> {
    /// The context, with the exporter's start where the record states it.
    pub(super) fn context<R: Reader>(&self, record: &R) -> Context {
        let mut context = self.context;
        if self.template.has(Target::SystemInit)
            && context.clock.uptime.is_none()
            && let Some(init) = self.template.system_init(record)
        {
            context.clock = context.clock.with_system_init(init);
        }
        context
    }
}

impl Sink for Flows<'_> {
    fn take<R: Reader>(&mut self, record: &R) {
        let context = self.context(record);
        match self.template.flow(record, &context, self.tally) {
            Ok(mut flow) => {
                flow.sampling_rate = self.rates.of(record, flow.in_if, self.tally);
                self.flows.push(flow);
            }
            Err(reason) => {
                self.padding += usize::from(reason == Reason::ZeroRecord);
                self.tally.add(reason, 1, record.octets().len());
            }
        }
    }

    fn flows(&self) -> &[OriginalFlow] {
        self.flows
    }

    fn tally(&self) -> Option<&Tally> {
        Some(self.tally)
    }
}

/// Counts the records of biflows (RFC 5103).
struct Reversed<'a> {
    template: &'a Template,
    seen: usize,
}

impl Sink for Reversed<'_> {
    fn take<R: Reader>(&mut self, record: &R) {
        self.seen += usize::from(self.template.counts_reverse(record));
    }
}

/// Makes flows of what lies within records.
struct Nested<'a> {
    flows: Flows<'a>,
    lists: Structured<'a>,
}

impl Sink for Nested<'_> {
    fn take<R: Reader>(&mut self, record: &R) {
        self.lists.take(record, &mut self.flows);
    }

    fn flows(&self) -> &[OriginalFlow] {
        self.flows.flows
    }

    fn tally(&self) -> Option<&Tally> {
        Some(self.flows.tally)
    }
}

/// Finds the sampling rate of each record of a Data Set: its own, or that of its
/// sampler, of its interface, or of the exporter, in this order.
pub(super) struct Rates<'a> {
    message: &'a Message<'a>,
    template: &'a Template,
    told: &'a Overlay<u64>,
    /// The exporter's rate.
    general: Option<SamplingRate>,
    by_sampler: bool,
    by_interface: bool,
    /// The last answers: records in a row mostly ask the same.
    last_sampler: (u64, Option<SamplingRate>),
    last_interface: (u32, Option<SamplingRate>),
}

impl<'a> Rates<'a> {
    fn new(message: &'a Message<'a>, template: &'a Template, told: &'a Overlay<u64>) -> Self {
        let any = message.has_facts(told);
        let interfaces = |host: &crate::state::Host| host.interface_facts;
        let mut rates = Self {
            message,
            template,
            told,
            general: None,
            by_sampler: any && template.sampler,
            by_interface: any && (!told.is_empty() || message.host.is_some_and(interfaces)),
            last_sampler: (0, None),
            last_interface: (0, None),
        };
        if any {
            rates.general = rates.known(Fact::Rate);
        }
        rates
    }

    pub(super) fn of<R: Reader>(
        &mut self,
        record: &R,
        in_if: Option<u32>,
        tally: &mut Tally,
    ) -> Option<SamplingRate> {
        if !(self.template.own_rate || self.by_sampler || self.by_interface) {
            return self.general;
        }
        self.own(record, tally)
            .or_else(|| self.of_sampler(record))
            .or_else(|| self.of_interface(in_if))
            .or(self.general)
    }

    fn own<R: Reader>(&self, record: &R, tally: &mut Tally) -> Option<SamplingRate> {
        let rate = self.template.stated_rate(record)?;
        believe(rate, self.message.limits.largest_sampling_rate, tally)
    }

    fn of_sampler<R: Reader>(&mut self, record: &R) -> Option<SamplingRate> {
        if !self.by_sampler {
            return None;
        }
        let id = self.template.sampler_id(record);
        if self.last_sampler.0 != id {
            self.last_sampler = (id, self.known(Fact::SamplerRate(id)));
        }
        self.last_sampler.1
    }

    fn of_interface(&mut self, in_if: Option<u32>) -> Option<SamplingRate> {
        let index = in_if.filter(|_| self.by_interface)?;
        if self.last_interface.0 != index {
            self.last_interface = (index, self.known(Fact::InterfaceRate(index)));
        }
        self.last_interface.1
    }

    /// The rate of a fact, which was believed when it was told.
    fn known(&self, fact: Fact) -> Option<SamplingRate> {
        let rate = self.message.fact(self.told, fact)?;
        SamplingRate::new(u32::try_from(rate).ok()?)
    }
}

/// Takes facts from options data.
struct Facts<'a> {
    set: DataSet<'a>,
    told: &'a mut Overlay<u64>,
    interface_facts: &'a mut bool,
    changes: &'a Overlay<Change>,
    tally: &'a mut Tally,
}

impl Facts<'_> {
    /// Whether the Flow Keys of a template are fields of one that is known. Nothing
    /// else is done with them: the key of a flow is always the same.
    fn are_fields(&self, id: u16, keys: u64) -> bool {
        let message = self.set.message;
        let fields = |template: &Template| {
            Fields::new(template.definition(), message.session.protocol).count()
        };
        let highest = (u64::BITS - keys.leading_zeros()) as usize;
        find(message, self.changes, id).is_ok_and(|(template, _)| highest <= fields(template))
    }

    fn tell(&mut self, fact: Fact, value: u64) {
        *self.interface_facts |= matches!(fact, Fact::InterfaceRate(_));
        self.told
            .set(self.set.message.session.fact_key(fact), value);
    }
}

impl Sink for Facts<'_> {
    fn take<R: Reader>(&mut self, record: &R) {
        let template = self.set.template;
        if let Some((fact, rate)) = template.rate_fact(record) {
            let largest = self.set.message.limits.largest_sampling_rate;
            let rate = believe(rate, largest, self.tally);
            self.tell(fact, rate.map_or(0, |rate| u64::from(rate.get())));
        }
        if let Some(init) = template.system_init(record) {
            self.tell(Fact::SystemInit, init);
        }
        if let Some((id, keys)) = template.flow_keys(record)
            && !self.are_fields(id, keys)
        {
            self.tally.one(Reason::FlowKeysInvalid);
        }
    }

    fn tally(&self) -> Option<&Tally> {
        Some(self.tally)
    }
}
