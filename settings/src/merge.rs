//! Merges the layers, later over earlier. The only file that knows the package `config`.
//!
//! Tables are merged key by key; any other value replaces the one before it as a whole.

use config::{Config, Map, Source, ValueKind};
use toml::{Table, Value};

use crate::error::SettingsError;
use crate::raw;

/// The values of one layer as a source of `config`.
#[derive(Debug, Clone)]
struct Values(Map<String, config::Value>);

impl Source for Values {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, config::Value>, config::ConfigError> {
        Ok(self.0.clone())
    }
}

/// The raw settings and the same as a table.
pub(crate) fn merge(
    layers: impl Iterator<Item = Table>,
) -> Result<(raw::Settings, Table), SettingsError> {
    merge_values(layers).map_err(|error| SettingsError::Merge(error.to_string()))
}

fn merge_values(
    layers: impl Iterator<Item = Table>,
) -> Result<(raw::Settings, Table), config::ConfigError> {
    let empty = Config::builder();
    let builder = layers.fold(empty, |builder, layer| {
        builder.add_source(Values(map(layer)))
    });
    let merged = builder.build()?;
    let table = merged.clone().try_deserialize()?;
    Ok((merged.try_deserialize()?, table))
}

fn map(table: Table) -> Map<String, config::Value> {
    let entries = table.into_iter();
    entries.map(|(key, value)| (key, convert(value))).collect()
}

fn convert(value: Value) -> config::Value {
    let kind = match value {
        Value::String(text) => ValueKind::String(text),
        Value::Integer(number) => ValueKind::I64(number),
        Value::Float(number) => ValueKind::Float(number),
        Value::Boolean(truth) => ValueKind::Boolean(truth),
        // No setting is a date: those in lists become text, which the list then refuses.
        Value::Datetime(date) => ValueKind::String(date.to_string()),
        Value::Array(list) => ValueKind::Array(list.into_iter().map(convert).collect()),
        Value::Table(table) => ValueKind::Table(map(table)),
    };
    config::Value::new(None, kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_dots_stay_whole() {
        let layer: Table = toml::from_str("[a.\"192.0.2.1\"]\nb = 1").expect("TOML");
        let values = Values(map(layer.clone()));
        let merged = Config::builder().add_source(values).build();
        let table: Table = merged
            .and_then(Config::try_deserialize)
            .expect("the same table");
        assert_eq!(table, layer);
    }
}
