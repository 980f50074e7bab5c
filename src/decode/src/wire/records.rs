//! Data Sets: from their records to flows, or to facts (RFC 7011, 3.4.3).

use flow::{Direction, OriginalFlow};

use super::explained::Traced;
use super::facts::Facts;
use super::kept;
use super::rates::Rates;
use super::sets::Message;
use super::structured::Structured;
use super::waiting;
use crate::counters::Tally;
use crate::plan::Change;
use crate::state::{Found, Overlay};
use crate::template::{Addresses, Context, Fixed, Kind, Reader, Target, Template, Walked};
use crate::told::Telling;
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
    let found = find(message, &plan.templates, id);
    let evidence = kept::Evidence {
        records: message.octets.get(start..end).unwrap_or_default(),
        number: plan.number,
        boot: plan.boot,
    };
    // Its exporter may have repeated it in this very message.
    let repeated = plan
        .templates
        .get(message.session.template_key(id))
        .is_some();
    let found = found.and_then(|found| match found.0.doubt.filter(|_| !repeated) {
        Some(doubt) if !kept::is_trusted(message, found, doubt, &evidence, &mut plan.voided) => {
            Err(Reason::NoTemplate)
        }
        _ => Ok(found),
    });
    let tally = &mut plan.entry.tally;
    let (template, port) = match found {
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
            let new = plan.flows.get(held..).unwrap_or_default();
            let biflows = if template.reverse.is_some() || !template.lists.is_empty() {
                biflows(new)
            } else {
                0
            };
            plan.entry.records += number(new.len() - biflows);
            plan.entry.biflows += number(biflows);
            units
        }
        Kind::Options(_) => {
            let told = (
                &mut plan.facts,
                &mut plan.interface_facts,
                &mut plan.tellings,
            );
            let units = set.facts(told, &plan.templates, tally)?;
            plan.entry.options_records += number(units);
            units
        }
    };
    plan.units += number(units);
    Ok(())
}

/// How many records became two flows.
fn biflows(flows: &[OriginalFlow]) -> usize {
    let reverse = flows.iter().map(|flow| flow.direction);
    reverse.filter(|of| *of == Direction::Reverse).count()
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
            let reason = match template.reverse {
                Some(_) => Reason::ReverseNoKey,
                None => Reason::NoKey,
            };
            let mut sink = Ignored(Some(reason));
            let records = self.feed_told(&mut sink, changes)?;
            tally.add(reason, records, self.end - self.start);
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
        let records = if template.reverse.is_some() {
            let mut biflows = Biflows(sink);
            let records = self.feed_told(&mut biflows, changes)?;
            sink = biflows.0;
            records
        } else {
            self.feed_told(&mut sink, changes)?
        };
        let (padding, skipped) = (sink.padding, records * template.lists.len());
        tally.add(Reason::StructuredSkipped, skipped, 0);
        Ok(records - padding)
    }

    /// Reads options data; how many records there were.
    fn facts(
        &self,
        (told, interface_facts, tellings): (&mut Overlay<u64>, &mut bool, &mut Vec<Telling>),
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
            tellings,
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
        let stated;
        let context = if self.template.has(Target::SystemInit) {
            stated = self.context(record);
            &stated
        } else {
            &self.context
        };
        match self.template.flow(record, context, self.tally) {
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

/// Makes flows of records that may count both directions.
struct Biflows<'a>(Flows<'a>);

impl Sink for Biflows<'_> {
    #[inline(never)]
    fn take<R: Reader>(&mut self, record: &R) {
        let Self(flows) = self;
        let held = flows.flows.len();
        flows.take(record);
        if flows.flows.len() > held
            && let Some(flow) = flows.flows.pop()
        {
            let context = flows.context(record);
            let (one, other) = flows
                .template
                .directions(record, &context, flow, flows.tally);
            flows.flows.push(one);
            flows.flows.extend(other);
        }
    }

    fn flows(&self) -> &[OriginalFlow] {
        self.0.flows()
    }

    fn tally(&self) -> Option<&Tally> {
        self.0.tally()
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
