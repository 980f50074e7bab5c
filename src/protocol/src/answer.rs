//! What the server answers a request with: one line of JSON.

use serde::Serialize;

use crate::form::Layout;
use crate::legacy::{COLUMNS, Column};
use crate::{Declaration, Form, VERSION};

/// Why a request is refused; the names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// The line is no JSON.
    BadJson,
    /// The JSON is no request: an unknown member or a wrong type.
    BadRequest,
    /// A version of the protocol that is not spoken here.
    BadVersion,
    /// A start that is unknown.
    BadStart,
    /// A format that is unknown.
    BadFormat,
    /// A feature that is unknown or named twice.
    BadFeature,
    /// A position that is not there (any more, or yet).
    OutOfRange,
    /// The line is longer than allowed.
    TooLong,
    /// No request came in time.
    Timeout,
    /// There are as many sessions as allowed.
    Busy,
    /// The server is going down.
    ShuttingDown,
}

/// A request that is refused: the connection is closed after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Why, for programs.
    pub code: RefusalCode,
    /// Why, for people.
    pub message: String,
    /// What would be right.
    pub hint: String,
}

impl Refusal {
    /// A refusal with its reason and its remedy.
    #[must_use]
    pub fn new(code: RefusalCode, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// The line to send, line end included.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Line<'a> {
            #[serde(rename = "type")]
            kind: &'static str,
            #[serde(flatten)]
            refusal: &'a Refusal,
        }
        line(&Line {
            kind: "error",
            refusal: self,
        })
    }
}

/// What a client is told when its stream begins.
#[derive(Debug, Clone, Copy)]
pub struct Welcome<'a> {
    /// Name and version of the server.
    pub server: &'a str,
    /// The form of what follows.
    pub form: &'a Form,
    /// The position of the first flow that will follow.
    pub next_seq: u64,
    /// The oldest position that is there.
    pub oldest_seq: u64,
    /// What is done to each field before it leaves.
    pub anonymization: &'a Declaration,
}

#[derive(Serialize)]
struct SchemaField {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    element: Option<u16>,
    known: &'static str,
    meaning: &'static str,
}

#[derive(Serialize)]
struct WelcomeLine<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    version: u32,
    server: &'a str,
    format: &'static str,
    next_seq: u64,
    oldest_seq: u64,
    anonymization: &'a Declaration,
    schema: Vec<SchemaField>,
}

impl Welcome<'_> {
    /// The line to send, line end included.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        line(&WelcomeLine {
            kind: "welcome",
            version: VERSION,
            server: self.server,
            format: self.form.format().name(),
            next_seq: self.next_seq,
            oldest_seq: self.oldest_seq,
            anonymization: self.anonymization,
            schema: schema(self.form),
        })
    }
}

fn schema(form: &Form) -> Vec<SchemaField> {
    match form.layout() {
        Layout::Jsonl(fields) | Layout::Csv(fields) => {
            fields.iter().map(|field| SchemaField::of(*field)).collect()
        }
        Layout::Legacy(_) => COLUMNS.iter().map(SchemaField::of_column).collect(),
    }
}

impl SchemaField {
    const fn of_column(column: &Column) -> Self {
        Self {
            name: column.name,
            kind: column.kind.name(),
            unit: column.unit,
            element: None,
            known: column.known.name(),
            meaning: column.meaning,
        }
    }

    const fn of(field: flow::Field) -> Self {
        Self {
            name: field.name(),
            kind: field.kind().name(),
            unit: field.unit(),
            element: field.element(),
            known: field.known().name(),
            meaning: field.meaning(),
        }
    }
}

/// A value as one line. The types above always serialize; an empty line would be told
/// apart by any client.
fn line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;
    use mediation::anonymize::{Anonymization, Policy};

    #[test]
    fn a_refusal_is_one_line_with_its_code() {
        let refusal = Refusal::new(RefusalCode::OutOfRange, "seq 3 is gone", "the oldest is 10");
        assert_eq!(
            String::from_utf8(refusal.line()).unwrap(),
            "{\"type\":\"error\",\"code\":\"out_of_range\",\"message\":\"seq 3 is gone\",\
             \"hint\":\"the oldest is 10\"}\n"
        );
    }

    #[test]
    fn a_welcome_says_what_follows() {
        let form = Form::of_names(Format::Csv, &["start_ms", "complete"]).unwrap();
        let anonymization = Declaration::of(&Anonymization::new(Policy::None));
        let line = Welcome {
            server: "flowstream 0.1.0",
            form: &form,
            next_seq: 7,
            oldest_seq: 2,
            anonymization: &anonymization,
        }
        .line();
        // Each field is declared; of the rest of them, what the declaration's own tests say.
        let line = String::from_utf8(line).unwrap();
        let (begin, rest) = line.split_once("},{").unwrap();
        let (_, end) = rest.split_once("}]},").unwrap();
        assert_eq!(
            format!("{begin}}}]}},{end}"),
            concat!(
                r#"{"type":"welcome","version":1,"server":"flowstream 0.1.0","format":"csv","#,
                r#""next_seq":7,"oldest_seq":2,"anonymization":{"policy":"none","fields":"#,
                r#"[{"field":"seq","method":"clear","technique":"none: as it is","#,
                r#""anonymization_technique":1,"anonymization_flags":3,"stability":"stable"}]},"#,
                r#""schema":[{"name":"start_ms","type":"i64","unit":"ms","element":152,"known":"start","#,
                r#""meaning":"first packet, Unix time on the exporter's clock"},"#,
                r#"{"name":"complete","type":"bool","known":"end","#,
                r#""meaning":"TCP: opening and closing both seen; null for other protocols"}]}"#,
                "\n"
            )
        );
    }
}
