//! The form in which a client wants its flows: a format and a choice of fields.

use std::sync::Arc;

use flow::Field;

/// How flows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON object a line (RFC 8259); unknown values are `null`.
    Jsonl,
    /// RFC 4180 with `\n` line ends and a header line; unknown values are empty.
    Csv,
}

impl Format {
    /// The name as requests and command lines carry it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }
}

/// A format and the fields to write, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    format: Format,
    fields: Arc<[Field]>,
}

/// Why a list of names is no choice of fields.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeatureError {
    /// No field has this name.
    #[error("there is no field `{0}`; the welcome's schema lists all")]
    Unknown(String),
    /// A field is named twice.
    #[error("the field `{0}` is named twice")]
    Twice(String),
    /// The list is empty.
    #[error("the list of features is empty; leave it out to get all fields")]
    Empty,
}

impl Form {
    /// All fields of the prepared flow, in that format.
    #[must_use]
    pub fn all(format: Format) -> Self {
        Self {
            format,
            fields: Field::ALL.into(),
        }
    }

    /// The named fields, in the order in which they are named.
    ///
    /// # Errors
    /// [`FeatureError`] for a name that is unknown or given twice, or no name at all.
    pub fn of_names<S: AsRef<str>>(format: Format, names: &[S]) -> Result<Self, FeatureError> {
        let mut fields = Vec::new();
        for name in names.iter().map(AsRef::as_ref) {
            let field = Field::from_name(name);
            let field = field.ok_or_else(|| FeatureError::Unknown(shortened(name)))?;
            if fields.contains(&field) {
                return Err(FeatureError::Twice(name.to_owned()));
            }
            fields.push(field);
        }
        if fields.is_empty() {
            return Err(FeatureError::Empty);
        }
        Ok(Self {
            format,
            fields: fields.into(),
        })
    }

    /// The format.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The fields, in order.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// What comes before the first flow: the header line of CSV, nothing for JSON Lines.
    #[must_use]
    pub fn preamble(&self) -> Vec<u8> {
        match self.format {
            Format::Jsonl => Vec::new(),
            Format::Csv => {
                let names: Vec<&str> = self.fields.iter().map(|field| field.name()).collect();
                let mut line = names.join(",").into_bytes();
                line.push(b'\n');
                line
            }
        }
    }
}

/// The beginning of a text from outside, so that an answer stays short.
fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_chosen_by_name_and_keep_the_order_given() {
        let form = Form::of_names(Format::Csv, &["bytes", "seq"]).unwrap();
        assert_eq!(form.fields(), [Field::Bytes, Field::Seq]);
        assert_eq!(form.preamble(), b"bytes,seq\n");
        assert!(Form::all(Format::Jsonl).preamble().is_empty());
        assert_eq!(Form::all(Format::Csv).fields().len(), Field::COUNT);
    }

    #[test]
    fn a_wrong_choice_says_what_is_wrong() {
        let choose = |names: &[&str]| Form::of_names(Format::Jsonl, names).unwrap_err();
        assert_eq!(
            choose(&["seq", "size"]),
            FeatureError::Unknown("size".to_owned())
        );
        assert_eq!(
            choose(&["seq", "seq"]),
            FeatureError::Twice("seq".to_owned())
        );
        assert_eq!(choose(&[]), FeatureError::Empty);
        let FeatureError::Unknown(name) = choose(&["x".repeat(10_000).as_str()]) else {
            panic!()
        };
        assert_eq!(name.len(), 64);
    }
}
