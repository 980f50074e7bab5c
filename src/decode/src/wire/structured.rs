//! Structured data (RFC 6313): flows out of the lists of a record that has no
//! addresses of its own.
//!
//! Lists may hold lists. The walk keeps its own stack, so that no input makes the
//! program's grow, and goes so deep as the limits say and no deeper. What it leaves
//! out is counted; a list that is malformed costs itself alone (RFC 6313, 7).

use super::records::{Flows, find};
use super::sets::Message;
use crate::Reason;
use crate::bytes::u16_at;
use crate::counters::Tally;
use crate::plan::Change;
use crate::state::Overlay;
use crate::template::{Addresses, Kind, List, ListKind, Reader, Template, Walked, value_range};

/// The octets of a list, or of the records of one template within it.
#[derive(Debug, Clone, Copy)]
enum Work<'a> {
    List(List),
    Records(&'a Template, usize, usize),
}

/// Walks the lists of records.
pub(super) struct Structured<'a> {
    message: &'a Message<'a>,
    changes: &'a Overlay<Change>,
    /// What is still to do, and how deep it lies.
    stack: Vec<(Work<'a>, usize)>,
    /// How many flows may still come.
    allowed: usize,
}

/// What is wrong with a list.
#[derive(Debug)]
struct Malformed;

impl<'a> Structured<'a> {
    pub(super) const fn new(
        message: &'a Message<'a>,
        changes: &'a Overlay<Change>,
        allowed: usize,
    ) -> Self {
        Self {
            message,
            changes,
            stack: Vec::new(),
            allowed,
        }
    }

    /// Makes the flows of one record, whose own fields count before those within.
    pub(super) fn take<R: Reader>(&mut self, outer: &R, flows: &mut Flows<'_>) {
        let held = flows.flows.len();
        self.push_lists(flows.template, outer, 1);
        while let Some((work, depth)) = self.stack.pop() {
            let done = match work {
                _ if depth > self.message.limits.structured_depth => {
                    flows.tally.one(Reason::StructuredSkipped);
                    Ok(())
                }
                Work::List(list) => self.open(list, depth, flows),
                Work::Records(template, at, end) => {
                    self.record(template, at, end, depth, outer, flows)
                }
            };
            if let Err(Malformed) = done {
                flows.tally.one(Reason::StructuredMalformed);
            }
        }
        if flows.flows.len() == held {
            flows.tally.add(Reason::NoKey, 1, outer.octets().len());
        }
    }

    /// Puts the lists of a record on the stack, the first on top.
    fn push_lists<R: Reader>(&mut self, template: &Template, record: &R, depth: usize) {
        let lists = template.lists.iter().rev();
        let lists = lists.filter_map(|place| record.list(place));
        let works = lists.map(|list| (Work::List(list), depth));
        self.stack.extend(works);
    }

    fn open(&mut self, list: List, depth: usize, flows: &mut Flows<'_>) -> Result<(), Malformed> {
        if list.start == list.end {
            return Ok(());
        }
        // The first octet is the semantic, which says nothing about flows.
        let at = list.start + 1;
        let octets = self.message.octets.get(..list.end).unwrap_or_default();
        match list.kind {
            ListKind::Basic => self.basic(octets, at, depth),
            ListKind::SubTemplate => {
                let id = u16_at(octets, at).ok_or(Malformed)?;
                self.records_of(id, at + 2, list.end, depth, flows);
                Ok(())
            }
            ListKind::SubTemplateMulti => self.multi(octets, at, depth, flows),
        }
    }

