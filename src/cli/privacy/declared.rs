//! What the header of a segment declares.

use actors::terms::ANONYMIZATION;
use mediation::privacy::Declaration;
use serde_json::{Map, Value};

/// The declaration in what a header has besides what all have; none if there is none.
pub(super) fn declaration(meta: &Map<String, Value>) -> Declaration {
    let said = meta.get(ANONYMIZATION);
    let text = |name: &str| said.and_then(|said| said.get(name)?.as_str());
    let Some(policy) = text("policy") else {
        return Declaration::none();
    };
    let epoch = text("key_epoch");
    let mut declaration = Declaration::of(policy, text("key_id"), epoch);
    let fields = said.and_then(|said| said.get("fields"));
    // As older versions say it: words by the name of their field.
    let words = fields.and_then(Value::as_object);
    for (name, value) in words.into_iter().flatten() {
        // Words that are none are read as ones that nobody knows.
        declaration = declaration.with(name, None, value.as_str().unwrap_or_default());
    }
    let fields = fields.and_then(Value::as_array);
    for field in fields.into_iter().flatten() {
        let text = |name: &str| field.get(name).and_then(Value::as_str);
        let name = text("field").unwrap_or_default();
        let technique = text("technique").unwrap_or_default();
        declaration = declaration.with(name, text("method"), technique);
    }
    declaration
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow::Field;
    use serde_json::json;

    fn of(meta: Value) -> Declaration {
        let Value::Object(meta) = meta else {
            unreachable!("an object is handed in")
        };
        declaration(&meta)
    }

    #[test]
    fn what_a_header_says_is_what_is_declared() {
        let declared = of(json!({"anonymization": {
            "policy": "custom", "key_id": "00ff", "key_epoch": "2026-11-28",
            "fields": {"bytes": "black-marker: null", "tos": 7},
        }}));
        assert_eq!(declared.policy(), Some("custom"));
        assert_eq!(declared.key_id(), Some("00ff"));
        assert_eq!(declared.epoch(), Some("2026-11-28"));
        assert_eq!(declared.text(Field::Bytes), Some("black-marker: null"));
        assert!(declared.is_unknown(Field::Tos) && !declared.is_unknown(Field::Bytes));
    }

    #[test]
    fn a_field_has_a_method_and_words_with_its_measures() {
        let declared = of(json!({"anonymization": {"policy": "custom", "fields": [
            {"field": "bytes", "method": "black-marker", "technique": "black-marker: null"},
            {"field": "packets", "method": "binning", "technique": "in other words"},
            {"field": "tos", "method": "clear", "technique": "none: as it is"},
            {"field": "in_if", "method": "unheard of", "technique": "in other words"},
            {"method": "clear"},
            7,
        ]}}));
        assert_eq!(declared.text(Field::Bytes), Some("black-marker: null"));
        assert_eq!(declared.text(Field::Packets), Some("in other words"));
        assert_eq!(declared.text(Field::Tos), None, "it leaves as it is");
        assert!(declared.is_unknown(Field::InIf) && !declared.is_unknown(Field::Packets));
        assert_eq!(declared.strange(), ["", ""]);
    }

    #[test]
    fn a_header_without_a_policy_declares_nothing() {
        for meta in [
            json!({}),
            json!({"anonymization": 7}),
            json!({"anonymization": {"policy": 7}}),
        ] {
            assert_eq!(of(meta), Declaration::none());
        }
    }
}
