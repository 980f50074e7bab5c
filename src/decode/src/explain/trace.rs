//! What a walk over a message tells while it goes.

use std::cell::RefCell;
use std::sync::Arc;

use flow::ReceiveTime;

use super::{
    Event, EventKind, ExplainLimits, Explanation, Field, Header, Layout, LeftOut, Note, Sample,
    name_twice,
};
use crate::counters::Tally;
use crate::template::{Fields, Kind};
use crate::{Elements, Protocol, Reason, Report, Scope};

/// Where a walk tells what it passes, if anybody wants to know. Decoding for flows has
/// none, and asks once for each Set and sample and not for each record.
pub(crate) type Tracer<'a> = Option<&'a Trace<'a>>;

/// How many layouts are remembered within one message.
const LAYOUTS: usize = 64;

/// Takes note of what a walk passes.
#[derive(Debug)]
pub(crate) struct Trace<'a> {
    elements: &'a Elements,
    limits: ExplainLimits,
    state: RefCell<State>,
}

#[derive(Debug)]
struct State {
    header: Option<Header>,
    events: Vec<Event>,
    left_out: LeftOut,
    values_left: usize,
    /// The tally as it was when notes were last taken.
    seen: Tally,
    /// All notes so far.
    noted: Vec<Note>,
    /// The Set that is walked.
    set: Option<u16>,
    /// Of what waited: when its message was received, and what its offsets are too much.
    waited: Option<(ReceiveTime, usize)>,
    layouts: Vec<(Box<[u8]>, Kind, Arc<Layout>)>,
}

impl<'a> Trace<'a> {
    pub(crate) fn new(elements: &'a Elements, limits: ExplainLimits) -> Self {
        Self {
            elements,
            limits,
            state: RefCell::new(State {
                header: None,
                events: Vec::new(),
                left_out: LeftOut::default(),
                values_left: limits.values,
                seen: Tally::new(),
                noted: Vec::new(),
                set: None,
                waited: None,
                layouts: Vec::new(),
            }),
        }
    }

    /// The header was read.
    pub(crate) fn header(&self, header: Header) {
        self.state.borrow_mut().header = Some(header);
    }

    /// A Set begins; its notes name it.
    pub(crate) fn enter_set(&self, id: u16) {
        self.state.borrow_mut().set = Some(id);
    }

    /// A Set, or what stands where one was expected, ends; what was counted on it as a
    /// whole is noted.
    pub(crate) fn leave_set(&self, at: usize, octets: usize, tally: &Tally) {
        let state = &mut *self.state.borrow_mut();
        state.notes_as_events(at, octets, tally, self.limits.events);
        state.set = None;
    }

    /// Something was passed; what was counted on it is noted behind it.
    pub(crate) fn pass(&self, at: usize, octets: usize, kind: EventKind, tally: &Tally) {
        let state = &mut *self.state.borrow_mut();
        state.push(at, octets, kind, self.limits.events);
        state.notes_as_events(at, octets, tally, self.limits.events);
    }

    /// What was counted since notes were last taken.
    pub(crate) fn take_notes(&self, tally: Option<&Tally>) -> Vec<Note> {
        let state = &mut *self.state.borrow_mut();
        tally.map(|tally| state.notes(tally)).unwrap_or_default()
    }

    /// Something was passed whose notes it has itself.
    pub(crate) fn push(&self, at: usize, octets: usize, kind: EventKind) {
        let state = &mut *self.state.borrow_mut();
        state.push(at, octets, kind, self.limits.events);
    }

    /// A sample was passed.
    pub(crate) fn sample(&self, at: usize, octets: usize, sample: Sample) {
        self.push(at, octets, EventKind::Sample(sample));
    }

    /// A Data Set that waited is walked now; gives the number of events before it.
    pub(crate) fn enter_waited(&self, id: u16, received_ms: i64, beyond: usize) -> usize {
        let state = &mut *self.state.borrow_mut();
        state.set = Some(id);
        state.waited = Some((ReceiveTime::from_millis(received_ms), beyond));
        state.events.len()
    }

    /// A Data Set that waited was walked. If it was malformed, what came of it is void.
    pub(crate) fn leave_waited(&self, first: usize, octets: usize, whole: bool, tally: &Tally) {
        let state = &mut *self.state.borrow_mut();
        if !whole {
            for event in state.events.iter_mut().skip(first) {
                event.void = true;
            }
        }
        let beyond = state.waited.map_or(0, |(_, beyond)| beyond);
        state.notes_as_events(beyond, octets, tally, self.limits.events);
        (state.waited, state.set) = (None, None);
    }

    /// How many of so many values may still be read; the others are counted.
    pub(crate) fn allow(&self, values: usize) -> usize {
        let state = &mut *self.state.borrow_mut();
        let allowed = values.min(state.values_left);
        state.values_left -= allowed;
        state.left_out.values += number(values - allowed);
        allowed
    }

