//! Flows as bytes.

mod csv;
mod jsonl;
mod number;

use flow::{Civil, Value};
use mediation::anonymize::AnonymizedFlow;

use crate::{Form, Format};

/// Appends flows to `out` in a form; the first has position `first_seq`.
pub fn encode(form: &Form, first_seq: u64, flows: &[AnonymizedFlow], out: &mut Vec<u8>) {
    for (seq, flow) in (first_seq..).zip(flows) {
        let civil = Civil::from_millis(flow.flow().start_ms);
        let values = form.fields().iter().map(|&field| match field {
            flow::Field::Seq => (field, Value::Unsigned(seq)),
            _ => (field, flow.value(field, &civil)),
        });
        match form.format() {
            Format::Jsonl => jsonl::line(values, out),
            Format::Csv => csv::line(values.map(|(_, value)| value), out),
        }
    }
}

#[cfg(test)]
mod tests;
