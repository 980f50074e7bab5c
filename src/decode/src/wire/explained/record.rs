//! Data Records of templates.

use std::sync::Arc;

use super::lists::Lists;
use crate::Scope;
use crate::explain::{EventKind, Layout, Record, Trace};
use crate::plan::Change;
use crate::state::Overlay;
use crate::template::{Kind, Reader};
use crate::wire::records::{DataSet, Sink};

/// Takes records like another, and tells of each.
pub(in crate::wire) struct Traced<'a, S> {
    inner: &'a mut S,
    lists: Lists<'a>,
    layout: Arc<Layout>,
}

impl<'a, S: Sink> Traced<'a, S> {
    pub(in crate::wire) fn new(
        set: &DataSet<'a>,
        inner: &'a mut S,
        trace: &'a Trace<'a>,
        changes: &'a Overlay<Change>,
    ) -> Self {
        let lists = Lists::new(set.message, changes, trace);
        let layout = lists.layout(set.id, set.template);
        Self {
            inner,
            lists,
            layout,
        }
    }
}

impl<S: Sink> Sink for Traced<'_, S> {
    fn take<R: Reader>(&mut self, record: &R) {
        let held = self.inner.flows().len();
        self.inner.take(record);
        let (at, octets) = (record.start(), record.octets().len());
        let trace = self.lists.trace;
        let notes = trace.take_notes(self.inner.tally());
        let flows = self.inner.flows().get(held..).unwrap_or_default().to_vec();
        let noted = notes.iter().map(|note| note.reason);
        let noted = noted.filter(|reason| reason.scope() == Scope::Record);
        let reason = self.inner.lacks().into_iter().chain(noted).next();
        let record = Record {
            layout: Arc::clone(&self.layout),
            values: self.lists.values(&self.layout, at, at + octets, 1),
            reason: reason.filter(|_| flows.is_empty()),
            flows,
            notes,
        };
        let kind = if self.layout.options {
            EventKind::Options(record)
        } else {
            EventKind::Record(record)
        };
        trace.push(at, octets, kind);
    }
}

impl Lists<'_> {
    /// The layout of a template's records.
    pub(super) fn layout(&self, id: u16, template: &crate::template::Template) -> Arc<Layout> {
        let kind: Kind = template.kind;
        let protocol = self.message.session.protocol;
        self.trace.layout(id, kind, template.definition(), protocol)
    }
}
