//! Settings from outside files: environment variables and arguments of `--set`.
//!
//! Each becomes one line of TOML and is read as a layer of its own.

use toml::Value;
use toml::de::{DeTable, DeValue};

use crate::error::SettingsError;
use crate::keys::{ENVIRONMENT_PREFIX, Schema, variable};
use crate::layer::Layer;
use crate::origin::Origin;
use crate::suggest::nearest;

/// An argument of `--set` that gives a key a text, whatever characters it has.
///
/// ```
/// let argument = settings::text_override("replay.dataset", "data/raw");
/// assert_eq!(argument, "replay.dataset=\"data/raw\"");
/// ```
#[must_use]
pub fn text_override(key: &str, text: &str) -> String {
    format!("{key}={}", Value::from(text))
}

/// The layer of an environment variable; `None` for one that is not about settings.
pub(crate) fn of_variable(name: &str, value: &str, schema: &Schema) -> Option<Layer> {
    let rest = name.strip_prefix(ENVIRONMENT_PREFIX)?;
    let origin = Origin::Environment {
        variable: name.to_owned(),
    };
    let known = schema.keys().iter().find(|key| variable(key) == name);
    Some(match known {
        Some(key) => layer(key, value, schema, &origin),
        None => failed(unknown_variable(rest, schema, origin)),
    })
}

fn unknown_variable(rest: &str, schema: &Schema, origin: Origin) -> SettingsError {
    let key = rest.to_lowercase().replace("__", ".");
    let hint = match nearest(&key, schema.keys().iter().map(String::as_str)) {
        Some(meant) => format!("did you mean {}?", variable(meant)),
        None => format!("variables are called {ENVIRONMENT_PREFIX}<SECTION>__<KEY>"),
    };
    SettingsError::UnknownKey { origin, key, hint }
}

/// The layer of an argument of `--set`.
pub(crate) fn of_override(argument: &str, schema: &Schema) -> Layer {
    let Some((key, value)) = split(argument) else {
        return failed(SettingsError::Override {
            argument: beginning(argument).to_owned(),
        });
    };
    let origin = Origin::Override {
        key: key.to_owned(),
    };
    layer(key, value, schema, &origin)
}

/// As much of a malformed argument as may be shown: what follows may be a key.
fn beginning(argument: &str) -> &str {
    let mut parts = argument.split_inclusive(['=', ':', ' ', '\t', '\n']);
    parts.next().unwrap_or_default().trim_end()
}

/// How many `=` a quoted key may hold, so that a long argument is not read over and over.
const SPLITS_MAX: usize = 8;

/// The key and the value of `key=value`. Quoted parts of the key may hold a `=`.
fn split(argument: &str) -> Option<(&str, &str)> {
    argument
        .match_indices('=')
        .take(SPLITS_MAX)
        .filter_map(|(at, _)| Some((argument.get(..at)?, argument.get(at + 1..)?)))
        .map(|(key, value)| (key.trim(), value.trim()))
        .find(|(key, _)| is_key(key))
}

/// Whether a text is one TOML key, dotted or not, and nothing else.
fn is_key(text: &str) -> bool {
    if text.chars().any(char::is_control) {
        return false;
    }
    let line = format!("{text} = 0");
    DeTable::parse(&line).is_ok_and(|table| ends_in_integer(table.get_ref()))
}

/// Whether a table holds one key, which holds one key, and so on down to a number.
fn ends_in_integer(table: &DeTable<'_>) -> bool {
    let mut values = table.values();
    match (values.next().map(|value| value.get_ref()), values.next()) {
        (Some(DeValue::Integer(_)), None) => true,
        (Some(DeValue::Table(below)), None) => ends_in_integer(below),
        _ => false,
    }
}

fn layer(key: &str, value: &str, schema: &Schema, origin: &Origin) -> Layer {
    let line = match as_toml(value) {
        Some(value) => format!("{key} = {value}"),
        None if value.starts_with(['"', '\'']) => {
            return failed(SettingsError::Value {
                origin: origin.clone(),
                key: key.to_owned(),
                // Not the text itself: it may be a key.
                found: "text that begins with a quote and is no TOML".to_owned(),
                expected: "a TOML value, or text without quotes".to_owned(),
            });
        }
        None => format!("{key} = {}", Value::from(value)),
    };
    Layer::read(&line, schema, &|_| origin.clone())
}

/// The text if it is one TOML value; not a date, which no setting is.
fn as_toml(text: &str) -> Option<&str> {
    let text = text.trim();
    let value = DeValue::parse(text).ok()?;
    (!value.get_ref().is_datetime()).then_some(text)
}

fn failed(error: SettingsError) -> Layer {
    Layer {
        errors: vec![error],
        ..Layer::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_split_at_the_end_of_its_key() {
        assert_eq!(split("mode=replay"), Some(("mode", "replay")));
        assert_eq!(split(" a.b = c=d "), Some(("a.b", "c=d")));
        assert_eq!(split("a.\"x=y\".b=1"), Some(("a.\"x=y\".b", "1")));
        assert_eq!(split("mode="), Some(("mode", "")));
    }

    #[test]
    fn what_has_no_key_is_not_split() {
        for argument in [
            "",
            "mode",
            "=x",
            "#=1",
            "a b=1",
            "[log]\nlevel=1",
            "[log]#=1",
        ] {
            assert_eq!(split(argument), None, "{argument}");
        }
    }

    #[test]
    fn a_value_is_toml_or_else_text() {
        assert_eq!(as_toml("5"), Some("5"));
        assert_eq!(as_toml(" [1, 2] "), Some("[1, 2]"));
        assert_eq!(as_toml("{ a = 1 }"), Some("{ a = 1 }"));
        for text in ["30 s", "data/raw", "1\nmode = 2", "2026-01-01", ""] {
            assert_eq!(as_toml(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_is_quoted_whatever_it_holds() {
        for text in ["plain", "a\"b", "c:\\d", "e\nf", "'g'", "\u{7}"] {
            let argument = text_override("k", text);
            let (_, value) = split(&argument).expect("a key");
            let line = format!("k = {value}");
            let table: toml::Table = toml::from_str(&line).expect("TOML");
            assert_eq!(table.get("k").and_then(Value::as_str), Some(text));
        }
    }
}