    /// How many values of one record may still be read; the others are counted.
    pub(crate) fn allow_record(&self, layout: &Layout) -> usize {
        self.state.borrow_mut().left_out.values += number(layout.left_out);
        self.allow(layout.fields.len())
    }

    /// An offset as events have it.
    pub(crate) fn offset(&self, at: usize) -> usize {
        self.state.borrow().offset(at)
    }

    /// The field that an element is.
    pub(crate) fn field(&self, spec: crate::template::FieldSpec) -> Field {
        Field::of_element(spec, self.elements)
    }

    /// The names and types of the fields that a definition lists.
    pub(crate) fn layout(
        &self,
        id: u16,
        kind: Kind,
        definition: &[u8],
        protocol: Protocol,
    ) -> Arc<Layout> {
        let known = self.state.borrow().layouts.iter().find_map(|known| {
            let same = known.2.id == id && known.1 == kind && *known.0 == *definition;
            same.then(|| Arc::clone(&known.2))
        });
        known.unwrap_or_else(|| {
            let layout = Arc::new(self.make_layout(id, kind, definition, protocol));
            let layouts = &mut self.state.borrow_mut().layouts;
            if layouts.len() >= LAYOUTS {
                layouts.clear();
            }
            layouts.push((definition.into(), kind, Arc::clone(&layout)));
            layout
        })
    }

    fn make_layout(&self, id: u16, kind: Kind, definition: &[u8], protocol: Protocol) -> Layout {
        let specs = Fields::new(definition, protocol);
        let scopes = match kind {
            Kind::Data => 0,
            Kind::Options(scopes) => usize::from(scopes),
        };
        let count = specs.count();
        let allowed = self.allow(count);
        let fields = specs.enumerate().take(allowed);
        let fields = fields.map(|(at, spec)| {
            let scope = at < scopes;
            if scope && protocol == Protocol::NetflowV9 {
                return Field::of_v9_scope(spec);
            }
            Field {
                scope,
                ..self.field(spec)
            }
        });
        let mut fields: Vec<Field> = fields.collect();
        name_twice(&mut fields);
        Layout {
            id,
            options: kind != Kind::Data,
            fields,
            left_out: count - allowed,
        }
    }

    /// What was told, with what decoding counted in all: what is not noted yet was
    /// counted on the message as a whole, or on state.
    pub(crate) fn finish(
        self,
        report: Report,
        octets: usize,
        counted: Vec<(Reason, u64, u64)>,
    ) -> Explanation {
        let mut state = self.state.into_inner();
        if report.error.is_some() {
            // Rejecting a message takes back what was counted on it.
            state.noted.clear();
            for event in &mut state.events {
                event.void = true;
            }
        }
        for (reason, events, octets_of) in counted {
            let noted = state.noted.iter().filter(|note| note.reason == reason);
            let noted: u64 = noted.map(|note| note.events).sum();
            let note = Note {
                reason,
                events: events.saturating_sub(noted),
                octets: octets_of,
                set: None,
            };
            let is_error = report.error.is_some() && reason.scope() == Scope::Datagram;
            if note.events > 0 && !is_error {
                state.push(octets, 0, EventKind::Note(note), self.limits.events);
            }
        }
        Explanation {
            header: state.header,
            events: state.events,
            report,
            left_out: state.left_out,
        }
    }
}

impl State {
    fn offset(&self, at: usize) -> usize {
        at - self.waited.map_or(0, |(_, beyond)| beyond.min(at))
    }

    fn push(&mut self, at: usize, octets: usize, kind: EventKind, limit: usize) {
        if self.events.len() >= limit {
            self.left_out.events += 1;
            return;
        }
        self.events.push(Event {
            at: self.offset(at),
            octets,
            waited: self.waited.map(|(received, _)| received),
            void: false,
            kind,
        });
    }

    fn notes(&mut self, tally: &Tally) -> Vec<Note> {
        let set = self.set;
        let notes = tally.since(&self.seen);
        let notes: Vec<Note> = notes
            .map(|(reason, events, octets)| Note {
                reason,
                events,
                octets,
                set,
            })
            .collect();
        if !notes.is_empty() {
            self.seen = tally.clone();
            self.note(&notes);
        }
        notes
    }

    /// Remembers what was noted, in one place for each reason.
    fn note(&mut self, notes: &[Note]) {
        for note in notes {
            match self.noted.iter_mut().find(|of| of.reason == note.reason) {
                Some(noted) => noted.events += note.events,
                None => self.noted.push(*note),
            }
        }
    }

    fn notes_as_events(&mut self, at: usize, octets: usize, tally: &Tally, limit: usize) {
        for note in self.notes(tally) {
            self.push(at, octets, EventKind::Note(note), limit);
        }
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
