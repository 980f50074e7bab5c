//! What a segment's header declares of its fields, and what can be made of that.

use flow::{Field, Method};

use crate::anonymize::{
    Anonymization, Key, Methods, Parameters, Policy, Said, Scopes, SpecialUse, Table,
};

/// What is declared of flows: which policy, with which key, and what was done to each field.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Declaration {
    policy: Option<String>,
    key_id: Option<String>,
    epoch: Option<String>,
    fields: Vec<(Field, Saying)>,
    strange: Vec<String>,
}

/// What is declared of a field.
#[derive(Debug, Clone, PartialEq)]
struct Saying {
    text: String,
    /// `None` for words that this version does not know.
    said: Option<Said>,
}

impl Declaration {
    /// Nothing is declared.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A policy, what names its key, and what names the epoch of that key.
    #[must_use]
    pub fn of(policy: &str, key_id: Option<&str>, epoch: Option<&str>) -> Self {
        Self {
            policy: Some(policy.to_owned()),
            key_id: key_id.map(str::to_owned),
            epoch: epoch.map(str::to_owned),
            ..Self::default()
        }
    }

    /// The same, and of a field of that name so much is declared: the name of a method, where
    /// there is one, and words of RFC 6235.
    #[must_use]
    pub fn with(mut self, name: &str, method: Option<&str>, text: &str) -> Self {
        match Field::from_name(name) {
            Some(field) => self.fields.push((
                field,
                Saying {
                    text: text.to_owned(),
                    said: Said::of(method.and_then(Method::from_name), text),
                },
            )),
            None => self.strange.push(name.to_owned()),
        }
        self
    }

    /// The name of the policy, if one is declared.
    #[must_use]
    pub fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    /// What names the key.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// What names the epoch of the key.
    #[must_use]
    pub fn epoch(&self) -> Option<&str> {
        self.epoch.as_deref()
    }

    /// Names of which something is declared, and which are no fields.
    #[must_use]
    pub fn strange(&self) -> &[String] {
        &self.strange
    }

    /// Whether something is declared at all.
    #[must_use]
    pub const fn is_some(&self) -> bool {
        self.policy.is_some()
    }

    /// The words that a field is declared with; `None` if it leaves as it is.
    #[must_use]
    pub fn text(&self, field: Field) -> Option<&str> {
        let saying = self.saying(field)?;
        let is_clear = |said: &Said| {
            said.method == Method::Clear && !said.has_port_limit && !said.has_rare_limit
        };
        let is_clear = saying.said.as_ref().is_some_and(is_clear);
        (!is_clear).then_some(saying.text.as_str())
    }

    /// Whether a field is declared in words that this version does not know.
    #[must_use]
    pub fn is_unknown(&self, field: Field) -> bool {
        self.saying(field)
            .is_some_and(|saying| saying.said.is_none())
    }

    fn saying(&self, field: Field) -> Option<&Saying> {
        let mut fields = self.fields.iter();
        fields
            .find(|(of, _)| *of == field)
            .map(|(_, saying)| saying)
    }

    pub(super) fn said(&self, field: Field) -> Option<Said> {
        self.saying(field)?.said
    }

    /// The declared method; what is not declared, or in unknown words, leaves as it is: the
    /// worst that it can be.
    pub(super) fn method(&self, field: Field) -> Method {
        self.said(field).map_or(Method::Clear, |said| said.method)
    }

    /// The declared methods, for fields that have a choice of them.
    pub(super) fn methods(&self) -> Methods {
        let mut methods = Methods::none();
        for (field, saying) in &self.fields {
            if let Some(said) = saying.said
                && let Ok(with) = methods.clone().with(*field, said.method)
            {
                methods = with;
            }
        }
        methods
    }

