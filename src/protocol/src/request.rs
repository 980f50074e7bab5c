//! What a client asks for: one line of JSON.

use serde::Deserialize;

use crate::{FeatureError, Form, Format, Refusal, RefusalCode, VERSION};

/// From where a client wants the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// From the next flow on.
    Live,
    /// From the oldest flow there is.
    Earliest,
    /// From this position.
    Seq(u64),
}

/// A checked request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// From where.
    pub start: Start,
    /// In what form.
    pub form: Form,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default = "version")]
    version: u32,
    #[serde(default = "live")]
    start: String,
    #[serde(default = "jsonl")]
    format: String,
    features: Option<Vec<String>>,
}

const fn version() -> u32 {
    VERSION
}

fn live() -> String {
    "live".to_owned()
}

fn jsonl() -> String {
    Format::Jsonl.name().to_owned()
}

impl Start {
    /// `live`, `earliest` or `seq:N`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "live" => Some(Self::Live),
            "earliest" => Some(Self::Earliest),
            _ => text.strip_prefix("seq:")?.parse().ok().map(Self::Seq),
        }
    }
}

impl Request {
    /// Reads a request from its line, with or without the line end. `{}` asks for all
    /// fields of all flows from now on, as JSON Lines.
    ///
    /// # Errors
    /// A [`Refusal`] that can be sent to the client as it is.
    pub fn parse(line: &[u8]) -> Result<Self, Refusal> {
        let raw: Raw = serde_json::from_slice(line).map_err(|error| bad_json(&error))?;
        if raw.version != VERSION {
            let message = format!("version {} is not spoken here", raw.version);
            return Err(Refusal::new(
                RefusalCode::BadVersion,
                message,
                "use version 1",
            ));
        }
        Ok(Self {
            start: start(&raw.start)?,
            form: form(&raw)?,
        })
    }
}

fn bad_json(error: &serde_json::Error) -> Refusal {
    const HINT: &str = "send one line such as {\"start\":\"live\",\"format\":\"jsonl\",\"features\":[\"seq\",\"bytes\"]}";
    let code = if error.is_data() {
        RefusalCode::BadRequest
    } else {
        RefusalCode::BadJson
    };
    Refusal::new(code, error.to_string(), HINT)
}

fn start(text: &str) -> Result<Start, Refusal> {
    Start::parse(text).ok_or_else(|| {
        let text: String = text.chars().take(64).collect();
        let message = format!("start `{text}` is unknown");
        Refusal::new(
            RefusalCode::BadStart,
            message,
            "use live, earliest or seq:N",
        )
    })
}

fn form(raw: &Raw) -> Result<Form, Refusal> {
    let format = match raw.format.as_str() {
        "jsonl" => Format::Jsonl,
        "csv" => Format::Csv,
        "legacy" => Format::Legacy,
        other => {
            let other: String = other.chars().take(64).collect();
            let message = format!("format `{other}` is unknown");
            return Err(Refusal::new(
                RefusalCode::BadFormat,
                message,
                "use jsonl, csv or legacy",
            ));
        }
    };
    let Some(names) = &raw.features else {
        return Ok(Form::all(format));
    };
    Form::of_names(format, names).map_err(|error| {
        let hint = match error {
            FeatureError::Fixed => "leave features out, or use jsonl or csv",
            _ => "features are names of the prepared flow's fields, such as src_addr",
        };
        Refusal::new(RefusalCode::BadFeature, error.to_string(), hint)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_object_asks_for_everything_from_now_on() {
        let request = Request::parse(b"{}\r\n").unwrap();
        assert_eq!(
            request,
            Request {
                start: Start::Live,
                form: Form::all(Format::Jsonl)
            }
        );
    }

    #[test]
    fn everything_can_be_chosen() {
        let line = br#"{"version":1,"start":"seq:12","format":"csv","features":["seq","bytes"]}"#;
        let request = Request::parse(line).unwrap();
        assert_eq!(request.start, Start::Seq(12));
        assert_eq!(
            request.form,
            Form::of_names(Format::Csv, &["seq", "bytes"]).unwrap()
        );
    }

    #[test]
    fn the_columns_of_the_original_can_be_had_as_a_whole() {
        let request = Request::parse(br#"{"format":"legacy"}"#).unwrap();
        assert_eq!(request.form, Form::all(Format::Legacy));
        let line = br#"{"format":"legacy","features":["bytes"]}"#;
        let refusal = Request::parse(line).unwrap_err();
        assert_eq!(
            (refusal.message.as_str(), refusal.hint.as_str()),
            (
                "the columns of the format legacy are fixed",
                "leave features out, or use jsonl or csv"
            )
        );
    }

    #[test]
    fn every_wrong_request_has_a_code_and_a_hint() {
        let deep = format!("{{\"features\":{}", "[".repeat(100_000));
        for (line, code) in [
            ("", RefusalCode::BadJson),
            ("GET / HTTP/1.1", RefusalCode::BadJson),
            ("{\"start\":", RefusalCode::BadJson),
            (deep.as_str(), RefusalCode::BadRequest),
            ("[]", RefusalCode::BadRequest),
            ("{\"star\":\"live\"}", RefusalCode::BadRequest),
            ("{\"start\":5}", RefusalCode::BadRequest),
            ("{\"start\":\"yesterday\"}", RefusalCode::BadStart),
            ("{\"start\":\"seq:-1\"}", RefusalCode::BadStart),
            ("{\"format\":\"pickle\"}", RefusalCode::BadFormat),
            ("{\"features\":[\"sec\"]}", RefusalCode::BadFeature),
            ("{\"features\":[]}", RefusalCode::BadFeature),
            (
                "{\"format\":\"legacy\",\"features\":[\"src_addr\"]}",
                RefusalCode::BadFeature,
            ),
            ("{\"version\":2}", RefusalCode::BadVersion),
        ] {
            let refusal = Request::parse(line.as_bytes()).unwrap_err();
            assert_eq!(refusal.code, code, "{refusal:?}");
            assert!(!refusal.message.is_empty() && !refusal.hint.is_empty());
        }
        assert!(Request::parse(b"\xFF\xFE").is_err());
    }
}
