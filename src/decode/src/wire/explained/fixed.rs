//! Records of NetFlow v1, v5 and v7, by the elements that their fields are.

use std::sync::Arc;

use crate::clock::ExportClock;
use crate::explain::{self, EventKind, Field, Layout, Record, Trace};
use crate::template::FieldSpec;
use crate::{DataType, Plan, Protocol};

/// The elements of the fields that the three protocols have at the same place: number,
/// offset and length. Addresses of source, destination and next hop, interfaces,
/// packets, octets, first, last, and ports.
const COMMON: [(u16, usize, u16); 11] = [
    (8, 0, 4),
    (12, 4, 4),
    (15, 8, 4),
    (10, 12, 2),
    (14, 14, 2),
    (2, 16, 4),
    (1, 20, 4),
    (22, 24, 4),
    (21, 28, 4),
    (7, 32, 2),
    (11, 34, 2),
];
/// Protocol, type of service and TCP flags.
const V1: [(u16, usize, u16); 3] = [(4, 38, 1), (5, 39, 1), (6, 40, 1)];
/// TCP flags, protocol, type of service, and of source and destination AS and mask.
const V5: [(u16, usize, u16); 7] = [
    (6, 37, 1),
    (4, 38, 1),
    (5, 39, 1),
    (16, 40, 2),
    (17, 42, 2),
    (9, 44, 1),
    (13, 45, 1),
];
/// The fields of v7 that are no elements: flags of what is valid, flags, and the router
/// that was bypassed.
const V7: [(&str, DataType, usize, u16); 3] = [
    ("validFlags", DataType::Unsigned8, 36, 1),
    ("flags", DataType::Unsigned16, 46, 2),
    ("bypassedRouter", DataType::Ipv4Address, 48, 4),
];

/// Tells of the records of one datagram.
pub(in crate::wire) struct Fixed<'a> {
    trace: &'a Trace<'a>,
    layout: Arc<Layout>,
    offsets: Vec<usize>,
    clock: ExportClock,
}

impl<'a> Fixed<'a> {
    pub(in crate::wire) fn new(
        trace: &'a Trace<'a>,
        protocol: Protocol,
        clock: ExportClock,
    ) -> Self {
        let own: &[_] = if protocol == Protocol::NetflowV1 {
            &V1
        } else {
            &V5
        };
        let others: &[_] = if protocol == Protocol::NetflowV7 {
            &V7
        } else {
            &[]
        };
        let elements = COMMON.iter().chain(own).map(|&(element, offset, length)| {
            let spec = FieldSpec {
                element,
                enterprise: None,
                length,
            };
            (offset, trace.field(spec))
        });
        let others = others.iter().map(|&(name, kind, offset, length)| {
            let field = Field {
                name: name.into(),
                enterprise: 0,
                id: 0,
                scope: false,
                v9_scope: false,
                known: true,
                kind,
                length,
            };
            (offset, field)
        });
        let (offsets, fields) = elements.chain(others).unzip();
        let layout = Arc::new(Layout {
            id: 0,
            options: false,
            fields,
            left_out: 0,
        });
        Self {
            trace,
            layout,
            offsets,
            clock,
        }
    }

    /// Tells of the record at an offset, whose flow is the plan's last.
    pub(in crate::wire) fn record(&self, at: usize, octets: &[u8], plan: &Plan) {
        let allowed = self.trace.allow(self.layout.fields.len());
        let fields = self.offsets.iter().zip(&self.layout.fields).take(allowed);
        let values = fields.map(|(&offset, field)| {
            let octets = octets.get(offset..offset + usize::from(field.length));
            explain::read(field.kind, octets.unwrap_or_default(), &self.clock)
        });
        let record = Record {
            layout: Arc::clone(&self.layout),
            values: values.collect(),
            flows: plan.flows.last().copied().into_iter().collect(),
            reason: None,
            notes: self.trace.take_notes(Some(&plan.entry.tally)),
        };
        self.trace.push(at, octets.len(), EventKind::Record(record));
    }
}