    /// A list of values of one element, of which only lists matter (4.5.1).
    fn basic(&mut self, octets: &[u8], at: usize, depth: usize) -> Result<(), Malformed> {
        let element = u16_at(octets, at).ok_or(Malformed)?;
        let length = u16_at(octets, at + 2).ok_or(Malformed)?;
        let Some(kind) = ListKind::of(element) else {
            return Ok(());
        };
        let mut at = at + 4;
        let first = self.stack.len();
        while at < octets.len() {
            let value = value_range(octets, at, length);
            let Some((start, end)) = value.filter(|&(_, end)| end > at) else {
                self.stack.truncate(first);
                return Err(Malformed);
            };
            at = end;
            self.stack
                .push((Work::List(List { kind, start, end }), depth + 1));
        }
        if let Some(pushed) = self.stack.get_mut(first..) {
            pushed.reverse();
        }
        Ok(())
    }

    /// Records of several templates, each with ID and length (4.5.3).
    fn multi(
        &mut self,
        octets: &[u8],
        mut at: usize,
        depth: usize,
        flows: &mut Flows<'_>,
    ) -> Result<(), Malformed> {
        let first = self.stack.len();
        while at < octets.len() {
            let head = u16_at(octets, at).zip(u16_at(octets, at + 2));
            let head = head.map(|(id, length)| (id, at + usize::from(length)));
            let fits = |&(_, end): &(u16, usize)| end >= at + 4 && end <= octets.len();
            let Some((id, end)) = head.filter(fits) else {
                self.stack.truncate(first);
                return Err(Malformed);
            };
            self.records_of(id, at + 4, end, depth, flows);
            at = end;
        }
        if let Some(pushed) = self.stack.get_mut(first..) {
            pushed.reverse();
        }
        Ok(())
    }

    /// Puts records on the stack if their template is known.
    fn records_of(
        &mut self,
        id: u16,
        start: usize,
        end: usize,
        depth: usize,
        flows: &mut Flows<'_>,
    ) {
        match find(self.message, self.changes, id) {
            Ok((template, _)) if template.kind == Kind::Data => {
                self.stack
                    .push((Work::Records(template, start, end), depth));
            }
            _ => flows.tally.one(Reason::StructuredSkipped),
        }
    }

    /// The first of some records; the others go back on the stack.
    fn record<R: Reader>(
        &mut self,
        template: &'a Template,
        at: usize,
        end: usize,
        depth: usize,
        outer: &R,
        flows: &mut Flows<'_>,
    ) -> Result<(), Malformed> {
        if end.saturating_sub(at) < template.min_octets.max(1) {
            return Ok(());
        }
        let mut record = Walked::new(self.message.octets, template);
        let next = record.walk(at, end).ok_or(Malformed)?;
        self.stack.push((Work::Records(template, next, end), depth));
        if template.addresses == Addresses::None {
            self.push_lists(template, &record, depth + 1);
            return Ok(());
        }
        if self.allowed == 0 {
            flows.tally.one(Reason::StructuredSkipped);
            return Ok(());
        }
        self.allowed -= usize::from(flows.nested(template, &record, outer));
        Ok(())
    }
}

impl Flows<'_> {
    /// Makes the flows of a record within another, whose fields count first; whether it
    /// is any.
    fn nested<R: Reader, O: Reader>(&mut self, template: &Template, record: &R, outer: &O) -> bool {
        let context = self.context(outer);
        let mut unused = Tally::new();
        let told_outside = self.template.has_times();
        let tally = if told_outside {
            &mut unused
        } else {
            &mut *self.tally
        };
        let mut flow = match template.flow(record, &context, tally) {
            Ok(flow) => flow,
            Err(reason) => {
                self.tally.add(reason, 1, record.octets().len());
                return false;
            }
        };
        self.template
            .complete(outer, &context, &mut flow, self.tally);
        flow.sampling_rate = self.rates.of(outer, flow.in_if, self.tally);
        let lists = template.lists.len();
        self.tally.add(Reason::StructuredSkipped, lists, 0);
        let (one, other) = match (&template.reverse, &self.template.reverse) {
            (Some(_), _) => template.directions(record, &context, flow, self.tally),
            (None, Some(_)) => self.template.directions(outer, &context, flow, self.tally),
            (None, None) => (flow, None),
        };
        self.flows.push(one);
        self.flows.extend(other);
        true
    }
}
