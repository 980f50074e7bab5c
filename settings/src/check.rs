//! From raw values to checked ones, one kind of value at a time.
//!
//! Each check gives the value, or notes an error and gives none, so that the next key is
//! still looked at.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use toml::Value;

use crate::duration;
use crate::error::SettingsError;
use crate::found::found;
use crate::origin::{Origin, Origins};
use crate::size::ByteSize;

const DURATION: &str = "a duration such as \"30 s\", \"500 ms\", \"1 h\"";
const SIZE: &str = "a size such as \"64 MiB\", \"64 MB\", or a number of bytes";
const ADDRESS: &str = "an address and a port such as \"127.0.0.1:2055\", \"[::]:2055\"";

/// A raw value with its key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item<'a> {
    pub(crate) key: &'a str,
    pub(crate) value: &'a Value,
}

/// A key and its raw value.
pub(crate) const fn item<'a>(key: &'a str, value: &'a Value) -> Item<'a> {
    Item { key, value }
}

/// What the checks have found so far.
#[derive(Debug)]
pub(crate) struct Check<'a> {
    origins: &'a Origins,
    /// Whether all layers could be read; if not, how values fit together says nothing.
    whole: bool,
    errors: Vec<SettingsError>,
}

impl<'a> Check<'a> {
    pub(crate) const fn new(origins: &'a Origins, whole: bool) -> Self {
        Self {
            origins,
            whole,
            errors: Vec::new(),
        }
    }

    pub(crate) fn into_errors(self) -> Vec<SettingsError> {
        self.errors
    }

    /// Whether values are to be held against each other.
    pub(crate) const fn is_whole(&self) -> bool {
        self.whole
    }

    /// Where a key's value came from.
    pub(crate) fn origin(&self, key: &str) -> Origin {
        let origin = self.origins.get(key);
        origin.cloned().unwrap_or(Origin::Default { line: 1 })
    }

    /// Notes that a value is wrong.
    pub(crate) fn refuse(&mut self, item: Item<'_>, expected: impl Display) {
        self.refuse_at(self.origin(item.key), item, expected);
    }

    /// The same, where the cause is elsewhere.
    pub(crate) fn refuse_at(&mut self, origin: Origin, item: Item<'_>, expected: impl Display) {
        self.note(origin, item.key, found(item.value), expected);
    }

    /// Notes an error, with no value shown but the text given.
    pub(crate) fn note(
        &mut self,
        origin: Origin,
        key: &str,
        found: String,
        expected: impl Display,
    ) {
        self.errors.push(SettingsError::Value {
            origin,
            key: key.to_owned(),
            found,
            expected: expected.to_string(),
        });
    }

    /// The value, if there is one and it is within the range; else notes what is expected.
    fn within<T: PartialOrd>(
        &mut self,
        item: Item<'_>,
        value: Option<T>,
        range: &RangeInclusive<T>,
        expected: impl FnOnce(bool) -> String,
    ) -> Option<T> {
        let readable = value.is_some();
        let value = value.filter(|value| range.contains(value));
        if value.is_none() {
            self.refuse(item, expected(readable));
        }
        value
    }

    /// True or false.
    pub(crate) fn boolean(&mut self, item: Item<'_>) -> Option<bool> {
        let value = item.value.as_bool();
        if value.is_none() {
            self.refuse(item, "true or false");
        }
        value
    }

    /// A whole number.
    pub(crate) fn integer(&mut self, item: Item<'_>, range: &RangeInclusive<i64>) -> Option<i64> {
        let (min, max) = (range.start(), range.end());
        let expected = |_| format!("a whole number from {min} to {max}");
        self.within(item, item.value.as_integer(), range, expected)
    }

    /// A number of things, at least one.
    pub(crate) fn count(
        &mut self,
        item: Item<'_>,
        range: &RangeInclusive<i64>,
    ) -> Option<NonZeroUsize> {
        let number = self.integer(item, range)?;
        let count = usize::try_from(number).ok().and_then(NonZeroUsize::new);
        if count.is_none() {
            self.refuse(item, "a number this machine can count to");
        }
        count
    }

    /// A duration in whole milliseconds.
    pub(crate) fn duration(
        &mut self,
        item: Item<'_>,
        range: &RangeInclusive<Duration>,
    ) -> Option<Duration> {
        let value = item.value.as_str().and_then(duration::parse);
        self.within(item, value, range, |readable| {
            if readable {
                let (min, max) = (range.start(), range.end());
                let (min, max) = (duration::display(*min), duration::display(*max));
                format!("a duration from {min} to {max}")
            } else {
                DURATION.to_owned()
            }
        })
    }

    /// A size in bytes.
    pub(crate) fn size(
        &mut self,
        item: Item<'_>,
        range: &RangeInclusive<ByteSize>,
    ) -> Option<ByteSize> {
        let value = match item.value {
            Value::String(text) => ByteSize::parse(text),
            Value::Integer(bytes) => u64::try_from(*bytes).ok().map(ByteSize::new),
            _ => None,
        };
        self.within(item, value, range, |readable| {
            if readable {
                format!("a size from {} to {}", range.start(), range.end())
            } else {
                SIZE.to_owned()
            }
        })
    }

