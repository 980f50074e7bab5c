//! The values of records, and those within their lists (RFC 6313).

use crate::DataType;
use crate::bytes::{u8_at, u16_at, u32_at};
use crate::explain::{self, Items, Layout, List, Records, Trace, Unread, Value, Why};
use crate::plan::Change;
use crate::state::Overlay;
use crate::template::{FieldSpec, Kind, Walked, value_range};
use crate::wire::records::find;
use crate::wire::sets::Message;

/// How deep lists are read at most, whatever the decoder's limits say: each level is a
/// call within a call.
const DEEPEST: usize = 16;

/// The bit of an element that says an enterprise number follows.
const ENTERPRISE: u16 = 0x8000;

/// Reads the values of one message's records.
#[derive(Clone, Copy)]
pub(super) struct Lists<'a> {
    pub(super) message: &'a Message<'a>,
    pub(super) trace: &'a Trace<'a>,
    changes: &'a Overlay<Change>,
}

/// A list in the making.
struct Made {
    records: Vec<Records>,
    unread: Vec<Unread>,
}

impl<'a> Lists<'a> {
    pub(super) const fn new(
        message: &'a Message<'a>,
        changes: &'a Overlay<Change>,
        trace: &'a Trace<'a>,
    ) -> Self {
        Self {
            message,
            trace,
            changes,
        }
    }

    /// The values of the record from `at` to `end`, whose lists lie at a depth.
    pub(super) fn values(
        &self,
        layout: &Layout,
        at: usize,
        end: usize,
        depth: usize,
    ) -> Vec<Value> {
        let record = self.message.octets.get(..end).unwrap_or_default();
        let allowed = self.trace.allow_record(layout);
        let mut at = at;
        let mut values = Vec::with_capacity(allowed);
        for field in layout.fields.iter().take(allowed) {
            let Some((start, stop)) = value_range(record, at, field.length) else {
                break;
            };
            values.push(self.value(field.kind, start, stop, depth));
            at = stop;
        }
        values
    }

    fn value(&self, kind: DataType, start: usize, end: usize, depth: usize) -> Value {
        let is_list = matches!(
            kind,
            DataType::BasicList | DataType::SubTemplateList | DataType::SubTemplateMultiList
        );
        if !is_list {
            let octets = self.message.octets.get(start..end).unwrap_or_default();
            return explain::read(kind, octets, &self.message.context.clock);
        }
        if start == end {
            return Value::Unset;
        }
        Value::List(Box::new(self.list(kind, start, end, depth)))
    }

    fn list(&self, kind: DataType, start: usize, end: usize, depth: usize) -> List {
        let octets = self.message.octets.get(..end).unwrap_or_default();
        if depth > self.message.limits.structured_depth.min(DEEPEST) {
            return List {
                semantic: None,
                items: Items::Records(Vec::new()),
                unread: vec![self.unread(start, end, Why::TooDeep)],
            };
        }
        let semantic = u8_at(octets, start);
        if kind == DataType::BasicList {
            return self.basic(semantic, octets, start + 1, depth);
        }
        let mut made = Made {
            records: Vec::new(),
            unread: Vec::new(),
        };
        if kind == DataType::SubTemplateMultiList {
            self.multi(octets, start + 1, depth, &mut made);
        } else if let Some(id) = u16_at(octets, start + 1) {
            self.records(id, start + 3, end, depth, &mut made);
        } else {
            made.unread
                .push(self.unread(start + 1, end, Why::Malformed));
        }
        List {
            semantic,
            items: Items::Records(made.records),
            unread: made.unread,
        }
    }

    fn unread(&self, at: usize, end: usize, why: Why) -> Unread {
        Unread {
            at: self.trace.offset(at),
            octets: end.saturating_sub(at),
            why,
        }
    }

    /// Values of one element (4.5.1).
    fn basic(&self, semantic: Option<u8>, octets: &[u8], at: usize, depth: usize) -> List {
        let end = octets.len();
        let Some((spec, mut at)) = element(octets, at) else {
            return List {
                semantic,
                items: Items::Values {
                    field: None,
                    values: Vec::new(),
                },
                unread: vec![self.unread(at, end, Why::Malformed)],
            };
        };
        let field = self.trace.field(spec);
        let (mut values, mut unread) = (Vec::new(), Vec::new());
        while at < end {
            let range = value_range(octets, at, spec.length).filter(|&(_, stop)| stop > at);
            let Some((start, stop)) = range else {
                unread.push(self.unread(at, end, Why::Malformed));
                break;
            };
            if self.trace.allow(1) > 0 {
                values.push(self.value(field.kind, start, stop, depth + 1));
            }
            at = stop;
        }
        List {
            semantic,
            items: Items::Values {
                field: Some(field),
                values,
            },
            unread,
        }
    }

    /// Records of several templates, each with ID and length (4.5.3).
    fn multi(&self, octets: &[u8], mut at: usize, depth: usize, made: &mut Made) {
        while at < octets.len() {
            let head = u16_at(octets, at).zip(u16_at(octets, at + 2));
            let head = head.map(|(id, length)| (id, at + usize::from(length)));
            let fits = |&(_, end): &(u16, usize)| end >= at + 4 && end <= octets.len();
            let Some((id, end)) = head.filter(fits) else {
                made.unread
                    .push(self.unread(at, octets.len(), Why::Malformed));
                return;
            };
            self.records(id, at + 4, end, depth, made);
            at = end;
        }
    }

    /// Records of one template.
    fn records(&self, id: u16, at: usize, end: usize, depth: usize, made: &mut Made) {
        let found = find(self.message, self.changes, id).map(|(template, _)| template);
        let Some(template) = found.ok().filter(|of| of.kind == Kind::Data) else {
            made.unread.push(self.unread(at, end, Why::Template(id)));
            return;
        };
        let layout = self.layout(id, template);
        let mut record = Walked::new(self.message.octets, template);
        let (mut at, mut records) = (at, Vec::new());
        while end.saturating_sub(at) >= template.min_octets.max(1) {
            let Some(next) = record.walk(at, end) else {
                made.unread.push(self.unread(at, end, Why::Malformed));
                break;
            };
            records.push(self.values(&layout, at, next, depth + 1));
            at = next;
        }
        made.records.push(Records { layout, records });
    }
}

/// The element of a `basicList`, and where its values begin.
fn element(octets: &[u8], at: usize) -> Option<(FieldSpec, usize)> {
    let (raw, length) = (u16_at(octets, at)?, u16_at(octets, at + 2)?);
    let enterprise = raw & ENTERPRISE != 0;
    let number = u32_at(octets, at + 4).filter(|_| enterprise);
    if enterprise && number.is_none() {
        return None;
    }
    let spec = FieldSpec {
        element: raw & !ENTERPRISE,
        enterprise: number,
        length,
    };
    Some((spec, at + if enterprise { 8 } else { 4 }))
}
