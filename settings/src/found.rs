//! How errors show what was found: on one line and not too long.

use toml::Value;

use crate::origin::printable;

/// A value as it is written, such as `"30 parsecs"`, `30` or `[1, 2]`.
pub(crate) fn found(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{:?}", printable(text)),
        Value::Table(table) if table.is_empty() => "an empty table".to_owned(),
        Value::Table(table) => {
            let names: Vec<&str> = table.keys().map(String::as_str).collect();
            printable(&format!("a table with {}", names.join(", ")))
        }
        other => printable(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_as_it_is_written() {
        assert_eq!(found(&Value::from("30 parsecs")), "\"30 parsecs\"");
        assert_eq!(found(&Value::from(30)), "30");
        assert_eq!(found(&Value::from(true)), "true");
        assert_eq!(found(&Value::from(vec![1, 2])), "[1, 2]");
        assert_eq!(found(&Value::Table(toml::Table::new())), "an empty table");
    }

    #[test]
    fn a_value_is_shown_on_one_line_and_not_whole() {
        let long = found(&Value::from("a\nb".repeat(1_000)));
        assert!(!long.contains('\n'), "{long}");
        assert!(long.chars().count() < 100, "{long}");
        let list = found(&Value::from(vec!["a\nb"; 100]));
        assert!(!list.contains('\n') && list.chars().count() < 100, "{list}");
    }
}
