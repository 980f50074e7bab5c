//! One JSON object a line.
//!
//! The names of members are stable; further ones may come. A member that says nothing,
//! such as `void` of what is not, is left out.

mod json;
mod value;

use std::io::{self, Write};

use decode::explain::{
    Event, EventKind, Layout, Note, Record, Sample, TemplateRecord, TemplateState,
};
use decode::{DecodeError, Elements};
use flow::OriginalFlow;

use self::json::{Json, Object};
pub(super) use self::value::{format_number, hex, mac};
use self::value::{of_flow, with_fields, with_sample};
use super::input::Broken;
use super::item::{Context, Printer, time_of};
use super::streams::StreamFault;
use super::summary::{OfExporter, OfFile, Summary};

/// Prints lines of JSON.
pub(super) struct Jsonl<'a, W> {
    output: W,
    elements: &'a Elements,
}

impl<'a, W: Write> Jsonl<'a, W> {
    pub(super) const fn new(output: W, elements: &'a Elements) -> Self {
        Self { output, elements }
    }

    fn write(&mut self, object: &Object) -> io::Result<()> {
        object.write_line(&mut self.output)
    }
}

impl<W: Write> Printer for Jsonl<'_, W> {
    fn event(&mut self, context: &Context<'_>, event: &Event) -> io::Result<()> {
        let object = match &event.kind {
            EventKind::Template(template) => {
                let object = placed("template", context, event);
                of_template(object, template, self.elements)
            }
            EventKind::Withdrawal { id, options } => placed("template", context, event)
                .with("template", *id)
                .with("options", *options)
                .with("state", "withdrawn"),
            EventKind::Options(record) => {
                let object = with_fields(placed("options", context, event), record);
                with_notes(object, &record.notes)
            }
            EventKind::Record(record) => of_record(placed("record", context, event), record),
            EventKind::Sample(sample) => of_sample(placed("record", context, event), sample),
            EventKind::Note(note) => {
                let object = of_note(placed("error", context, event), note);
                object.with_if("waits", context.waits(note))
            }
        };
        self.write(&object)
    }

    fn rejected(&mut self, context: &Context<'_>, error: DecodeError) -> io::Result<()> {
        let object = with_message(Object::of_kind("error"), context)
            .with("offset", error.offset)
            .with("reason", error.kind.reason().name())
            .with("error", error.to_string());
        self.write(&object)
    }

    fn fault(&mut self, fault: &StreamFault) -> io::Result<()> {
        let object = Object::of_kind("error")
            .with("source", fault.source.to_string())
            .with("received", time_of(fault.received).to_string())
            .with("offset", fault.offset)
            .with("reason", "stream")
            .with("error", fault.text.clone());
        self.write(&object)
    }

    fn broken(&mut self, broken: &Broken) -> io::Result<()> {
        let object = Object::of_kind("error")
            .with("offset", broken.offset)
            .with("reason", "file")
            .with("error", broken.text.clone());
        self.write(&object)
    }

    fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        for (who, row) in summary.exporters() {
            let object = Object::of_kind("summary").with("of", "exporter");
            let object = object
                .with("exporter", who.addr.map(|addr| addr.to_string()))
                .with("protocol", who.protocol.map(decode::Protocol::name))
                .with("domain", who.domain);
            self.write(&of_exporter(object, row, self.elements))?;
        }
        let object = of_file(
            Object::of_kind("summary").with("of", "file"),
            summary.file(),
        );
        self.write(&object)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// What every line of a message says of it.
fn with_message(object: Object, context: &Context<'_>) -> Object {
    let header = context.header;
    let exported = header.and_then(|header| header.exported);
    let received = context.received();
    object
        .with("message", context.number)
        .with(
            "source",
            context.message.source.map(|source| source.to_string()),
        )
        .with("received", received.map(|time| time.to_string()))
        .with("protocol", context.protocol.map(decode::Protocol::name))
        .with("domain", header.map(|header| header.domain))
        .with("sequence", header.and_then(|header| header.sequence))
        .with("exported", exported.map(|time| time.to_string()))
        .with_some("uptime_ms", header.and_then(|header| header.uptime_ms))
        .with_some("count", header.and_then(|header| header.count))
        .with_some("sampling", header.and_then(|header| header.sampling))
        .with_some(
            "agent",
            header
                .and_then(|header| header.agent)
                .map(|a| a.to_string()),
        )
}

/// What the line of an event says of its place.
fn placed(kind: &'static str, context: &Context<'_>, event: &Event) -> Object {
    let waited = event.waited.map(time_of);
    with_message(Object::of_kind(kind), context)
        .with("offset", event.at)
        .with("octets", event.octets)
        .with_some("waited_since", waited.map(|time| time.to_string()))
        .with_if("void", event.void)
}

