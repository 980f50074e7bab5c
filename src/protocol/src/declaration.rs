//! What was done to flows before they left, as welcomes and headers of segments say it
//! (RFC 6235, 6).

use flow::Method;
use mediation::anonymize::{Anonymization, KeyId, Technique};
use serde::Serialize;

/// The policy, and what became of each field under it. It has no part of any key.
///
/// In JSON it has the members `policy`, `key_id` where there is a key, and `fields`: of each
/// field, in their order, those of [`DeclaredField`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Declaration {
    policy: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    fields: Vec<DeclaredField>,
}

/// What became of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct DeclaredField {
    field: &'static str,
    /// The method's name in settings; `clear` where the original value leaves.
    method: &'static str,
    /// The method with its parameters, for people.
    technique: String,
    /// IPFIX element 286 (RFC 6235, 6.2.2).
    anonymization_technique: u16,
    /// IPFIX element 285 (6.2.3); its two lowest bits are the stability class.
    anonymization_flags: u16,
    /// That class by its name.
    stability: &'static str,
    /// What names the key, where the method has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
}

impl Declaration {
    /// What a policy does.
    #[must_use]
    pub fn of(anonymization: &Anonymization) -> Self {
        let key_id = anonymization.key().map(|key| key.id);
        let said = anonymization.techniques().into_iter();
        Self {
            policy: anonymization.name(),
            key_id: key_id.map(|id| id.to_string()),
            fields: said.map(|said| DeclaredField::of(said, key_id)).collect(),
        }
    }
}

impl DeclaredField {
    fn of(said: Technique, key_id: Option<KeyId>) -> Self {
        let Technique {
            field,
            method,
            stability,
            text,
        } = said;
        Self {
            field: field.name(),
            method: method.name(),
            technique: text.into_owned(),
            anonymization_technique: method.technique(),
            anonymization_flags: stability.flags(),
            stability: stability.name(),
            key_id: key_of(method, key_id),
        }
    }
}

fn key_of(method: Method, key_id: Option<KeyId>) -> Option<String> {
    let key_id = key_id.filter(|_| method.needs_key());
    key_id.map(|id| id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow::Field;
    use mediation::anonymize::{CryptoPan, Key, KeyName, Policy};

    fn declared(policy: Policy, key: Option<KeyId>) -> serde_json::Value {
        let policy = Anonymization::new(policy);
        let policy = match key {
            Some(id) => policy.with_key(KeyName { id, epoch: None }),
            None => policy,
        };
        serde_json::to_value(Declaration::of(&policy)).unwrap()
    }

    #[test]
    fn each_field_is_declared_with_method_stability_and_the_key_that_it_is_with() {
        let key = Key::from_octets(&[7; Key::LEN]).unwrap();
        let pan = Box::new(CryptoPan::new(&key));
        let said = declared(Policy::Standard(pan), Some(key.id()));
        assert_eq!(said["policy"], "standard");
        assert_eq!(said["key_id"], key.id().to_string());
        let fields = said["fields"].as_array().unwrap();
        let names = fields.iter().map(|said| said["field"].as_str().unwrap());
        assert!(names.eq(Field::ALL.map(Field::name)));
        let of = |field: Field| fields[field as usize].to_string();
        assert_eq!(
            serde_json::to_string(&DeclaredField::of(
                Technique {
                    field: Field::SrcAddr,
                    method: Method::PrefixPreserving,
                    stability: Method::PrefixPreserving.stability(),
                    text: "as it is said".into(),
                },
                Some(key.id()),
            ))
            .unwrap(),
            concat!(
                r#"{"field":"src_addr","method":"prefix-preserving","#,
                r#""technique":"as it is said","anonymization_technique":6,"#,
                r#""anonymization_flags":3,"stability":"stable","#,
                r#""key_id":"e0c2c277c060c477"}"#
            )
        );
        assert!(of(Field::DstPrefixLen).contains("e0c2c277c060c477"));
        assert!(
            !of(Field::Bytes).contains("key_id"),
            "nothing is done to it"
        );
    }

    #[test]
    fn what_leaves_as_it_is_is_declared_too() {
        let said = declared(Policy::None, None);
        assert_eq!(
            (&said["policy"], said.get("key_id")),
            (&"none".into(), None)
        );
        let fields = said["fields"].as_array().unwrap();
        assert_eq!(fields.len(), Field::COUNT);
        for field in fields {
            assert_eq!(field["method"], "clear", "{field}");
            assert_eq!(field["anonymization_technique"], 1, "{field}");
        }
    }
}
