//! The fields of records: their names and types.

use std::collections::HashMap;

use crate::state::Seed;
use crate::template::FieldSpec;
use crate::{DataType, Elements};

/// The scopes of NetFlow v9 (RFC 3954, 6.1), from number 1.
const V9_SCOPES: [&str; 5] = [
    "scopeSystem",
    "scopeInterface",
    "scopeLineCard",
    "scopeCache",
    "scopeTemplate",
];

/// A field of a template, or of a record whose layout is fixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name. An element that is not known is `enterprise/number`; a name that came
    /// before in the same template has its turn behind it: `name#2`.
    pub name: Box<str>,
    /// The enterprise whose own the element is; 0 for IANA's.
    pub enterprise: u32,
    /// The number of the element, or of a NetFlow v9 scope.
    pub id: u16,
    /// Whether it is a scope of options.
    pub scope: bool,
    /// Whether it is one of NetFlow v9, whose number is no element's.
    pub v9_scope: bool,
    /// Whether the element is known.
    pub known: bool,
    /// The type of its values; octets if the element is not known.
    pub kind: DataType,
    /// Octets of its values; 65535 if each has its own length.
    pub length: u16,
}

impl Field {
    /// A field that is an element.
    pub(crate) fn of_element(spec: FieldSpec, elements: &Elements) -> Self {
        let enterprise = spec.enterprise.unwrap_or(0);
        let known = elements.get(enterprise, spec.element);
        Self {
            name: elements.name(enterprise, spec.element).into(),
            enterprise,
            id: spec.element,
            scope: false,
            v9_scope: false,
            known: known.is_some(),
            kind: known.map_or(DataType::OctetArray, |element| element.kind),
            length: spec.length,
        }
    }

    /// A field that is a scope of NetFlow v9, whose numbers are of its own.
    pub(crate) fn of_v9_scope(spec: FieldSpec) -> Self {
        let at = usize::from(spec.element).wrapping_sub(1);
        let name = V9_SCOPES.get(at).copied();
        Self {
            name: name.map_or_else(|| format!("scope/{}", spec.element).into(), Into::into),
            enterprise: 0,
            id: spec.element,
            scope: true,
            v9_scope: true,
            known: name.is_some(),
            kind: name.map_or(DataType::OctetArray, |_| DataType::Unsigned64),
            length: spec.length,
        }
    }
}

/// What the fields of records are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The Template ID; 0 for records whose layout is fixed.
    pub id: u16,
    /// Whether it is that of options.
    pub options: bool,
    /// The fields, in their order.
    pub fields: Vec<Field>,
    /// How many more there are, which were left out because of a limit.
    pub left_out: usize,
}

/// Gives names that came before their turn: `name#2`, `name#3`.
pub(crate) fn name_twice(fields: &mut [Field]) {
    let mut seen: HashMap<Box<str>, u32, Seed> = HashMap::with_hasher(Seed(0));
    for field in fields {
        let turn = seen.entry(field.name.clone()).or_insert(0);
        *turn += 1;
        if *turn > 1 {
            field.name = format!("{}#{turn}", field.name).into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(enterprise: Option<u32>, element: u16) -> FieldSpec {
        FieldSpec {
            element,
            enterprise,
            length: 4,
        }
    }

    #[test]
    fn elements_that_are_not_known_are_named_by_their_numbers() {
        let elements = Elements::default();
        let name = |enterprise, element| {
            let field = Field::of_element(spec(enterprise, element), &elements);
            (field.name.to_string(), field.known)
        };
        assert_eq!(name(None, 8), ("sourceIPv4Address".into(), true));
        assert_eq!(
            name(Some(29_305), 1),
            ("reverseOctetDeltaCount".into(), true)
        );
        assert_eq!(name(Some(9), 12_345), ("9/12345".into(), false));
        assert_eq!(name(None, 0x7FFF), ("0/32767".into(), false));
    }

    #[test]
    fn v9_scopes_have_numbers_of_their_own() {
        let name = |element| Field::of_v9_scope(spec(None, element)).name.to_string();
        assert_eq!(
            [1, 2, 5, 6, 0].map(name),
            [
                "scopeSystem",
                "scopeInterface",
                "scopeTemplate",
                "scope/6",
                "scope/0"
            ]
        );
    }

    #[test]
    fn a_name_that_came_before_has_its_turn_behind_it() {
        let elements = Elements::default();
        let mut fields = [8, 12, 8, 8].map(|id| Field::of_element(spec(None, id), &elements));
        name_twice(&mut fields);
        let names = fields.map(|field| field.name.to_string());
        assert_eq!(
            names,
            [
                "sourceIPv4Address",
                "destinationIPv4Address",
                "sourceIPv4Address#2",
                "sourceIPv4Address#3"
            ]
        );
    }
}
