//! Fields that are lists (RFC 6313).

use super::fields::VARIABLE;
use crate::bytes::{u8_at, u16_at};

/// What a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListKind {
    /// Values of one element (`basicList`).
    Basic,
    /// Records of one template (`subTemplateList`).
    SubTemplate,
    /// Records of several templates (`subTemplateMultiList`).
    SubTemplateMulti,
}

impl ListKind {
    /// The kind of list that an element is.
    pub(crate) const fn of(element: u16) -> Option<Self> {
        match element {
            291 => Some(Self::Basic),
            292 => Some(Self::SubTemplate),
            293 => Some(Self::SubTemplateMulti),
            _ => None,
        }
    }
}

/// A list among a template's fields: it begins so many octets after the base of its
/// group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListPlace {
    pub(crate) kind: ListKind,
    pub(crate) group: u8,
    pub(crate) offset: u16,
    pub(crate) length: u16,
}

/// A list in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) kind: ListKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Where the octets of a value begin and end whose length is fixed, or before it
/// (RFC 7011, 7); `None` if that is beyond the octets.
pub(crate) fn value_range(octets: &[u8], at: usize, length: u16) -> Option<(usize, usize)> {
    let (start, length) = match (length, u8_at(octets, at)) {
        (VARIABLE, Some(255)) => (at + 3, u16_at(octets, at + 1)?),
        (VARIABLE, short) => (at + 1, u16::from(short?)),
        (fixed, _) => (at, fixed),
    };
    let end = start + usize::from(length);
    (end <= octets.len()).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_octets_of_a_value_are_found_by_either_length() {
        assert_eq!(value_range(&[9, 9, 9], 1, 2), Some((1, 3)));
        assert_eq!(value_range(&[9, 1, 9], 1, VARIABLE), Some((2, 3)));
        assert_eq!(value_range(&[255, 0, 1, 9], 0, VARIABLE), Some((3, 4)));
        for (octets, at, length) in [
            (&[9, 2, 9][..], 1, VARIABLE),
            (&[9, 9], 1, 2),
            (&[255, 0], 0, VARIABLE),
            (&[], 0, VARIABLE),
        ] {
            assert_eq!(value_range(octets, at, length), None, "{octets:?}");
        }
    }
}
