//! Columns for people: records of one template in a row stand under one header.

mod end;
mod value;

use std::io::{self, Write};
use std::sync::Arc;

use decode::explain::{
    Event, EventKind, Layout, Note, Record, Sample, Structure, TemplateRecord, TemplateState,
};
use decode::{DecodeError, Elements, Reason};
use flow::OriginalFlow;

use self::value::brief;
use super::input::Broken;
use super::item::{Context, Printer};
use super::jsonl::format_number;
use super::streams::StreamFault;
use super::summary::Summary;
use crate::cli::grid::Grid;
use crate::cli::safe::shown;

/// The most rows under one header: so many are held back to align them.
const ROWS_MAX: usize = 500;

/// Prints tables.
pub(super) struct Table<'a, W> {
    output: W,
    elements: &'a Elements,
    rows: Option<Rows>,
    /// Whether anything was written yet.
    begun: bool,
}

/// Records of one template and one exporter, held back.
struct Rows {
    title: String,
    layout: Option<Arc<Layout>>,
    grid: Grid,
}

impl<'a, W: Write> Table<'a, W> {
    pub(super) const fn new(output: W, elements: &'a Elements) -> Self {
        Self {
            output,
            elements,
            rows: None,
            begun: false,
        }
    }

    /// Writes the rows that were held back.
    fn flush_rows(&mut self) -> io::Result<()> {
        if let Some(rows) = self.rows.take() {
            self.title(&rows.title)?;
            rows.grid.write(&mut self.output)?;
        }
        Ok(())
    }

    /// Begins a block.
    fn title(&mut self, title: &str) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            writeln!(self.output)?;
        }
        writeln!(self.output, "{}", shown(title))
    }

    fn template(
        &mut self,
        context: &Context<'_>,
        event: &Event,
        template: &TemplateRecord,
    ) -> io::Result<()> {
        let layout = &template.layout;
        let state = match template.state {
            TemplateState::New => "new",
            TemplateState::Repeated => "repeated",
            TemplateState::Replaced => "replaced",
            TemplateState::Refused => "refused",
        };
        let kind = if layout.options {
            "options template"
        } else {
            "template"
        };
        let fields = layout.fields.len() + layout.left_out;
        let place = place(context, event);
        self.title(&format!(
            "{kind} {} ({state}) of {fields} fields, {place}",
            layout.id
        ))?;
        if template.state == TemplateState::Repeated {
            return Ok(());
        }
        let mut grid = Grid::new(["field", "element", "type", "octets", "units"]);
        for field in &layout.fields {
            let number = match (field.v9_scope, field.enterprise) {
                (true, _) => format!("scope {}", field.id),
                (false, 0) => field.id.to_string(),
                (false, enterprise) => format!("{enterprise}/{}", field.id),
            };
            let scope = if field.scope { " (scope)" } else { "" };
            let length = match field.length {
                u16::MAX => "variable".to_owned(),
                length => length.to_string(),
            };
            let known = self.elements.get(field.enterprise, field.id);
            let units = known.filter(|_| !field.v9_scope).map_or("", |of| &of.units);
            let kind = if field.known {
                field.kind.name()
            } else {
                "unknown"
            };
            let name = format!("{}{scope}", field.name);
            grid.push([&*name, &number, kind, &length, units]);
        }
        grid.write(&mut self.output)
    }

    fn record(&mut self, context: &Context<'_>, event: &Event, record: &Record) -> io::Result<()> {
        let layout = &record.layout;
        let what = match (layout.options, layout.id) {
            (_, 0) => "records".to_owned(),
            (true, id) => format!("options of template {id}"),
            (false, id) => format!("records of template {id}"),
        };
        let title = format!("{what}, {}", whose(context));
        self.make_rows(title, Some(layout), || {
            let names = layout.fields.iter().map(|field| &*field.name);
            let last = (!layout.options).then_some("flow");
            ["message", "at"]
                .into_iter()
                .chain(names)
                .chain(last)
                .map(str::to_owned)
                .collect()
        })?;
        let mut row = vec![context.number.to_string(), offset(event)];
        row.extend(record.values.iter().map(brief));
        row.resize(2 + layout.fields.len(), String::new());
        if !layout.options {
            row.push(outcome(event, &record.flows, record.reason, &record.notes));
        }
        self.push(row);
        Ok(())
    }

    fn sample(&mut self, context: &Context<'_>, event: &Event, sample: &Sample) -> io::Result<()> {
        let name = sample
            .name
            .map_or_else(|| format_number(sample.format), str::to_owned);
        self.flush_rows()?;
        self.title(&format!("{name}, {}", place(context, event)))?;
        let flow = sample.flow.as_slice();
        let outcome = outcome(event, flow, sample.reason(), &sample.notes);
        writeln!(self.output, "  flow: {outcome}")?;
        if !sample.fields.is_empty() {
            writeln!(self.output, "  {}", shown(&named(&sample.fields)))?;
        }
        for item in &sample.items {
            writeln!(
                self.output,
                "  {}: {}",
                structure_name(item),
                shown(&structure(item))
            )?;
        }
        if !sample.rest.is_empty() {
            writeln!(self.output, "  {} octets not read", sample.rest.len())?;
        }
        Ok(())
    }

    /// Makes sure that the rows held back are those of a title and layout.
    fn make_rows(
        &mut self,
        title: String,
        layout: Option<&Arc<Layout>>,
        header: impl FnOnce() -> Vec<String>,
    ) -> io::Result<()> {
        let fits = self.rows.as_ref().is_some_and(|rows| {
            rows.title == title && rows.layout.as_ref() == layout && rows.grid.len() < ROWS_MAX
        });
        if !fits {
            self.flush_rows()?;
            self.rows = Some(Rows {
                title,
                layout: layout.cloned(),
                grid: Grid::new(header()),
            });
        }
        Ok(())
    }

    fn push(&mut self, row: Vec<String>) {
        if let Some(rows) = &mut self.rows {
            rows.grid.push(row);
        }
    }
}

