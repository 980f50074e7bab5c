//! JSON whose members keep their order, written without anything that harms a terminal.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::cli::safe::SafeJson;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float32(f32),
    Float64(f64),
    Text(Cow<'static, str>),
    Array(Vec<Self>),
    Object(Object),
}

/// Members in their order.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Object(Vec<(Cow<'static, str>, Json)>);

impl Object {
    /// An object of one kind of line.
    pub(super) fn of_kind(kind: &'static str) -> Self {
        Self::default().with("kind", kind)
    }

    /// With a further member.
    pub(super) fn with(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Json>,
    ) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// With a further member if there is a value.
    pub(super) fn with_some(self, name: &'static str, value: Option<impl Into<Json>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// With a further member if it is true.
    pub(super) fn with_if(self, name: &'static str, value: bool) -> Self {
        if value { self.with(name, true) } else { self }
    }

    /// Writes it as a line.
    pub(super) fn write_line(&self, output: &mut dyn Write) -> io::Result<()> {
        let mut serializer = serde_json::Serializer::with_formatter(&mut *output, SafeJson);
        self.serialize(&mut serializer)?;
        output.write_all(b"\n")
    }
}

impl<N: Into<Cow<'static, str>>, J: Into<Json>> FromIterator<(N, J)> for Object {
    fn from_iter<I: IntoIterator<Item = (N, J)>>(members: I) -> Self {
        let members = members.into_iter();
        Self(
            members
                .map(|(name, json)| (name.into(), json.into()))
                .collect(),
        )
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Unsigned(number) => serializer.serialize_u64(*number),
            Self::Signed(number) => serializer.serialize_i64(*number),
            Self::Float32(number) => serializer.serialize_f32(*number),
            Self::Float64(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Array(values) => values.serialize(serializer),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

macro_rules! into_json {
    ($($from:ty => $variant:ident),* $(,)?) => {$(
        impl From<$from> for Json {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

into_json! {
    bool => Bool,
    u8 => Unsigned,
    u16 => Unsigned,
    u32 => Unsigned,
    u64 => Unsigned,
    i64 => Signed,
    &'static str => Text,
    String => Text,
    Vec<Json> => Array,
    Object => Object,
}

impl From<usize> for Json {
    fn from(number: usize) -> Self {
        Self::Unsigned(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

impl<J: Into<Self>> From<Option<J>> for Json {
    fn from(value: Option<J>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::safe::is_hostile;

    fn written(object: &Object) -> String {
        let mut line = Vec::new();
        object.write_line(&mut line).unwrap();
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn members_keep_their_order() {
        let object = Object::of_kind("record")
            .with("z", 1_u64)
            .with("a", Json::Null);
        let object = object.with_some("none", None::<u64>).with_if("void", true);
        assert_eq!(
            written(&object),
            "{\"kind\":\"record\",\"z\":1,\"a\":null,\"void\":true}\n"
        );
    }

    #[test]
    fn b117_text_is_the_same_after_reading_and_has_nothing_that_harms_a_terminal() {
        let text = "\u{1b}[2J\u{9b}31m\u{7f}\u{202e}\u{e0041}\n\"\\é東";
        let line = written(&Object::default().with(text.to_owned(), text.to_owned()));
        assert!(!line.trim_end().contains(is_hostile), "{line:?}");
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read[text], text);
    }
}