    /// The declared measures; those of settings/default.toml where none are.
    pub(super) fn parameters(&self) -> Parameters {
        let said = || self.fields.iter().filter_map(|(_, saying)| saying.said);
        let measures = || said().map(|said| said.measures);
        let or = Parameters::DEFAULT;
        let address_bits = measures().find_map(|found| found.address_bits);
        let time_unit = measures().find_map(|found| found.time_unit);
        let digits = measures().find_map(|found| found.digits);
        let noise = measures().find_map(|found| found.noise);
        let grid = measures().find_map(|found| found.grid);
        Parameters {
            address_bits: address_bits.unwrap_or(or.address_bits),
            time_unit: time_unit.unwrap_or(or.time_unit),
            digits: digits.unwrap_or(or.digits),
            noise: noise.unwrap_or(or.noise),
            grid: grid.unwrap_or(or.grid),
            ..or
        }
    }

    /// The declared policy with another key, for flows that were made up. Addresses in
    /// prefixes of the settings are not made up, since which these are is not declared.
    pub(super) fn simulated(&self, key: &Key) -> Option<Anonymization> {
        let special = self.said(Field::DstAddr).map(|said| said.special);
        let scopes = Scopes::new(&[], special.unwrap_or(SpecialUse::Anonymized));
        let table = |methods| {
            let (parameters, scopes) = (self.parameters(), scopes.clone());
            Table::new("simulated", methods, parameters, scopes, Some(key))
        };
        // What no policy declares, times of which only one is numbered, is taken as no times.
        let without_end = || {
            let methods = self.methods().with(Field::EndMs, Method::BlackMarker);
            methods.ok().and_then(|methods| table(methods).ok())
        };
        let table = table(self.methods()).ok().or_else(without_end);
        table.map(|table| Anonymization::new(Policy::Table(Box::new(table))))
    }
}

/// Whether anybody can do again what methods do to a field: without a key, and without
/// chance. Only then can another record of the same flows be compared with it.
pub(super) fn is_repeatable(methods: &Methods, field: Field) -> bool {
    let method = match field {
        Field::SrcPrefix => methods.method(Field::SrcAddr),
        Field::DstPrefix => methods.method(Field::DstAddr),
        _ => methods.method(field),
    };
    methods.leaves(field) && method != Method::BlackMarker && !method.needs_key()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_is_found_by_its_field() {
        let declaration = Declaration::of("custom", Some("00ff"), Some("2026-11-28"))
            .with(
                "src_addr",
                None,
                "truncation: the leading 20 bits of IPv4 and 40 of IPv6 are kept",
            )
            .with("bytes", None, "black-marker: null")
            .with("packets", None, "something new")
            .with("colour", None, "black-marker: null");
        assert!(declaration.is_some() && !Declaration::none().is_some());
        assert_eq!(declaration.method(Field::Bytes), Method::BlackMarker);
        assert_eq!(declaration.method(Field::DstAddr), Method::Clear);
        assert!(declaration.is_unknown(Field::Packets) && !declaration.is_unknown(Field::Bytes));
        assert_eq!(declaration.strange(), ["colour"]);
        assert_eq!(declaration.text(Field::Packets), Some("something new"));
        let bits = declaration.parameters().address_bits;
        assert_eq!((bits.v4(), bits.v6()), (20, 40));
        assert!(!declaration.methods().leaves(Field::Bytes));
        assert!(declaration.methods().leaves(Field::Packets), "the worst");
    }

    #[test]
    fn whatever_is_declared_can_be_simulated() {
        let key = Key::from_octets(&[1; Key::LEN]).unwrap();
        let numbered = "enumeration: in the order of all times under the key";
        let half = Declaration::of("x", None, None).with("start_ms", None, numbered);
        assert!(half.simulated(&key).is_some());
        let half = Declaration::of("x", None, None).with("end_ms", None, numbered);
        assert!(half.simulated(&key).is_some());
        assert!(Declaration::none().simulated(&key).is_some());
    }

    #[test]
    fn a_declaration_that_is_none_of_ours_is_not_followed() {
        let forged =
            Declaration::of("x", None, None).with("bytes", None, "permutation with the key");
        assert_eq!(forged.methods(), Methods::none());
    }
}