impl<W: Write> Printer for Table<'_, W> {
    fn event(&mut self, context: &Context<'_>, event: &Event) -> io::Result<()> {
        match &event.kind {
            EventKind::Record(record) | EventKind::Options(record) => {
                self.record(context, event, record)
            }
            EventKind::Sample(sample) => self.sample(context, event, sample),
            EventKind::Template(template) => {
                self.flush_rows()?;
                self.template(context, event, template)
            }
            EventKind::Withdrawal { id, options } => {
                self.flush_rows()?;
                let kind = if *options {
                    "options template"
                } else {
                    "template"
                };
                self.title(&format!(
                    "{kind} {id} (withdrawn), {}",
                    place(context, event)
                ))
            }
            EventKind::Note(note) => {
                self.flush_rows()?;
                let (reason, set) = (note.reason, note.set);
                let set = set.map_or_else(String::new, |set| format!("set {set}: "));
                let place = place(context, event);
                let more = match note.events {
                    _ if context.waits(note) => " It waits.".to_owned(),
                    1 => String::new(),
                    events => format!(" ({events} times)"),
                };
                let sentence = reason.sentence();
                self.title(&format!(
                    "error: {place}: {set}{}: {sentence}{more}",
                    reason.name()
                ))
            }
        }
    }

    fn rejected(&mut self, context: &Context<'_>, error: DecodeError) -> io::Result<()> {
        self.flush_rows()?;
        let (whose, number) = (whose(context), context.number);
        let reason = error.kind.reason().name();
        self.title(&format!(
            "error: {whose}, message {number}: {reason}: {error}"
        ))
    }

    fn fault(&mut self, fault: &StreamFault) -> io::Result<()> {
        self.flush_rows()?;
        self.title(&format!(
            "error: stream of {}: {}",
            fault.source, fault.text
        ))
    }

    fn broken(&mut self, broken: &Broken) -> io::Result<()> {
        self.flush_rows()?;
        self.title(&format!("error: the file ends here: {}", broken.text))
    }

    fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        self.flush_rows()?;
        for (who, row) in summary.exporters() {
            self.title(&end::title_of(who))?;
            end::exporter(row, self.elements).write(&mut self.output)?;
        }
        self.title("file")?;
        end::file(summary.file()).write(&mut self.output)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.flush_rows()?;
        self.output.flush()
    }
}

/// Whose message it is.
fn whose(context: &Context<'_>) -> String {
    let source = context.message.source.map(|source| source.to_string());
    let source = source.unwrap_or_else(|| "no source".to_owned());
    let protocol = context.protocol.map(|protocol| format!(", {protocol}"));
    let domain = context
        .header
        .map(|header| format!(", domain {}", header.domain));
    format!(
        "{source}{}{}",
        protocol.unwrap_or_default(),
        domain.unwrap_or_default()
    )
}

/// Where an event is.
fn place(context: &Context<'_>, event: &Event) -> String {
    let exported = context.header.and_then(|header| header.exported);
    let exported = exported.map(|time| format!(", exported {time}"));
    format!(
        "{}, message {}{} at {}",
        whose(context),
        context.number,
        exported.unwrap_or_default(),
        offset(event)
    )
}

/// The offset of an event. In a Data Set that waited, it is that in the Set.
fn offset(event: &Event) -> String {
    let waited = if event.waited.is_some() {
        " (waited)"
    } else {
        ""
    };
    format!("{}{waited}", event.at)
}

/// What became of a record.
fn outcome(
    event: &Event,
    flows: &[OriginalFlow],
    reason: Option<Reason>,
    notes: &[Note],
) -> String {
    let mut said = match (event.void, reason, flows) {
        (true, ..) => "void".to_owned(),
        (_, Some(reason), _) => reason.name().to_owned(),
        (.., [_]) => "yes".to_owned(),
        (.., flows) => format!("{} flows", flows.len()),
    };
    for note in notes.iter().filter(|note| Some(note.reason) != reason) {
        said.push_str(", ");
        said.push_str(note.reason.name());
    }
    said
}

fn named(fields: &[(&'static str, decode::explain::Value)]) -> String {
    let fields = fields.iter();
    let fields: Vec<String> = fields
        .map(|(name, value)| format!("{name} {}", brief(value)))
        .collect();
    fields.join(", ")
}

fn structure_name(item: &Structure) -> String {
    item.name
        .map_or_else(|| format_number(item.format), str::to_owned)
}

fn structure(item: &Structure) -> String {
    let mut said = named(&item.fields);
    if !item.rest.is_empty() {
        let comma = if said.is_empty() { "" } else { ", " };
        said.push_str(&format!("{comma}{} octets not read", item.rest.len()));
    }
    said
}
