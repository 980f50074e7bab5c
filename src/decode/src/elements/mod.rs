//! The Information Elements by number: names, types and units, for people who read
//! records. Decoding flows needs none of it.
//!
//! `iana.csv` holds the facts of IANA's registry at the date it names. To make it anew
//! of a newer copy, see the example `elements`.

mod file;
mod kind;

use std::collections::HashMap;
use std::sync::LazyLock;

pub use file::{ElementsFileError, ElementsFileErrorKind};
pub use kind::{DataType, Semantics};

use crate::state::Seed;

/// The enterprise number that says "in the reverse direction" (RFC 5103, 6.1).
pub const REVERSE_ENTERPRISE: u32 = 29_305;

/// The largest number of an element; the bit above says that an enterprise follows.
const LARGEST_ID: u16 = 0x7FFF;

/// The registry as it is in the tree.
const IANA: &str = include_str!("iana.csv");

/// An Information Element (RFC 7012, 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// The enterprise whose own it is; 0 for IANA's.
    pub enterprise: u32,
    /// Its number.
    pub id: u16,
    /// Its name.
    pub name: Box<str>,
    /// The type of its values.
    pub kind: DataType,
    /// What they are to be taken for.
    pub semantics: Semantics,
    /// Their units, in the registry's words; empty if they have none.
    pub units: Box<str>,
}

/// Why an enterprise's element is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("element {enterprise}/{id}: {kind}")]
pub struct ElementError {
    /// The enterprise number.
    pub enterprise: u32,
    /// The element's number.
    pub id: u16,
    /// What was found, and what would be right.
    pub kind: ElementErrorKind,
}

/// What is wrong with an enterprise's element.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ElementErrorKind {
    /// The enterprise number is that of IANA's own elements or of their reverse ones.
    #[error("enterprise number of IANA's elements, where one of an enterprise was expected")]
    Enterprise,
    /// The number is beyond 15 bits.
    #[error("number above 32767, where 0 to 32767 was expected")]
    Id,
    /// The name is empty, or has other characters than letters, digits and `_`.
    #[error("name {found:?}, where letters, digits and _ were expected")]
    Name {
        /// The name.
        found: Box<str>,
    },
    /// There are two of this number.
    #[error("defined twice, where once was expected")]
    Twice,
}

/// IANA's elements and, by rule, their reverse ones (RFC 5103, 6.1), by enterprise and
/// number.
static REGISTRY: LazyLock<HashMap<(u32, u16), Element, Seed>> = LazyLock::new(|| {
    let elements = rows().filter_map(Element::of_row);
    let both = elements.flat_map(|element| [element.reversed(), element]);
    let mut registry = HashMap::with_hasher(Seed(0));
    registry.extend(both.map(|element| (element.key(), element)));
    registry
});

/// The rows of the registry, without its comments and its header.
fn rows() -> impl Iterator<Item = &'static str> {
    IANA.lines().filter(|line| !line.starts_with('#')).skip(1)
}

/// The element of a number, and of the enterprise whose own it is: 0 for IANA's,
/// [`REVERSE_ENTERPRISE`] for their reverse direction.
#[must_use]
pub fn element(enterprise: u32, id: u16) -> Option<&'static Element> {
    REGISTRY.get(&(enterprise, id))
}

/// The date of the registry's copy, as `YYYY-MM-DD`.
#[must_use]
pub fn registry_date() -> &'static str {
    let line = IANA.lines().next().unwrap_or_default();
    line.rsplit(' ').next().unwrap_or_default()
}

impl Element {
    /// The element of a row of the registry.
    fn of_row(row: &str) -> Option<Self> {
        let mut columns = row.split(',');
        let mut column = || columns.next();
        Some(Self {
            enterprise: 0,
            id: column()?.parse().ok()?,
            name: column()?.into(),
            kind: DataType::from_name(column()?)?,
            semantics: match column()? {
                "" => Semantics::Default,
                name => Semantics::from_name(name)?,
            },
            units: column()?.into(),
        })
    }

    /// The same in the reverse direction: `reverse` and its name, and all else alike.
    fn reversed(&self) -> Self {
        let mut letters = self.name.chars();
        let first: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        Self {
            enterprise: REVERSE_ENTERPRISE,
            name: format!("reverse{first}{}", letters.as_str()).into(),
            ..self.clone()
        }
    }

    const fn key(&self) -> (u32, u16) {
        (self.enterprise, self.id)
    }

    fn check(&self) -> Result<(), ElementErrorKind> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if matches!(self.enterprise, 0 | REVERSE_ENTERPRISE) {
            return Err(ElementErrorKind::Enterprise);
        }
        if self.id > LARGEST_ID {
            return Err(ElementErrorKind::Id);
        }
        if self.name.is_empty() || !self.name.chars().all(plain) {
            let found = self.name.clone();
            return Err(ElementErrorKind::Name { found });
        }
        Ok(())
    }
}

/// IANA's elements and those of enterprises that a caller names.
#[derive(Debug, Clone, Default)]
pub struct Elements {
    own: Vec<Element>,
}

