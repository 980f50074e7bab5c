//! What is wrong with a filter, and where.

use std::fmt;
use std::ops::Range;

use super::Stage;
use super::limits::{DEPTH_MAX, LENGTH_MAX, LIST_MAX, TERMS_MAX};

/// What is wrong with a filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The text is longer than [`LENGTH_MAX`](super::LENGTH_MAX).
    #[error("the filter has {octets} octets; at most {LENGTH_MAX} are allowed")]
    TooLong {
        /// The octets of the text.
        octets: usize,
    },
    /// There are more terms than [`TERMS_MAX`](super::TERMS_MAX).
    #[error(
        "more than {TERMS_MAX} terms; many values of one field go into a list: port in [80 443]"
    )]
    TooManyTerms,
    /// Parentheses and negations are nested deeper than [`DEPTH_MAX`](super::DEPTH_MAX).
    #[error("more than {DEPTH_MAX} parentheses and negations within each other")]
    TooDeep,
    /// A list has more values than [`LIST_MAX`](super::LIST_MAX).
    #[error("more than {LIST_MAX} values in a list")]
    ListTooLong,
    /// A text in quotes does not end on its line.
    #[error("found no end of this text; expected a quote on the same line")]
    Unclosed,
    /// Something else should stand here.
    #[error("found {found}; expected {expected}")]
    Unexpected {
        /// What was found, as it may be shown.
        found: String,
        /// What would be right.
        expected: String,
    },
    /// A term begins with a name that means nothing.
    #[error("there is no \"{name}\"; {}", hint(.meant))]
    UnknownName {
        /// The name, as it may be shown.
        name: String,
        /// The name that was probably meant.
        meant: Option<&'static str>,
    },
    /// The value that a term looks at is not known where the filter is applied.
    #[error("\"{name}\" is not known {stage}; it is known {known}")]
    NotKnown {
        /// The canonical name of the value.
        name: &'static str,
        /// Where the filter is applied.
        stage: Stage,
        /// Where it is known first.
        known: Stage,
    },
}

fn hint(meant: &Option<&'static str>) -> String {
    meant.map_or_else(
        || {
            "a term begins with a name such as proto, src ip, dst net, port, flags, bytes, \
             or any field of the prepared flow"
                .to_owned()
        },
        |meant| format!("did you mean \"{meant}\"?"),
    )
}

/// What was found, cut and without characters that would not show.
pub(super) struct Found(String);

/// How much of what was found is shown.
const FOUND_MAX: usize = 40;

impl Found {
    pub(super) fn text(text: &str) -> Self {
        Self(format!("\"{}\"", shown(text)))
    }

    pub(super) fn end() -> Self {
        Self("the end of the filter".to_owned())
    }
}

/// The beginning of a text, on one line and without control characters.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(FOUND_MAX).map(visible).collect();
    if text.chars().nth(FOUND_MAX).is_some() {
        shown.push_str("...");
    }
    shown
}

fn visible(char: char) -> char {
    if char.is_control() { ' ' } else { char }
}

/// The fault that something else should stand here.
pub(super) fn expected(found: Found, expected: impl Into<String>) -> Fault {
    Fault::Unexpected {
        found: found.0,
        expected: expected.into(),
    }
}

/// Why a filter cannot be used, and the place in its text.
///
/// Displayed, it is one line: line and character (both from 1), what was found, and what
/// would be right. [`render`](Self::render) shows the place as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    fault: Fault,
    range: Range<usize>,
    line: usize,
    column: usize,
    excerpt: Excerpt,
}

impl FilterError {
    pub(super) fn new((fault, range): (Fault, Range<usize>), text: &str) -> Self {
        let before = text.get(..range.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let in_line = before.get(line_start..).unwrap_or("");
        Self {
            line: before.matches('\n').count() + 1,
            column: in_line.chars().count() + 1,
            excerpt: Excerpt::new(in_line, text.get(before.len()..).unwrap_or(""), range.len()),
            fault,
            range,
        }
    }

    /// What is wrong.
    #[must_use]
    pub const fn fault(&self) -> &Fault {
        &self.fault
    }

    /// The octets of the text that it is about; empty at the text's end.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.range.start..self.range.end
    }

    /// The line, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The character in its line, from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }

    /// The error for people: what is wrong, and below it the line, with the place marked.
    ///
    /// ```
    /// let error = "dst prt 443".parse::<mediation::select::Filter>().unwrap_err();
    /// assert_eq!(error.render(), "\
    /// there is no \"prt\"; did you mean \"port\"?
    ///   1 | dst prt 443
    ///     |     ^^^");
    /// ```
    #[must_use]
    pub fn render(&self) -> String {
        let Excerpt { line, caret, width } = &self.excerpt;
        let number = self.line.to_string();
        let shown = format!("  {number} | {line}");
        let mark = " ".repeat(*caret) + &"^".repeat(*width);
        let margin = " ".repeat(number.len());
        format!("{}\n{}\n  {margin} | {mark}", self.fault, shown.trim_end())
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.fault)
    }
}

impl std::error::Error for FilterError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.fault)
    }
}

/// The line of an error as far as it is shown, and which of its characters are marked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Excerpt {
    line: String,
    caret: usize,
    width: usize,
}

/// How many characters of a line are shown before the place and from it on.
const BEFORE_MAX: usize = 50;
const AFTER_MAX: usize = 50;

impl Excerpt {
    /// `before` and `after` are the text before the place in its line, and from it on;
    /// `octets` are those marked.
    fn new(before: &str, after: &str, octets: usize) -> Self {
        let after = after.lines().next().unwrap_or("");
        let skipped = before.chars().count().saturating_sub(BEFORE_MAX);
        let head = if skipped > 0 { "..." } else { "" };
        let shown = before.chars().skip(skipped).map(visible);
        let mut line: String = head.chars().chain(shown).collect();
        let caret = line.chars().count();
        line.extend(after.chars().take(AFTER_MAX).map(visible));
        let marked = after.char_indices().take_while(|(at, _)| *at < octets);
        let width = marked.take(AFTER_MAX).count().max(1);
        if after.chars().nth(AFTER_MAX).is_some() {
            line.push_str("...");
        }
        Self { line, caret, width }
    }
}
