//! Structured data (RFC 6313) as values.

use std::sync::Arc;

use super::{Field, Layout, Value};

/// A list within a record.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    /// How its items are related (RFC 6313, 4.4); `None` if there is no octet for it.
    pub semantic: Option<u8>,
    /// Its items.
    pub items: Items,
    /// What of it was not read.
    pub unread: Vec<Unread>,
}

/// What a list is of.
#[derive(Debug, Clone, PartialEq)]
pub enum Items {
    /// Values of one element (`basicList`).
    Values {
        /// The element; `None` if the list ends before it.
        field: Option<Field>,
        /// Its values.
        values: Vec<Value>,
    },
    /// Records of one template or several (`subTemplateList`, `subTemplateMultiList`).
    Records(Vec<Records>),
}

/// Records of one template within a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Records {
    /// What their fields are.
    pub layout: Arc<Layout>,
    /// The values of each.
    pub records: Vec<Vec<Value>>,
}

/// A part of a list that was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread {
    /// Offset in the message, in octets; of what waited, in its Data Set.
    pub at: usize,
    /// How many octets it has.
    pub octets: usize,
    /// Why.
    pub why: Why,
}

/// Why a part of a list was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It does not fit the octets of the list.
    Malformed,
    /// The template of this ID is not known, or not one of Data Records.
    Template(u16),
    /// It lies deeper than is read.
    TooDeep,
}

impl List {
    /// The name of its semantic, or `None` for a number that has none.
    #[must_use]
    pub fn semantic_name(&self) -> Option<&'static str> {
        Some(match self.semantic? {
            0 => "noneOf",
            1 => "exactlyOneOf",
            2 => "oneOrMoreOf",
            3 => "allOf",
            4 => "ordered",
            255 => "undefined",
            _ => return None,
        })
    }
}
