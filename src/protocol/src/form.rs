//! The form in which a client wants its flows: a format and a choice of fields.

use std::sync::Arc;

use flow::Field;

use crate::LegacyRules;
use crate::legacy::COLUMNS;

/// How flows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON object a line (RFC 8259); unknown values are `null`.
    Jsonl,
    /// RFC 4180 with `\n` line ends and a header line; unknown values are empty.
    Csv,
    /// CSV with the 36 columns of the original system of 2019; unknown values are 0.
    Legacy,
}

impl Format {
    /// The name as requests and command lines carry it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Legacy => "legacy",
        }
    }
}

/// A format and the fields to write, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form(Layout);

/// What is written in each format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Layout {
    Jsonl(Arc<[Field]>),
    Csv(Arc<[Field]>),
    Legacy(LegacyRules),
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
    /// The format has its own columns.
    #[error("the columns of the format legacy are fixed")]
    Fixed,
}

impl Form {
    /// All fields of the prepared flow in that format, or all of its own columns by the plain
    /// rules.
    #[must_use]
    pub fn all(format: Format) -> Self {
        Self(match format {
            Format::Jsonl => Layout::Jsonl(Field::ALL.into()),
            Format::Csv => Layout::Csv(Field::ALL.into()),
            Format::Legacy => Layout::Legacy(LegacyRules::PLAIN),
        })
    }

    /// The same by other rules, if it has the columns of the original system.
    #[must_use]
    pub fn with_legacy_rules(self, rules: LegacyRules) -> Self {
        match self.0 {
            Layout::Legacy(_) => Self(Layout::Legacy(rules)),
            _ => self,
        }
    }

    /// The named fields, in the order in which they are named.
    ///
    /// # Errors
    /// [`FeatureError`] for a name that is unknown or given twice, no name at all, or a format
    /// whose columns are fixed.
    pub fn of_names<S: AsRef<str>>(format: Format, names: &[S]) -> Result<Self, FeatureError> {
        let layout = match format {
            Format::Jsonl => Layout::Jsonl,
            Format::Csv => Layout::Csv,
            Format::Legacy => return Err(FeatureError::Fixed),
        };
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
        Ok(Self(layout(fields.into())))
    }

    /// The format.
    #[must_use]
    pub const fn format(&self) -> Format {
        match self.0 {
            Layout::Jsonl(_) => Format::Jsonl,
            Layout::Csv(_) => Format::Csv,
            Layout::Legacy(_) => Format::Legacy,
        }
    }

    pub(crate) const fn layout(&self) -> &Layout {
        &self.0
    }

    /// How many values a flow has.
    #[must_use]
    pub fn width(&self) -> usize {
        match &self.0 {
            Layout::Jsonl(fields) | Layout::Csv(fields) => fields.len(),
            Layout::Legacy(_) => COLUMNS.len(),
        }
    }

    /// What comes before the first flow: the header line of CSV, nothing for JSON Lines.
    #[must_use]
    pub fn preamble(&self) -> Vec<u8> {
        match &self.0 {
            Layout::Jsonl(_) => Vec::new(),
            Layout::Csv(fields) => header(fields.iter().map(|field| field.name())),
            Layout::Legacy(_) => header(COLUMNS.iter().map(|column| column.name)),
        }
    }
}

fn header(names: impl Iterator<Item = &'static str>) -> Vec<u8> {
    let names: Vec<&str> = names.collect();
    let mut line = names.join(",").into_bytes();
    line.push(b'\n');
    line
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
        assert_eq!((form.format(), form.width()), (Format::Csv, 2));
        assert_eq!(form.preamble(), b"bytes,seq\n");
        assert!(Form::all(Format::Jsonl).preamble().is_empty());
        assert_eq!(Form::all(Format::Csv).width(), Field::COUNT);
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
        assert_eq!(
            Form::of_names(Format::Legacy, &["seq"]).unwrap_err(),
            FeatureError::Fixed
        );
        let FeatureError::Unknown(name) = choose(&["x".repeat(10_000).as_str()]) else {
            panic!()
        };
        assert_eq!(name.len(), 64);
    }
}
