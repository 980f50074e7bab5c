//! Flows as bytes.

mod csv;
mod jsonl;
pub(crate) mod number;

use flow::{Civil, Field, Value};
use mediation::anonymize::AnonymizedFlow;

use crate::form::Layout;
use crate::{Form, legacy};

/// Appends flows to `out` in a form; the first has position `first_seq`.
pub fn encode(form: &Form, first_seq: u64, flows: &[AnonymizedFlow], out: &mut Vec<u8>) {
    for (seq, flow) in (first_seq..).zip(flows) {
        match form.layout() {
            Layout::Jsonl(fields) => jsonl::line(values(fields, seq, flow), out),
            Layout::Csv(fields) => {
                let values = values(fields, seq, flow);
                csv::line(values.map(|(_, value)| value), out);
            }
            Layout::Legacy(rules) => legacy::row(rules, flow, out),
        }
    }
}

/// The fields of a flow with their values.
fn values<'a>(
    fields: &'a [Field],
    seq: u64,
    flow: &'a AnonymizedFlow,
) -> impl Iterator<Item = (Field, Value<'a>)> {
    let civil = Civil::from_millis(flow.flow().start_ms);
    fields.iter().map(move |&field| match field {
        Field::Seq => (field, Value::Unsigned(seq)),
        _ => (field, flow.value(field, &civil)),
    })
}

#[cfg(test)]
mod tests;
