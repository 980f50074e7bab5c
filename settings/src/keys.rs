//! Which keys there are: those of `default.toml`.

use flow::Field;
use toml::de::{DeTable, DeValue};

/// What environment variables of settings begin with.
///
/// The rest is the key in capitals with `__` between section and key:
/// `FLOWSTREAM_CFG_AGGREGATOR__IDLE_TIMEOUT`, `FLOWSTREAM_CFG_MODE`.
pub const ENVIRONMENT_PREFIX: &str = "FLOWSTREAM_CFG_";

/// The one key whose table has keys that the operator chooses.
pub(crate) const EXPORTERS: &str = "aggregator.exporters";

/// The one key whose table has any of some keys.
pub(crate) const FIELDS: &str = "anonymizer.fields";

/// All keys there are.
#[derive(Debug)]
pub(crate) struct Schema {
    root: Node,
    keys: Vec<String>,
}

impl Schema {
    /// The keys of the default settings.
    pub(crate) fn of(defaults: &str) -> Self {
        let (table, _) = DeTable::parse_recoverable(defaults);
        let root = Node::of("", table.get_ref());
        let mut keys = Vec::new();
        root.collect_keys("", &mut keys);
        Self { root, keys }
    }

    /// The keys as a tree.
    pub(crate) const fn root(&self) -> &Node {
        &self.root
    }

    /// The full keys of all values, in the order of the manual. The exporters count as one, and
    /// so do the fields.
    pub(crate) fn keys(&self) -> &[String] {
        &self.keys
    }
}

/// The keys at one place.
#[derive(Debug)]
pub(crate) enum Node {
    /// A key with a value.
    Leaf,
    /// Keys that are fixed.
    Section(Vec<(String, Node)>),
    /// Any of these keys, each with a value.
    Some(Vec<(String, Node)>),
    /// Any keys, with the same below each.
    Each(Box<Node>),
}

impl Node {
    /// What is below a key; `None` where there is no such key.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Leaf => None,
            Self::Section(children) | Self::Some(children) => children
                .iter()
                .find(|(child, _)| child == name)
                .map(|(_, node)| node),
            Self::Each(node) => Some(node),
        }
    }

    /// The names of the keys below that are known.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::Section(children) | Self::Some(children) => {
                children.iter().map(|(name, _)| name.as_str()).collect()
            }
            Self::Leaf | Self::Each(_) => Vec::new(),
        }
    }

    /// The keys of a table of the default settings, in the order they are written in.
    fn of(path: &str, table: &DeTable<'_>) -> Self {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        let children = entries.into_iter().map(|(name, value)| {
            let key = join(path, name.get_ref());
            let node = match value.get_ref() {
                DeValue::Table(_) if key == EXPORTERS => Self::exporters(),
                DeValue::Table(_) if key == FIELDS => Self::fields(),
                DeValue::Table(table) => Self::of(&key, table),
                _ => Self::Leaf,
            };
            (name.get_ref().to_string(), node)
        });
        Self::Section(children.collect())
    }

    fn exporters() -> Self {
        let timeouts = ["active_timeout", "idle_timeout"];
        let exporter = timeouts.map(|timeout| (timeout.to_owned(), Self::Leaf));
        Self::Each(Box::new(Self::Section(exporter.into())))
    }

    fn fields() -> Self {
        let fields = Field::ALL.into_iter();
        Self::Some(
            fields
                .map(|field| (field.name().to_owned(), Self::Leaf))
                .collect(),
        )
    }

    fn collect_keys(&self, path: &str, keys: &mut Vec<String>) {
        match self {
            Self::Section(children) => {
                for (name, node) in children {
                    node.collect_keys(&join(path, name), keys);
                }
            }
            Self::Leaf | Self::Some(_) | Self::Each(_) => keys.push(path.to_owned()),
        }
    }
}

/// The full key of a name below a path, quoted where TOML asks for it.
pub(crate) fn join(path: &str, name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let quoted;
    let name = if !name.is_empty() && name.chars().all(bare) {
        name
    } else {
        quoted = toml::Value::from(name).to_string();
        &quoted
    };
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// The environment variable of a key.
pub(crate) fn variable(key: &str) -> String {
    let name = key.replace('.', "__").to_ascii_uppercase();
    format!("{ENVIRONMENT_PREFIX}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_quoted_where_it_has_to_be() {
        assert_eq!(join("", "mode"), "mode");
        assert_eq!(join("log", "level"), "log.level");
        assert_eq!(
            join(EXPORTERS, "192.0.2.1"),
            "aggregator.exporters.\"192.0.2.1\""
        );
    }

    #[test]
    fn the_environment_variable_of_a_key_is_in_capitals() {
        assert_eq!(variable("mode"), "FLOWSTREAM_CFG_MODE");
        assert_eq!(
            variable("aggregator.idle_timeout"),
            "FLOWSTREAM_CFG_AGGREGATOR__IDLE_TIMEOUT"
        );
    }
}