impl Elements {
    /// IANA's elements and some of enterprises.
    ///
    /// # Errors
    ///
    /// The first one that is not taken, and why: its enterprise, number or name is none
    /// that it can have, or there are two of its number.
    pub fn with_enterprise(mut own: Vec<Element>) -> Result<Self, ElementError> {
        own.sort_by_key(Element::key);
        let fault = |element: &Element, kind| ElementError {
            enterprise: element.enterprise,
            id: element.id,
            kind,
        };
        for element in &own {
            element.check().map_err(|kind| fault(element, kind))?;
        }
        let twice = own.windows(2).find_map(|pair| match pair {
            [first, second] if first.key() == second.key() => Some(first),
            _ => None,
        });
        if let Some(element) = twice {
            return Err(fault(element, ElementErrorKind::Twice));
        }
        Ok(Self { own })
    }

    /// The element of an enterprise and number, 0 for IANA's; `None` if it is not known.
    #[must_use]
    pub fn get(&self, enterprise: u32, id: u16) -> Option<&Element> {
        let own = self
            .own
            .binary_search_by_key(&(enterprise, id), Element::key);
        match own {
            Ok(at) => self.own.get(at),
            Err(_) => element(enterprise, id),
        }
    }

    /// The name of an element, or `enterprise/number` of one that is not known.
    #[must_use]
    pub fn name(&self, enterprise: u32, id: u16) -> String {
        let known = self.get(enterprise, id);
        known.map_or_else(
            || format!("{enterprise}/{id}"),
            |known| known.name.to_string(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(enterprise: u32, id: u16, name: &str) -> Element {
        Element {
            enterprise,
            id,
            name: name.into(),
            kind: DataType::Unsigned32,
            semantics: Semantics::Identifier,
            units: "".into(),
        }
    }

    #[test]
    fn every_row_is_an_element_and_numbers_rise() {
        let elements: Vec<Element> = rows().filter_map(Element::of_row).collect();
        assert_eq!(elements.len(), rows().count());
        assert!(elements.len() >= 502, "{}", elements.len());
        assert!(elements.windows(2).all(|pair| pair[0].id < pair[1].id));
        assert_eq!(REGISTRY.len(), 2 * elements.len());
        for element in elements {
            assert!(
                element.name.chars().all(|c| c.is_ascii_alphanumeric()),
                "{element:?}"
            );
        }
    }

    #[test]
    fn the_copy_says_its_date_and_where_it_is_from() {
        let parts: Vec<u16> = registry_date()
            .split('-')
            .map(|part| part.parse().unwrap())
            .collect();
        assert!(parts.len() == 3 && parts[0] >= 2026, "{parts:?}");
        assert!(IANA.lines().nth(1).unwrap().starts_with("# Copy: "));
    }

    #[test]
    fn elements_have_name_type_semantics_and_units() {
        for (id, name, kind, semantics, units) in [
            (
                1,
                "octetDeltaCount",
                DataType::Unsigned64,
                Semantics::DeltaCounter,
                "octets",
            ),
            (
                8,
                "sourceIPv4Address",
                DataType::Ipv4Address,
                Semantics::Default,
                "",
            ),
            (
                152,
                "flowStartMilliseconds",
                DataType::DateTimeMilliseconds,
                Semantics::Default,
                "milliseconds",
            ),
            (291, "basicList", DataType::BasicList, Semantics::List, ""),
        ] {
            let element = element(0, id).unwrap();
            assert_eq!(&*element.name, name);
            assert_eq!(
                (element.kind, element.semantics),
                (kind, semantics),
                "{name}"
            );
            assert_eq!(&*element.units, units, "{name}");
        }
        assert_eq!(element(0, 0), None);
        assert_eq!(element(0, LARGEST_ID), None);
    }

    #[test]
    fn reverse_elements_are_those_of_iana_by_rule() {
        let reverse = element(REVERSE_ENTERPRISE, 1).unwrap();
        assert_eq!(&*reverse.name, "reverseOctetDeltaCount");
        assert_eq!(
            (reverse.kind, &*reverse.units),
            (DataType::Unsigned64, "octets")
        );
    }

    #[test]
    fn enterprise_elements_are_known_by_their_list_and_others_by_their_numbers() {
        let list = vec![own(9, 2, "two"), own(6_871, 1, "one"), own(9, 1, "one")];
        let elements = Elements::with_enterprise(list).unwrap();
        assert_eq!(&*elements.get(9, 2).unwrap().name, "two");
        assert_eq!(elements.name(6_871, 1), "one");
        assert_eq!(elements.name(6_871, 2), "6871/2");
        assert_eq!(elements.name(0, 4), "protocolIdentifier");
        assert_eq!(Elements::default().get(9, 2), None);
    }

    #[test]
    fn an_enterprise_element_that_cannot_be_is_refused() {
        let name = |found: &str| ElementErrorKind::Name {
            found: found.into(),
        };
        for (elements, kind) in [
            (vec![own(0, 1, "a")], ElementErrorKind::Enterprise),
            (
                vec![own(REVERSE_ENTERPRISE, 1, "a")],
                ElementErrorKind::Enterprise,
            ),
            (vec![own(9, 0x8000, "a")], ElementErrorKind::Id),
            (vec![own(9, 1, "")], name("")),
            (vec![own(9, 1, "a\u{1b}[2J")], name("a\u{1b}[2J")),
            (
                vec![own(9, 1, "a"), own(9, 1, "b")],
                ElementErrorKind::Twice,
            ),
        ] {
            assert_eq!(Elements::with_enterprise(elements).unwrap_err().kind, kind);
        }
        let error = Elements::with_enterprise(vec![own(9, 0x8000, "a")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "element 9/32768: number above 32767, where 0 to 32767 was expected"
        );
    }
}