    /// A text.
    pub(crate) fn text(&mut self, item: Item<'_>) -> Option<String> {
        let text = item.value.as_str().map(str::to_owned);
        if text.is_none() {
            self.refuse(item, "a text in quotes");
        }
        text
    }

    /// One of a few names.
    pub(crate) fn choice<T: Copy>(&mut self, item: Item<'_>, choices: &[(&str, T)]) -> Option<T> {
        let text = item.value.as_str();
        let value = choices
            .iter()
            .find(|(name, _)| text == Some(name))
            .map(|(_, value)| *value);
        if value.is_none() {
            self.refuse(item, one_of(choices));
        }
        value
    }

    /// A list of names out of a few, each at most once.
    pub(crate) fn choices<T: Copy>(
        &mut self,
        item: Item<'_>,
        choices: &[(&str, T)],
    ) -> Option<Vec<T>> {
        let Some(list) = item.value.as_array() else {
            self.refuse(item, format!("a list of {}", one_of(choices)));
            return None;
        };
        let mut seen = BTreeSet::new();
        let elements = list.iter().enumerate();
        let chosen: Vec<_> = elements
            .map(|(index, value)| {
                let key = format!("{}[{index}]", item.key);
                let element = Item { key: &key, value };
                let choice = self.choice(element, choices)?;
                if !seen.insert(value.as_str()) {
                    self.refuse(element, "each name only once");
                    return None;
                }
                Some(choice)
            })
            .collect();
        chosen.into_iter().collect()
    }

    /// A path that is not empty.
    pub(crate) fn path(&mut self, item: Item<'_>) -> Option<PathBuf> {
        let path = self.path_or_none(item)?;
        if path.is_none() {
            self.refuse(item, "a path that is not empty");
        }
        path
    }

    /// A path; an empty text is none.
    pub(crate) fn path_or_none(&mut self, item: Item<'_>) -> Option<Option<PathBuf>> {
        match item.value.as_str() {
            None => self.refuse(item, "a path in quotes"),
            Some("") => return Some(None),
            Some(text) if text.contains('\0') => self.refuse(item, "a path without NUL"),
            Some(text) => return Some(Some(PathBuf::from(text))),
        }
        None
    }

    /// A list of addresses with port, each once unless its port is 0.
    pub(crate) fn addresses(
        &mut self,
        item: Item<'_>,
        range: &RangeInclusive<usize>,
    ) -> Option<Vec<SocketAddr>> {
        let list = item
            .value
            .as_array()
            .filter(|list| range.contains(&list.len()));
        let Some(list) = list else {
            let (min, max) = (range.start(), range.end());
            let example = "such as [\"127.0.0.1:2055\"]";
            self.refuse(
                item,
                format!("a list of {min} to {max} addresses with port, {example}"),
            );
            return None;
        };
        let mut seen = BTreeSet::new();
        let elements = list.iter().enumerate();
        let addresses: Vec<_> = elements
            .map(|(index, value)| {
                let key = format!("{}[{index}]", item.key);
                self.address(Item { key: &key, value }, &mut seen)
            })
            .collect();
        addresses.into_iter().collect()
    }

    fn address(&mut self, item: Item<'_>, seen: &mut BTreeSet<SocketAddr>) -> Option<SocketAddr> {
        let address = item.value.as_str().and_then(|text| text.parse().ok());
        let Some(address) = address else {
            self.refuse(item, ADDRESS);
            return None;
        };
        if !seen.insert(address) && address.port() != 0 {
            self.refuse(item, "each address only once");
            return None;
        }
        Some(address)
    }

    /// Notes an error if the first value is more than the second. Whichever the operator
    /// set is the one that is wrong.
    pub(crate) fn at_most<T: PartialOrd>(
        &mut self,
        (less, less_value): (Item<'_>, Option<T>),
        (more, more_value): (Item<'_>, Option<T>),
    ) {
        let (Some(less_value), Some(more_value)) = (less_value, more_value) else {
            return;
        };
        if !self.whole || less_value <= more_value {
            return;
        }
        let (at_less, at_more) = (self.origin(less.key), self.origin(more.key));
        if at_less.is_default() && !at_more.is_default() {
            self.refuse(more, beside("at least", less, &at_less));
        } else {
            self.refuse(less, beside("at most", more, &at_more));
        }
    }
}

fn beside(relation: &str, other: Item<'_>, origin: &Origin) -> String {
    format!(
        "{relation} {}, which is {} ({origin})",
        other.key,
        found(other.value)
    )
}

/// The names to choose from: `"a", "b" or "c"`.
pub(crate) fn one_of<T>(choices: &[(&str, T)]) -> String {
    let names: Vec<String> = choices
        .iter()
        .map(|(name, _)| format!("{name:?}"))
        .collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    }
}