fn of_template(object: Object, template: &TemplateRecord, elements: &Elements) -> Object {
    let state = match template.state {
        TemplateState::New => "new",
        TemplateState::Repeated => "repeated",
        TemplateState::Replaced => "replaced",
        TemplateState::Refused => "refused",
    };
    let layout: &Layout = &template.layout;
    let fields = layout.fields.iter().map(|field| {
        let known = elements.get(field.enterprise, field.id);
        let units = known.filter(|of| !field.v9_scope && !of.units.is_empty());
        Object::default()
            .with("name", field.name.to_string())
            .with("enterprise", field.enterprise)
            .with("id", field.id)
            .with("type", field.kind.name())
            .with("length", (field.length != u16::MAX).then_some(field.length))
            .with_some("units", units.map(|of| of.units.to_string()))
            .with_if("scope", field.scope)
            .with_if("unknown", !field.known)
            .into()
    });
    let left_out = layout.left_out;
    object
        .with("template", layout.id)
        .with("options", layout.options)
        .with("state", state)
        .with("fields", fields.collect::<Vec<Json>>())
        .with_some("fields_left_out", (left_out > 0).then_some(left_out))
}

fn with_notes(object: Object, notes: &[Note]) -> Object {
    let names: Vec<Json> = notes.iter().map(|note| note.reason.name().into()).collect();
    object.with_some("notes", (!names.is_empty()).then_some(names))
}

fn with_flows(object: Object, flows: &[OriginalFlow]) -> Object {
    match flows {
        [] => object.with("flow", Json::Null),
        [flow] => object.with("flow", of_flow(flow)),
        flows => {
            let flows: Vec<Json> = flows.iter().map(|flow| of_flow(flow).into()).collect();
            object.with("flows", flows)
        }
    }
}

fn of_record(object: Object, record: &Record) -> Object {
    let object = with_flows(with_fields(object, record), &record.flows);
    let object = object.with_some("reason", record.reason.map(decode::Reason::name));
    with_notes(object, &record.notes)
}

fn of_sample(object: Object, sample: &Sample) -> Object {
    let object = with_sample(object, sample);
    let object = with_flows(object, sample.flow.as_slice());
    let reason = sample.reason().map(decode::Reason::name);
    with_notes(object.with_some("reason", reason), &sample.notes)
}

fn of_note(object: Object, note: &Note) -> Object {
    object
        .with_some("set", note.set)
        .with("reason", note.reason.name())
        .with("events", note.events)
        .with("error", note.reason.sentence())
}

fn of_exporter(object: Object, row: &OfExporter, elements: &Elements) -> Object {
    let sequence = row.sequence;
    let sequence = Object::default()
        .with("lost", sequence.lost)
        .with("recovered", sequence.recovered)
        .with("reordered", sequence.reordered)
        .with("duplicated", sequence.duplicated)
        .with("restarted", sequence.restarted)
        .with("unconfirmed", sequence.unconfirmed);
    let unknown = row.unknown.iter();
    let unknown = unknown.map(|(&(pen, id), &values)| (elements.name(pen, id), values));
    object
        .with("messages", row.messages)
        .with("rejected", row.rejected)
        .with("octets", row.octets)
        .with("templates", row.templates)
        .with("options", row.options)
        .with("flows", row.flows)
        .with("sequence", sequence)
        .with("sampling_rates", numbered(row.rates.iter()))
        .with(
            "reasons",
            row.reasons
                .iter()
                .map(|(&r, &n)| (r, n))
                .collect::<Object>(),
        )
        .with("unknown_elements", unknown.collect::<Object>())
        .with_some(
            "more_unknown",
            (row.more_unknown > 0).then_some(row.more_unknown),
        )
}

fn numbered<'a>(numbers: impl Iterator<Item = (&'a u32, &'a u64)>) -> Object {
    numbers
        .map(|(rate, flows)| (rate.to_string(), *flows))
        .collect()
}

fn of_file(object: Object, file: &OfFile) -> Object {
    let packets = file.packets.as_ref().map(|packets| {
        let counts = super::summary::packets(packets);
        counts.into_iter().collect::<Object>()
    });
    object
        .with("file", file.path.clone())
        .with("form", file.form)
        .with("compressed", file.compressed)
        .with("messages", file.messages)
        .with("rejected", file.rejected)
        .with("templates", file.templates)
        .with("options", file.options)
        .with("flows", file.flows)
        .with("waiting", file.waiting)
        .with("stream_faults", file.stream_faults)
        .with("left_out", file.left_out)
        .with("whole", file.whole)
        .with_some("packets", packets)
}
