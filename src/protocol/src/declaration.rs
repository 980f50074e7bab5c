//! What was done to flows before they left, as welcomes and headers of segments say it
//! (RFC 6235, 6).

use flow::{Method, Stability};
use mediation::anonymize::{
    Anonymization, Epoch, EpochError, KeyId, KeyIdError, KeyName, Technique,
};
use serde::Serialize;
use serde_json::Value;

/// The policy, and what became of each field under it. It has no part of any key.
///
/// In JSON it has the members `policy`, `key_id` where there is a key, `key_epoch` where that
/// is derived for an epoch, and `fields`: of each field, in their order, those of
/// [`DeclaredField`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Declaration {
    policy: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_epoch: Option<String>,
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
    #[serde(skip)]
    of: (Method, Stability),
}

impl Declaration {
    /// What a policy does, under its key.
    #[must_use]
    pub fn of(anonymization: &Anonymization) -> Self {
        let said = anonymization.techniques().into_iter();
        let nameless = Self {
            policy: anonymization.name(),
            key_id: None,
            key_epoch: None,
            fields: said.map(DeclaredField::of).collect(),
        };
        nameless.under(anonymization.key())
    }

    /// The same under a key of another name. What was said under the key of an epoch is not
    /// said to be more stable while it is not known which epoch it is.
    #[must_use]
    pub fn under(&self, key: Option<KeyName>) -> Self {
        let epoch = key.and_then(|key| key.epoch);
        let fields = self.fields.iter().map(|said| said.under(key));
        Self {
            policy: self.policy,
            key_id: key.map(|key| key.id.to_string()),
            key_epoch: epoch.map(|epoch| epoch.to_string()),
            fields: fields.collect(),
        }
    }
}

impl DeclaredField {
    fn of(said: Technique) -> Self {
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
            key_id: None,
            of: (method, stability),
        }
    }

    fn under(&self, key: Option<KeyName>) -> Self {
        let (method, stability) = self.of;
        let key = key.filter(|_| method.needs_key());
        // A key of an epoch is another one in the next.
        let most = match key {
            Some(KeyName { epoch: Some(_), .. }) => Stability::Session,
            _ => Stability::Stable,
        };
        let stability = stability.min(most);
        Self {
            technique: self.technique.clone(),
            anonymization_flags: stability.flags(),
            stability: stability.name(),
            key_id: key.map(|key| key.id.to_string()),
            of: (method, stability),
            ..*self
        }
    }
}

/// Why the name of a key cannot be read from what was declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeclarationError {
    /// Its id.
    #[error("key_id: {0}")]
    Id(#[from] KeyIdError),
    /// Its epoch.
    #[error("key_epoch: {0}")]
    Epoch(#[from] EpochError),
    /// An epoch without a key.
    #[error("key_epoch without key_id")]
    NoId,
}

/// The name of the key in a declaration that was read back; `None` where there is no key.
///
/// # Errors
/// [`DeclarationError`] if it is not as one is declared.
pub fn declared_key(declared: &Value) -> Result<Option<KeyName>, DeclarationError> {
    // What is there and no text is read as one that names nothing.
    let text = |name: &str| {
        let said = declared.get(name).filter(|said| !said.is_null());
        said.map(|said| said.as_str().unwrap_or_default())
    };
    let epoch = text("key_epoch").map(str::parse::<Epoch>).transpose()?;
    match text("key_id").map(str::parse::<KeyId>).transpose()? {
        Some(id) => Ok(Some(KeyName { id, epoch })),
        None if epoch.is_some() => Err(DeclarationError::NoId),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow::Field;
    use mediation::anonymize::{CryptoPan, Key, Policy};

    fn declared(policy: Policy, key: Option<KeyId>) -> Value {
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
            serde_json::to_string(
                &DeclaredField::of(Technique {
                    field: Field::SrcAddr,
                    method: Method::PrefixPreserving,
                    stability: Method::PrefixPreserving.stability(),
                    text: "as it is said".into(),
                })
                .under(Some(KeyName {
                    id: key.id(),
                    epoch: None,
                }))
            )
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
    fn under_a_key_of_an_epoch_what_has_a_key_is_stable_in_that_epoch_alone() {
        let key = Key::from_octets(&[7; Key::LEN]).unwrap();
        let policy = Anonymization::new(Policy::Standard(Box::new(CryptoPan::new(&key))));
        let name = |epoch: Option<&str>| KeyName {
            id: key.id(),
            epoch: epoch.map(|epoch| epoch.parse().unwrap()),
        };
        for (epoch, stability, flags) in [(None, "stable", 3), (Some("2026-11-28"), "session", 1)] {
            let declared = Declaration::of(&policy).under(Some(name(epoch)));
            for said in &declared.fields {
                let expected = match said.key_id {
                    Some(_) => (stability, flags),
                    None => ("stable", 3),
                };
                assert_eq!((said.stability, said.anonymization_flags), expected);
            }
            assert!(declared.fields.iter().any(|said| said.key_id.is_some()));
        }
        // Epochs are on, and which one it is is not known.
        let declared = Declaration::of(&policy).under(Some(name(Some("2026-11-28"))));
        let declared = declared.under(Some(name(None)));
        assert_eq!(declared.key_epoch, None);
        let said = declared.fields.iter().find(|said| said.field == "src_addr");
        assert_eq!(said.unwrap().stability, "session");
    }

    #[test]
    fn the_name_of_a_key_is_read_back_and_nothing_else_is_one() {
        let policy = Anonymization::new(Policy::None);
        for (epoch, said) in [(None, false), (Some("2026-11-28"), true)] {
            let name = KeyName {
                id: "e0c2c277c060c477".parse().unwrap(),
                epoch: epoch.map(|epoch| epoch.parse().unwrap()),
            };
            let declared = Declaration::of(&policy).under(Some(name));
            let declared = serde_json::to_value(declared).unwrap();
            assert_eq!(declared.get("key_epoch").is_some(), said);
            assert_eq!(declared_key(&declared), Ok(Some(name)));
        }
        let declared = serde_json::to_value(Declaration::of(&policy)).unwrap();
        assert_eq!(declared_key(&declared), Ok(None));
        for nothing in ["{}", "null", r#"{"key_id":null,"key_epoch":null}"#] {
            assert_eq!(
                declared_key(&serde_json::from_str(nothing).unwrap()),
                Ok(None)
            );
        }
        for wrong in [
            r#"{"key_id":7}"#,
            r#"{"key_id":"x\n# end"}"#,
            r#"{"key_epoch":"2026-11-28"}"#,
            r#"{"key_id":"e0c2c277c060c477","key_epoch":"2026-11-31"}"#,
            r#"{"key_id":"e0c2c277c060c477","key_epoch":[]}"#,
        ] {
            let declared = serde_json::from_str(wrong).unwrap();
            assert!(declared_key(&declared).is_err(), "{wrong}");
        }
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
