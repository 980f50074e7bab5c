//! One layer of settings: TOML text with its known keys, their places, and its errors.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize as _;
use toml::de::{DeArray, DeTable, DeValue, ValueDeserializer};
use toml::{Spanned, Table, Value};

use crate::error::SettingsError;
use crate::found::found;
use crate::keys::{Node, Schema, join};
use crate::lines::Lines;
use crate::origin::{Origin, Origins, printable};
use crate::suggest::hint;

/// What one layer says.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    /// The values of known keys.
    pub(crate) values: Table,
    /// Where each stands.
    pub(crate) origins: Origins,
    /// What is wrong with the text and its keys. Values are checked later.
    pub(crate) errors: Vec<SettingsError>,
}

impl Layer {
    /// Reads a text; `origin` tells where a line of it is.
    pub(crate) fn read(text: &str, schema: &Schema, origin: &dyn Fn(usize) -> Origin) -> Self {
        let (table, mut errors) = DeTable::parse_recoverable(text);
        errors.sort_by_key(|error| error.span().map_or(0, |span| span.start));
        let lines = Lines::of(text);
        let mut reader = Reader {
            schema,
            lines: &lines,
            origin,
            broken: BTreeSet::new(),
            layer: Self::default(),
        };
        for error in errors {
            reader.syntax(&error);
        }
        let values = reader.section("", schema.root(), table.get_ref());
        reader.layer.values = values;
        reader.layer
    }
}

struct Reader<'a> {
    schema: &'a Schema,
    lines: &'a Lines<'a>,
    origin: &'a dyn Fn(usize) -> Origin,
    /// The lines with errors of syntax.
    broken: BTreeSet<usize>,
    layer: Layer,
}

impl Reader<'_> {
    fn syntax(&mut self, error: &toml::de::Error) {
        let start = error.span().map_or(0, |span| span.start);
        let (line, column) = self.lines.position(start);
        self.broken.insert(line);
        self.layer.errors.push(SettingsError::Syntax {
            origin: (self.origin)(line),
            column,
            message: printable(error.message()),
        });
    }

    fn origin(&self, span: &Range<usize>) -> Origin {
        (self.origin)(self.lines.position(span.start).0)
    }

    /// Whether what is read between two places is broken, and was reported already. Where
    /// the head of a table is, nobody knows what the keys below it belong to.
    fn is_broken(&self, from: usize, to: usize) -> bool {
        let first = self.lines.position(from).0;
        // A value made up where there was none may have no place of its own.
        let last = self.lines.position(to).0.max(first);
        let inside = self.broken.range(first..=last).next().is_some();
        inside || self.broken.contains(&self.lines.head_of(first))
    }

    /// The known keys of a table, in the order they are written in.
    fn section(&mut self, path: &str, node: &Node, table: &DeTable<'_>) -> Table {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        let mut values = Table::new();
        for (name, value) in entries {
            let last = if value.get_ref().is_table() {
                name.span()
            } else {
                value.span()
            };
            if self.is_broken(name.span().start, last.end) {
                continue;
            }
            let key = join(path, name.get_ref());
            let origin = self.origin(&name.span());
            let value = match node.child(name.get_ref()) {
                None => self.unknown(path, node, &key, origin),
                Some(Node::Leaf) => self.leaf(&key, origin, value),
                Some(child) => self.table(&key, origin, child, value),
            };
            if let Some(value) = value {
                values.insert(name.get_ref().to_string(), value);
            }
        }
        values
    }

    /// The hint never holds the value: a key may have been written there.
    fn unknown(&mut self, path: &str, node: &Node, key: &str, origin: Origin) -> Option<Value> {
        let hint = hint(key, path, &node.names(), self.schema.keys());
        let key = key.to_owned();
        let error = SettingsError::UnknownKey { origin, key, hint };
        self.layer.errors.push(error);
        None
    }

    fn table(
        &mut self,
        key: &str,
        origin: Origin,
        node: &Node,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Value> {
        self.layer.origins.insert(key.to_owned(), origin.clone());
        if let DeValue::Table(table) = value.get_ref() {
            return Some(Value::Table(self.section(key, node, table)));
        }
        let value = self.plain(key, &origin, value)?;
        let expected = match node {
            Node::Each(_) => "a table with an address of an exporter for each key".to_owned(),
            Node::Some(_) => "a table with a method for each field that is named".to_owned(),
            _ => format!("a table with the keys {}", node.names().join(", ")),
        };
        self.refuse(key, origin, found(&value), &expected);
        None
    }

    fn leaf(&mut self, key: &str, origin: Origin, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        if let DeValue::Array(array) = value.get_ref() {
            self.elements(key, array);
        }
        let value = self.plain(key, &origin, value);
        self.layer.origins.insert(key.to_owned(), origin);
        value
    }

    /// Notes where each element of a list stands: lists may go over many lines.
    fn elements(&mut self, key: &str, array: &DeArray<'_>) {
        for (index, element) in array.iter().enumerate() {
            let origin = self.origin(&element.span());
            let key = format!("{key}[{index}]");
            self.layer.origins.insert(key, origin);
        }
    }

    /// The value without spans. TOML's dates are no setting's type; integers beyond 64
    /// bits and numbers beyond `f64` are no values at all.
    fn plain(&mut self, key: &str, origin: &Origin, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        match Value::deserialize(ValueDeserializer::from(value.clone())) {
            Ok(Value::Datetime(date)) => {
                let found = format!("the date {date}");
                self.refuse(key, origin.clone(), found, "a value in quotes");
                None
            }
            Ok(value) => Some(value),
            Err(_) => {
                // Not the number itself: it may be a key in hexadecimal digits.
                let found = "a number that is too large".to_owned();
                self.refuse(key, origin.clone(), found, "a number of at most 64 bits");
                None
            }
        }
    }

    fn refuse(&mut self, key: &str, origin: Origin, found: String, expected: &str) {
        self.layer.errors.push(SettingsError::Value {
            origin,
            key: key.to_owned(),
            found,
            expected: expected.to_owned(),
        });
    }
}
